/*
 * Cancelling: which waits end with -ECANCELED, and how the word gets there.
 *
 *     runner R, cancelled      its waits are interrupted ...
 *        |
 *     scope A, opened by R     ... so is all in A: each of its members is told
 *        |
 *     ---- shield ----         ... and up to here
 *        |
 *     scope B, opened by R     not cancelled: its members run on, R's waits in it succeed,
 *                              until B is cancelled itself, or the shield's bound has passed
 *
 * Whether a runner's waits end is one flag, `interrupted`, which is all that parking looks
 * at. It is computed anew when something that it hangs on changes: the runner or a scope of it
 * is cancelled, a scope is opened or closed, a shield raised, lowered or passed. So waiting
 * costs the same with scopes as without.
 *
 * Who is cancelled tells its scopes, a scope its members, and a member that is a runner is
 * cancelled in turn. A tree may be deeper than a stack is, so this does not recurse: scopes
 * whose members have not been told yet stand in a queue of the loop, and whoever is first tells
 * all of them. So the word goes down level by level, and in one go.
 *
 * Invariants:
 *   1. A runner's scopes are a stack, as are its shields, and each scope knows which shield it is
 *      behind, each shield in which scope it was raised.
 *   2. A scope is cancelled once and for all; each of its members is told then, and a cancelled
 *      scope gets no new ones.
 *   3. What is cancelled reaches a scope or a wait inside it unless a shield that has not passed
 *      stands between them: unless up() of the two shields differs.
 *   4. The bounds of nested shields do not grow inwards, so an inner one passes first.
 */
#ifndef GREENROOM_RUNNER_CANCEL_H
#define GREENROOM_RUNNER_CANCEL_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <greenroom/scope.h>
#include <greenroom/shield.h>

#include "base/list.h"
#include "loop/ambient.h"
#include "runner/park.h"

/* What was started in a scope, wherever it runs. */
struct gr__member {
    struct gr__list link; /* among the scope's members, until it has ended */
    struct gr__scope *scope;
    int *ret_status; /* or NULL */
    const char *name;
    void (*cancel)(struct gr__member *member);
};

struct gr__deferred;

/* In the bytes of a struct gr_scope. */
struct gr__scope {
    struct gr__scope *outer;   /* of the same opener, or NULL */
    struct gr__runner *opener; /* or NULL: it belongs to none */
    struct gr__shield *shield; /* behind which it was opened, or NULL */
    struct gr__list members;   /* in the order in which they were started */
    struct gr__scope *next;    /* while its members are to be told */
    struct gr__runner *joiner; /* waits until there are no members, or NULL */
    struct gr__timer timer;    /* its own deadline, where that is earlier than what is around it */
    gr_time deadline;          /* the earliest that ends it: its own, or an outer scope's */
    gr_time deadline_around;   /* what gr_deadline() was when it was opened */
    struct gr__deferred *newest; /* of what close calls */
    gr_time clean_within;
    const char *name;
    bool (*failed)(struct gr__scope *scope, int status); /* takes the first failure; see member.h */
    size_t failures;
    int status; /* what close is to return, but for -ECANCELED: the first failure or -ETIMEDOUT */
    bool cancelled;
    bool collects;
    bool sealed; /* all members have ended, and no more may come */
};

/* In the bytes of a struct gr_shield. */
struct gr__shield {
    struct gr__shield *outer; /* of the same runner, or NULL */
    struct gr__runner *runner;
    struct gr__scope *edge; /* the innermost scope when it was raised, or NULL */
    gr_time until;
    gr_time deadline_around; /* what gr_deadline() was when it was raised */
    struct gr__timer timer;  /* unless until is GR_FOREVER */
    bool passed;
};

static inline struct gr__scope *gr__scope_in(struct gr_scope *scope)
{
    static_assert(sizeof(struct gr__scope) <= sizeof(struct gr_scope), "fits into the public one");
    return (struct gr__scope *)(void *)scope->opaque;
}

static inline struct gr_scope *gr__scope_out(struct gr__scope *scope)
{
    return (struct gr_scope *)(void *)scope;
}

/* Set what gr_deadline() is, and return what it was. */
static inline gr_time gr__deadline_swap(struct gr__loop *loop, gr_time deadline)
{
    gr_time before = loop->ambient.deadline;
    if (deadline != before)
        gr__ambient_swap(loop, (struct gr__ambient){loop->ambient.values, deadline});
    return before;
}

/* The deadline of the scopes and shields that a runner is in; GR_FOREVER: it is in none that has one. */
static inline gr_time gr__runner_bound(const struct gr__runner *runner)
{
    const struct gr__scope *scope = runner->scope;
    gr_time bound = runner->shield == NULL ? GR_FOREVER : runner->shield->until;
    bool inside = scope != NULL && scope->shield == runner->shield;
    return inside && scope->deadline < bound ? scope->deadline : bound;
}

/* Cancel a runner that has scopes or shields. */
void gr__runner_cancel_inside(struct gr__runner *runner);

/* Cancel whatever a runner is working on, and all scopes that it has open. */
static inline void gr__runner_cancel(struct gr__runner *runner)
{
    if (runner->scope != NULL || runner->shield != NULL) {
        gr__runner_cancel_inside(runner);
        return;
    }

    runner->cancelled |= GR__RUNNER_CANCELLED;
    runner->interrupted = true;
    gr__runner_interrupt(runner, -ECANCELED);
}

/* The same, through all shields, and through those that it raises from now on. */
void gr__runner_kill(struct gr__runner *runner);

/* Let shields of a runner count again. */
static inline void gr__runner_unkill(struct gr__runner *runner)
{
    runner->cancelled &= GR__RUNNER_CANCELLED;
}

/* Let the waits of the running runner succeed again: what was cancelled is over, and this is not. */
static inline void gr__runner_pardon(struct gr__runner *runner)
{
    assert(runner->scope == NULL && runner->shield == NULL);
    runner->cancelled = 0;
    runner->interrupted = false;
}

/* Compute anew whether a runner's waits end, and end the one it is in. */
void gr__runner_reconsider(struct gr__runner *runner);

/* Cancel a scope, and all that is in it. */
void gr__scope_cancel(struct gr__scope *scope);

#endif
