// Savina's bounded buffer: producers and consumers, and a manager with room for 50 items.
//
// The manager lets as many items be made as it has room for: those in the making and those that wait
// for a consumer are never more than 50.
#include "bench.hpp"

#include <cmath>
#include <deque>

using namespace caf;

namespace {

constexpr uint64_t room = 50;
constexpr uint64_t producers = 40;
constexpr uint64_t consumers = 40;
constexpr int cost = 25 * 100;

struct manager_state {
    std::deque<double> items;
    std::deque<actor> free_consumers;
    std::deque<actor> held_back;
    uint64_t in_the_making = 0;
    uint64_t producers_left = producers;
};

using manager_actor = stateful_actor<manager_state>;

struct producer_state {
    bench::random random;
    uint64_t left = 0;
};

struct consumer_state {
    bench::random random;
    uint64_t used = 0;
};

double work(bench::random &random, double item, int times)
{
    bench::random own = random;
    for (int i = 0; i < times; i++)
        item += std::log(own.real() + 0.01);
    random = own;
    return item;
}

template <class T>
T take(std::deque<T> &queue)
{
    T first = std::move(queue.front());
    queue.pop_front();
    return first;
}

// Tells those held back to make an item, as far as there is room.
void fill(manager_actor *self)
{
    auto &state = self->state;
    while (!state.held_back.empty() && state.in_the_making + state.items.size() < room) {
        bench::tell(self, take(state.held_back), get_atom_v);
        state.in_the_making++;
    }
}

void item_made(manager_actor *self, double item)
{
    auto &state = self->state;
    state.in_the_making--;
    state.held_back.push_back(bench::take_sender(self));
    if (state.free_consumers.empty())
        state.items.push_back(item);
    else
        bench::tell(self, take(state.free_consumers), item);
    fill(self);
}

// When no more is made, all that are free are all there are.
void end_if_done(manager_actor *self)
{
    auto &state = self->state;
    if (state.producers_left > 0 || state.free_consumers.size() < consumers)
        return;
    for (const actor &consumer : state.free_consumers)
        bench::tell(self, consumer, close_atom_v);
    self->quit();
}

void consumer_free(manager_actor *self)
{
    auto &state = self->state;
    if (state.items.empty()) {
        state.free_consumers.push_back(bench::take_sender(self));
        end_if_done(self);
    } else {
        bench::reply(self, take(state.items));
        fill(self);
    }
}

behavior manager(manager_actor *self)
{
    return {
        [=](double item) {
            item_made(self, item);
            return bench::nothing{};
        },
        [=](idle_atom) {
            consumer_free(self);
            return bench::nothing{};
        },
        [=](join_atom) {
            self->state.held_back.push_back(bench::take_sender(self));
            fill(self);
        },
        [=](leave_atom) {
            self->state.in_the_making--;
            self->state.producers_left--;
            fill(self);
            end_if_done(self);
        },
    };
}

behavior producer(stateful_actor<producer_state> *self, actor manager, uint64_t number,
                  uint64_t items, int times)
{
    self->state.random = bench::random{number};
    self->state.left = items;
    self->send(manager, join_atom_v);
    return {
        [=](get_atom) {
            auto &state = self->state;
            if (state.left > 0) {
                state.left--;
                self->send(manager, work(state.random, 0, times));
            } else {
                bench::tell(self, manager, leave_atom_v);
                self->quit();
            }
            return bench::nothing{};
        },
    };
}

behavior consumer(stateful_actor<consumer_state> *self, actor manager, actor main, uint64_t number,
                  int times)
{
    self->state.random = bench::random{producers + number};
    self->send(manager, idle_atom_v);
    return {
        [=](double item) {
            self->state.used++;
            bench::keep(work(self->state.random, item, times));
            self->send(manager, idle_atom_v);
            return bench::nothing{};
        },
        [=](close_atom) {
            bench::tell(self, main, self->state.used);
            self->quit();
        },
    };
}

void play(scoped_actor &main, uint64_t items, int times)
{
    auto buffer = main->spawn(manager);
    for (uint64_t i = 0; i < consumers; i++)
        main->spawn(consumer, buffer, actor{main}, i, times);
    for (uint64_t i = 0; i < producers; i++)
        main->spawn(producer, buffer, i, items, times);
    uint64_t used = 0;
    for (uint64_t i = 0; i < consumers; i++)
        used += bench::receive<uint64_t>(main);
    bench::check(used == producers * items, "items used");
}

void measure(const char *variant, int times)
{
    uint64_t items = bench::scaled(1000);
    bench::measure("bounded_buffer", variant, producers * items,
                   [=](scoped_actor &main) { play(main, items, times); });
}

void run()
{
    measure("", cost);
    measure("no cost", 0);
}

bench::program program{"bounded_buffer", run, {bench::policy::sharing, 20}};

} // namespace
