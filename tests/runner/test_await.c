/*
 * Whatever speaks the protocol of await.h can be awaited, and a point in time does.
 *
 * TORNADO: convert_yielded (open to users' own types), moment, sleep.
 */
#include <errno.h>

#include "lib/fixture.h"

/*
 * A type of the user's: a kettle that somebody else brings to the boil. Its water is poured once,
 * and goes back where nobody wants it any more.
 */
struct kettle {
    struct gr_awaitable awaitable;
    struct gr_waiter *waiter;
    int cups;    /* to be poured, once it has boiled */
    int poured;  /* by take */
    bool spoilt; /* the water cannot go back */
};

static struct kettle *kettle_of(struct gr_awaitable *awaitable)
{
    return (struct kettle *)awaitable; /* its first member */
}

static bool has_boiled(struct gr_awaitable *awaitable)
{
    return kettle_of(awaitable)->cups > 0;
}

static int watch(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    if (kettle_of(awaitable)->waiter != NULL)
        return -EBUSY;
    kettle_of(awaitable)->waiter = waiter;
    return 0;
}

static int pour(struct gr_awaitable *awaitable)
{
    struct kettle *kettle = kettle_of(awaitable);
    kettle->waiter = NULL;
    kettle->poured += kettle->cups;
    kettle->cups = 0;
    return 0;
}

static bool turn_away(struct gr_awaitable *awaitable)
{
    struct kettle *kettle = kettle_of(awaitable);
    kettle->waiter = NULL;
    return kettle->cups == 0 || !kettle->spoilt;
}

static const struct gr_awaitable_type kettle_type = {"a kettle", has_boiled, watch, pour,
                                                     turn_away};

static void boil(void *context)
{
    struct kettle *kettle = context;
    kettle->cups = 2;
    if (kettle->waiter != NULL)
        kettle->waiter->wake(kettle->waiter);
}

LONE_RUNNER_TEST(a_users_own_type_is_awaited_and_taken_once)
{
    struct kettle kettle = {.awaitable = {&kettle_type}};
    check_equal(gr_post(-1, boil, &kettle, NULL), 0);
    check_equal(gr_await(&kettle.awaitable, GR_FOREVER), 0);
    check_equal(kettle.poured, 2);
    check(kettle.waiter == NULL);
}

