/* A question that may begin while its asker waits is no link of a circle; one that may not is, and is told. */
#include "lib/host.h"

#include "actors/body.h"

/* Two that are each other's friends. */
struct pair {
    gr_actor ann, bob;
};

static struct pair befriend_both(gr_actor ann, gr_actor bob)
{
    befriend(ann, bob);
    befriend(bob, ann);
    settle();
    return (struct pair){ann, bob};
}

static struct pair spawn_pair(const struct gr_behavior *ann, const struct gr_behavior *bob)
{
    gr_actor first = spawn(ann, "ann");
    return befriend_both(first, spawn(bob, "bob"));
}

/* The same on two loops. */
static struct pair spawn_apart(const struct gr_behavior *ann, const struct gr_behavior *bob)
{
    gr_actor first = spawn(ann, "ann");
    return befriend_both(first, spawn_on(1, bob, "bob"));
}

static void end_pair(struct pair pair)
{
    end(pair.ann);
    end(pair.bob);
}

LONE_RUNNER_TEST(an_actor_asks_itself)
{
    gr_actor actor = spawn(&tagged, "ann");
    befriend(actor, actor);
    check_equal(ask(actor, TAGS(ASK, NOTE)), 0);
    check_trace("n");
    end(actor);
}

LONE_RUNNER_TEST(an_actor_does_not_ask_itself_what_may_not_begin)
{
    gr_actor actor = spawn(&tagged, "ann");
    expect_report("actors on loop 0 ask in a circle: 'ann' asks 'ann'");
    befriend(actor, actor);
    check_equal(ask(actor, TAGS(ASK, LATE)), -EDEADLK);
    end(actor);
}

LONE_RUNNER_TEST(two_ask_each_other)
{
    struct pair pair = spawn_pair(&tagged, &plain);
    check_equal(ask(pair.ann, TAGS(ASK, ASK, NOTE)), 0);
    check_trace("n");
    end_pair(pair);
}

LONE_RUNNER_TEST(two_do_not_ask_each_other_what_may_not_begin)
{
    struct pair pair = spawn_pair(&tagged, &plain);
    expect_report("actors on loop 0 ask in a circle: 'bob' asks 'ann' asks 'bob'");
    check_equal(ask(pair.ann, TAGS(ASK, ASK, LATE)), -EDEADLK);
    end_pair(pair);
}

/* That bob could handle another message does not help: ann waits for the handler that he has begun. */
LONE_RUNNER_TEST(a_handler_that_is_asked_does_not_ask_back_who_is_not_re_entrant)
{
    struct pair pair = spawn_pair(&plain, &open);
    expect_report("'bob' asks 'ann' asks 'bob'");
    check_equal(ask(pair.ann, TAGS(ASK, ASK, NOTE)), -EDEADLK);
    end_pair(pair);
}

/*
 *     ann, by tags                  bob
 *                                   waits at his gate
 *     asks bob
 *     a second handler waits at a gate
 *                                   handles ann's question: asks ann with a tag that waits for both
 */
LONE_RUNNER_TEST(what_waits_for_all_handlers_waits_for_the_one_in_the_circle)
{
    struct pair pair = spawn_pair(&tagged, &plain);
    expect_report("'bob' asks 'ann' asks 'bob'");
    gr_promise bobs = shut_gate(pair.bob, GATE, SOON);
    gr_future asked = start_ask(pair.ann, TAGS(ASK, ASK, LATE));
    gr_promise anns = shut_gate(pair.ann, GATE, SOON);
    open_gate(bobs);
    check_equal(reply_of(asked), -EDEADLK);
    open_gate(anns);
    end_pair(pair);
}

/* Of the two one is told, so that the other's question begins. */
LONE_RUNNER_TEST(at_the_limit_a_circle_of_all_handlers_is_told)
{
    struct pair pair = spawn_pair(&two, &plain);
    expect_report("'bob' asks 'ann' asks 'bob'");
    gr_promise bobs = shut_gate(pair.bob, GATE, SOON);
    gr_future asked[2] = {start_ask(pair.ann, TAGS(ASK, ASK, NOTE)),
                          start_ask(pair.ann, TAGS(ASK, ASK, NOTE))};
    open_gate(bobs);
    check_equal(reply_of(asked[0]), -EDEADLK);
    check_equal(reply_of(asked[1]), 0);
    end_pair(pair);
}

