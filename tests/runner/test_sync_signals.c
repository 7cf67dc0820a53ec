/* Permits, events, barriers and groups let those go on who waited, in order, and lose no grant. */
#include <errno.h>

#include "lib/fixture.h"
#include "lib/hand.h"

LONE_RUNNER_TEST(a_semaphore_has_so_many_permits)
{
    struct gr_semaphore semaphore;
    gr_semaphore_init(&semaphore, 3, 0);
    check_equal(gr_semaphore_acquire(&semaphore, 2, GR_FOREVER), 0);
    check_equal(gr_semaphore_try_acquire(&semaphore, 2), -EAGAIN);
    check_equal(gr_semaphore_acquire(&semaphore, 2, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_semaphore_try_acquire(&semaphore, 1), 0);
    check_equal(gr_semaphore_release(&semaphore, 1), 0);
    check_equal(gr_semaphore_acquire(&semaphore, 1, gr_now()), 0);
    gr_semaphore_done(&semaphore);
}

LONE_RUNNER_TEST(a_bounded_semaphore_refuses_to_have_more)
{
    struct gr_semaphore semaphore;
    gr_semaphore_init(&semaphore, 2, 3);
    check_equal(gr_semaphore_release(&semaphore, 2), -EOVERFLOW);
    check_equal(gr_semaphore_release(&semaphore, 1), 0);
    check_equal(gr_semaphore_release(&semaphore, 1), -EOVERFLOW);
    gr_semaphore_init(&semaphore, UINT32_MAX, 0);
    check_equal(gr_semaphore_release(&semaphore, 1), -EOVERFLOW);
}

LONE_RUNNER_TEST(permits_go_to_the_first_in_line_even_if_he_wants_many)
{
    struct gr_semaphore semaphore = {0};
    struct gr_semaphore_wait waits[2];
    struct hand hands[2];
    struct gr_awaitable *many = gr_semaphore_awaitable(&waits[0], &semaphore, 3);
    struct gr_awaitable *one = gr_semaphore_awaitable(&waits[1], &semaphore, 1);
    hand_subscribe(&hands[0], many);
    hand_subscribe(&hands[1], one);
    check_equal(gr_semaphore_release(&semaphore, 2), 0);
    check_equal(hands[0].woken + hands[1].woken, 0);
    check_equal(gr_semaphore_try_acquire(&semaphore, 1), -EAGAIN);
    check_equal(gr_semaphore_release(&semaphore, 2), 0);
    check_equal(hands[0].woken, 1);
    check_equal(hands[1].woken, 1);
    check_equal(hand_take(many), 0);
    check_equal(hand_take(one), 0);
    check_equal(gr_semaphore_try_acquire(&semaphore, 1), -EAGAIN);
}

LONE_RUNNER_TEST(permits_pass_on_when_who_was_granted_them_or_stood_in_the_way_gives_up)
{
    struct gr_semaphore semaphore = {0};
    struct gr_semaphore_wait waits[3];
    struct hand hands[3];
    struct gr_awaitable *awaitables[3];
    for (int i = 0; i < 3; i++) {
        awaitables[i] = gr_semaphore_awaitable(&waits[i], &semaphore, i == 1 ? 5 : 2);
        hand_subscribe(&hands[i], awaitables[i]);
    }
    check_equal(gr_semaphore_release(&semaphore, 2), 0);
    check_equal(hands[0].woken, 1);
    check(hand_cancel(awaitables[0])); /* granted: back; the second wants more than that */
    check_equal(hands[1].woken + hands[2].woken, 0);
    check(hand_cancel(awaitables[1])); /* in the way of the third */
    check_equal(hands[2].woken, 1);
    check(hand_cancel(awaitables[2]));
    check_equal(gr_semaphore_try_acquire(&semaphore, 2), 0);
    gr_semaphore_done(&semaphore);

    /* What was withdrawn can be awaited again. */
    check_equal(gr_semaphore_release(&semaphore, 2), 0);
    check_equal(gr_await(awaitables[2], GR_FOREVER), 0);
    check_equal(gr_semaphore_try_acquire(&semaphore, 1), -EAGAIN);
}

struct errand {
    struct gr_semaphore *semaphore;
    struct gr_event *event;
    struct gr_barrier *barrier;
    struct gr_wait_group *group;
    bool last;
    gr_runner runner;
};

static void start(struct errand *errand, gr_runner_fn *run)
{
    check_equal(gr_runner_start(run, errand, NULL, &errand->runner), 0);
    check_equal(gr_yield(), 0);
}

static int join(const struct errand *errand)
{
    return gr_runner_join(errand->runner, gr_in(10 * GR_SECOND));
}

static int acquire_one(void *context)
{
    const struct errand *errand = context;
    return gr_semaphore_acquire(errand->semaphore, 1, gr_in(10 * GR_SECOND));
}

LONE_RUNNER_TEST(a_wait_for_permits_can_be_cancelled)
{
    struct gr_semaphore semaphore = {0};
    struct errand errands[2] = {{.semaphore = &semaphore}, {.semaphore = &semaphore}};
    start(&errands[0], acquire_one);
    start(&errands[1], acquire_one);
    gr_runner_cancel(errands[0].runner);
    check_equal(join(&errands[0]), -ECANCELED);
    check_equal(gr_semaphore_release(&semaphore, 1), 0);
    check_equal(join(&errands[1]), 0);
    gr_semaphore_done(&semaphore);
}

static int wait_for_event(void *context)
{
    const struct errand *errand = context;
    return gr_event_wait(errand->event, gr_in(10 * GR_SECOND));
}

LONE_RUNNER_TEST(an_event_lets_all_go_on_though_it_is_cleared_at_once)
{
    struct gr_event event = {0};
    struct errand errands[3];
    for (int i = 0; i < 3; i++) {
        errands[i] = (struct errand){.event = &event};
        start(&errands[i], wait_for_event);
    }
    gr_runner_cancel(errands[1].runner);
    gr_event_set(&event);
    check(gr_event_is_set(&event));
    check_equal(gr_event_wait(&event, gr_now()), 0);
    gr_event_clear(&event);
    check(!gr_event_is_set(&event));
    check_equal(gr_event_wait(&event, gr_now()), -ETIMEDOUT);
    check_equal(join(&errands[0]), 0);
    check_equal(join(&errands[1]), -ECANCELED);
    check_equal(join(&errands[2]), 0);
    gr_event_done(&event);
}

LONE_RUNNER_TEST(a_wait_for_an_event_can_be_withdrawn_and_made_again)
{
    struct gr_event event = {0};
    struct gr_event_wait wait;
    struct hand hand;
    struct gr_awaitable *awaitable = gr_event_awaitable(&wait, &event);
    hand_subscribe(&hand, awaitable);
    check(hand_cancel(awaitable));
    hand_subscribe(&hand, awaitable);
    gr_event_set(&event);
    gr_event_clear(&event);
    check_equal(hand.woken, 1);
    check(hand_cancel(awaitable));
    check(!hand_ready(awaitable));
    gr_event_done(&event);
}

static int come(void *context)
{
    struct errand *errand = context;
    return gr_barrier_wait(errand->barrier, &errand->last, gr_in(10 * GR_SECOND));
}

LONE_RUNNER_TEST(a_barrier_lets_all_go_on_when_the_last_has_come_again_and_again)
{
    struct gr_barrier barrier;
    gr_barrier_init(&barrier, 3);
    for (int round = 0; round < 3; round++) {
        struct errand errands[2] = {{.barrier = &barrier}, {.barrier = &barrier}};
        bool last = false;
        start(&errands[0], come);
        start(&errands[1], come);
        check_equal(gr_barrier_wait(&barrier, &last, GR_FOREVER), 0);
        check_equal(join(&errands[0]), 0);
        check_equal(join(&errands[1]), 0);
        check(last && !errands[0].last && !errands[1].last);
    }
    gr_barrier_done(&barrier);
}

LONE_RUNNER_TEST(a_barrier_breaks_when_one_gives_up_until_it_is_reset)
{
    struct gr_barrier barrier;
    gr_barrier_init(&barrier, 3);
    struct errand errands[2] = {{.barrier = &barrier}, {.barrier = &barrier}};
    start(&errands[0], come);
    start(&errands[1], come);
    gr_runner_cancel(errands[0].runner);
    check_equal(join(&errands[0]), -ECANCELED);
    check_equal(join(&errands[1]), -EPIPE);
    check_equal(gr_barrier_wait(&barrier, NULL, GR_FOREVER), -EPIPE);

    gr_barrier_reset(&barrier);
    check_equal(gr_barrier_wait(&barrier, NULL, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    gr_barrier_reset(&barrier);
    start(&errands[0], come);
    gr_barrier_reset(&barrier);
    check_equal(join(&errands[0]), -EPIPE);
    start(&errands[0], come);
    start(&errands[1], come);
    check_equal(gr_barrier_wait(&barrier, NULL, GR_FOREVER), 0);
    check_equal(join(&errands[0]), 0);
    check_equal(join(&errands[1]), 0);
}

/* All have come: that cannot be undone for one of them. */
LONE_RUNNER_TEST(a_barrier_that_was_passed_cannot_be_withdrawn_from)
{
    struct gr_barrier barrier;
    gr_barrier_init(&barrier, 2);
    struct gr_barrier_wait wait;
    struct hand hand;
    struct gr_awaitable *awaitable = gr_barrier_awaitable(&wait, &barrier, NULL);
    hand_subscribe(&hand, awaitable);
    check_equal(gr_barrier_wait(&barrier, NULL, GR_FOREVER), 0);
    check_equal(hand.woken, 1);
    check(!hand_cancel(awaitable));
    check_equal(hand_take(awaitable), 0);
}

static int wait_for_group(void *context)
{
    const struct errand *errand = context;
    return gr_wait_group_wait(errand->group, gr_in(10 * GR_SECOND));
}

LONE_RUNNER_TEST(a_group_is_waited_for_until_all_have_left)
{
    struct gr_wait_group group = {0};
    check_equal(gr_wait_group_wait(&group, gr_now()), 0);
    gr_wait_group_enter(&group, 2);
    struct errand errands[2] = {{.group = &group}, {.group = &group}};
    start(&errands[0], wait_for_group);
    start(&errands[1], wait_for_group);
    gr_wait_group_leave(&group);
    check_equal(gr_wait_group_wait(&group, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    gr_runner_cancel(errands[1].runner);
    check_equal(join(&errands[1]), -ECANCELED);
    gr_wait_group_leave(&group);
    gr_wait_group_enter(&group, 1);
    check_equal(join(&errands[0]), 0);
    gr_wait_group_leave(&group);
    gr_wait_group_done(&group);
}

LONE_RUNNER_TEST(a_wait_for_a_group_can_be_withdrawn_and_made_again)
{
    struct gr_wait_group group = {0};
    struct gr_wait_group_wait wait;
    struct hand hand;
    gr_wait_group_enter(&group, 1);
    struct gr_awaitable *awaitable = gr_wait_group_awaitable(&wait, &group);
    hand_subscribe(&hand, awaitable);
    check(hand_cancel(awaitable));
    hand_subscribe(&hand, awaitable);
    gr_wait_group_leave(&group);
    check_equal(hand.woken, 1);
    check_equal(hand_take(awaitable), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_semaphore_has_so_many_permits),
        cmocka_unit_test(a_bounded_semaphore_refuses_to_have_more),
        cmocka_unit_test(permits_go_to_the_first_in_line_even_if_he_wants_many),
        cmocka_unit_test(permits_pass_on_when_who_was_granted_them_or_stood_in_the_way_gives_up),
        cmocka_unit_test(a_wait_for_permits_can_be_cancelled),
        cmocka_unit_test(an_event_lets_all_go_on_though_it_is_cleared_at_once),
        cmocka_unit_test(a_wait_for_an_event_can_be_withdrawn_and_made_again),
        cmocka_unit_test(a_barrier_lets_all_go_on_when_the_last_has_come_again_and_again),
        cmocka_unit_test(a_barrier_breaks_when_one_gives_up_until_it_is_reset),
        cmocka_unit_test(a_barrier_that_was_passed_cannot_be_withdrawn_from),
        cmocka_unit_test(a_group_is_waited_for_until_all_have_left),
        cmocka_unit_test(a_wait_for_a_group_can_be_withdrawn_and_made_again),
    };
    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
