/* An actor takes the message that it wants next; the others stay, whole and in their order. */
#include <errno.h>
#include <string.h>

#include "actors/body.h"
#include "actors/reception.h"
#include "lib/process.h"

static int pick_out(struct gr_self *self)
{
    expect(self, gr_pattern_tag(GO), GO, 4);
    expect(self, gr_pattern_tag(TWO), TWO, 1);
    expect(self, gr_pattern_tag(TWO), TWO, 3);
    expect_none(self, gr_pattern_tag(TWO));
    expect(self, gr_pattern_any(), ONE, 0);
    expect(self, gr_pattern_any(), THREE, 2);
    expect_none(self, gr_pattern_any());
    return 0;
}

LONE_RUNNER_TEST(what_does_not_match_stays_in_its_order)
{
    gr_actor actor = spawn(pick_out);
    send_tags(actor, 5, (const uint32_t[]){ONE, TWO, THREE, TWO, GO});
    check_equal(end_of(actor), 0);
    check_equal(gr_dead_letters(), 0);
}

LONE_RUNNER_TEST(messages_that_come_one_by_one_are_taken_as_those_that_are_there)
{
    gr_actor actor = spawn(pick_out);
    for (int i = 0; i < 5; i++) {
        check_equal(gr_yield(), 0);
        send(actor, (const uint32_t[]){ONE, TWO, THREE, TWO, GO}[i], i);
    }
    check_equal(end_of(actor), 0);
    check_equal(gr_dead_letters(), 0);
}

static bool is_even(const struct gr_message *message, const void *context)
{
    ++*(int *)(uintptr_t)context;
    return value_of(message) % 2 == 0;
}

static bool is_wanted(const struct gr_message *message, const void *context)
{
    return value_of(message) == *(const int *)context;
}

static int try_patterns(struct gr_self *self)
{
    int asked = 0;
    expect(self, gr_pattern_tag(GO), GO, 6);
    expect_none(self, (gr_pattern){0});
    expect_none(self, gr_pattern_range(4 + FULL, UINT32_MAX));
    expect(self, gr_pattern_range(TWO, THREE), TWO, 1);
    expect(self, gr_pattern_tags((const uint32_t[]){GO, THREE, FULL}, 3), FULL, 2);
    expect(self, gr_pattern_match(is_even, &asked), ONE, 0);
    expect(self, gr_pattern_match(is_even, &asked), THREE, 4);
    check_equal(asked, 3);
    int wanted = 5;
    expect(self, gr_pattern_match(is_wanted, &wanted), ONE, 5);
    wanted = 3;
    expect(self, gr_pattern_match(is_wanted, &wanted), ONE, 3);
    return 0;
}

LONE_RUNNER_TEST(a_pattern_is_a_tag_some_a_range_or_a_function)
{
    gr_actor actor = spawn(try_patterns);
    send_tags(actor, 7, (const uint32_t[]){ONE, TWO, FULL, ONE, THREE, ONE, GO});
    check_equal(end_of(actor), 0);
}

static int asked_in_all;

static int wait_for_even(struct gr_self *self)
{
    expect(self, gr_pattern_match(is_even, &asked_in_all), ONE, 6);
    return 0;
}

LONE_RUNNER_TEST(a_function_is_asked_once_about_each_message_that_comes)
{
    asked_in_all = 0;
    gr_actor actor = spawn(wait_for_even);
    check_equal(gr_yield(), 0);
    for (int i = 0; i < 3; i++)
        send(actor, ONE, 2 * i + 1);
    send(actor, ONE, 6);
    check_equal(end_of(actor), 0);
    check_equal(asked_in_all, 4);
}

static const struct gr__reception *reception_of(const struct gr_self *self)
{
    return gr__container_of(self, struct gr__body, self)->annex->reception;
}

static int come_again(struct gr_self *self)
{
    const struct gr__body *body = gr__container_of(self, struct gr__body, self);
    expect(self, gr_pattern_tag(GO), GO, 3);
    check(reception_of(self)->resume == &body->last->next);
    expect(self, gr_pattern_tag(GO), GO, 4);
    check(reception_of(self)->resume != &body->first);
    expect(self, gr_pattern_tag(ONE), ONE, 0);
    check(reception_of(self)->resume == &body->first);
    expect(self, gr_pattern_tag(GO), GO, 5);
    expect(self, gr_pattern_tag(ONE), ONE, 1);
    expect(self, gr_pattern_tag(ONE), ONE, 2);
    check(body->first == NULL);
    return 0;
}

