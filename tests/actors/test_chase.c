/* Handlers that ask in a circle are told, on whatever loops they live; and nobody else is. */
#include <errno.h>
#include <string.h>
#include <threads.h>

#include "actors/chase.h"
#include "lib/shortage.h"

enum {
    FRIEND,
    MEET,
    START,
    TOGETHER,
    PING,
    SLOW,
    KEEP,
    FILL,
    ASK_BUSY,
    REPLY_AND_ASK,
    ASK_ON,
    RELAY,
    HOLD
};

#define SOON gr_in(10 * GR_SECOND)

struct member {
    gr_actor friend;
    gr_promise kept;
};

/* Those who have come to where they ask. On any loop. */
static unsigned here, expected;

/* Wait until all are in their handlers, so that no ask finds another idle. */
static int meet(void)
{
    int rc = 0;
    __atomic_add_fetch(&here, 1, __ATOMIC_SEQ_CST);
    while (rc == 0 && __atomic_load_n(&here, __ATOMIC_SEQ_CST) < expected)
        rc = gr_sleep(gr_in(GR_MILLISECOND / 10));
    return rc;
}

static int answer_with(const struct gr_message *message, int rc)
{
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, NULL, 0);
}

static int ask(const struct member *member, uint32_t tag)
{
    return gr_ask(member->friend, tag, NULL, 0, NULL, 0, SOON);
}

/* The same in two steps, with another wait between. */
static int start_and_await(const struct member *member)
{
    gr_future future;
    int rc = gr_ask_start(member->friend, PING, NULL, 0, &future, SOON);
    if (rc == 0)
        rc = gr_sleep(gr_in(12 * GR_MILLISECOND));
    if (rc == 0)
        rc = gr_future_await(future, NULL, 0, SOON);
    gr_future_drop(future);
    return rc;
}

/* The reply, or a point in time that is sure to come. */
static int await_either(const struct member *member)
{
    gr_future future;
    struct gr_future_wait wait;
    struct gr_sleep_wait sleep;
    int rc = gr_ask_start(member->friend, PING, NULL, 0, &future, SOON);
    if (rc < 0)
        return rc;
    struct gr_member either[2] = {
        {.awaitable = gr_future_awaitable(&wait, future, NULL, 0)},
        {.awaitable = gr_sleep_awaitable(&sleep, gr_in(50 * GR_MILLISECOND))}};
    rc = gr_any(either, 2, SOON);
    gr_future_drop(future);
    return rc;
}

/* Three fill any mailbox of one and a sender has to wait. */
static int fill(const struct member *member)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = gr_send_by(member->friend, PING, NULL, 0, SOON);
    return rc;
}

/* Its loop stands still meanwhile. */
static void stay_busy(void)
{
    thrd_sleep(&(struct timespec){.tv_nsec = 7000000}, NULL);
}

/* So long that who asked is chased; but that is read when the reply has left, and this one asks. */
static int reply_and_ask(const struct member *member, const struct gr_message *message)
{
    stay_busy();
    check_equal(gr_reply(message, NULL, 0), 0);
    check_equal(ask(member, ASK_ON), 0);
    return 0;
}

/* About as long as a wait lasts before it is chased. Differs from call to call. */
static gr_time a_while(void)
{
    static unsigned calls;
    unsigned call = __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    return 4 * GR_MILLISECOND + call * 7 % 40 * (GR_MILLISECOND / 10);
}

/* Ask the next, wait for a while, and only when that wait has ended let the next one ask. */
static int let_go_and_reply(const struct member *member)
{
    gr_future asked, begun;
    gr_promise begin;
    int rc = gr_future_make(&begun, &begin);
    if (rc == 0)
        rc = gr_ask_start(member->friend, HOLD, &begin, sizeof begin, &asked, SOON);
    if (rc < 0)
        return rc;
    gr_promise go_on;
    rc = gr_future_await(begun, &go_on, sizeof go_on, SOON);
    if (rc == 0)
        rc = gr_future_await(asked, NULL, 0, gr_in(a_while()));
    check_equal(rc, -ETIMEDOUT);
    gr_future_drop(asked);
    check_equal(gr_promise_resolve(go_on, NULL, 0), 0);
    return gr_sleep(gr_in(a_while()));
}

