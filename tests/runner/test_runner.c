/* A runner runs to its end on its loop, waits without blocking, and can be joined and cancelled. */
#include <errno.h>
#include <stdlib.h>

#include "coro/stack.h"
#include "lib/fixture.h"
#include "runner/park.h"

static int return_it(void *context)
{
    return *(int *)context;
}

static int wait_for_ever(void *context)
{
    int rc = gr_sleep(GR_FOREVER);
    *(int *)context = rc;
    return rc;
}

LONE_RUNNER_TEST(is_joined_with_what_it_returned)
{
    int outcomes[] = {0, 7, -EPROTO};
    for (int i = 0; i < 3; i++) {
        gr_runner runner;
        check_equal(gr_runner_start(return_it, &outcomes[i], NULL, &runner), 0);
        check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), outcomes[i]);
        check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), -ESTALE);
    }
}

static int note_it(void *context)
{
    *(bool *)context = true;
    return 0;
}

LONE_RUNNER_TEST(does_not_run_before_its_starter_waits)
{
    bool ran = false;
    gr_runner runner;
    check_equal(gr_runner_start(note_it, &ran, NULL, &runner), 0);
    check(!ran);
    check_equal(gr_runner_join(runner, GR_FOREVER), 0);
    check(ran);
}

LONE_RUNNER_TEST(is_left_be_by_a_join_that_was_too_short)
{
    int rc = 1;
    gr_runner runner;
    check_equal(gr_runner_start(wait_for_ever, &rc, NULL, &runner), 0);
    check_equal(gr_runner_join(runner, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), -ECANCELED);
    check_equal(rc, -ECANCELED);
}

LONE_RUNNER_TEST(never_begins_when_it_is_cancelled_first)
{
    bool ran = false;
    gr_runner runner;
    check_equal(gr_runner_start(note_it, &ran, NULL, &runner), 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), -ECANCELED);
    check(!ran);
}

static int clean_up(void *context)
{
    int rc = gr_sleep(GR_FOREVER);
    check_equal(rc, -ECANCELED);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), -ECANCELED);
    check_equal(gr_yield(), -ECANCELED);
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    gr_shield_lower(&shield);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), -ECANCELED);
    *(bool *)context = true;
    return rc;
}

LONE_RUNNER_TEST(cleans_up_behind_a_shield)
{
    bool cleaned = false;
    gr_runner runner;
    check_equal(gr_runner_start(clean_up, &cleaned, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), -ECANCELED);
    check(cleaned);
}

static int join_it(void *context)
{
    return gr_runner_join(*(gr_runner *)context, gr_in(GR_SECOND));
}

LONE_RUNNER_TEST(is_joined_by_one_at_a_time_and_not_by_itself)
{
    int rc = 1;
    gr_runner waits, first, self;
    check_equal(gr_runner_start(wait_for_ever, &rc, NULL, &waits), 0);
    check_equal(gr_runner_start(join_it, &waits, NULL, &first), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_runner_join(waits, gr_in(GR_SECOND)), -EBUSY);
    gr_runner_cancel(waits);
    check_equal(gr_runner_join(first, gr_in(GR_SECOND)), -ECANCELED);

    check_equal(gr_runner_start(join_it, &self, NULL, &self), 0);
    check_equal(gr_runner_join(self, gr_in(GR_SECOND)), -EDEADLK);
}

LONE_RUNNER_TEST(leaves_the_other_be_when_its_joiner_is_cancelled)
{
    int rc = 1;
    gr_runner waits, joins;
    check_equal(gr_runner_start(wait_for_ever, &rc, NULL, &waits), 0);
    check_equal(gr_runner_start(join_it, &waits, NULL, &joins), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(joins);
    check_equal(gr_runner_join(joins, gr_in(GR_SECOND)), -ECANCELED);
    check_equal(rc, 1);
    gr_runner_cancel(waits);
    check_equal(gr_runner_join(waits, gr_in(GR_SECOND)), -ECANCELED);
}

LONE_RUNNER_TEST(is_forgotten_when_it_is_dropped)
{
    int rc = 1, zero = 0;
    gr_runner waits, ended;
    check_equal(gr_runner_start(wait_for_ever, &rc, NULL, &waits), 0);
    check_equal(gr_runner_start(return_it, &zero, NULL, &ended), 0);
    check_equal(gr_yield(), 0);
    gr_runner_drop(ended);
    gr_runner_drop(waits);
    check_equal(gr_runner_join(ended, GR_FOREVER), -ESTALE);
    gr_runner_cancel(waits);
    check_equal(gr_yield(), 0);
    check_equal(gr_runner_join(waits, GR_FOREVER), -ESTALE);
    gr_runner_drop((gr_runner){0});
    gr_runner_cancel((gr_runner){0});
}

LONE_RUNNER_TEST(reports_its_failure_when_nobody_joins_it)
{
    expect_report("runner 'clerk' on loop 0 failed");
    int why = -EDOM;
    check_equal(
        gr_runner_start(return_it, &why, &(struct gr_runner_options){.name = "clerk"}, NULL), 0);
    check_equal(gr_yield(), 0);
}

LONE_RUNNER_TEST(is_named_when_nobody_ever_joined_it)
{
    expect_report("runner 'orphan' has ended and was never joined or dropped");
    static int zero = 0;
    gr_runner runner;
    check_equal(
        gr_runner_start(return_it, &zero, &(struct gr_runner_options){.name = "orphan"}, &runner),
        0);
    check_equal(gr_yield(), 0);
}

static int use_much_stack(void *context)
{
    (void)context;
    volatile char bytes[1 << 20];
    for (size_t i = 0; i < sizeof bytes; i += 4096)
        bytes[i] = 1;
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    return bytes[0];
}

LONE_RUNNER_TEST(has_a_stack_as_large_as_it_asks_for)
{
    for (int i = 0; i < 3; i++) {
        gr_runner runner;
        check_equal(gr_runner_start(use_much_stack, NULL,
                                    &(struct gr_runner_options){.stack_bytes = 2 << 20}, &runner),
                    0);
        check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), 1);
    }
}

