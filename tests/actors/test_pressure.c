/* A full mailbox slows its senders, loses nothing it should not, and never deadlocks. */
#include <errno.h>

#include "lib/gate.h"

enum { PLAIN = 1, GATE, COUNT, RELAY, MEET, BALL };

/* Handles nothing until its gate is opened: its handler waits for a future. */
struct gated {
    uint64_t handled;
    uint64_t last;
    bool ordered;
};

static int gated_receive(struct gr_self *self, const struct gr_message *message)
{
    struct gated *gated = self->state;
    switch (message->tag) {
    case GATE:
        gated->ordered = true;
        return wait_at_gate(message, gr_in(20 * GR_SECOND));
    case PLAIN:
        gated->handled++;
        gated->ordered = gated->ordered && *(const uint64_t *)message->data > gated->last;
        gated->last = *(const uint64_t *)message->data;
        return 0;
    case COUNT:
        check(gated->ordered);
        return gr_reply(message, &gated->handled, sizeof gated->handled);
    }
    return -ENOTSUP;
}

#define GATED(policy)                                                                              \
    {                                                                                              \
        .name = "gated", .receive = gated_receive, .state_bytes = sizeof(struct gated),            \
        .mailbox_max = 8, .when_full = (policy)                                                    \
    }

static const struct gr_behavior waits = GATED(GR_FULL_WAIT);
static const struct gr_behavior fails = GATED(GR_FULL_FAIL);
static const struct gr_behavior drops_newest = GATED(GR_FULL_DROP_NEWEST);
static const struct gr_behavior drops_oldest = GATED(GR_FULL_DROP_OLDEST);
static const struct gr_behavior grows = GATED(GR_FULL_GROW);

static gr_actor spawn_shut(const struct gr_behavior *behavior, int loop, gr_promise *ret_open)
{
    gr_actor actor = {0};
    check_equal(
        gr_actor_spawn(behavior, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)}, &actor), 0);
    *ret_open = shut_gate(actor, GATE, gr_in(GR_SECOND));
    return actor;
}

static uint64_t handled_by(gr_actor actor)
{
    uint64_t handled = 0;
    check_equal(gr_ask(actor, COUNT, NULL, 0, &handled, sizeof handled, gr_in(5 * GR_SECOND)), 0);
    return handled;
}

static int send_number(gr_actor actor, uint64_t number, gr_time deadline)
{
    return gr_send_by(actor, PLAIN, &number, sizeof number, deadline);
}

static int try_number(gr_actor actor, uint64_t number)
{
    return gr_try_send(actor, PLAIN, &number, sizeof number);
}

RUNNER_TEST(turns_away_who_cannot_wait)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    for (uint64_t i = 1; i <= 8; i++)
        check_equal(try_number(actor, i), 0);
    check_equal(try_number(actor, 9), -EAGAIN);
    open_gate(open);
    check_equal(handled_by(actor), 8);
}

