/**
 * @file periodic.h
 * @brief A function to be called again and again, a period apart.
 *
 *     due      |---------|---------|---------|---------|---------|
 *     called   run ...   run .................         run ...   run ...
 *                                  ^ missed: skipped
 *
 * A function that takes longer than its period, or waits for longer, is not called
 * again before it has returned, and the times it has missed are skipped: the next
 * call is at the next time that is still to come. So is it when the clock has leapt.
 *
 * Many that were started together need not come together for ever: jitter makes each
 * period a little longer or shorter, by the loop's own random numbers.
 *
 * A periodic belongs to the loop that started it, and its function runs there as a
 * post does.
 */
#ifndef GREENROOM_PERIODIC_H
#define GREENROOM_PERIODIC_H

#include <greenroom/base.h>
#include <greenroom/loop.h>

GR__BEGIN

/** What is called each time: 0, or a negative code, which is reported. */
typedef int gr_periodic_fn(void *context);

/** A function under periodic calls. Zero names none. */
typedef struct gr_periodic {
    uint64_t name; /**< opaque */
} gr_periodic;

/** How to call it. Zero everywhere is the default. */
struct gr_periodic_options {
    const char *name;     /**< for reports; a string that outlives it. NULL: "periodic" */
    double jitter;        /**< 0 to 1, how much of a period is random: 0.2 means 0.9 to 1.1 of it */
    bool stop_on_failure; /**< one that fails is not called again */
    gr_task_fn *discard;  /**< gets the context where the periodic ends of itself; or NULL */
};

/**
 * Have @p run(@p context) called every @p period, for the first time a period from now.
 *
 * It ends in one of two ways: gr_periodic_stop() returns true, or the options' @c discard is called.
 *
 * @param period        nanoseconds, more than none
 * @param options       or NULL
 * @param ret_periodic  to stop it by; or NULL for one that ends with the loop
 *
 * @thread loop
 * @owner  @p context is the periodic's until it ends; on an error the caller's
 * @errors -ENOMEM, -ESHUTDOWN while the loop stops
 */
GR_FALLIBLE int gr_periodic_start(gr_time period, gr_periodic_fn *run, void *context,
                                  const struct gr_periodic_options *options,
                                  gr_periodic *ret_periodic);

/**
 * Stop a periodic, from within its function or from elsewhere: it is not called again.
 *
 * True: it has ended, and the context is the caller's. False: a call is under way, perhaps that
 * which asks, and the context is discarded when it has returned; or the handle is stale or zero.
 *
 * @thread loop, that of the periodic
 */
GR_API bool gr_periodic_stop(gr_periodic periodic);

GR__END

#endif
