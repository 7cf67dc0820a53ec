/* Of what is in a mailbox with a priority function the most urgent is next, and of equals the oldest. */
#include <errno.h>
#include <string.h>

#include "actors/rules.h"
#include "lib/gate.h"

/* Messages of these tags are numbers to log, in this order of urgency; the rest are the tests' own. */
enum {
    URGENT,
    HIGH,
    NORMAL,
    LOW,
    LOWEST,
    GATE,
    STASH,
    UNSTASH,
    BACK,
    SELF,
    LINK,
    BROKEN,
    CLEAR,
    LOG
};

#define SOON gr_in(10 * GR_SECOND)

enum { LOG_MAX = 48 };

struct sorter {
    bool stashes;
    int count;
    uint8_t log[LOG_MAX];
};

/* LOWEST is beyond the levels, and counts as the least. The log is asked for last of all. */
static unsigned urgency(const struct gr_message *message)
{
    return message->tag <= LOWEST ? message->tag : message->tag == LOG ? LOW : URGENT;
}

static int log_number(struct gr_self *self, const struct gr_message *message)
{
    struct sorter *sorter = self->state;
    if (sorter->stashes)
        return gr_self_stash(self, message);
    if (sorter->count < LOG_MAX)
        memcpy(&sorter->log[sorter->count++], message->data, 1);
    return 0;
}

static int send_number(gr_actor actor, uint32_t tag, uint8_t number)
{
    return gr_try_send(actor, tag, &number, sizeof number);
}

/* A normal one, and then an urgent one, to itself. */
static int send_self(struct gr_self *self)
{
    int rc = send_number(gr_self_actor(self), NORMAL, 2);
    return rc < 0 ? rc : send_number(gr_self_actor(self), URGENT, 1);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct sorter *sorter = self->state;
    switch (message->tag) {
    case GATE:
        return wait_at_gate(message, SOON);
    case STASH:
        sorter->stashes = true;
        return 0;
    case UNSTASH:
        sorter->stashes = false;
        gr_self_unstash(self);
        return 0;
    case BACK:
        sorter->stashes = false;
        gr_self_unstash(self);
        return send_number(gr_self_actor(self), URGENT, 4);
    case SELF:
        return send_self(self);
    case LINK:
        return gr_self_link(self, *(const gr_actor *)message->data);
    case BROKEN:
        return -EIO;
    case CLEAR:
        sorter->count = 0;
        return 0;
    case LOG:
        return gr_reply(message, sorter, sizeof *sorter);
    }
    return log_number(self, message);
}

static int log_control(struct gr_self *self, const struct gr_control *control)
{
    struct sorter *sorter = self->state;
    if (control->kind == GR_EXIT)
        sorter->log[sorter->count++] = 99;
    return 0;
}

static int trap(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    return gr_self_trap_exits(self, true);
}

#define SORTER(policy, max)                                                                        \
    {                                                                                              \
        .name = "sorter", .receive = receive, .start = trap, .control = log_control,               \
        .state_bytes = sizeof(struct sorter), .priority = urgency, .mailbox_max = (max),           \
        .when_full = (policy)                                                                      \
    }

static const struct gr_behavior sorters = SORTER(GR_FULL_WAIT, 0);
static const struct gr_behavior small = SORTER(GR_FULL_WAIT, 4);
static const struct gr_behavior drops_oldest = SORTER(GR_FULL_DROP_OLDEST, 4);
static const struct gr_behavior drops_newest = SORTER(GR_FULL_DROP_NEWEST, 4);

static gr_actor spawn_shut(const struct gr_behavior *behavior, int loop, gr_promise *ret_open)
{
    gr_actor actor = {0};
    check_equal(
        gr_actor_spawn(behavior, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)}, &actor), 0);
    *ret_open = shut_gate(actor, GATE, SOON);
    return actor;
}

static void check_log(gr_actor actor, int count, const uint8_t numbers[])
{
    struct sorter sorter = {0};
    check_equal(gr_ask(actor, LOG, NULL, 0, &sorter, sizeof sorter, SOON), 0);
    check_equal(sorter.count, count);
    for (int i = 0; i < count; i++)
        check_equal(sorter.log[i], numbers[i]);
}

#define check_logged(actor, ...)                                                                   \
    check_log((actor), sizeof((uint8_t[]){__VA_ARGS__}), (uint8_t[]){__VA_ARGS__})

