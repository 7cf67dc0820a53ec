// Hop: ping pong between two actors that have a thread each.
#include "bench.hpp"

using namespace caf;

namespace {

void pong(blocking_actor *self, actor main)
{
    uint64_t seen = 0;
    bool running = true;
    self->receive_while(running)(
        [&](ping_atom) {
            seen++;
            bench::reply(self, pong_atom_v);
            return bench::nothing{};
        },
        [&](close_atom) {
            running = false;
        });
    bench::tell(self, main, seen);
}

void ping(blocking_actor *self, actor other, uint64_t pings)
{
    self->send(other, ping_atom_v);
    uint64_t i = 1;
    bool running = true;
    self->receive_while(running)([&](pong_atom) {
        if (i++ < pings)
            self->send(other, ping_atom_v);
        else
            running = false;
        return bench::nothing{};
    });
    bench::tell(self, other, close_atom_v);
}

void run()
{
    uint64_t pings = bench::scaled(40000);
    bench::measure("hop", "", 2 * pings, [=](scoped_actor &main) {
        main->spawn<detached>(ping, main->spawn<detached>(pong, actor{main}), pings);
        bench::check(bench::receive<uint64_t>(main) == pings, "pings");
    });
}

bench::program program{"hop", run, {}, 2};

} // namespace
