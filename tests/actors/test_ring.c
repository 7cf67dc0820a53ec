/* Actors that wait for each other in a ring go on: by a message let in, or told who asks whom. */
#include <errno.h>
#include <string.h>

#include "actors/body.h"
#include "lib/fixture.h"

enum { FRIEND, ASK_ON, REPLY_FIRST, ASK_ME, KEEP, ASK_BACK, ANSWER, SEND_ON, SEND_ME, PING, COUNT };

#define SOON gr_in(10 * GR_SECOND)

struct member {
    gr_actor friend;
    gr_promise kept;
    uint64_t pings;
};

/* Ask the friend, and pass on what comes of it. */
static int ask_friend(struct gr_self *self, const struct gr_message *message, uint32_t tag)
{
    struct member *member = self->state;
    int rc = gr_ask(member->friend, tag, NULL, 0, NULL, 0, SOON);
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, NULL, 0);
}

/* Three fill any mailbox of one and a sender has to wait. */
static int send_friend(struct gr_self *self)
{
    struct member *member = self->state;
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = gr_send_by(member->friend, PING, NULL, 0, SOON);
    return rc;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct member *member = self->state;
    switch (message->tag) {
    case FRIEND:
        memcpy(&member->friend, message->data, sizeof member->friend);
        return 0;
    case ASK_ON:
        return ask_friend(self, message, ASK_ON);
    case ASK_ME:
        return ask_friend(self, message, REPLY_FIRST);
    case REPLY_FIRST:
        check_equal(gr_reply(message, NULL, 0), 0);
        check_equal(gr_ask(member->friend, PING, NULL, 0, NULL, 0, SOON), 0);
        return 0;
    case KEEP:
        member->kept = gr_message_take_promise(message);
        return 0;
    case ASK_BACK:
        return ask_friend(self, message, PING);
    case ANSWER:
        return gr_promise_resolve(member->kept, NULL, 0);
    case SEND_ON:
        return send_friend(self);
    case SEND_ME:
        return ask_friend(self, message, SEND_ON);
    case PING:
        member->pings++;
        return 0;
    case COUNT:
        return gr_reply(message, &member->pings, sizeof member->pings);
    }
    return -ENOTSUP;
}

static const struct gr_behavior behavior = {
    .receive = receive, .state_bytes = sizeof(struct member), .mailbox_max = 1};

/* A ring of actors, each of which has the next for its friend. */
static void spawn_ring_of(const struct gr_behavior *of, int count, gr_actor actors[])
{
    static const char *const names[] = {"ann", "bob", "cid"};
    for (int i = 0; i < count; i++)
        check_equal(gr_actor_spawn(of, &(struct gr_actor_options){.name = names[i]}, &actors[i]),
                    0);
    for (int i = 0; i < count; i++)
        check_equal(gr_send(actors[i], FRIEND, &actors[(i + 1) % count], sizeof(gr_actor)), 0);
}

static void spawn_ring(int count, gr_actor actors[])
{
    spawn_ring_of(&behavior, count, actors);
}

static uint64_t pings_of(gr_actor actor)
{
    uint64_t pings = 0;
    check_equal(gr_ask(actor, COUNT, NULL, 0, &pings, sizeof pings, SOON), 0);
    return pings;
}

LONE_RUNNER_TEST(two_that_ask_each_other_are_told_by_name)
{
    gr_actor actors[2];
    expect_report("actors on loop 0 ask in a circle: 'bob' asks 'ann' asks 'bob'");
    spawn_ring(2, actors);
    check_equal(gr_ask(actors[0], ASK_ON, NULL, 0, NULL, 0, SOON), -EDEADLK);
    check_equal(pings_of(actors[1]), 0);
}

LONE_RUNNER_TEST(three_that_ask_in_a_circle_are_told_by_name)
{
    gr_actor actors[3];
    expect_report("'cid' asks 'ann' asks 'bob' asks 'cid'");
    spawn_ring(3, actors);
    int rc = gr_ask(actors[0], ASK_ON, NULL, 0, NULL, 0, SOON);
    check_equal(rc, -EDEADLK);
    const struct gr_error *error = gr_error_details(rc);
    check(error != NULL && strstr(error->message, "'cid' asks 'ann'") != NULL);
}