LONE_RUNNER_TEST(the_same_tags_are_looked_for_behind_what_was_looked_at)
{
    gr_actor actor = spawn(come_again);
    send_tags(actor, 4, (const uint32_t[]){ONE, ONE, ONE, GO});
    check_equal(gr_yield(), 0);
    send(actor, GO, 4);
    send(actor, GO, 5);
    check_equal(end_of(actor), 0);
}

static int wait_in_vain(struct gr_self *self)
{
    const struct gr_message *message;
    check_equal(gr_receive(self, gr_pattern_tag(TWO), &message, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    expect(self, gr_pattern_any(), ONE, 1);
    return -EIO;
}

LONE_RUNNER_TEST(a_deadline_passes_and_leaves_the_mailbox_as_it_is)
{
    expect_report("actor 'scripted' on loop 0 failed: Input/output error (EIO)");
    gr_actor actor = spawn(wait_in_vain);
    send(actor, ONE, 1);
    check_equal(end_of(actor), -EIO);
}

/* The report names what was sent and never received. */
static int leave_mail(struct gr_self *self)
{
    expect(self, gr_pattern_tag(GO), GO, 0);
    return 0;
}

LONE_RUNNER_TEST(asks_that_were_never_received_hear_of_the_end)
{
    gr_actor actor = spawn(leave_mail);
    gr_future future;
    check_equal(gr_ask_start(actor, ONE, NULL, 0, &future, SOON), 0);
    send(actor, GO, 0);
    check_equal(gr_future_await(future, NULL, 0, SOON), -ESTALE);
    check_equal(gr_dead_letters(), 1);
}

static int serve(struct gr_self *self)
{
    const struct gr_message *message;
    int rc;
    while ((rc = gr_receive(self, gr_pattern_any(), &message, SOON)) == 0) {
        if (message->tag == GO)
            return 0;
        if (message->tag == TWO)
            rc = gr_reply(message, message->data, message->size);
        if (message->tag == THREE) {
            gr_receive_done(self);
            check_equal(gr_sleep(SOON), -ECANCELED);
            return 0;
        }
        if (rc < 0)
            return rc;
    }
    return rc;
}

LONE_RUNNER_TEST(an_ask_is_replied_to_with_no_bytes_at_the_next_receive)
{
    gr_actor actor = spawn(serve);
    int value = 7, reply = 0;
    check_equal(gr_ask(actor, ONE, NULL, 0, NULL, 0, SOON), 0);
    check_equal(gr_ask(actor, TWO, &value, sizeof value, &reply, sizeof reply, SOON), 0);
    check_equal(reply, 7);
    check_equal(gr_ask(actor, THREE, NULL, 0, NULL, 0, SOON), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(end_of(actor), 0);
}

LONE_RUNNER_TEST(an_ask_is_replied_to_at_the_end_of_the_run)
{
    check_equal(gr_ask(spawn(serve), GO, NULL, 0, NULL, 0, SOON), 0);
}

static int lives, seen;

/* Each life begins with the first message that is left. */
static int fail_at_two(struct gr_self *self)
{
    const struct gr_message *message;
    lives++;
    if (lives == 2) {
        struct gr_failure failure;
        gr_self_failure(self, &failure);
        check_equal(failure.reason, -EPROTO);
        check(failure.by_message && failure.tag == TWO && failure.size == sizeof(int));
    }
    int rc;
    while ((rc = gr_receive(self, gr_pattern_range(TWO, GO), &message, SOON)) == 0) {
        seen = seen * 10 + value_of(message);
        if (message->tag == TWO)
            return -EPROTO;
        if (message->tag == GO)
            expect(self, gr_pattern_tag(ONE), ONE, 0);
    }
    return rc;
}

static int start_failing(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    ((struct script *)self->state)->run = fail_at_two;
    return 0;
}

LONE_RUNNER_TEST(a_restart_begins_the_run_anew_with_the_mailbox_that_was_left)
{
    static const struct gr_behavior failing = {.name = "failing",
                                               .run = run_script,
                                               .start = start_failing,
                                               .state_bytes = sizeof(struct script)};
    static const struct gr_child child = {.name = "failing", .behavior = &failing};
    static const struct gr_supervisor family = {.name = "family",
                                                .strategy = GR_ONE_FOR_ONE,
                                                .children = &child,
                                                .child_count = 1,
                                                .restarts_max = 1};
    lives = seen = 0;
    gr_actor supervisor, actor;
    expect_report("failed: Protocol error (EPROTO)");
    check_equal(gr_supervisor_start(&family, NULL, &supervisor), 0);
    check_equal(gr_supervisor_find(supervisor, "failing", &actor, SOON), 0);
    int value = 3;
    gr_future future;
    send_tags(actor, 3, (const uint32_t[]){ONE, THREE, THREE});
    check_equal(gr_ask_start(actor, TWO, &value, sizeof value, &future, SOON), 0);
    send(actor, THREE, 4);
    send(actor, GO, 5);
    check_equal(gr_future_await(future, NULL, 0, SOON), -EPROTO);
    check_soon(seen == 12345);
    check_equal(lives, 2);
    check_equal(gr_actor_stop(supervisor, 0), 0);
}

static int until_cancelled(struct gr_self *self)
{
    const struct gr_message *message;
    int rc = gr_receive(self, gr_pattern_tag(GO), &message, SOON);
    check_equal(rc, -ECANCELED);
    check_equal(gr_receive(self, gr_pattern_any(), &message, SOON), -ECANCELED);
    return rc;
}

LONE_RUNNER_TEST(a_stop_ends_the_wait_and_each_later_one_whatever_is_there)
{
    gr_actor actor = spawn(until_cancelled);
    send(actor, ONE, 1);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_stop(actor, -EINTR), 0);
    check_equal(end_of(actor), -EINTR);
    check_equal(gr_dead_letters(), 1);
}

LONE_RUNNER_TEST(a_kill_ends_the_wait)
{
    gr_actor actor = spawn(until_cancelled);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_kill(actor), 0);
    check_equal(end_of(actor), GR_EKILLED);
}

LONE_RUNNER_TEST(one_that_is_stopped_before_it_begins_never_runs)
{
    gr_actor actor = spawn(until_cancelled);
    check_equal(gr_actor_stop(actor, -EINTR), 0);
    check_equal(end_of(actor), -EINTR);
}

static int finish_behind_a_shield(struct gr_self *self)
{
    const struct gr_message *message;
    struct gr_shield shield;
    int rc = gr_receive(self, gr_pattern_tag(GO), &message, SOON);
    gr_shield_raise(&shield, SOON);
    expect(self, gr_pattern_tag(TWO), TWO, 2);
    expect(self, gr_pattern_any(), ONE, 1);
    gr_shield_lower(&shield);
    return rc;
}

LONE_RUNNER_TEST(one_that_is_to_stop_receives_behind_a_shield)
{
    gr_actor actor = spawn(finish_behind_a_shield);
    send(actor, ONE, 1);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_yield(), 0);
    send(actor, TWO, 2);
    check_equal(end_of(actor), 0);
    check_equal(gr_dead_letters(), 0);
}

