/* Who waits for a message gets it whole and within what it came with; who waits no longer loses none. */
#include "actors/reception.h"
#include "lib/process.h"
#include "lib/shortage.h"

/* --- In a handler ---------------------------------------------------------------------------- */

static int handled;

static int receive_in_between(struct gr_self *self, const struct gr_message *message)
{
    handled = handled * 10 + value_of(message);
    if (message->tag != ONE)
        return 0;

    const struct gr_message *next;
    int rc = gr_receive(self, gr_pattern_tag(TWO), &next, SOON);
    if (rc < 0)
        return rc;
    handled = handled * 10 + value_of(next);
    check_equal(message->tag, ONE);
    return value_of(next) == 0 ? -EPROTO : gr_reply(next, &handled, sizeof handled);
}

static const struct gr_behavior in_between = {.name = "in between", .receive = receive_in_between};

static gr_actor spawn_in_between(void)
{
    gr_actor actor = {0};
    handled = 0;
    check_equal(gr_actor_spawn(&in_between, NULL, &actor), 0);
    return actor;
}

LONE_RUNNER_TEST(a_handler_receives_and_what_it_leaves_is_handled_after_it)
{
    gr_actor actor = spawn_in_between();
    for (int i = 1; i < 4; i++)
        send(actor, i == 1 ? ONE : THREE, i);
    int value = 4, reply = 0;
    check_equal(gr_ask(actor, TWO, &value, sizeof value, &reply, sizeof reply, SOON), 0);
    check_equal(reply, 14);
    check_soon(handled == 1423);
    check_equal(gr_actor_stop(actor, 0), 0);
}

LONE_RUNNER_TEST(a_handler_that_waits_for_a_message_gets_what_comes)
{
    gr_actor actor = spawn_in_between();
    send(actor, ONE, 1);
    check_equal(gr_yield(), 0);
    send(actor, THREE, 2);
    send(actor, TWO, 3);
    send(actor, ONE, 4);
    send(actor, TWO, 5);
    check_soon(handled == 13245);
    check_equal(gr_actor_stop(actor, 0), 0);
}

LONE_RUNNER_TEST(what_a_handler_received_ends_with_it_and_fails_with_it)
{
    expect_report("failed: Protocol error (EPROTO)");
    gr_actor actor = spawn_in_between();
    int value = 0;
    gr_future future;
    send(actor, ONE, 1);
    check_equal(gr_ask_start(actor, TWO, &value, sizeof value, &future, SOON), 0);
    check_equal(gr_future_await(future, NULL, 0, SOON), -EPROTO);
}

static int controls;

static int count_control(struct gr_self *self, const struct gr_control *control)
{
    (void)self;
    controls += control->kind == GR_DOWN;
    return 0;
}

/* The down comes while it waits, and is none of what it waits for. */
static int receive_and_watch(struct gr_self *self, const struct gr_message *message)
{
    const struct gr_message *next;
    gr_monitor monitor;
    (void)message;
    gr_actor ended = spawn(NULL);
    check_equal(gr_actor_stop(ended, 0), 0);
    check_equal(gr_monitor_make(self, ended, &monitor), 0);
    check_equal(gr_receive(self, gr_pattern_tag(TWO), &next, SOON), 0);
    check_equal(controls, 0);
    return 0;
}

LONE_RUNNER_TEST(the_control_hook_has_its_turn_after_a_handler_that_receives)
{
    static const struct gr_behavior watches = {
        .name = "watches", .receive = receive_and_watch, .control = count_control};
    gr_actor actor;
    controls = 0;
    check_equal(gr_actor_spawn(&watches, NULL, &actor), 0);
    send(actor, ONE, 1);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    send(actor, TWO, 2);
    check_soon(controls == 1);
    check_equal(gr_actor_stop(actor, 0), 0);
}

/* --- What comes with a message --------------------------------------------------------------- */

static const struct gr_context_key user = {.name = "user", .inherit = true, .carry = true};

static int user_here(void)
{
    int number = 0;
    int rc = gr_context_get(&user, &number, sizeof number);
    check(rc == 0 || rc == -ENOENT);
    return number;
}

static gr_time asked_by;

