/* While a handler waits, those messages begin that its behavior allows, each once and in order, and no others. */
#include "lib/host.h"

LONE_RUNNER_TEST(none_begins_while_a_handler_waits_unless_the_behavior_says_so)
{
    gr_actor actor = spawn(&plain, NULL);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    send(actor, NOTE, "a");
    settle();
    check_trace("(");
    open_gate(gate);
    settle();
    check_trace("()a");
    end(actor);
}

LONE_RUNNER_TEST(any_begins_while_a_handler_waits_where_all_may)
{
    gr_actor actor = spawn(&open, NULL);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    send(actor, NOTE, "a");
    send(actor, LATE, "b");
    gr_promise other = shut_gate(actor, GATE, SOON);
    send(actor, NOTE, "c");
    settle();
    check_trace("(ab(c");
    open_gate(other);
    settle();
    open_gate(gate);
    settle();
    check_trace("(ab(c))");
    end(actor);
}

LONE_RUNNER_TEST(those_of_other_tags_wait_in_order_until_no_handler_is_under_way)
{
    gr_actor actor = spawn(&tagged, NULL);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    send(actor, LATE, "x");
    send(actor, NOTE, "a");
    send(actor, LATE, "y");
    send(actor, NOTE, "b");
    gr_promise other = shut_gate(actor, GATE, SOON);
    open_gate(gate);
    settle();
    send(actor, NOTE, "c");
    settle();
    check_trace("(ab()c");
    open_gate(other);
    settle();
    check_trace("(ab()c)xy");
    send(actor, LATE, "z");
    settle();
    check_trace("(ab()c)xyz");
    end(actor);
}

LONE_RUNNER_TEST(what_an_actor_sends_itself_begins_while_it_waits)
{
    gr_actor actor = spawn(&tagged, NULL);
    send(actor, TIMER, "");
    gr_promise gate = shut_gate(actor, GATE, SOON);
    check_soon(strcmp(trace, "(t") == 0);
    open_gate(gate);
    end(actor);
}

static unsigned by_length(const struct gr_message *message)
{
    return message->tag == NOTE && message->size == 1 ? 1 : 0;
}

LONE_RUNNER_TEST(the_most_urgent_begins_first_where_there_are_priorities)
{
    static const struct gr_behavior sorted = {HOST, BY_TAGS, .priority = by_length};
    gr_actor actor = spawn(&sorted, NULL);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    send(actor, NOTE, "a");
    send(actor, LATE, "x");
    send(actor, NOTE, "b!");
    settle();
    check_trace("(ba");
    open_gate(gate);
    settle();
    check_trace("(ba)x");
    end(actor);
}

LONE_RUNNER_TEST(no_more_handlers_are_under_way_than_the_limit)
{
    gr_actor actor = spawn(&two, NULL);
    gr_promise gates[2] = {shut_gate(actor, GATE, SOON), shut_gate(actor, GATE, SOON)};
    send(actor, NOTE, "a");
    settle();
    check_trace("((");
    open_gate(gates[1]);
    settle();
    check_trace("(()a");
    open_gate(gates[0]);
    end(actor);
}

LONE_RUNNER_TEST(the_limit_has_a_default)
{
    gr_actor actor = spawn(&open, NULL);
    gr_promise gates[GR_REENTRANCY_DEFAULT];
    for (int i = 0; i < GR_REENTRANCY_DEFAULT; i++)
        gates[i] = shut_gate(actor, GATE, SOON);
    send(actor, NOTE, "a");
    settle();
    check(strchr(trace, 'a') == NULL);
    for (int i = 0; i < GR_REENTRANCY_DEFAULT; i++)
        open_gate(gates[i]);
    settle();
    check(strchr(trace, 'a') != NULL);
    end(actor);
}

static int send_more(void *actor)
{
    for (int i = 0; i < 4; i++)
        check_equal(gr_send_by(*(gr_actor *)actor, NOTE, "b", 1, SOON), 0);
    return 0;
}