static int hold_and_ask(const struct member *member, const struct gr_message *message)
{
    gr_future held;
    gr_promise go_on;
    check_equal(gr_future_make(&held, &go_on), 0);
    check_equal(gr_promise_resolve(*(const gr_promise *)message->data, &go_on, sizeof go_on), 0);
    check_equal(gr_future_await(held, NULL, 0, SOON), 0);
    check_equal(ask(member, PING), 0);
    return 0;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct member *member = self->state;
    switch (message->tag) {
    case FRIEND:
        memcpy(&member->friend, message->data, sizeof member->friend);
        return 0;
    case MEET:
        check_equal(meet(), 0);
        return answer_with(message, ask(member, PING));
    case START:
        check_equal(meet(), 0);
        return answer_with(message, start_and_await(member));
    case TOGETHER:
        check_equal(meet(), 0);
        return answer_with(message, await_either(member));
    case FILL:
        check_equal(meet(), 0);
        return answer_with(message, fill(member));
    case SLOW:
        return gr_sleep(gr_in(60 * GR_MILLISECOND));
    case KEEP:
        member->kept = gr_message_take_promise(message);
        return 0;
    case REPLY_AND_ASK:
        return reply_and_ask(member, message);
    case ASK_BUSY:
        return answer_with(message, ask(member, REPLY_AND_ASK));
    case ASK_ON:
        return answer_with(message, ask(member, PING));
    case RELAY:
        return answer_with(message, let_go_and_reply(member));
    case HOLD:
        return hold_and_ask(member, message);
    }
    return 0;
}

enum { RING_MAX = 8 };

static const char *const names[RING_MAX] = {"ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal"};

static void spawn_ring(int count, int loops, uint32_t mailbox_max, gr_actor actors[])
{
    static struct gr_behavior behavior = {.receive = receive, .state_bytes = sizeof(struct member)};
    behavior.mailbox_max = mailbox_max;
    for (int i = 0; i < count; i++) {
        struct gr_actor_options options = {.name = names[i], .where = GR_ON_LOOP(i % loops)};
        check_equal(gr_actor_spawn(&behavior, &options, &actors[i]), 0);
    }
    for (int i = 0; i < count; i++)
        check_equal(
            gr_ask(actors[i], FRIEND, &actors[(i + 1) % count], sizeof(gr_actor), NULL, 0, SOON),
            0);
}

/* None of them is in a handler any more, if nobody has asked them since. */
static void settle_down(int count, const gr_actor actors[])
{
    for (int i = 0; i < count; i++)
        check_equal(gr_ask(actors[i], PING, NULL, 0, NULL, 0, SOON), 0);
}

static void stop_all(int count, const gr_actor actors[])
{
    for (int i = 0; i < count; i++) {
        int reason;
        check_equal(gr_actor_stop(actors[i], 0), 0);
        check_equal(gr_actor_join(actors[i], &reason, SOON), 0);
    }
}

static void start_all(int count, const gr_actor actors[], const uint32_t tags[], gr_future asked[])
{
    expected = (unsigned)count;
    __atomic_store_n(&here, 0, __ATOMIC_SEQ_CST);
    for (int i = 0; i < count; i++)
        check_equal(gr_ask_start(actors[i], tags[i], NULL, 0, &asked[i], GR_FOREVER), 0);
}

/* Begin a circle, and find that the one with the greatest handle, and no other, is told of it. */
static void check_circle(int count, int loops, const uint32_t tags[])
{
    gr_actor actors[RING_MAX] = {{0}};
    gr_future asked[RING_MAX];
    spawn_ring(count, loops, 0, actors);
    start_all(count, actors, tags, asked);
    int greatest = 0;
    for (int i = 1; i < count; i++)
        if (actors[i].name > actors[greatest].name)
            greatest = i;
    for (int i = 0; i < count; i++) {
        int rc = gr_future_await(asked[i], NULL, 0, gr_in(5 * GR_SECOND));
        check_equal(rc, i == greatest ? -EDEADLK : 0);
        const struct gr_error *error = i == greatest ? gr_error_details(rc) : NULL;
        for (int j = 0; error != NULL && j < count; j++)
            check(strstr(error->message, names[j]) != NULL);
        check(i != greatest || error != NULL);
    }
    stop_all(count, actors);
}