LONE_RUNNER_TEST(hands_out_the_most_urgent_first_and_equals_in_order)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&sorters, 0, &open);
    static const struct {
        uint32_t tag;
        uint8_t number;
    } sent[] = {{LOW, 7}, {NORMAL, 5}, {LOWEST, 8}, {URGENT, 1}, {HIGH, 3},
                {LOW, 9}, {URGENT, 2}, {NORMAL, 6}, {HIGH, 4},   {LOWEST, 10}};
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        check_equal(send_number(actor, sent[i].tag, sent[i].number), 0);
    open_gate(open);
    check_logged(actor, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
}

RUNNER_TEST(sorts_what_comes_from_another_loop)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&sorters, 1, &open);
    check_equal(send_number(actor, LOW, 3), 0);
    check_equal(send_number(actor, HIGH, 2), 0);
    check_equal(send_number(actor, URGENT, 1), 0);
    open_gate(open); /* comes after what was sent before it */
    check_logged(actor, 1, 2, 3);
}

static void send_from_outside(void *context)
{
    const gr_actor *actor = context;
    for (uint8_t number = 4; number > 0; number--)
        check_equal(send_number(*actor, number - 1u, number), 0);
}

LONE_RUNNER_TEST(sorts_what_foreign_threads_send)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&sorters, 0, &open);
    on_another_thread(send_from_outside, &actor);
    check_soon(gr__body_find(gr__loop_here(), actor.name)->count == 4);
    open_gate(open);
    check_logged(actor, 1, 2, 3, 4);
}

/* An order of numbers that would be random but for its rule, and the same told by counting. */
LONE_RUNNER_TEST(stays_sorted_while_messages_come_and_go)
{
    uint8_t wanted[LOG_MAX];
    int count = 0;
    gr_promise open;
    gr_actor actor = spawn_shut(&sorters, 0, &open);
    for (uint32_t level = 0; level < GR_PRIORITIES; level++)
        for (int i = 0; i < LOG_MAX; i++)
            if ((uint32_t)(i * 7 + i / 5) % GR_PRIORITIES == level)
                wanted[count++] = (uint8_t)i;
    for (int round = 0; round < 3; round++) {
        check_equal(send_number(actor, CLEAR, 0), 0);
        for (int i = 0; i < LOG_MAX; i++)
            check_equal(send_number(actor, (uint32_t)(i * 7 + i / 5) % GR_PRIORITIES, (uint8_t)i),
                        0);
        open_gate(open);
        check_log(actor, LOG_MAX, wanted);
        open = shut_gate(actor, GATE, SOON);
    }
    open_gate(open);
}

LONE_RUNNER_TEST(takes_what_it_sends_itself_by_urgency_too)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&sorters, 0, &open);
    check_equal(send_number(actor, SELF, 0), 0);
    check_equal(send_number(actor, NORMAL, 3), 0);
    open_gate(open);
    check_logged(actor, 1, 3, 2);
}

LONE_RUNNER_TEST(takes_what_was_stashed_ahead_of_all)
{
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(&sorters, NULL, &actor), 0);
    check_equal(send_number(actor, STASH, 0), 0);
    check_equal(gr_yield(), 0);
    check_equal(send_number(actor, LOW, 1), 0);
    check_equal(send_number(actor, NORMAL, 2), 0);
    check_equal(gr_yield(), 0);
    gr_promise open = shut_gate(actor, GATE, SOON);
    check_equal(send_number(actor, UNSTASH, 0), 0);
    check_equal(send_number(actor, URGENT, 3), 0);
    open_gate(open);
    check_logged(actor, 2, 1, 3); /* the normal one was stashed first */
}

LONE_RUNNER_TEST(takes_an_urgent_one_behind_the_urgent_ones_that_stashed_ones_came_ahead_of)
{
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(&sorters, NULL, &actor), 0);
    check_equal(send_number(actor, STASH, 0), 0);
    check_equal(send_number(actor, LOW, 1), 0);
    check_equal(gr_yield(), 0);
    gr_promise open = shut_gate(actor, GATE, SOON);
    check_equal(send_number(actor, BACK, 0), 0);
    check_equal(send_number(actor, URGENT, 3), 0);
    open_gate(open);
    check_logged(actor, 1, 3, 4);
}

/* What the rules say of a mailbox is what is in it. */
static void check_books(const struct gr__body *body)
{
    const struct gr__rules *rules = body->annex->rules;
    struct gr__level levels[GR_PRIORITIES] = {{NULL, 0}};
    size_t bytes = 0;
    unsigned before = 0;
    for (struct gr__task *task = body->first; task != NULL; task = task->next) {
        const struct gr_message *message = &gr__envelope_of(task)->message;
        unsigned level = urgency(message) < GR_PRIORITIES ? urgency(message) : GR_PRIORITIES - 1;
        check(level >= before);
        before = level;
        levels[level].last = task;
        levels[level].count++;
        bytes += message->size;
    }
    for (int i = 0; i < GR_PRIORITIES; i++) {
        check(rules->levels[i].last == levels[i].last);
        check_equal(rules->levels[i].count, levels[i].count);
    }
    check_equal(rules->bytes, bytes);
}