LONE_RUNNER_TEST(what_has_begun_is_not_in_the_mailbox_and_what_has_not_is)
{
    gr_actor actor = spawn(&two, NULL);
    gr_promise gates[2] = {shut_gate(actor, GATE, SOON), shut_gate(actor, GATE, SOON)};
    for (int i = 0; i < 4; i++)
        send(actor, NOTE, "a");
    check_equal(gr_try_send(actor, NOTE, "x", 1), -EAGAIN);
    gr_runner sender;
    check_equal(gr_runner_start(send_more, &actor, NULL, &sender), 0);
    settle();
    check_trace("((");
    open_gate(gates[0]);
    check_equal(gr_runner_join(sender, SOON), 0);
    settle();
    check_trace("(()aaaabbbb");
    open_gate(gates[1]);
    end(actor);
}

LONE_RUNNER_TEST(the_oldest_that_has_not_begun_is_dropped_from_a_full_mailbox)
{
    static const struct gr_behavior dropping = {HOST, BY_TAGS, .mailbox_max = 2,
                                                .when_full = GR_FULL_DROP_OLDEST};
    gr_actor actor = spawn(&dropping, NULL);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    uint64_t dead = gr_dead_letters();
    send(actor, LATE, "x");
    send(actor, LATE, "y");
    settle();
    send(actor, LATE, "z");
    send(actor, NOTE, "a");
    settle();
    check_equal(gr_dead_letters(), dead + 2);
    check_trace("(a");
    open_gate(gate);
    settle();
    check_trace("(a)z");
    end(actor);
}

LONE_RUNNER_TEST(what_was_stashed_begins_while_another_waits)
{
    gr_actor actor = spawn(&open, NULL);
    send(actor, STASH, "");
    send(actor, STASH, "");
    gr_promise gate = shut_gate(actor, GATE, SOON);
    send(actor, BECOME, "");
    send(actor, NOTE, "a");
    settle();
    check_trace("(A");
    open_gate(gate);
    end(actor);
}

LONE_RUNNER_TEST(unstashing_begins_what_may)
{
    gr_actor actor = spawn(&tagged, NULL);
    send(actor, STASH, "");
    gr_promise gate = shut_gate(actor, GATE, SOON);
    send(actor, UNSTASH, "");
    send(actor, NOTE, "a");
    settle();
    check_trace("(a");
    open_gate(gate);
    settle();
    check_trace("(a)1");
    end(actor);
}

static int resolve_kept(struct gr_self *self, const struct gr_message *message)
{
    struct host *host = self->state;
    return message->tag == LATE ? gr_promise_resolve(host->kept, NULL, 0) : receive(self, message);
}

LONE_RUNNER_TEST(a_promise_that_one_handler_takes_another_may_settle)
{
    static const struct gr_behavior keeper = {.name = "keeper",
                                              .receive = resolve_kept,
                                              .state_bytes = sizeof(struct host),
                                              .reentrancy = GR_REENTRANCY_ALL};
    gr_actor actor = spawn(&keeper, NULL);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    gr_future asked;
    check_equal(gr_ask_start(actor, KEEP, NULL, 0, &asked, SOON), 0);
    send(actor, LATE, "");
    check_equal(gr_future_await(asked, NULL, 0, SOON), 0);
    open_gate(gate);
    end(actor);
}

static int forward(struct gr_self *self, const struct gr_message *message)
{
    const struct host *host = self->state;
    return message->tag == LATE ? gr_forward(message, host->friend) : receive(self, message);
}

LONE_RUNNER_TEST(a_message_is_passed_on_while_another_handler_waits)
{
    static const struct gr_behavior forwards = {.name = "forwards",
                                                .receive = forward,
                                                .state_bytes = sizeof(struct host),
                                                .reentrancy = GR_REENTRANCY_ALL};
    gr_actor actor = spawn(&forwards, NULL), friend = spawn(&plain, NULL);
    befriend(actor, friend);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    check_equal(gr_ask(actor, LATE, "f", 1, NULL, 0, SOON), 0);
    check_trace("(f");
    open_gate(gate);
    end(actor);
    end(friend);
}

