/**
 * @file signal.h
 * @brief Signals of the process, awaited on any loop as all else is.
 *
 *     rc = gr_signal_make(SIGHUP, &hup);                  from here on none is lost
 *     while (rc == 0) {
 *         rc = gr_signal_await(hup, NULL, GR_FOREVER);
 *         if (rc == 0)
 *             rc = reload();
 *     }
 *     gr_signal_drop(hup);
 *
 *     delivered    |   |           | |   |            |
 *     one          ....await: 2 ---------await: 3 ....await: 1
 *     another      ......................await: 5 ....await: 1
 *
 * There may be any number of gr_signals for one number, on any loops. Each hears of all that are
 * delivered from when it was made, whether somebody waits or not: the next wait takes those
 * together that have come since the one before, and says how many. The system itself delivers as one what
 * is sent again before it was delivered, save the real-time signals.
 *
 * While there is one for a number, its default action is off: the process is neither ended nor
 * stopped by it. A handler that was there before is called as well, and what was before is so
 * again after the last drop. So SIGINT and SIGTERM go on stopping the run (run.h), and can
 * be awaited beside that; a run that is told to ignore them leaves them to the program.
 */
#ifndef GREENROOM_SIGNAL_H
#define GREENROOM_SIGNAL_H

#include <greenroom/await.h>
#include <greenroom/base.h>

GR__BEGIN

/** What hears of a signal, on one loop. Zero names none. */
typedef struct gr_signal {
    uint64_t name; /**< opaque */
} gr_signal;

/**
 * Hear of a signal from now on.
 *
 * The first on a loop takes a bell (bell.h), until the last is dropped.
 *
 * @param number  as SIGHUP
 *
 * @thread loop
 * @owner  the caller's to drop
 * @errors -EINVAL no such signal, SIGKILL and SIGSTOP, which nobody can catch, and SIGSEGV, SIGBUS,
 *         SIGFPE and SIGILL, which tell of a fault; -ENOSPC without a bell, -ENOMEM
 */
GR_FALLIBLE int gr_signal_make(int number, gr_signal *ret_signal);

/**
 * Wait until it has been delivered since the last wait, and take all that have come.
 *
 * @param ret_count  gets how many; or NULL
 *
 * @thread runner, on the loop that made it
 * @errors -ESTALE, -EBUSY while another waits, -ETIMEDOUT, -ECANCELED also when it is dropped
 *         meanwhile, -ENOMEM
 */
GR_FALLIBLE int gr_signal_await(gr_signal signal, uint64_t *ret_count, gr_time deadline);

/** A wait for a signal. */
struct gr_signal_wait {
    struct gr_awaitable awaitable; /**< what to await */
    gr_signal signal;              /**< private */
    uint64_t *ret_count;           /**< private */
    struct gr_waiter *waiter;      /**< private: until it is woken */
    int status;                    /**< private: -ECANCELED once it was dropped; else 0 */
};

/**
 * gr_signal_await(), to be awaited with others. Withdrawn, it takes none.
 *
 * @thread loop
 * @owner  @p wait stays the caller's
 */
GR_API struct gr_awaitable *gr_signal_awaitable(struct gr_signal_wait *wait, gr_signal signal,
                                                uint64_t *ret_count);

/**
 * Hear no more of it. The last for its number brings back the action that was before. Stale or zero
 * is ignored.
 *
 * @thread loop, that made it
 */
GR_API void gr_signal_drop(gr_signal signal);

GR__END

#endif