RUNNER_TEST(makes_a_sender_wait_until_its_deadline)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    for (uint64_t i = 1; i <= 8; i++)
        check_equal(send_number(actor, i, GR_FOREVER), 0);
    gr_time before = gr_now();
    check_equal(send_number(actor, 9, gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    check(gr_now() - before >= 5 * GR_MILLISECOND);
    open_gate(open);
    check_equal(handled_by(actor), 8);
}

struct flood {
    gr_actor to;
    uint64_t count;
};

static int send_flood(void *context)
{
    const struct flood *flood = context;
    for (uint64_t i = 1; i <= flood->count; i++) {
        int rc = gr_send(flood->to, PLAIN, &i, sizeof i);
        if (rc < 0)
            return rc;
    }
    return 0;
}

RUNNER_TEST(lets_a_waiting_sender_go_on_in_order_when_there_is_room)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    struct flood flood = {actor, 1000};
    gr_runner sender;
    check_equal(gr_runner_start(send_flood, &flood, NULL, &sender), 0);
    check_equal(gr_runner_join(sender, gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    open_gate(open);
    check_equal(gr_runner_join(sender, gr_in(5 * GR_SECOND)), 0);
    check_equal(handled_by(actor), 1000);
}

/* There is room for one, and half of it is far. */
RUNNER_TEST(holds_nobody_up_once_the_last_who_waited_has_given_up)
{
    gr_promise open, next = {0};
    gr_future asked;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    check_equal(gr_ask_start(actor, GATE, NULL, 0, &asked, gr_in(GR_SECOND)), 0);
    for (uint64_t i = 1; i <= 7; i++)
        check_equal(try_number(actor, i), 0);
    struct flood flood = {actor, 1};
    gr_runner sender;
    check_equal(gr_runner_start(send_flood, &flood, NULL, &sender), 0);
    check_equal(gr_yield(), 0);
    open_gate(open);
    check_equal(gr_future_await(asked, &next, sizeof next, gr_in(GR_SECOND)), 0);
    check_equal(try_number(actor, 8), -EAGAIN);
    gr_runner_cancel(sender);
    check_equal(gr_runner_join(sender, gr_in(GR_SECOND)), -ECANCELED);
    check_equal(try_number(actor, 8), 0);
    open_gate(next);
    check_equal(handled_by(actor), 8);
}

RUNNER_TEST(gives_a_cancelled_sender_its_message_back)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    struct flood flood = {actor, 100};
    gr_runner sender;
    check_equal(gr_runner_start(send_flood, &flood, NULL, &sender), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(sender);
    check_equal(gr_runner_join(sender, gr_in(GR_SECOND)), -ECANCELED);
    open_gate(open);
    check_equal(handled_by(actor), 8);
}

/*
 *     loop 0: sends and sends            loop 1: the actor's gate is shut
 *                                        mailbox full: "pressed" goes to loop 0
 *     hears of it: the sender waits
 *                                        gate opens, half is handled: "room"
 *     goes on
 */
RUNNER_TEST(slows_a_sender_on_another_loop)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 1, &open);
    struct flood flood = {actor, 200000};
    gr_runner sender;
    check_equal(gr_runner_start(send_flood, &flood, NULL, &sender), 0);
    check_equal(gr_runner_join(sender, gr_in(100 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(try_number(actor, 300000), -EAGAIN);
    open_gate(open);
    check_equal(gr_runner_join(sender, gr_in(20 * GR_SECOND)), 0);
    check_equal(handled_by(actor), 200000);
}

static void try_until_refused(void *context)
{
    gr_actor actor = *(const gr_actor *)context;
    int rc = 0;
    uint64_t number = 0;
    while (rc == 0 && number < 100000) {
        number++;
        rc = gr_try_send(actor, PLAIN, &number, sizeof number);
    }
    check_equal(rc, -EAGAIN);
}

RUNNER_TEST(turns_a_foreign_thread_away_when_too_much_is_on_its_way)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    on_another_thread(try_until_refused, &actor);
    open_gate(open);
    check_soon(handled_by(actor) > 0);
}

RUNNER_TEST(fails_its_senders_where_it_says_so)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&fails, 0, &open);
    for (uint64_t i = 1; i <= 8; i++)
        check_equal(send_number(actor, i, GR_FOREVER), 0);
    check_equal(send_number(actor, 9, GR_FOREVER), -EAGAIN);
    check_equal(gr_ask(actor, COUNT, NULL, 0, NULL, 0, GR_FOREVER), -EAGAIN);
    open_gate(open);
    check_equal(gr_yield(), 0);
    check_equal(handled_by(actor), 8);
}

struct outside {
    gr_actor to;
    uint64_t accepted;
};

static void send_from_outside(void *context)
{
    struct outside *outside = context;
    for (int i = 0; i < 2000; i++)
        outside->accepted += try_number(outside->to, outside->accepted + 1) == 0;
}

