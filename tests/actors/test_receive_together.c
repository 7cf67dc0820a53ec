/* Several may wait for messages of one mailbox, and for other things: each message goes to one. */
#include "lib/hand.h"
#include "lib/process.h"
#include "lib/shortage.h"

static int race_two(struct gr_self *self)
{
    struct gr_receive_wait waits[2];
    const struct gr_message *messages[2] = {NULL, NULL};
    struct gr_member members[2];
    for (uint32_t i = 0; i < 2; i++)
        members[i] =
            (struct gr_member){.awaitable = gr_receive_awaitable(
                                   &waits[i], self, gr_pattern_tag(ONE + i), &messages[i])};
    check_equal(gr_race(members, 2, SOON), 0);
    check(messages[0] == NULL && messages[1] != NULL);
    check_equal(value_of(messages[1]), 5);
    check_equal(gr_all(members, 1, NULL, SOON), 0);
    check_equal(value_of(messages[0]), 6);
    check_equal(value_of(messages[1]), 5);
    return 0;
}

LONE_RUNNER_TEST(two_receives_race_and_what_both_gave_stays)
{
    gr_actor actor = spawn(race_two);
    check_equal(gr_yield(), 0);
    send(actor, THREE, 4);
    send(actor, TWO, 5);
    check_equal(gr_yield(), 0);
    send(actor, ONE, 6);
    check_equal(end_of(actor), 0);
    check_equal(gr_dead_letters(), 1);
}

static int drive_by_hand(struct gr_self *self)
{
    struct gr_receive_wait waits[2];
    const struct gr_message *messages[2];
    struct gr_awaitable *first =
        gr_receive_awaitable(&waits[0], self, gr_pattern_range(ONE, TWO), &messages[0]);
    struct gr_awaitable *second =
        gr_receive_awaitable(&waits[1], self, gr_pattern_tag(TWO), &messages[1]);
    struct hand hands[2];
    hand_subscribe(&hands[0], first);
    hand_subscribe(&hands[1], second);
    check_equal(first->type->subscribe(first, &hands[0].waiter), -EBUSY);
    send_tags(gr_self_actor(self), 3, (const uint32_t[]){THREE, TWO, ONE});
    check(hands[0].woken == 1 && hands[1].woken == 0);
    check(hand_cancel(first));
    check_equal(hands[1].woken, 1);
    check_equal(hand_take(second), 0);
    check_equal(value_of(messages[1]), 1);
    check(hand_ready(first));
    check_equal(hand_take(first), 0);
    check_equal(value_of(messages[0]), 2);
    expect(self, gr_pattern_any(), THREE, 0);
    return 0;
}

LONE_RUNNER_TEST(what_was_granted_to_one_that_withdraws_goes_to_the_next)
{
    check_equal(end_of(spawn(drive_by_hand)), 0);
}

static int withdraw_all(struct gr_self *self)
{
    struct gr_receive_wait wait;
    const struct gr_message *message;
    struct hand hand;
    struct gr_awaitable *awaitable =
        gr_receive_awaitable(&wait, self, gr_pattern_tag(TWO), &message);
    hand_subscribe(&hand, awaitable);
    send_tags(gr_self_actor(self), 4, (const uint32_t[]){ONE, TWO, THREE, TWO});
    check_equal(hand.woken, 1);
    expect(self, gr_pattern_tag(ONE), ONE, 0);
    check(hand_cancel(awaitable));
    for (int i = 1; i < 4; i++)
        expect(self, gr_pattern_any(), (const uint32_t[]){ONE, TWO, THREE, TWO}[i], i);
    return 0;
}

LONE_RUNNER_TEST(what_was_granted_goes_back_to_its_place)
{
    check_equal(end_of(spawn(withdraw_all)), 0);
}

static void send_later(struct gr_self *self, uint64_t key, int value)
{
    check_equal(gr_self_send_after(self, key, gr_now(), TWO, &value, sizeof value), 0);
}

