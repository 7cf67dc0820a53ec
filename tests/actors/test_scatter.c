/* Many are asked at once: all, some or the first are waited for, and no late reply reaches anybody. */
#include <errno.h>

#include "lib/fixture.h"

enum { SQUARE = 1, HOLD, REFUSE, END, CROWD = 12 };

#define SOON gr_in(10 * GR_SECOND)

/* Squares numbers; holds some back until it is let go; refuses, or ends, where it is told. */
static int answer(struct gr_self *self, const struct gr_message *message)
{
    int number = message->size == sizeof(int) ? *(const int *)message->data : 0;
    gr_future let_go;
    gr_promise promise;
    switch (message->tag) {
    case SQUARE:
        return gr_reply(message, &(int){number * number}, sizeof(int));
    case HOLD:
        check_equal(gr_future_make(&let_go, &promise), 0);
        check_equal(gr_reply(message, &promise, sizeof promise), 0);
        return gr_future_await(let_go, NULL, 0, gr_in(20 * GR_SECOND));
    case REFUSE:
        return gr_reply_error(message, -EPERM);
    case END:
        return gr_actor_stop(gr_self_actor(self), 0);
    }
    return 0;
}

static const struct gr_behavior answerer = {.name = "answerer", .receive = answer};

/* Actors over both loops, and what they are asked. */
struct scatter {
    gr_actor actors[CROWD];
    gr_future futures[CROWD];
    struct gr_future_wait waits[CROWD];
    struct gr_member members[CROWD];
    int squares[CROWD];
};

static void spawn_all(struct scatter *scatter)
{
    for (int i = 0; i < CROWD; i++) {
        struct gr_actor_options options = {.where = GR_ON_LOOP(i % gr_loop_count())};
        check_equal(gr_actor_spawn(&answerer, &options, &scatter->actors[i]), 0);
    }
}

static void ask_one(struct scatter *scatter, int which, uint32_t tag, gr_time deadline)
{
    scatter->squares[which] = -1;
    check_equal(gr_ask_start(scatter->actors[which], tag, &which, sizeof which,
                             &scatter->futures[which], deadline),
                0);
    scatter->members[which] = (struct gr_member){
        .awaitable = gr_future_awaitable(&scatter->waits[which], scatter->futures[which],
                                         &scatter->squares[which], sizeof(int))};
}

static void ask_all(struct scatter *scatter)
{
    for (int i = 0; i < CROWD; i++)
        ask_one(scatter, i, SQUARE, SOON);
}

static void drop_all(struct scatter *scatter)
{
    for (int i = 0; i < CROWD; i++)
        gr_future_drop_quietly(scatter->futures[i]);
}

static gr_promise hold(gr_actor actor)
{
    gr_promise promise = {0};
    check_equal(gr_ask(actor, HOLD, NULL, 0, &promise, sizeof promise, SOON), 0);
    return promise;
}

static void let_go(gr_promise promise)
{
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
}

/* What is asked after all that was asked before has been answered. */
static void has_caught_up(gr_actor actor)
{
    int square = 0;
    check_equal(gr_ask(actor, SQUARE, &(int){3}, sizeof(int), &square, sizeof square, SOON), 0);
    check_equal(square, 9);
}

RUNNER_TEST(all_replies_come_to_their_places)
{
    struct scatter scatter;
    spawn_all(&scatter);
    ask_all(&scatter);
    check_equal(gr_all(scatter.members, CROWD, NULL, SOON), 0);
    for (int i = 0; i < CROWD; i++)
        check_equal(scatter.squares[i], i * i);
}

RUNNER_TEST(the_first_failure_ends_a_wait_for_all_that_is_told_so)
{
    struct scatter scatter;
    spawn_all(&scatter);
    gr_promise promise = hold(scatter.actors[3]);
    for (int i = 0; i < CROWD; i++)
        ask_one(&scatter, i, i == 4 ? REFUSE : SQUARE, SOON);
    check_equal(gr_all_fail_fast(scatter.members, CROWD, SOON), -EPERM);
    check_equal(scatter.members[3].status, GR_PENDING);
    drop_all(&scatter);
    let_go(promise);
    has_caught_up(scatter.actors[3]);
}

