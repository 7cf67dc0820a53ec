/* A shield keeps out what is cancelled outside of it, and nothing else, until its bound has passed. */
#include <errno.h>

#include "lib/fixture.h"

static int wait_for_ever(void *context)
{
    int rc = gr_sleep(GR_FOREVER);
    *(int *)context = rc;
    return rc;
}

static int wait_shortly(void *context)
{
    int rc = gr_sleep(gr_in(GR_MILLISECOND));
    *(int *)context = rc;
    return rc;
}

LONE_RUNNER_TEST(lets_waits_succeed_in_a_cancelled_scope)
{
    struct gr_scope scope;
    struct gr_shield shield;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    gr_scope_cancel(&scope);
    check_equal(gr_yield(), -ECANCELED);
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    check_equal(gr_yield(), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    gr_shield_lower(&shield);
    check_equal(gr_yield(), -ECANCELED);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
}

LONE_RUNNER_TEST(ends_a_wait_when_its_bound_passes)
{
    struct gr_scope scope;
    struct gr_shield shield;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    gr_scope_cancel(&scope);
    gr_shield_raise(&shield, gr_in(GR_MILLISECOND));
    check_equal(gr_sleep(gr_in(30 * GR_SECOND)), -ECANCELED);
    check_equal(gr_yield(), -ECANCELED);
    gr_shield_lower(&shield);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
}

LONE_RUNNER_TEST(keeps_nothing_out_when_its_bound_has_passed_before)
{
    struct gr_scope scope;
    struct gr_shield shield;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    gr_scope_cancel(&scope);
    gr_shield_raise(&shield, gr_now());
    check_equal(gr_yield(), -ECANCELED);
    gr_shield_lower(&shield);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
}

LONE_RUNNER_TEST(does_nothing_to_the_waits_of_one_that_was_not_cancelled)
{
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(GR_MILLISECOND));
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    gr_shield_lower(&shield);
    check_equal(gr_yield(), 0);
}

static int be_cancelled_behind_it(void *context)
{
    int *told = context;
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(GR_SECOND));
    told[0] = gr_sleep(gr_in(10 * GR_MILLISECOND));
    gr_shield_lower(&shield);
    told[1] = gr_yield();
    return told[1];
}

LONE_RUNNER_TEST(keeps_out_what_comes_while_it_is_up)
{
    int told[2] = {1, 1};
    gr_runner runner;
    check_equal(gr_runner_start(be_cancelled_behind_it, told, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, gr_in(10 * GR_SECOND)), -ECANCELED);
    check_equal(told[0], 0);
    check_equal(told[1], -ECANCELED);
}

LONE_RUNNER_TEST(covers_scopes_opened_behind_it_and_their_runners)
{
    int told = 1;
    struct gr_scope outer, inner;
    struct gr_shield shield;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_scope_cancel(&outer);
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    gr_scope_open(&inner, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&inner, wait_shortly, &told, NULL, NULL), 0);
    check_equal(gr_scope_close(&inner, gr_yield()), 0);
    check_equal(told, 0);
    gr_shield_lower(&shield);
    check_equal(gr_scope_close(&outer, 0), -ECANCELED);
}

LONE_RUNNER_TEST(covers_a_scope_behind_it_from_what_is_cancelled_later)
{
    int told = 1;
    struct gr_scope outer, inner;
    struct gr_shield shield;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    gr_scope_open(&inner, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&inner, wait_shortly, &told, NULL, NULL), 0);
    gr_scope_cancel(&outer);
    check_equal(gr_yield(), 0);
    check_equal(gr_scope_close(&inner, 0), 0);
    check_equal(told, 0);
    gr_shield_lower(&shield);
    check_equal(gr_scope_close(&outer, 0), -ECANCELED);
}

LONE_RUNNER_TEST(lets_its_bound_through_to_scopes_behind_it)
{
    int told = 1;
    struct gr_scope outer, inner;
    struct gr_shield shield;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_scope_cancel(&outer);
    gr_shield_raise(&shield, gr_in(GR_MILLISECOND));
    gr_scope_open(&inner, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&inner, wait_for_ever, &told, NULL, NULL), 0);
    check_equal(gr_scope_close(&inner, 0), -ECANCELED);
    check_equal(told, -ECANCELED);
    gr_shield_lower(&shield);
    check_equal(gr_scope_close(&outer, 0), -ECANCELED);
}

