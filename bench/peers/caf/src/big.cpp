// Savina's big: each of 120 actors sends pings to others at random, and answers theirs.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr uint64_t actors = 120;

struct node_state {
    std::vector<actor> all;
    bench::random random;
    uint64_t left = 0;
    uint64_t pongs = 0;
    uint64_t pings = 0;
};

using node_actor = stateful_actor<node_state>;

void send_ping(node_actor *self)
{
    auto &state = self->state;
    state.left--;
    self->send(state.all[state.random.below(actors)], ping_atom_v);
}

behavior node(node_actor *self, actor main, uint64_t number, uint64_t pings)
{
    self->state.random = bench::random{number};
    self->state.left = pings;
    return {
        [=](ping_atom) {
            self->state.pings++;
            bench::reply(self, pong_atom_v);
            return bench::nothing{};
        },
        [=](pong_atom) {
            self->state.pongs++;
            if (self->state.left > 0)
                send_ping(self);
            else
                bench::tell(self, main, self->state.pongs);
            return bench::nothing{};
        },
        [=](const std::vector<actor> &all) {
            self->state.all = all;
            send_ping(self);
        },
        [=](close_atom) {
            bench::tell(self, main, self->state.pings);
            self->quit();
        },
    };
}

uint64_t sum_of_all(scoped_actor &main)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < actors; i++)
        sum += bench::receive<uint64_t>(main);
    return sum;
}

void run()
{
    uint64_t pings = bench::scaled(20000);
    bench::measure("big", "", 2 * pings * actors, [=](scoped_actor &main) {
        std::vector<actor> all;
        for (uint64_t i = 0; i < actors; i++)
            all.push_back(main->spawn(node, actor{main}, i, pings));
        for (const actor &node : all)
            anon_send(node, all);
        bench::check(sum_of_all(main) == actors * pings, "pongs in all");
        for (const actor &node : all)
            anon_send(node, close_atom_v);
        bench::check(sum_of_all(main) == actors * pings, "pings in all");
    });
}

bench::program program{"big", run};

} // namespace