static bool is_at(const struct gr_message *message, const void *data)
{
    return message->data == data;
}

/* Receives any of what is in the mailbox, and sends itself more. */
static int receive_at_random(struct gr_self *self)
{
    const struct gr__body *body = gr__container_of(self, struct gr__body, self);
    const struct gr_message *message;
    for (int step = 0; step < 2000; step++) {
        uint64_t dice = gr_random();
        if (body->count == 0 || (dice % 2 == 0 && body->count < LOG_MAX)) {
            check_equal(send_number(gr_self_actor(self), (uint32_t)(dice >> 8) % GATE, 1), 0);
        } else {
            struct gr__task *task = body->first;
            for (uint64_t left = (dice >> 8) % body->count; left > 0; left--)
                task = task->next;
            gr_pattern that = gr_pattern_match(is_at, gr__envelope_of(task)->message.data);
            check_equal(gr_receive(self, that, &message, gr_now()), 0);
        }
        check_books(body);
    }
    return 0;
}

LONE_RUNNER_TEST(stays_sorted_whichever_of_it_is_received)
{
    static const struct gr_behavior receives = {
        .name = "receives", .run = receive_at_random, .priority = urgency};
    gr_actor actor;
    int reason;
    check_equal(gr_actor_spawn(&receives, NULL, &actor), 0);
    check_equal(gr_actor_join(actor, &reason, SOON), 0);
    check_equal(reason, 0);
}

LONE_RUNNER_TEST(takes_a_control_message_ahead_of_an_urgent_one)
{
    gr_actor actor = {0}, other = {0};
    check_equal(gr_actor_spawn(&sorters, NULL, &actor), 0);
    check_equal(gr_actor_spawn(&sorters, NULL, &other), 0);
    check_equal(gr_send(actor, LINK, &other, sizeof other), 0);
    check_equal(gr_yield(), 0);
    gr_promise open = shut_gate(actor, GATE, SOON);
    check_equal(send_number(actor, URGENT, 1), 0);
    check_equal(gr_actor_stop(other, -EIO), 0);
    check_soon(gr_actor_count() == 1);
    open_gate(open);
    check_logged(actor, 99, 1);
}

LONE_RUNNER_TEST(shares_one_bound_among_all)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&small, 0, &open);
    for (uint8_t i = 1; i <= 4; i++)
        check_equal(send_number(actor, LOW, i), 0);
    check_equal(send_number(actor, URGENT, 5), -EAGAIN);
    check_equal(gr_send_by(actor, URGENT, &(uint8_t){5}, 1, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    open_gate(open);
    check_logged(actor, 1, 2, 3, 4);
}

static int send_many(void *context)
{
    const gr_actor *actor = context;
    int rc = 0;
    for (uint8_t i = 0; rc == 0 && i < LOG_MAX / 2; i++)
        rc = gr_send(*actor, i % 2 == 0 ? LOW : URGENT, &i, sizeof i);
    return rc;
}

/* Those of one level come in the order in which their sender sent them, whoever had to wait. */
RUNNER_TEST(slows_its_senders_and_loses_nothing)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_promise open;
        gr_actor actor = spawn_shut(&small, loop, &open);
        gr_runner senders[2];
        for (int i = 0; i < 2; i++)
            check_equal(gr_runner_start(send_many, &actor, NULL, &senders[i]), 0);
        check_equal(gr_runner_join(senders[0], gr_in(5 * GR_MILLISECOND)),
                    loop == 0 ? -ETIMEDOUT : 0);
        open_gate(open);
        for (int i = loop; i < 2; i++)
            check_equal(gr_runner_join(senders[i], SOON), 0);
        struct sorter sorter = {0};
        check_equal(gr_ask(actor, LOG, NULL, 0, &sorter, sizeof sorter, SOON), 0);
        check_equal(sorter.count, LOG_MAX);
    }
}

/*
 * Low 1, 2, normal 3, high 4 fill it.   urgent 5: low 1 goes.   low 6: low 2 goes.
 *                                       urgent 7: low 6 goes.   normal 8: normal 3 goes.
 *                                       low 9: all are more urgent, so it goes itself.
 */
LONE_RUNNER_TEST(drops_the_oldest_of_the_least_urgent)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&drops_oldest, 0, &open);
    static const uint32_t tags[] = {LOW, LOW, NORMAL, HIGH, URGENT, LOW, URGENT, NORMAL, LOW};
    uint64_t before = gr_dead_letters();
    for (uint8_t i = 0; i < 9; i++)
        check_equal(send_number(actor, tags[i], i + 1), 0);
    check_equal(gr_dead_letters() - before, 5);
    open_gate(open);
    check_equal(gr_yield(), 0); /* the log is asked for when there is room */
    check_logged(actor, 5, 7, 4, 8);
}

