/* An actor handles one message at a time, and its life has a beginning and an end. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { ADD = 1, TOTAL, FAIL, WAIT, STOP, WHERE };

struct counter {
    int64_t total;
    bool handling;
};

static int stops;
static int stop_reason;

static int counter_receive(struct gr_self *self, const struct gr_message *message)
{
    struct counter *counter = self->state;
    check(!counter->handling);
    switch (message->tag) {
    case ADD:
        counter->total += *(const int64_t *)message->data;
        return 0;
    case TOTAL:
        return gr_reply(message, &counter->total, sizeof counter->total);
    case FAIL:
        return *(const int *)message->data;
    case WAIT:
        counter->handling = true;
        int rc = gr_sleep(gr_in(*(const gr_time *)message->data));
        counter->handling = false;
        return gr_reply(message, &rc, sizeof rc);
    case STOP:
        return gr_actor_stop(gr_self_actor(self), 0);
    case WHERE:
        return gr_reply(message, &(int){gr_loop_here()}, sizeof(int));
    }
    return -ENOTSUP;
}

static int counter_start(struct gr_self *self, const void *argument, size_t size)
{
    struct counter *counter = self->state;
    check_equal(counter->total, 0);
    if (size == sizeof(int))
        return *(const int *)argument;
    if (size == sizeof(int64_t))
        counter->total = *(const int64_t *)argument;
    return 0;
}

static void counter_stop(struct gr_self *self, int reason)
{
    (void)self;
    __atomic_store_n(&stop_reason, reason, __ATOMIC_RELAXED);
    __atomic_add_fetch(&stops, 1, __ATOMIC_SEQ_CST); /* who sees this sees the reason */
}

static const struct gr_behavior counter = {.name = "counter",
                                           .receive = counter_receive,
                                           .start = counter_start,
                                           .stop = counter_stop,
                                           .state_bytes = sizeof(struct counter)};

static int reason_told(void)
{
    return __atomic_load_n(&stop_reason, __ATOMIC_RELAXED);
}

static int stopped(void)
{
    return __atomic_load_n(&stops, __ATOMIC_SEQ_CST);
}

static gr_actor spawn(int where)
{
    gr_actor actor = {0};
    __atomic_store_n(&stops, 0, __ATOMIC_SEQ_CST);
    check_equal(gr_actor_spawn(&counter, &(struct gr_actor_options){.where = where}, &actor), 0);
    return actor;
}

static int64_t total_of(gr_actor actor)
{
    int64_t total = -1;
    check_equal(gr_ask(actor, TOTAL, NULL, 0, &total, sizeof total, gr_in(GR_SECOND)), 0);
    return total;
}

RUNNER_TEST(adds_up_what_it_is_sent_in_order)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(GR_ON_LOOP(loop));
        for (int64_t i = 1; i <= 100; i++)
            check_equal(gr_send(actor, ADD, &i, sizeof i), 0);
        check_equal(total_of(actor), 5050);
    }
}

RUNNER_TEST(is_spawned_where_it_should_be)
{
    for (int loop = 0; loop < 2; loop++) {
        int where = -1;
        check_equal(
            gr_ask(spawn(GR_ON_LOOP(loop)), WHERE, NULL, 0, &where, sizeof where, gr_in(GR_SECOND)),
            0);
        check_equal(where, loop);
    }
    int here = -1;
    check_equal(gr_ask(spawn(GR_HERE), WHERE, NULL, 0, &here, sizeof here, gr_in(GR_SECOND)), 0);
    check_equal(here, gr_loop_here());
}

RUNNER_TEST(is_spread_over_the_loops_in_turn)
{
    int seen[2] = {0};
    for (int i = 0; i < 10; i++) {
        int where = 0;
        check_equal(
            gr_ask(spawn(GR_SPREAD), WHERE, NULL, 0, &where, sizeof where, gr_in(GR_SECOND)), 0);
        seen[where]++;
    }
    check_equal(seen[0], 5);
    check_equal(seen[1], 5);
}

RUNNER_TEST(is_refused_on_a_loop_that_is_not_there)
{
    gr_actor actor;
    check_equal(
        gr_actor_spawn(&counter, &(struct gr_actor_options){.where = GR_ON_LOOP(2)}, &actor),
        -EINVAL);
}

RUNNER_TEST(gives_its_start_hook_the_argument_on_either_loop)
{
    int64_t first = 17;
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor;
        struct gr_actor_options options = {
            .where = GR_ON_LOOP(loop), .argument = &first, .argument_bytes = sizeof first};
        check_equal(gr_actor_spawn(&counter, &options, &actor), 0);
        check_equal(total_of(actor), 17);
    }
}

