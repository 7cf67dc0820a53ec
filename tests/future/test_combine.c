/*
 * Several things are waited for at once: each wait ends when it is to, returns what it is to, and
 * leaves the members that it did not take as they were.
 *
 * TORNADO: multi, convert_yielded (arrays, keyed sets, NULL), with_timeout.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib/several.h"

/* A runner that awaits something, for a test that goes on meanwhile. */
static int await_it(void *awaitable)
{
    return gr_await(awaitable, gr_in(10 * GR_SECOND));
}

static gr_runner start_awaiting(struct gr_awaitable *awaitable)
{
    gr_runner runner = {0};
    check_equal(gr_runner_start(await_it, awaitable, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    return runner;
}

static bool has_ended(gr_runner runner)
{
    return gr_runner_join(runner, gr_now()) != -ETIMEDOUT;
}

static int join(gr_runner runner)
{
    return gr_runner_join(runner, gr_in(10 * GR_SECOND));
}

static void resolve_all(void *context)
{
    for (int i = SEVERAL - 1; i >= 0; i--)
        several_resolve(context, i);
}

LONE_RUNNER_TEST(all_waits_for_all_and_each_value_is_where_it_was_wanted)
{
    struct several several;
    several_make(&several);
    check_equal(gr_post(-1, resolve_all, &several, NULL), 0);
    check_equal(gr_all(several.members, SEVERAL, NULL, gr_in(GR_SECOND)), 0);
    for (int i = 0; i < SEVERAL; i++) {
        check_equal(several.members[i].status, 0);
        check_equal(several.values[i], i);
        check(several.members[i].key == &several.values[i]);
    }
}

static void settle_two_failures(void *context)
{
    several_reject(context, 2, -EPIPE);
    several_resolve(context, 0);
    several_reject(context, 1, -EIO);
    several_resolve(context, 3);
}

LONE_RUNNER_TEST(all_returns_the_first_failure_by_place_and_reports_the_others)
{
    struct several several;
    several_make(&several);
    expect_report("number 2 failed, too: Broken pipe (EPIPE)");
    check_equal(gr_post(-1, settle_two_failures, &several, NULL), 0);
    check_equal(gr_all(several.members, SEVERAL, NULL, gr_in(GR_SECOND)), -EIO);
    check_equal(several.members[2].status, -EPIPE);
    check_equal(several.members[3].status, 0);
}

LONE_RUNNER_TEST(all_is_quiet_about_the_codes_it_was_told)
{
    struct several several;
    several_make(&several);
    check_equal(gr_post(-1, settle_two_failures, &several, NULL), 0);
    check_equal(
        gr_all(several.members, SEVERAL, (const int[]){-ENOMEM, -EPIPE, 0}, gr_in(GR_SECOND)),
        -EIO);
}

LONE_RUNNER_TEST(all_settled_returns_nothing_of_what_failed_and_reports_nothing)
{
    struct several several;
    several_make(&several);
    check_equal(gr_post(-1, settle_two_failures, &several, NULL), 0);
    check_equal(gr_all_settled(several.members, SEVERAL, gr_in(GR_SECOND)), 0);
    int wanted[] = {0, -EIO, -EPIPE, 0};
    for (int i = 0; i < SEVERAL; i++)
        check_equal(several.members[i].status, wanted[i]);
}

LONE_RUNNER_TEST(all_takes_nothing_before_all_are_ready_and_is_withdrawn_from_all)
{
    struct several several;
    struct gr_set set;
    several_make(&several);
    gr_runner runner = start_awaiting(gr_all_awaitable(&set, several.members, SEVERAL, NULL));
    several_resolve(&several, 1);
    check_equal(gr_yield(), 0);
    check_equal(several.members[1].status, GR_PENDING);
    gr_runner_cancel(runner);
    check_equal(join(runner), -ECANCELED);
    check_equal(several.values[1], -1);
    check_equal(gr_await(several.members[1].awaitable, gr_now()), 0);
    check_equal(several.values[1], 1);
    several_check_untouched(&several, 0);
    several_drop(&several);
}

LONE_RUNNER_TEST(all_ends_at_its_deadline_and_can_be_awaited_again)
{
    struct several several;
    struct gr_set set;
    several_make(&several);
    struct gr_awaitable *all = gr_all_awaitable(&set, several.members, SEVERAL, NULL);
    several_resolve(&several, 2);
    check_equal(gr_await(all, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(several.members[2].status, 0); /* it was ready from the beginning */
    check_equal(several.members[1].status, GR_PENDING);
    for (int i = 0; i < SEVERAL; i++)
        several_resolve(&several, i);
    check_equal(gr_await(all, gr_in(GR_SECOND)), 0);
    for (int i = 0; i < SEVERAL; i++)
        check_equal(several.values[i], i);
}

LONE_RUNNER_TEST(all_fail_fast_returns_the_first_failure_and_withdraws_from_the_rest)
{
    struct several several;
    struct gr_set set;
    several_make(&several);
    gr_runner runner = start_awaiting(gr_all_fail_fast_awaitable(&set, several.members, SEVERAL));
    several_resolve(&several, 3);
    check_equal(gr_yield(), 0);
    check(!has_ended(runner));
    several_reject(&several, 2, -EIO);
    check_equal(join(runner), -EIO);
    check_equal(several.members[3].status, 0);
    several_check_untouched(&several, 0);
    several_check_untouched(&several, 1);
}

LONE_RUNNER_TEST(all_fail_fast_succeeds_where_all_do)
{
    struct several several;
    several_make(&several);
    check_equal(gr_post(-1, resolve_all, &several, NULL), 0);
    check_equal(gr_all_fail_fast(several.members, SEVERAL, gr_in(GR_SECOND)), 0);
    for (int i = 0; i < SEVERAL; i++)
        check_equal(several.values[i], i);
}

LONE_RUNNER_TEST(any_goes_by_failures_to_the_first_success)
{
    struct several several;
    struct gr_set set;
    several_make(&several);
    gr_runner runner = start_awaiting(gr_any_awaitable(&set, several.members, SEVERAL));
    several_reject(&several, 0, -EIO);
    check_equal(gr_yield(), 0);
    check(!has_ended(runner));
    several_resolve(&several, 2);
    check_equal(join(runner), 0);
    check_equal(several.members[0].status, -EIO);
    check_equal(several.members[2].status, 0);
    check_equal(several.values[2], 2);
    several_check_untouched(&several, 1);
    several_check_untouched(&several, 3);
}

static void reject_all(void *context)
{
    for (int i = SEVERAL - 1; i >= 0; i--)
        several_reject(context, i, -EIO - i);
}

LONE_RUNNER_TEST(any_fails_as_the_first_by_place_where_all_fail)
{
    struct several several;
    several_make(&several);
    check_equal(gr_post(-1, reject_all, &several, NULL), 0);
    check_equal(gr_any(several.members, SEVERAL, gr_in(GR_SECOND)), -EIO);
}

static void reject_second(void *context)
{
    several_reject(context, 1, -EIO);
}

LONE_RUNNER_TEST(race_returns_the_first_outcome_be_it_a_failure)
{
    struct several several;
    several_make(&several);
    check_equal(gr_post(-1, reject_second, &several, NULL), 0);
    check_equal(gr_race(several.members, SEVERAL, gr_in(GR_SECOND)), -EIO);
    check_equal(several.members[1].status, -EIO);
    for (int i = 0; i < SEVERAL; i++)
        if (i != 1)
            several_check_untouched(&several, i);
}

LONE_RUNNER_TEST(race_as_a_member_ends_before_the_set_that_it_is_in)
{
    struct several several;
    struct gr_set race, all;
    several_make(&several);
    struct gr_member members[] = {
        {.awaitable = gr_race_awaitable(&race, several.members, 2)},
        {.awaitable = several.members[2].awaitable},
    };
    gr_runner runner = start_awaiting(gr_all_awaitable(&all, members, 2, NULL));
    several_resolve(&several, 1);
    check_equal(gr_yield(), 0);
    check_equal(several.values[1], 1);
    several_check_untouched(&several, 0);
    check(!has_ended(runner));
    several_resolve(&several, 2);
    check_equal(join(runner), 0);
    several_drop(&several);
}

LONE_RUNNER_TEST(pick_takes_from_one_alone)
{
    struct several several;
    struct gr_member *picked = NULL;
    several_make(&several);
    check_equal(gr_post(-1, resolve_all, &several, NULL), 0);
    check_equal(gr_pick(several.members, SEVERAL, &picked, gr_in(GR_SECOND)), 0);
    check(picked == &several.members[SEVERAL - 1]); /* the first to be resolved */
    check_equal(picked->status, 0);
    for (int i = 0; i < SEVERAL - 1; i++) {
        check_equal(several.members[i].status, GR_PENDING);
        check_equal(several.values[i], -1);
        check_equal(gr_await(several.members[i].awaitable, gr_now()), 0);
        check_equal(several.values[i], i);
    }
}

LONE_RUNNER_TEST(pick_takes_the_first_by_place_of_what_is_ready)
{
    struct several several;
    struct gr_member *picked = NULL;
    several_make(&several);
    several_resolve(&several, 2);
    several_resolve(&several, 1);
    check_equal(gr_pick(several.members, SEVERAL, &picked, gr_now()), 0);
    check(picked == &several.members[1]);
    several_check_untouched(&several, 0);
    check_equal(gr_await(several.members[2].awaitable, gr_now()), 0);
    several_drop(&several);
}

static int note_turn(void *turns)
{
    ++*(int *)turns;
    return 0;
}

LONE_RUNNER_TEST(what_is_ready_at_once_gives_nobody_a_turn)
{
    int turns = 0;
    gr_runner other;
    check_equal(gr_runner_start(note_turn, &turns, NULL, &other), 0);
    for (int kind = 0; kind < 4; kind++) {
        struct several several;
        several_make(&several);
        resolve_all(&several);
        int rc = kind == 0   ? gr_all(several.members, SEVERAL, NULL, gr_now())
                 : kind == 1 ? gr_all_settled(several.members, SEVERAL, gr_now())
                 : kind == 2 ? gr_all_fail_fast(several.members, SEVERAL, gr_now())
                             : gr_any(several.members, SEVERAL, gr_now());
        check_equal(rc, 0);
        several_drop(&several);
    }
    check_equal(turns, 0);
    check_equal(join(other), 0);
}

LONE_RUNNER_TEST(an_empty_set_is_ready_where_all_are_wanted_and_refused_where_one_is)
{
    struct gr_member *picked = NULL;
    check_equal(gr_all(NULL, 0, NULL, gr_now()), 0);
    check_equal(gr_all_settled(NULL, 0, gr_now()), 0);
    check_equal(gr_all_fail_fast(NULL, 0, gr_now()), 0);
    check_equal(gr_any(NULL, 0, gr_now()), -ENOENT);
    check_equal(gr_race(NULL, 0, gr_now()), -ENOENT);
    check_equal(gr_pick(NULL, 0, &picked, gr_now()), -ENOENT);
    check(picked == NULL);
}

LONE_RUNNER_TEST(members_that_are_nothing_gone_or_there_twice_come_out_as_that)
{
    struct several several;
    several_make(&several);
    gr_future_drop(several.futures[1]);
    struct gr_member members[] = {
        {.awaitable = NULL},
        several.members[1],
        several.members[0],
        several.members[0],
        {.awaitable = &(struct gr_awaitable){NULL}},
    };
    check_equal(gr_post(-1, resolve_all, &several, NULL), 0);
    check_equal(gr_all_settled(members, 5, gr_in(GR_SECOND)), 0);
    int wanted[] = {GR_ENOTAWAITABLE, -ESTALE, 0, -EBUSY, GR_ENOTAWAITABLE};
    for (int i = 0; i < 5; i++)
        check_equal(members[i].status, wanted[i]);
    check_equal(several.values[0], 0);
    several_drop(&several);
}

/* A race is decided by what cannot even be waited for, and so is a pick. */
LONE_RUNNER_TEST(a_member_that_refuses_is_an_outcome)
{
    struct several several;
    struct gr_set set;
    several_make(&several);
    struct gr_member members[] = {several.members[0], {.awaitable = NULL}};
    check_equal(gr_race(members, 2, gr_in(GR_SECOND)), GR_ENOTAWAITABLE);
    check_equal(gr_await(gr_race_awaitable(&set, members, 2), gr_in(GR_SECOND)), GR_ENOTAWAITABLE);
    several_check_untouched(&several, 0);
    several_drop(&several);
}

LONE_RUNNER_TEST(a_set_does_not_wait_for_itself)
{
    struct gr_set set;
    struct gr_member member = {0};
    member.awaitable = gr_all_awaitable(&set, &member, 1, NULL);
    check_equal(gr_await(&set.awaitable, gr_in(GR_SECOND)), -EDEADLK);
    member.awaitable = gr_pick_awaitable(&set, &member, 1);
    check_equal(gr_await(&set.awaitable, gr_in(GR_SECOND)), 0);
    check_equal(member.status, -EDEADLK);
}

LONE_RUNNER_TEST(a_set_is_awaited_by_one_at_a_time)
{
    struct several several;
    for (int kind = 0; kind < 3; kind++) {
        struct gr_set set;
        several_make(&several);
        struct gr_awaitable *awaitable =
            kind == 0   ? gr_all_awaitable(&set, several.members, SEVERAL, NULL)
            : kind == 1 ? gr_pick_awaitable(&set, several.members, SEVERAL)
                        : gr_race_awaitable(&set, several.members, SEVERAL);
        gr_runner first = start_awaiting(awaitable);
        check_equal(gr_await(awaitable, gr_in(GR_SECOND)), -EBUSY);
        gr_runner_cancel(first);
        check_equal(join(first), -ECANCELED);
        several_drop(&several);
    }
}

/* Futures, points in time, runners' ends and other sets, in one. */
LONE_RUNNER_TEST(things_of_all_kinds_are_members_of_one_set)
{
    struct several several;
    struct gr_sleep_wait moment;
    struct gr_set inner, outer;
    several_make(&several);
    struct gr_member members[] = {
        {.awaitable = gr_all_awaitable(&inner, several.members, SEVERAL, NULL)},
        {.awaitable = gr_sleep_awaitable(&moment, gr_in(GR_MILLISECOND))},
    };
    check_equal(gr_post(-1, resolve_all, &several, NULL), 0);
    check_equal(gr_await(gr_all_awaitable(&outer, members, 2, NULL), gr_in(GR_SECOND)), 0);
    for (int i = 0; i < SEVERAL; i++)
        check_equal(several.values[i], i);
}

LONE_RUNNER_TEST(within_ends_at_its_time_and_leaves_what_it_waited_for)
{
    struct several several;
    struct gr_within within;
    several_make(&several);
    struct gr_awaitable *first = several.members[0].awaitable;
    check_equal(gr_await(gr_within_awaitable(&within, first, gr_in(GR_MILLISECOND)), GR_FOREVER),
                -ETIMEDOUT);
    several_check_untouched(&several, 0);

    struct gr_awaitable *second = several.members[1].awaitable;
    several_resolve(&several, 1);
    check_equal(gr_await(gr_within_awaitable(&within, second, gr_in(GR_SECOND)), GR_FOREVER), 0);
    check_equal(several.values[1], 1);
    struct gr_awaitable *third = several.members[2].awaitable;
    several_reject(&several, 2, -EIO);
    check_equal(gr_await(gr_within_awaitable(&within, third, gr_in(GR_SECOND)), GR_FOREVER), -EIO);
    several_drop(&several);
}

/* Which part of a larger wait was late, its own status says. */
LONE_RUNNER_TEST(within_is_a_deadline_for_a_part)
{
    struct several several;
    struct gr_within within;
    several_make(&several);
    struct gr_member members[] = {
        {.awaitable =
             gr_within_awaitable(&within, several.members[0].awaitable, gr_in(GR_MILLISECOND))},
        several.members[1],
    };
    several_resolve(&several, 1);
    check_equal(gr_all_settled(members, 2, gr_in(GR_SECOND)), 0);
    check_equal(members[0].status, -ETIMEDOUT);
    check_equal(members[1].status, 0);
    several_drop(&several);
}

/*
 *     main                            reader, in a race
 *     resolves 1: the step is ready
 *     cancels
 *                                     withdrawn from: 1 says that it is too late, so it wins
 */
LONE_RUNNER_TEST(an_outcome_that_is_there_goes_before_a_cancellation)
{
    for (int kind = 0; kind < 3; kind++) {
        struct several several;
        struct gr_set set;
        several_make(&several);
        struct gr_awaitable *awaitable =
            kind == 0   ? gr_race_awaitable(&set, several.members, SEVERAL)
            : kind == 1 ? gr_pick_awaitable(&set, several.members, SEVERAL)
                        : gr_all_awaitable(&set, several.members, 1, NULL);
        gr_runner reader = start_awaiting(awaitable);
        int winner = kind == 2 ? 0 : 1;
        gr_runner_cancel(reader);
        several_resolve(&several, winner);
        check_equal(join(reader), 0);
        check_equal(several.values[winner], winner);
        several_drop(&several);
    }
}

LONE_RUNNER_TEST(a_step_that_comes_after_its_set_has_gone_does_nothing)
{
    struct several several;
    several_make(&several);
    {
        struct gr_set set;
        gr_runner reader = start_awaiting(gr_any_awaitable(&set, several.members, SEVERAL));
        gr_runner_cancel(reader);
        several_reject(&several, 1, -EIO);
        check_equal(join(reader), -ECANCELED);
        memset(&set, 0xA5, sizeof set);
    }
    check_equal(gr_yield(), 0);
    check_equal(several.members[1].status, GR_PENDING);
    check_equal(gr_await(several.members[1].awaitable, gr_now()), -EIO);
    several_drop(&several);
}

/* Settlers on a foreign thread and the other loop, while main waits for all, any and one by one. */
enum { WIDE = 200, ROUNDS = 40 };

static gr_promise board[WIDE];

static void settle_half(int from)
{
    for (int i = from; i < WIDE; i += 2) {
        gr_promise promise = {__atomic_exchange_n(&board[i].name, 0, __ATOMIC_SEQ_CST)};
        if (promise.name != 0)
            check_equal(gr_promise_resolve(promise, &i, sizeof i), 0);
    }
}

static void settle_even(void *context)
{
    (void)context;
    settle_half(0);
}

static void *settle_odd(void *context)
{
    (void)context;
    settle_half(1);
    return NULL;
}

static struct gr_future_wait waits[WIDE];
static struct gr_member wide[WIDE];
static gr_future futures[WIDE];
static int values[WIDE];

static void make_wide(void)
{
    for (int i = 0; i < WIDE; i++) {
        gr_promise promise;
        check_equal(gr_future_make(&futures[i], &promise), 0);
        __atomic_store_n(&board[i].name, promise.name, __ATOMIC_SEQ_CST);
        values[i] = -1;
        wide[i] = (struct gr_member){
            .awaitable = gr_future_awaitable(&waits[i], futures[i], &values[i], sizeof(int))};
    }
}

RUNNER_TEST(what_other_threads_settle_is_neither_lost_nor_torn)
{
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t thread;
        make_wide();
        check_equal(pthread_create(&thread, NULL, settle_odd, NULL), 0);
        check_equal(gr_post(1, settle_even, NULL, NULL), 0);
        int rc = round % 3 == 0   ? gr_all(wide, WIDE, NULL, gr_in(10 * GR_SECOND))
                 : round % 3 == 1 ? gr_all_fail_fast(wide, WIDE, gr_in(10 * GR_SECOND))
                                  : gr_any(wide, WIDE, gr_in(10 * GR_SECOND));
        check_equal(rc, 0);
        for (int i = 0; i < WIDE; i++) {
            if (wide[i].status == GR_PENDING)
                check_equal(gr_await(wide[i].awaitable, gr_in(10 * GR_SECOND)), 0);
            check_equal(values[i], i);
        }
        pthread_join(thread, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_waits_for_all_and_each_value_is_where_it_was_wanted),
        cmocka_unit_test(all_returns_the_first_failure_by_place_and_reports_the_others),
        cmocka_unit_test(all_is_quiet_about_the_codes_it_was_told),
        cmocka_unit_test(all_settled_returns_nothing_of_what_failed_and_reports_nothing),
        cmocka_unit_test(all_takes_nothing_before_all_are_ready_and_is_withdrawn_from_all),
        cmocka_unit_test(all_ends_at_its_deadline_and_can_be_awaited_again),
        cmocka_unit_test(all_fail_fast_returns_the_first_failure_and_withdraws_from_the_rest),
        cmocka_unit_test(all_fail_fast_succeeds_where_all_do),
        cmocka_unit_test(any_goes_by_failures_to_the_first_success),
        cmocka_unit_test(any_fails_as_the_first_by_place_where_all_fail),
        cmocka_unit_test(race_returns_the_first_outcome_be_it_a_failure),
        cmocka_unit_test(race_as_a_member_ends_before_the_set_that_it_is_in),
        cmocka_unit_test(pick_takes_from_one_alone),
        cmocka_unit_test(pick_takes_the_first_by_place_of_what_is_ready),
        cmocka_unit_test(what_is_ready_at_once_gives_nobody_a_turn),
        cmocka_unit_test(an_empty_set_is_ready_where_all_are_wanted_and_refused_where_one_is),
        cmocka_unit_test(members_that_are_nothing_gone_or_there_twice_come_out_as_that),
        cmocka_unit_test(a_member_that_refuses_is_an_outcome),
        cmocka_unit_test(a_set_does_not_wait_for_itself),
        cmocka_unit_test(a_set_is_awaited_by_one_at_a_time),
        cmocka_unit_test(things_of_all_kinds_are_members_of_one_set),
        cmocka_unit_test(within_ends_at_its_time_and_leaves_what_it_waited_for),
        cmocka_unit_test(within_is_a_deadline_for_a_part),
        cmocka_unit_test(an_outcome_that_is_there_goes_before_a_cancellation),
        cmocka_unit_test(a_step_that_comes_after_its_set_has_gone_does_nothing),
        cmocka_unit_test(what_other_threads_settle_is_neither_lost_nor_torn),
    };
    return cmocka_run_group_tests_name("combine", tests, NULL, NULL);
}
