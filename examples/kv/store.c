/*
 * One shard's keys. The design stands in store.h.
 *
 * Entries that have an end stand in a row of their own besides the table's. It is
 * swept from the end downwards over and over, some at each call; why such a walk
 * misses none is told in table.c. So a key past its end is gone after
 * ending_count / most further calls at the latest.
 *
 * Invariants:
 *   1. ending[i]->ending_place == i for each i < ending_count.
 *   2. An entry is in `ending` exactly if its ends_at is not ENTRY_NEVER.
 *   3. sweep <= ending_count.
 */
#include "store.h"

#include <assert.h>
#include <errno.h>

#include "memory.h"

enum { PARTS = 64, FIRST_ROOM = 16 };

int store_init(struct store *store, const struct store_spec *spec)
{
    *store = (struct store){.spec = *spec, .random = spec->seed};
    return table_init(&store->keys, PARTS);
}

void store_done(struct store *store)
{
    table_done(&store->keys);
    memory_give(store->ending);
    memory_give(store->argv);
    *store = (struct store){0};
}

int store_clear(struct store *store)
{
    struct table empty;
    int rc = table_init(&empty, PARTS);
    if (rc < 0)
        return rc;

    table_done(&store->keys);
    store->keys = empty;
    memory_give(store->ending);
    store->ending = NULL;
    store->ending_count = 0;
    store->ending_room = 0;
    store->sweep = 0;
    return 0;
}

/* Take an entry out of the row of those with an end. */
static void leave_ending(struct store *store, struct entry *entry)
{
    assert(store->ending[entry->ending_place] == entry);
    struct entry *last = store->ending[--store->ending_count];
    last->ending_place = entry->ending_place;
    store->ending[entry->ending_place] = last;
    entry->ends_at = ENTRY_NEVER;
    if (store->sweep > store->ending_count)
        store->sweep = store->ending_count;
}

static void expire(struct store *store, struct entry *entry)
{
    store_remove(store, entry);
    store->expired++;
}

struct entry *store_find(struct store *store, const struct key *key, int64_t now)
{
    struct entry *entry = table_find(&store->keys, key);
    if (entry == NULL || !store_ended(entry, now))
        return entry;
    expire(store, entry);
    return NULL;
}

int store_obtain(struct store *store, const struct key *key, size_t value_bytes, int64_t now,
                 struct entry **ret_entry, bool *ret_created)
{
    int rc = table_obtain(&store->keys, key, value_bytes, ret_entry, ret_created);
    if (rc < 0)
        return rc;

    struct entry *entry = *ret_entry;
    if (store_ended(entry, now)) {
        leave_ending(store, entry);
        entry_clear(entry);
        store->expired++;
        *ret_created = true;
    }
    return 0;
}

void store_remove(struct store *store, struct entry *entry)
{
    store_persist(store, entry);
    table_remove(&store->keys, entry);
}

int store_prepare_end(struct store *store)
{
    if (store->ending_count < store->ending_room)
        return 0;
    size_t room = store->ending_room == 0 ? FIRST_ROOM : store->ending_room * 2;
    struct entry **ending = memory_resize(store->ending, room * sizeof(struct entry *));
    if (ending == NULL)
        return -ENOMEM;
    store->ending = ending;
    store->ending_room = room;
    return 0;
}

void store_set_end(struct store *store, struct entry *entry, int64_t ends_at)
{
    if (entry->ends_at == ENTRY_NEVER) {
        assert(store->ending_count < store->ending_room);
        entry->ending_place = (uint32_t)store->ending_count;
        store->ending[store->ending_count++] = entry;
    }
    entry->ends_at = ends_at < ENTRY_NEVER ? ends_at : ENTRY_NEVER - 1;
}

bool store_persist(struct store *store, struct entry *entry)
{
    if (entry->ends_at == ENTRY_NEVER)
        return false;
    leave_ending(store, entry);
    return true;
}

size_t store_expire_some(struct store *store, int64_t now, size_t most)
{
    size_t removed = 0;
    size_t looks = most < store->ending_count ? most : store->ending_count;
    for (; looks > 0 && store->ending_count > 0; looks--) {
        if (store->sweep == 0)
            store->sweep = store->ending_count;
        struct entry *entry = store->ending[--store->sweep];
        if (store_ended(entry, now)) {
            expire(store, entry);
            removed++;
        }
    }
    return removed;
}

/* A number below `limit`, by a step of splitmix64. */
static uint32_t random_below(struct store *store, uint32_t limit)
{
    uint64_t x = store->random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(((x ^ x >> 31) >> 32) * limit >> 32);
}

struct entry *store_pick(struct store *store, int64_t now)
{
    while (store->keys.count > 0) {
        struct entry *entry = store->keys.entries[random_below(store, store->keys.count)];
        if (!store_ended(entry, now))
            return entry;
        expire(store, entry);
    }
    return NULL;
}
