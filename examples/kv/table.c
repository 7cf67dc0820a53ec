/*
 * Tables of entries on Concurrency Kit's hash set.
 *
 * A table is cut into parts by bits of the hash, because a part that grows moves
 * all it holds in one go: with 64 parts the longest stop is a 64th as long, and
 * the stops come apart from each other.
 *
 * A part holds words, not pointers: the upper 16 bits of the hash stand above the
 * 48 of the address. So a probe that meets another key's slot sees that from the
 * slot, and takes no cache miss on its entry but once in 65,536.
 *
 *     slot  | 16 bits of hash | 48 bits of address |
 *
 * Removing leaves a tombstone, which lengthens the search for what is not there.
 * Once as many have been removed from a part as are left in it, it is built anew;
 * so each removal pays for moving one entry.
 *
 * Walking the row from its end downwards, with the position as a cursor, misses
 * no entry that was there all the while, whatever happens in between:
 *
 *   At cursor p all that were there from the start and are not yet shown stand
 *   below p. An entry leaves its place only when another is removed, and then it
 *   goes from the end of the row to the gap, which is downwards: from below p to
 *   below p, or from above p, where it has been shown, to anywhere. What is added
 *   comes in at the end and owes nothing. So an entry may be shown twice, never
 *   not at all.
 *
 * Invariants:
 *   1. entries[i]->place == i for each i < count.
 *   2. Each entry is in the part its hash names, exactly once.
 */
#include "table.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>

#include "memory.h"

#define TAG_MASK (UINT64_C(0xffff) << 48)
#define PART_SHIFT 40
#define FIRST_ROOM 16
#define PART_ROOM 8
#define REMOVED_MIN 64

static void *part_take(size_t bytes)
{
    return memory_take(bytes);
}

static void part_give(void *memory, size_t bytes, bool defer)
{
    (void)bytes;
    (void)defer;
    memory_give(memory);
}

static struct ck_malloc part_memory = {.malloc = part_take, .free = part_give};

static void *to_slot(const struct entry *entry)
{
    uintptr_t address = (uintptr_t)entry;
    assert((address & TAG_MASK) == 0);
    return (void *)(address | (entry->hash & TAG_MASK));
}

static struct entry *from_slot(const void *slot)
{
    return (struct entry *)((uintptr_t)slot & ~TAG_MASK);
}

/* The hash of an entry, for a part that grows. */
static unsigned long slot_hash(const void *slot, unsigned long seed)
{
    (void)seed;
    return from_slot(slot)->hash;
}

/* Whether a slot holds the key that is looked for. */
static bool slot_matches(const void *slot, const void *wanted)
{
    const struct key *key = wanted;
    if ((((uintptr_t)slot ^ key->hash) & TAG_MASK) != 0)
        return false;
    const struct entry *entry = from_slot(slot);
    return entry->hash == key->hash && slice_equal(entry_key(entry), key->bytes);
}

static struct part *part_of(const struct table *table, uint64_t hash)
{
    return &table->parts[(hash >> PART_SHIFT) & table->part_mask];
}

static bool init_part(struct part *part)
{
    part->removed = 0;
    return ck_hs_init(&part->set, CK_HS_MODE_SPMC | CK_HS_MODE_DIRECT, slot_hash, slot_matches,
                      &part_memory, PART_ROOM, 0);
}

int table_init(struct table *table, uint32_t parts)
{
    assert(parts > 0 && parts <= 64 && (parts & (parts - 1)) == 0);
    *table = (struct table){.part_mask = parts - 1};
    table->parts = memory_take(parts * sizeof *table->parts);
    if (table->parts == NULL)
        return -ENOMEM;

    for (uint32_t i = 0; i < parts; i++) {
        if (!init_part(&table->parts[i])) {
            while (i > 0)
                ck_hs_destroy(&table->parts[--i].set);
            memory_give(table->parts);
            *table = (struct table){0};
            return -ENOMEM;
        }
    }
    return 0;
}

void table_done(struct table *table)
{
    if (table->parts == NULL)
        return;
    for (uint32_t i = 0; i < table->count; i++)
        entry_free(table->entries[i]);
    for (uint32_t i = 0; i <= table->part_mask; i++)
        ck_hs_destroy(&table->parts[i].set);
    memory_give(table->parts);
    memory_give(table->entries);
    *table = (struct table){0};
}

struct entry *table_find(const struct table *table, const struct key *key)
{
    return from_slot(ck_hs_get(&part_of(table, key->hash)->set, key->hash, key));
}

/* What an insertion hands to the hash set, and gets back from it. */
struct wish {
    const struct key *key;
    size_t value_bytes;
    struct entry *entry; /* found or made; NULL for want of memory */
    bool created;
};

/* Called by the hash set with what it holds of the key, or NULL; returns what it is to hold. */
static void *grant(void *slot, void *context)
{
    struct wish *wish = context;
    wish->created = slot == NULL;
    wish->entry = slot != NULL ? from_slot(slot) : entry_new(wish->key, wish->value_bytes);
    return wish->entry == NULL ? NULL : to_slot(wish->entry);
}

/* Make sure the row has a place for one more. */
static bool make_place(struct table *table)
{
    if (__builtin_expect(table->count < table->room, 1))
        return true;
    if (table->room > UINT32_MAX / 2)
        return false;

    uint32_t room = table->room == 0 ? FIRST_ROOM : table->room * 2;
    struct entry **entries = memory_resize(table->entries, room * sizeof(struct entry *));
    if (entries == NULL)
        return false;
    table->entries = entries;
    table->room = room;
    return true;
}

int table_obtain(struct table *table, const struct key *key, size_t value_bytes,
                 struct entry **ret_entry, bool *ret_created)
{
    if (!make_place(table))
        return -ENOMEM;

    struct wish wish = {.key = key, .value_bytes = value_bytes};
    bool done = ck_hs_apply(&part_of(table, key->hash)->set, key->hash, key, grant, &wish);
    if (!done || wish.entry == NULL)
        return -ENOMEM;

    if (wish.created) {
        wish.entry->place = table->count;
        table->entries[table->count++] = wish.entry;
    }
    *ret_entry = wish.entry;
    *ret_created = wish.created;
    return 0;
}

/* Rid a part of tombstones. What cannot be for want of memory is tried again later. */
static void rebuild(struct part *part)
{
    part->removed = 0;
    if (ck_hs_count(&part->set) == 0)
        ck_hs_reset_size(&part->set, PART_ROOM);
    else
        ck_hs_rebuild(&part->set);
}

void table_remove(struct table *table, struct entry *entry)
{
    assert(table->entries[entry->place] == entry);
    struct entry *last = table->entries[--table->count];
    last->place = entry->place;
    table->entries[entry->place] = last;

    struct key key = {entry_key(entry), entry->hash};
    struct part *part = part_of(table, key.hash);
    void *slot = ck_hs_remove(&part->set, key.hash, &key);
    assert(slot == to_slot(entry));
    (void)slot;
    entry_free(entry);

    if (++part->removed > REMOVED_MIN && part->removed > ck_hs_count(&part->set))
        rebuild(part);
}
