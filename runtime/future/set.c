/*
 * Sets: hooking members up, and taking them down again. The design stands in set.h.
 */
#include "future/set.h"

#include <assert.h>
#include <errno.h>

#include "loop/loop.h"
#include "runner/wait.h"

static void woken(struct gr_waiter *waiter)
{
    struct gr_member *member = gr__container_of(waiter, struct gr_member, waiter);
    struct gr_set *set = member->set;
    assert(member->state == GR__MEMBER_WAITING);
    member->state = GR__MEMBER_WOKEN;
    set->open--;
    if (set->closing)
        return;

    gr__set_append(set, member);
    set->woken(set);
}

static void fire(struct gr__timer *timer)
{
    gr__set_wake(gr__container_of(timer, struct gr_set, timer));
}

void gr__set_fill(struct gr_set *set, const struct gr_awaitable_type *type,
                  struct gr_member *members, size_t count, void (*on_woken)(struct gr_set *set))
{
    *set = (struct gr_set){
        .awaitable = {type}, .members = members, .count = count, .open = count, .woken = on_woken};
    set->timer.fire = fire;
    for (size_t i = 0; i < count; i++) {
        members[i].status = GR_PENDING;
        members[i].state = GR__MEMBER_IDLE;
        members[i].waiter.wake = woken;
        members[i].set = set;
        members[i].next = NULL;
    }
}

/* Why nobody can wait for this, or 0. */
static int refusal(const struct gr_set *set, const struct gr_member *member)
{
    if (member->awaitable == NULL || member->awaitable->type == NULL)
        return GR_ENOTAWAITABLE;
    return member->awaitable == &set->awaitable ? -EDEADLK : 0;
}

bool gr__set_is_ready(const struct gr_set *set, const struct gr_member *member)
{
    return refusal(set, member) == 0 && member->awaitable->type->ready(member->awaitable);
}

static bool settle(struct gr_set *set, struct gr_member *member, int status)
{
    if (member->state == GR__MEMBER_IDLE)
        set->open--;
    member->state = GR__MEMBER_TAKEN;
    member->status = status;
    return true;
}

int gr__set_take(struct gr_set *set, struct gr_member *member)
{
    settle(set, member, member->awaitable->type->take(member->awaitable));
    return member->status;
}

bool gr__set_subscribe(struct gr_set *set, struct gr_member *member)
{
    int rc = refusal(set, member);
    if (rc == 0) {
        member->state = GR__MEMBER_WAITING;
        rc = member->awaitable->type->subscribe(member->awaitable, &member->waiter);
        if (rc == 0)
            return false;
        member->state = GR__MEMBER_IDLE;
    }
    return settle(set, member, rc);
}

bool gr__set_hook(struct gr_set *set, struct gr_member *member)
{
    if (member->state == GR__MEMBER_TAKEN)
        return true;
    if (gr__set_is_ready(set, member)) {
        gr__set_take(set, member);
        return true;
    }
    return gr__set_subscribe(set, member);
}

void gr__set_wait(struct gr_set *set, struct gr_waiter *waiter, bool done)
{
    struct gr__loop *loop = gr__loop_here();
    assert(set->waiter == NULL);
    set->waiter = waiter;
    if (done)
        gr__wheel_start(&loop->wheel, &set->timer, loop->now);
}

void gr__set_wake(struct gr_set *set)
{
    gr__waiter_wake(&set->waiter);
}

void gr__set_append(struct gr_set *set, struct gr_member *member)
{
    member->next = NULL;
    if (set->first == NULL)
        set->first = member;
    else
        set->last->next = member;
    set->last = member;
}

struct gr_member *gr__set_shift(struct gr_set *set)
{
    struct gr_member *member = set->first;
    if (member != NULL)
        set->first = member->next;
    return member;
}

static void withdraw(struct gr_set *set, struct gr_member *member)
{
    bool waited = member->state == GR__MEMBER_WAITING;
    if (!waited && member->state != GR__MEMBER_WOKEN)
        return;

    bool withdrawn = member->awaitable->type->cancel(member->awaitable);

    /* It may have been woken while that waited. */
    waited = member->state == GR__MEMBER_WAITING;
    member->state = withdrawn ? GR__MEMBER_IDLE : GR__MEMBER_KEPT;
    if (withdrawn && !waited)
        set->open++;
    else if (!withdrawn && waited)
        set->open--;
}

bool gr__set_withdraw(struct gr_set *set)
{
    set->waiter = NULL;
    set->first = NULL;
    set->closing = true;
    gr__wheel_cancel(&gr__loop_here()->wheel, &set->timer);
    for (size_t i = 0; i < set->count; i++)
        withdraw(set, &set->members[i]);
    set->closing = false;
    return set->open == 0;
}

int gr__set_failure(const struct gr_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->members[i].state == GR__MEMBER_TAKEN && set->members[i].status < 0)
            return set->members[i].status;
    return 0;
}

bool gr__is_quiet(const int *quiet, int status)
{
    for (; quiet != NULL && *quiet != 0; quiet++)
        if (*quiet == status)
            return true;
    return false;
}
