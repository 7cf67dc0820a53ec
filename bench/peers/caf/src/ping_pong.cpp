// Savina's ping pong: two actors send one message to and fro.
#include "bench.hpp"

using namespace caf;

namespace {

struct pong_state {
    uint64_t seen = 0;
};

struct ping_state {
    uint64_t left = 0;
};

behavior pong(stateful_actor<pong_state> *self, actor main)
{
    return {
        [=](ping_atom) {
            ++self->state.seen;
            bench::reply(self, pong_atom_v);
            return bench::nothing{};
        },
        [=](close_atom) {
            bench::tell(self, main, self->state.seen);
            self->quit();
        },
    };
}

behavior ping(stateful_actor<ping_state> *self, actor other, uint64_t pings)
{
    self->state.left = pings;
    self->send(other, ping_atom_v);
    return {
        [=](pong_atom) {
            if (--self->state.left > 0) {
                self->send(other, ping_atom_v);
            } else {
                bench::tell(self, other, close_atom_v);
                self->quit();
            }
            return bench::nothing{};
        },
    };
}

void run()
{
    uint64_t pings = bench::scaled(40000);
    bench::measure("ping_pong", "", 2 * pings, [=](scoped_actor &main) {
        main->spawn(ping, main->spawn(pong, actor{main}), pings);
        bench::check(bench::receive<uint64_t>(main) == pings, "pings seen");
    });
}

bench::program program{"ping_pong", run};

} // namespace
