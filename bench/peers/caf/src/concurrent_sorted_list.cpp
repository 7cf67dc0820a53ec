// Savina's concurrent sorted list: 20 workers search and fill a sorted linked list that one actor
// owns.
#include "bench.hpp"

#include <cstring>
#include <limits>

using namespace caf;

namespace {

constexpr uint64_t workers = 20;
constexpr uint64_t numbers = 10'000'000;

using has_atom = atom_constant<atom("has")>;
constexpr has_atom has_atom_v;

// Nodes lie in the order in which they were put in. The list begins and ends at the first, whose
// number is above all others.
class sorted_list {
public:
    void insert(uint32_t number)
    {
        uint32_t before = find_before(number), place = static_cast<uint32_t>(nodes_.size());
        nodes_.push_back({number, nodes_[before].next});
        nodes_[before].next = place;
    }

    bool has(uint32_t number) const
    {
        return nodes_[nodes_[find_before(number)].next].number == number;
    }

    uint64_t size() const { return nodes_.size() - 1; }

    // The length, counted; the list must be sorted.
    uint64_t checked_length() const
    {
        uint64_t length = 0;
        for (uint32_t place = nodes_[0].next; place != 0; place = nodes_[place].next) {
            bench::check(nodes_[nodes_[place].next].number >= nodes_[place].number,
                         "the list is not sorted");
            length++;
        }
        return length;
    }

private:
    struct node {
        uint32_t number;
        uint32_t next; // its place
    };

    // The last node whose number is less, or the list's begin. A node is read as one word: by halves, an
    // address would have to be computed ahead of each load.
    uint32_t find_before(uint32_t number) const
    {
        uint32_t before = 0, next = nodes_[0].next;
        for (;;) {
            uint64_t node;
            std::memcpy(&node, &nodes_[next], sizeof node);
            if (static_cast<uint32_t>(node) >= number)
                return before;
            before = next;
            next = static_cast<uint32_t>(node >> 32);
        }
    }

    std::vector<node> nodes_{{std::numeric_limits<uint32_t>::max(), 0}};
};

struct owner_state {
    sorted_list list;
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
        [=](has_atom, uint32_t number) {
            bench::reply(self, self->state.list.has(number));
            return bench::nothing{};
        },
        [=](put_atom, uint32_t number) {
            self->state.list.insert(number);
            bench::reply(self, ok_atom_v);
            return bench::nothing{};
        },
        [=](get_atom) {
            bench::reply(self, self->state.list.size());
            return bench::nothing{};
        },
        [=](close_atom) {
            self->quit();
            return self->state.list.checked_length();
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
    uint64_t kind = state.random.below(100);
    auto number = static_cast<uint32_t>(state.random.below(numbers));
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
