/* While supervised actors fail, are restarted and move, every message is handled once, and in order. */
#include <errno.h>

#include "lib/fixture.h"

/*
 * Runners on all loops send numbered messages and asks to workers, which fail at some of them. What
 * a worker knows of its senders is outside of its state, and so outlives a restart.
 */
enum { NUMBER = 1, ASKED, TICK };
enum { LOOPS = 3, WORKERS = 4, ROUNDS = 3000, SEEDS = 4 };

static gr_actor workers[WORKERS];
static uint64_t next[WORKERS][LOOPS];
static int64_t handled;
static int64_t failures;
static int64_t moves;
static bool over;

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int64_t read_count(const int64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

struct number {
    uint32_t worker;
    uint32_t sender;
    uint64_t number;
    uint64_t dice;
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    const struct number *number = message->data;
    if (message->tag == TICK)
        return 0;
    count(&handled);
    check_equal(number->number, next[number->worker][number->sender]++);
    if (number->dice % 16 == 0)
        check_equal(
            gr_self_send_after(self, number->dice % 4, gr_in(GR_MICROSECOND), TICK, NULL, 0), 0);
    if (number->dice % 32 == 1) {
        count(&failures);
        return -EIO;
    }
    if (message->tag == ASKED)
        check_equal(gr_reply(message, &number->number, sizeof number->number), 0);
    return number->dice % 8 == 2 ? gr_yield() : 0;
}

static const struct gr_behavior plain = {.name = "plain", .receive = receive, .movable = true};
static const struct gr_behavior heavy = {.name = "heavy",
                                         .receive = receive,
                                         .movable = true,
                                         .mailbox_bytes_max = 8 * sizeof(struct number)};

#define CHILD(n, its)                                                                              \
    {                                                                                              \
        .name = n, .behavior = &its, .where = GR_SPREAD                                            \
    }

static const struct gr_child children[WORKERS] = {CHILD("0", plain), CHILD("1", heavy),
                                                  CHILD("2", plain), CHILD("3", heavy)};
static const struct gr_supervisor supervisors[] = {
    {.name = "each", .children = children, .child_count = WORKERS, .restarts_max = 100000},
    {.name = "all",
     .strategy = GR_ONE_FOR_ALL,
     .children = children,
     .child_count = WORKERS,
     .restarts_max = 100000}};

static void send_one(uint32_t sender, uint64_t sent[WORKERS], uint64_t dice)
{
    uint32_t which = (uint32_t)(dice / 64 % WORKERS);
    struct number number = {which, sender, sent[which]++, dice / 256};
    if (dice % 8 != 0) {
        check_equal(gr_send(workers[which], NUMBER, &number, sizeof number), 0);
        return;
    }
    uint64_t reply = 0;
    int rc = gr_ask(workers[which], ASKED, &number, sizeof number, &reply, sizeof reply,
                    gr_in(60 * GR_SECOND));
    check(rc == 0 || (rc == -EIO && number.dice % 32 == 1) || rc == -ECANCELED);
}

static void send_there(void *context)
{
    uint64_t sent[WORKERS] = {0};
    for (int i = 0; i < ROUNDS; i++)
        send_one((uint32_t)(uintptr_t)context, sent, gr_random() >> 8);
}

static void move_there(void *context)
{
    (void)context;
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
        uint64_t dice = gr_random() >> 8;
        int rc = gr_actor_move(workers[dice % WORKERS], GR_ON_LOOP((int)(dice / 16 % LOOPS)),
                               gr_in((gr_time)(dice / 64 % 2000) * GR_MICROSECOND));
        check(rc == 0 || rc == -EBUSY || rc == -ETIMEDOUT);
        moves += rc == 0;
    }
}

static int run_there(void *context)
{
    uintptr_t number = (uintptr_t)context;
    if (number < LOOPS)
        on_loop((int)number, send_there, context);
    else
        move_there(context);
    return 0;
}

static void find_all(gr_actor supervisor)
{
    for (int i = 0; i < WORKERS; i++)
        check_equal(
            gr_supervisor_find(supervisor, children[i].name, &workers[i], gr_in(10 * GR_SECOND)),
            0);
}

static void run_all(void)
{
    gr_runner runners[LOOPS + 1];
    for (uintptr_t i = 0; i <= LOOPS; i++)
        check_equal(gr_runner_start(run_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(100 * GR_SECOND)), 0);
    __atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
    check_equal(gr_runner_join(runners[LOOPS], gr_in(10 * GR_SECOND)), 0);
}

static int account(void *context)
{
    gr_actor supervisor;
    int reason;
    handled = failures = moves = 0;
    over = false;
    for (int i = 0; i < WORKERS * LOOPS; i++)
        next[i / LOOPS][i % LOOPS] = 0;
    check_equal(gr_supervisor_start(context, NULL, &supervisor), 0);
    find_all(supervisor);
    run_all();
    check_soon(read_count(&handled) == LOOPS * ROUNDS);
    check(read_count(&failures) > 10);
    check(moves > 20);
    check_equal(gr_actor_stop(supervisor, 0), 0);
    check_equal(gr_actor_join(supervisor, &reason, gr_in(20 * GR_SECOND)), 0);
    check_equal(read_count(&handled), LOOPS * ROUNDS);
    return 0;
}

static int account_all(void *context)
{
    (void)context;
    expect_report("failed");
    for (int i = 0; i < 2; i++)
        account((void *)(uintptr_t)&supervisors[i]);
    return 0;
}

static void handles_all_while_restarted_and_moved(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(account_all, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_all_while_restarted_and_moved),
    };
    return cmocka_run_group_tests_name("moved lives", tests, NULL, NULL);
}
