/*
 * Awaiting: for any awaitable, and for a point in time. How it is done stands in wait.h.
 */
#include <greenroom/await.h>
#include <greenroom/runner.h>

#include <errno.h>

#include "base/handle.h"
#include "runner/wait.h"

int gr__await_refusal(const struct gr__loop *loop, uint64_t name)
{
    if (loop == NULL)
        return GR_ENOTRUNNER;
    return name != 0 && gr__handle_loop(name) != loop->id ? GR_EWRONGLOOP : -ESTALE;
}

int gr_await(struct gr_awaitable *awaitable, gr_time deadline)
{
    if (gr__runner_here() == NULL)
        return GR_ENOTRUNNER;
    if (awaitable == NULL || awaitable->type == NULL)
        return GR_ENOTAWAITABLE;
    return gr__await(awaitable, awaitable->type, deadline);
}

/* A point in time is an awaitable of which nothing is ever ready: its deadline is its outcome. */
static bool never_ready(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return false;
}

static int keep_nothing(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    (void)awaitable, (void)waiter;
    return 0;
}

static int nothing_to_take(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return 0;
}

static bool withdraw(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return true;
}

static const struct gr_awaitable_type sleep_type = {"a point in time", never_ready, keep_nothing,
                                                    nothing_to_take, withdraw};

int gr_sleep(gr_time until)
{
    int rc = gr__await(&(struct gr_awaitable){0}, &sleep_type, until);
    return rc == -ETIMEDOUT ? 0 : rc;
}
