/*
 * Slots: making the table, growing it, walking it, ending it. The design stands in slots.h.
 *
 * A table reserves addresses for as many slots as a handle can name, and commits them as they
 * are needed: 16 KiB first, then about a quarter of what is there, so that a table of a
 * million slots costs few calls and one of ten costs little memory. From where a step is as
 * large as a huge page, steps end on the boundaries of huge pages.
 */
#include "base/slots.h"

#include <errno.h>
#include <stdbool.h>

#include "base/memory.h"

enum { LIMIT_MIN = 1 << 12, STEP_MIN = 16 << 10, STEP_MAX = GR__HUGE_PAGE_BYTES };

#define GENERATIONS_HALF (UINT32_C(1) << 31)

static size_t reserved_bytes(const struct gr__slots *slots)
{
    return gr__memory_whole_pages((size_t)slots->limit * slots->stride);
}

/*
 * Reserve for all indices from `first` on or, where addresses are short, for fewer. The last place
 * of the last loop reads as GR__SLOTS_NONE, so it is never used.
 */
static bool reserve(struct gr__slots *slots)
{
    uint32_t left = GR__INDICES_MAX - gr__handle_index(slots->first);
    if (slots->first + left == 0)
        left--;
    for (uint32_t limit = GR__INDICES_MAX; limit >= LIMIT_MIN; limit /= 2) {
        slots->limit = limit < left ? limit : left;
        slots->base = gr__memory_reserve(reserved_bytes(slots));
        if (slots->base != NULL)
            return true;
    }
    return false;
}

int gr__slots_init(struct gr__slots *slots, unsigned loop, size_t stride,
                   struct gr__slots_floor *floor)
{
    assert(loop < GR__LOOPS_MAX);
    assert(stride % 8 == 0 && stride >= sizeof(struct gr__slot) && stride <= UINT32_MAX);
    *slots = (struct gr__slots){.stride = (uint32_t)stride,
                                .free = GR__SLOTS_NONE,
                                .first = gr__handle_place(gr__handle(0, loop, floor->index)),
                                .generation = floor->generation,
                                .floor = floor};
    bool indices_left = floor->index <= GR__INDICES_MAX - LIMIT_MIN;
    return indices_left && reserve(slots) ? 0 : -ENOMEM;
}

/* The highest generation of any slot, made even: no handle of the table has a higher one. */
static uint32_t highest_generation(const struct gr__slots *slots)
{
    uint32_t highest = slots->generation;
    for (uint32_t i = 0; i < slots->used; i++) {
        uint32_t generation = gr__slots_at(slots, i)->generation;
        if (generation > highest)
            highest = generation;
    }
    return highest + (highest & 1);
}

static void raise_floor(struct gr__slots_floor *floor, const struct gr__slots *slots)
{
    uint32_t end = gr__handle_index(slots->first) + slots->used;
    if (end > floor->end)
        floor->end = end;
    floor->generation = highest_generation(slots);
    if (floor->generation > GENERATIONS_HALF) {
        floor->generation = 0;
        floor->index = floor->end;
    }
}

void gr__slots_done(struct gr__slots *slots)
{
    if (slots->base == NULL)
        return;

    raise_floor(slots->floor, slots);
    gr__unpoison(slots->base, slots->committed_bytes);
    gr__memory_release(slots->base, reserved_bytes(slots));
    *slots = (struct gr__slots){.free = GR__SLOTS_NONE};
}

/* How much is to be committed in all after the next step. */
static size_t next_committed(const struct gr__slots *slots)
{
    size_t there = slots->committed_bytes;
    size_t step = gr__memory_whole_pages(there / 4);
    if (step < STEP_MIN)
        step = STEP_MIN;
    size_t next = step < STEP_MAX ? there + step : (there + STEP_MAX) & ~(size_t)(STEP_MAX - 1);

    /* A slot may be larger than a step. */
    size_t needed = gr__memory_whole_pages(((size_t)slots->used + 1) * slots->stride);
    if (next < needed)
        next = needed;
    size_t reserved = reserved_bytes(slots);
    return next < reserved ? next : reserved;
}

static bool commit_more(struct gr__slots *slots)
{
    size_t next = next_committed(slots);
    if (gr__memory_commit(slots->base + slots->committed_bytes, next - slots->committed_bytes) < 0)
        return false;

    slots->committed_bytes = next;
    size_t ready = next / slots->stride;
    slots->ready = ready < slots->limit ? (uint32_t)ready : slots->limit;
    return true;
}

struct gr__slot *gr__slots_grow(struct gr__slots *slots)
{
    assert(slots->free == GR__SLOTS_NONE);
    if (slots->used == slots->limit)
        return NULL;
    if (slots->used == slots->ready && !commit_more(slots))
        return NULL;

    struct gr__slot *slot = gr__slots_at(slots, slots->used);
    slot->next_free = slots->first + slots->used++;
    slot->generation = slots->generation + 1;
    return slot;
}

static uint32_t offset_of(const struct gr__slots *slots, const void *slot)
{
    return (uint32_t)((size_t)((const unsigned char *)slot - slots->base) / slots->stride);
}

void *gr__slots_next(const struct gr__slots *slots, const void *after)
{
    if (slots->live == 0)
        return NULL;

    for (uint32_t i = after == NULL ? 0 : offset_of(slots, after) + 1; i < slots->used; i++) {
        struct gr__slot *slot = gr__slots_at(slots, i);
        if (slot->generation & 1)
            return slot;
    }
    return NULL;
}
