/* However a pool is resized while its members fail and move, and all loops send, each message is handled once. */
#include <errno.h>

#include "lib/fixture.h"

enum { LOOPS = 3, SENDS = 6000, MOST = 8, SEEDS = 2 };

#define SOON gr_in(30 * GR_SECOND)

static gr_pool pool;
static enum gr_routing routing;

/* Counted by all threads. */
static int64_t sent, handled, answered, failed, senders;

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int64_t total(int64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static int work(struct gr_self *self, const struct gr_message *message)
{
    uint64_t dice = *(const uint64_t *)message->data >> 32;
    count(&handled);
    if (dice % 64 == 2)
        check_equal(gr_self_move(self, GR_ON_LOOP((int)(dice / 64 % LOOPS))), 0);
    if (dice % 128 == 0)
        return -EIO;
    if (dice % 16 == 1 && gr_sleep(gr_in(20 * GR_MICROSECOND)) == -ECANCELED)
        return -ECANCELED;
    return gr_reply(message, &dice, sizeof dice);
}

static const struct gr_behavior worker = {
    .name = "worker", .receive = work, .mailbox_max = 16, .movable = true};

static void ask_one(uint64_t dice)
{
    uint64_t reply;
    int rc =
        gr_router_ask_key(pool.router, dice, 0, &dice, sizeof dice, &reply, sizeof reply, SOON);
    check(rc == 0 || rc == -EIO);
    check(rc < 0 || reply == dice >> 32);
    count(rc == 0 ? &answered : &failed);
}

static int send_many(void *context)
{
    (void)context;
    for (int i = 0; i < SENDS; i++) {
        uint64_t dice = gr_random();
        count(&sent);
        if (dice % 8 == 0)
            ask_one(dice);
        else
            check_equal(gr_router_send_key(pool.router, dice, 0, &dice, sizeof dice, SOON), 0);
    }
    __atomic_sub_fetch(&senders, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int send_from_all(void *context)
{
    (void)context;
    struct gr_scope scope;
    int rc = 0;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    for (int i = 0; rc == 0 && i < 2 * LOOPS; i++)
        rc = gr_scope_start_on(&scope, i % LOOPS, send_many, NULL, NULL, NULL);
    return gr_scope_close(&scope, rc);
}

static int account(void *context)
{
    (void)context;
    expect_report("failed: ");
    struct gr_pool_options options = {.behavior = &worker,
                                      .members = 3,
                                      .members_max = MOST,
                                      .where = GR_SPREAD,
                                      .routing = routing,
                                      .restarts_max = 1000000};
    gr_runner runner;
    int resizes = 0;
    sent = handled = answered = failed = 0;
    senders = 2 * LOOPS;
    check_equal(gr_pool_start(&options, &pool, SOON), 0);
    check_equal(gr_runner_start(send_from_all, NULL, NULL, &runner), 0);
    for (; total(&senders) > 0; resizes++)
        check_equal(gr_pool_resize(pool, 1 + gr_random() % MOST, SOON), 0);
    check_equal(gr_runner_join(runner, SOON), 0);
    check_equal(gr_pool_stop(pool, SOON), 0);
    check_equal(total(&handled), 2 * LOOPS * SENDS);
    check_equal(total(&sent), 2 * LOOPS * SENDS);
    check(total(&answered) > 0 && total(&failed) > 0);
    check(resizes > 3);
    return 0;
}

static void run_kind(enum gr_routing kind)
{
    routing = kind;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(account, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

static void handles_every_message_once_round_robin(void **state)
{
    (void)state;
    run_kind(GR_ROUTE_ROUND_ROBIN);
}

static void handles_every_message_once_by_load(void **state)
{
    (void)state;
    run_kind(GR_ROUTE_LEAST_LOADED);
}

static void handles_every_message_once_by_key(void **state)
{
    (void)state;
    run_kind(GR_ROUTE_HASH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_every_message_once_round_robin),
        cmocka_unit_test(handles_every_message_once_by_load),
        cmocka_unit_test(handles_every_message_once_by_key),
    };
    return cmocka_run_group_tests_name("pool stress", tests, NULL, NULL);
}
