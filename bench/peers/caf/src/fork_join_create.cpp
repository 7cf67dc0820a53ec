// Savina's fork join, creation: actors that take one message, tell the collector, and end.
#include "bench.hpp"

#include <cmath>

using namespace caf;

namespace {

class worker : public event_based_actor {
public:
    worker(actor_config &config, actor collector)
        : event_based_actor(config), collector_(std::move(collector))
    {
    }

    behavior make_behavior() override
    {
        return {
            [this](double angle) {
                double sine = std::sin(angle);
                bench::check(sine * sine > 0, "a sine");
                bench::tell(this, collector_, ok_atom_v);
                quit();
                return bench::nothing{};
            },
        };
    }

private:
    actor collector_;
};

struct collector_state {
    uint64_t done = 0;
};

behavior collector(stateful_actor<collector_state> *self, actor main, uint64_t wanted)
{
    return {
        [=](ok_atom) {
            if (++self->state.done == wanted) {
                bench::tell(self, main, wanted);
                self->quit();
            }
            return bench::nothing{};
        },
    };
}

behavior forker(event_based_actor *self, actor collector, uint64_t amount)
{
    for (uint64_t i = 0; i < amount; i++)
        bench::tell(self, self->spawn<worker, lazy_init>(collector), 37.2);
    return {};
}

void run()
{
    uint64_t amount = bench::scaled(40000);
    bench::measure("fork_join_create", "", amount, [=](scoped_actor &main) {
        main->spawn(forker, main->spawn(collector, actor{main}, amount), amount);
        bench::check(bench::receive<uint64_t>(main) == amount, "actors that were done");
    });
}

bench::program program{"fork_join_create", run, {bench::policy::sharing, 20}};

} // namespace