RUNNER_TEST(is_not_spawned_when_its_start_hook_fails)
{
    int why = -EPERM;
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = {0};
        struct gr_actor_options options = {
            .where = GR_ON_LOOP(loop), .argument = &why, .argument_bytes = sizeof why};
        check_equal(gr_actor_spawn(&counter, &options, &actor), -EPERM);
        check_equal(actor.name, 0);
    }
    check_equal(gr_actor_count(), 0);
}

RUNNER_TEST(is_refused_too_large_an_argument_for_another_loop)
{
    static char argument[GR_MESSAGE_MAX + 1];
    struct gr_actor_options options = {
        .where = GR_ON_LOOP(1), .argument = argument, .argument_bytes = sizeof argument};
    gr_actor actor;
    check_equal(gr_actor_spawn(&counter, &options, &actor), -EMSGSIZE);
}

static int slow_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)self, (void)argument, (void)size;
    return gr_sleep(gr_in(30 * GR_MILLISECOND));
}

static const struct gr_behavior slow_starter = {.name = "slow starter",
                                                .receive = counter_receive,
                                                .start = slow_start,
                                                .stop = counter_stop,
                                                .state_bytes = sizeof(struct counter)};

RUNNER_TEST(is_stopped_when_whoever_spawned_it_no_longer_waits)
{
    __atomic_store_n(&stops, 0, __ATOMIC_SEQ_CST);
    gr_actor actor;
    struct gr_actor_options options = {.where = GR_ON_LOOP(1),
                                       .deadline = gr_in(5 * GR_MILLISECOND)};
    check_equal(gr_actor_spawn(&slow_starter, &options, &actor), -ETIMEDOUT);
    check_soon(stopped() == 1);
}

RUNNER_TEST(handles_nothing_else_while_its_handler_waits)
{
    gr_actor actor = spawn(GR_HERE);
    gr_future waited;
    gr_time length = 20 * GR_MILLISECOND;
    check_equal(gr_ask_start(actor, WAIT, &length, sizeof length, &waited, GR_FOREVER), 0);
    gr_time before = gr_now();
    check_equal(total_of(actor), 0);
    check(gr_now() - before >= length);
    int rc = -1;
    check_equal(gr_future_await(waited, &rc, sizeof rc, gr_in(GR_SECOND)), 0);
    check_equal(rc, 0);
}

RUNNER_TEST(stops_from_inside_after_the_message_it_handles)
{
    gr_actor actor = spawn(GR_HERE);
    check_equal(gr_send(actor, STOP, NULL, 0), 0);
    check_soon(stopped() == 1);
    check_equal(reason_told(), 0);
    check_equal(gr_send(actor, ADD, &(int64_t){1}, sizeof(int64_t)), -ESTALE);
}

RUNNER_TEST(stops_from_outside_whichever_its_loop)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(GR_ON_LOOP(loop));
        check_equal(gr_actor_stop(actor, -EPIPE), 0);
        check_soon(stopped() == 1);
        check_equal(reason_told(), -EPIPE);
        check_equal(gr_ask(actor, TOTAL, NULL, 0, &(int64_t){0}, 8, gr_in(GR_SECOND)), -ESTALE);
        check_equal(gr_actor_stop(actor, 0), 0);
    }
}

static void stop_it(void *actor)
{
    int rc = gr_actor_stop(*(gr_actor *)actor, -EINTR);
    check_equal(rc, 0);
}

RUNNER_TEST(stops_from_a_foreign_thread)
{
    gr_actor actor = spawn(GR_ON_LOOP(1));
    on_another_thread(stop_it, &actor);
    check_soon(stopped() == 1);
    check_equal(reason_told(), -EINTR);
}

/*
 *     runner                        actor
 *     ask WAIT an hour
 *                                   sleeps
 *     stop
 *                                   sleep: -ECANCELED, replies it, handler returns, stop hook
 */