LONE_RUNNER_TEST(an_ask_that_has_expired_does_not_begin)
{
    gr_actor actor = spawn(&two, NULL);
    gr_promise gates[2] = {shut_gate(actor, GATE, SOON), shut_gate(actor, GATE, SOON)};
    gr_future asked;
    uint64_t expired = gr_asks_expired();
    check_equal(gr_ask_start(actor, NOTE, "x", 1, &asked, gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_future_await(asked, NULL, 0, gr_in(2 * GR_MILLISECOND)), -ETIMEDOUT);
    gr_future_drop(asked);
    open_gate(gates[0]);
    settle();
    check_trace("(()");
    check_equal(gr_asks_expired(), expired + 1);
    open_gate(gates[1]);
    end(actor);
}

static const struct gr_context_key user = {.name = "user", .carry = true};

/* The letter is the user's, before the wait and after it. */
static int note_user(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    char letter = '?';
    gr_time deadline = gr_deadline();
    check_equal(gr_context_get(&user, &letter, 1), 0);
    note(letter);
    if (message->tag != GATE)
        return 0;
    int rc = wait_at_gate(message, SOON);
    check_equal(gr_deadline(), deadline);
    check_equal(gr_context_get(&user, &letter, 1), 0);
    note(letter);
    return rc;
}

LONE_RUNNER_TEST(each_handler_has_its_own_context_and_deadline)
{
    static const struct gr_behavior knows = {
        .name = "knows", .receive = note_user, .reentrancy = GR_REENTRANCY_ALL};
    gr_actor actor = spawn(&knows, NULL);
    check_equal(gr_context_set(&user, "a", 1), 0);
    gr_promise gate = shut_gate(actor, GATE, gr_in(5 * GR_SECOND));
    check_equal(gr_context_set(&user, "b", 1), 0);
    gr_promise other = shut_gate(actor, GATE, gr_in(6 * GR_SECOND));
    check_equal(gr_context_set(&user, "c", 1), 0);
    send(actor, NOTE, "");
    settle();
    open_gate(gate);
    settle();
    open_gate(other);
    settle();
    check_trace("abcab");
    end(actor);
}

LONE_RUNNER_TEST(an_actor_that_is_re_entrant_does_not_receive)
{
    gr_actor actor = spawn(&open, NULL);
    check_equal(ask(actor, RECEIVE, NULL, 0), -ENOTSUP);
    end(actor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_begins_while_a_handler_waits_unless_the_behavior_says_so),
        cmocka_unit_test(any_begins_while_a_handler_waits_where_all_may),
        cmocka_unit_test(those_of_other_tags_wait_in_order_until_no_handler_is_under_way),
        cmocka_unit_test(what_an_actor_sends_itself_begins_while_it_waits),
        cmocka_unit_test(the_most_urgent_begins_first_where_there_are_priorities),
        cmocka_unit_test(no_more_handlers_are_under_way_than_the_limit),
        cmocka_unit_test(the_limit_has_a_default),
        cmocka_unit_test(what_has_begun_is_not_in_the_mailbox_and_what_has_not_is),
        cmocka_unit_test(the_oldest_that_has_not_begun_is_dropped_from_a_full_mailbox),
        cmocka_unit_test(what_was_stashed_begins_while_another_waits),
        cmocka_unit_test(unstashing_begins_what_may),
        cmocka_unit_test(a_promise_that_one_handler_takes_another_may_settle),
        cmocka_unit_test(a_message_is_passed_on_while_another_handler_waits),
        cmocka_unit_test(an_ask_that_has_expired_does_not_begin),
        cmocka_unit_test(each_handler_has_its_own_context_and_deadline),
        cmocka_unit_test(an_actor_that_is_re_entrant_does_not_receive),
    };
    return cmocka_run_group_tests_name("reentry", tests, NULL, NULL);
}
