/*
 * All: a set that is done when each of its members is.
 *
 * Nothing is taken from those that are woken until the last one is, so that a wait which ends early
 * can be withdrawn from them all. A wake-up counts down and does no more.
 */
#include <greenroom/combine.h>

#include <errno.h>

#include "future/set.h"
#include "runner/park.h"

static void woken(struct gr_set *set)
{
    if (set->open == 0)
        gr__set_wake(set);
}

static bool ready(struct gr_awaitable *awaitable)
{
    return gr__set_of(awaitable)->open == 0;
}

static int subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_set *set = gr__set_of(awaitable);
    if (set->waiter != NULL)
        return -EBUSY;
    for (size_t i = 0; i < set->count; i++)
        gr__set_hook(set, &set->members[i]);
    gr__set_wait(set, waiter, set->open == 0);
    return 0;
}

static void take_all(struct gr_set *set)
{
    set->waiter = NULL;
    set->first = NULL;
    for (size_t i = 0; i < set->count; i++)
        if (set->members[i].state != GR__MEMBER_TAKEN)
            gr__set_take(set, &set->members[i]);
}

static int take_settled(struct gr_awaitable *awaitable)
{
    take_all(gr__set_of(awaitable));
    return 0;
}

/* Tell of the failures behind the first one, which is returned. */
static void report_rest(const struct gr_set *set)
{
    struct gr__loop *loop = gr__loop_here();
    bool first = true;
    for (size_t i = 0; i < set->count; i++) {
        int status = set->members[i].status;
        if (status < 0 && !first && status != -ECANCELED && !gr__is_quiet(set->quiet, status))
            gr__loop_say(loop, "of several awaited on loop %u number %zu failed, too: %s (%s)",
                         loop->id, i, gr_error_text(status), gr_error_name(status));
        first = first && status >= 0;
    }
}

static int take_failure(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    take_all(set);
    int status = gr__set_failure(set);
    if (status < 0)
        report_rest(set);
    return status;
}

static bool cancel(struct gr_awaitable *awaitable)
{
    return !gr__set_withdraw(gr__set_of(awaitable));
}

static const struct gr_awaitable_type all_type = {"all of several", ready, subscribe, take_failure,
                                                  cancel};
static const struct gr_awaitable_type settled_type = {"all of several", ready, subscribe,
                                                      take_settled, cancel};

struct gr_awaitable *gr_all_awaitable(struct gr_set *set, struct gr_member *members, size_t count,
                                      const int *quiet)
{
    gr__set_fill(set, &all_type, members, count, woken);
    set->quiet = quiet;
    return &set->awaitable;
}

struct gr_awaitable *gr_all_settled_awaitable(struct gr_set *set, struct gr_member *members,
                                              size_t count)
{
    gr__set_fill(set, &settled_type, members, count, woken);
    return &set->awaitable;
}

/* What is ready at the front is taken first: where that is all, nobody has a turn. */
static int await_all(struct gr_set *set, gr_time deadline)
{
    bool may_take = gr__runner_here() != NULL;
    for (size_t i = 0; may_take && i < set->count; i++) {
        if (!gr__set_is_ready(set, &set->members[i]))
            break;
        gr__set_take(set, &set->members[i]);
    }
    return gr_await(&set->awaitable, deadline);
}

int gr_all(struct gr_member *members, size_t count, const int *quiet, gr_time deadline)
{
    struct gr_set set;
    gr_all_awaitable(&set, members, count, quiet);
    return await_all(&set, deadline);
}

int gr_all_settled(struct gr_member *members, size_t count, gr_time deadline)
{
    struct gr_set set;
    gr_all_settled_awaitable(&set, members, count);
    return await_all(&set, deadline);
}
