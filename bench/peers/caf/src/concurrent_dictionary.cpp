// Savina's concurrent dictionary: 20 workers read and write a hash table that one actor owns.
#include "bench.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <sys/mman.h>

using namespace caf;

namespace {

constexpr uint32_t keys = 524287;
constexpr uint32_t workers = 20;

// Open addressing, never more than half full. A word has the value above, and below one more than the
// key: 0 is an empty place. On huge pages a miss of the cache is no miss of the page table too.
class table {
public:
    table() : places_(static_cast<uint64_t *>(std::aligned_alloc(huge_page, bytes)), std::free)
    {
        bench::check(places_ != nullptr, "no memory");
        madvise(places_.get(), bytes, MADV_HUGEPAGE);
        std::fill_n(places_.get(), places, 0);
        for (uint32_t key = 0; key < keys; key++)
            put(key, key);
    }

    void put(uint32_t key, uint32_t value) { find(key) = uint64_t{value} << 32 | (key + 1); }

    uint32_t get(uint32_t key) { return static_cast<uint32_t>(find(key) >> 32); }

private:
    static constexpr size_t places = 1 << 20;
    static constexpr size_t bytes = places * sizeof(uint64_t);
    static constexpr size_t huge_page = 2 << 20;

    uint64_t &find(uint32_t key)
    {
        size_t at = key * 0x9e3779b97f4a7c15u >> 44;
        while (places_[at] != 0 && static_cast<uint32_t>(places_[at]) != key + 1)
            at = (at + 1) % places;
        return places_[at];
    }

    std::unique_ptr<uint64_t[], decltype(&std::free)> places_;
};

struct owner_state {
    uint64_t requests = 0;
};

struct worker_state {
    bench::random random;
    uint64_t left = 0;
    uint32_t key = 0;
};

using worker_actor = stateful_actor<worker_state>;

behavior owner(stateful_actor<owner_state> *self, table *entries)
{
    return {
        [=](get_atom, uint32_t key) {
            self->state.requests++;
            bench::reply(self, entries->get(key));
            return bench::nothing{};
        },
        [=](put_atom, uint32_t key, uint32_t value) {
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

void next_request(worker_actor *self, const actor &owner, const actor &main, uint32_t number)
{
    auto &state = self->state;
    if (state.left == 0) {
        bench::tell(self, main, ok_atom_v);
        self->quit();
        return;
    }
    state.left--;
    state.key = static_cast<uint32_t>(state.random.below(keys));
    if (state.random.below(10) == 0)
        self->send(owner, put_atom_v, state.key, state.key + keys * number);
    else
        self->send(owner, get_atom_v, state.key);
}

behavior worker(worker_actor *self, actor owner, actor main, uint32_t number, uint64_t requests)
{
    self->state.random = bench::random{number};
    self->state.left = requests;
    next_request(self, owner, main, number);
    return {
        [=](uint32_t value) {
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
    for (uint32_t i = 0; i < workers; i++)
        main->spawn(worker, dictionary, actor{main}, i, requests);
    for (uint32_t i = 0; i < workers; i++)
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
