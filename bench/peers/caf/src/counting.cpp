// Savina's counting: a producer sends increments to a counter, then asks it for the count.
#include "bench.hpp"

using namespace caf;

namespace {

struct counter_state {
    uint64_t count = 0;
};

behavior counter(stateful_actor<counter_state> *self)
{
    return {
        [=](add_atom) {
            ++self->state.count;
            return bench::nothing{};
        },
        [=](get_atom) {
            self->quit();
            return self->state.count;
        },
    };
}

behavior producer(event_based_actor *self, actor counter, actor main, uint64_t amount)
{
    for (uint64_t i = 0; i < amount; i++)
        bench::tell(self, counter, add_atom_v);
    self->request(counter, infinite, get_atom_v).then([=](uint64_t count) {
        bench::tell(self, main, count);
    });
    return {};
}

void run()
{
    uint64_t amount = bench::scaled(1000000);
    bench::measure("counting", "", amount, [=](scoped_actor &main) {
        main->spawn(producer, main->spawn(counter), actor{main}, amount);
        bench::check(bench::receive<uint64_t>(main) == amount, "the count");
    });
}

bench::program program{"counting", run, {bench::policy::by_loops, bench::no_limit}};

} // namespace
