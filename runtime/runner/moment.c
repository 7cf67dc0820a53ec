/*
 * A point in time, awaited together with other things: one that has a timer of its own.
 *
 *     subscribe -> started in the loop's wheel -- fires: wakes the waiter, which takes 0
 *                               |
 *                               +-- cancel: out of the wheel
 *
 * Whether the time has come is a matter of the loop's clock alone. So nothing is lost with a
 * timer that is cancelled, and nothing is kept.
 *
 * Invariant: wait->waiter is set exactly between subscribe and take or cancel; only then is the
 * timer in the wheel, unless it has fired, or never will.
 */
#include <greenroom/runner.h>

#include <assert.h>
#include <errno.h>

#include "loop/loop.h"

static struct gr_sleep_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_sleep_wait, awaitable);
}

static bool ready(struct gr_awaitable *awaitable)
{
    return wait_of(awaitable)->until <= gr_now();
}

static void fire(struct gr__timer *timer)
{
    struct gr_waiter *waiter = gr__container_of(timer, struct gr_sleep_wait, timer)->waiter;
    waiter->wake(waiter);
}

static int subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_sleep_wait *wait = wait_of(awaitable);
    if (wait->waiter != NULL)
        return -EBUSY;

    wait->waiter = waiter;
    wait->timer.fire = fire;
    if (wait->until != GR_FOREVER)
        gr__wheel_start(&gr__loop_here()->wheel, &wait->timer, wait->until);
    return 0;
}

static int take(struct gr_awaitable *awaitable)
{
    struct gr_sleep_wait *wait = wait_of(awaitable);
    assert(!gr__list_linked(&wait->timer.link) && "the time has not come");
    wait->waiter = NULL;
    return 0;
}

static bool cancel(struct gr_awaitable *awaitable)
{
    struct gr_sleep_wait *wait = wait_of(awaitable);
    bool fired = wait->until != GR_FOREVER && !gr__list_linked(&wait->timer.link);
    gr__wheel_cancel(&gr__loop_here()->wheel, &wait->timer);
    wait->waiter = NULL;
    return !fired;
}

static const struct gr_awaitable_type type = {"a point in time", ready, subscribe, take, cancel};

struct gr_awaitable *gr_sleep_awaitable(struct gr_sleep_wait *wait, gr_time until)
{
    *wait = (struct gr_sleep_wait){.awaitable = {&type}, .until = until};
    return &wait->awaitable;
}
