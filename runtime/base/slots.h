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
 * Slots are counted by their place, which is the index with the number of the loop above it. All
 * places of a table lie side by side, so a handle of another loop is as far out of the table as
 * one of an index that was never used, and the same comparison refuses it.
 *
 * All of a table runs on one thread at a time.
 *
 * Invariants:
 *   1. A slot's generation is odd while it is taken and even while it is free.
 *   2. A slot never moves: the table is one reservation, which fills from the front.
 *   3. A free slot is in the free list, unless it is retired: then it is in no list.
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

/* The generation of a retired slot: the last even one that has a successor. */
#define GR__SLOTS_RETIRED (UINT32_MAX - 1)

/* The first member of everything that is kept in slots. */
struct gr__slot {
    uint32_t generation;
    uint32_t next_free; /* taken: its own place; free: the next free one's, or GR__SLOTS_NONE */
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
    uint32_t free;       /* place of the first free slot, or GR__SLOTS_NONE */
    uint32_t first;      /* the lowest place */
    uint32_t used;       /* slots that have ever been taken, from `first` on */
    uint32_t ready;      /* slots that are committed, from `first` on */
    uint32_t limit;      /* slots that are reserved, from `first` on */
    uint32_t generation; /* with which a slot begins, before its first taking */
    uint32_t live;       /* slots taken and not given */
    size_t committed_bytes;
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

/* Take a slot that has never been taken; NULL when the table is full or memory is short. */
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

/* Take a slot, with all behind its head undefined; NULL when there is none. */
static inline void *gr__slots_take(struct gr__slots *slots, uint64_t *ret_name)
{
    struct gr__slot *slot;
    uint32_t place = slots->free;
    if (__builtin_expect(place != GR__SLOTS_NONE, 1)) {
        slot = gr__slots_at(slots, place - slots->first);
        slots->free = slot->next_free;
        slot->next_free = place;
        slot->generation++;
    } else if ((slot = gr__slots_grow(slots)) == NULL) {
        return NULL;
    }
    gr__unpoison(slot + 1, slots->stride - sizeof *slot);
    slots->live++;
    *ret_name = gr__slots_name(slots, slot);
    return slot;
}

/* Give a taken slot back: its handle is stale from here on. */
static inline void gr__slots_give(struct gr__slots *slots, void *slot)
{
    struct gr__slot *head = slot;
    assert(head->generation & 1);
    slots->live--;
    gr__poison(head + 1, slots->stride - sizeof *head);
    if (__builtin_expect(++head->generation == GR__SLOTS_RETIRED, 0))
        return;

    uint32_t place = head->next_free;
    head->next_free = slots->free;
    slots->free = place;
}

#endif
