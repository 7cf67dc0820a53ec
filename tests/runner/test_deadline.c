/* A scope's deadline cancels all that is in it, once, and the earlier of nested ones counts. */
#include <errno.h>

#include "lib/fixture.h"

static int wait_for_ever(void *context)
{
    int rc = gr_sleep(GR_FOREVER);
    *(int *)context = rc;
    return rc;
}

static int tell_deadline(void *context)
{
    *(gr_time *)context = gr_deadline();
    return 0;
}

static int fail_at_once(void *context)
{
    return *(int *)context;
}

LONE_RUNNER_TEST(cancels_the_opener_and_its_runners)
{
    int told = 1;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, gr_in(2 * GR_MILLISECOND));
    check_equal(gr_scope_start(&scope, wait_for_ever, &told, NULL, NULL), 0);
    int rc = gr_sleep(gr_in(30 * GR_SECOND));
    check_equal(rc, -ECANCELED);
    check_equal(gr_scope_close(&scope, rc), -ETIMEDOUT);
    check_equal(told, -ECANCELED);
    check_equal(gr_scope_failures(&scope), 0);
    check_equal(gr_yield(), 0);
}

LONE_RUNNER_TEST(counts_while_the_scope_closes)
{
    int told = 1;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, gr_in(2 * GR_MILLISECOND));
    check_equal(gr_scope_start(&scope, wait_for_ever, &told, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), -ETIMEDOUT);
    check_equal(told, -ECANCELED);
}

LONE_RUNNER_TEST(has_passed_at_once_when_it_lies_behind)
{
    int told = 1;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, gr_now());
    check_equal(gr_yield(), -ECANCELED);
    check_equal(gr_scope_start(&scope, wait_for_ever, &told, NULL, NULL), -ECANCELED);
    check_equal(gr_scope_close(&scope, -ECANCELED), -ETIMEDOUT);
}

LONE_RUNNER_TEST(means_nothing_after_the_scope_is_closed)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, gr_in(2 * GR_MILLISECOND));
    check_equal(gr_scope_close(&scope, 0), 0);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
}

static int take_long_to_end(void *context)
{
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    int rc = gr_sleep(*(gr_time *)context);
    gr_shield_lower(&shield);
    return rc;
}

LONE_RUNNER_TEST(does_not_replace_the_failure_that_has_cancelled_the_scope)
{
    gr_time until = gr_in(200 * GR_MILLISECOND), later = until + 3 * GR_MILLISECOND;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, until);
    check_equal(gr_scope_start(&scope, take_long_to_end, &later, NULL, NULL), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_scope_close(&scope, -EPROTO), -EPROTO);
    check(gr_now() >= later);
}

LONE_RUNNER_TEST(replaces_a_failure_that_has_cancelled_nobody)
{
    int failure = -EPROTO, told = 1;
    struct gr_scope collects;
    gr_scope_open(&collects, &(struct gr_scope_options){.collect = true},
                  gr_in(200 * GR_MILLISECOND));
    check_equal(gr_scope_start(&collects, fail_at_once, &failure, NULL, NULL), 0);
    check_equal(gr_scope_start(&collects, wait_for_ever, &told, NULL, NULL), 0);
    check_equal(gr_scope_close(&collects, 0), -ETIMEDOUT);
    check_equal(gr_scope_failures(&collects), 1);
}

LONE_RUNNER_TEST(is_the_outers_where_that_is_earlier)
{
    struct gr_scope outer, inner;
    gr_time until = gr_in(3 * GR_MILLISECOND);
    gr_scope_open(&outer, NULL, until);
    gr_scope_open(&inner, NULL, gr_in(30 * GR_SECOND));
    check_equal(gr_deadline(), until);
    int rc = gr_sleep(gr_in(30 * GR_SECOND));
    rc = gr_scope_close(&inner, rc);
    check_equal(rc, -ECANCELED);
    check_equal(gr_scope_close(&outer, rc), -ETIMEDOUT);
}

