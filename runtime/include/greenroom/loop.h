/**
 * @file loop.h
 * @brief One event loop a thread: where you are, what time it is there, and how to get to another.
 *
 *     loop 0            loop 1            a foreign thread
 *     its own runners   its own runners   no loop
 *     its own actors    its own actors    may post, settle promises, try to send
 *          |                 ^                 |
 *          +---- gr_post() --+------<----------+
 *
 * Loops are numbered from 0 to gr_loop_count() - 1. All loops of the process
 * together are its fleet; gr_run() starts and stops it (run.h).
 *
 * Everything belongs to the loop that made it and is touched by that loop's
 * thread only. What crosses is a handle, or bytes that are copied or moved.
 */
#ifndef GREENROOM_LOOP_H
#define GREENROOM_LOOP_H

#include <greenroom/base.h>

GR__BEGIN

/** Something to do later, on a loop. It may wait there, as a runner may. */
typedef void gr_task_fn(void *context);

/**
 * The number of the calling thread's loop, or -1 on a foreign thread.
 *
 * @thread any
 */
GR_API int gr_loop_here(void);

/**
 * How many loops run; 0 while no fleet does.
 *
 * @thread any
 */
GR_API int gr_loop_count(void);

/**
 * How much a loop has had to do in the last milliseconds: 0 for one that sleeps, 1000 for one that is
 * busy all the time, and up to 2040 for one that leaves tasks waiting besides.
 *
 * 0 for a number that no loop has.
 *
 * @thread any
 */
GR_API int gr_loop_load(int loop);

/**
 * The time on this loop's clock, as the loop last read it.
 *
 * A loop reads the clock once a turn and again between batches of tasks, so a
 * task that computes for long sees an old time; gr_clock() looks afresh. On a
 * foreign thread both read the system's monotonic clock, which is that of all
 * loops that do not run in a simulation.
 *
 * @thread any
 */
GR_API gr_time gr_now(void);

/**
 * The time on this loop's clock, read now.
 *
 * @thread any
 */
GR_API gr_time gr_clock(void);

/**
 * The deadline that lies @p length nanoseconds after gr_now().
 *
 * @thread any
 */
static inline gr_time gr_in(gr_time length)
{
    gr_time now = gr_now();
    return length > GR_FOREVER - now ? GR_FOREVER : now + length;
}

/**
 * A random number from this loop's own generator, which the run's seed started.
 *
 * @thread loop
 */
GR_API uint64_t gr_random(void);

/**
 * Have @p run(@p context) called on a loop: in one of its next turns, never from here.
 *
 * Posts from one thread to one loop run in the order in which they were made. Each post ends in
 * exactly one call: of @p run, or of @p discard when the loop stops before it came to it.
 *
 * @param loop     its number, or -1 for the caller's own
 * @param discard  what to call instead when the loop goes first, perhaps on another thread; or NULL
 *
 * @thread any
 * @owner  @p context is @p run's, or @p discard's; on an error still the caller's
 * @errors -EINVAL no such loop, -ESHUTDOWN it has stopped, -ENOMEM
 */
GR_FALLIBLE int gr_post(int loop, gr_task_fn *run, void *context, gr_task_fn *discard);

GR__END

#endif
