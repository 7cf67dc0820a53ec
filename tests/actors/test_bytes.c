/* A mailbox that is bounded by its bytes is full from so many on, and counts them right. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "actors/rules.h"
#include "lib/gate.h"
#include "lib/shortage.h"

enum { GATE = 1, DATA, STASH, UNSTASH, COUNT, BROKEN };

#define SOON gr_in(10 * GR_SECOND)

/* What it holds, and a message that fits three times before that is full. */
enum { BYTES_MAX = 100, SIZE = 40, LARGE = 1000 };

static const char bytes[LARGE];

struct gated {
    uint64_t handled;
    bool stashes;
};

/* What a mailbox counts. */
static size_t bytes_of(const struct gr__body *body)
{
    return body->annex->rules->bytes;
}

static int unstash(struct gr_self *self, const struct gr_message *message)
{
    gr_self_unstash(self);
    size_t held = bytes_of(gr__container_of(self, struct gr__body, self));
    return gr_reply(message, &held, sizeof held);
}

/* Handles nothing until its gate is opened: its handler waits for a future. */
static int gated_receive(struct gr_self *self, const struct gr_message *message)
{
    struct gated *gated = self->state;
    switch (message->tag) {
    case GATE:
        return wait_at_gate(message, SOON);
    case DATA:
        if (gated->stashes)
            return gr_self_stash(self, message);
        gated->handled++;
        return 0;
    case STASH:
        gated->stashes = true;
        return 0;
    case UNSTASH:
        gated->stashes = false;
        return unstash(self, message);
    case COUNT:
        return gr_reply(message, &gated->handled, sizeof gated->handled);
    }
    return -EIO;
}

#define GATED(policy)                                                                              \
    {                                                                                              \
        .name = "gated", .receive = gated_receive, .state_bytes = sizeof(struct gated),            \
        .mailbox_bytes_max = BYTES_MAX, .when_full = (policy)                                      \
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
    *ret_open = shut_gate(actor, GATE, SOON);
    return actor;
}

static uint64_t handled_by(gr_actor actor)
{
    uint64_t handled = 0;
    check_equal(gr_ask(actor, COUNT, NULL, 0, &handled, sizeof handled, SOON), 0);
    return handled;
}

static size_t bytes_in(gr_actor actor)
{
    return bytes_of(gr__body_find(gr__loop_here(), actor.name));
}

static int try_bytes(gr_actor actor, size_t size)
{
    return gr_try_send(actor, DATA, bytes, size);
}

static void fill(gr_actor actor)
{
    for (int i = 0; i < 3; i++)
        check_equal(try_bytes(actor, SIZE), 0);
}

/* All were handled, and nothing is left in the books. */
static void check_handled(gr_actor actor, gr_promise open, uint64_t count)
{
    open_gate(open);
    check_soon(bytes_in(actor) == 0);
    check_equal(handled_by(actor), count);
    check_equal(bytes_in(actor), 0);
}

LONE_RUNNER_TEST(turns_away_who_cannot_wait_from_its_bytes_on)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    fill(actor);
    check_equal(try_bytes(actor, 0), -EAGAIN);
    check_equal(bytes_in(actor), 3 * SIZE);
    check_handled(actor, open, 3);

    actor = spawn_shut(&waits, 0, &open);
    check_equal(try_bytes(actor, BYTES_MAX - SIZE), 0);
    check_equal(try_bytes(actor, SIZE), 0);
    check_equal(try_bytes(actor, 0), -EAGAIN);
    check_handled(actor, open, 2);
}

LONE_RUNNER_TEST(lets_one_larger_than_the_bound_in_while_there_is_room)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    check_equal(try_bytes(actor, BYTES_MAX - 1), 0);
    check_equal(try_bytes(actor, LARGE), 0);
    check_equal(try_bytes(actor, 1), -EAGAIN);
    check_handled(actor, open, 2);
}

