/*
 * Conditions: a line that others wake from, and a lock that is let go of meanwhile.
 *
 *     waits                     notifies
 *     unlock, stand in line
 *                               lock; change; notify: the first in line is granted
 *                               unlock
 *     runs; lock: in line for it like anybody
 *
 * Holding the lock again must not fail. It is waited for behind a shield and without a
 * deadline, so it could fail only for want of a runner to go on with. Before the lock is let
 * go, one is reserved. If the wait then ends at once, that one is still in the pool; if it
 * parks, whoever resumes it puts a runner into the pool, or took none out of it (park.h).
 */
#include <greenroom/condition.h>
#include <greenroom/runner.h>
#include <greenroom/shield.h>

#include "runner/line.h"
#include "runner/wait.h"

static struct gr_condition_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_condition_wait, awaitable);
}

static bool condition_ready(struct gr_awaitable *awaitable)
{
    return wait_of(awaitable)->place.granted;
}

static int condition_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_condition_wait *wait = wait_of(awaitable);
    gr__line_append(&wait->condition->line, &wait->place, waiter);
    return 0;
}

static int condition_take(struct gr_awaitable *awaitable)
{
    gr__place_take(&wait_of(awaitable)->place);
    return 0;
}

static bool condition_cancel(struct gr_awaitable *awaitable)
{
    struct gr_condition_wait *wait = wait_of(awaitable);
    if (gr__line_leave(&wait->condition->line, &wait->place))
        gr_condition_notify(wait->condition, 1);
    return true;
}

static const struct gr_awaitable_type condition_type = {
    "a condition", condition_ready, condition_subscribe, condition_take, condition_cancel};

void gr_condition_notify(struct gr_condition *condition, unsigned most)
{
    while (most-- > 0 && !gr__line_empty(&condition->line))
        gr__line_grant(&condition->line);
}

void gr_condition_notify_all(struct gr_condition *condition)
{
    gr__line_grant_all(&condition->line);
}

struct gr_awaitable *gr_condition_awaitable(struct gr_condition_wait *wait,
                                            struct gr_condition *condition)
{
    *wait = (struct gr_condition_wait){.awaitable = {&condition_type}, .condition = condition};
    return &wait->awaitable;
}

static void lock_again(struct gr_mutex *mutex)
{
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    int rc = gr_mutex_lock(mutex, GR_FOREVER);
    assert(rc == 0);
    (void)rc;
    gr_shield_lower(&shield);
}

int gr_condition_wait(struct gr_condition *condition, struct gr_mutex *mutex, gr_time deadline)
{
    struct gr_condition_wait wait;
    gr_condition_awaitable(&wait, condition);
    if (mutex == NULL)
        return gr__await_in_runner(&wait.awaitable, &condition_type, deadline);

    struct gr__loop *loop = gr__loop_to_wait_on();
    int rc = loop == NULL ? GR_ENOTRUNNER : gr__runner_reserve(loop);
    if (rc < 0)
        return rc;
    gr_mutex_unlock(mutex);
    rc = gr__await(&wait.awaitable, &condition_type, deadline);
    lock_again(mutex);
    return rc;
}

void gr_condition_done(const struct gr_condition *condition)
{
    assert(gr__line_empty(&condition->line) && "nobody waits");
    (void)condition;
}