static const uint32_t meeting[RING_MAX] = {MEET, MEET, MEET, MEET, MEET, MEET, MEET, MEET};
static const uint32_t starting[RING_MAX] = {START, START, START};

RUNNER_TEST(two_on_two_loops_are_told_by_name)
{
    expect_report("actors ask in a circle: ");
    check_circle(2, 2, meeting);
}

FLEET_TEST(three_on_three_loops_are_told_by_name, 3)
{
    expect_report("actors ask in a circle: ");
    check_circle(3, 3, meeting);
}

RUNNER_TEST(more_than_there_are_loops_are_told)
{
    expect_report("ask in a circle");
    check_circle(3, 2, meeting);
    check_circle(RING_MAX, 2, meeting);
}

LONE_RUNNER_TEST(those_that_await_what_they_started_are_told)
{
    expect_report("ask in a circle");
    check_circle(1, 1, starting);
    check_circle(2, 1, starting);
    check_circle(3, 1, starting);
}

RUNNER_TEST(those_that_await_what_they_started_are_told_over_loops)
{
    expect_report("ask in a circle");
    check_circle(3, 2, starting);
    check_circle(2, 2, (const uint32_t[]){MEET, START});
}

RUNNER_TEST(one_that_waits_long_is_not_told)
{
    gr_actor actors[2];
    gr_future asked;
    spawn_ring(2, 2, 0, actors);
    check_equal(gr_send(actors[1], SLOW, NULL, 0), 0);
    check_equal(gr_ask_start(actors[0], ASK_ON, NULL, 0, &asked, SOON), 0);
    check_equal(gr_future_await(asked, NULL, 0, SOON), 0);
    stop_all(2, actors);
}

RUNNER_TEST(one_that_can_go_on_by_something_else_is_no_link)
{
    gr_actor actors[2];
    gr_future asked[2];
    spawn_ring(2, 2, 0, actors);
    start_all(2, actors, (const uint32_t[]){MEET, TOGETHER}, asked);
    for (int i = 0; i < 2; i++)
        check_equal(gr_future_await(asked[i], NULL, 0, SOON), 0);
    stop_all(2, actors);
}

/* Ann asks bob, who keeps the promise, and then asks ann, who waits; somebody else answers her. */
static int ask_to_keep(struct gr_self *self, const struct gr_message *message)
{
    const struct member *member = self->state;
    return message->tag == MEET ? answer_with(message, ask(member, KEEP)) : receive(self, message);
}

