// Savina's sleeping barber: a factory of customers, a waiting room, a barber.
//
// The factory sends itself word to make the next customer, and so hears of others between two.
//
// That the barber is free is an urgent message to the room: it must not wait behind the customers who
// are sent back and forth between a full room and the factory. Short turns keep these few.
#include "bench.hpp"

#include <deque>

using namespace caf;

namespace {

constexpr uint64_t chairs = 1000;

// The factory is to make a customer; one enters the room or is sent back; the barber is free, or told
// to sleep; a customer is done.
using make_atom = atom_constant<atom("make")>;
using enter_atom = atom_constant<atom("enter")>;
using full_atom = atom_constant<atom("full")>;
using free_atom = atom_constant<atom("free")>;
using sleep_atom = atom_constant<atom("sleep")>;
using done_atom = atom_constant<atom("done")>;

struct factory_state {
    bench::random random{1};
    uint64_t unmade = 0; // customers
    uint64_t left = 0;   // those not done yet
};

struct room_state {
    std::deque<actor> waiting;
    bool barber_sleeps = true;
};

struct barber_state {
    bench::random random{2};
    uint64_t haircuts = 0;
};

behavior customer(event_based_actor *self, actor factory)
{
    return {
        [=](done_atom) {
            bench::tell(self, factory, done_atom{});
            self->quit();
            return bench::nothing{};
        },
    };
}

behavior barber(stateful_actor<barber_state> *self, bool cost)
{
    return {
        [=](enter_atom, const actor &customer) {
            bench::work(self->state.random, cost);
            self->state.haircuts++;
            bench::tell(self, customer, done_atom{});
            bench::tell<message_priority::high>(self, bench::take_sender(self), free_atom{});
            return bench::nothing{};
        },
        [=](sleep_atom) { return bench::nothing{}; },
        [=](close_atom, const actor &main) {
            bench::tell(self, main, self->state.haircuts);
            self->quit();
        },
    };
}

void enter(stateful_actor<room_state> *self, const actor &barber, const actor &customer)
{
    auto &state = self->state;
    if (state.barber_sleeps) {
        state.barber_sleeps = false;
        self->send(barber, enter_atom{}, customer);
    } else if (state.waiting.size() == chairs) {
        bench::reply(self, full_atom{}, customer);
    } else {
        state.waiting.push_back(customer);
    }
}

void barber_free(stateful_actor<room_state> *self, const actor &barber)
{
    auto &state = self->state;
    if (state.waiting.empty()) {
        state.barber_sleeps = true;
        bench::tell(self, barber, sleep_atom{});
    } else {
        self->send(barber, enter_atom{}, std::move(state.waiting.front()));
        state.waiting.pop_front();
    }
}

behavior room(stateful_actor<room_state> *self, actor barber)
{
    return {
        [=](enter_atom, const actor &customer) {
            enter(self, barber, customer);
            return bench::nothing{};
        },
        [=](free_atom) {
            barber_free(self, barber);
            return bench::nothing{};
        },
        [=](close_atom) { self->quit(); },
    };
}

behavior factory(stateful_actor<factory_state> *self, actor room, actor main, uint64_t customers,
                 bool cost)
{
    self->state.unmade = self->state.left = customers;
    bench::tell(self, actor{self}, make_atom{});
    return {
        [=](make_atom) {
            self->send(room, enter_atom{}, self->spawn<lazy_init>(customer, actor{self}));
            bench::work(self->state.random, cost);
            if (--self->state.unmade > 0)
                bench::tell(self, actor{self}, make_atom{});
            return bench::nothing{};
        },
        [=](full_atom, const actor &customer) {
            self->send(room, enter_atom{}, customer);
            return bench::nothing{};
        },
        [=](done_atom) {
            if (--self->state.left == 0) {
                bench::tell(self, main, ok_atom_v);
                self->quit();
            }
            return bench::nothing{};
        },
    };
}

void play(scoped_actor &main, uint64_t customers, bool cost)
{
    auto cutter = main->spawn(barber, cost);
    auto chairs_by_the_wall = main->spawn(room, cutter);
    main->spawn(factory, chairs_by_the_wall, actor{main}, customers, cost);
    bench::receive<ok_atom>(main);
    anon_send(cutter, close_atom_v, actor{main});
    anon_send(chairs_by_the_wall, close_atom_v);
    bench::check(bench::receive<uint64_t>(main) == customers, "haircuts");
}

void measure(const char *variant, bool cost)
{
    uint64_t customers = bench::scaled(5000);
    bench::measure("sleeping_barber", variant, customers,
                   [=](scoped_actor &main) { play(main, customers, cost); });
}

void run()
{
    measure("", true);
    measure("no cost", false);
}

bench::program program{"sleeping_barber", run, {bench::policy::sharing, 2}};

} // namespace
