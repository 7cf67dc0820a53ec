// Savina's cigarette smokers: an arbiter sends one smoker at random to smoke, round by round.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr uint64_t smokers = 200;

struct arbiter_state {
    std::vector<actor> all;
    bench::random random{smokers};
    uint64_t left = 0;
};

struct smoker_state {
    bench::random random;
    uint64_t rounds = 0;
};

behavior smoker(stateful_actor<smoker_state> *self, actor main, uint64_t number, bool cost)
{
    self->state.random = bench::random{number};
    return {
        [=](get_atom) {
            self->state.rounds++;
            bench::reply(self, ok_atom_v);
            bench::work(self->state.random, cost);
            return bench::nothing{};
        },
        [=](close_atom) {
            bench::tell(self, main, self->state.rounds);
            self->quit();
        },
    };
}

void next_round(stateful_actor<arbiter_state> *self)
{
    auto &state = self->state;
    if (state.left > 0) {
        state.left--;
        self->send(state.all[state.random.below(smokers)], get_atom_v);
        return;
    }
    for (const actor &smoker : state.all)
        bench::tell(self, smoker, close_atom_v);
    self->quit();
}

behavior arbiter(stateful_actor<arbiter_state> *self, std::vector<actor> all, uint64_t rounds)
{
    self->state.all = std::move(all);
    self->state.left = rounds;
    next_round(self);
    return {
        [=](ok_atom) {
            next_round(self);
            return bench::nothing{};
        },
    };
}

void play(scoped_actor &main, uint64_t rounds, bool cost)
{
    std::vector<actor> all;
    for (uint64_t i = 0; i < smokers; i++)
        all.push_back(main->spawn(smoker, actor{main}, i, cost));
    main->spawn(arbiter, std::move(all), rounds);
    uint64_t smoked = 0;
    for (uint64_t i = 0; i < smokers; i++)
        smoked += bench::receive<uint64_t>(main);
    bench::check(smoked == rounds, "rounds smoked");
}

void measure(const char *variant, bool cost)
{
    uint64_t rounds = bench::scaled(1000);
    bench::measure("cigarette_smokers", variant, rounds,
                   [=](scoped_actor &main) { play(main, rounds, cost); });
}

void run()
{
    measure("", true);
    measure("no cost", false);
}

bench::program program{"cigarette_smokers", run, {bench::policy::stealing, 20}};

} // namespace