LONE_RUNNER_TEST(at_the_limit_it_is_no_circle_while_one_handler_may_end)
{
    struct pair pair = spawn_pair(&two, &plain);
    gr_promise anns = shut_gate(pair.ann, GATE, SOON);
    gr_future asked = start_ask(pair.ann, TAGS(ASK, ASK, NOTE));
    check_equal(gr_future_await(asked, NULL, 0, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    open_gate(anns);
    check_equal(reply_of(asked), 0);
    check_trace("()n");
    end_pair(pair);
}

LONE_RUNNER_TEST(one_at_its_limit_does_not_ask_itself)
{
    static const struct gr_behavior one = {HOST, .reentrancy = GR_REENTRANCY_ALL,
                                           .reentrancy_max = 1};
    gr_actor actor = spawn(&one, "ann");
    expect_report("'ann' asks 'ann'");
    befriend(actor, actor);
    check_equal(ask(actor, TAGS(ASK, NOTE)), -EDEADLK);
    end(actor);
}

/* Each of three asks the next; the last one asks the first with a tag that may begin, or may not. */
static int ask_round(const struct gr_behavior *first, uint32_t tag)
{
    gr_actor ann = spawn(first, "ann"), bob = spawn(&open, "bob"), cid = spawn(&plain, "cid");
    befriend(ann, bob);
    befriend(bob, cid);
    befriend(cid, ann);
    int rc = ask(ann, TAGS(ASK, ASK, ASK, tag));
    end(ann);
    end(bob);
    end(cid);
    return rc;
}

LONE_RUNNER_TEST(three_ask_in_a_circle_where_the_first_can_take_it)
{
    check_equal(ask_round(&tagged, NOTE), 0);
}

LONE_RUNNER_TEST(three_do_not_ask_in_a_circle_where_the_first_cannot)
{
    expect_report("'cid' asks 'ann' asks 'bob' asks 'cid'");
    check_equal(ask_round(&tagged, LATE), -EDEADLK);
}

FLEET_TEST(two_of_different_loops_ask_each_other, 2)
{
    struct pair pair = spawn_apart(&tagged, &plain);
    check_equal(ask(pair.ann, TAGS(ASK, ASK, SLOW)), 0);
    end_pair(pair);
}

FLEET_TEST(two_of_different_loops_do_not_ask_each_other_what_may_not_begin, 2)
{
    struct pair pair = spawn_apart(&tagged, &plain);
    expect_report("actors ask in a circle: ");
    check_equal(ask(pair.ann, TAGS(ASK, ASK, LATE)), -EDEADLK);
    end_pair(pair);
}

FLEET_TEST(a_handler_does_not_ask_back_who_is_of_another_loop_and_not_re_entrant, 2)
{
    struct pair pair = spawn_apart(&plain, &open);
    expect_report("actors ask in a circle: ");
    check_equal(ask(pair.ann, TAGS(ASK, ASK, NOTE)), -EDEADLK);
    end_pair(pair);
}

/* Whoever of the three is told, one of the two is answered. */
FLEET_TEST(at_the_limit_a_circle_over_loops_is_told, 2)
{
    struct pair pair = spawn_apart(&two, &plain);
    expect_report("actors ask in a circle: ");
    gr_promise bobs = shut_gate(pair.bob, GATE, SOON);
    gr_future asked[2] = {start_ask(pair.ann, TAGS(ASK, ASK, NOTE)),
                          start_ask(pair.ann, TAGS(ASK, ASK, NOTE))};
    settle();
    open_gate(bobs);
    int rc[2] = {reply_of(asked[0]), reply_of(asked[1])};
    check_equal(rc[0] < rc[1] ? rc[0] : rc[1], -EDEADLK);
    check_equal(rc[0] < rc[1] ? rc[1] : rc[0], 0);
    end_pair(pair);
}

/* Ann has three handlers: in the circle, with an actor that takes its time, and at a gate. */
FLEET_TEST(over_loops_what_waits_for_all_handlers_waits_for_the_one_in_the_circle, 2)
{
    static const uint32_t more[] = {GATE, ASK, FRIEND};
    static const struct gr_behavior one_more = {HOST, .reentrancy = GR_REENTRANCY_TAGS,
                                                .reentrancy_tags = more, .reentrancy_tag_count = 3};
    struct pair pair = spawn_apart(&one_more, &plain);
    gr_actor cid = spawn(&plain, "cid");
    expect_report("actors ask in a circle: ");
    gr_promise bobs = shut_gate(pair.bob, GATE, SOON), cids = shut_gate(cid, GATE, SOON);
    gr_future circle = start_ask(pair.ann, TAGS(ASK, ASK, LATE));
    settle();
    befriend(pair.ann, cid);
    gr_future other = start_ask(pair.ann, TAGS(ASK, NOTE));
    gr_promise anns = shut_gate(pair.ann, GATE, SOON);
    open_gate(bobs);
    check_equal(reply_of(circle), -EDEADLK);
    open_gate(cids);
    check_equal(reply_of(other), 0);
    open_gate(anns);
    end(cid);
    end_pair(pair);
}

LONE_RUNNER_TEST(who_is_asked_fills_the_mailbox_of_the_asker_with_what_may_begin)
{
    struct pair pair = spawn_pair(&two, &plain);
    gr_future asked = start_ask(pair.ann, TAGS(ASK, FILL, NOTE));
    check_equal(reply_of(asked), 0);
    settle();
    check_trace("ffffffff");
    end_pair(pair);
}

LONE_RUNNER_TEST(who_is_asked_fills_the_mailbox_of_the_asker_with_what_may_not_begin)
{
    static const struct gr_behavior small = {HOST, BY_TAGS, .mailbox_max = 2};
    struct pair pair = spawn_pair(&small, &plain);
    gr_future asked = start_ask(pair.ann, TAGS(ASK, FILL, LATE));
    check_equal(reply_of(asked), 0);
    settle();
    check_trace("ffffffff");
    end_pair(pair);
}

/* Both of ann's handlers wait for room in bob's mailbox, and he for room in hers. */
LONE_RUNNER_TEST(two_that_fill_each_others_mailboxes_go_on)
{
    struct pair pair = spawn_pair(&two, &plain_two);
    gr_promise bobs = shut_gate(pair.bob, GATE, SOON);
    gr_future filled[3] = {start_ask(pair.bob, TAGS(FILL, NOTE)),
                           start_ask(pair.ann, TAGS(FILL, NOTE)),
                           start_ask(pair.ann, TAGS(FILL, NOTE))};
    open_gate(bobs);
    for (int i = 0; i < 3; i++)
        check_equal(reply_of(filled[i]), 0);
    settle();
    check_trace("()ffffffffffffffffffffffff");
    end_pair(pair);
}

static uint32_t mail_of(gr_actor actor)
{
    return gr__body_find(gr__loop_here(), actor.name)->count;
}

/*
 *     ann, two handlers at most            bob, on another loop
 *     one waits at a gate, one at another
 *                                          fills ann's mailbox, and waits for room in it
 *     the first goes on; the next one
 *     fills bob's, and closes the ring
 */
FLEET_TEST(who_closes_a_ring_of_full_mailboxes_over_loops_is_let_in, 2)
{
    struct pair pair = spawn_apart(&two, &plain_two);
    gr_promise gates[2] = {shut_gate(pair.ann, GATE, SOON), shut_gate(pair.ann, GATE, SOON)};
    gr_future anns = start_ask(pair.ann, TAGS(FILL, NOTE));
    gr_future bobs = start_ask(pair.bob, TAGS(FILL, NOTE));
    check_soon(mail_of(pair.ann) >= 4);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    open_gate(gates[0]);
    check_equal(reply_of(anns), 0);
    open_gate(gates[1]);
    check_equal(reply_of(bobs), 0);
    settle();
    end_pair(pair);
}

enum { CLIQUE = 6, ROUNDS = 30, COUNTED, START };

static gr_actor clique[CLIQUE];

/* Each sends to all, itself too, round after round, in several handlers. */
static int send_to_all(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *count = self->state;
    if (message->tag == COUNTED)
        return gr_reply(message, count, sizeof *count);
    if (message->tag != START) {
        ++*count;
        return 0;
    }
    int rc = 0;
    for (int i = 0; rc == 0 && i < CLIQUE * ROUNDS; i++)
        rc = gr_send_by(clique[i % CLIQUE], NOTE + (uint32_t)i % 2, NULL, 0, SOON);
    return rc;
}

static uint64_t count_of(gr_actor actor)
{
    uint64_t count = 0;
    check_equal(gr_ask(actor, COUNTED, NULL, 0, &count, sizeof count, SOON), 0);
    return count;
}

/* Some have re-entrancy for all, some by tags, some none. */
static void run_clique(int loops)
{
    static const uint32_t sociable_tags[] = {NOTE, START};
    static const struct gr_behavior sociable[] = {{.name = "all",
                                                   .receive = send_to_all,
                                                   .state_bytes = sizeof(uint64_t),
                                                   .mailbox_max = 2,
                                                   .reentrancy = GR_REENTRANCY_ALL,
                                                   .reentrancy_max = 2},
                                                  {.name = "tags",
                                                   .receive = send_to_all,
                                                   .state_bytes = sizeof(uint64_t),
                                                   .mailbox_max = 2,
                                                   .reentrancy = GR_REENTRANCY_TAGS,
                                                   .reentrancy_tags = sociable_tags,
                                                   .reentrancy_tag_count = 2,
                                                   .reentrancy_max = 3},
                                                  {.name = "none",
                                                   .receive = send_to_all,
                                                   .state_bytes = sizeof(uint64_t),
                                                   .mailbox_max = 2}};
    for (int i = 0; i < CLIQUE; i++)
        check_equal(gr_actor_spawn(&sociable[i % 3],
                                   &(struct gr_actor_options){.where = GR_ON_LOOP(i % loops)},
                                   &clique[i]),
                    0);
    for (int i = 0; i < 2 * CLIQUE; i++)
        check_equal(gr_send_by(clique[i % CLIQUE], START, NULL, 0, SOON), 0);
    for (int i = 0; i < CLIQUE; i++)
        check_soon(count_of(clique[i]) == 2 * CLIQUE * ROUNDS);
}

LONE_RUNNER_TEST(a_clique_of_full_mailboxes_goes_on)
{
    run_clique(1);
}

FLEET_TEST(a_clique_of_full_mailboxes_over_three_loops_goes_on, 3)
{
    run_clique(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_actor_asks_itself),
        cmocka_unit_test(an_actor_does_not_ask_itself_what_may_not_begin),
        cmocka_unit_test(two_ask_each_other),
        cmocka_unit_test(two_do_not_ask_each_other_what_may_not_begin),
        cmocka_unit_test(a_handler_that_is_asked_does_not_ask_back_who_is_not_re_entrant),
        cmocka_unit_test(what_waits_for_all_handlers_waits_for_the_one_in_the_circle),
        cmocka_unit_test(at_the_limit_a_circle_of_all_handlers_is_told),
        cmocka_unit_test(at_the_limit_it_is_no_circle_while_one_handler_may_end),
        cmocka_unit_test(one_at_its_limit_does_not_ask_itself),
        cmocka_unit_test(three_ask_in_a_circle_where_the_first_can_take_it),
        cmocka_unit_test(three_do_not_ask_in_a_circle_where_the_first_cannot),
        cmocka_unit_test(two_of_different_loops_ask_each_other),
        cmocka_unit_test(two_of_different_loops_do_not_ask_each_other_what_may_not_begin),
        cmocka_unit_test(a_handler_does_not_ask_back_who_is_of_another_loop_and_not_re_entrant),
        cmocka_unit_test(at_the_limit_a_circle_over_loops_is_told),
        cmocka_unit_test(over_loops_what_waits_for_all_handlers_waits_for_the_one_in_the_circle),
        cmocka_unit_test(who_is_asked_fills_the_mailbox_of_the_asker_with_what_may_begin),
        cmocka_unit_test(who_is_asked_fills_the_mailbox_of_the_asker_with_what_may_not_begin),
        cmocka_unit_test(two_that_fill_each_others_mailboxes_go_on),
        cmocka_unit_test(who_closes_a_ring_of_full_mailboxes_over_loops_is_let_in),
        cmocka_unit_test(a_clique_of_full_mailboxes_goes_on),
        cmocka_unit_test(a_clique_of_full_mailboxes_over_three_loops_goes_on),
    };
    return cmocka_run_group_tests_name("reentry ring", tests, NULL, NULL);
}
