// Savina's fork join, throughput: a sender sends many messages to each of 60 actors, round robin.
#include "bench.hpp"

#include <cmath>

using namespace caf;

namespace {

constexpr uint64_t workers = 60;

struct worker_state {
    uint64_t seen = 0;
};

behavior worker(stateful_actor<worker_state> *self, actor main)
{
    return {
        [=](double angle) {
            double sine = std::sin(angle);
            bench::check(sine * sine > 0, "a sine");
            ++self->state.seen;
            return bench::nothing{};
        },
        [=](close_atom) {
            bench::tell(self, main, self->state.seen);
            self->quit();
        },
    };
}

behavior sender(event_based_actor *self, std::vector<actor> to, uint64_t each)
{
    for (uint64_t i = 0; i < each; i++)
        for (const actor &worker : to)
            bench::tell(self, worker, 37.2);
    for (const actor &worker : to)
        bench::tell(self, worker, close_atom_v);
    return {};
}

void run()
{
    uint64_t each = bench::scaled(10000);
    bench::measure("fork_join_throughput", "", workers * each, [=](scoped_actor &main) {
        std::vector<actor> all;
        for (uint64_t i = 0; i < workers; i++)
            all.push_back(main->spawn(worker, actor{main}));
        main->spawn(sender, std::move(all), each);
        for (uint64_t i = 0; i < workers; i++)
            bench::check(bench::receive<uint64_t>(main) == each, "messages seen");
    });
}

bench::program program{"fork_join_throughput", run, {bench::policy::by_loops, 100}};

} // namespace