static const struct gr_behavior four = {.name = "four",
                                        .receive = gated_receive,
                                        .state_bytes = sizeof(struct gated),
                                        .mailbox_max = 4,
                                        .mailbox_bytes_max = BYTES_MAX};

LONE_RUNNER_TEST(is_bounded_by_their_number_as_well)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&four, 0, &open);
    for (int i = 0; i < 4; i++)
        check_equal(try_bytes(actor, 0), 0);
    check_equal(try_bytes(actor, 0), -EAGAIN);
    check_handled(actor, open, 4);
}

LONE_RUNNER_TEST(counts_a_buffer_by_its_size)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    struct gr_buffer buffer = {0};
    check_equal(gr_buffer_copy(bytes, LARGE, &buffer), 0);
    check_equal(gr_send_buffer(actor, DATA, &buffer, GR_FOREVER), 0);
    check_equal(bytes_in(actor), LARGE);
    check_equal(try_bytes(actor, 1), -EAGAIN);
    check_handled(actor, open, 1);
}

LONE_RUNNER_TEST(makes_a_sender_wait_until_its_deadline)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    fill(actor);
    check_equal(gr_send_by(actor, DATA, bytes, 1, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_ask(actor, COUNT, NULL, 0, NULL, 0, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_handled(actor, open, 3);
}

struct flood {
    gr_actor to;
    uint64_t count;
};

static int send_flood(void *context)
{
    const struct flood *flood = context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < flood->count; i++)
        rc = gr_send(flood->to, DATA, bytes, SIZE);
    return rc;
}

static gr_runner start_flood(struct flood *flood)
{
    gr_runner sender = {0};
    check_equal(gr_runner_start(send_flood, flood, NULL, &sender), 0);
    return sender;
}

LONE_RUNNER_TEST(lets_waiting_senders_go_on_when_half_of_it_is_empty)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    struct flood flood = {actor, 1000};
    gr_runner senders[3];
    for (int i = 0; i < 3; i++)
        senders[i] = start_flood(&flood);
    check_equal(gr_runner_join(senders[0], gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    check(bytes_in(actor) < BYTES_MAX + SIZE);
    open_gate(open);
    for (int i = 0; i < 3; i++)
        check_equal(gr_runner_join(senders[i], SOON), 0);
    check_equal(handled_by(actor), 3000);
    check_equal(bytes_in(actor), 0);
}

static gr_promise next_gate(gr_future asked)
{
    gr_promise open = {0};
    check_equal(gr_future_await(asked, &open, sizeof open, SOON), 0);
    return open;
}

/* Each of the four that it holds is a gate. */
LONE_RUNNER_TEST(lets_a_waiting_sender_go_on_when_half_of_their_number_is_handled)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&four, 0, &open);
    gr_future asked[4];
    for (int i = 0; i < 4; i++)
        check_equal(gr_ask_start(actor, GATE, NULL, 0, &asked[i], SOON), 0);
    struct flood flood = {actor, 1};
    gr_runner sender = start_flood(&flood);
    open_gate(open);
    open = next_gate(asked[0]);
    check_equal(gr_runner_join(sender, gr_in(2 * GR_MILLISECOND)), -ETIMEDOUT);
    open_gate(open);
    open = next_gate(asked[1]);
    check_equal(gr_runner_join(sender, gr_in(GR_SECOND)), 0);
    for (int i = 2; i < 4; i++) {
        open_gate(open);
        open = next_gate(asked[i]);
    }
    open_gate(open);
    check_equal(handled_by(actor), 1);
}

RUNNER_TEST(lets_all_waiting_senders_of_another_loop_go_on)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    struct flood flood = {actor, 5000};
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, SOON);
    for (int i = 0; i < 3; i++)
        check_equal(gr_scope_start_on(&scope, 1, send_flood, &flood, NULL, NULL), 0);
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    open_gate(open);
    check_equal(gr_scope_close(&scope, 0), 0);
    check_equal(handled_by(actor), 15000);
}