LONE_RUNNER_TEST(answers_the_ask_that_it_drops)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&drops_oldest, 0, &open);
    gr_future asked;
    for (uint8_t i = 1; i <= 4; i++)
        check_equal(send_number(actor, HIGH, i), 0);
    check_equal(gr_ask(actor, LOG, NULL, 0, NULL, 0, SOON), -EAGAIN);
    check_equal(gr_ask_start(actor, GATE, NULL, 0, &asked, SOON), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_future_await(asked, NULL, 0, SOON), -ESTALE);
    gr_future_drop(asked);
    (void)open;
}

LONE_RUNNER_TEST(drops_the_newest_however_urgent_where_it_says_so)
{
    gr_promise open;
    gr_actor actor = spawn_shut(&drops_newest, 0, &open);
    for (uint8_t i = 1; i <= 4; i++)
        check_equal(send_number(actor, LOW, i), 0);
    check_equal(send_number(actor, URGENT, 5), 0);
    open_gate(open);
    check_equal(gr_yield(), 0);
    check_logged(actor, 1, 2, 3, 4);
}

LONE_RUNNER_TEST(stays_sorted_over_a_restart)
{
    static const struct gr_child child = {.behavior = &sorters};
    static const struct gr_supervisor keeper = {.name = "keeper",
                                                .children = &child,
                                                .child_count = 1,
                                                .restarts_max = 10,
                                                .restarts_within = GR_SECOND};
    gr_actor supervisor, actor = {0};
    expect_report("failed");
    check_equal(gr_supervisor_start(&keeper, NULL, &supervisor), 0);
    check_equal(gr_supervisor_find(supervisor, "sorter", &actor, SOON), 0);
    gr_promise open = shut_gate(actor, GATE, SOON);
    check_equal(send_number(actor, LOW, 4), 0);
    check_equal(send_number(actor, BROKEN, 0), 0);
    check_equal(send_number(actor, HIGH, 2), 0);
    check_equal(send_number(actor, URGENT, 1), 0);
    check_equal(send_number(actor, NORMAL, 3), 0);
    open_gate(open);
    check_logged(actor, 1, 2, 3, 4);
    check_equal(gr_actor_stop(supervisor, 0), 0);
}

static int set_timers(struct gr_self *self, const struct gr_message *message)
{
    int rc = 0;
    if (message->tag != SELF)
        return receive(self, message);
    for (uint8_t i = 0; rc == 0 && i < 3; i++)
        rc = gr_self_send_after(self, i, gr_now(), LOW - i, &i, sizeof i);
    if (rc == 0)
        rc = gr_sleep(gr_in(5 * GR_MILLISECOND));
    return rc;
}

LONE_RUNNER_TEST(sorts_what_timers_send)
{
    static const struct gr_behavior timed = {.name = "timed",
                                             .receive = set_timers,
                                             .state_bytes = sizeof(struct sorter),
                                             .priority = urgency};
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(&timed, NULL, &actor), 0);
    check_equal(gr_ask(actor, SELF, NULL, 0, NULL, 0, SOON), 0);
    check_logged(actor, 2, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_the_most_urgent_first_and_equals_in_order),
        cmocka_unit_test(sorts_what_comes_from_another_loop),
        cmocka_unit_test(sorts_what_foreign_threads_send),
        cmocka_unit_test(stays_sorted_while_messages_come_and_go),
        cmocka_unit_test(takes_what_it_sends_itself_by_urgency_too),
        cmocka_unit_test(takes_what_was_stashed_ahead_of_all),
        cmocka_unit_test(
            takes_an_urgent_one_behind_the_urgent_ones_that_stashed_ones_came_ahead_of),
        cmocka_unit_test(stays_sorted_whichever_of_it_is_received),
        cmocka_unit_test(takes_a_control_message_ahead_of_an_urgent_one),
        cmocka_unit_test(shares_one_bound_among_all),
        cmocka_unit_test(slows_its_senders_and_loses_nothing),
        cmocka_unit_test(drops_the_oldest_of_the_least_urgent),
        cmocka_unit_test(answers_the_ask_that_it_drops),
        cmocka_unit_test(drops_the_newest_however_urgent_where_it_says_so),
        cmocka_unit_test(stays_sorted_over_a_restart),
        cmocka_unit_test(sorts_what_timers_send),
    };
    return cmocka_run_group_tests_name("priority", tests, NULL, NULL);
}