LONE_RUNNER_TEST(is_no_protection_for_what_is_cancelled_once_its_bound_has_passed)
{
    struct gr_scope outer, inner;
    struct gr_shield shield;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_shield_raise(&shield, gr_in(GR_MILLISECOND));
    gr_scope_open(&inner, NULL, GR_FOREVER);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    gr_scope_cancel(&outer);
    check_equal(gr_yield(), -ECANCELED);
    check_equal(gr_scope_close(&inner, 0), -ECANCELED);
    gr_shield_lower(&shield);
    check_equal(gr_scope_close(&outer, 0), -ECANCELED);
}

LONE_RUNNER_TEST(does_not_cover_a_scope_behind_it_that_is_cancelled_itself)
{
    struct gr_scope outer, inner;
    struct gr_shield shield;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_scope_cancel(&outer);
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    gr_scope_open(&inner, NULL, gr_in(GR_MILLISECOND));
    check_equal(gr_scope_close(&inner, gr_sleep(gr_in(30 * GR_SECOND))), -ETIMEDOUT);
    check_equal(gr_yield(), 0);
    gr_shield_lower(&shield);
    check_equal(gr_scope_close(&outer, 0), -ECANCELED);
}

LONE_RUNNER_TEST(nests_and_each_lowers_its_own)
{
    struct gr_scope outer, inner;
    struct gr_shield first, second;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_scope_cancel(&outer);
    gr_shield_raise(&first, gr_in(10 * GR_SECOND));
    gr_scope_open(&inner, NULL, GR_FOREVER);
    gr_scope_cancel(&inner);
    check_equal(gr_yield(), -ECANCELED);
    gr_shield_raise(&second, gr_in(10 * GR_SECOND));
    check_equal(gr_yield(), 0);
    gr_shield_lower(&second);
    check_equal(gr_yield(), -ECANCELED);
    check_equal(gr_scope_close(&inner, 0), -ECANCELED);
    check_equal(gr_yield(), 0);
    gr_shield_lower(&first);
    check_equal(gr_yield(), -ECANCELED);
    check_equal(gr_scope_close(&outer, 0), -ECANCELED);
}

LONE_RUNNER_TEST(is_bound_by_the_one_around_it)
{
    struct gr_scope scope;
    struct gr_shield first, second;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    gr_scope_cancel(&scope);
    gr_time until = gr_in(5 * GR_MILLISECOND);
    gr_shield_raise(&first, until);
    gr_shield_raise(&second, GR_FOREVER);
    check_equal(gr_deadline(), until);
    check_equal(gr_sleep(gr_in(30 * GR_SECOND)), -ECANCELED);
    gr_shield_lower(&second);
    check_equal(gr_yield(), -ECANCELED);
    gr_shield_lower(&first);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_waits_succeed_in_a_cancelled_scope),
        cmocka_unit_test(ends_a_wait_when_its_bound_passes),
        cmocka_unit_test(keeps_nothing_out_when_its_bound_has_passed_before),
        cmocka_unit_test(does_nothing_to_the_waits_of_one_that_was_not_cancelled),
        cmocka_unit_test(keeps_out_what_comes_while_it_is_up),
        cmocka_unit_test(covers_scopes_opened_behind_it_and_their_runners),
        cmocka_unit_test(covers_a_scope_behind_it_from_what_is_cancelled_later),
        cmocka_unit_test(lets_its_bound_through_to_scopes_behind_it),
        cmocka_unit_test(is_no_protection_for_what_is_cancelled_once_its_bound_has_passed),
        cmocka_unit_test(does_not_cover_a_scope_behind_it_that_is_cancelled_itself),
        cmocka_unit_test(nests_and_each_lowers_its_own),
        cmocka_unit_test(is_bound_by_the_one_around_it),
    };
    return cmocka_run_group_tests_name("shield", tests, NULL, NULL);
}