RUNNER_TEST(one_that_has_kept_a_promise_is_no_link)
{
    static const struct gr_behavior asker = {
        .name = "ann", .receive = ask_to_keep, .state_bytes = sizeof(struct member)};
    gr_actor bob = {0}, ann = {0}, actors[2];
    gr_future asked, back;
    spawn_ring(2, 2, 0, actors);
    bob = actors[0];
    check_equal(gr_actor_spawn(&asker, &(struct gr_actor_options){.where = GR_ON_LOOP(1)}, &ann),
                0);
    check_equal(gr_ask(ann, FRIEND, &bob, sizeof bob, NULL, 0, SOON), 0);
    check_equal(gr_ask(bob, FRIEND, &ann, sizeof ann, NULL, 0, SOON), 0);
    check_equal(gr_ask_start(ann, MEET, NULL, 0, &asked, SOON), 0);
    struct member *member = gr__body_find(gr__loop_here(), bob.name)->self.state;
    check_soon(member->kept.name != 0);
    check_equal(gr_ask_start(bob, ASK_ON, NULL, 0, &back, SOON), 0);
    check_equal(gr_future_await(back, NULL, 0, gr_in(30 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_promise_resolve(member->kept, NULL, 0), 0);
    check_equal(gr_future_await(back, NULL, 0, SOON), 0);
    check_equal(gr_future_await(asked, NULL, 0, SOON), 0);
    stop_all(1, &ann);
    stop_all(2, actors);
}

/*
 *     ann, loop 0                        bob, loop 1, with a mailbox of one
 *     sends to bob, whose mailbox is
 *       full: waits for room             asks ann, who does not come to it
 *       ... a chase: ann is let in       has his reply, and handles hers
 *
 * And the other way round, so that once it is not she who has the greatest handle.
 */
RUNNER_TEST(a_sender_that_waits_in_a_circle_of_asks_is_let_in)
{
    static const uint32_t tags[2][2] = {{FILL, START}, {START, FILL}};
    for (int round = 0; round < 2; round++) {
        gr_actor actors[2];
        gr_future asked[2];
        spawn_ring(2, 2, 1, actors);
        start_all(2, actors, tags[round], asked);
        for (int i = 0; i < 2; i++)
            check_equal(gr_future_await(asked[i], NULL, 0, gr_in(5 * GR_SECOND)), 0);
        stop_all(2, actors);
    }
}

/*
 *     ann               bob                        cid
 *     asks bob          is busy until he is chased
 *                       replies, asks cid          asks ann, who handles that: no circle
 *     has her reply
 */
FLEET_TEST(a_reply_on_its_way_makes_no_circle, 3)
{
    gr_actor actors[3];
    spawn_ring(3, 3, 0, actors);
    for (int round = 0; round < 30; round++) {
        check_equal(gr_ask(actors[0], ASK_BUSY, NULL, 0, NULL, 0, SOON), 0);
        settle_down(3, actors);
    }
    stop_all(3, actors);
}

static int ask_to_relay(struct gr_self *self, const struct gr_message *message)
{
    const struct member *member = self->state;
    return message->tag == MEET ? answer_with(message, ask(member, RELAY)) : receive(self, message);
}

/*
 *     ann               bob                           cid
 *     asks bob          asks cid, who holds it
 *        .              waits no longer               asks ann
 *        .              ...
 *        .              replies
 *
 * Ann waits all the time, and is chased while the others' waits change: there never is a circle.
 */
static void run_changing(int loops, int rounds)
{
    static const struct gr_behavior asker = {
        .name = "ann", .receive = ask_to_relay, .state_bytes = sizeof(struct member)};
    gr_actor ann = {0}, others[3];
    spawn_ring(3, loops, 0, others);
    check_equal(gr_actor_spawn(&asker, NULL, &ann), 0);
    check_equal(gr_ask(ann, FRIEND, &others[1], sizeof ann, NULL, 0, SOON), 0);
    check_equal(gr_ask(others[2], FRIEND, &ann, sizeof ann, NULL, 0, SOON), 0);
    for (int round = 0; round < rounds; round++) {
        check_equal(gr_ask(ann, MEET, NULL, 0, NULL, 0, SOON), 0);
        settle_down(3, others);
    }
    stop_all(1, &ann);
    stop_all(3, others);
}

FLEET_TEST(waits_that_were_never_there_together_make_no_circle, 3)
{
    run_changing(2, 40);
    run_changing(3, 40);
}

/* One of each circle waits no longer than about the time at which it is chased. */
static int break_about_then(struct gr_self *self, const struct gr_message *message)
{
    const struct member *member = self->state;
    gr_future future;
    if (message->tag != MEET)
        return receive(self, message);
    check_equal(meet(), 0);
    int rc = gr_ask_start(member->friend, PING, NULL, 0, &future, SOON);
    if (rc == 0)
        rc = gr_future_await(future, NULL, 0, gr_in(a_while()));
    gr_future_drop(future);
    return answer_with(message, rc);
}

/* Either it is told of, to one, or it is broken, and none is; and all go on. */
static void run_breaking(int count, int loops, int rounds)
{
    static const struct gr_behavior breaker = {
        .name = "zoe", .receive = break_about_then, .state_bytes = sizeof(struct member)};
    gr_actor actors[RING_MAX];
    gr_future asked[RING_MAX];
    spawn_ring(count, loops, 0, actors);
    stop_all(1, &actors[0]);
    check_equal(gr_actor_spawn(&breaker, NULL, &actors[0]), 0);
    check_equal(gr_ask(actors[0], FRIEND, &actors[1], sizeof(gr_actor), NULL, 0, SOON), 0);
    check_equal(gr_ask(actors[count - 1], FRIEND, &actors[0], sizeof(gr_actor), NULL, 0, SOON), 0);
    for (int round = 0; round < rounds; round++) {
        int told = 0, broken = 0;
        start_all(count, actors, meeting, asked);
        for (int i = 0; i < count; i++) {
            int rc = gr_future_await(asked[i], NULL, 0, SOON);
            told += rc == -EDEADLK;
            broken += i == 0 && rc == -ETIMEDOUT;
            check(rc == 0 || rc == -EDEADLK || (i == 0 && rc == -ETIMEDOUT));
        }
        check(told <= 1);
        check(told + broken >= 1);
    }
    stop_all(count, actors);
}

FLEET_TEST(circles_that_break_just_then_are_told_once_at_most, 3)
{
    expect_report("ask in a circle");
    run_breaking(2, 2, 25);
    run_breaking(3, 2, 25);
    run_breaking(3, 3, 25);
}

enum { CHASE_BYTES = 400 /* about */ };

static void *chases[2]; /* what memory for them there was, on each loop */

static void become_poor(void *context)
{
    (void)context;
    chases[gr_loop_here()] = take_all(CHASE_BYTES);
}

static void become_rich(void *context)
{
    (void)context;
    give_all(chases[gr_loop_here()], CHASE_BYTES);
}

/* Of two in a circle one is told, and the other gets its reply then. */
static void check_one_is_told(const gr_future asked[2])
{
    int first = gr_future_await(asked[0], NULL, 0, SOON);
    int second = gr_future_await(asked[1], NULL, 0, SOON);
    check((first == 0 && second == -EDEADLK) || (first == -EDEADLK && second == 0));
}

/* The first time, so that there is memory for all else. */
RUNNER_TEST(a_circle_is_told_once_there_is_memory_to_find_it)
{
    expect_report("actors ask in a circle: ");
    gr_actor actors[2];
    gr_future asked[2];
    spawn_ring(2, 2, 0, actors);
    start_all(2, actors, meeting, asked);
    check_one_is_told(asked);
    for (int i = 0; i < 2; i++)
        on_loop(i, become_poor, NULL);
    gr__memory_fail_all();
    start_all(2, actors, meeting, asked);
    check_equal(gr_future_await(asked[0], NULL, 0, gr_in(40 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_future_await(asked[1], NULL, 0, gr_now()), -ETIMEDOUT);
    gr__memory_fail_after(-1);
    for (int i = 0; i < 2; i++)
        on_loop(i, become_rich, NULL);
    check_one_is_told(asked);
    stop_all(2, actors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_on_two_loops_are_told_by_name),
        cmocka_unit_test(three_on_three_loops_are_told_by_name),
        cmocka_unit_test(more_than_there_are_loops_are_told),
        cmocka_unit_test(those_that_await_what_they_started_are_told),
        cmocka_unit_test(those_that_await_what_they_started_are_told_over_loops),
        cmocka_unit_test(one_that_waits_long_is_not_told),
        cmocka_unit_test(one_that_can_go_on_by_something_else_is_no_link),
        cmocka_unit_test(one_that_has_kept_a_promise_is_no_link),
        cmocka_unit_test(a_sender_that_waits_in_a_circle_of_asks_is_let_in),
        cmocka_unit_test(a_reply_on_its_way_makes_no_circle),
        cmocka_unit_test(waits_that_were_never_there_together_make_no_circle),
        cmocka_unit_test(circles_that_break_just_then_are_told_once_at_most),
        cmocka_unit_test(a_circle_is_told_once_there_is_memory_to_find_it),
    };
    return cmocka_run_group_tests_name("chase", tests, NULL, NULL);
}
