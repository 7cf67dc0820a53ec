/*
 * Wait groups: a count, and who waits until it is zero.
 *
 * Invariant: somebody is in line only while the count is above zero.
 */
#include <greenroom/wait_group.h>

#include "runner/line.h"
#include "runner/wait.h"

static struct gr_wait_group_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_wait_group_wait, awaitable);
}

static bool group_ready(struct gr_awaitable *awaitable)
{
    return wait_of(awaitable)->place.granted || wait_of(awaitable)->group->count == 0;
}

static int group_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    gr__line_append(&wait_of(awaitable)->group->line, &wait_of(awaitable)->place, waiter);
    return 0;
}

static int group_take(struct gr_awaitable *awaitable)
{
    gr__place_take(&wait_of(awaitable)->place);
    return 0;
}

static bool group_cancel(struct gr_awaitable *awaitable)
{
    gr__line_leave(&wait_of(awaitable)->group->line, &wait_of(awaitable)->place);
    return true;
}

static const struct gr_awaitable_type group_type = {"the end of a group", group_ready,
                                                    group_subscribe, group_take, group_cancel};

void gr_wait_group_enter(struct gr_wait_group *group, uint32_t count)
{
    assert(count <= UINT32_MAX - group->count);
    group->count += count;
}

void gr_wait_group_leave(struct gr_wait_group *group)
{
    assert(group->count > 0 && "one leaves for each that entered");
    if (--group->count == 0)
        gr__line_grant_all(&group->line);
}

struct gr_awaitable *gr_wait_group_awaitable(struct gr_wait_group_wait *wait,
                                             struct gr_wait_group *group)
{
    *wait = (struct gr_wait_group_wait){.awaitable = {&group_type}, .group = group};
    return &wait->awaitable;
}

int gr_wait_group_wait(struct gr_wait_group *group, gr_time deadline)
{
    struct gr_wait_group_wait wait;
    return gr__await_in_runner(gr_wait_group_awaitable(&wait, group), &group_type, deadline);
}

void gr_wait_group_done(const struct gr_wait_group *group)
{
    assert(gr__line_empty(&group->line) && "nobody waits");
    (void)group;
}
