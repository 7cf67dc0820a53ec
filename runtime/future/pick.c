/*
 * Pick: a set of which one member is taken, the first that was woken; and nothing from the others.
 *
 *     ready? -- one is ----------------------------> take it
 *        | none
 *     subscribe to all ... one is woken ... take: withdraw from the others, take it
 *                             |
 *                          cancel: withdraw from all; one that came too late for is the one
 */
#include <greenroom/combine.h>

#include <assert.h>
#include <errno.h>

#include "future/set.h"

static bool member_ready(const struct gr_set *set, const struct gr_member *member)
{
    if (member->state != GR__MEMBER_IDLE)
        return member->state == GR__MEMBER_KEPT;
    return gr__set_is_ready(set, member);
}

/* The one to take: one that refused, which has been; or the first that has something to give. */
static struct gr_member *find(const struct gr_set *set)
{
    if (set->winner != NULL)
        return set->winner;
    for (size_t i = 0; i < set->count; i++)
        if (member_ready(set, &set->members[i]))
            return &set->members[i];
    return NULL;
}

static bool ready(struct gr_awaitable *awaitable)
{
    const struct gr_set *set = gr__set_of(awaitable);
    return set->count == 0 || set->first != NULL || find(set) != NULL;
}

/* One that refuses is the one, and the rest need not be asked. */
static bool subscribe_all(struct gr_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (gr__set_subscribe(set, &set->members[i])) {
            set->winner = &set->members[i];
            return true;
        }
    }
    return false;
}

static int subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_set *set = gr__set_of(awaitable);
    if (set->waiter != NULL)
        return -EBUSY;
    gr__set_wait(set, waiter, subscribe_all(set));
    return 0;
}

static int take(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    if (set->count == 0)
        return -ENOENT;

    struct gr_member *member = set->first;
    if (member != NULL)
        member->state = GR__MEMBER_KEPT; /* so that it is not withdrawn from */
    gr__set_withdraw(set);
    if (member == NULL)
        member = find(set);
    assert(member != NULL);
    set->winner = member;
    if (member->state != GR__MEMBER_TAKEN)
        gr__set_take(set, member);
    return 0;
}

static bool cancel(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    gr__set_withdraw(set);
    if (set->winner != NULL)
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (set->members[i].state == GR__MEMBER_KEPT)
            return false;
    return true;
}

static const struct gr_awaitable_type type = {"one of several", ready, subscribe, take, cancel};

struct gr_awaitable *gr_pick_awaitable(struct gr_set *set, struct gr_member *members, size_t count)
{
    gr__set_fill(set, &type, members, count, gr__set_wake);
    return &set->awaitable;
}

int gr_pick(struct gr_member *members, size_t count, struct gr_member **ret_member,
            gr_time deadline)
{
    struct gr_set set;
    int rc = gr_await(gr_pick_awaitable(&set, members, count), deadline);
    if (rc == 0)
        *ret_member = set.winner;
    return rc;
}

int gr_race(struct gr_member *members, size_t count, gr_time deadline)
{
    struct gr_member *winner;
    int rc = gr_pick(members, count, &winner, deadline);
    return rc < 0 ? rc : winner->status;
}