static int lose_what_was_granted(struct gr_self *self)
{
    struct gr_receive_wait wait;
    const struct gr_message *message;
    struct hand hand;
    gr_monitor monitor;
    struct gr_awaitable *awaitable =
        gr_receive_awaitable(&wait, self, gr_pattern_or_control(gr_pattern_any()), &message);
    hand_subscribe(&hand, awaitable);
    send_later(self, 1, 1);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(hand.woken, 1);
    check(gr_self_send_cancel(self, 1));
    check_equal(hand_take(awaitable), -EAGAIN);

    hand_subscribe(&hand, awaitable);
    check_equal(gr_monitor_make(self, (gr_actor){0}, &monitor), 0);
    check_equal(hand.woken, 1);
    gr_monitor_drop(monitor);
    check_equal(hand_take(awaitable), -EAGAIN);
    expect_none(self, gr_pattern_or_control(gr_pattern_any()));

    hand_subscribe(&hand, awaitable);
    check_equal(gr_monitor_make(self, (gr_actor){0}, &monitor), 0);
    check(hand_cancel(awaitable));
    check_equal(gr_await(awaitable, SOON), 0);
    check(gr_message_control(message) != NULL);
    return 0;
}

LONE_RUNNER_TEST(what_is_cancelled_before_it_is_taken_does_not_come)
{
    check_equal(end_of(spawn(lose_what_was_granted)), 0);
}

static int wait_in_helper(void *context)
{
    struct gr_self *self = context;
    expect(self, gr_pattern_tag(TWO), TWO, 1);
    return 0;
}

static int start_helper(struct gr_self *self)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, SOON);
    check_equal(gr_scope_start(&scope, wait_in_helper, self, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), 0);
    return 0;
}

LONE_RUNNER_TEST(a_runner_that_the_run_waits_for_receives_too)
{
    gr_actor actor = spawn(start_helper);
    check_equal(gr_yield(), 0);
    send_tags(actor, 2, (const uint32_t[]){ONE, TWO});
    check_equal(end_of(actor), 0);
}

static int take_before_one_who_waits(struct gr_self *self)
{
    struct gr_receive_wait wait;
    const struct gr_message *message;
    struct hand hand;
    struct gr_awaitable *awaitable =
        gr_receive_awaitable(&wait, self, gr_pattern_tag(TWO), &message);
    hand_subscribe(&hand, awaitable);
    send(gr_self_actor(self), ONE, 1);
    expect(self, gr_pattern_tag(ONE), ONE, 1);
    send(gr_self_actor(self), TWO, 2);
    check_equal(hand.woken, 1);
    check_equal(hand_take(awaitable), 0);
    check_equal(value_of(message), 2);
    return 0;
}

LONE_RUNNER_TEST(who_waits_is_offered_what_comes_after_another_has_taken)
{
    check_equal(end_of(spawn(take_before_one_who_waits)), 0);
}

/*
 *     first                      second
 *     waits for TWO
 *     to stop: TWO is passed by
 *     shield                     looks for ONE, past TWO
 *     is offered TWO             looks on, behind where TWO stood
 */
static int be_offered_late(struct gr_self *self)
{
    struct gr_receive_wait waits[2];
    const struct gr_message *messages[2];
    struct hand hand;
    struct gr_shield shield;
    struct gr_awaitable *first =
        gr_receive_awaitable(&waits[0], self, gr_pattern_tag(TWO), &messages[0]);
    struct gr_awaitable *second =
        gr_receive_awaitable(&waits[1], self, gr_pattern_tag(ONE), &messages[1]);
    hand_subscribe(&hand, first);
    check_equal(gr_actor_stop(gr_self_actor(self), 0), 0);
    check_equal(gr_try_send(gr_self_actor(self), TWO, &(int){2}, sizeof(int)), 0);
    check_equal(hand.woken, 0);
    gr_shield_raise(&shield, SOON);
    check(!hand_ready(second));
    check_equal(gr_try_send(gr_self_actor(self), THREE, &(int){3}, sizeof(int)), 0);
    check_equal(hand.woken, 1);
    check_equal(hand_take(first), 0);
    gr_receive_done(self);
    check(!hand_ready(second));
    check_equal(gr_try_send(gr_self_actor(self), ONE, &(int){1}, sizeof(int)), 0);
    check_equal(hand_take(second), 0);
    check_equal(value_of(messages[1]), 1);
    gr_shield_lower(&shield);
    return 0;
}

LONE_RUNNER_TEST(a_search_goes_on_where_what_it_had_passed_is_taken)
{
    check_equal(end_of(spawn(be_offered_late)), 0);
}