RUNNER_TEST(slows_a_sender_on_another_loop)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 1, &open);
    struct flood flood = {actor, 100000};
    gr_runner sender = start_flood(&flood);
    check_equal(gr_runner_join(sender, gr_in(100 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(try_bytes(actor, 1), -EAGAIN);
    open_gate(open);
    check_equal(gr_runner_join(sender, SOON), 0);
    check_equal(handled_by(actor), 100000);
}

struct outside {
    gr_actor to;
    uint64_t accepted;
};

static void send_from_outside(void *context)
{
    struct outside *outside = context;
    for (int i = 0; i < 2000; i++)
        outside->accepted += try_bytes(outside->to, SIZE) == 0;
}

/* What is above the bound counts as on its way, until there is room. */
LONE_RUNNER_TEST(bounds_what_foreign_threads_send)
{
    gr_promise open;
    struct outside outside = {.to = spawn_shut(&waits, 0, &open)};
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
    for (int i = 0; i < 3; i++) {
        before = outside.accepted;
        on_another_thread(send_from_outside, &outside);
        check(outside.accepted > before);
        check_soon(handled_by(outside.to) == outside.accepted);
    }
}

LONE_RUNNER_TEST(fails_its_senders_where_it_says_so)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&fails, 0, &open);
    fill(actor);
    check_equal(gr_send(actor, DATA, bytes, 1), -EAGAIN);
    check_equal(gr_ask(actor, COUNT, NULL, 0, NULL, 0, GR_FOREVER), -EAGAIN);
    check_handled(actor, open, 3);
}

RUNNER_TEST(answers_an_ask_of_another_loop_that_finds_it_full)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&fails, 1, &open);
    fill(actor);
    check_equal(gr_ask(actor, COUNT, NULL, 0, NULL, 0, SOON), -EAGAIN);
    open_gate(open);
    uint64_t handled = 0;
    check_soon(gr_ask(actor, COUNT, NULL, 0, &handled, sizeof handled, SOON) == 0);
    check_equal(handled, 3);
}

LONE_RUNNER_TEST(drops_the_newest_where_it_says_so)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&drops_newest, 0, &open);
    uint64_t before = gr_dead_letters();
    fill(actor);
    check_equal(gr_send(actor, DATA, bytes, LARGE), 0);
    check_equal(gr_dead_letters() - before, 1);
    check_equal(bytes_in(actor), 3 * SIZE);
    check_handled(actor, open, 3);
}

/* Ten small ones and a large one; the next has no room before all of them are gone. */
LONE_RUNNER_TEST(drops_as_many_of_the_oldest_as_make_room)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&drops_oldest, 0, &open);
    uint64_t before = gr_dead_letters();
    for (int i = 0; i < 10; i++)
        check_equal(gr_send(actor, DATA, bytes, 5), 0);
    check_equal(gr_send(actor, DATA, bytes, LARGE), 0);
    check_equal(gr_dead_letters() - before, 0);
    check_equal(gr_send(actor, DATA, bytes, 1), 0);
    check_equal(gr_dead_letters() - before, 11);
    check_equal(bytes_in(actor), 1);
    check_handled(actor, open, 1);
}

LONE_RUNNER_TEST(has_no_bound_where_it_grows)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&grows, 0, &open);
    for (int i = 0; i < 2000; i++)
        check_equal(try_bytes(actor, LARGE), 0);
    check_handled(actor, open, 2000);
}

/* What is laid aside is in the mailbox no more, and comes back above the bound. */
LONE_RUNNER_TEST(counts_what_is_stashed_once_it_is_back)
{
    gr_actor actor = {0};
    size_t held = 0;
    check_equal(gr_actor_spawn(&waits, NULL, &actor), 0);
    check_equal(gr_send(actor, STASH, NULL, 0), 0);
    for (int i = 0; i < 3; i++)
        check_equal(gr_send(actor, DATA, bytes, LARGE), 0);
    check_soon(bytes_in(actor) == 0);
    check_equal(handled_by(actor), 0);
    check_equal(gr_ask(actor, UNSTASH, NULL, 0, &held, sizeof held, SOON), 0);
    check_equal(held, 3 * LARGE);
    check_equal(handled_by(actor), 3);
    check_equal(bytes_in(actor), 0);
}