static int last_taken;

static int take_till_cancelled(struct gr_self *self)
{
    const struct gr_message *message;
    int rc;
    while ((rc = gr_receive(self, gr_pattern_range(TWO, THREE), &message, SOON)) == 0) {
        last_taken = value_of(message);
        if (message->tag == THREE)
            expect(self, gr_pattern_tag(ONE), ONE, 0);
    }
    return rc;
}

LONE_RUNNER_TEST(one_that_is_to_finish_takes_what_is_there)
{
    gr_actor actor = spawn(take_till_cancelled);
    send_tags(actor, 4, (const uint32_t[]){ONE, TWO, TWO, THREE});
    check_equal(gr_actor_finish(actor), 0);
    check_equal(end_of(actor), 0);
    check_equal(last_taken, 3);
    check_equal(gr_dead_letters(), 0);
}

LONE_RUNNER_TEST(one_that_waits_with_nothing_there_has_finished)
{
    gr_actor actor = spawn(take_till_cancelled);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_finish(actor), 0);
    check_equal(end_of(actor), 0);
}

static gr_actor watched[2];

static int hear_of_ends(struct gr_self *self)
{
    const struct gr_message *message;
    gr_monitor monitors[2];
    for (int i = 0; i < 2; i++)
        check_equal(gr_monitor_make(self, watched[i], &monitors[i]), 0);
    expect(self, gr_pattern_tag(GO), GO, 0);
    for (int i = 0; i < 2; i++)
        check_equal(gr_actor_stop(watched[i], -EINTR), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    expect_none(self, gr_pattern_tag(TWO));
    gr_pattern pattern = gr_pattern_or_down(gr_pattern_tag(ONE), monitors[1]);
    check_equal(gr_receive(self, pattern, &message, SOON), 0);
    const struct gr_control *control = gr_message_control(message);
    check(control != NULL && control->kind == GR_DOWN && control->reason == -EINTR &&
          control->monitor.name == monitors[1].name && control->actor.name == watched[1].name);
    expect(self, gr_pattern_tag(ONE), ONE, 1);
    check_equal(gr_receive(self, gr_pattern_or_control(gr_pattern_any()), &message, SOON), 0);
    control = gr_message_control(message);
    check(control != NULL && control->monitor.name == monitors[0].name);
    check_equal(gr_receive(self, gr_pattern_any(), &message, SOON), 0);
    check(message->tag == UINT32_MAX && gr_message_control(message) == NULL);
    return 0;
}

LONE_RUNNER_TEST(control_messages_come_first_and_to_those_that_want_them)
{
    for (int i = 0; i < 2; i++)
        watched[i] = spawn(until_cancelled);
    gr_actor actor = spawn(hear_of_ends);
    send_tags(actor, 3, (const uint32_t[]){GO, ONE, UINT32_MAX});
    check_equal(end_of(actor), 0);
}

static int wait_for_exit(struct gr_self *self)
{
    const struct gr_message *message;
    gr_pattern pattern = gr_pattern_or_control((gr_pattern){0});
    check_equal(gr_self_trap_exits(self, true), 0);
    check_equal(gr_self_link(self, watched[0]), 0);
    check_equal(gr_receive(self, pattern, &message, SOON), 0);
    const struct gr_control *control = gr_message_control(message);
    check(control != NULL && control->kind == GR_EXIT && control->reason == -EINTR);
    return 0;
}

LONE_RUNNER_TEST(an_exit_that_is_trapped_is_received)
{
    watched[0] = spawn(until_cancelled);
    gr_actor actor = spawn(wait_for_exit);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_stop(watched[0], -EINTR), 0);
    check_equal(end_of(actor), 0);
}

