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

#include "coro/stack.h"
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

enum { ROWS_MAX = 100, CROWD = 500 };

/*
 * A wait of each row, tried by the first of many runners that finds no stack left to wait on. Where one
 * gives a stack back that it held, the next can wait; and some are over by themselves.
 */
static struct {
    struct gr_event tried;
    struct doing waits[ROWS_MAX];
    int outcomes[ROWS_MAX];
    int count;
    bool begun;
} poor;

static void begin_for_the_poor(const struct row *row)
{
    if (check(poor.count < ROWS_MAX))
        poor.waits[poor.count++] = begin(row);
}

static void try_all(void)
{
    poor.begun = true;
    for (int i = 0; i < poor.count; i++) {
        gr__stack_fail_nth(1);
        poor.outcomes[i] = gr_await(poor.waits[i].thing->awaitable, gr_in(GR_MILLISECOND));
    }
    gr_event_set(&poor.tried);
}

static int wait_or_be_poor(void *context)
{
    (void)context;
    gr__stack_fail_nth(1);
    int rc = gr_event_wait(&poor.tried, SOON);
    if (rc == -ENOMEM && !poor.begun)
        try_all();
    gr__stack_fail_nth(0);
    return 0;
}

LONE_RUNNER_TEST(nothing_is_lost_where_there_is_no_stack_to_wait_on)
{
    gr_runner crowd[CROWD];
    int told = 0;
    each_row(begin_for_the_poor);
    for (int i = 0; i < CROWD; i++)
        check_equal(gr_runner_start(wait_or_be_poor, NULL, NULL, &crowd[i]), 0);
    check_equal(gr_event_wait(&poor.tried, SOON), 0);
    for (int i = 0; i < CROWD; i++)
        check_equal(gr_runner_join(crowd[i], SOON), 0);
    for (int i = 0; i < poor.count; i++) {
        int rc = poor.outcomes[i];
        check(rc == -ENOMEM || rc == -ETIMEDOUT || rc == 0);
        told += rc == -ENOMEM;
        if (rc < 0)
            await_again(&poor.waits[i], false);
        poor.waits[i].row->end(poor.waits[i].thing);
    }
    check(told > poor.count / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_where_a_wait_is_never_begun),
        cmocka_unit_test(nothing_is_lost_where_a_waiter_withdraws),
        cmocka_unit_test(nothing_is_lost_where_a_runner_is_cancelled),
        cmocka_unit_test(nothing_is_lost_where_a_deadline_passes),
        cmocka_unit_test(nothing_is_lost_where_there_is_no_stack_to_wait_on),
    };
    return cmocka_run_group_tests_name("every_awaitable", tests, NULL, NULL);
}