/* What has come is counted on, though it is no longer on its way, until there is room. */
RUNNER_TEST(bounds_what_foreign_threads_send_to_one_that_handles_nothing)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_promise open;
        struct outside outside = {.to = spawn_shut(&waits, loop, &open)};
        uint64_t before;
        int rounds = 0;
        do {
            before = outside.accepted;
            on_another_thread(send_from_outside, &outside);
            check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
        } while (outside.accepted > before && ++rounds < 100);
        check(rounds < 100);
        open_gate(open);
        check_soon(handled_by(outside.to) == outside.accepted);
        before = outside.accepted;
        on_another_thread(send_from_outside, &outside);
        check(outside.accepted > before);
        check_soon(handled_by(outside.to) == outside.accepted);
    }
}

/* The first is refused there, by its reply; the next are here, since this loop knows by then. */
RUNNER_TEST(fails_its_senders_on_another_loop_when_they_can_know)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&fails, 1, &open);
    for (uint64_t i = 1; i <= 8; i++)
        check_equal(send_number(actor, i, GR_FOREVER), 0);
    check_equal(gr_ask(actor, COUNT, NULL, 0, NULL, 0, gr_in(10 * GR_SECOND)), -EAGAIN);
    check_equal(send_number(actor, 9, GR_FOREVER), -EAGAIN);
    check_equal(gr_ask(actor, COUNT, NULL, 0, NULL, 0, gr_in(10 * GR_SECOND)), -EAGAIN);
    open_gate(open);
    uint64_t handled;
    check_soon(gr_ask(actor, COUNT, NULL, 0, &handled, sizeof handled, GR_FOREVER) == 0);
    check_equal(handled, 8);
}

RUNNER_TEST(drops_the_newest_where_it_says_so)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&drops_newest, 0, &open);
    uint64_t before = gr_dead_letters();
    for (uint64_t i = 1; i <= 10; i++)
        check_equal(send_number(actor, i, GR_FOREVER), 0);
    check_equal(gr_dead_letters() - before, 2);
    open_gate(open);
    check_equal(gr_yield(), 0);
    check_equal(handled_by(actor), 8);
}

RUNNER_TEST(drops_the_oldest_where_it_says_so_and_answers_its_ask)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&drops_oldest, 0, &open);
    gr_future oldest;
    check_equal(gr_ask_start(actor, COUNT, NULL, 0, &oldest, GR_FOREVER), 0);
    for (uint64_t i = 1; i <= 8; i++)
        check_equal(send_number(actor, i, GR_FOREVER), 0);
    check_equal(gr_future_await(oldest, &(uint64_t){0}, 8, gr_in(GR_SECOND)), -EAGAIN);
    open_gate(open);
    check_equal(gr_yield(), 0);
    check_equal(handled_by(actor), 8);
}

RUNNER_TEST(grows_where_it_says_so)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&grows, 0, &open);
    for (uint64_t i = 1; i <= 5000; i++)
        check_equal(try_number(actor, i), 0);
    open_gate(open);
    check_equal(handled_by(actor), 5000);
}

RUNNER_TEST(releases_its_waiting_senders_when_it_stops)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_promise open;
        gr_actor actor = spawn_shut(&waits, loop, &open);
        struct flood flood = {actor, 1 << 20};
        gr_runner sender;
        check_equal(gr_runner_start(send_flood, &flood, NULL, &sender), 0);
        check_equal(gr_runner_join(sender, gr_in(50 * GR_MILLISECOND)), -ETIMEDOUT);
        check_equal(gr_actor_stop(actor, 0), 0);
        int rc = gr_runner_join(sender, gr_in(20 * GR_SECOND));
        check_equal(rc, loop == 0 ? -ESTALE : 0);
    }
}

/* One of a ring: each ball it gets it throws on, as two until there are enough. */
struct member {
    gr_actor next;
    gr_promise done;
    uint64_t left;
    uint32_t copies;
};

