/*
 * Any, race, all-fail-fast: sets in which each outcome counts as soon as it is there.
 *
 *     a member is woken --> line --> step, a task: take, and decide --+--> not yet: wait on
 *                                                                     |
 *          the outer waiter <-- wake <-- withdraw from the rest <-----+--> decided
 *
 * To be woken runs nothing, so the outcomes are taken in a task of the loop's, the step. It stands
 * in the ready queue, out of which it cannot be taken, and so it is in the pool and not in the set:
 * where the set goes before its turn it stays behind, and does nothing.
 *
 * The step may wait, where what it takes or withdraws from does. Who withdraws from the set
 * meanwhile waits until it is over.
 *
 * Invariants:
 *   1. set->step is set from subscribe to take or cancel. It stands in the ready queue at most
 *      once, and while set->busy it does not.
 *   2. set->busy while members are taken from, or withdrawn from, by the step or by subscribe.
 *   3. A set is decided once it has a winner or nothing is open or in line; then all members are
 *      IDLE, TAKEN or KEPT.
 */
#include <greenroom/combine.h>

#include <assert.h>
#include <errno.h>

#include "future/set.h"
#include "runner/park.h"

struct step {
    struct gr__task task;
    struct gr_set *set; /* NULL: it has gone */
    bool queued;
};

/* What decides: the type of each kind of set stands in one of these. */
struct kind {
    struct gr_awaitable_type type;
    bool success_decides;
    bool failure_decides;
};

static const struct kind *kind_of(const struct gr_set *set)
{
    return gr__container_of(set->awaitable.type, const struct kind, type);
}

static bool decides(const struct gr_set *set, int status)
{
    return status < 0 ? kind_of(set)->failure_decides : kind_of(set)->success_decides;
}

static bool is_decided(const struct gr_set *set)
{
    return set->winner != NULL || (set->open == 0 && set->first == NULL);
}

/* Weigh an outcome; where it decides the rest is withdrawn from. */
static void weigh(struct gr_set *set, struct gr_member *member)
{
    if (set->winner != NULL || !decides(set, member->status))
        return;

    struct gr_waiter *waiter = set->waiter;
    set->winner = member;
    gr__set_withdraw(set);
    set->waiter = waiter;
}

/* Take from all that stand in line. */
static void digest(struct gr_set *set)
{
    struct gr_member *member;
    set->busy = true;
    while (set->winner == NULL && (member = gr__set_shift(set)) != NULL) {
        gr__set_take(set, member);
        weigh(set, member);
    }
    set->busy = false;
    if (set->joiner != NULL)
        gr__runner_unpark(set->joiner);
}

static struct step *step_of(struct gr__task *task)
{
    return gr__container_of(task, struct step, task);
}

static void give(struct step *step)
{
    gr__pool_give(&gr__loop_here()->pool, step, sizeof *step);
}

static void run_step(struct gr__task *task)
{
    struct step *step = step_of(task);
    struct gr_set *set = step->set;
    step->queued = false;
    if (set == NULL) {
        give(step);
        return;
    }

    digest(set);
    if (set->joiner == NULL && is_decided(set))
        gr__set_wake(set);
}

static void discard_step(struct gr__task *task)
{
    if (step_of(task)->set == NULL)
        give(step_of(task));
    else
        step_of(task)->queued = false;
}

static const struct gr__task_class step_class = {"a step of several awaited", run_step,
                                                 discard_step, NULL};

/* Have the step run, where there is something for it and it does not run, nor is about to. */
static void woken(struct gr_set *set)
{
    struct step *step = set->step;
    if (set->busy || step->queued)
        return;

    step->queued = true;
    gr__loop_ready(gr__loop_here(), &step->task);
}

static int make_step(struct gr_set *set)
{
    struct step *step = gr__pool_take(&gr__loop_here()->pool, sizeof *step);
    if (step == NULL)
        return -ENOMEM;

    *step = (struct step){{NULL, &step_class}, set, false};
    set->step = step;
    return 0;
}

static void end_step(struct gr_set *set)
{
    struct step *step = set->step;
    set->step = NULL;
    if (step == NULL)
        return;
    step->set = NULL;
    if (!step->queued)
        give(step);
}

static bool ready(struct gr_awaitable *awaitable)
{
    const struct gr_set *set = gr__set_of(awaitable);
    return !set->busy && is_decided(set);
}

static void hook_all(struct gr_set *set)
{
    set->busy = true;
    for (size_t i = 0; i < set->count && set->winner == NULL; i++) {
        struct gr_member *member = &set->members[i];
        if (member->state != GR__MEMBER_TAKEN && gr__set_hook(set, member))
            weigh(set, member);
    }
    set->busy = false;
}

static int subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_set *set = gr__set_of(awaitable);
    if (set->step != NULL)
        return -EBUSY;
    int rc = make_step(set);
    if (rc < 0)
        return rc;

    hook_all(set);
    gr__set_wait(set, waiter, is_decided(set));
    if (set->first != NULL && set->winner == NULL)
        woken(set);
    return 0;
}

