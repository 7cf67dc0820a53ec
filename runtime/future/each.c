/*
 * Each: a set that gives its members one by one, in the order in which they are ready.
 *
 * The line of those that were woken is the order. What was ready at open has been taken, and stands
 * in the line as well. So a next costs the same however many members there are.
 */
#include <greenroom/each.h>

#include <assert.h>
#include <errno.h>

#include "future/set.h"
#include "runner/park.h"

/* Whoever asks stays the one until it has taken: set->busy says that it has been woken. */
static void woken(struct gr_set *set)
{
    if (set->waiter == NULL || set->busy)
        return;

    set->busy = true;
    set->waiter->wake(set->waiter);
}

static void forget(struct gr_set *set)
{
    set->waiter = NULL;
    set->busy = false;
}

static bool ready(struct gr_awaitable *awaitable)
{
    const struct gr_set *set = gr__set_of(awaitable);
    return set->first != NULL || set->open == 0;
}

static int subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_set *set = gr__set_of(awaitable);
    if (set->waiter != NULL)
        return -EBUSY;
    gr__set_wait(set, waiter, false);
    return 0;
}

static int take(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    struct gr_member *member = gr__set_shift(set);
    forget(set);
    if (member == NULL)
        return GR_EOF;

    if (member->state == GR__MEMBER_WOKEN)
        gr__set_take(set, member);
    *gr__container_of(set, struct gr_each, set)->ret_member = member;
    return 0;
}

static bool cancel(struct gr_awaitable *awaitable)
{
    forget(gr__set_of(awaitable));
    return !ready(awaitable);
}

static const struct gr_awaitable_type type = {"the next of several", ready, subscribe, take,
                                              cancel};

void gr_each_open(struct gr_each *each, struct gr_member *members, size_t count)
{
    assert(gr__runner_here() != NULL);
    gr__set_fill(&each->set, &type, members, count, woken);
    for (size_t i = 0; i < count; i++)
        if (gr__set_hook(&each->set, &members[i]))
            gr__set_append(&each->set, &members[i]);
}

struct gr_awaitable *gr_each_awaitable(struct gr_each *each, struct gr_member **ret_member)
{
    each->ret_member = ret_member;
    return &each->set.awaitable;
}

int gr_each_next(struct gr_each *each, struct gr_member **ret_member, gr_time deadline)
{
    if (each->set.waiter != NULL)
        return -EBUSY;
    return gr_await(gr_each_awaitable(each, ret_member), deadline);
}

void gr_each_close(struct gr_each *each)
{
    gr__set_withdraw(&each->set);
    each->set.open = 0;
}