static int member_receive(struct gr_self *self, const struct gr_message *message)
{
    struct member *member = self->state;
    if (message->tag == MEET) {
        *member = *(const struct member *)message->data;
        return 0;
    }
    if (member->left == 0)
        return 0;
    if (--member->left == 0)
        return gr_promise_resolve(member->done, NULL, 0);

    uint32_t copies = member->copies > 0 ? 2 : 1;
    member->copies -= copies - 1;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < copies; i++)
        rc = gr_send(member->next, BALL, NULL, 0);
    return rc == -ESTALE || rc == -ECANCELED ? 0 : rc;
}

static const struct gr_behavior member = {.name = "member",
                                          .receive = member_receive,
                                          .state_bytes = sizeof(struct member),
                                          .mailbox_max = 4};

enum { RING_MAX = 6, FLIGHTS = 20000 };

/* A ring whose mailboxes are all full, many times over: 4 + 32 balls a member for room for 4. */
static void run_ring(int size, int loops)
{
    gr_actor actors[RING_MAX];
    gr_future done[RING_MAX];
    struct member members[RING_MAX] = {0};
    for (int i = 0; i < size; i++) {
        int where = GR_ON_LOOP(i % loops);
        check_equal(gr_actor_spawn(&member, &(struct gr_actor_options){.where = where}, &actors[i]),
                    0);
        check_equal(gr_future_make(&done[i], &members[i].done), 0);
    }
    for (int i = 0; i < size; i++) {
        members[i].next = actors[(i + 1) % size];
        members[i].left = FLIGHTS;
        members[i].copies = 32;
        check_equal(gr_send(actors[i], MEET, &members[i], sizeof members[i]), 0);
    }
    for (int i = 0; i < size; i++)
        check_equal(gr_send(actors[i], BALL, NULL, 0), 0);

    /* The first to have thrown enough ends its part; the others may then wait for it no more. */
    check_equal(gr_future_await(done[0], NULL, 0, gr_in(30 * GR_SECOND)), 0);
    for (int i = 0; i < size; i++) {
        check_equal(gr_actor_stop(actors[i], 0), 0);
        gr_future_drop(done[i]);
    }
}

RUNNER_TEST(lets_an_actor_send_to_its_own_full_mailbox)
{
    run_ring(1, 1);
}

RUNNER_TEST(keeps_a_ring_of_full_mailboxes_on_one_loop_going)
{
    run_ring(2, 1);
    run_ring(5, 1);
}

RUNNER_TEST(keeps_a_ring_of_full_mailboxes_over_two_loops_going)
{
    run_ring(2, 2);
    run_ring(6, 2);
}

FLEET_TEST(keeps_a_ring_of_full_mailboxes_over_three_loops_going, 3)
{
    run_ring(3, 3);
    run_ring(6, 3);
}

/* Finds the next mailbox full many times over in one handler, while its own fills. */
static int thrower_receive(struct gr_self *self, const struct gr_message *message)
{
    gr_actor *next = self->state;
    if (message->tag == MEET)
        *next = *(const gr_actor *)message->data;
    if (message->tag != COUNT)
        return 0;

    /* Once the next has thrown all its own, it is not found full any more. */
    int rc = 0, balls = 0;
    for (int i = 0; rc == 0 && i < 20; i++) {
        while (balls++ < 20000 && (rc = gr_try_send(*next, BALL, NULL, 0)) == 0)
            check_equal(gr_yield(), 0);
        rc = gr_send_by(*next, BALL, NULL, 0, gr_in(10 * GR_SECOND));
    }
    return rc;
}

static const struct gr_behavior thrower = {.name = "thrower",
                                           .receive = thrower_receive,
                                           .state_bytes = sizeof(gr_actor),
                                           .mailbox_max = 4};

/*
 * One actor on each loop, none of which handles a ball before it has thrown all its own. The
 * marks lead past every actor of a loop, and on to the next:
 *
 *     loop 0              loop 1              loop 2
 *     waits for loop 1's  waits for loop 2's  waits for loop 0's: a ring
 */
