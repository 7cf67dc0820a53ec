/**
 * @file rwlock.h
 * @brief A lock that many may hold to read, or one to write.
 *
 * Readers and writers stand in one line (line.h), so neither starves the other:
 *
 *     held by r r r    line: W r r W      a reader that comes now stands behind the last W
 *     held by W        line: r r W        the writer goes when the three have
 *     held by r r      line: W            the readers up to the next writer go together
 *
 * A runner must not lock it to read while it holds it to read: were a writer to come in
 * between, the two would wait for each other.
 */
#ifndef GREENROOM_RWLOCK_H
#define GREENROOM_RWLOCK_H

#include <greenroom/line.h>

GR__BEGIN

struct gr__runner;

/** A lock to read or write by. Zero is one that nobody holds. */
struct gr_rwlock {
    struct gr__runner *writer; /**< private: who holds it to write, once he has taken it */
    unsigned readers;          /**< private: who hold it to read */
    bool writing;              /**< private */
    struct gr_line line;       /**< private */
};

/**
 * Wait until nobody writes or waits for that, and hold the lock to read.
 *
 * @thread runner
 * @errors -EDEADLK where the caller holds it to write, -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_rwlock_lock_read(struct gr_rwlock *lock, gr_time deadline);

/**
 * Wait until nobody else holds the lock, and hold it to write.
 *
 * @thread runner
 * @errors -EDEADLK where the caller holds it to write, -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_rwlock_lock_write(struct gr_rwlock *lock, gr_time deadline);

/**
 * Let go of the lock, whichever way the caller holds it.
 *
 * @thread runner, one that holds it
 */
GR_API void gr_rwlock_unlock(struct gr_rwlock *lock);

/** A wait for such a lock. */
struct gr_rwlock_wait {
    struct gr_awaitable awaitable; /**< what is awaited */
    struct gr_place place;         /**< private */
    struct gr_rwlock *lock;        /**< private */
    bool writing;                  /**< private: wants to */
};

/**
 * gr_rwlock_lock_read(), to be awaited with others.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_rwlock_read_awaitable(struct gr_rwlock_wait *wait,
                                                     struct gr_rwlock *lock);

/**
 * gr_rwlock_lock_write(), to be awaited with others. The runner that awaits it is the writer.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_rwlock_write_awaitable(struct gr_rwlock_wait *wait,
                                                      struct gr_rwlock *lock);

/**
 * Assert that nobody holds the lock or waits for it: its memory may go.
 *
 * @thread loop
 */
GR_API void gr_rwlock_done(const struct gr_rwlock *lock);

GR__END

#endif
