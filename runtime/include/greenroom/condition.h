/**
 * @file condition.h
 * @brief Waiting until others have changed something, and say so.
 *
 *     rc = gr_mutex_lock(&mutex, deadline);
 *     while (rc == 0 && !what_is_wanted())
 *         rc = gr_condition_wait(&changed, &mutex, deadline);
 *     ...
 *     gr_mutex_unlock(&mutex);                         change(); gr_condition_notify(&changed, 1);
 *
 * The wait lets go of the lock, and holds it again when it returns, whatever it returns. What
 * is only changed between two waits needs no lock: then pass NULL in its place.
 */
#ifndef GREENROOM_CONDITION_H
#define GREENROOM_CONDITION_H

#include <greenroom/line.h>
#include <greenroom/mutex.h>

GR__BEGIN

/** Who waits for a change. Zero is nobody. */
struct gr_condition {
    struct gr_line line; /**< private */
};

/**
 * Let go of the lock, wait until notified, and hold the lock again.
 *
 * For the lock the wait is as long as it takes: neither the deadline nor cancelling ends that.
 *
 * @param mutex  which the caller holds; or NULL
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM; the lock is held in each case
 */
GR_FALLIBLE int gr_condition_wait(struct gr_condition *condition, struct gr_mutex *mutex,
                                  gr_time deadline);

/**
 * Wake so many of those who wait, those first who came first. Who comes later is not woken.
 *
 * @thread loop
 */
GR_API void gr_condition_notify(struct gr_condition *condition, unsigned most);

/**
 * Wake all who wait.
 *
 * @thread loop
 */
GR_API void gr_condition_notify_all(struct gr_condition *condition);

/** A wait for a change. */
struct gr_condition_wait {
    struct gr_awaitable awaitable;  /**< what is awaited */
    struct gr_place place;          /**< private */
    struct gr_condition *condition; /**< private */
};

/**
 * gr_condition_wait() without a lock, to be awaited with others.
 *
 * Who holds a lock unlocks it just before he awaits, and locks it after: nothing comes in between.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_condition_awaitable(struct gr_condition_wait *wait,
                                                   struct gr_condition *condition);

/**
 * Assert that nobody waits: its memory may go.
 *
 * @thread loop
 */
GR_API void gr_condition_done(const struct gr_condition *condition);

GR__END

#endif