FLEET_TEST(opens_a_ring_with_one_actor_on_each_of_three_loops, 3)
{
    gr_actor actors[3];
    gr_future thrown[3];
    for (int i = 0; i < 3; i++)
        check_equal(gr_actor_spawn(&thrower, &(struct gr_actor_options){.where = GR_ON_LOOP(i)},
                                   &actors[i]),
                    0);
    for (int i = 0; i < 3; i++)
        check_equal(gr_send(actors[i], MEET, &actors[(i + 1) % 3], sizeof actors[i]), 0);
    for (int i = 0; i < 3; i++)
        check_equal(gr_ask_start(actors[i], COUNT, NULL, 0, &thrown[i], GR_FOREVER), 0);
    for (int i = 0; i < 3; i++)
        check_equal(gr_future_await(thrown[i], NULL, 0, gr_in(20 * GR_SECOND)), 0);
}

/* A relay hands each message on to a slow actor; what is between them stays bounded. */
static int relay_receive(struct gr_self *self, const struct gr_message *message)
{
    gr_actor *next = self->state;
    if (message->tag == MEET) {
        *next = *(const gr_actor *)message->data;
        return 0;
    }
    return gr_forward(message, *next);
}

static const struct gr_behavior relay = {
    .name = "relay", .receive = relay_receive, .state_bytes = sizeof(gr_actor), .mailbox_max = 8};

RUNNER_TEST(bounds_what_a_chain_of_actors_holds)
{
    gr_promise open;
    gr_actor slow = spawn_shut(&waits, 0, &open), first, second;
    check_equal(gr_actor_spawn(&relay, NULL, &first), 0);
    check_equal(gr_actor_spawn(&relay, NULL, &second), 0);
    check_equal(gr_send(first, MEET, &second, sizeof second), 0);
    check_equal(gr_send(second, MEET, &slow, sizeof slow), 0);

    uint64_t accepted = 0;
    for (int i = 0; i < 1000; i++) {
        accepted += try_number(first, accepted + 1) == 0;
        check_equal(gr_yield(), 0);
    }
    check(accepted >= 8 * 3);
    check(accepted <= 8 * 3 + 2);
    open_gate(open);
    check_soon(handled_by(slow) == accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_away_who_cannot_wait),
        cmocka_unit_test(makes_a_sender_wait_until_its_deadline),
        cmocka_unit_test(lets_a_waiting_sender_go_on_in_order_when_there_is_room),
        cmocka_unit_test(holds_nobody_up_once_the_last_who_waited_has_given_up),
        cmocka_unit_test(gives_a_cancelled_sender_its_message_back),
        cmocka_unit_test(slows_a_sender_on_another_loop),
        cmocka_unit_test(turns_a_foreign_thread_away_when_too_much_is_on_its_way),
        cmocka_unit_test(fails_its_senders_where_it_says_so),
        cmocka_unit_test(bounds_what_foreign_threads_send_to_one_that_handles_nothing),
        cmocka_unit_test(fails_its_senders_on_another_loop_when_they_can_know),
        cmocka_unit_test(drops_the_newest_where_it_says_so),
        cmocka_unit_test(drops_the_oldest_where_it_says_so_and_answers_its_ask),
        cmocka_unit_test(grows_where_it_says_so),
        cmocka_unit_test(releases_its_waiting_senders_when_it_stops),
        cmocka_unit_test(lets_an_actor_send_to_its_own_full_mailbox),
        cmocka_unit_test(keeps_a_ring_of_full_mailboxes_on_one_loop_going),
        cmocka_unit_test(keeps_a_ring_of_full_mailboxes_over_two_loops_going),
        cmocka_unit_test(keeps_a_ring_of_full_mailboxes_over_three_loops_going),
        cmocka_unit_test(opens_a_ring_with_one_actor_on_each_of_three_loops),
        cmocka_unit_test(bounds_what_a_chain_of_actors_holds),
    };
    return cmocka_run_group_tests_name("pressure", tests, NULL, NULL);
}
