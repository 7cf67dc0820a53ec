/*
 * Cancelling, and the shields against it. The design stands in cancel.h.
 */
#include "runner/cancel.h"

#include <errno.h>
#include <string.h>

/* The innermost shield, from this one outwards, whose bound has not passed. */
static const struct gr__shield *up(const struct gr__shield *shield)
{
    while (shield != NULL && shield->passed)
        shield = shield->outer;
    return shield;
}

static bool is_interrupted(const struct gr__runner *runner)
{
    const struct gr__scope *scope = runner->scope;
    if (scope == NULL)
        return runner->cancelled && up(runner->shield) == NULL;
    return scope->cancelled && up(runner->shield) == up(scope->shield);
}

void gr__runner_reconsider(struct gr__runner *runner)
{
    runner->interrupted = is_interrupted(runner);
    if (runner->interrupted)
        gr__runner_interrupt(runner, -ECANCELED);
}

/* Cancel one scope; its members are told in spread(). */
static void mark(struct gr__runners *runners, struct gr__scope *scope)
{
    if (scope->cancelled)
        return;

    scope->cancelled = true;
    scope->next = NULL;
    if (runners->spreading == NULL)
        runners->spreading = scope;
    else
        runners->spreading_last->next = scope;
    runners->spreading_last = scope;
}

/* Cancel those scopes of a runner, from the innermost up to `outermost`, that this shield is not before. */
static void mark_up_to(struct gr__runner *runner, const struct gr__scope *outermost,
                       const struct gr__shield *shield)
{
    struct gr__runners *runners = gr__runners_of(gr__loop_here());
    for (struct gr__scope *scope = runner->scope; scope != outermost; scope = scope->outer)
        if (up(scope->shield) == up(shield))
            mark(runners, scope);
}

/* Tell the members of all scopes that have been marked. A member tells, and ends, nobody at once. */
static void spread(void)
{
    struct gr__runners *runners = gr__runners_of(gr__loop_here());
    if (runners->spreads)
        return;

    runners->spreads = true;
    struct gr__scope *scope;
    while ((scope = runners->spreading) != NULL) {
        runners->spreading = scope->next;
        gr__list_each (link, &scope->members) {
            struct gr__member *member = gr__container_of(link, struct gr__member, link);
            member->cancel(member);
        }
    }
    runners->spreads = false;
}

void gr__runner_cancel_inside(struct gr__runner *runner)
{
    runner->cancelled |= GR__RUNNER_CANCELLED;
    mark_up_to(runner, NULL, NULL);
    gr__runner_reconsider(runner);
    spread();
}

void gr__scope_cancel(struct gr__scope *scope)
{
    if (scope->opener == NULL) {
        mark(gr__runners_of(gr__loop_here()), scope);
    } else {
        mark_up_to(scope->opener, scope->outer, scope->shield);
        gr__runner_reconsider(scope->opener);
    }
    spread();
}

static struct gr__shield *shield_in(struct gr_shield *shield)
{
    static_assert(sizeof(struct gr__shield) <= sizeof(struct gr_shield),
                  "fits into the public one");
    return (struct gr__shield *)(void *)shield->opaque;
}

/* Whether what is outside of a shield that has passed is cancelled, and reaches behind it. */
static bool is_cancelled_outside(const struct gr__shield *shield)
{
    const struct gr__scope *edge = shield->edge;
    if (edge == NULL)
        return shield->runner->cancelled && up(shield) == NULL;
    return edge->cancelled && up(shield) == up(edge->shield);
}

/* The bound has passed: what was kept out comes in. */
static void pass(struct gr__shield *shield)
{
    shield->passed = true;
    if (is_cancelled_outside(shield))
        mark_up_to(shield->runner, shield->edge, shield);
    gr__runner_reconsider(shield->runner);
    spread();
}

void gr__runner_kill(struct gr__runner *runner)
{
    runner->cancelled = GR__RUNNER_KILLED;
    for (struct gr__shield *shield = runner->shield; shield != NULL; shield = shield->outer)
        pass(shield);
    gr__runner_cancel(runner);
}

static void on_bound(struct gr__timer *timer)
{
    pass(gr__container_of(timer, struct gr__shield, timer));
}

void gr_shield_raise(struct gr_shield *public, gr_time until)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    assert(loop != NULL && "only in a runner, a handler or a callback");
    struct gr__runner *runner = loop->runner;
    struct gr__shield *shield = shield_in(public);
    memset(shield, 0, sizeof *shield);
    shield->runner = runner;
    shield->outer = runner->shield;
    shield->edge = runner->scope;
    shield->until = until;
    if (shield->outer != NULL && shield->outer->until < until)
        shield->until = shield->outer->until;
    shield->passed = shield->until <= loop->now || runner->cancelled == GR__RUNNER_KILLED;
    shield->timer.fire = on_bound;
    if (!shield->passed && shield->until != GR_FOREVER)
        gr__wheel_start(&loop->wheel, &shield->timer, shield->until);
    shield->deadline_around = gr__deadline_swap(loop, shield->until);
    runner->shield = shield;
    gr__runner_reconsider(runner);
}

void gr_shield_lower(struct gr_shield *public)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct gr__shield *shield = shield_in(public);
    assert(loop != NULL && "only in a runner, a handler or a callback");
    assert(loop->runner->shield == shield && "the innermost one first");
    assert(loop->runner->scope == shield->edge && "not before the scopes behind it are closed");
    gr__wheel_cancel(&loop->wheel, &shield->timer);
    gr__deadline_swap(loop, shield->deadline_around);
    loop->runner->shield = shield->outer;
    gr__runner_reconsider(loop->runner);
}
