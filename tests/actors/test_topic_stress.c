/* However subscribers come and go, each gets all that is published while it is one, once and in order. */
#include <errno.h>

#include "lib/fixture.h"

enum { LOOPS = 3, STAY = 2 * LOOPS, ISSUES = 3000, CHURN = 600, SEEDS = 2, NUMBER = 1, SEEN };

#define SOON gr_in(20 * GR_SECOND)

struct issue {
    int publisher;
    int number;
};

/* What it has got of each publisher, without a gap from the first one on. */
struct seen {
    int first[LOOPS];
    int last[LOOPS];
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct seen *seen = self->state;
    if (message->tag == SEEN)
        return gr_reply(message, seen, sizeof *seen);

    const struct issue *issue = message->data;
    int *last = &seen->last[issue->publisher];
    if (*last == 0)
        seen->first[issue->publisher] = issue->number;
    else
        check_equal(issue->number, *last + 1);
    *last = issue->number;
    return issue->number % 97 == 0 ? gr_sleep(gr_in(20 * GR_MICROSECOND)) : 0;
}

static const struct gr_behavior reader = {
    .name = "reader", .receive = receive, .state_bytes = sizeof(struct seen), .mailbox_max = 64};

/* None is dropped: there is room for all, or the publisher waits. */
static gr_actor subscribe(int loop, bool waits)
{
    gr_actor actor = {0};
    struct gr_actor_options where = {.where = GR_ON_LOOP(loop)};
    struct gr_topic_options options = {.when_slow = waits ? GR_SLOW_WAIT : GR_SLOW_END,
                                       .messages_max = LOOPS * ISSUES};
    check_equal(gr_actor_spawn(&reader, &where, &actor), 0);
    check_equal(gr_topic_subscribe("stress", actor, &options, SOON), 0);
    return actor;
}

static int left; /* publishers that have not ended */

static void publish_all(void *context)
{
    struct issue issue = {.publisher = (int)(intptr_t)context};
    for (issue.number = 1; issue.number <= ISSUES; issue.number++) {
        check_equal(gr_publish("stress", NUMBER, &issue, sizeof issue, SOON), 0);
        if (issue.number % 8 == 0)
            check_equal(gr_yield(), 0);
    }
    __atomic_sub_fetch(&left, 1, __ATOMIC_SEQ_CST);
}

static int publish_there(void *loop)
{
    on_loop((int)(intptr_t)loop, publish_all, loop);
    return 0;
}

/* After it has left it handles what it is asked, and gets nothing more. */
static void come_and_go(uint64_t dice)
{
    bool waits = dice % 4 == 0;
    gr_actor actor = subscribe((int)(dice >> 8) % LOOPS, waits);
    check_equal(gr_sleep(gr_in((gr_time)(dice >> 16) % 200 * GR_MICROSECOND)), 0);
    if (!waits && dice % 2 == 1) {
        struct seen before = {0}, after = {0};
        check_equal(gr_topic_unsubscribe("stress", actor, SOON), 0);
        check_equal(gr_ask(actor, SEEN, NULL, 0, &before, sizeof before, SOON), 0);
        check_equal(gr_sleep(gr_in(50 * GR_MICROSECOND)), 0);
        check_equal(gr_ask(actor, SEEN, NULL, 0, &after, sizeof after, SOON), 0);
        for (int i = 0; i < LOOPS; i++)
            check_equal(before.last[i], after.last[i]);
    }
    check_equal(gr_actor_stop(actor, 0), 0);
}

static void churn(void *context)
{
    (void)context;
    for (int i = 0; i < CHURN && __atomic_load_n(&left, __ATOMIC_SEQ_CST) > 0; i++)
        come_and_go(gr_random());
}

static int churn_there(void *loop)
{
    on_loop((int)(intptr_t)loop, churn, NULL);
    return 0;
}

static bool has_all(gr_actor actor)
{
    struct seen seen = {0};
    bool all = check_equal(gr_ask(actor, SEEN, NULL, 0, &seen, sizeof seen, SOON), 0);
    for (int i = 0; i < LOOPS; i++)
        all = all && seen.first[i] == 1 && seen.last[i] == ISSUES;
    return all;
}

static int publish_under_churn(void *context)
{
    (void)context;
    gr_actor stay[STAY];
    gr_runner runners[2 * LOOPS];
    left = LOOPS;
    for (int i = 0; i < STAY; i++)
        stay[i] = subscribe(i % LOOPS, i >= LOOPS);
    for (intptr_t i = 0; i < 2 * LOOPS; i++)
        check_equal(gr_runner_start(i < LOOPS ? publish_there : churn_there, (void *)(i % LOOPS),
                                    NULL, &runners[i]),
                    0);
    for (int i = 0; i < 2 * LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(100 * GR_SECOND)), 0);
    for (int i = 0; i < STAY; i++)
        check_soon(has_all(stay[i]));
    return 0;
}

static void comes_once_and_in_order_under_churn(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(publish_under_churn, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

/* Issues are in rings and on their way when the loops stop. */
static int leave(void *context)
{
    (void)context;
    for (int i = 0; i < STAY; i++)
        subscribe(i % LOOPS, false);
    for (int i = 0; i < 200; i++)
        check_equal(
            gr_publish("stress", NUMBER, &(struct issue){0, i + 1}, sizeof(struct issue), SOON), 0);
    return 0;
}

static void leaves_nothing_behind_when_the_fleet_ends_in_the_midst(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        run_in_fleet(leave, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_once_and_in_order_under_churn),
        cmocka_unit_test(leaves_nothing_behind_when_the_fleet_ends_in_the_midst),
    };
    return cmocka_run_group_tests_name("topic stress", tests, NULL, NULL);
}