static int look_around(struct gr_self *self)
{
    const struct gr_message *message;
    struct gr_scope scope;
    check_equal(gr_receive(self, gr_pattern_tag(TWO), &message, SOON), 0);
    check_equal(user_here(), 5);
    check_equal(gr_deadline(), asked_by);
    gr_time bound = asked_by - GR_SECOND;
    gr_scope_open(&scope, NULL, bound);
    check_equal(gr_receive(self, gr_pattern_tag(ONE), &message, SOON), 0);
    check_equal(user_here(), 0);
    check_equal(gr_deadline(), bound);
    check_equal(gr_receive(self, gr_pattern_tag(TWO), &message, SOON), 0);
    check_equal(gr_deadline(), bound);
    check_equal(gr_scope_close(&scope, 0), 0);
    gr_receive_done(self);
    check_equal(user_here(), 0);
    check_equal(gr_deadline(), GR_FOREVER);
    return 0;
}

LONE_RUNNER_TEST(what_came_with_a_message_is_around_the_run_until_the_next_receive)
{
    gr_actor actor = spawn(look_around);
    int number = 5;
    gr_future futures[2];
    asked_by = SOON;
    send(actor, ONE, 1);
    check_equal(gr_context_set(&user, &number, sizeof number), 0);
    for (int i = 0; i < 2; i++)
        check_equal(gr_ask_start(actor, TWO, NULL, 0, &futures[i], asked_by), 0);
    for (int i = 0; i < 2; i++)
        check_equal(gr_future_await(futures[i], NULL, 0, SOON), 0);
    check_equal(gr_context_set(&user, NULL, 0), 0);
    check_equal(end_of(actor), 0);
}

static int stay_within(struct gr_self *self, const struct gr_message *message)
{
    check_equal(user_here(), 5);
    const struct gr_message *next;
    check_equal(gr_receive(self, gr_pattern_tag(TWO), &next, SOON), 0);
    check_equal(user_here(), 5);
    check_equal(value_of(next), 2);
    return gr_reply(message, NULL, 0);
}

