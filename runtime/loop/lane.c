/*
 * Lanes: putting in and taking out. The design stands in lane.h.
 *
 * The orders are those of the compiler's atomics and not of CK's fences, since ThreadSanitizer
 * follows them.
 */
#include "loop/lane.h"

#include <assert.h>
#include <sched.h>

#include "base/copy.h"
#include "base/memory.h"
#include "base/poison.h"

static size_t bytes_of(unsigned count)
{
    return gr__memory_whole_pages(count * sizeof(struct gr__lane));
}

struct gr__lane *gr__lanes_make(unsigned count)
{
    static_assert(sizeof(struct gr__cell) == 64, "a line of the cache");
    static_assert(sizeof(struct gr__cell) == GR__BLOCK_MIN, "as large as the smallest block");
    static_assert(offsetof(struct gr__cell, words) == offsetof(struct gr__task, class),
                  "a cell has its number where a task has its link");
    return gr__memory_zeroed(bytes_of(count));
}

void gr__lanes_end(struct gr__lane *lanes, unsigned count)
{
    gr__memory_release(lanes, bytes_of(count));
}

/* What a task's block holds behind the link. */
static void *content_of(struct gr__task *task)
{
    return (unsigned char *)task + sizeof task->next;
}

static struct gr__cell *cell_of(struct gr__lane *lane, uint64_t number)
{
    return &lane->cells[number % GR__LANE_CELLS];
}

void gr__lane_put(struct gr__lane *lane, struct gr__task *task)
{
    cell_of(lane, lane->head + 1)->words[0] = (uintptr_t)task;
    gr__lane_publish(lane, 0);
}

void gr__lane_put_block(struct gr__lane *lane, struct gr__pool *pool, struct gr__task *task,
                        size_t bytes)
{
    assert(bytes > sizeof task->next && bytes <= sizeof(struct gr__cell));
    gr__copy(cell_of(lane, lane->head + 1)->words, content_of(task), bytes - sizeof task->next);
    gr__pool_give(pool, task, bytes);
    gr__lane_publish(lane, bytes);
}

/*
 * All of a cell, however little is in it: to look at that takes longer than to copy it. Whoever soon
 * reads the envelope that it is finds each word in one store, as gr__copy() has it.
 */
static inline void copy_words(unsigned char *to, const uint64_t *words)
{
    static_assert(GR__CELL_WORDS % 2 == 1, "a word, and then pairs");
    memcpy(to, words, sizeof *words);
    for (size_t i = 1; i < GR__CELL_WORDS; i += 2)
        memcpy(to + i * sizeof *words, words + i, 2 * sizeof *words);
}

/* The task that is in a cell with this label; NULL without memory for its block. */
static inline struct gr__task *unpack(const struct gr__cell *cell, uint64_t label,
                                      struct gr__pool *pool)
{
    size_t bytes = label & ((1u << GR__LABEL_BYTES_BITS) - 1);
    if (bytes == 0)
        return (struct gr__task *)(uintptr_t)cell->words[0];

    struct gr__task *task = gr__pool_take(pool, sizeof *cell);
    if (task != NULL) {
        copy_words(content_of(task), cell->words);
        gr__poison((unsigned char *)task + bytes, sizeof *cell - bytes);
    }
    return task;
}

struct gr__task *gr__lane_take(struct gr__lane *lane, struct gr__pool *pool)
{
    uint64_t number = lane->taken + 1;
    const struct gr__cell *cell = cell_of(lane, number);
    uint64_t label = gr__cell_label(cell);
    struct gr__task *task = gr__label_number(label) == number ? unpack(cell, label, pool) : NULL;
    if (task != NULL)
        lane->taken = number;
    return task;
}

void gr__lane_tell(struct gr__lane *lane)
{
    /* Release: the cells have been read. Pairs with gr__lane_full() and gr__lane_take_back(). */
    __atomic_store_n(&lane->tail, lane->taken, __ATOMIC_RELEASE);
}

void gr__lane_take_all(struct gr__lane *lane, struct gr__pool *pool, struct gr__queue *queue)
{
    struct gr__task *task;
    while ((task = gr__lane_take(lane, pool)) != NULL)
        gr__queue_append(queue, task);
    gr__lane_tell(lane);
}

void gr__lane_close(struct gr__lane *lane)
{
    /* Release: tail is the last. Pairs with gr__lane_take_back(). */
    __atomic_store_n(&lane->closed, true, __ATOMIC_RELEASE);
}

void gr__lane_take_back(struct gr__lane *lane, struct gr__pool *pool, struct gr__queue *queue)
{
    /* The reader has written CLOSED, and is a copy of the lane away from this. */
    while (!__atomic_load_n(&lane->closed, __ATOMIC_ACQUIRE))
        sched_yield();

    for (lane->seen = __atomic_load_n(&lane->tail, __ATOMIC_ACQUIRE); lane->seen != lane->head;
         lane->head--) {
        const struct gr__cell *cell = cell_of(lane, lane->head);
        struct gr__task *task = unpack(cell, cell->label, pool);
        if (task != NULL)
            gr__queue_push(queue, task);
    }
}
