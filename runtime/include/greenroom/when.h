/**
 * @file when.h
 * @brief Any wait by a callback: the same program can be written in either style.
 *
 *     a runner                                 callbacks
 *     rc = gr_await(awaitable, deadline);      gr_when(awaitable, go_on, context, NULL, deadline);
 *     ... goes on                              go_on(rc, context): ... goes on
 *
 * A callback holds no stack while it waits, some 100 bytes instead of a page. It is always
 * called in a later turn of the loop, never from within gr_when(), though the awaitable be
 * ready; so code behind gr_when() runs first, always. It runs as a post does, and may wait.
 *
 *     waiting -- ready ------------------> go_on(outcome)
 *        |---- deadline passed ----------> go_on(-ETIMEDOUT)
 *        |---- the loop stops -----------> go_on(-ECANCELED)
 *        +---- gr_callback_cancel() -----> nothing
 *
 * Nothing is lost, as with gr_await(): an outcome that is there when the deadline passes is
 * taken, and a wait that is withdrawn has taken nothing.
 */
#ifndef GREENROOM_WHEN_H
#define GREENROOM_WHEN_H

#include <greenroom/await.h>
#include <greenroom/base.h>

GR__BEGIN

/** A wait whose outcome is to be told to a function. Zero names none. */
typedef struct gr_callback {
    uint64_t name; /**< opaque */
} gr_callback;

/** Hears what gr_await() would have returned; values are where the awaitable says. */
typedef void gr_when_fn(int status, void *context);

/**
 * Await an awaitable, and have @p run called with the outcome.
 *
 * @param ret_callback  to cancel it by; or NULL
 * @param deadline      nanoseconds on gr_now()'s clock, or #GR_FOREVER
 *
 * @thread loop, that of the awaitable
 * @owner  the awaitable stays the caller's, and must stay where it is until @p run is called or the
 *         wait is cancelled; the same holds for @p context
 * @errors #GR_ENOTAWAITABLE for NULL or an awaitable without a type, -ENOMEM, -ESHUTDOWN while the
 *         loop stops, or the awaitable's own, as -EBUSY where another waits
 */
GR_FALLIBLE int gr_when(struct gr_awaitable *awaitable, gr_when_fn *run, void *context,
                        gr_callback *ret_callback, gr_time deadline);

/**
 * Withdraw a wait. True: nothing was taken, and nothing is called. False: the outcome can no longer
 * be given back and is told as usual; or it was told, is being told, or the handle is zero.
 *
 * @thread runner, on the loop of the callback
 */
GR_API bool gr_callback_cancel(gr_callback callback);

GR__END

#endif
