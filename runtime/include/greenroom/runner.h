/**
 * @file runner.h
 * @brief A function that may wait: it holds a stack while it does, and blocks nobody.
 *
 *     gr_runner_start(brew, &pot, NULL, &runner)     on this loop, soon
 *       ... brew() runs, waits, runs on ...
 *     rc = gr_runner_join(runner, gr_in(GR_SECOND))  what brew() returned
 *
 * A runner stays on the loop that started it. Only calls that say so suspend:
 * await, join, sleep, yield, the I/O verbs, and a send to a full mailbox. Between
 * them a runner has its loop to itself. After one of them, other runners and
 * actors of the loop have run: what they may change, look up again.
 *
 * Cancelling a runner makes its wait, and each later one, end with -ECANCELED,
 * until it returns; the scopes it has open are cancelled with it (scope.h). It is
 * a request, and clean-up runs as usual; where that must wait itself, a shield lets
 * it (shield.h).
 *
 * A stack has a guard below it, and one that runs over ends the process with a
 * report that names the runner. Code with frames of more than a page is to be
 * compiled with -fstack-clash-protection, so that none steps over the guard.
 *
 * Handlers of actors and callbacks of timers and posts run in the same way: all
 * that is said of runners here holds while one of them runs.
 */
#ifndef GREENROOM_RUNNER_H
#define GREENROOM_RUNNER_H

#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/links.h>

GR__BEGIN

/** What a runner runs: 0, or a negative error code, is its outcome. */
typedef int gr_runner_fn(void *context);

/** A runner, to join or cancel. Zero names none. */
typedef struct gr_runner {
    uint64_t name; /**< opaque */
} gr_runner;

/** How to start a runner. Zero everywhere is the default. */
struct gr_runner_options {
    const char *name;   /**< for reports; a string that outlives the runner. NULL: "runner" */
    size_t stack_bytes; /**< 0: the loop's usual size, 64 KiB unless gr_run() was told otherwise */
};

/**
 * Start a runner on the calling thread's loop. It runs when the caller next waits or ends.
 *
 * @param options     or NULL
 * @param ret_runner  to join it by; or NULL for one that nobody joins, whose failure is reported
 *
 * @thread loop
 * @owner  @p context must outlive the runner; the handle is the caller's to join or drop
 * @errors -ENOMEM, -ESHUTDOWN while the loop stops
 */
GR_FALLIBLE int gr_runner_start(gr_runner_fn *run, void *context,
                                const struct gr_runner_options *options, gr_runner *ret_runner);

/**
 * Wait until a runner has ended, and return what it returned.
 *
 * @thread runner, on the loop that started the other
 * @owner  the handle ends; but a passed deadline, a cancelled caller and -EBUSY leave it be
 * @errors -ESTALE, -EBUSY while another joins it, -EDEADLK for oneself and for one that joins
 *         the caller, itself or through others, -ETIMEDOUT, -ECANCELED, or the runner's own;
 *         -ECANCELED also when it was cancelled before it began
 */
GR_FALLIBLE int gr_runner_join(gr_runner runner, gr_time deadline);

/** The end of a runner, to be awaited together with others. */
struct gr_runner_wait {
    struct gr_awaitable awaitable; /**< what gr_runner_awaitable() returns */
    gr_runner runner;              /**< private */
    void *spawned;                 /**< private */
};

/**
 * The end of a runner as an awaitable: to await it is gr_runner_join().
 *
 * Begins nothing: one that is never awaited needs no clean-up. What gr_runner_join() refuses is ready
 * at once, with that error.
 *
 * @thread runner, on the loop that started the other
 * @owner  @p wait stays the caller's, until the await is over
 */
GR_API struct gr_awaitable *gr_runner_awaitable(struct gr_runner_wait *wait, gr_runner runner);

/**
 * Ask a runner to end: its wait, and each later one, ends with -ECANCELED.
 *
 * One that has not begun never does. A stale or zero handle is ignored.
 *
 * @thread loop, that of the runner
 */
GR_API void gr_runner_cancel(gr_runner runner);

/**
 * Give up on joining: the runner runs on, and its failure is reported. Stale or zero is ignored.
 *
 * @thread loop, that of the runner
 */
GR_API void gr_runner_drop(gr_runner runner);

/**
 * Wait until it is @p until.
 *
 * @thread runner
 * @errors -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_sleep(gr_time until);

/** A point in time, to wait for together with other things. */
struct gr_sleep_wait {
    struct gr_awaitable awaitable; /**< what to await */
    gr_time until;                 /**< private */
    struct gr_waiter *waiter;      /**< private */
    struct gr__timer timer;        /**< private */
};

/**
 * Sleeping as an awaitable: awaited, it gives 0 once it is @p until.
 *
 * @thread loop
 * @owner  @p wait stays the caller's, and holds nothing that must be ended
 */
GR_API struct gr_awaitable *gr_sleep_awaitable(struct gr_sleep_wait *wait, gr_time until);

/**
 * Let everybody else have a turn, I/O included, and go on.
 *
 * @thread runner
 * @errors -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_yield(void);

GR__END

#endif
