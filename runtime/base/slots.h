/*
 * Slots: tables of equally large things that handles name.
 *
 *     handle: generation 7 | loop 0 | index 2
 *                                        |
 *     slots:  [0 g=3] [1 g=8 free] [2 g=7 taken] [3 g=2 free] | committed | reserved
 *                         ^                          |        ^
 *                         +------ next free ---------+      used
 *                                                    ^
 *                                               first free
 *
 * A handle names a slot while its generation is the slot's own and odd. Taking and giving
 * add one each, so a handle goes stale the moment its slot is given.
 *
 * Why no handle ever meets its own bits again. Within one table a slot's generations only
 * grow, and a slot that reaches the last one, after 2^31 - 1 lives, is retired. Between the
 * tables that follow each other under one loop and kind stands a floor, made of a generation
 * and an index. A table that ends raises it:
 *
 *     highest generation seen    the next table begins
 *     up to 2^31                 all slots at that generation, from the same index
 *     above                      at generation 0, above every index used so far
 *
 * In the first case every handle of the next table has a higher generation than every one
 * before it; in the second, a higher index than all before. Either way at least half of the
 * generations, some 2^30 lives a slot, lie ahead of a new table. Indices are used up only where
 * tables of N slots, each with one slot that lived 2^30 times, have ended 2^24 / N times:
 * then gr__slots_init() refuses. For a table of 2^16 slots at 14 ns a life that is an hour of
 * nothing but taking and giving one slot, and 256 restarts.
 *
 * Of the free slots some are in a list, the last given first: its memory is near. As it grows
 * beyond GR__SLOTS_LISTED, what is given goes to the bank instead, a bit for each slot, and comes
 * back 64 neighbours at a time once the list is empty. A list through slots that were given in any
 * order would be read at the pace of memory, as each has to come before it tells the next one;
 * neighbours come together, and in an order that the processor foresees.
 *
 *     bank:  0000000000000100  1111111111111111  0100000000000000
 *                              ^ the next 64 for the list
 *
 * How long the list is follows from other numbers, so that to keep it bounded costs a give no more
 * than a look: used = live + in the list + in the bank + retired.
 *
 * Slots are counted by their place, which is the index with the number of the loop above it. All
 * places of a table lie side by side, so a handle of another loop is as far out of the table as
 * one of an index that was never used, and the same comparison refuses it.
 *
 * All of a table runs on one thread at a time.
 *
 * Invariants:
 *   1. A slot's generation is odd while it is taken and even while it is free.
 *   2. A slot never moves: the table is one reservation, which fills from the front.
 *   3. A free slot is in the list or in the bank, unless it is retired: then it is in neither.
 *   4. No handle of a table equals one of an earlier table of the same loop and kind.
 */
#ifndef GREENROOM_BASE_SLOTS_H
#define GREENROOM_BASE_SLOTS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/handle.h"
#include "base/poison.h"

/* No slot: the end of the free list. */
#define GR__SLOTS_NONE UINT32_MAX

/* So many free slots are in the list, before more go to the bank. */
enum { GR__SLOTS_LISTED = 1024 };

/* The generation of a retired slot: the last even one that has a successor. */
#define GR__SLOTS_RETIRED (UINT32_MAX - 1)

/* The first member of everything that is kept in slots. */
struct gr__slot {
    uint32_t generation;
    uint32_t next_free; /* listed: the place of the next one, or GR__SLOTS_NONE; else its own */
};

/* What the next table must begin above. Zero at first; its owner keeps it between tables. */
struct gr__slots_floor {
    uint32_t generation; /* even */
    uint32_t index;
    uint32_t end; /* above every index that any table has used */
};

struct gr__slots {
    unsigned char *base; /* of the slot with index `first` */
    uint32_t stride;
    uint32_t free;       /* place of the first slot in the list, or GR__SLOTS_NONE */
    uint32_t first;      /* the lowest place */
    uint32_t used;       /* slots that have ever been taken, from `first` on */
    uint32_t ready;      /* slots that are committed, from `first` on */
    uint32_t limit;      /* slots that are reserved, from `first` on */
    uint32_t generation; /* with which a slot begins, before its first taking */
    uint32_t live;       /* slots taken and not given */
    int32_t enough;      /* with fewer live ones the list is long enough; may be below 0 */
    size_t committed_bytes;
    uint64_t *bank;       /* a bit for each slot */
    uint32_t bank_ready;  /* words of it that are committed: of all slots that are, and more */
    uint32_t bank_cursor; /* the word that was used last */
    uint32_t banked;      /* bits that are set */
    struct gr__slots_floor *floor;
};

