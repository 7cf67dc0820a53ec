// Hop: ping pong between two actors that have a thread each.
//
// Waking a thread costs the system's switch, tens of microseconds. So that this measures the hop and
// not the wakening, an actor polls its mailbox a while before it waits.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr int polls = 300'000;

// Whether to go on receiving, asked before each message.
bool poll(blocking_actor *self, bool running)
{
    for (int i = 0; running && i < polls && self->mailbox().empty();)
        i++;
    return running;
}

void pong(blocking_actor *self, actor main)
{
    uint64_t seen = 0;
    bool running = true;
    self->receive_while([&] { return poll(self, running); })(
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
    self->receive_while([&] { return poll(self, running); })([&](pong_atom) {
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
