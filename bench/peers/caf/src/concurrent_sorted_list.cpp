// Savina's concurrent sorted list: 20 workers search and fill a sorted linked list that one actor
// owns.
#include "bench.hpp"

#include <algorithm>
#include <forward_list>

using namespace caf;

namespace {

constexpr uint64_t workers = 20;
constexpr uint64_t numbers = 10'000'000;

using has_atom = atom_constant<atom("has")>;
constexpr has_atom has_atom_v;

struct owner_state {
    std::forward_list<uint64_t> list;
    uint64_t size = 0;

    void insert(uint64_t number)
    {
        auto before = list.before_begin();
        for (auto at = list.begin(); at != list.end() && *at < number; ++at)
            before = at;
        list.insert_after(before, number);
        size++;
    }

    bool has(uint64_t number) const
    {
        auto at = list.begin();
        while (at != list.end() && *at < number)
            ++at;
        return at != list.end() && *at == number;
    }

    // The length, counted; the list must be sorted.
    uint64_t checked_length() const
    {
        bench::check(std::is_sorted(list.begin(), list.end()), "the list is not sorted");
        return static_cast<uint64_t>(std::distance(list.begin(), list.end()));
    }
};

struct worker_state {
    bench::random random;
    uint64_t left = 0;
    uint64_t inserts = 0;
};

using worker_actor = stateful_actor<worker_state>;

behavior owner(stateful_actor<owner_state> *self)
{
    return {
        [=](has_atom, uint64_t number) {
            bench::reply(self, self->state.has(number));
            return bench::nothing{};
        },
        [=](put_atom, uint64_t number) {
            self->state.insert(number);
            bench::reply(self, ok_atom_v);
            return bench::nothing{};
        },
        [=](get_atom) {
            bench::reply(self, self->state.size);
            return bench::nothing{};
        },
        [=](close_atom) {
            self->quit();
            return self->state.checked_length();
        },
    };
}

void next_request(worker_actor *self, const actor &owner, const actor &main)
{
    auto &state = self->state;
    if (state.left == 0) {
        bench::tell(self, main, state.inserts);
        self->quit();
        return;
    }
    state.left--;
    uint64_t kind = state.random.below(100), number = state.random.below(numbers);
    state.inserts += kind >= 1 && kind <= 10;
    if (kind == 0)
        self->send(owner, get_atom_v);
    else if (kind <= 10)
        self->send(owner, put_atom_v, number);
    else
        self->send(owner, has_atom_v, number);
}

behavior worker(worker_actor *self, actor owner, actor main, uint64_t number, uint64_t requests)
{
    self->state.random = bench::random{number};
    self->state.left = requests;
    auto next = [=] {
        next_request(self, owner, main);
        return bench::nothing{};
    };
    next();
    return {
        [=](bool) { return next(); },
        [=](ok_atom) { return next(); },
        [=](uint64_t) { return next(); },
    };
}

void play(scoped_actor &main, uint64_t requests)
{
    auto list = main->spawn(owner);
    for (uint64_t i = 0; i < workers; i++)
        main->spawn(worker, list, actor{main}, i, requests);
    uint64_t inserts = 0;
    for (uint64_t i = 0; i < workers; i++)
        inserts += bench::receive<uint64_t>(main);
    main->send(list, close_atom_v);
    bench::check(bench::receive<uint64_t>(main) == inserts, "as long as inserts were made");
}

void run()
{
    uint64_t requests = bench::scaled(8000);
    bench::measure("concurrent_sorted_list", "", workers * requests,
                   [=](scoped_actor &main) { play(main, requests); });
}

bench::program program{"concurrent_sorted_list", run, {bench::policy::sharing, 20}};

} // namespace
