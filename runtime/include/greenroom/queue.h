/**
 * @file queue.h
 * @brief A queue between runners of one loop: in order, last first, or by priority.
 *
 *     struct gr_queue jobs;
 *     gr_queue_init(&jobs, GR_QUEUE_PRIORITY, sizeof(struct job), 100, by_urgency);
 *
 *     rc = gr_queue_put(&jobs, &job, deadline);        rc = gr_queue_get(&jobs, &job, deadline);
 *     rc = gr_queue_join(&jobs, deadline);             ... gr_queue_finish(&jobs);
 *
 * Items are copied. Who puts into a full queue waits for room, who gets from an empty one for an
 * item, in the order of the line (line.h). Who is woken to get has the item that is first when
 * he runs. To join is to wait until each item that was put has been got and finished.
 *
 * Between loops, a channel does this in order (channel.h).
 */
#ifndef GREENROOM_QUEUE_H
#define GREENROOM_QUEUE_H

#include <greenroom/line.h>

GR__BEGIN

/** Which item is got next. */
enum gr_queue_order {
    GR_QUEUE_FIFO,     /**< the one that was put first */
    GR_QUEUE_LIFO,     /**< the one that was put last */
    GR_QUEUE_PRIORITY, /**< the one before all others; of equals the one that was put first */
};

/** Below zero: @p one is got before @p other; zero: they are equals. */
typedef int gr_queue_compare_fn(const void *one, const void *other);

/** A queue. To be begun by gr_queue_init(), and ended by gr_queue_done(). */
struct gr_queue {
    enum gr_queue_order order;    /**< private */
    gr_queue_compare_fn *compare; /**< private */
    size_t item_bytes;            /**< private */
    uint32_t max;                 /**< private: 0: no bound */
    uint32_t count;               /**< private */
    uint32_t capacity;            /**< private: of the memory there is */
    uint32_t first;               /**< private: in it; in order only */
    uint32_t promised;            /**< private: items set aside for who was woken to get one */
    uint32_t reserved;            /**< private: room set aside for who was woken to put */
    uint64_t sequence;            /**< private: of the next item */
    uint64_t unfinished;          /**< private */
    unsigned char *entries;       /**< private */
    struct gr_line getters;       /**< private */
    struct gr_line putters;       /**< private */
    struct gr_line joiners;       /**< private */
};

/**
 * Begin an empty queue.
 *
 * @param items_max  how many it holds; 0: as many as there is memory for
 * @param compare    of #GR_QUEUE_PRIORITY; else NULL
 *
 * @thread loop
 * @owner  the caller, until gr_queue_done()
 */
GR_API void gr_queue_init(struct gr_queue *queue, enum gr_queue_order order, size_t item_bytes,
                          uint32_t items_max, gr_queue_compare_fn *compare);

/**
 * End a queue, in which nobody waits, with all that is in it.
 *
 * @thread loop
 */
GR_API void gr_queue_done(struct gr_queue *queue);

/**
 * How many items are in it.
 *
 * @thread loop
 */
GR_API uint32_t gr_queue_count(const struct gr_queue *queue);

/**
 * Wait for room, and put a copy of an item.
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_queue_put(struct gr_queue *queue, const void *item, gr_time deadline);

/**
 * Put a copy of an item if there is room and nobody waits for it.
 *
 * @thread loop
 * @errors -EAGAIN, -ENOMEM
 */
GR_FALLIBLE int gr_queue_try_put(struct gr_queue *queue, const void *item);

/**
 * Wait for an item, and get it.
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_queue_get(struct gr_queue *queue, void *ret_item, gr_time deadline);

/**
 * Get an item if there is one for which nobody waits.
 *
 * @thread loop
 * @errors -EAGAIN
 */
GR_FALLIBLE int gr_queue_try_get(struct gr_queue *queue, void *ret_item);

/**
 * One item that was got has been dealt with. To be called once for each, by who joins the queue.
 *
 * @thread loop
 */
GR_API void gr_queue_finish(struct gr_queue *queue);

/**
 * Wait until all items that were put have been finished.
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_queue_join(struct gr_queue *queue, gr_time deadline);

/** A wait for a queue. */
struct gr_queue_wait {
    struct gr_awaitable awaitable; /**< what is awaited */
    struct gr_place place;         /**< private */
    struct gr_queue *queue;        /**< private */
    void *item;                    /**< private */
};

/**
 * gr_queue_put(), to be awaited with others. The item is read when it is put.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_queue_put_awaitable(struct gr_queue_wait *wait,
                                                   struct gr_queue *queue, const void *item);

/**
 * gr_queue_get(), to be awaited with others.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_queue_get_awaitable(struct gr_queue_wait *wait,
                                                   struct gr_queue *queue, void *ret_item);

/**
 * gr_queue_join(), to be awaited with others.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_queue_join_awaitable(struct gr_queue_wait *wait,
                                                    struct gr_queue *queue);

GR__END

#endif
