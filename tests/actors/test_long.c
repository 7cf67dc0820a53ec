/* Actors whose handlers take long let others run first, and are not forgotten. */
#include <time.h>

#include "lib/fixture.h"

enum { WORK = 1, COUNT, LONG_ONES = 20, ASKS = 200 };

static uint64_t runs[LONG_ONES];

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * GR_SECOND + now.tv_nsec;
}

/* Computes for a while, and has as much to do again. */
static int compute(struct gr_self *self, const struct gr_message *message)
{
    ++**(uint64_t **)self->state;
    for (int64_t end = nanoseconds() + 50 * GR_MICROSECOND; nanoseconds() < end;)
        continue;
    return gr_try_send(gr_self_actor(self), message->tag, NULL, 0);
}

static int compute_start(struct gr_self *self, const void *argument, size_t size)
{
    check_equal(size, sizeof(void *));
    *(void **)self->state = *(void *const *)argument;
    return gr_try_send(gr_self_actor(self), WORK, NULL, 0);
}

static const struct gr_behavior computers = {
    .name = "computer", .receive = compute, .start = compute_start, .state_bytes = sizeof(void *)};

static int answer(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    return gr_reply(message, NULL, 0);
}

static const struct gr_behavior brokers = {.name = "broker", .receive = answer};

static void spawn_computers(gr_actor *computer)
{
    for (int i = 0; i < LONG_ONES; i++) {
        uint64_t *counter = &runs[i];
        *counter = 0;
        struct gr_actor_options options = {.argument = &counter, .argument_bytes = sizeof counter};
        check_equal(gr_actor_spawn(&computers, &options, &computer[i]), 0);
    }
}

static void stop_computers(const gr_actor *computer)
{
    for (int i = 0; i < LONG_ONES; i++)
        check_equal(gr_actor_stop(computer[i], 0), 0);
}

static uint64_t runs_of_all(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < LONG_ONES; i++)
        sum += runs[i];
    return sum;
}

static bool all_ran(uint64_t times)
{
    for (int i = 0; i < LONG_ONES; i++)
        if (runs[i] < times)
            return false;
    return true;
}

static void ask(gr_actor broker)
{
    check_equal(gr_ask(broker, COUNT, NULL, 0, NULL, 0, gr_in(20 * GR_SECOND)), 0);
}

/* In one queue all twenty would run before the broker does, and again before the asker goes on. */
LONE_RUNNER_TEST(a_broker_need_not_wait_for_all_that_compute)
{
    gr_actor computer[LONG_ONES], broker = {0};
    spawn_computers(computer);
    check_equal(gr_actor_spawn(&brokers, NULL, &broker), 0);
    gr_time end = gr_clock() + 20 * GR_SECOND;
    while (!all_ran(3) && gr_clock() < end)
        ask(broker);
    uint64_t before = runs_of_all();
    for (int i = 0; i < ASKS; i++)
        ask(broker);
    check((runs_of_all() - before) / ASKS < LONG_ONES);
    stop_computers(computer);
    check_equal(gr_actor_stop(broker, 0), 0);
}

/* An asker and a broker that always have something to do leave the others half of the time. */
LONE_RUNNER_TEST(those_that_compute_have_their_share)
{
    gr_actor computer[LONG_ONES], broker = {0};
    spawn_computers(computer);
    check_equal(gr_actor_spawn(&brokers, NULL, &broker), 0);
    gr_time end = gr_clock() + 20 * GR_SECOND;
    while (!all_ran(20) && gr_clock() < end)
        ask(broker);
    check(all_ran(20));
    stop_computers(computer);
    check_equal(gr_actor_stop(broker, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_need_not_wait_for_all_that_compute),
        cmocka_unit_test(those_that_compute_have_their_share),
    };
    return cmocka_run_group_tests_name("long", tests, NULL, NULL);
}
