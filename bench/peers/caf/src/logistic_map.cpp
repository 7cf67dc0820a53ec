// Savina's logistic map: workers that each compute a series, every term asked of a computer.
#include "bench.hpp"

#include <cmath>

using namespace caf;

namespace {

constexpr uint64_t series = 10;

double rate_of(uint64_t number)
{
    return 3.46 + 0.0025 * static_cast<double>(number);
}

double start_of(uint64_t number)
{
    return 0.0025 * rate_of(number);
}

// Not inlined, so that all who use it round alike.
[[gnu::noinline]] double next_term(double rate, double x)
{
    return rate * x * (1 - x);
}

struct worker_state {
    double term = 0;
    uint64_t wanted = 0;
    bool asked = false;
    bool closing = false;
};

using worker_actor = stateful_actor<worker_state>;

struct master_state {
    double sum = 0;
    uint64_t left = series;
};

behavior computer(event_based_actor *self, double rate)
{
    return {
        [=](double x) {
            bench::reply(self, next_term(rate, x));
            return bench::nothing{};
        },
        [=](close_atom) { self->quit(); },
    };
}

// Asks for the next term when none is asked for; tells the last when none is wanted any more.
void go_on(worker_actor *self, const actor &computer, const actor &master)
{
    auto &state = self->state;
    if (state.asked)
        return;
    if (state.wanted > 0) {
        state.wanted--;
        state.asked = true;
        self->send(computer, state.term);
    } else if (state.closing) {
        bench::tell(self, computer, close_atom_v);
        bench::tell(self, master, state.term);
        self->quit();
    }
}

behavior worker(worker_actor *self, actor computer, actor master, double start)
{
    self->state.term = start;
    return {
        [=](get_atom) {
            self->state.wanted++;
            go_on(self, computer, master);
            return bench::nothing{};
        },
        [=](double term) {
            self->state.term = term;
            self->state.asked = false;
            go_on(self, computer, master);
            return bench::nothing{};
        },
        [=](close_atom) {
            self->state.closing = true;
            go_on(self, computer, master);
        },
    };
}

std::vector<actor> make_workers(event_based_actor *self)
{
    std::vector<actor> workers;
    for (uint64_t i = 0; i < series; i++)
        workers.push_back(
            self->spawn(worker, self->spawn(computer, rate_of(i)), actor{self}, start_of(i)));
    return workers;
}

behavior master(stateful_actor<master_state> *self, actor main, uint64_t terms)
{
    auto workers = make_workers(self);
    for (uint64_t i = 0; i < terms; i++)
        for (const actor &worker : workers)
            bench::tell(self, worker, get_atom_v);
    for (const actor &worker : workers)
        bench::tell(self, worker, close_atom_v);
    return {
        [=](double last) {
            self->state.sum += last;
            if (--self->state.left > 0)
                return;
            bench::tell(self, main, self->state.sum);
            self->quit();
        },
    };
}

double sum_in_a_loop(uint64_t terms)
{
    double sum = 0;
    for (uint64_t i = 0; i < series; i++) {
        double x = start_of(i);
        for (uint64_t j = 0; j < terms; j++)
            x = next_term(rate_of(i), x);
        sum += x;
    }
    return sum;
}

void run()
{
    uint64_t terms = bench::scaled(25000);
    double right = sum_in_a_loop(terms);
    bench::measure("logistic_map", "", series * terms, [=](scoped_actor &main) {
        main->spawn(master, actor{main}, terms);
        double sum = bench::receive<double>(main);
        bench::check(std::fabs(sum - right) < 1e-9, "the sum");
    });
}

bench::program program{"logistic_map", run};

} // namespace
