/**
 * @file future.h
 * @brief A result that will be ready later, and the right to make it ready.
 *
 * A future and its promise are two ends of a pipe that carries one result,
 * once. The reading end belongs to the loop that made it: there, a runner
 * awaits it. The writing end belongs to nobody: any thread may settle it, and
 * the result travels to the owner through the owner's inbox.
 *
 *     any thread                               the owner's thread
 *     gr_promise_resolve(promise, &x, ...) --> gr_future_await(future, &x, ...)
 *
 * Both ends are handles, plain values to copy, store and send. A handle that
 * outlives its future is refused with -ESTALE; it is never followed. To settle
 * a future that has its result, or has ended, is harmless and does nothing.
 *
 * Nothing tells a reader that every copy of its promise is gone, so a future
 * whose writer may fail wants a deadline.
 */
#ifndef GREENROOM_FUTURE_H
#define GREENROOM_FUTURE_H

#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/buffer.h>

GR__BEGIN

/** Bytes that are copied into a result. More than that is moved, as a buffer. */
#define GR_FUTURE_VALUE_MAX 65536

/** The reading end. Zero names no future. */
typedef struct gr_future {
    uint64_t name; /**< opaque */
} gr_future;

/** The writing end. Zero names no promise. */
typedef struct gr_promise {
    uint64_t name; /**< opaque */
} gr_promise;

/** Called when a future has settled. Awaiting it there does not wait. */
typedef void gr_settled_fn(gr_future future, void *context);

/**
 * Make a future on the calling thread's loop, and the promise that settles it.
 *
 * @thread loop
 * @owner  the caller, until gr_future_await() takes the result or
 *         gr_future_drop() gives up on it
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_future_make(gr_future *ret_future, gr_promise *ret_promise);

/**
 * Make a future that has its result already: @p size bytes at @p value. Awaiting it does not wait.
 *
 * @thread loop
 * @owner  @p value stays the caller's; its bytes are copied
 * @errors -EMSGSIZE above #GR_FUTURE_VALUE_MAX, -ENOMEM
 */
GR_FALLIBLE int gr_future_make_ready(const void *value, size_t size, gr_future *ret_future);

/**
 * Settle with success: send @p size bytes at @p value to whoever awaits.
 *
 * Returns when the result is on its way, not when it has arrived. Of several
 * results for one future the first to arrive counts; the others vanish.
 *
 * @thread any
 * @owner  @p value stays the caller's; its bytes are copied
 * @errors -EMSGSIZE above #GR_FUTURE_VALUE_MAX, -ENOMEM, -ESHUTDOWN where the owner has stopped
 */
GR_FALLIBLE int gr_promise_resolve(gr_promise promise, const void *value, size_t size);

/**
 * Settle with success: move a buffer to whoever awaits.
 *
 * @thread any
 * @owner  @p buffer is the result's, and the caller's struct zero; on an error the caller's still.
 *         A result that nobody takes releases it
 * @errors -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_promise_resolve_buffer(gr_promise promise, struct gr_buffer *buffer);

/**
 * Settle with failure: whoever awaits gets @p status, a negative errno.
 *
 * @thread any
 * @errors -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_promise_reject(gr_promise promise, int status);

/**
 * Park the calling runner until the result arrives, then take it.
 *
 * A future that has settled does not park the runner.
 *
 * @param ret_value  gets the value; untouched on error
 * @param size       bytes at @p ret_value, exactly as many as were sent
 * @param deadline   nanoseconds on gr_now()'s clock, or #GR_FOREVER
 *
 * @thread runner, on the loop that made the future
 * @owner  the value becomes the caller's, and the future ends; but -EBUSY,
 *         -EMSGSIZE, a passed deadline and a cancelled runner leave it be
 * @errors -ESTALE, -EBUSY while another awaits it, -EMSGSIZE, -ETIMEDOUT, -ECANCELED,
 *         -ENOMEM, or the status it was rejected with
 */
GR_FALLIBLE int gr_future_await(gr_future future, void *ret_value, size_t size, gr_time deadline);

/**
 * The same for a result of any size: take it as a buffer, whichever way it was sent.
 *
 * @thread runner, on the loop that made the future
 * @owner  @p ret_buffer becomes the caller's to release, and the future ends; but for the same
 *         exceptions
 * @errors as gr_future_await(), save -EMSGSIZE
 */
GR_FALLIBLE int gr_future_await_buffer(gr_future future, struct gr_buffer *ret_buffer,
                                       gr_time deadline);

/** A future, to wait for together with other things. */
struct gr_future_wait {
    struct gr_awaitable awaitable; /**< what to await */
    gr_future future;              /**< private */
    struct gr_waiter *waiter;      /**< private */
    void *value;                   /**< private */
    size_t size;                   /**< private */
    struct gr_buffer *buffer;      /**< private */
};

/**
 * The same wait as an awaitable: awaited, it gives what gr_future_await() returns.
 *
 * @thread loop, that of the future
 * @owner  @p wait stays the caller's, and holds nothing that must be ended; the result is to be
 *         taken into @p ret_value when the awaitable is
 */
GR_API struct gr_awaitable *gr_future_awaitable(struct gr_future_wait *wait, gr_future future,
                                                void *ret_value, size_t size);

/**
 * The same for a result of any size, as gr_future_await_buffer().
 *
 * @thread loop, that of the future
 * @owner  as gr_future_awaitable()
 */
GR_API struct gr_awaitable *gr_future_awaitable_buffer(struct gr_future_wait *wait,
                                                       gr_future future,
                                                       struct gr_buffer *ret_buffer);

/**
 * Have @p run called when the future settles: in a later turn, never from here.
 *
 * It stands in for an awaiting runner: nobody else may await the future until then. A future that
 * is dropped first calls nothing.
 *
 * @thread loop, that of the future
 * @errors -ESTALE, -EBUSY while another awaits it, -ENOMEM
 */
GR_FALLIBLE int gr_future_on_settled(gr_future future, gr_settled_fn *run, void *context);

/**
 * The same, but where the future has settled already @p run is called from here, at once.
 *
 * A result that comes later is never called back from within the settling of it: that may happen
 * where no user's code can run.
 *
 * @thread runner, on the loop of the future
 * @errors as gr_future_on_settled()
 */
GR_FALLIBLE int gr_future_on_settled_inline(gr_future future, gr_settled_fn *run, void *context);

/**
 * Take back what gr_future_on_settled() asked for. Returns whether that was in time; false, when
 * it has been called, or nobody had asked, or the future has gone.
 *
 * @thread loop, that of the future
 */
GR_API bool gr_future_forget(gr_future future);

/**
 * End a future whose result nobody wants. A stale or zero handle is ignored.
 *
 * An error that has arrived, and that nobody looked at, is reported, with its details; but for
 * -ECANCELED. So is that of a future that is left when its loop ends. A callback looks at it by
 * awaiting the future, as a runner does.
 *
 * @thread loop, that of the future
 */
GR_API void gr_future_drop(gr_future future);

/**
 * The same where an error is no news: nothing is reported.
 *
 * @thread loop, that of the future
 */
GR_API void gr_future_drop_quietly(gr_future future);

GR__END

#endif