LONE_RUNNER_TEST(one_that_has_its_reply_is_no_link)
{
    gr_actor actors[2];
    spawn_ring(2, actors);
    check_equal(gr_ask(actors[0], ASK_ME, NULL, 0, NULL, 0, SOON), 0);
    check_soon(pings_of(actors[0]) == 1);
}

/* Asks its friend to do the same, without a deadline. */
static int ask_for_ever(struct gr_self *self, const struct gr_message *message)
{
    const struct member *member = self->state;
    if (message->tag != ASK_ON)
        return receive(self, message);
    int rc = gr_ask(member->friend, ASK_ON, NULL, 0, NULL, 0, GR_FOREVER);
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, NULL, 0);
}

static const struct gr_behavior patient = {.receive = ask_for_ever,
                                           .state_bytes = sizeof(struct member)};

/* As soon as the ring would close, and not when somebody looks for rings that have closed. No deadline
 * goes along, either. */
static void check_told_at_once(const struct gr_behavior *of, int count)
{
    gr_actor actors[3];
    gr_future asked;
    spawn_ring_of(of, count, actors);
    check_equal(gr_ask_start(actors[0], ASK_ON, NULL, 0, &asked, GR_FOREVER), 0);
    for (int i = 0; i < 5; i++)
        check_equal(gr_yield(), 0);
    check_equal(gr_future_await(asked, NULL, 0, gr_now()), -EDEADLK);
}

LONE_RUNNER_TEST(one_that_asks_itself_for_ever_is_told_at_once)
{
    check_told_at_once(&patient, 1);
}

LONE_RUNNER_TEST(three_that_ask_in_a_circle_for_ever_are_told_at_once)
{
    expect_report("'cid' asks 'ann' asks 'bob' asks 'cid'");
    check_told_at_once(&patient, 3);
}

LONE_RUNNER_TEST(re_entrant_ones_that_ask_for_ever_what_may_not_begin_are_told_at_once)
{
    static const uint32_t friend = FRIEND;
    static const struct gr_behavior late = {.receive = ask_for_ever,
                                            .state_bytes = sizeof(struct member),
                                            .reentrancy = GR_REENTRANCY_TAGS,
                                            .reentrancy_tags = &friend,
                                            .reentrancy_tag_count = 1};
    expect_report("'bob' asks 'ann' asks 'bob'");
    check_told_at_once(&late, 2);
}

/*
 *     ann        bob
 *     asks       keeps the promise
 *                asks ann, who waits
 *                ... a runner settles the promise, ann handles bob's, bob has his reply
 */
static int keep_asking(struct gr_self *self, const struct gr_message *message)
{
    return message->tag == ASK_ON ? ask_friend(self, message, KEEP) : receive(self, message);
}