static int drop_monitor(struct gr_self *self)
{
    gr_monitor monitor;
    check_equal(gr_monitor_make(self, watched[0], &monitor), 0);
    check_equal(gr_actor_stop(watched[0], 0), 0);
    check_equal(gr_yield(), 0);
    gr_monitor_drop(monitor);
    expect_none(self, gr_pattern_or_control(gr_pattern_any()));
    return 0;
}

LONE_RUNNER_TEST(the_end_that_a_dropped_monitor_had_to_tell_is_not_received)
{
    watched[0] = spawn(until_cancelled);
    check_equal(end_of(spawn(drop_monitor)), 0);
}

static int end_when_cancelled(struct gr_self *self)
{
    const struct gr_message *message;
    return gr_receive(self, gr_pattern_any(), &message, SOON);
}

RUNNER_TEST(one_with_a_run_stays_on_its_loop)
{
    static const struct gr_behavior stays = {
        .name = "stays", .run = end_when_cancelled, .movable = true};
    gr_actor actor;
    check_equal(gr_actor_spawn(&stays, NULL, &actor), 0);
    check_equal(gr_actor_move(actor, GR_ON_LOOP(1), SOON), -EBUSY);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(end_of(actor), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_match_stays_in_its_order),
        cmocka_unit_test(messages_that_come_one_by_one_are_taken_as_those_that_are_there),
        cmocka_unit_test(a_pattern_is_a_tag_some_a_range_or_a_function),
        cmocka_unit_test(a_function_is_asked_once_about_each_message_that_comes),
        cmocka_unit_test(the_same_tags_are_looked_for_behind_what_was_looked_at),
        cmocka_unit_test(a_deadline_passes_and_leaves_the_mailbox_as_it_is),
        cmocka_unit_test(asks_that_were_never_received_hear_of_the_end),
        cmocka_unit_test(an_ask_is_replied_to_with_no_bytes_at_the_next_receive),
        cmocka_unit_test(an_ask_is_replied_to_at_the_end_of_the_run),
        cmocka_unit_test(a_restart_begins_the_run_anew_with_the_mailbox_that_was_left),
        cmocka_unit_test(a_stop_ends_the_wait_and_each_later_one_whatever_is_there),
        cmocka_unit_test(a_kill_ends_the_wait),
        cmocka_unit_test(one_that_is_stopped_before_it_begins_never_runs),
        cmocka_unit_test(one_that_is_to_stop_receives_behind_a_shield),
        cmocka_unit_test(one_that_is_to_finish_takes_what_is_there),
        cmocka_unit_test(one_that_waits_with_nothing_there_has_finished),
        cmocka_unit_test(control_messages_come_first_and_to_those_that_want_them),
        cmocka_unit_test(an_exit_that_is_trapped_is_received),
        cmocka_unit_test(the_end_that_a_dropped_monitor_had_to_tell_is_not_received),
        cmocka_unit_test(one_with_a_run_stays_on_its_loop),
    };
    return cmocka_run_group_tests_name("receive", tests, NULL, NULL);
}
