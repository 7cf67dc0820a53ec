/*
 * Lanes: the way from one loop to another.
 *
 * Each loop has a lane from each other one: a ring of cells with one writer and one reader. A cell
 * is a line of the cache and carries its own number, so that a task goes over with that one line:
 *
 *     writer, the sending loop                     reader, the receiving loop
 *     head --> cell: task's bytes, then number --> number is the next one: take the bytes
 *              cell                                cell: number of the last round, so empty
 *     seen <------------------------------------ tail, told once for all that was taken
 *
 *     | number, bytes | what the task's block holds behind its link, or the address of a task |
 *       8               56
 *
 * A task in a block of the pool that is one line goes by value: the writer keeps the block, the
 * reader takes one of its own pool, and so no block ever crosses. Any other goes by address.
 *
 * Invariants:
 *   1. Cell i holds number n, of n % GR__LANE_CELLS == i, once n is filled; it is filled anew only
 *      after the reader has told, by tail, that it has emptied n.
 *   2. What one loop puts in is taken in that order, and takes effect in it (turn.c).
 *   3. Once `closed` is set the reader takes nothing more, and what is left is the writer's.
 */
#ifndef GREENROOM_LOOP_LANE_H
#define GREENROOM_LOOP_LANE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "loop/task.h"

enum {
    GR__LANE_CELLS = 512, /* 32 KiB; with twice as many a stream is a tenth faster */
    GR__CELL_WORDS = 7,
    GR__LABEL_BYTES_BITS = 8,
};

struct gr__cell {
    uint64_t label; /* what is in it: its number, and its bytes; 0 of these: an address */
    uint64_t words[GR__CELL_WORDS];
};

struct gr__lane {
    alignas(128) uint64_t head; /* the writer's: number of the last cell filled */
    uint64_t seen;              /* the writer's: tail, as last read */

    alignas(128) uint64_t tail; /* written by the reader: number of the last cell emptied */
    uint64_t taken;             /* the reader's: the same, not yet told */
    bool closed;                /* written by the reader, last of all */

    alignas(128) struct gr__cell cells[GR__LANE_CELLS];
};

/* Lanes from `count` loops, empty; NULL without memory. */
struct gr__lane *gr__lanes_make(unsigned count);
void gr__lanes_end(struct gr__lane *lanes, unsigned count);

/* Whether the writer can put nothing more in. */
static inline bool gr__lane_full(struct gr__lane *lane)
{
    if (lane->head - lane->seen < GR__LANE_CELLS)
        return false;

    /* Acquire: the reader has read the cells that are filled anew. Pairs with gr__lane_tell(). */
    lane->seen = __atomic_load_n(&lane->tail, __ATOMIC_ACQUIRE);
    return lane->head - lane->seen >= GR__LANE_CELLS;
}

/*
 * The cell that comes next in a lane that is not full, for who fills it in place: as the block of a
 * task, but for its link, where the cell has its number. Then it is published; nothing else is put
 * in between.
 */
static inline struct gr__task *gr__lane_claim(struct gr__lane *lane)
{
    return (struct gr__task *)(void *)&lane->cells[(lane->head + 1) % GR__LANE_CELLS];
}

/* Let the reader have the cell that comes next, which is filled. */
static inline void gr__lane_publish(struct gr__lane *lane, size_t bytes)
{
    uint64_t number = ++lane->head;

    /* Release: who sees the number sees what is in the cell. Pairs with gr__lane_mail(). */
    __atomic_store_n(&lane->cells[number % GR__LANE_CELLS].label,
                     number << GR__LABEL_BYTES_BITS | bytes, __ATOMIC_RELEASE);
}

/* Put a task in, which is not full; the reader gets its address. */
void gr__lane_put(struct gr__lane *lane, struct gr__task *task);

/* The same for a task in a block of `bytes`, one line at most, which goes back to the pool. */
void gr__lane_put_block(struct gr__lane *lane, struct gr__pool *pool, struct gr__task *task,
                        size_t bytes);

static inline uint64_t gr__cell_label(const struct gr__cell *cell)
{
    /* Acquire: the cell has been filled. Pairs with gr__lane_publish(). */
    return __atomic_load_n(&cell->label, __ATOMIC_ACQUIRE);
}

static inline uint64_t gr__label_number(uint64_t label)
{
    return label >> GR__LABEL_BYTES_BITS;
}

/* Whether something is in it, for the reader. */
static inline bool gr__lane_mail(const struct gr__lane *lane)
{
    uint64_t number = lane->taken + 1;
    return gr__label_number(gr__cell_label(&lane->cells[number % GR__LANE_CELLS])) == number;
}

/* The task that comes next; NULL where there is none, or no memory for its block. */
struct gr__task *gr__lane_take(struct gr__lane *lane, struct gr__pool *pool);

/* Let the writer know how much has been taken. */
void gr__lane_tell(struct gr__lane *lane);

/* Append all that is in it to a queue. Without memory for a block the rest stays in the lane. */
void gr__lane_take_all(struct gr__lane *lane, struct gr__pool *pool, struct gr__queue *queue);

/* The reader is done with it. */
void gr__lane_close(struct gr__lane *lane);

/* Take what is left in a lane whose reader is done, or will be at once, back to a queue. */
void gr__lane_take_back(struct gr__lane *lane, struct gr__pool *pool, struct gr__queue *queue);

#endif