struct sleeper {
    gr_time until;
    int *order;
    int number;
};

static int sleep_and_note(void *context)
{
    const struct sleeper *sleeper = context;
    int rc = gr_sleep(sleeper->until);
    check(gr_now() >= sleeper->until);
    check_equal((*sleeper->order)++, sleeper->number);
    return rc;
}

LONE_RUNNER_TEST(wakes_in_the_order_of_the_times_it_sleeps_until)
{
    int order = 0;
    gr_time now = gr_now();
    struct sleeper sleepers[] = {
        {now + 3 * GR_MILLISECOND, &order, 2},
        {now + GR_MILLISECOND, &order, 0},
        {now + 3 * GR_MILLISECOND, &order, 3},
        {now + 2 * GR_MILLISECOND, &order, 1},
    };
    gr_runner runners[4];
    for (int i = 0; i < 4; i++)
        check_equal(gr_runner_start(sleep_and_note, &sleepers[i], NULL, &runners[i]), 0);
    for (int i = 0; i < 4; i++)
        check_equal(gr_runner_join(runners[i], gr_in(GR_SECOND)), 0);
}

enum { MANY = 5000, SOME = 300 };

/* As many that wait at once, and are cancelled. */
static void wait_and_end(int count)
{
    static int outcomes[MANY];
    static gr_runner runners[MANY];
    for (int i = 0; i < count; i++)
        check_equal(gr_runner_start(wait_for_ever, &outcomes[i], NULL, &runners[i]), 0);
    check_equal(gr_yield(), 0);
    for (int i = 0; i < count; i++)
        gr_runner_cancel(runners[i]);
    for (int i = 0; i < count; i++)
        check_equal(gr_runner_join(runners[i], gr_in(10 * GR_SECOND)), -ECANCELED);
}

LONE_RUNNER_TEST(waits_with_thousands_of_others)
{
    wait_and_end(MANY);
}

LONE_RUNNER_TEST(leaves_a_stack_whose_memory_goes_back_when_it_is_needed_no_more)
{
    const struct gr__runners *runners = gr__runners_of(gr__loop_here());
    for (int times = 0; times < 2; times++) {
        wait_and_end(SOME);
        check(runners->stacks.cold_count < SOME / 2);
        check_soon(runners->stacks.cold_count > SOME / 2);
        check_soon(runners->trimming.link.next == NULL);
    }
}

static int wait_without_stacks(void *context)
{
    gr__stack_fail_nth(1);
    *(int *)context = gr_sleep(gr_in(GR_MILLISECOND));
    gr__stack_fail_nth(0);
    return 0;
}

/* The pool makes stacks a slab at a time, and so many waits find one ready. Not all do. */
LONE_RUNNER_TEST(is_told_when_there_is_no_stack_to_go_on_with)
{
    enum { WAITERS = 100 };
    int outcomes[WAITERS];
    gr_runner runners[WAITERS];
    int told = 0;
    for (int i = 0; i < WAITERS; i++)
        check_equal(gr_runner_start(wait_without_stacks, &outcomes[i], NULL, &runners[i]), 0);
    for (int i = 0; i < WAITERS; i++) {
        check_equal(gr_runner_join(runners[i], gr_in(GR_SECOND)), 0);
        check(outcomes[i] == 0 || outcomes[i] == -ENOMEM);
        told += outcomes[i] == -ENOMEM;
    }
    check(told > 0);
    check(told < WAITERS);
}

static int start_another(void *context)
{
    (void)context;
    int zero = 0;
    check_equal(gr_sleep(GR_FOREVER), -ECANCELED);
    check_equal(gr_runner_start(return_it, &zero, NULL, NULL), -ESHUTDOWN);
    return 0;
}

LONE_RUNNER_TEST(cannot_be_started_while_the_loop_stops)
{
    check_equal(gr_runner_start(start_another, NULL, NULL, NULL), 0);
    check_equal(gr_yield(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_joined_with_what_it_returned),
        cmocka_unit_test(does_not_run_before_its_starter_waits),
        cmocka_unit_test(is_left_be_by_a_join_that_was_too_short),
        cmocka_unit_test(never_begins_when_it_is_cancelled_first),
        cmocka_unit_test(cleans_up_behind_a_shield),
        cmocka_unit_test(is_joined_by_one_at_a_time_and_not_by_itself),
        cmocka_unit_test(leaves_the_other_be_when_its_joiner_is_cancelled),
        cmocka_unit_test(is_forgotten_when_it_is_dropped),
        cmocka_unit_test(reports_its_failure_when_nobody_joins_it),
        cmocka_unit_test(is_named_when_nobody_ever_joined_it),
        cmocka_unit_test(has_a_stack_as_large_as_it_asks_for),
        cmocka_unit_test(wakes_in_the_order_of_the_times_it_sleeps_until),
        cmocka_unit_test(waits_with_thousands_of_others),
        cmocka_unit_test(leaves_a_stack_whose_memory_goes_back_when_it_is_needed_no_more),
        cmocka_unit_test(is_told_when_there_is_no_stack_to_go_on_with),
        cmocka_unit_test(cannot_be_started_while_the_loop_stops),
    };
    return cmocka_run_group_tests_name("runner", tests, NULL, NULL);
}
