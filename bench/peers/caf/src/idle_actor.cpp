// Idle actors: what an actor with a state of 16 bytes takes when it does nothing.
//
// Each is sent one message when it is made, which it answers; a wave of them at a time, so that no
// more than that many messages are ever there.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr uint64_t wave = 1000;

class idle : public event_based_actor {
public:
    using event_based_actor::event_based_actor;

    behavior make_behavior() override
    {
        return {
            [this](uint64_t number) {
                number_ = number;
                seen_++;
                bench::reply(this, ok_atom_v);
                return bench::nothing{};
            },
        };
    }

private:
    uint64_t number_ = 0;
    uint64_t seen_ = 0;
};

struct keeper_state {
    std::vector<actor> all;
    uint64_t alive = 0;
};

using keeper_actor = stateful_actor<keeper_state>;

void spawn_wave(keeper_actor *self, uint64_t wanted)
{
    auto &all = self->state.all;
    for (uint64_t i = 0; i < wave && all.size() < wanted; i++) {
        all.push_back(self->spawn<idle, lazy_init>());
        self->send(all.back(), all.size());
    }
}

// The list of handles is made, and touched, before; it is not counted.
behavior keeper(keeper_actor *self, actor main, uint64_t wanted)
{
    self->state.all.resize(wanted);
    self->state.all.clear();
    return {
        [=](join_atom) { spawn_wave(self, wanted); },
        [=](ok_atom) {
            auto &state = self->state;
            if (++state.alive == wanted)
                bench::tell(self, main, state.alive);
            else if (state.alive == state.all.size())
                spawn_wave(self, wanted);
            return bench::nothing{};
        },
        [=](get_atom) { return ok_atom_v; },
        [=](close_atom) { self->quit(); },
    };
}

void play(scoped_actor &main, uint64_t wanted)
{
    auto all = main->spawn(keeper, actor{main}, wanted);
    main->send(all, get_atom_v);
    bench::receive<ok_atom>(main);
    double cpu = bench::cpu_seconds();
    uint64_t before = bench::resident_bytes();
    anon_send(all, join_atom_v);
    bench::check(bench::receive<uint64_t>(main) == wanted, "how many are alive");
    auto bytes = static_cast<double>(bench::resident_bytes() - before);
    bench::print("idle_actor", "", "bytes", {bytes / static_cast<double>(wanted)}, wanted,
                 bench::cpu_seconds() - cpu);
    anon_send(all, close_atom_v);
}

void run()
{
    uint64_t wanted = bench::scaled(1000000);
    bench::play_once([=](scoped_actor &main) { play(main, wanted); });
}

bench::program program{"idle_actor", run};

} // namespace
