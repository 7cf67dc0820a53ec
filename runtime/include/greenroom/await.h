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
 * way, and so can be what you make. Each of these has a call that waits, as
 * gr_future_await(), and most a form that gives the awaitable itself, to wait for
 * it together with others (combine.h): gr_future_awaitable() fills a struct of
 * yours, begins nothing, and returns its first member. One that was filled and
 * never awaited needs no end.
 *
 * The awaitable usually lives on the stack of the runner that waits; it belongs to
 * that runner's loop, where all of its functions are called:
 *
 *     IDLE -- subscribe --> WAITING -- wake --> WOKEN -- take --> the outcome is given
 *      ^                       |                  |
 *      +------ cancel: true ---+------------------+-- cancel: false --> ready, and take gives it
 *
 * 1. One waiter at a time. Who subscribes while another waits is refused with -EBUSY.
 * 2. wake is called once for each subscribe, never from within it, and not after cancel. It runs
 *    nothing and may be called from anywhere on the loop, from within libuv too.
 * 3. To be woken takes nothing. What the waiter was granted, as a lock or a message, is its own
 *    from then on, until it takes it, or cancels, which passes it on to the next.
 * 4. After subscribe comes exactly one of take, once woken, and cancel, at any time.
 * 5. cancel true: it is as if nobody had waited, and the awaitable may be awaited again.
 *    cancel false: the outcome can no longer be given back. It stays, ready is true, and take
 *    gives it, now or later.
 * 6. take without subscribe is allowed where ready said true and nothing has run since.
 * 7. take and cancel are called by a runner and may wait, for something that surely ends soon.
 *    ready and subscribe may not.
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

/** What an awaitable can do. All is called on the loop of the waiter, in the order told above. */
struct gr_awaitable_type {
    /** What a report says is awaited, as "a future". */
    const char *name;

    /** Whether take would have something to give now. Changes nothing. */
    bool (*ready)(struct gr_awaitable *awaitable);

    /**
     * Keep @p waiter and wake it when ready. Called only when not ready. May begin the work. On an
     * error, which becomes the await's, nothing is kept.
     */
    int (*subscribe)(struct gr_awaitable *awaitable, struct gr_waiter *waiter);

    /**
     * Give the outcome, and move its value to where the awaitable says; forget the waiter. Called
     * when ready.
     */
    int (*take)(struct gr_awaitable *awaitable);

    /**
     * Forget the waiter. True: it is withdrawn, and nothing was taken from anybody. False: too
     * late, the outcome is there and take gives it.
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
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM for a stack to go on with, #GR_ENOTAWAITABLE for NULL
 *         or an awaitable without a type, or the awaitable's own
 */
GR_FALLIBLE int gr_await(struct gr_awaitable *awaitable, gr_time deadline);

GR__END

#endif