/*
 * A table for things of `stride` bytes, a multiple of eight, whose handles name `loop`.
 * 0, or -ENOMEM: no room for 2^12 slots, or no indices left above the floor.
 */
int gr__slots_init(struct gr__slots *slots, unsigned loop, size_t stride,
                   struct gr__slots_floor *floor);

/* End a table and raise its floor; what is still taken is gone with it. Zero is ignored. */
void gr__slots_done(struct gr__slots *slots);

/*
 * The first live slot, or the next one behind `after`; NULL behind the last. `after` may have
 * been given in the meantime. Whoever ends all goes on from the one before: to begin again
 * with NULL each time would look at all dead ones anew.
 */
void *gr__slots_next(const struct gr__slots *slots, const void *after);

/*
 * Take a slot where none is in the list: one of the bank, or one that has never been taken; NULL when
 * the table is full or memory is short.
 */
struct gr__slot *gr__slots_grow(struct gr__slots *slots);

/* The slot that stands `offset` behind the first one. */
static inline struct gr__slot *gr__slots_at(const struct gr__slots *slots, uint32_t offset)
{
    return (struct gr__slot *)(void *)(slots->base + (size_t)offset * slots->stride);
}

/* What a handle names, or NULL when that is gone, or another loop's. */
static inline void *gr__slots_find(const struct gr__slots *slots, uint64_t name)
{
    uint32_t offset = gr__handle_place(name) - slots->first;
    if (offset >= slots->used)
        return NULL;

    struct gr__slot *slot = gr__slots_at(slots, offset);
    uint32_t generation = gr__handle_generation(name);
    return slot->generation == generation && (generation & 1) != 0 ? slot : NULL;
}

/* The handle of a taken slot. */
static inline uint64_t gr__slots_name(const struct gr__slots *slots, const void *slot)
{
    (void)slots;
    const struct gr__slot *head = slot;
    assert(head->generation & 1);
    return (uint64_t)head->generation << 32 | head->next_free;
}

/* Take the first slot in the list, which there is. */
static inline struct gr__slot *gr__slots_take_listed(struct gr__slots *slots)
{
    uint32_t place = slots->free;
    struct gr__slot *slot = gr__slots_at(slots, place - slots->first);
    slots->free = slot->next_free;
    slot->next_free = place;
    slot->generation++;
    return slot;
}

/* Take a slot, with all behind its head undefined; NULL when there is none. */
static inline void *gr__slots_take(struct gr__slots *slots, uint64_t *ret_name)
{
    struct gr__slot *slot = __builtin_expect(slots->free != GR__SLOTS_NONE, 1)
                                ? gr__slots_take_listed(slots)
                                : gr__slots_grow(slots);
    if (slot == NULL)
        return NULL;
    gr__unpoison(slot + 1, slots->stride - sizeof *slot);
    slots->live++;
    *ret_name = gr__slots_name(slots, slot);
    return slot;
}

/* Put a free slot, whose `next_free` is its place, into the list. */
static inline void gr__slots_list(struct gr__slots *slots, struct gr__slot *slot)
{
    uint32_t place = slot->next_free;
    slot->next_free = slots->free;
    slots->free = place;
}

/* Put it into the bank: no call, so that one who gives a slot has nothing to save for it. */
static inline void gr__slots_bank(struct gr__slots *slots, const struct gr__slot *slot)
{
    uint32_t offset = slot->next_free - slots->first;
    slots->bank[offset / 64] |= UINT64_C(1) << offset % 64;
    slots->banked++;
    slots->enough--;
}

/* Give a taken slot back: its handle is stale from here on. */
static inline void gr__slots_give(struct gr__slots *slots, void *slot)
{
    struct gr__slot *head = slot;
    assert(head->generation & 1);
    slots->live--;
    gr__poison(head + 1, slots->stride - sizeof *head);
    if (__builtin_expect(++head->generation == GR__SLOTS_RETIRED, 0))
        slots->enough--;
    else if (__builtin_expect((int32_t)slots->live < slots->enough, 0))
        gr__slots_bank(slots, head);
    else
        gr__slots_list(slots, head);
}

#endif