RUNNER_TEST(any_takes_the_first_good_reply)
{
    struct scatter scatter;
    spawn_all(&scatter);
    gr_promise promises[CROWD];
    for (int i = 0; i < CROWD - 1; i++)
        promises[i] = hold(scatter.actors[i]);
    ask_all(&scatter);
    check_equal(gr_any(scatter.members, CROWD, SOON), 0);
    check_equal(scatter.squares[CROWD - 1], (CROWD - 1) * (CROWD - 1));
    drop_all(&scatter);
    for (int i = 0; i < CROWD - 1; i++) {
        let_go(promises[i]);
        has_caught_up(scatter.actors[i]);
        check_equal(scatter.squares[i], -1);
    }
}

RUNNER_TEST(as_many_as_are_wanted_are_taken_as_they_come)
{
    struct scatter scatter;
    spawn_all(&scatter);
    gr_promise near = hold(scatter.actors[0]), far = hold(scatter.actors[1]);
    ask_all(&scatter);
    struct gr_each each;
    struct gr_member *member;
    int taken = 0;
    gr_each_open(&each, scatter.members, CROWD);
    for (; taken < CROWD - 2; taken++) {
        check_equal(gr_each_next(&each, &member, SOON), 0);
        int which = (int)(member - scatter.members);
        check_equal(member->status, 0);
        check_equal(scatter.squares[which], which * which);
    }
    check_equal(gr_each_next(&each, &member, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    gr_each_close(&each);
    check_equal(scatter.members[0].status, GR_PENDING);
    check_equal(scatter.members[1].status, GR_PENDING);
    drop_all(&scatter);
    let_go(near);
    let_go(far);
    has_caught_up(scatter.actors[0]);
    has_caught_up(scatter.actors[1]);
    check_equal(scatter.squares[0], -1);
    check_equal(scatter.squares[1], -1);
}

RUNNER_TEST(what_has_come_by_the_deadline_is_there_and_the_rest_can_be_awaited_on)
{
    struct scatter scatter;
    spawn_all(&scatter);
    gr_promise promise = hold(scatter.actors[5]);
    ask_all(&scatter);
    check_equal(gr_all(scatter.members, CROWD, NULL, gr_in(50 * GR_MILLISECOND)), -ETIMEDOUT);
    for (int i = 0; i < CROWD; i++)
        if (scatter.members[i].status == 0)
            check_equal(scatter.squares[i], i * i);
    check_equal(scatter.members[5].status, GR_PENDING);
    let_go(promise);
    check_equal(gr_await(scatter.members[5].awaitable, SOON), 0);
    check_equal(scatter.squares[5], 25);
    drop_all(&scatter);
}

RUNNER_TEST(one_that_has_ended_answers_at_once_and_the_others_as_ever)
{
    struct scatter scatter;
    spawn_all(&scatter);
    int reason;
    for (int i = 2; i < 4; i++) {
        check_equal(gr_actor_stop(scatter.actors[i], 0), 0);
        check_equal(gr_actor_join(scatter.actors[i], &reason, SOON), 0);
    }
    for (int i = 0; i < CROWD; i++)
        if (i != 2)
            ask_one(&scatter, i, SQUARE, GR_FOREVER);
    gr_future none;
    check_equal(gr_ask_start(scatter.actors[2], SQUARE, NULL, 0, &none, GR_FOREVER), -ESTALE);
    scatter.members[2] = scatter.members[CROWD - 1];
    check_equal(gr_all_settled(scatter.members, CROWD - 1, SOON), 0);
    for (int i = 0; i < CROWD - 1; i++)
        check_equal(scatter.members[i].status, i == 3 ? -ESTALE : 0);
}

RUNNER_TEST(one_that_dies_with_questions_answers_them_at_its_end)
{
    struct scatter scatter;
    spawn_all(&scatter);
    gr_promise near = hold(scatter.actors[0]), far = hold(scatter.actors[1]);
    check_equal(gr_send(scatter.actors[0], END, NULL, 0), 0);
    check_equal(gr_send(scatter.actors[1], END, NULL, 0), 0);
    ask_all(&scatter);
    let_go(near);
    let_go(far);
    check_equal(gr_all_settled(scatter.members, CROWD, SOON), 0);
    for (int i = 0; i < CROWD; i++)
        check_equal(scatter.members[i].status, i < 2 ? -ESTALE : 0);
}

static void count_expired(void *count)
{
    *(uint64_t *)count = gr_asks_expired();
}

static uint64_t expired_on(int loop)
{
    uint64_t count = 0;
    on_loop(loop, count_expired, &count);
    return count;
}

RUNNER_TEST(questions_that_expire_are_not_handled_and_counted_where_they_were)
{
    struct scatter scatter;
    spawn_all(&scatter);
    gr_promise near = hold(scatter.actors[0]), far = hold(scatter.actors[1]);
    gr_time deadline = gr_in(5 * GR_MILLISECOND);
    for (int i = 0; i < CROWD; i++)
        ask_one(&scatter, i, SQUARE, i < 2 ? deadline : SOON);
    gr_future again;
    check_equal(gr_ask_start(scatter.actors[1], SQUARE, NULL, 0, &again, deadline), 0);
    check_equal(gr_sleep(deadline + 5 * GR_MILLISECOND), 0);
    let_go(near);
    let_go(far);
    check_equal(gr_all_settled(scatter.members, CROWD, SOON), 0);
    for (int i = 0; i < CROWD; i++)
        check_equal(scatter.members[i].status, i < 2 ? -ETIMEDOUT : 0);
    check_equal(gr_future_await(again, NULL, 0, SOON), -ETIMEDOUT);
    check_equal(expired_on(0), 1);
    check_equal(expired_on(1), 2);
}

/* Its future is dropped, and the next one stands in its slot when the reply comes. */
RUNNER_TEST(a_late_reply_is_not_taken_for_that_of_the_next_question)
{
    struct scatter scatter;
    spawn_all(&scatter);
    for (int i = 0; i < 2; i++) {
        gr_promise late = hold(scatter.actors[i]), other = hold(scatter.actors[i + 2]);
        ask_one(&scatter, i, SQUARE, SOON);
        check_equal(gr_await(scatter.members[i].awaitable, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
        gr_future_drop(scatter.futures[i]);
        ask_one(&scatter, i + 2, SQUARE, SOON);
        check_equal((uint32_t)scatter.futures[i].name, (uint32_t)scatter.futures[i + 2].name);
        let_go(late);
        has_caught_up(scatter.actors[i]);
        check_equal(gr_await(scatter.members[i + 2].awaitable, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
        let_go(other);
        check_equal(gr_await(scatter.members[i + 2].awaitable, SOON), 0);
        check_equal(scatter.squares[i + 2], (i + 2) * (i + 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_replies_come_to_their_places),
        cmocka_unit_test(the_first_failure_ends_a_wait_for_all_that_is_told_so),
        cmocka_unit_test(any_takes_the_first_good_reply),
        cmocka_unit_test(as_many_as_are_wanted_are_taken_as_they_come),
        cmocka_unit_test(what_has_come_by_the_deadline_is_there_and_the_rest_can_be_awaited_on),
        cmocka_unit_test(one_that_has_ended_answers_at_once_and_the_others_as_ever),
        cmocka_unit_test(one_that_dies_with_questions_answers_them_at_its_end),
        cmocka_unit_test(questions_that_expire_are_not_handled_and_counted_where_they_were),
        cmocka_unit_test(a_late_reply_is_not_taken_for_that_of_the_next_question),
    };
    return cmocka_run_group_tests_name("scatter", tests, NULL, NULL);
}