static int wait_for_what_was_stashed(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag == TWO)
        return gr_self_stash(self, message);

    struct gr_receive_wait wait;
    const struct gr_message *next;
    struct hand hand;
    struct gr_awaitable *awaitable = gr_receive_awaitable(&wait, self, gr_pattern_tag(TWO), &next);
    hand_subscribe(&hand, awaitable);
    send(gr_self_actor(self), THREE, 3);
    check_equal(gr_self_unstash(self), 1);
    check_equal(hand.woken, 1);
    check_equal(hand_take(awaitable), 0);
    check_equal(value_of(next), 2);
    return gr_actor_stop(gr_self_actor(self), 0);
}

LONE_RUNNER_TEST(what_was_stashed_is_offered_to_who_waits)
{
    static const struct gr_behavior stashes = {.name = "stashes",
                                               .receive = wait_for_what_was_stashed};
    gr_actor actor;
    check_equal(gr_actor_spawn(&stashes, NULL, &actor), 0);
    send(actor, TWO, 2);
    send(actor, ONE, 1);
    check_equal(end_of(actor), 0);
    check_equal(gr_dead_letters(), 1);
}

static int hear_of_group(struct gr_self *self)
{
    const struct gr_message *message;
    gr_pattern pattern = gr_pattern_or_control((gr_pattern){0});
    gr_actor actor = gr_self_actor(self);
    check_equal(gr_self_watch_group(self, "readers"), 0);
    check_equal(gr_group_join("readers", actor, SOON), 0);
    void *blocks = take_all(64);
    check_equal(gr_receive(self, pattern, &message, SOON), -ENOMEM);
    give_all(blocks, 64);
    for (int i = 0; i < 2; i++) {
        check_equal(gr_receive(self, pattern, &message, SOON), 0);
        const struct gr_control *control = gr_message_control(message);
        check(control->kind == (i == 0 ? GR_JOINED : GR_LEFT));
        check(strcmp(control->group, "readers") == 0 && control->actor.name == actor.name);
        check_equal(gr_group_leave("readers", actor, SOON), i == 0 ? 0 : -ENOENT);
    }
    check_equal(gr_receive(self, pattern, &message, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    return 0;
}

LONE_RUNNER_TEST(changes_of_a_group_are_received_one_by_one)
{
    check_equal(end_of(spawn(hear_of_group)), 0);
}

static unsigned by_tag(const struct gr_message *message)
{
    return message->tag;
}

/* What comes is put ahead of what was looked at. */
static int wait_in_sorted(struct gr_self *self, const struct gr_message *first)
{
    struct gr_receive_wait wait;
    const struct gr_message *message;
    struct hand hand;
    (void)first;
    send(gr_self_actor(self), THREE, 1);
    struct gr_awaitable *awaitable =
        gr_receive_awaitable(&wait, self, gr_pattern_range(ONE, TWO), &message);
    hand_subscribe(&hand, awaitable);
    send(gr_self_actor(self), TWO, 2);
    check_equal(hand.woken, 1);
    check(hand_cancel(awaitable));
    expect(self, gr_pattern_any(), TWO, 2);
    expect(self, gr_pattern_any(), THREE, 1);
    return gr_actor_stop(gr_self_actor(self), 0);
}

LONE_RUNNER_TEST(what_is_put_ahead_of_others_is_offered_to_who_waits)
{
    static const struct gr_behavior sorted = {
        .name = "sorted", .receive = wait_in_sorted, .priority = by_tag};
    gr_actor actor;
    check_equal(gr_actor_spawn(&sorted, NULL, &actor), 0);
    send(actor, ONE, 0);
    check_equal(end_of(actor), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_receives_race_and_what_both_gave_stays),
        cmocka_unit_test(what_was_granted_to_one_that_withdraws_goes_to_the_next),
        cmocka_unit_test(what_was_granted_goes_back_to_its_place),
        cmocka_unit_test(what_is_cancelled_before_it_is_taken_does_not_come),
        cmocka_unit_test(a_runner_that_the_run_waits_for_receives_too),
        cmocka_unit_test(who_waits_is_offered_what_comes_after_another_has_taken),
        cmocka_unit_test(a_search_goes_on_where_what_it_had_passed_is_taken),
        cmocka_unit_test(what_was_stashed_is_offered_to_who_waits),
        cmocka_unit_test(changes_of_a_group_are_received_one_by_one),
        cmocka_unit_test(what_is_put_ahead_of_others_is_offered_to_who_waits),
    };
    return cmocka_run_group_tests_name("receive_together", tests, NULL, NULL);
}