static gr_actor supervised(gr_actor *ret_supervisor)
{
    static const struct gr_child child = {.behavior = &waits};
    static const struct gr_supervisor keeper = {.name = "keeper",
                                                .children = &child,
                                                .child_count = 1,
                                                .restarts_max = 10,
                                                .restarts_within = GR_SECOND};
    gr_actor actor = {0};
    check_equal(gr_supervisor_start(&keeper, NULL, ret_supervisor), 0);
    check_equal(gr_supervisor_find(*ret_supervisor, "gated", &actor, SOON), 0);
    return actor;
}

LONE_RUNNER_TEST(survives_a_restart_with_what_it_holds)
{
    gr_actor supervisor = {0};
    gr_actor actor = supervised(&supervisor);
    expect_report("failed");
    gr_promise open = shut_gate(actor, GATE, SOON);
    check_equal(gr_try_send(actor, BROKEN, bytes, 10), 0);
    fill(actor);
    check_equal(try_bytes(actor, 1), -EAGAIN);
    check_handled(actor, open, 3);
    check_equal(gr_actor_stop(supervisor, 0), 0);
}

LONE_RUNNER_TEST(releases_its_waiting_senders_when_it_stops)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    struct flood flood = {actor, 1000};
    gr_runner sender = start_flood(&flood);
    check_equal(gr_runner_join(sender, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_runner_join(sender, SOON), -ESTALE);
}

LONE_RUNNER_TEST(is_made_whole_or_not_at_all)
{
    static const size_t parts[] = {sizeof(struct gr__annex), sizeof(struct gr__rules),
                                   sizeof(struct gr__pressure)};
    gr_promise open;
    gr_actor actor = spawn_shut(&waits, 0, &open);
    for (int i = 0; i < 3; i++) {
        int64_t before = gr__pool_live_bytes(&gr__loop_here()->pool);
        void *blocks = take_all(parts[i]);
        check_equal(gr_actor_spawn(&waits, NULL, &actor), -ENOMEM);
        give_all(blocks, parts[i]);
        check_equal(gr_actor_count(), 1);
        check_equal(gr__pool_live_bytes(&gr__loop_here()->pool), before);
    }
    check_handled(actor, open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_away_who_cannot_wait_from_its_bytes_on),
        cmocka_unit_test(lets_one_larger_than_the_bound_in_while_there_is_room),
        cmocka_unit_test(is_bounded_by_their_number_as_well),
        cmocka_unit_test(counts_a_buffer_by_its_size),
        cmocka_unit_test(makes_a_sender_wait_until_its_deadline),
        cmocka_unit_test(lets_waiting_senders_go_on_when_half_of_it_is_empty),
        cmocka_unit_test(lets_a_waiting_sender_go_on_when_half_of_their_number_is_handled),
        cmocka_unit_test(lets_all_waiting_senders_of_another_loop_go_on),
        cmocka_unit_test(slows_a_sender_on_another_loop),
        cmocka_unit_test(bounds_what_foreign_threads_send),
        cmocka_unit_test(fails_its_senders_where_it_says_so),
        cmocka_unit_test(answers_an_ask_of_another_loop_that_finds_it_full),
        cmocka_unit_test(drops_the_newest_where_it_says_so),
        cmocka_unit_test(drops_as_many_of_the_oldest_as_make_room),
        cmocka_unit_test(has_no_bound_where_it_grows),
        cmocka_unit_test(counts_what_is_stashed_once_it_is_back),
        cmocka_unit_test(survives_a_restart_with_what_it_holds),
        cmocka_unit_test(releases_its_waiting_senders_when_it_stops),
        cmocka_unit_test(is_made_whole_or_not_at_all),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
