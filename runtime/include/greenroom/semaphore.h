/**
 * @file semaphore.h
 * @brief Permits, of which there are so many: to bound how many do something at once.
 *
 *     struct gr_semaphore connections;
 *     gr_semaphore_init(&connections, 10, 10);
 *
 *     rc = gr_semaphore_acquire(&connections, 1, deadline);
 *     ... one of ten ...
 *     rc = gr_semaphore_release(&connections, 1);
 *
 * Who wants many permits stands in the same line (line.h) as who wants one, and those behind
 * wait until the first has got all of his: so nobody who wants many is passed over for ever.
 */
#ifndef GREENROOM_SEMAPHORE_H
#define GREENROOM_SEMAPHORE_H

#include <greenroom/line.h>

GR__BEGIN

/** Permits. Zero is a semaphore that has none yet, and no maximum. */
struct gr_semaphore {
    uint32_t permits;    /**< private: those that nobody has */
    uint32_t max;        /**< private: 0: no maximum */
    struct gr_line line; /**< private */
};

/**
 * Begin with so many permits.
 *
 * @param max  how many there can ever be; 0: no maximum
 *
 * @thread any
 */
GR_API void gr_semaphore_init(struct gr_semaphore *semaphore, uint32_t permits, uint32_t max);

/**
 * Wait until there are so many permits, and take them.
 *
 * @param permits  no more than the maximum
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_semaphore_acquire(struct gr_semaphore *semaphore, uint32_t permits,
                                     gr_time deadline);

/**
 * Take so many permits if they are there and nobody waits.
 *
 * @thread loop
 * @errors -EAGAIN
 */
GR_FALLIBLE int gr_semaphore_try_acquire(struct gr_semaphore *semaphore, uint32_t permits);

/**
 * Give permits: back, or new ones.
 *
 * @thread loop
 * @errors -EOVERFLOW above the maximum; then none is given
 */
GR_FALLIBLE int gr_semaphore_release(struct gr_semaphore *semaphore, uint32_t permits);

/** A wait for permits. */
struct gr_semaphore_wait {
    struct gr_awaitable awaitable;  /**< what is awaited */
    struct gr_place place;          /**< private */
    struct gr_semaphore *semaphore; /**< private */
    uint32_t permits;               /**< private */
};

/**
 * gr_semaphore_acquire(), to be awaited with others.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_semaphore_awaitable(struct gr_semaphore_wait *wait,
                                                   struct gr_semaphore *semaphore,
                                                   uint32_t permits);

/**
 * Assert that nobody waits for permits: its memory may go.
 *
 * @thread loop
 */
GR_API void gr_semaphore_done(const struct gr_semaphore *semaphore);

GR__END

#endif
