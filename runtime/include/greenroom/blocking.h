/**
 * @file blocking.h
 * @brief Work that blocks, done on other threads and awaited.
 *
 *     loop                                   one of a few threads, with a queue before them
 *     gr_blocking(hash, &name, ...) ---->    hash(work, argument, result)
 *        waits ...                              |
 *        0, and the result  <-------------------+
 *
 * The argument is copied to the work and the result copied back, so that an
 * await that ends early leaves the thread nothing of the caller's to touch.
 *
 * The threads serve the whole process: they are those of the executor that
 * gr_executor_default() names. They start with the first work and end with the
 * fleet. Names of hosts are looked up on threads of their own.
 */
#ifndef GREENROOM_BLOCKING_H
#define GREENROOM_BLOCKING_H

#include <greenroom/base.h>

GR__BEGIN

/** Threads of it, unless gr_executor_resize() says otherwise. */
#define GR_BLOCKING_THREADS 4

/** Works that may stand in its queue, unless it does. */
#define GR_BLOCKING_QUEUE_MAX 1024

/** A work under way, as the function that does it sees it. */
struct gr_work;

/**
 * Does the work: on a thread where blocking hurts nobody. Returns 0, having filled @p result, or
 * a negative code. None of Greenroom's functions that want a loop may be called here.
 */
typedef int gr_work_fn(const struct gr_work *work, const void *argument, void *result);

/**
 * Have @p run called on another thread, and wait for what it returns.
 *
 * When the wait ends early, a work that has not begun never does; one that has is told through
 * gr_work_cancelled(), and what it returns is dropped.
 *
 * @param argument       argument_size bytes, which are copied; or NULL
 * @param ret_result     gets result_size bytes; untouched on error
 *
 * @thread runner
 * @errors -EAGAIN #GR_BLOCKING_QUEUE_MAX works stand in the queue, -ENOMEM, -ETIMEDOUT, -ECANCELED,
 *         or what @p run returned
 */
GR_FALLIBLE int gr_blocking(gr_work_fn *run, const void *argument, size_t argument_size,
                            void *ret_result, size_t result_size, gr_time deadline);

/**
 * Whether nobody waits for this work any more. A long one looks now and then, and gives up.
 *
 * @thread the one that does the work
 */
GR_API bool gr_work_cancelled(const struct gr_work *work);

GR__END

#endif