LONE_RUNNER_TEST(is_the_inners_where_that_is_earlier)
{
    struct gr_scope outer, inner;
    gr_time later = gr_in(30 * GR_SECOND);
    gr_scope_open(&outer, NULL, later);
    gr_scope_open(&inner, NULL, gr_in(3 * GR_MILLISECOND));
    check_equal(gr_scope_close(&inner, gr_sleep(GR_FOREVER)), -ETIMEDOUT);
    check_equal(gr_deadline(), later);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_scope_close(&outer, 0), 0);
}

LONE_RUNNER_TEST(is_known_to_the_runners_of_the_scope)
{
    gr_time until = gr_in(10 * GR_SECOND), told = 0;
    struct gr_scope scope;
    check_equal(gr_deadline(), GR_FOREVER);
    gr_scope_open(&scope, NULL, until);
    check_equal(gr_scope_start(&scope, tell_deadline, &told, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), 0);
    check_equal(told, until);
    check_equal(gr_deadline(), GR_FOREVER);
}

static int work_in_time(void *context)
{
    return gr_sleep(*(gr_time *)context);
}

/* Each runner's work is over as the deadline passes: it is done, or told; nobody waits on. */
LONE_RUNNER_TEST(may_race_with_the_end_of_the_work)
{
    for (int i = 0; i < 200; i++) {
        gr_time until = gr_clock() + 20 * GR_MICROSECOND;
        int statuses[8];
        struct gr_scope scope;
        gr_scope_open(&scope, NULL, until);
        for (int j = 0; j < 8; j++) {
            statuses[j] = gr_scope_start(&scope, work_in_time, &until, NULL, &statuses[j]);
            check(statuses[j] == 0 || statuses[j] == -ECANCELED);
        }
        int rc = gr_scope_close(&scope, 0);
        check(rc == 0 || rc == -ETIMEDOUT);
        for (int j = 0; j < 8; j++)
            check(statuses[j] == 0 || statuses[j] == -ECANCELED);
    }
}

/* --- The three ways in which a run ends: with a result, out of time, and stopped early -------- */

struct work {
    gr_time length;
    gr_time within;
};

static int run_within(void *context)
{
    const struct work *work = context;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, gr_in(work->within));
    return gr_scope_close(&scope, gr_sleep(gr_in(work->length)));
}

static int stop_and_run(void *context)
{
    gr_stop();
    return run_within(context);
}

static void gives_a_run_its_three_outcomes(void **state)
{
    (void)state;
    struct work ends = {GR_MILLISECOND, 30 * GR_SECOND};
    struct work takes_long = {30 * GR_SECOND, GR_MILLISECOND};
    struct work is_stopped = {30 * GR_SECOND, 30 * GR_SECOND};
    struct gr_options options = {.loops = 1};
    assert_int_equal(gr_run(run_within, &ends, &options), 0);
    assert_int_equal(gr_run(run_within, &takes_long, &options), -ETIMEDOUT);
    assert_int_equal(gr_run(stop_and_run, &is_stopped, &options), -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancels_the_opener_and_its_runners),
        cmocka_unit_test(counts_while_the_scope_closes),
        cmocka_unit_test(has_passed_at_once_when_it_lies_behind),
        cmocka_unit_test(means_nothing_after_the_scope_is_closed),
        cmocka_unit_test(does_not_replace_the_failure_that_has_cancelled_the_scope),
        cmocka_unit_test(replaces_a_failure_that_has_cancelled_nobody),
        cmocka_unit_test(is_the_outers_where_that_is_earlier),
        cmocka_unit_test(is_the_inners_where_that_is_earlier),
        cmocka_unit_test(is_known_to_the_runners_of_the_scope),
        cmocka_unit_test(may_race_with_the_end_of_the_work),
        cmocka_unit_test(gives_a_run_its_three_outcomes),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
