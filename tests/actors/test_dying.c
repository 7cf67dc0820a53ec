/* Whoever asks an actor that has begun to end hears of it at once, though its end takes its time. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { PING, STASH, BREED, GATE, BROKEN };

/* Earlier than force would end a child's stop hook. */
#define SOON gr_in(3 * GR_SECOND)

/* Its stop hook says that it has begun, with the promise that lets it go on, and waits for that. */
struct dying {
    gr_promise began;
};

static int wait_until_told(gr_promise *began)
{
    gr_future told;
    gr_promise tell;
    int rc = gr_future_make(&told, &tell);
    if (rc == 0)
        rc = gr_promise_resolve(*began, &tell, sizeof tell);
    if (rc == 0)
        rc = gr_future_await(told, NULL, 0, SOON);
    gr_future_drop(told);
    return rc;
}

static int begin(struct gr_self *self, const void *argument, size_t size)
{
    check_equal(size, sizeof(struct dying));
    memcpy(self->state, argument, size);
    return 0;
}

static void end_slowly(struct gr_self *self, int reason)
{
    struct dying *dying = self->state;
    (void)reason;
    int rc = wait_until_told(&dying->began);
    check(rc == 0 || rc == -ECANCELED);
}

static int receive(struct gr_self *self, const struct gr_message *message);

static const struct gr_behavior slow = {.name = "slow",
                                        .receive = receive,
                                        .start = begin,
                                        .stop = end_slowly,
                                        .state_bytes = sizeof(struct dying)};

/* Has a child that ends slowly; itself it has no stop hook. */
static int breed(struct gr_self *self, const struct gr_message *message)
{
    gr_actor child;
    struct gr_actor_options options = {
        .parent = gr_self_actor(self), .argument = message->data, .argument_bytes = message->size};
    return gr_actor_spawn(&slow, &options, &child);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    switch (message->tag) {
    case PING:
        return 0;
    case STASH:
        return gr_self_stash(self, message);
    case BREED:
        return breed(self, message);
    case GATE:
        return wait_until_told((gr_promise *)message->data);
    }
    return -EIO;
}

static gr_actor spawn_slow(const struct gr_behavior *behavior, int loop, gr_future *ret_began)
{
    struct dying dying = {{0}};
    gr_actor actor = {0};
    check_equal(gr_future_make(ret_began, &dying.began), 0);
    struct gr_actor_options options = {
        .where = GR_ON_LOOP(loop), .argument = &dying, .argument_bytes = sizeof dying};
    check_equal(gr_actor_spawn(behavior, &options, &actor), 0);
    return actor;
}

/* Its end has begun; what is returned lets it go on. */
static gr_promise await_end(gr_future began)
{
    gr_promise go_on = {0};
    check_equal(gr_future_await(began, &go_on, sizeof go_on, SOON), 0);
    return go_on;
}

static void let_go(gr_promise go_on)
{
    check_equal(gr_promise_resolve(go_on, NULL, 0), 0);
}

static int ask(gr_actor actor)
{
    return gr_ask(actor, PING, NULL, 0, NULL, 0, SOON);
}

static gr_future start_ask(gr_actor actor, uint32_t tag)
{
    gr_future asked = {0};
    check_equal(gr_ask_start(actor, tag, NULL, 0, &asked, SOON), 0);
    return asked;
}

RUNNER_TEST(an_ask_while_its_stop_hook_waits_is_answered_at_once)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_future began;
        gr_actor actor = spawn_slow(&slow, loop, &began);
        check_equal(gr_actor_stop(actor, 0), 0);
        gr_promise go_on = await_end(began);
        check_equal(ask(actor), -ESTALE);
        check_equal(gr_send(actor, PING, NULL, 0), loop == 0 ? -ESTALE : 0);
        check_equal(gr_try_send(actor, PING, NULL, 0), loop == 0 ? -ESTALE : 0);
        let_go(go_on);
    }
}

/* Behind a message at whose handling it stops, or in a mailbox with rules. */
static void check_mailbox(const struct gr_behavior *behavior, int loop)
{
    gr_promise gate = {0}, open = {0};
    gr_future began, at_gate;
    gr_actor actor = spawn_slow(behavior, loop, &began);
    check_equal(gr_future_make(&at_gate, &gate), 0);
    check_equal(gr_send(actor, GATE, &gate, sizeof gate), 0);
    check_equal(gr_future_await(at_gate, &open, sizeof open, SOON), 0);
    gr_future asked[3];
    for (int i = 0; i < 3; i++)
        asked[i] = start_ask(actor, PING);
    check_equal(gr_actor_stop(actor, 0), 0);
    gr_promise go_on = await_end(began);
    for (int i = 0; i < 3; i++)
        check_equal(gr_future_await(asked[i], NULL, 0, SOON), -ESTALE);
    check_equal(ask(actor), -ESTALE);
    let_go(go_on);
}

RUNNER_TEST(an_ask_in_its_mailbox_is_answered_when_it_begins_to_end)
{
    static const struct gr_behavior ruled = {.name = "ruled",
                                             .receive = receive,
                                             .start = begin,
                                             .stop = end_slowly,
                                             .state_bytes = sizeof(struct dying),
                                             .mailbox_bytes_max = 1000};
    for (int loop = 0; loop < 2; loop++) {
        check_mailbox(&slow, loop);
        check_mailbox(&ruled, loop);
    }
}

LONE_RUNNER_TEST(an_ask_that_it_has_laid_aside_is_answered_when_it_begins_to_end)
{
    gr_future began;
    gr_actor actor = spawn_slow(&slow, 0, &began);
    gr_future asked = start_ask(actor, STASH);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    gr_promise go_on = await_end(began);
    check_equal(gr_future_await(asked, NULL, 0, SOON), -ESTALE);
    let_go(go_on);
}

