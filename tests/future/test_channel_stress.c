/* Whoever gives up, whenever: each item that was sent arrives once, and behind those before it. */
#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "lib/fixture.h"

/*
 * Senders and receivers on two loops wait for moments only, and are cancelled at random: by a
 * deadline that is near, or by whoever has them try on a runner of its own. What comes together then:
 *
 *     a loop that receives                       the channel's loop
 *     +1, waits                                  lends an item
 *     is cancelled: -1    --------\   /--------- item
 *     another comes: +1   -----\   \-/
 *                               \--/-\-------->  one more, or none?
 *     item: for the other, or back in its place
 */
enum { SENDERS = 4, RECEIVERS = 4, ITEMS = 1500, LOOPS = 2 };

struct item {
    int sender;
    int number;
};

/* A scene: where everybody is, and how tight the channel is. */
struct scene {
    uint32_t bound;
    int sender_loops;   /* 1: all at home; 2: on both */
    int receiver_loops; /* likewise */
    bool receivers_away;
};

static struct {
    gr_channel channel;
    const struct scene *scene;
    unsigned char arrived[SENDERS][ITEMS]; /* each written by who received it */
    int last[LOOPS][SENDERS];              /* received on this loop */
} stage;

struct worker {
    int index;
    int loop;
    bool sends;
    struct gr__random random;
    gr_promise over;
};

/* One operation, tried by the worker or by a runner of its own. */
struct attempt {
    const struct worker *worker;
    struct item item;
};

static void note_arrival(const struct worker *worker, struct item item)
{
    int *last = &stage.last[worker->loop][item.sender];
    if (stage.scene->receiver_loops == 1)
        check(*last + 1 == item.number);
    *last = item.number;
    check_equal(stage.arrived[item.sender][item.number]++, 0);
}

static int operate(const struct attempt *attempt, gr_time deadline)
{
    struct item item = attempt->item;
    if (attempt->worker->sends)
        return gr_channel_send(stage.channel, &item, sizeof item, deadline);

    int rc = gr_channel_receive(stage.channel, &item, sizeof item, deadline);
    if (rc == 0)
        note_arrival(attempt->worker, item);
    return rc;
}

static int operate_until_cancelled(void *context)
{
    return operate(context, gr_in(30 * GR_SECOND));
}

static int be_cancelled(struct worker *worker, struct attempt *attempt)
{
    gr_runner runner;
    int rc = gr_runner_start(operate_until_cancelled, attempt, NULL, &runner);
    if (rc < 0)
        return rc;
    for (uint64_t turns = gr__random_below(&worker->random, 4); rc == 0 && turns > 0; turns--)
        rc = gr_yield();
    gr_runner_cancel(runner);
    return gr_runner_join(runner, gr_in(30 * GR_SECOND));
}

static int try_once(struct worker *worker, struct attempt *attempt)
{
    if (gr__random_below(&worker->random, 4) == 0)
        return be_cancelled(worker, attempt);
    gr_time patience = (gr_time)gr__random_below(&worker->random, 40) * GR_MICROSECOND;
    return operate(attempt, gr_in(patience));
}

static bool gave_up(int rc)
{
    return rc == -ETIMEDOUT || rc == -ECANCELED;
}

static int send_all(struct worker *worker)
{
    for (int number = 1; number < ITEMS; number++) {
        struct attempt attempt = {worker, {worker->index, number}};
        int rc;
        do
            rc = try_once(worker, &attempt);
        while (gave_up(rc));
        if (!check_equal(rc, 0))
            return rc;
    }
    return 0;
}

static int receive_all(struct worker *worker)
{
    for (;;) {
        struct attempt attempt = {worker, {0, 0}};
        int rc = try_once(worker, &attempt);
        if (rc == GR_EOF)
            return 0;
        if (!check(rc == 0 || gave_up(rc)))
            return rc;
    }
}

static int work(void *context)
{
    struct worker *worker = context;
    int rc = worker->sends ? send_all(worker) : receive_all(worker);
    check_equal(gr_promise_resolve(worker->over, &rc, sizeof rc), 0);
    return 0;
}

static void start_work(void *context)
{
    check_equal(gr_runner_start(work, context, NULL, NULL), 0);
}

static void start(struct worker *worker, int index, bool sends, gr_future *ret_over)
{
    const struct scene *scene = stage.scene;
    int loops = sends ? scene->sender_loops : scene->receiver_loops;
    worker->index = index;
    worker->sends = sends;
    worker->loop = loops == 2 ? index % 2 : !sends && scene->receivers_away;
    gr__random_seed(&worker->random, (uint64_t)(index * 2 + sends + 1));
    check_equal(gr_future_make(ret_over, &worker->over), 0);
    check_equal(gr_post(worker->loop, start_work, worker, NULL), 0);
}

static void join(gr_future over)
{
    int rc = -EINVAL;
    check_equal(gr_future_await(over, &rc, sizeof rc, gr_in(60 * GR_SECOND)), 0);
    check_equal(rc, 0);
}

static void play(const struct scene *scene)
{
    static struct worker senders[SENDERS], receivers[RECEIVERS];
    gr_future sent[SENDERS], received[RECEIVERS];
    memset(&stage, 0, sizeof stage);
    stage.scene = scene;
    check_equal(gr_channel_make(sizeof(struct item), scene->bound, &stage.channel), 0);
    for (int i = 0; i < SENDERS; i++)
        start(&senders[i], i, true, &sent[i]);
    for (int i = 0; i < RECEIVERS; i++)
        start(&receivers[i], i, false, &received[i]);
    for (int i = 0; i < SENDERS; i++)
        join(sent[i]);
    check_equal(gr_channel_close(stage.channel), 0);
    for (int i = 0; i < RECEIVERS; i++)
        join(received[i]);
    gr_channel_drop(stage.channel);
    for (int i = 0; i < SENDERS; i++)
        for (int number = 1; number < ITEMS; number++)
            check_equal(stage.arrived[i][number], 1);
}

RUNNER_TEST(all_arrive_once_and_in_order_on_the_channels_own_loop)
{
    play(&(struct scene){.bound = 3, .sender_loops = 1, .receiver_loops = 1});
}

RUNNER_TEST(all_arrive_once_and_in_order_from_two_loops)
{
    play(&(struct scene){.bound = 3, .sender_loops = 2, .receiver_loops = 1});
    play(&(struct scene){.bound = 500, .sender_loops = 2, .receiver_loops = 1});
}

RUNNER_TEST(all_arrive_once_and_in_order_on_another_loop)
{
    play(&(struct scene){
        .bound = 3, .sender_loops = 2, .receiver_loops = 1, .receivers_away = true});
}

RUNNER_TEST(all_arrive_once_on_two_loops)
{
    play(&(struct scene){.bound = 1, .sender_loops = 2, .receiver_loops = 2});
    play(&(struct scene){.bound = 50, .sender_loops = 2, .receiver_loops = 2});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrive_once_and_in_order_on_the_channels_own_loop),
        cmocka_unit_test(all_arrive_once_and_in_order_from_two_loops),
        cmocka_unit_test(all_arrive_once_and_in_order_on_another_loop),
        cmocka_unit_test(all_arrive_once_on_two_loops),
    };
    return cmocka_run_group_tests_name("channel under stress", tests, NULL, NULL);
}
