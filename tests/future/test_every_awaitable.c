/*
 * Whatever is waited for, a wait that ends early loses nothing: no value, message, permit,
 * connection or byte, and none is given twice.
 *
 * A wait for each awaitable (lib/rows.h) is ended at each point at which it can be, with as many
 * turns between the steps as a point says; then it either gives its outcome, since it was too
 * late, or it is awaited again and does. What belongs to nobody in the end, the run reports.
 *
 *     begin -> subscribe .. turns .. complete .. turns .. cancel -+- false -> take    -+-> look, end
 *                                                                 +- true  -> again   -+
 */
#include <errno.h>

#include "lib/rows.h"

enum { TURNS = 4 };

static void turn(int turns)
{
    for (int i = 0; i < turns; i++)
        check_equal(gr_yield(), 0);
}

/* A row and its thing, and when a wait for it ends by itself. */
struct doing {
    const struct row *row;
    struct thing *thing;
    gr_time deadline;
};

/* In static memory, since a thread may still look at a thing whose work was abandoned. */
static struct doing begin(const struct row *row)
{
    static struct thing things[4096];
    static size_t used;
    struct thing *thing = &things[used++ % 4096];
    *thing = (struct thing){.got = -1};
    row->begin(thing);
    return (struct doing){row, thing, GR_FOREVER};
}

static void complete_later(void *context)
{
    const struct doing *doing = context;
    doing->row->complete(doing->thing);
}

/* A wait has ended without its outcome: it is still to be had. */
static void await_again(struct doing *doing, bool completed)
{
    struct thing *thing = doing->thing;
    if (!completed || doing->row->repeats)
        check_equal(gr_post(-1, complete_later, doing, NULL), 0);
    check_equal(gr_await(thing->awaitable, SOON), 0);
    doing->row->look(thing);
}

static int wakes;

static void count_wake(struct gr_waiter *waiter)
{
    (void)waiter;
    wakes++;
}

/* The steps of the protocol, one by one, with so many turns before and after it is completed. */
static void cancel_at(const struct row *row, int before, bool complete, int after)
{
    struct doing doing = begin(row);
    struct gr_awaitable *awaitable = doing.thing->awaitable;
    const struct gr_awaitable_type *type = awaitable->type;
    struct gr_waiter waiter = {count_wake};
    wakes = 0;
    check(!type->ready(awaitable));
    check_equal(type->subscribe(awaitable, &waiter), 0);
    turn(before);
    if (complete)
        row->complete(doing.thing);
    turn(complete ? after : 0);
    bool withdrawn = type->cancel(awaitable);
    int woken = wakes;
    check(woken <= 1);
    if (withdrawn) {
        await_again(&doing, complete);
    } else {
        check(type->ready(awaitable));
        turn(after); /* the outcome stays */
        check_equal(type->take(awaitable), 0);
        row->look(doing.thing);
    }
    check_equal(wakes, woken);
    row->end(doing.thing);
}

static int await_and_check(void *context)
{
    struct doing *doing = context;
    int rc = gr_await(doing->thing->awaitable, doing->deadline);
    if (rc == 0)
        doing->row->look(doing->thing);
    return rc;
}

enum order { CANCEL, CANCEL_COMPLETE, COMPLETE_CANCEL, COMPLETE_TURN_CANCEL, ORDERS };

/* A runner in the wait, which is cancelled; and in the same turn or before, it is completed. */
static void cancel_runner(const struct row *row, enum order order, int before)
{
    struct doing doing = begin(row);
    gr_runner runner;
    check_equal(gr_runner_start(await_and_check, &doing, NULL, &runner), 0);
    turn(before);
    if (order >= COMPLETE_CANCEL)
        row->complete(doing.thing);
    turn(order == COMPLETE_TURN_CANCEL);
    gr_runner_cancel(runner);
    if (order == CANCEL_COMPLETE)
        row->complete(doing.thing);
    int rc = gr_runner_join(runner, SOON);
    if (check(rc == 0 || rc == -ECANCELED) && rc < 0)
        await_again(&doing, order != CANCEL);
    row->end(doing.thing);
}

/* The deadline has passed, or passes while it is completed. */
static void pass_deadline(const struct row *row, gr_time patience, bool complete)
{
    struct doing doing = begin(row);
    gr_runner runner;
    doing.deadline = gr_now() + patience;
    check_equal(gr_runner_start(await_and_check, &doing, NULL, &runner), 0);
    turn(complete);
    if (complete)
        row->complete(doing.thing);
    int rc = gr_runner_join(runner, SOON);
    if (check(rc == 0 || rc == -ETIMEDOUT) && rc < 0)
        await_again(&doing, complete);
    row->end(doing.thing);
}

static void each_row(void (*visit)(const struct row *row))
{
    for (const struct row *row = near_rows; row->name != NULL; row++)
        visit(row);
    for (const struct row *row = far_rows; row->name != NULL; row++)
        visit(row);
}

static void never_begin(const struct row *row)
{
    struct doing doing = begin(row);
    await_again(&doing, false);
    row->end(doing.thing);
}

LONE_RUNNER_TEST(nothing_is_lost_where_a_wait_is_never_begun)
{
    each_row(never_begin);
}

static void withdraw(const struct row *row)
{
    print_message("    %s\n", row->name);
    for (int before = 0; before < TURNS; before++) {
        cancel_at(row, before, false, 0);
        for (int after = 0; after < TURNS; after++)
            cancel_at(row, before, true, after);
    }
}

LONE_RUNNER_TEST(nothing_is_lost_where_a_waiter_withdraws)
{
    each_row(withdraw);
}

static void cancel(const struct row *row)
{
    for (enum order order = 0; order < ORDERS; order++)
        for (int before = 0; before < TURNS; before++)
            cancel_runner(row, order, before);
}

LONE_RUNNER_TEST(nothing_is_lost_where_a_runner_is_cancelled)
{
    each_row(cancel);
}

static void run_late(const struct row *row)
{
    pass_deadline(row, 0, false);
    for (gr_time patience = 0; patience < 60 * GR_MICROSECOND; patience += 10 * GR_MICROSECOND)
        pass_deadline(row, patience, true);
}

LONE_RUNNER_TEST(nothing_is_lost_where_a_deadline_passes)
{
    each_row(run_late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_where_a_wait_is_never_begun),
        cmocka_unit_test(nothing_is_lost_where_a_waiter_withdraws),
        cmocka_unit_test(nothing_is_lost_where_a_runner_is_cancelled),
        cmocka_unit_test(nothing_is_lost_where_a_deadline_passes),
    };
    return cmocka_run_group_tests_name("every_awaitable", tests, NULL, NULL);
}