LONE_RUNNER_TEST(a_handler_stays_within_what_came_with_its_own_message)
{
    static const struct gr_behavior stays = {.name = "stays", .receive = stay_within};
    gr_actor actor;
    int number = 5;
    gr_future future;
    check_equal(gr_actor_spawn(&stays, NULL, &actor), 0);
    check_equal(gr_context_set(&user, &number, sizeof number), 0);
    check_equal(gr_ask_start(actor, ONE, NULL, 0, &future, SOON), 0);
    number = 6;
    check_equal(gr_context_set(&user, &number, sizeof number), 0);
    send(actor, TWO, 2);
    check_equal(gr_context_set(&user, NULL, 0), 0);
    check_equal(gr_future_await(future, NULL, 0, SOON), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
}

static int take_what_lives(struct gr_self *self)
{
    expect(self, gr_pattern_tag(GO), GO, 1);
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    expect(self, gr_pattern_tag(TWO), TWO, 2);
    return 0;
}

LONE_RUNNER_TEST(an_ask_that_has_expired_is_not_received)
{
    gr_actor actor = spawn(take_what_lives);
    gr_future future;
    send(actor, GO, 1);
    check_equal(gr_ask_start(actor, TWO, NULL, 0, &future, gr_in(GR_MILLISECOND)), 0);
    send(actor, TWO, 2);
    check_equal(gr_future_await(future, NULL, 0, SOON), -ETIMEDOUT);
    check_equal(end_of(actor), 0);
    check_equal(gr_asks_expired(), 1);
}

static void send_later(struct gr_self *self, uint64_t key, int value)
{
    check_equal(gr_self_send_after(self, key, gr_now(), TWO, &value, sizeof value), 0);
}

static int wait_for_timers(struct gr_self *self)
{
    send_later(self, 1, 1);
    expect(self, gr_pattern_tag(TWO), TWO, 1);
    send_later(self, 1, 2);
    send_later(self, 2, 3);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check(gr_self_send_cancel(self, 1));
    expect(self, gr_pattern_tag(TWO), TWO, 3);
    expect_none(self, gr_pattern_any());
    check(!gr_self_send_cancel(self, 2));
    return 0;
}

LONE_RUNNER_TEST(a_message_to_self_is_received_unless_it_was_cancelled)
{
    check_equal(end_of(spawn(wait_for_timers)), 0);
}

/* --- The mailbox's bound --------------------------------------------------------------------- */

static int wait_behind_others(struct gr_self *self)
{
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    expect(self, gr_pattern_tag(GO), GO, 7);
    expect(self, gr_pattern_tag(TWO), TWO, 8);
    for (int i = 0; i < 7; i++)
        expect(self, gr_pattern_any(), ONE, i);
    return 0;
}

static int send_go(void *context)
{
    send(*(gr_actor *)context, TWO, 8);
    return 0;
}

LONE_RUNNER_TEST(who_waits_for_a_message_lets_in_as_many_as_there_is_room_for)
{
    gr_actor actor = spawn(wait_behind_others);
    gr_runner sender;
    for (int i = 0; i < 8; i++)
        send(actor, i == 7 ? GO : ONE, i);
    check_equal(gr_runner_start(send_go, &actor, NULL, &sender), 0);
    check_equal(gr_runner_join(sender, SOON), 0);
    check_equal(end_of(actor), 0);
}

static int wait_in_vain(struct gr_self *self)
{
    const struct gr_message *message;
    return gr_receive(self, gr_pattern_tag(GO), &message, SOON);
}

LONE_RUNNER_TEST(a_full_mailbox_that_nobody_wants_holds_its_senders_up)
{
    gr_actor actor = spawn(wait_in_vain);
    check_equal(gr_yield(), 0);
    for (int i = 0; i < 8; i++)
        send(actor, ONE, i);
    check_equal(gr_send_by(actor, GO, NULL, 0, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_try_send(actor, GO, NULL, 0), -EAGAIN);
    struct gr__body *body = gr__body_find(gr__loop_here(), actor.name);
    check(strcmp(body->runner->awaited->type->name, "a message matching its tags") == 0);
    check_equal(gr_actor_kill(actor), 0);
    check_equal(end_of(actor), GR_EKILLED);
}

static int take_newest(struct gr_self *self)
{
    expect(self, gr_pattern_tag(GO), GO, 4);
    expect_none(self, gr_pattern_any());
    return 0;
}

static int start_newest(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    ((struct script *)self->state)->run = take_newest;
    return 0;
}

LONE_RUNNER_TEST(the_oldest_is_dropped_under_one_who_waits)
{
    static const struct gr_behavior newest = {.name = "newest",
                                              .run = run_script,
                                              .start = start_newest,
                                              .state_bytes = sizeof(struct script),
                                              .mailbox_max = 1,
                                              .when_full = GR_FULL_DROP_OLDEST};
    gr_actor actor;
    check_equal(gr_actor_spawn(&newest, NULL, &actor), 0);
    for (int i = 0; i < 5; i++) {
        check_equal(gr_yield(), 0);
        send(actor, i == 4 ? GO : ONE, i);
    }
    check_equal(end_of(actor), 0);
    check_equal(gr_dead_letters(), 4);
}

/* The tag is the level. */
static unsigned by_tag(const struct gr_message *message)
{
    return message->tag;
}

static int take_sorted(struct gr_self *self)
{
    for (int i = 0; i < 5; i++)
        send(gr_self_actor(self), (const uint32_t[]){THREE, TWO, ONE, TWO, THREE}[i], i);
    expect(self, gr_pattern_tag(TWO), TWO, 1);
    expect(self, gr_pattern_tags((const uint32_t[]){TWO, THREE}, 2), TWO, 3);
    send(gr_self_actor(self), TWO, 5);
    expect(self, gr_pattern_any(), ONE, 2);
    expect(self, gr_pattern_tag(THREE), THREE, 0);
    expect(self, gr_pattern_tag(THREE), THREE, 4);
    send(gr_self_actor(self), THREE, 6);
    send(gr_self_actor(self), ONE, 7);
    expect(self, gr_pattern_tag(THREE), THREE, 6);
    expect(self, gr_pattern_any(), ONE, 7);
    expect(self, gr_pattern_any(), TWO, 5);
    expect_none(self, gr_pattern_any());
    return 0;
}

static int start_sorted(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    ((struct script *)self->state)->run = take_sorted;
    return 0;
}

LONE_RUNNER_TEST(a_mailbox_that_is_sorted_is_received_by_urgency)
{
    static const struct gr_behavior sorted = {.name = "sorted",
                                              .run = run_script,
                                              .start = start_sorted,
                                              .state_bytes = sizeof(struct script),
                                              .mailbox_bytes_max = 1000,
                                              .priority = by_tag};
    gr_actor actor;
    check_equal(gr_actor_spawn(&sorted, NULL, &actor), 0);
    check_equal(end_of(actor), 0);
    check_equal(gr_dead_letters(), 0);
}

/* --- What it asks of the loop ---------------------------------------------------------------- */

static int served;

static int send_self_for_ever(struct gr_self *self)
{
    const struct gr_message *message;
    int rc = gr_send(gr_self_actor(self), ONE, NULL, 0);
    while (rc == 0 && (rc = gr_receive(self, gr_pattern_any(), &message, GR_FOREVER)) == 0) {
        served++;
        rc = gr_send(gr_self_actor(self), ONE, NULL, 0);
    }
    return rc;
}

LONE_RUNNER_TEST(a_run_that_always_finds_a_message_lets_others_have_their_turn)
{
    served = 0;
    gr_actor actor = spawn(send_self_for_ever);
    for (int i = 0; i < 10; i++)
        check_equal(gr_yield(), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check(served > 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(end_of(actor), 0);
}

static int run_short(struct gr_self *self)
{
    const struct gr_message *message = NULL;
    void *blocks = take_all(sizeof(struct gr__reception));
    check_equal(gr_receive(self, gr_pattern_any(), &message, SOON), -ENOMEM);
    check(message == NULL);
    give_all(blocks, sizeof(struct gr__reception));
    expect(self, gr_pattern_any(), ONE, 1);
    return 0;
}

LONE_RUNNER_TEST(a_receive_without_memory_leaves_the_message)
{
    gr_actor actor = spawn(run_short);
    send(actor, ONE, 1);
    check_equal(end_of(actor), 0);
}

static struct gr_self *borrowed;

static void receive_elsewhere(void *context)
{
    (void)context;
    const struct gr_message *message;
    check_equal(gr_receive(borrowed, gr_pattern_any(), &message, SOON), GR_ENOTRUNNER);
}

static int lend(struct gr_self *self)
{
    borrowed = self;
    on_another_thread(receive_elsewhere, NULL);
    return 0;
}

LONE_RUNNER_TEST(only_a_runner_receives)
{
    check_equal(end_of(spawn(lend)), 0);
}

/* --- From other loops ------------------------------------------------------------------------ */

enum { SENDERS = 6, EACH = 2000 };

static int sort_by_sender(struct gr_self *self)
{
    for (int i = 0; i < EACH; i++)
        for (uint32_t sender = 0; sender < SENDERS; sender++)
            expect(self, gr_pattern_tag(sender), sender, i);
    return 0;
}

struct sending {
    gr_actor to;
    uint32_t tag;
};

static int send_each(struct gr_self *self)
{
    const struct gr_message *message;
    check_equal(gr_receive(self, gr_pattern_any(), &message, SOON), 0);
    struct sending sending;
    memcpy(&sending, message->data, sizeof sending);
    for (int i = 0; i < EACH; i++)
        send(sending.to, sending.tag, i);
    return 0;
}

static int start_sorting(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    ((struct script *)self->state)->run = sort_by_sender;
    return 0;
}

FLEET_TEST(each_sender_of_many_loops_is_received_in_its_order, 3)
{
    static const struct gr_behavior sorts = {.name = "sorts",
                                             .run = run_script,
                                             .start = start_sorting,
                                             .state_bytes = sizeof(struct script),
                                             .mailbox_max = SENDERS * EACH};
    gr_actor actor;
    check_equal(gr_actor_spawn(&sorts, NULL, &actor), 0);
    for (uint32_t i = 0; i < SENDERS; i++) {
        struct sending sending = {actor, i};
        gr_actor sender = spawn_on(GR_ON_LOOP((int)i % 3), send_each);
        check_equal(gr_send(sender, GO, &sending, sizeof sending), 0);
    }
    int reason = 1;
    check_equal(gr_actor_join(actor, &reason, gr_in(60 * GR_SECOND)), 0);
    check_equal(reason, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_receives_and_what_it_leaves_is_handled_after_it),
        cmocka_unit_test(a_handler_that_waits_for_a_message_gets_what_comes),
        cmocka_unit_test(what_a_handler_received_ends_with_it_and_fails_with_it),
        cmocka_unit_test(the_control_hook_has_its_turn_after_a_handler_that_receives),
        cmocka_unit_test(what_came_with_a_message_is_around_the_run_until_the_next_receive),
        cmocka_unit_test(a_handler_stays_within_what_came_with_its_own_message),
        cmocka_unit_test(an_ask_that_has_expired_is_not_received),
        cmocka_unit_test(a_message_to_self_is_received_unless_it_was_cancelled),
        cmocka_unit_test(who_waits_for_a_message_lets_in_as_many_as_there_is_room_for),
        cmocka_unit_test(a_full_mailbox_that_nobody_wants_holds_its_senders_up),
        cmocka_unit_test(the_oldest_is_dropped_under_one_who_waits),
        cmocka_unit_test(a_mailbox_that_is_sorted_is_received_by_urgency),
        cmocka_unit_test(a_run_that_always_finds_a_message_lets_others_have_their_turn),
        cmocka_unit_test(a_receive_without_memory_leaves_the_message),
        cmocka_unit_test(only_a_runner_receives),
        cmocka_unit_test(each_sender_of_many_loops_is_received_in_its_order),
    };
    return cmocka_run_group_tests_name("receive_wait", tests, NULL, NULL);
}