LONE_RUNNER_TEST(an_ask_while_its_children_take_their_time_is_answered_at_once)
{
    static const struct gr_behavior parent = {.name = "parent", .receive = receive};
    struct dying child = {{0}};
    gr_future began;
    gr_actor actor = {0};
    check_equal(gr_future_make(&began, &child.began), 0);
    check_equal(gr_actor_spawn(&parent, NULL, &actor), 0);
    check_equal(gr_ask(actor, BREED, &child, sizeof child, NULL, 0, SOON), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    gr_promise go_on = await_end(began);
    check_equal(ask(actor), -ESTALE);
    let_go(go_on);
}

static int send_until_stale(void *context)
{
    const gr_actor *actor = context;
    int rc;
    do {
        rc = gr_send(*actor, STASH, NULL, 0);
    } while (rc == 0);
    return rc;
}

RUNNER_TEST(a_sender_that_waits_for_room_is_let_go_when_it_begins_to_end)
{
    static const struct gr_behavior small = {.name = "small",
                                             .receive = receive,
                                             .start = begin,
                                             .stop = end_slowly,
                                             .state_bytes = sizeof(struct dying),
                                             .mailbox_max = 1};
    gr_promise gate = {0}, open = {0};
    gr_future began, at_gate;
    gr_actor actor = spawn_slow(&small, 0, &began);
    check_equal(gr_future_make(&at_gate, &gate), 0);
    check_equal(gr_send(actor, GATE, &gate, sizeof gate), 0);
    check_equal(gr_future_await(at_gate, &open, sizeof open, SOON), 0);
    gr_runner sender;
    check_equal(gr_runner_start(send_until_stale, &actor, NULL, &sender), 0);
    check_equal(gr_runner_join(sender, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_actor_stop(actor, 0), 0);
    gr_promise go_on = await_end(began);
    check_equal(gr_runner_join(sender, SOON), -ESTALE);
    let_go(go_on);
}

static gr_actor spawn_supervised(gr_actor *ret_supervisor, struct dying *dying,
                                 gr_future *ret_began)
{
    static struct gr_child child = {.behavior = &slow};
    static const struct gr_supervisor keeper = {.name = "keeper",
                                                .children = &child,
                                                .child_count = 1,
                                                .restarts_max = 10,
                                                .restarts_within = GR_SECOND};
    gr_actor actor = {0};
    check_equal(gr_future_make(ret_began, &dying->began), 0);
    child.argument = dying;
    child.argument_bytes = sizeof *dying;
    check_equal(gr_supervisor_start(&keeper, NULL, ret_supervisor), 0);
    check_equal(gr_supervisor_find(*ret_supervisor, "slow", &actor, SOON), 0);
    return actor;
}

/* The hook of its second life, of which nobody waits to hear, is ended by force. */
LONE_RUNNER_TEST(an_ask_to_one_that_is_restarted_is_answered_by_its_next_life)
{
    struct dying dying;
    gr_actor supervisor = {0};
    gr_future began;
    expect_report("failed");
    gr_actor actor = spawn_supervised(&supervisor, &dying, &began);
    check_equal(gr_send(actor, BROKEN, NULL, 0), 0);
    gr_future early = start_ask(actor, PING);
    gr_promise go_on = await_end(began);
    gr_future late = start_ask(actor, PING);
    let_go(go_on);
    check_equal(gr_future_await(early, NULL, 0, SOON), 0);
    check_equal(gr_future_await(late, NULL, 0, SOON), 0);
    check_equal(gr_actor_kill(supervisor), 0);
    check_soon(gr_actor_count() == 0);
}

LONE_RUNNER_TEST(an_ask_to_one_that_is_not_to_be_restarted_after_all_is_answered_then)
{
    struct dying dying;
    gr_actor supervisor = {0};
    gr_future began;
    expect_report("failed");
    gr_actor actor = spawn_supervised(&supervisor, &dying, &began);
    check_equal(gr_send(actor, BROKEN, NULL, 0), 0);
    gr_promise go_on = await_end(began);
    gr_future asked = start_ask(actor, PING);
    check_equal(gr_actor_stop(supervisor, 0), 0);
    check_equal(gr_future_await(asked, NULL, 0, SOON), -ESTALE);
    check_equal(ask(actor), -ESTALE);
    let_go(go_on);
    check_soon(gr_actor_count() == 0);
}

LONE_RUNNER_TEST(what_comes_while_it_ends_is_a_dead_letter)
{
    gr_future began;
    gr_actor actor = spawn_slow(&slow, 0, &began);
    uint64_t before = gr_dead_letters();
    check_equal(gr_actor_stop(actor, 0), 0);
    gr_promise go_on = await_end(began);
    check_equal(gr_send(actor, PING, NULL, 0), -ESTALE);
    check_equal(gr_dead_letters() - before, 1);
    let_go(go_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_while_its_stop_hook_waits_is_answered_at_once),
        cmocka_unit_test(an_ask_in_its_mailbox_is_answered_when_it_begins_to_end),
        cmocka_unit_test(an_ask_that_it_has_laid_aside_is_answered_when_it_begins_to_end),
        cmocka_unit_test(an_ask_while_its_children_take_their_time_is_answered_at_once),
        cmocka_unit_test(a_sender_that_waits_for_room_is_let_go_when_it_begins_to_end),
        cmocka_unit_test(an_ask_to_one_that_is_restarted_is_answered_by_its_next_life),
        cmocka_unit_test(an_ask_to_one_that_is_not_to_be_restarted_after_all_is_answered_then),
        cmocka_unit_test(what_comes_while_it_ends_is_a_dead_letter),
    };
    return cmocka_run_group_tests_name("dying", tests, NULL, NULL);
}
