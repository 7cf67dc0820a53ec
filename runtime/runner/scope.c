/*
 * Scopes: opening, starting, closing.
 *
 *     open --> OPEN -- close: the opener's part is over --> joins ... no members --> SEALED
 *               |                                             ^                        |
 *               +-- a failure, the deadline, cancel: CANCELLED, and on as before       v
 *                                                                   clean-up, newest first --> gone
 *
 * What is started on the scope's loop is a member in a block of the pool: the scope's list holds
 * it, and the runner's slot names it as its owner. So a scope can grow to any number, and a
 * runner that is in none knows nothing of it. What is started elsewhere is in away.c. How
 * cancellation goes down stands in cancel.h; here is how failures come up.
 *
 *     the first failure      status, which close returns; cancels the rest, unless the scope collects
 *     the deadline           status -ETIMEDOUT, if it comes before a failure has cancelled
 *     what follows from it   -ECANCELED and -ESHUTDOWN in a cancelled scope: nobody's failure
 *     any other              counted, and reported where no ret_status got it
 *
 * Invariants:
 *   1. A member is in its scope's list from its start to the moment its end is known here.
 *   2. The runner's innermost scope is the one opened last that is not closed.
 *   3. The timer is started only while the scope's own deadline is earlier than all around it, and
 *      the scope is not sealed: nested deadlines cost one timer where they differ.
 *   4. A sealed scope has no members and gets none.
 */
#include <greenroom/scope.h>

#include <errno.h>
#include <string.h>

#include "loop/details.h"
#include "runner/member.h"
#include "runner/spawned.h"
#include "runner/wait.h"

#define CLEAN_WITHIN (5 * GR_SECOND)

void gr__scope_init(struct gr__scope *scope, const struct gr_scope_options *options,
                    bool (*failed)(struct gr__scope *scope, int status))
{
    static const struct gr_scope_options defaults;
    if (options == NULL)
        options = &defaults;
    memset(scope, 0, sizeof *scope);
    gr__list_init(&scope->members);
    scope->name = options->name == NULL ? "scope" : options->name;
    scope->collects = options->collect;
    scope->clean_within = options->clean_within == 0 ? CLEAN_WITHIN : options->clean_within;
    scope->deadline = GR_FOREVER;
    scope->failed = failed;
}

/* The deadline of the scope that a runner is in, unless a shield is before it. */
static gr_time deadline_outside(const struct gr__runner *runner)
{
    const struct gr__scope *scope = runner->scope;
    return scope == NULL || scope->shield != runner->shield ? GR_FOREVER : scope->deadline;
}

/* All that is in it is cancelled, but for what a failure has cancelled before. */
static void pass(struct gr__scope *scope)
{
    if (!scope->cancelled)
        scope->status = -ETIMEDOUT;
    gr__scope_cancel(scope);
}

static void on_deadline(struct gr__timer *timer)
{
    pass(gr__container_of(timer, struct gr__scope, timer));
}

void gr_scope_open(struct gr_scope *public, const struct gr_scope_options *options,
                   gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    assert(loop != NULL && "only in a runner, a handler or a callback");
    struct gr__runner *runner = loop->runner;
    struct gr__scope *scope = gr__scope_in(public);
    gr_time outside = deadline_outside(runner);
    gr__scope_init(scope, options, NULL);
    scope->opener = runner;
    scope->outer = runner->scope;
    scope->shield = runner->shield;
    scope->cancelled = runner->interrupted;
    scope->deadline = deadline < outside ? deadline : outside;
    scope->deadline_around = gr__deadline_swap(loop, gr__ambient_bound(loop, deadline));
    scope->timer.fire = on_deadline;
    runner->scope = scope;
    if (deadline >= outside || scope->cancelled)
        return;
    if (deadline > loop->now)
        gr__wheel_start(&loop->wheel, &scope->timer, deadline);
    else
        pass(scope);
}

int gr__scope_admits(const struct gr__scope *scope)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    return scope->cancelled || scope->sealed ? -ECANCELED : 0;
}

void gr__scope_add(struct gr__scope *scope, struct gr__member *member)
{
    member->scope = scope;
    gr__list_append(&scope->members, &member->link);
}

static void report(const struct gr__scope *scope, const struct gr__member *member, int status)
{
    struct gr__loop *loop = gr__loop_here();
    char text[384];
    gr__details_print(status, text, sizeof text);
    gr__loop_say(loop, "runner '%s' in scope '%s' on loop %u failed: %s", member->name, scope->name,
                 loop->id, text);
}

/* Whether anybody will hear of the failure: the first one is returned by close. */
static bool fail(struct gr__scope *scope, int status)
{
    scope->failures++;
    bool heard = scope->status == 0;
    if (heard) {
        scope->status = status;
        if (scope->failed != NULL)
            heard = scope->failed(scope, status);
    }
    if (!scope->collects)
        gr__scope_cancel(scope);
    return heard;
}

