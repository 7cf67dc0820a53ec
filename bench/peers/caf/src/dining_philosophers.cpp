// Savina's dining philosophers: an arbiter owns the forks, and hands out two at a time.
#include "bench.hpp"

#include <array>

using namespace caf;

namespace {

constexpr uint32_t philosophers = 20;

// What a philosopher says, with its number, and what it is told.
using hungry_atom = atom_constant<atom("hungry")>;
using sated_atom = atom_constant<atom("sated")>;
using eat_atom = atom_constant<atom("eat")>;
using denied_atom = atom_constant<atom("denied")>;

struct arbiter_state {
    std::array<bool, philosophers> taken{};
    uint64_t meals = 0;
    uint32_t at_table = philosophers;
};

struct philosopher_state {
    uint64_t meals = 0;
};

bool take_forks(arbiter_state &state, uint32_t number)
{
    bool &left = state.taken[number], &right = state.taken[(number + 1) % philosophers];
    if (left || right)
        return false;
    left = right = true;
    return true;
}

void give_forks(arbiter_state &state, uint32_t number)
{
    bool &left = state.taken[number], &right = state.taken[(number + 1) % philosophers];
    bench::check(left && right, "forks given back that were not taken");
    left = right = false;
    state.meals++;
}

behavior arbiter(stateful_actor<arbiter_state> *self, actor main)
{
    return {
        [=](hungry_atom, uint32_t number) {
            if (take_forks(self->state, number))
                bench::reply(self, eat_atom{});
            else
                bench::reply(self, denied_atom{});
            return bench::nothing{};
        },
        [=](sated_atom, uint32_t number) {
            give_forks(self->state, number);
            return bench::nothing{};
        },
        [=](leave_atom) {
            if (--self->state.at_table > 0)
                return;
            bench::tell(self, main, self->state.meals);
            self->quit();
        },
    };
}

void meal_over(stateful_actor<philosopher_state> *self, const actor &arbiter, uint32_t number)
{
    bench::tell(self, arbiter, sated_atom{}, number);
    if (--self->state.meals > 0) {
        self->send(arbiter, hungry_atom{}, number);
    } else {
        bench::tell(self, arbiter, leave_atom_v);
        self->quit();
    }
}

behavior philosopher(stateful_actor<philosopher_state> *self, actor arbiter, uint32_t number,
                     uint64_t meals)
{
    self->state.meals = meals;
    self->send(arbiter, hungry_atom{}, number);
    return {
        [=](eat_atom) {
            meal_over(self, arbiter, number);
            return bench::nothing{};
        },
        [=](denied_atom) {
            self->send(arbiter, hungry_atom{}, number);
            return bench::nothing{};
        },
    };
}

void run()
{
    uint64_t meals = bench::scaled(10000);
    bench::measure("dining_philosophers", "", philosophers * meals, [=](scoped_actor &main) {
        auto waiter = main->spawn(arbiter, actor{main});
        for (uint32_t i = 0; i < philosophers; i++)
            main->spawn(philosopher, waiter, i, meals);
        bench::check(bench::receive<uint64_t>(main) == philosophers * meals, "meals");
    });
}

bench::program program{"dining_philosophers", run, {bench::policy::sharing, 20}};

} // namespace