LONE_RUNNER_TEST(a_users_own_type_is_withdrawn_from_and_awaited_again)
{
    struct kettle kettle = {.awaitable = {&kettle_type}};
    check_equal(gr_await(&kettle.awaitable, gr_now()), -ETIMEDOUT);
    check_equal(gr_await(&kettle.awaitable, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check(kettle.waiter == NULL);
    boil(&kettle);
    check_equal(gr_await(&kettle.awaitable, gr_now()), 0);
    check_equal(kettle.poured, 2);
}

static int await_kettle(void *kettle)
{
    return gr_await(&((struct kettle *)kettle)->awaitable, GR_FOREVER);
}

/*
 *     main                            reader
 *                                     parked in await
 *     cancel it: reader is woken
 *     boil
 *                                     cancel answers "too late": takes   (spoilt)
 *                                     cancel answers "withdrawn"         (not spoilt)
 */
LONE_RUNNER_TEST(the_type_decides_whether_a_cancellation_came_too_late)
{
    for (int spoilt = 0; spoilt < 2; spoilt++) {
        struct kettle kettle = {.awaitable = {&kettle_type}, .spoilt = spoilt};
        gr_runner reader;
        check_equal(gr_runner_start(await_kettle, &kettle, NULL, &reader), 0);
        check_equal(gr_yield(), 0);
        check(kettle.waiter != NULL);
        gr_runner_cancel(reader);
        boil(&kettle);
        check_equal(gr_runner_join(reader, gr_in(GR_SECOND)), spoilt ? 0 : -ECANCELED);
        check_equal(kettle.poured, spoilt ? 2 : 0);
        check_equal(kettle.cups, spoilt ? 0 : 2);
    }
}

LONE_RUNNER_TEST(what_subscribe_refuses_is_the_outcome)
{
    struct kettle kettle = {.awaitable = {&kettle_type}};
    gr_runner reader;
    check_equal(gr_runner_start(await_kettle, &kettle, NULL, &reader), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_await(&kettle.awaitable, GR_FOREVER), -EBUSY);
    gr_runner_cancel(reader);
    check_equal(gr_runner_join(reader, gr_in(GR_SECOND)), -ECANCELED);
}

static int note_turn(void *turns)
{
    ++*(int *)turns;
    return 0;
}

LONE_RUNNER_TEST(an_await_of_what_is_ready_gives_nobody_a_turn)
{
    int turns = 0;
    gr_runner other;
    check_equal(gr_runner_start(note_turn, &turns, NULL, &other), 0);
    struct kettle kettle = {.awaitable = {&kettle_type}, .cups = 1};
    struct gr_sleep_wait past;
    check_equal(gr_await(&kettle.awaitable, GR_FOREVER), 0);
    check_equal(gr_await(gr_sleep_awaitable(&past, gr_now()), GR_FOREVER), 0);
    check_equal(turns, 0);
    check_equal(gr_runner_join(other, gr_in(GR_SECOND)), 0);
}

LONE_RUNNER_TEST(a_point_in_time_is_awaited_until_it_comes)
{
    struct gr_sleep_wait wait;
    gr_time until = gr_in(2 * GR_MILLISECOND);
    check_equal(gr_await(gr_sleep_awaitable(&wait, until), GR_FOREVER), 0);
    check(gr_now() >= until);
}

LONE_RUNNER_TEST(a_point_in_time_that_is_not_reached_leaves_no_timer)
{
    struct gr_sleep_wait wait;
    struct gr_awaitable *moment = gr_sleep_awaitable(&wait, gr_in(60 * GR_SECOND));
    check_equal(gr_await(moment, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check(wait.timer.link.next == NULL);
    check_equal(gr_await(moment, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_await(gr_sleep_awaitable(&wait, GR_FOREVER), gr_in(GR_MILLISECOND)), -ETIMEDOUT);
}

LONE_RUNNER_TEST(a_point_in_time_that_has_come_goes_before_the_deadline)
{
    struct gr_sleep_wait wait;
    gr_time until = gr_in(GR_MILLISECOND);
    check_equal(gr_await(gr_sleep_awaitable(&wait, until), until), 0);
}

static int await_moment(void *awaitable)
{
    return gr_await(awaitable, GR_FOREVER);
}

LONE_RUNNER_TEST(a_point_in_time_is_awaited_by_one_at_a_time)
{
    struct gr_sleep_wait wait;
    gr_runner first;
    struct gr_awaitable *moment = gr_sleep_awaitable(&wait, gr_in(60 * GR_SECOND));
    check_equal(gr_runner_start(await_moment, moment, NULL, &first), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_await(moment, GR_FOREVER), -EBUSY);
    gr_runner_cancel(first);
    check_equal(gr_runner_join(first, gr_in(GR_SECOND)), -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_users_own_type_is_awaited_and_taken_once),
        cmocka_unit_test(a_users_own_type_is_withdrawn_from_and_awaited_again),
        cmocka_unit_test(the_type_decides_whether_a_cancellation_came_too_late),
        cmocka_unit_test(what_subscribe_refuses_is_the_outcome),
        cmocka_unit_test(an_await_of_what_is_ready_gives_nobody_a_turn),
        cmocka_unit_test(a_point_in_time_is_awaited_until_it_comes),
        cmocka_unit_test(a_point_in_time_that_is_not_reached_leaves_no_timer),
        cmocka_unit_test(a_point_in_time_that_has_come_goes_before_the_deadline),
        cmocka_unit_test(a_point_in_time_is_awaited_by_one_at_a_time),
    };
    return cmocka_run_group_tests_name("await", tests, NULL, NULL);
}