LONE_RUNNER_TEST(one_that_keeps_the_promise_is_no_link)
{
    static const struct gr_behavior asker = {
        .name = "ann", .receive = keep_asking, .state_bytes = sizeof(struct member)};
    gr_actor ann, bob;
    gr_future asked, back;
    gr_promise kept = {0};
    check_equal(gr_actor_spawn(&asker, NULL, &ann), 0);
    check_equal(gr_actor_spawn(&behavior, NULL, &bob), 0);
    check_equal(gr_send(ann, FRIEND, &bob, sizeof bob), 0);
    check_equal(gr_send(bob, FRIEND, &ann, sizeof ann), 0);
    check_equal(gr_ask_start(ann, ASK_ON, NULL, 0, &asked, SOON), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    struct gr__body *body = gr__body_find(gr__loop_here(), bob.name);
    kept = ((struct member *)body->self.state)->kept;
    check(kept.name != 0);
    check_equal(gr_ask_start(bob, ASK_BACK, NULL, 0, &back, SOON), 0);
    check_equal(gr_future_await(back, NULL, 0, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_promise_resolve(kept, NULL, 0), 0);
    check_equal(gr_future_await(back, NULL, 0, SOON), 0);
    check_equal(gr_future_await(asked, NULL, 0, SOON), 0);
}

LONE_RUNNER_TEST(one_that_is_asked_sends_to_the_full_mailbox_of_the_asker)
{
    gr_actor actors[2];
    spawn_ring(2, actors);
    check_equal(gr_ask(actors[0], SEND_ME, NULL, 0, NULL, 0, SOON), 0);
    check_soon(pings_of(actors[0]) == 3);
}

/*
 *     ann                       bob, who has four messages, which are all that he holds
 *     sends to bob, full
 *       waits for room          asks ann: a ring, and ann's message is let in
 *     goes on, handles the ask  has his reply, and handles ann's
 */
LONE_RUNNER_TEST(one_that_sends_to_a_full_mailbox_is_asked_by_its_owner)
{
    static const struct gr_behavior four = {
        .receive = receive, .state_bytes = sizeof(struct member), .mailbox_max = 4};
    gr_actor actors[2];
    gr_future asked;
    spawn_ring(2, actors);
    check_equal(gr_actor_stop(actors[1], 0), 0);
    check_equal(gr_actor_spawn(&four, &(struct gr_actor_options){.name = "bob"}, &actors[1]), 0);
    for (int i = 0; i < 2; i++)
        check_equal(gr_send(actors[i], FRIEND, &actors[1 - i], sizeof(gr_actor)), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_send(actors[0], SEND_ON, NULL, 0), 0);
    check_equal(gr_ask_start(actors[1], ASK_BACK, NULL, 0, &asked, SOON), 0);
    for (int i = 0; i < 3; i++)
        check_equal(gr_send(actors[1], PING, NULL, 0), 0);
    check_equal(gr_future_await(asked, NULL, 0, SOON), 0);
    check_soon(pings_of(actors[1]) == 6);
}

enum { CLIQUE = 6, ROUNDS = 30 };

static gr_actor clique[CLIQUE];

/* Each sends to all, itself too, round after round. */
static int send_to_all(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag != SEND_ON)
        return receive(self, message);

    int rc = 0;
    for (int i = 0; rc == 0 && i < CLIQUE * ROUNDS; i++)
        rc = gr_send_by(clique[i % CLIQUE], PING, NULL, 0, SOON);
    return rc;
}

static void run_clique(int loops)
{
    static const struct gr_behavior sociable = {.name = "sociable",
                                                .receive = send_to_all,
                                                .state_bytes = sizeof(struct member),
                                                .mailbox_max = 1};
    for (int i = 0; i < CLIQUE; i++)
        check_equal(gr_actor_spawn(&sociable,
                                   &(struct gr_actor_options){.where = GR_ON_LOOP(i % loops)},
                                   &clique[i]),
                    0);
    for (int i = 0; i < CLIQUE; i++)
        check_equal(gr_send(clique[i], SEND_ON, NULL, 0), 0);
    for (int i = 0; i < CLIQUE; i++)
        check_soon(pings_of(clique[i]) == CLIQUE * ROUNDS);
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
        cmocka_unit_test(two_that_ask_each_other_are_told_by_name),
        cmocka_unit_test(three_that_ask_in_a_circle_are_told_by_name),
        cmocka_unit_test(one_that_asks_itself_for_ever_is_told_at_once),
        cmocka_unit_test(three_that_ask_in_a_circle_for_ever_are_told_at_once),
        cmocka_unit_test(re_entrant_ones_that_ask_for_ever_what_may_not_begin_are_told_at_once),
        cmocka_unit_test(one_that_has_its_reply_is_no_link),
        cmocka_unit_test(one_that_keeps_the_promise_is_no_link),
        cmocka_unit_test(one_that_is_asked_sends_to_the_full_mailbox_of_the_asker),
        cmocka_unit_test(one_that_sends_to_a_full_mailbox_is_asked_by_its_owner),
        cmocka_unit_test(a_clique_of_full_mailboxes_goes_on),
        cmocka_unit_test(a_clique_of_full_mailboxes_over_three_loops_goes_on),
    };
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
