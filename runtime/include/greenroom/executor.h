/**
 * @file executor.h
 * @brief Pools of threads for work that blocks: named, bounded, and open to every loop.
 *
 *     gr_executor_make(&(struct gr_executor_options){.name = "disk", .threads = 2}, &disk)
 *
 *     loop 0: gr_executor_run(disk, ...)    --+     queue       threads
 *     loop 1: gr_executor_submit(disk, ...) --+--> [][][][] --> hash(), read() ...
 *                                                      |            |
 *     results, each on the loop of who asked  <--------+------------+
 *
 * Threads start with the work that needs them. At the limit of its queue an executor turns work
 * away, or has its sender wait for room, which comes to those who wait in their order.
 *
 * gr_blocking() uses one of them, gr_executor_default(). All end with the fleet, whatever is still
 * in them: what stands in a queue never begins, and what runs is told and waited for.
 */
#ifndef GREENROOM_EXECUTOR_H
#define GREENROOM_EXECUTOR_H

#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/blocking.h>
#include <greenroom/future.h>

GR__BEGIN

/** Executors there may be at once, the default one included. */
#define GR_EXECUTORS_MAX 64

/** An executor, from any loop. Zero names none. */
typedef struct gr_executor {
    uint64_t name; /**< opaque */
} gr_executor;

/** How to make an executor. Zero everywhere is the default. */
struct gr_executor_options {
    const char *name;    /**< of its threads; 15 bytes of it are kept. NULL: "executor" */
    unsigned threads;    /**< at most; 0: #GR_BLOCKING_THREADS */
    unsigned queue_max;  /**< works that may stand in its queue; 0: #GR_BLOCKING_QUEUE_MAX */
    bool wait_when_full; /**< have senders wait for room, instead of -EAGAIN */
    gr_time idle;        /**< after so long without work a thread ends; 0: it stays */
};

/** What an executor has done and has to do. */
struct gr_executor_counts {
    unsigned threads;     /**< that run now */
    unsigned queued;      /**< works in the queue */
    unsigned waiting;     /**< works for which their senders wait for room in the queue */
    unsigned running;     /**< works under way */
    uint64_t done;        /**< works that have returned */
    uint64_t cancelled;   /**< works taken back before they began */
    uint64_t refused;     /**< works turned away */
    gr_time longest_wait; /**< from being sent to being begun */
};

/**
 * Make an executor.
 *
 * @param options  or NULL
 *
 * @thread loop
 * @owner  the caller's to close, or the fleet's to end
 * @errors -EMFILE where there are #GR_EXECUTORS_MAX
 */
GR_FALLIBLE int gr_executor_make(const struct gr_executor_options *options,
                                 gr_executor *ret_executor);

/**
 * The executor behind gr_blocking().
 *
 * @thread any
 */
GR_API gr_executor gr_executor_default(void);

/**
 * Set anew how many threads and how long a queue an executor may have; 0 leaves as it is.
 *
 * Threads above the new number end when they have nothing to do.
 *
 * @thread loop
 * @errors -ESTALE
 */
GR_FALLIBLE int gr_executor_resize(gr_executor executor, unsigned threads, unsigned queue_max);

/**
 * Have @p run called on one of an executor's threads, and wait for what it returns.
 *
 * When the wait ends early, a work that has not begun never does; one that has is told through
 * gr_work_cancelled(), and what it returns is dropped.
 *
 * @param argument    argument_size bytes, which are copied; or NULL
 * @param ret_result  gets result_size bytes; untouched on error
 * @param deadline    for all of it: room in the queue, and the result
 *
 * @thread runner
 * @errors -EAGAIN the queue is full, -ESTALE, -ESHUTDOWN while it is being closed, -ENOMEM,
 *         -ETIMEDOUT, -ECANCELED also when it was closed before the work began, or what @p run
 *         returned
 */
GR_FALLIBLE int gr_executor_run(gr_executor executor, gr_work_fn *run, const void *argument,
                                size_t argument_size, void *ret_result, size_t result_size,
                                gr_time deadline);

/** A work, to wait for together with other things. */
struct gr_executor_wait {
    struct gr_awaitable awaitable; /**< what to await */
    gr_executor executor;          /**< private */
    gr_work_fn *run;               /**< private */
    const void *argument;          /**< private */
    size_t argument_size;          /**< private */
    void *result;                  /**< private */
    size_t result_size;            /**< private */
    struct gr_work *work;          /**< private */
};

/**
 * The same as an awaitable: the work is sent when it is awaited.
 *
 * @thread loop
 * @owner  @p wait stays the caller's, as do @p argument and @p ret_result until it was awaited
 */
GR_API struct gr_awaitable *gr_executor_awaitable(struct gr_executor_wait *wait,
                                                  gr_executor executor, gr_work_fn *run,
                                                  const void *argument, size_t argument_size,
                                                  void *ret_result, size_t result_size);

/**
 * Send a work, and get what it returns as a future: its result_size bytes, or its error.
 *
 * @param deadline  for room in the queue, where the executor has senders wait
 *
 * @thread runner
 * @owner  the future is the caller's to await or drop; dropped, the work is done all the same
 * @errors as gr_executor_run(), for the sending; -EMSGSIZE a result above #GR_FUTURE_VALUE_MAX
 */
GR_FALLIBLE int gr_executor_submit(gr_executor executor, gr_work_fn *run, const void *argument,
                                   size_t argument_size, size_t result_size, gr_future *ret_future,
                                   gr_time deadline);

/**
 * Cancel a work that was submitted: its future is rejected with -ECANCELED, now.
 *
 * One that has not begun never does; one that has is told through gr_work_cancelled(). False when
 * the executor does not have it: it is done, was cancelled before, or was never there.
 *
 * @thread loop, that of the future
 */
GR_API bool gr_executor_cancel(gr_executor executor, gr_future future);

/**
 * Read what an executor has done and has to do.
 *
 * @thread any
 * @errors -ESTALE
 */
GR_FALLIBLE int gr_executor_count(gr_executor executor, struct gr_executor_counts *ret_counts);

/**
 * Close an executor: it takes no more work, does what it has, and its threads end.
 *
 * When the deadline passes first, or the caller is cancelled, what has not begun is cancelled and
 * what has is told; the threads end when that returns, and nobody waits for it.
 *
 * @thread runner
 * @errors -ESTALE, -EBUSY while another closes it, -EPERM for the default one, -ETIMEDOUT,
 *         -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_executor_close(gr_executor executor, gr_time deadline);

GR__END

#endif
