/* However children fail, are stopped and killed, each message sent to them is handled once. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "lib/fixture.h"

enum { HANDLE, ECHO, LOOPS = 4, CHILDREN = 8, ROUNDS = 1500, FOREIGN = 2, SEEDS = 3 };

static uint64_t seed;

/* Counted by all threads. */
static int64_t sent, handled, starts, stops;

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int64_t total(int64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

struct phoenix {
    bool alive;
};

static int start(struct gr_self *self, const void *argument, size_t size)
{
    struct phoenix *phoenix = self->state;
    (void)argument, (void)size;
    check(!phoenix->alive);
    phoenix->alive = true;
    if (gr_random() % 16 == 0)
        return -ENODEV;
    if (gr_random() % 8 == 0 && gr_yield() < 0)
        return -ECANCELED;
    count(&starts);
    return 0;
}

static void stop(struct gr_self *self, int reason)
{
    struct phoenix *phoenix = self->state;
    (void)reason;
    check(phoenix->alive);
    phoenix->alive = false;
    count(&stops);
}

/* Fails at some, waits in others, and is most likely to be stopped in one of these. */
static int receive(struct gr_self *self, const struct gr_message *message)
{
    check(((struct phoenix *)self->state)->alive);
    if (message->tag == ECHO)
        return gr_reply(message, NULL, 0);

    count(&handled);
    uint64_t dice = *(const uint64_t *)message->data >> 32;
    if (dice % 32 == 0)
        return -EIO;
    return dice % 4 == 1 && gr_sleep(gr_in(20 * GR_MICROSECOND)) == -ECANCELED ? -ECANCELED : 0;
}

static const struct gr_behavior phoenix = {.name = "phoenix",
                                           .receive = receive,
                                           .start = start,
                                           .stop = stop,
                                           .state_bytes = sizeof(struct phoenix)};

#define CHILD(number)                                                                              \
    {                                                                                              \
        .name = #number, .behavior = &phoenix, .where = GR_ON_LOOP((number) % LOOPS)               \
    }

static const struct gr_child children[CHILDREN] = {CHILD(0), CHILD(1), CHILD(2), CHILD(3),
                                                   CHILD(4), CHILD(5), CHILD(6), CHILD(7)};

#define SUPERVISOR(how, back_off)                                                                  \
    {                                                                                              \
        .name = "keeper", .strategy = (how), .children = children, .child_count = CHILDREN,        \
        .restarts_max = 100000, .backoff_min = (back_off), .backoff_max = GR_MILLISECOND           \
    }

static const struct gr_supervisor specs[] = {
    SUPERVISOR(GR_ONE_FOR_ONE, 0), SUPERVISOR(GR_ONE_FOR_ONE, 100 * GR_MICROSECOND),
    SUPERVISOR(GR_ONE_FOR_ALL, 0), SUPERVISOR(GR_REST_FOR_ONE, 100 * GR_MICROSECOND)};

static gr_actor crowd[CHILDREN]; /* of the supervisor under test; they keep their handles */

static void disturb(gr_actor child, uint64_t dice)
{
    check_equal(dice % 2 == 0 ? gr_actor_kill(child) : gr_actor_stop(child, -(int)(dice % 3)), 0);
}

static int write_at_random(void *context)
{
    (void)context;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t dice = gr_random();
        gr_actor child = crowd[dice % CHILDREN];
        if (dice / 64 % 64 == 0)
            disturb(child, dice >> 20);
        else if (check_equal(gr_send(child, HANDLE, &dice, sizeof dice), 0))
            count(&sent);
    }
    return 0;
}

static void write_on_loop(void *context)
{
    check_equal(write_at_random(context), 0);
}

static int write_there(void *loop)
{
    on_loop((int)(intptr_t)loop, write_on_loop, NULL);
    return 0;
}

static void *disturb_from_outside(void *context)
{
    uint64_t dice = (uint64_t)(uintptr_t)context;
    for (int round = 0; round < 100; round++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        disturb(crowd[(dice >> 33) % CHILDREN], dice >> 40);
        sched_yield();
    }
    return NULL;
}

static void write_from_everywhere(void)
{
    pthread_t threads[FOREIGN];
    gr_runner runners[LOOPS];
    for (uintptr_t i = 0; i < FOREIGN; i++)
        check_equal(
            pthread_create(&threads[i], NULL, disturb_from_outside, (void *)(seed * FOREIGN + i)),
            0);
    for (intptr_t i = 0; i < LOOPS; i++)
        check_equal(gr_runner_start(write_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(60 * GR_SECOND)), 0);
    for (int i = 0; i < FOREIGN; i++)
        pthread_join(threads[i], NULL);
}

static int account(void *context)
{
    (void)context;
    expect_report("failed: ");
    sent = handled = starts = stops = 0;
    gr_actor keeper = {0};
    while (gr_supervisor_start(&specs[seed % 4], NULL, &keeper) == -ENODEV)
        check_equal(keeper.name, 0);
    for (int i = 0; i < CHILDREN; i++)
        check_equal(gr_supervisor_find(keeper, children[i].name, &crowd[i], gr_in(GR_SECOND)), 0);

    write_from_everywhere();

    check_soon(total(&handled) == total(&sent));
    for (int i = 0; i < CHILDREN; i++)
        check_equal(gr_ask(crowd[i], ECHO, NULL, 0, NULL, 0, gr_in(20 * GR_SECOND)), 0);
    check_equal(total(&handled), total(&sent));
    check(total(&starts) > 4 * CHILDREN);
    int reason;
    check_equal(gr_actor_stop(keeper, 0), 0);
    check_equal(gr_actor_join(keeper, &reason, gr_in(20 * GR_SECOND)), 0);
    check_equal(total(&stops), total(&starts));
    return 0;
}

static void handles_every_message_once_over_all_restarts(void **state)
{
    (void)state;
    for (seed = 1; seed <= 4 * SEEDS; seed++)
        run_in_fleet(account, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_every_message_once_over_all_restarts),
    };
    return cmocka_run_group_tests_name("supervisor stress", tests, NULL, NULL);
}
