/* A function that is awaited begins with the wait and never outlives it. */
#include <errno.h>

#include "lib/fixture.h"

struct errand {
    int began, ended;
    int outcome;   /* what it returns when it is not cancelled */
    int turns;     /* that its clean-up takes */
    bool stubborn; /* it returns its outcome though it was cancelled */
    gr_time until;
};

static int run_errand(void *context)
{
    struct errand *errand = context;
    errand->began++;
    int rc = gr_sleep(errand->until);
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    for (int i = 0; i < errand->turns; i++)
        check_equal(gr_yield(), 0);
    gr_shield_lower(&shield);
    errand->ended++;
    return rc < 0 && !errand->stubborn ? rc : errand->outcome;
}

LONE_RUNNER_TEST(its_outcome_is_what_it_returns)
{
    for (int outcome = -1; outcome <= 0; outcome++) {
        struct errand errand = {.outcome = outcome * EIO};
        struct gr_function_wait wait;
        struct gr_awaitable *function = gr_function_awaitable(&wait, run_errand, &errand, NULL);
        check_equal(errand.began, 0);
        check_equal(gr_await(function, gr_in(GR_SECOND)), errand.outcome);
        check_equal(errand.ended, 1);

        /* Awaited again it begins again. */
        check_equal(gr_await(function, gr_in(GR_SECOND)), errand.outcome);
        check_equal(errand.ended, 2);
    }
}

LONE_RUNNER_TEST(it_is_cancelled_and_joined_at_the_deadline)
{
    struct errand errand = {.turns = 3, .until = GR_FOREVER};
    struct gr_function_wait wait;
    struct gr_awaitable *function = gr_function_awaitable(&wait, run_errand, &errand, NULL);
    check_equal(gr_await(function, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(errand.began, 1);
    check_equal(errand.ended, 1);
}

LONE_RUNNER_TEST(it_never_begins_where_the_deadline_has_passed)
{
    struct errand errand = {.until = GR_FOREVER};
    struct gr_function_wait wait;
    check_equal(gr_await(gr_function_awaitable(&wait, run_errand, &errand, NULL), gr_now()),
                -ETIMEDOUT);
    check_equal(errand.began, 0);
}

LONE_RUNNER_TEST(what_it_returns_in_spite_of_being_cancelled_is_its_outcome)
{
    struct errand errand = {.outcome = -EIO, .until = GR_FOREVER, .stubborn = true};
    struct gr_function_wait wait;
    check_equal(
        gr_await(gr_function_awaitable(&wait, run_errand, &errand, NULL), gr_in(GR_MILLISECOND)),
        -EIO);
    check_equal(errand.ended, 1);
}

static int await_it(void *awaitable)
{
    return gr_await(awaitable, gr_in(10 * GR_SECOND));
}

/*
 *     main                 waiter                    errand
 *                          awaits
 *                                                    sleeps
 *     cancels waiter
 *                          cancels errand, waits
 *     cancels it again                               cleans up, for three turns
 *                          waits on
 *                                                    ends
 *                          -ECANCELED
 */
LONE_RUNNER_TEST(it_is_joined_though_who_awaits_it_is_cancelled_again_and_again)
{
    struct errand errand = {.turns = 3, .until = GR_FOREVER};
    struct gr_function_wait wait;
    gr_runner waiter;
    struct gr_awaitable *function = gr_function_awaitable(&wait, run_errand, &errand, NULL);
    check_equal(gr_runner_start(await_it, function, NULL, &waiter), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_await(function, gr_now()), -EBUSY);
    check_equal(gr_yield(), 0);
    while (gr_runner_join(waiter, gr_now()) == -ETIMEDOUT) {
        gr_runner_cancel(waiter);
        check_equal(gr_yield(), 0);
    }
    check_equal(errand.began, 1);
    check_equal(errand.ended, 1);
}

LONE_RUNNER_TEST(those_that_lose_a_race_are_joined_before_it_is_over)
{
    struct errand errands[] = {
        {.turns = 5, .until = GR_FOREVER}, {.until = gr_in(GR_MILLISECOND)}, {.until = GR_FOREVER}};
    struct gr_function_wait waits[3];
    struct gr_member members[3];
    for (int i = 0; i < 3; i++)
        members[i] = (struct gr_member){
            .awaitable = gr_function_awaitable(&waits[i], run_errand, &errands[i], NULL)};
    check_equal(gr_race(members, 3, gr_in(GR_SECOND)), 0);
    for (int i = 0; i < 3; i++) {
        check_equal(errands[i].began, 1);
        check_equal(errands[i].ended, 1);
        check_equal(members[i].status, i == 1 ? 0 : GR_PENDING);
    }
}

/*
 * In a set inside a set the step joins the losers. The outer wait, which ends meanwhile, waits until
 * it has.
 */
LONE_RUNNER_TEST(a_wait_that_ends_while_losers_are_joined_joins_them_too)
{
    struct errand slow = {.turns = 20, .until = GR_FOREVER};
    struct errand quick = {.turns = 1};
    struct gr_function_wait waits[2];
    struct gr_set race, all;
    struct gr_sleep_wait forever;
    struct gr_member racers[] = {
        {.awaitable = gr_function_awaitable(&waits[0], run_errand, &slow, NULL)},
        {.awaitable = gr_function_awaitable(&waits[1], run_errand, &quick, NULL)},
    };
    struct gr_member members[] = {
        {.awaitable = gr_race_awaitable(&race, racers, 2)},
        {.awaitable = gr_sleep_awaitable(&forever, GR_FOREVER)},
    };
    gr_runner waiter;
    check_equal(gr_runner_start(await_it, gr_all_awaitable(&all, members, 2, NULL), NULL, &waiter),
                0);
    for (int i = 0; i < 6; i++)
        check_equal(gr_yield(), 0);
    check_equal(quick.ended, 1);
    check_equal(slow.ended, 0);
    gr_runner_cancel(waiter);
    check_equal(gr_runner_join(waiter, gr_in(10 * GR_SECOND)), -ECANCELED);
    check_equal(slow.ended, 1);
    check_equal(members[0].status, GR_PENDING);
    check_equal(gr_await(members[0].awaitable, gr_now()), 0); /* it had got its outcome */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_outcome_is_what_it_returns),
        cmocka_unit_test(it_is_cancelled_and_joined_at_the_deadline),
        cmocka_unit_test(it_never_begins_where_the_deadline_has_passed),
        cmocka_unit_test(what_it_returns_in_spite_of_being_cancelled_is_its_outcome),
        cmocka_unit_test(it_is_joined_though_who_awaits_it_is_cancelled_again_and_again),
        cmocka_unit_test(those_that_lose_a_race_are_joined_before_it_is_over),
        cmocka_unit_test(a_wait_that_ends_while_losers_are_joined_joins_them_too),
    };
    return cmocka_run_group_tests_name("function", tests, NULL, NULL);
}