/* What follows from a cancellation, or from the end of a loop that caused it, is no failure. */
static bool is_failure(const struct gr__scope *scope, int status)
{
    bool follows = status == -ECANCELED || status == -ESHUTDOWN;
    return status < 0 && !(follows && scope->cancelled);
}

void gr__scope_settle(struct gr__member *member, int status)
{
    struct gr__scope *scope = member->scope;
    gr__list_remove(&member->link);
    if (member->ret_status != NULL)
        *member->ret_status = status;
    if (is_failure(scope, status) && !fail(scope, status) && member->ret_status == NULL)
        report(scope, member, status);
    if (scope->joiner != NULL && gr__list_empty(&scope->members))
        gr__runner_unpark(scope->joiner);
}

/* A member whose runner is on this loop. */
struct local {
    struct gr__member member;
    struct gr__owner owner;
    gr_runner runner;
};

static void cancel_local(struct gr__member *member)
{
    gr_runner_cancel(gr__container_of(member, struct local, member)->runner);
}

static void give(struct local *local)
{
    gr__pool_give(&gr__loop_here()->pool, local, sizeof *local);
}

static void local_ended(struct gr__owner *owner, int status)
{
    struct local *local = gr__container_of(owner, struct local, owner);
    gr__scope_settle(&local->member, status);
    give(local);
}

static void local_torn(struct gr__owner *owner)
{
    give(gr__container_of(owner, struct local, owner));
}

int gr_scope_start(struct gr_scope *public, gr_runner_fn *run, void *context,
                   const struct gr_runner_options *options, int *ret_status)
{
    struct gr__scope *scope = gr__scope_in(public);
    int rc = gr__scope_admits(scope);
    if (rc < 0)
        return rc;
    struct local *local = gr__pool_take(&gr__loop_here()->pool, sizeof *local);
    if (local == NULL)
        return -ENOMEM;

    local->member.link.next = NULL;
    local->member.ret_status = ret_status;
    local->member.name = options == NULL || options->name == NULL ? "runner" : options->name;
    local->member.cancel = cancel_local;
    local->owner =
        (struct gr__owner){.ended = local_ended, .torn = local_torn, .scope = scope->name};
    rc = gr__spawn_owned(run, context, options, &local->owner, &local->runner);
    if (rc < 0)
        give(local);
    else
        gr__scope_add(scope, &local->member);
    return rc;
}

/* What close calls. In the pool until then. */
struct gr__deferred {
    struct gr__deferred *older;
    gr_task_fn *run;
    void *context;
};

int gr_scope_defer(struct gr_scope *public, gr_task_fn *run, void *context)
{
    struct gr__scope *scope = gr__scope_in(public);
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    struct gr__deferred *deferred = gr__pool_take(&gr__loop_here()->pool, sizeof *deferred);
    if (deferred == NULL)
        return -ENOMEM;

    *deferred = (struct gr__deferred){scope->newest, run, context};
    scope->newest = deferred;
    return 0;
}

/* One that is called may defer another, which is the newest then. */
static void clean_up(struct gr__scope *scope)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(scope->clean_within));
    while (scope->newest != NULL) {
        struct gr__deferred deferred = *scope->newest;
        gr__pool_give(&loop->pool, scope->newest, sizeof deferred);
        scope->newest = deferred.older;
        deferred.run(deferred.context);
    }
    gr_shield_lower(&shield);
}

void gr_scope_cancel(struct gr_scope *public)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    gr__scope_cancel(gr__scope_in(public));
}

/* What the joiner's report says. Nobody subscribes to it: the last member's end unparks the joiner. */
static const struct gr_awaitable_type end_type = {.name = "the runners of a scope"};
static const struct gr_awaitable end_of_scope = {&end_type};

/* Whoever is cancelled meanwhile is woken by that, once, and waits on. */
static void join(struct gr__scope *scope)
{
    struct gr__runner *runner = gr__runner_here();
    scope->joiner = runner;
    runner->awaited = &end_of_scope;
    while (!gr__list_empty(&scope->members))
        gr__runner_park_surely(runner);
    runner->awaited = NULL;
    scope->joiner = NULL;
    scope->sealed = true;
}

void gr__scope_finish(struct gr__scope *scope)
{
    join(scope);
    gr__wheel_cancel(&gr__loop_here()->wheel, &scope->timer);
    if (scope->newest != NULL)
        clean_up(scope);
}

int gr_scope_close(struct gr_scope *public, int status)
{
    struct gr__scope *scope = gr__scope_in(public);
    struct gr__runner *runner = gr__runner_here();
    assert(runner != NULL && runner->scope == scope && "by the opener, the innermost one first");
    if (is_failure(scope, status))
        fail(scope, status);
    gr__scope_finish(scope);

    gr__deadline_swap(gr__loop_here(), scope->deadline_around);
    runner->scope = scope->outer;
    gr__runner_reconsider(runner);
    return scope->status == 0 && scope->cancelled ? -ECANCELED : scope->status;
}

size_t gr_scope_failures(const struct gr_scope *public)
{
    return ((const struct gr__scope *)(const void *)public->opaque)->failures;
}
