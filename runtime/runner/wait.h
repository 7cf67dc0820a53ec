/*
 * Waiting: what gr_await() does, for callers that know the awaitable's type, so that the
 * compiler sees through its functions.
 *
 * The outcome stays in the awaitable until it is taken. So when the deadline or a
 * cancellation comes at the same time as the outcome, the awaitable decides which it
 * was: cancel withdraws the waiter, or says that it is too late and the outcome is taken.
 */
#ifndef GREENROOM_RUNNER_WAIT_H
#define GREENROOM_RUNNER_WAIT_H

#include <greenroom/await.h>

#include "runner/park.h"

/* Wake who waits there, if anybody still does. */
static inline void gr__waiter_wake(struct gr_waiter **place)
{
    struct gr_waiter *waiter = *place;
    *place = NULL;
    if (waiter != NULL)
        waiter->wake(waiter);
}

/* Why a handle of which no slot was found on `loop` cannot be awaited there; NULL: no loop. */
int gr__await_refusal(const struct gr__loop *loop, uint64_t name);

static inline __attribute__((always_inline)) int
gr__await(struct gr_awaitable *awaitable, const struct gr_awaitable_type *type, gr_time deadline)
{
    if (type->ready(awaitable))
        return type->take(awaitable);

    struct gr__runner *runner = gr__runner_here();
    if (runner == NULL)
        return GR_ENOTRUNNER;

    awaitable->type = type;
    int rc = type->subscribe(awaitable, &runner->waiter);
    if (rc < 0)
        return rc;

    runner->awaited = awaitable;
    rc = gr__runner_park(runner, deadline);
    runner->awaited = NULL;
    if (rc < 0 && type->cancel(awaitable))
        return rc;
    return type->take(awaitable);
}

/* The same where no handle names what is awaited, so that nobody has looked at who waits. */
static inline __attribute__((always_inline)) int
gr__await_in_runner(struct gr_awaitable *awaitable, const struct gr_awaitable_type *type,
                    gr_time deadline)
{
    return gr__runner_here() == NULL ? GR_ENOTRUNNER : gr__await(awaitable, type, deadline);
}

#endif
