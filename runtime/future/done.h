/*
 * Results that say no more than that something is done, or why it is not: for orders to other loops.
 *
 *     who orders                              the loop that carries it out
 *     gr__done_post(task, promise) .........> does it; gr__done_tell(promise, status)
 *     gr__done_await(future) <-- the status
 */
#ifndef GREENROOM_FUTURE_DONE_H
#define GREENROOM_FUTURE_DONE_H

#include <errno.h>

#include <greenroom/future.h>

#include "loop/post.h"

/* Tell whoever waits. Where that has gone, or nobody does, there is nobody to tell. */
static inline void gr__done_tell(gr_promise promise, int status)
{
    if (promise.name == 0)
        return;
    int rc = status < 0 ? gr_promise_reject(promise, status) : gr_promise_resolve(promise, NULL, 0);
    (void)rc;
}

/*
 * Post a task with the promise that it carries. -ENOMEM, -ESHUTDOWN: its memory is the caller's still.
 */
static inline int gr__done_post(struct gr__loop *loop, unsigned to, struct gr__task *task,
                                size_t bytes, gr_promise *ret_promise, gr_future *ret_future)
{
    int rc = gr_future_make(ret_future, ret_promise);
    if (rc < 0)
        return rc;
    if (gr__post(loop, to, task, bytes))
        return 0;

    gr_future_drop(*ret_future);
    return -ESHUTDOWN;
}

/* Wait for it. A wait that ends early gives up on it. */
static inline int gr__done_await(gr_future future, gr_time deadline)
{
    int rc = gr_future_await(future, NULL, 0, deadline);
    if (rc < 0)
        gr_future_drop(future);
    return rc;
}

#endif