RUNNER_TEST(has_its_wait_cancelled_by_a_stop)
{
    gr_actor actor = spawn(GR_HERE);
    gr_future waited;
    gr_time length = 3600 * GR_SECOND;
    check_equal(gr_ask_start(actor, WAIT, &length, sizeof length, &waited, GR_FOREVER), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    int rc = 0;
    check_equal(gr_future_await(waited, &rc, sizeof rc, gr_in(GR_SECOND)), 0);
    check_equal(rc, -ECANCELED);
    check_soon(stopped() == 1);
}

RUNNER_TEST(leaves_what_it_did_not_come_to_as_dead_letters)
{
    gr_actor actor = spawn(GR_HERE);
    uint64_t before = gr_dead_letters();
    check_equal(gr_send(actor, STOP, NULL, 0), 0);
    for (int i = 0; i < 3; i++)
        check_equal(gr_send(actor, ADD, &(int64_t){1}, sizeof(int64_t)), 0);
    gr_future asked;
    check_equal(gr_ask_start(actor, TOTAL, NULL, 0, &asked, GR_FOREVER), 0);
    check_equal(gr_future_await(asked, &(int64_t){0}, 8, gr_in(GR_SECOND)), -ESTALE);
    check_equal(gr_dead_letters() - before, 4);
}

RUNNER_TEST(fails_with_its_handlers_error_and_the_run_hears_of_it)
{
    expect_report("actor 'counter' on loop 0 failed");
    gr_actor actor = spawn(GR_HERE);
    int why = -EILSEQ;
    check_equal(gr_ask(actor, FAIL, &why, sizeof why, NULL, 0, gr_in(GR_SECOND)), -EILSEQ);
    check_soon(stopped() == 1);
    check_equal(reason_told(), -EILSEQ);
}

static int waiting_stops;

static void stop_slowly(struct gr_self *self, int reason)
{
    (void)self, (void)reason;
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    waiting_stops++;
}

static const struct gr_behavior slow_stopper = {.name = "slow stopper",
                                                .receive = counter_receive,
                                                .stop = stop_slowly,
                                                .state_bytes = sizeof(struct counter)};

RUNNER_TEST(may_wait_in_its_stop_hook)
{
    gr_actor actor;
    waiting_stops = 0;
    check_equal(gr_actor_spawn(&slow_stopper, NULL, &actor), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_soon(waiting_stops == 1);
}

static int large_receive(struct gr_self *self, const struct gr_message *message)
{
    unsigned char *state = self->state;
    for (size_t i = 0; i < 10000; i++)
        check(state[i] == 0);
    memset(state, 0xee, 10000);
    return gr_reply(message, NULL, 0);
}

static const struct gr_behavior large = {
    .name = "large", .receive = large_receive, .state_bytes = 10000};

RUNNER_TEST(has_a_zeroed_state_of_any_size)
{
    for (int i = 0; i < 3; i++) {
        gr_actor actor;
        check_equal(gr_actor_spawn(&large, NULL, &actor), 0);
        check_equal(gr_ask(actor, 1, NULL, 0, NULL, 0, gr_in(GR_SECOND)), 0);
        check_equal(gr_actor_stop(actor, 0), 0);
        check_equal(gr_yield(), 0);
    }
}

RUNNER_TEST(does_not_starve_others_by_talking_to_itself)
{
    gr_actor busy = spawn(GR_HERE), other = spawn(GR_HERE);
    for (int64_t i = 0; i < 1000; i++)
        check_equal(gr_send(busy, ADD, &i, sizeof i), 0);
    check_equal(total_of(other), 0);
    check_equal(gr_actor_stop(busy, 0), 0);
    check_equal(gr_actor_stop(other, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_up_what_it_is_sent_in_order),
        cmocka_unit_test(is_spawned_where_it_should_be),
        cmocka_unit_test(is_spread_over_the_loops_in_turn),
        cmocka_unit_test(is_refused_on_a_loop_that_is_not_there),
        cmocka_unit_test(gives_its_start_hook_the_argument_on_either_loop),
        cmocka_unit_test(is_not_spawned_when_its_start_hook_fails),
        cmocka_unit_test(is_refused_too_large_an_argument_for_another_loop),
        cmocka_unit_test(is_stopped_when_whoever_spawned_it_no_longer_waits),
        cmocka_unit_test(handles_nothing_else_while_its_handler_waits),
        cmocka_unit_test(stops_from_inside_after_the_message_it_handles),
        cmocka_unit_test(stops_from_outside_whichever_its_loop),
        cmocka_unit_test(stops_from_a_foreign_thread),
        cmocka_unit_test(has_its_wait_cancelled_by_a_stop),
        cmocka_unit_test(leaves_what_it_did_not_come_to_as_dead_letters),
        cmocka_unit_test(fails_with_its_handlers_error_and_the_run_hears_of_it),
        cmocka_unit_test(may_wait_in_its_stop_hook),
        cmocka_unit_test(has_a_zeroed_state_of_any_size),
        cmocka_unit_test(does_not_starve_others_by_talking_to_itself),
    };
    return cmocka_run_group_tests_name("actor", tests, NULL, NULL);
}
