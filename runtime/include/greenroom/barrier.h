/**
 * @file barrier.h
 * @brief Where so many runners meet: all go on when the last has come, and it can be used again.
 *
 *     struct gr_barrier barrier;
 *     gr_barrier_init(&barrier, 3);
 *
 *     a  wait ........ go on        a  wait ... cancelled: -ECANCELED
 *     b      wait .... go on        b     wait ..........: -EPIPE
 *     c              wait, go on    c               wait : -EPIPE, until it is reset
 *
 * One that gives up breaks the barrier, since the others would wait for him in vain.
 */
#ifndef GREENROOM_BARRIER_H
#define GREENROOM_BARRIER_H

#include <greenroom/line.h>

GR__BEGIN

/** A meeting point. To be begun by gr_barrier_init(). */
struct gr_barrier {
    unsigned parties;    /**< private */
    unsigned waiting;    /**< private: how many have come */
    bool broken;         /**< private */
    struct gr_line line; /**< private */
};

/**
 * Begin with so many parties, one at least.
 *
 * @thread any
 */
GR_API void gr_barrier_init(struct gr_barrier *barrier, unsigned parties);

/**
 * Wait until all have come.
 *
 * Who gives up before that breaks the barrier.
 *
 * @param ret_last  whether the caller was the last to come, as one of them is; or NULL
 *
 * @thread runner
 * @errors -EPIPE when it is broken, -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_barrier_wait(struct gr_barrier *barrier, bool *ret_last, gr_time deadline);

/**
 * Begin anew: the waits of those who have come end with -EPIPE, and it is not broken any more.
 *
 * @thread loop
 */
GR_API void gr_barrier_reset(struct gr_barrier *barrier);

/** A wait at a barrier. */
struct gr_barrier_wait {
    struct gr_awaitable awaitable; /**< what is awaited */
    struct gr_place place;         /**< private */
    struct gr_barrier *barrier;    /**< private */
    bool *ret_last;                /**< private */
    int status;                    /**< private: once granted */
};

/**
 * gr_barrier_wait(), to be awaited with others. Where another wins, the barrier is broken.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_barrier_awaitable(struct gr_barrier_wait *wait,
                                                 struct gr_barrier *barrier, bool *ret_last);

/**
 * Assert that nobody waits: its memory may go.
 *
 * @thread loop
 */
GR_API void gr_barrier_done(const struct gr_barrier *barrier);

GR__END

#endif
