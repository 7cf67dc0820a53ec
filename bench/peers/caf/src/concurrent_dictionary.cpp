// Savina's concurrent dictionary: 20 workers read and write a hash table that one actor owns.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr uint64_t keys = 524287;
constexpr uint64_t workers = 20;

// Open addressing, linear probing; never more than half full. A slot is empty where used is not set.
class table {
public:
    table() : slots_(capacity)
    {
        for (uint64_t key = 0; key < keys; key++)
            put(key, key);
    }

    void put(uint64_t key, uint64_t value) { find(key) = {key, value, true}; }

    uint64_t get(uint64_t key) { return find(key).value; }

private:
    static constexpr uint64_t capacity = 1 << 20;

    struct slot {
        uint64_t key;
        uint64_t value : 63;
        uint64_t used : 1;
    };

    slot &find(uint64_t key)
    {
        uint64_t at = key * 0x9e3779b97f4a7c15u >> 44;
        while (slots_[at].used && slots_[at].key != key)
            at = (at + 1) % capacity;
        return slots_[at];
    }

    std::vector<slot> slots_;
};

struct owner_state {
    uint64_t requests = 0;
};

struct worker_state {
    bench::random random;
    uint64_t left = 0;
    uint64_t key = 0;
};

using worker_actor = stateful_actor<worker_state>;

behavior owner(stateful_actor<owner_state> *self, table *entries)
{
    return {
        [=](get_atom, uint64_t key) {
            self->state.requests++;
            bench::reply(self, entries->get(key));
            return bench::nothing{};
        },
        [=](put_atom, uint64_t key, uint64_t value) {
            self->state.requests++;
            entries->put(key, value);
            bench::reply(self, ok_atom_v);
            return bench::nothing{};
        },
        [=](close_atom) {
            self->quit();
            return self->state.requests;
        },
    };
}

void next_request(worker_actor *self, const actor &owner, const actor &main, uint64_t number)
{
    auto &state = self->state;
    if (state.left == 0) {
        bench::tell(self, main, ok_atom_v);
        self->quit();
        return;
    }
    state.left--;
    state.key = state.random.below(keys);
    if (state.random.below(10) == 0)
        self->send(owner, put_atom_v, state.key, state.key + keys * number);
    else
        self->send(owner, get_atom_v, state.key);
}

behavior worker(worker_actor *self, actor owner, actor main, uint64_t number, uint64_t requests)
{
    self->state.random = bench::random{number};
    self->state.left = requests;
    next_request(self, owner, main, number);
    return {
        [=](uint64_t value) {
            bench::check(value % keys == self->state.key, "a value read");
            next_request(self, owner, main, number);
            return bench::nothing{};
        },
        [=](ok_atom) {
            next_request(self, owner, main, number);
            return bench::nothing{};
        },
    };
}

void play(scoped_actor &main, table *entries, uint64_t requests)
{
    auto dictionary = main->spawn(owner, entries);
    for (uint64_t i = 0; i < workers; i++)
        main->spawn(worker, dictionary, actor{main}, i, requests);
    for (uint64_t i = 0; i < workers; i++)
        bench::receive<ok_atom>(main);
    main->send(dictionary, close_atom_v);
    bench::check(bench::receive<uint64_t>(main) == workers * requests, "requests counted");
}

void run()
{
    uint64_t requests = bench::scaled(10000);
    table entries;
    bench::measure("concurrent_dictionary", "", workers * requests,
                   [&](scoped_actor &main) { play(main, &entries, requests); });
}

bench::program program{"concurrent_dictionary", run, {bench::policy::sharing, 20}};

} // namespace
