// Savina's chameneos: creatures of three colours meet in pairs at a mall.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr uint64_t creatures = 100;
constexpr uint32_t colours = 3;

struct mall_state {
    uint64_t meetings_left = 0;
    uint64_t reports = 0;
    uint64_t sum = 0;
    actor waiting;
    uint32_t waiting_colour = 0;
};

struct creature_state {
    uint32_t colour = 0;
    uint64_t meetings = 0;
};

// Two alike stay what they are; two that differ take the third colour.
uint32_t complement(uint32_t one, uint32_t other)
{
    return one == other ? one : colours - one - other;
}

void pair_up(stateful_actor<mall_state> *self, uint32_t colour)
{
    auto &state = self->state;
    if (!state.waiting) {
        state.waiting = bench::take_sender(self);
        state.waiting_colour = colour;
        return;
    }
    state.meetings_left--;
    bench::tell(self, state.waiting, colour);
    bench::reply(self, state.waiting_colour);
    state.waiting = nullptr;
}

behavior mall(stateful_actor<mall_state> *self, actor main, uint64_t meetings)
{
    self->state.meetings_left = meetings;
    return {
        [=](uint32_t colour) {
            if (self->state.meetings_left > 0)
                pair_up(self, colour);
            else
                bench::reply(self, close_atom_v);
            return bench::nothing{};
        },
        [=](uint64_t had) {
            self->state.sum += had;
            if (++self->state.reports < creatures)
                return;
            bench::tell(self, main, self->state.sum);
            self->quit();
        },
    };
}

behavior creature(stateful_actor<creature_state> *self, actor mall, uint32_t colour)
{
    self->state.colour = colour;
    self->send(mall, colour);
    return {
        [=](uint32_t other) {
            auto &state = self->state;
            state.colour = complement(state.colour, other);
            state.meetings++;
            self->send(mall, state.colour);
            return bench::nothing{};
        },
        [=](close_atom) {
            bench::tell(self, mall, self->state.meetings);
            self->quit();
        },
    };
}

void run()
{
    uint64_t meetings = bench::scaled(200000);
    bench::measure("chameneos", "", meetings, [=](scoped_actor &main) {
        auto place = main->spawn(mall, actor{main}, meetings);
        for (uint32_t i = 0; i < creatures; i++)
            main->spawn(creature, place, i % colours);
        bench::check(bench::receive<uint64_t>(main) == 2 * meetings, "sum of the meetings had");
    });
}

bench::program program{"chameneos", run};

} // namespace
