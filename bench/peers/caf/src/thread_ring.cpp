// Savina's thread ring: 100 actors in a ring pass on one token.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr uint64_t actors = 100;

struct node_state {
    actor next;
};

behavior node(stateful_actor<node_state> *self, actor next, actor main, uint64_t number)
{
    self->state.next = std::move(next);
    return {
        [=](uint64_t hops) {
            if (hops > 0)
                bench::tell(self, self->state.next, hops - 1);
            else
                bench::tell(self, main, number);
            return bench::nothing{};
        },
        [=](put_atom, actor first) { self->state.next = std::move(first); },
    };
}

// The last is made first, and told of the first when there is one.
std::vector<actor> make_ring(scoped_actor &main)
{
    std::vector<actor> ring(actors);
    for (uint64_t i = actors; i-- > 0;)
        ring[i] = main->spawn(node, i + 1 < actors ? ring[i + 1] : actor{}, actor{main}, i);
    anon_send(ring.back(), put_atom_v, ring.front());
    return ring;
}

void run()
{
    uint64_t hops = bench::scaled(100000);
    bench::measure("thread_ring", "", hops, [=](scoped_actor &main) {
        auto ring = make_ring(main);
        anon_send(ring.front(), hops);
        bench::check(bench::receive<uint64_t>(main) == hops % actors, "where the token ends");
        for (const actor &node : ring)
            bench::stop(node);
    });
}

bench::program program{"thread_ring", run};

} // namespace
