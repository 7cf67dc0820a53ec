// Waiting tasks: the lightest thing in CAF that waits for a reply in the middle of a function is an
// event-based actor with nothing but an outstanding request.
//
// The starter makes them a wave at a time, keeps a promise of a reply for each, and when it is told to,
// keeps the promises, again a wave at a time.
#include "bench.hpp"

#include <algorithm>

using namespace caf;

namespace {

constexpr uint64_t wave = 1000;

class task : public event_based_actor {
public:
    task(actor_config &config, actor starter)
        : event_based_actor(config), starter_(std::move(starter))
    {
    }

    behavior make_behavior() override
    {
        request(starter_, infinite, get_atom_v).await([this](ok_atom) {
            bench::tell(this, starter_, leave_atom_v);
        });
        return {};
    }

private:
    actor starter_;
};

struct starter_state {
    std::vector<response_promise> waiting;
    uint64_t started = 0;
    uint64_t replied = 0;
    uint64_t released = 0;
};

using starter_actor = stateful_actor<starter_state>;

void start_wave(starter_actor *self, uint64_t wanted)
{
    auto &state = self->state;
    uint64_t until = std::min(state.started + wave, wanted);
    for (; state.started < until; state.started++)
        self->spawn<task>(actor{self});
}

void reply_wave(starter_actor *self)
{
    auto &state = self->state;
    uint64_t until = std::min<uint64_t>(state.replied + wave, state.waiting.size());
    for (; state.replied < until; state.replied++)
        state.waiting[state.replied].deliver(ok_atom_v);
}

behavior starter(starter_actor *self, actor main, uint64_t wanted)
{
    self->state.waiting.reserve(wanted);
    start_wave(self, wanted);
    return {
        [=](get_atom) {
            auto &state = self->state;
            state.waiting.push_back(self->make_response_promise());
            if (state.waiting.size() == wanted)
                bench::tell(self, main, ok_atom_v);
            else if (state.waiting.size() == state.started)
                start_wave(self, wanted);
            return bench::nothing{};
        },
        [=](flush_atom) { reply_wave(self); },
        [=](leave_atom) {
            auto &state = self->state;
            if (++state.released == wanted) {
                bench::tell(self, main, state.released);
                self->quit();
            } else if (state.released == state.replied) {
                reply_wave(self);
            }
            return bench::nothing{};
        },
    };
}

// Resident memory while all wait.
uint64_t play(scoped_actor &main, uint64_t wanted)
{
    auto all = main->spawn(starter, actor{main}, wanted);
    bench::receive<ok_atom>(main);
    uint64_t resident = bench::resident_bytes();
    anon_send(all, flush_atom_v);
    bench::check(bench::receive<uint64_t>(main) == wanted, "how many were released");
    return resident;
}

// The first run in the process tells, when no memory has been used and given back yet.
void measure_bytes(uint64_t wanted)
{
    double cpu = bench::cpu_seconds();
    uint64_t before = bench::resident_bytes(), after = 0;
    bench::play_once([&](scoped_actor &main) { after = play(main, wanted); });
    bench::print("waiting_task", "bytes", "bytes",
                 {static_cast<double>(after - before) / static_cast<double>(wanted)}, wanted,
                 bench::cpu_seconds() - cpu);
}

void run()
{
    uint64_t wanted = bench::scaled(1000000);
    measure_bytes(wanted);
    bench::measure("waiting_task", "start and release", wanted,
                   [=](scoped_actor &main) { play(main, wanted); });
}

bench::program program{"waiting_task", run, {bench::policy::sharing, 20}};

} // namespace
