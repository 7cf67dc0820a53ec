/**
 * @file await.h
 * @brief How anything is waited for: one small protocol, and the one function that waits.
 *
 * What can be waited for is an awaitable: a struct whose first member is a
 * struct gr_awaitable, and four functions.
 *
 *                 ready? --- yes ------------------------------> take
 *                   | no                                          ^
 *               subscribe --> park ... woken --------------------+
 *                               |                                 |
 *                      deadline passed, or cancelled              |
 *                               |                                 |
 *                            cancel --- "too late, it is there" --+
 *                               | withdrawn
 *                       -ETIMEDOUT, -ECANCELED; nothing is lost
 *
 * Futures, asks, timers, blocking work and streams are waited for in this
 * way, and so can be what you make. The awaitable usually lives on the stack of
 * the runner that waits; it belongs to that runner's loop.
 *
 * An await that finds its awaitable ready does not switch stacks.
 */
#ifndef GREENROOM_AWAIT_H
#define GREENROOM_AWAIT_H

#include <greenroom/base.h>

GR__BEGIN

struct gr_awaitable;

/** Who waits, as the awaitable sees it. Lives until it was woken or cancelled. */
struct gr_waiter {
    /** To be called once, on the loop of the waiter, when the awaitable is ready. Runs nothing. */
    void (*wake)(struct gr_waiter *waiter);
};

/** What an awaitable can do. All is called on the loop of the waiter. */
struct gr_awaitable_type {
    /** What a report says is awaited, as "future". */
    const char *name;

    /** Whether take would have something to give now. */
    bool (*ready)(struct gr_awaitable *awaitable);

    /**
     * Keep @p waiter and wake it when ready. Called only when not ready. May begin the work. On an
     * error, which becomes the await's, nothing is kept.
     */
    int (*subscribe)(struct gr_awaitable *awaitable, struct gr_waiter *waiter);

    /** Give the outcome, and move its value to where the awaitable says. Called when ready. */
    int (*take)(struct gr_awaitable *awaitable);

    /**
     * Forget the waiter. True: it is withdrawn, and nothing was taken from anybody. False: too
     * late, the outcome is there and will be taken.
     */
    bool (*cancel)(struct gr_awaitable *awaitable);
};

/** The first member of everything that can be waited for. */
struct gr_awaitable {
    const struct gr_awaitable_type *type; /**< its functions */
};

/**
 * Wait until the awaitable is ready, and take its outcome.
 *
 * A runner that was cancelled, or a deadline that has passed, does not keep an await from
 * taking what is ready.
 *
 * @param deadline  nanoseconds on gr_now()'s clock, or #GR_FOREVER
 *
 * @thread runner
 * @owner  the awaitable stays the caller's
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM for a stack to go on with, or the awaitable's own
 */
GR_FALLIBLE int gr_await(struct gr_awaitable *awaitable, gr_time deadline);

GR__END

#endif
