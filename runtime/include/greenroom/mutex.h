/**
 * @file mutex.h
 * @brief A lock that one runner holds while it waits for something else.
 *
 *     struct gr_mutex mutex = {0};
 *
 *     rc = gr_mutex_lock(&mutex, gr_in(GR_SECOND));
 *     ... what others must not come between, awaits included ...
 *     gr_mutex_unlock(&mutex);
 *
 * Between two waits a runner has its loop to itself and needs no lock. A lock is for what
 * must stay together over a wait.
 *
 * It goes from hand to hand in the order of the line (line.h): who unlocks it while others
 * wait cannot have it back before them. A runner that ends while it holds one is reported.
 */
#ifndef GREENROOM_MUTEX_H
#define GREENROOM_MUTEX_H

#include <greenroom/line.h>

GR__BEGIN

struct gr__runner;

/** A lock. Zero is one that nobody holds. */
struct gr_mutex {
    struct gr__runner *owner; /**< private: who holds it; NULL while it is on its way to the next */
    bool locked;              /**< private */
    struct gr_line line;      /**< private */
};

/**
 * Wait until the lock is free, and hold it.
 *
 * @thread runner
 * @errors -EDEADLK where the caller holds it, -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_mutex_lock(struct gr_mutex *mutex, gr_time deadline);

/**
 * Hold the lock if it is free.
 *
 * @thread runner
 * @errors -EDEADLK where the caller holds it, -EAGAIN where another does
 */
GR_FALLIBLE int gr_mutex_try_lock(struct gr_mutex *mutex);

/**
 * Let go of the lock, which goes to the first in line.
 *
 * @thread runner, the one that holds it
 */
GR_API void gr_mutex_unlock(struct gr_mutex *mutex);

/** A wait for a lock. */
struct gr_mutex_wait {
    struct gr_awaitable awaitable; /**< what is awaited */
    struct gr_place place;         /**< private */
    struct gr_mutex *mutex;        /**< private */
};

/**
 * gr_mutex_lock(), to be awaited with others. The runner that awaits it holds the lock then.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_mutex_awaitable(struct gr_mutex_wait *wait, struct gr_mutex *mutex);

/**
 * Assert that nobody holds the lock or waits for it: its memory may go.
 *
 * @thread loop
 */
GR_API void gr_mutex_done(const struct gr_mutex *mutex);

GR__END

#endif