/* Wait until the step is over, where it waits itself. */
static void join_step(struct gr_set *set)
{
    struct gr__runner *runner = gr__runner_here();
    set->waiter = NULL;
    while (set->busy) {
        set->joiner = runner;
        runner->awaited = &set->awaitable;
        gr__runner_park_surely(runner);
        runner->awaited = NULL;
        set->joiner = NULL;
    }
}

/* Where any outcome decides, one that it is too late to withdraw from does. */
static void choose_kept(struct gr_set *set)
{
    bool any = kind_of(set)->success_decides && kind_of(set)->failure_decides;
    for (size_t i = 0; any && i < set->count && set->winner == NULL; i++)
        if (set->members[i].state == GR__MEMBER_KEPT)
            set->winner = &set->members[i];
}

static bool cancel(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    join_step(set);
    end_step(set);
    gr__set_withdraw(set);
    choose_kept(set);
    return !is_decided(set);
}

/* Take from those that it was too late to withdraw from, in order, until one decides. */
static void take_kept(struct gr_set *set)
{
    if (set->winner != NULL && set->winner->state == GR__MEMBER_KEPT)
        gr__set_take(set, set->winner);
    for (size_t i = 0; i < set->count && set->winner == NULL; i++) {
        struct gr_member *member = &set->members[i];
        if (member->state != GR__MEMBER_KEPT)
            continue;
        gr__set_take(set, member);
        weigh(set, member);
    }
}

static void finish(struct gr_set *set)
{
    set->waiter = NULL;
    end_step(set);
    take_kept(set);
}

static int take_any(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    finish(set);
    if (set->winner != NULL)
        return 0;
    return set->count == 0 ? -ENOENT : gr__set_failure(set);
}

static const struct kind any_kind = {
    {"any of several", ready, subscribe, take_any, cancel}, true, false};

static int take_fail_fast(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    finish(set);
    return set->winner == NULL ? 0 : set->winner->status;
}

static const struct kind fail_fast_kind = {
    {"all of several", ready, subscribe, take_fail_fast, cancel}, false, true};

static int take_race(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    finish(set);
    return set->winner == NULL ? -ENOENT : set->winner->status;
}

static const struct kind race_kind = {
    {"the first of several", ready, subscribe, take_race, cancel}, true, true};

/*
 * The other member is the point in time. What it came too late to withdraw from goes before it:
 * it is there after all.
 */
static int take_within(struct gr_awaitable *awaitable)
{
    struct gr_set *set = gr__set_of(awaitable);
    struct gr_member *inner = &set->members[0];
    if (inner->state == GR__MEMBER_KEPT)
        gr__set_take(set, inner);
    finish(set);
    return inner->state == GR__MEMBER_TAKEN ? inner->status : -ETIMEDOUT;
}

static const struct kind within_kind = {
    {"one within its time", ready, subscribe, take_within, cancel}, true, true};

struct gr_awaitable *gr_any_awaitable(struct gr_set *set, struct gr_member *members, size_t count)
{
    gr__set_fill(set, &any_kind.type, members, count, woken);
    return &set->awaitable;
}

struct gr_awaitable *gr_race_awaitable(struct gr_set *set, struct gr_member *members, size_t count)
{
    gr__set_fill(set, &race_kind.type, members, count, woken);
    return &set->awaitable;
}

struct gr_awaitable *gr_all_fail_fast_awaitable(struct gr_set *set, struct gr_member *members,
                                                size_t count)
{
    gr__set_fill(set, &fail_fast_kind.type, members, count, woken);
    return &set->awaitable;
}

struct gr_awaitable *gr_within_awaitable(struct gr_within *within, struct gr_awaitable *awaitable,
                                         gr_time until)
{
    within->members[0] = (struct gr_member){.awaitable = awaitable};
    within->members[1] = (struct gr_member){.awaitable = gr_sleep_awaitable(&within->sleep, until)};
    gr__set_fill(&within->set, &within_kind.type, within->members, 2, woken);
    return &within->set.awaitable;
}

/* What is ready at the front is taken first: where that decides, nobody has a turn. */
static int await_eagerly(struct gr_set *set, gr_time deadline)
{
    bool may_take = gr__runner_here() != NULL;
    for (size_t i = 0; may_take && i < set->count && set->winner == NULL; i++) {
        if (!gr__set_is_ready(set, &set->members[i]))
            break;
        gr__set_take(set, &set->members[i]);
        weigh(set, &set->members[i]);
    }
    return gr_await(&set->awaitable, deadline);
}

int gr_any(struct gr_member *members, size_t count, gr_time deadline)
{
    struct gr_set set;
    gr_any_awaitable(&set, members, count);
    return await_eagerly(&set, deadline);
}

int gr_all_fail_fast(struct gr_member *members, size_t count, gr_time deadline)
{
    struct gr_set set;
    gr_all_fail_fast_awaitable(&set, members, count);
    return await_eagerly(&set, deadline);
}
