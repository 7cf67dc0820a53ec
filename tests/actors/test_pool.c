/* A pool has as many members as it was told to, and loses nothing when they leave, fail or end. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { WORK = 1, SLOW, FAIL, WHO, STUCK, STUBBORN };

#define SOON gr_in(10 * GR_SECOND)

/* Counted by members on all loops. */
static int64_t handled, starts, stops, on_loops[2];

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int64_t total(int64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static int begin_work(struct gr_self *self, const void *argument, size_t size)
{
    (void)self;
    if (size > 0 && total(&starts) >= *(const int *)argument)
        return -ENODEV;
    count(&starts);
    count(&on_loops[gr_loop_here()]);
    return 0;
}

static void end_work(struct gr_self *self, int reason)
{
    (void)self, (void)reason;
    count(&stops);
}

/* Waits on though it is to stop, until it is made to end. */
static int be_stubborn(void)
{
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    int rc = gr_sleep(gr_in(20 * GR_SECOND));
    gr_shield_lower(&shield);
    return rc;
}

static int work(struct gr_self *self, const struct gr_message *message)
{
    uint64_t name = gr_self_actor(self).name;
    switch (message->tag) {
    case WHO:
        return gr_reply(message, &name, sizeof name);
    case STUCK:
        return gr_sleep(gr_in(20 * GR_SECOND));
    case STUBBORN:
        return be_stubborn();
    case SLOW: {
        int rc = gr_sleep(gr_in(GR_MILLISECOND / 2));
        if (rc < 0)
            return rc;
        break;
    }
    }
    count(&handled);
    return message->tag == FAIL ? -EIO : 0;
}

static const struct gr_behavior worker = {
    .name = "worker", .receive = work, .start = begin_work, .stop = end_work, .mailbox_max = 32};

static struct gr_pool_options of_members(size_t members)
{
    return (struct gr_pool_options){.behavior = &worker,
                                    .members = members,
                                    .members_max = 16,
                                    .where = GR_SPREAD,
                                    .restarts_max = 1000};
}

static gr_pool start_pool(const struct gr_pool_options *options)
{
    gr_pool pool = {{0}, {0}, {0}};
    handled = starts = stops = on_loops[0] = on_loops[1] = 0;
    check_equal(gr_pool_start(options, &pool, SOON), 0);
    return pool;
}

static void send_works(gr_pool pool, uint32_t tag, int times)
{
    for (int i = 0; i < times; i++)
        check_equal(gr_router_send(pool.router, tag, &i, sizeof i, SOON), 0);
}

static int64_t living(void)
{
    return total(&starts) - total(&stops);
}

/* How many children the supervisor knows of. */
static int supervised(gr_pool pool)
{
    struct gr_buffer text = {0};
    int lines = 0;
    check_equal(gr_supervisor_describe(pool.supervisor, &text, SOON), 0);
    for (size_t i = 0; i < text.size; i++)
        lines += ((const char *)text.data)[i] == '\n';
    gr_buffer_release(&text);
    return lines - 1;
}

RUNNER_TEST(begins_with_its_members_on_all_loops)
{
    struct gr_pool_options options = of_members(6);
    gr_pool pool = start_pool(&options);
    check_equal(gr_router_count(pool.router), 6);
    check_equal(on_loops[0], 3);
    check_equal(on_loops[1], 3);
    check_equal(gr_pool_stop(pool, SOON), 0);
    check_equal(living(), 0);
}

RUNNER_TEST(has_a_member_for_each_loop_unless_it_is_told)
{
    struct gr_pool_options options = of_members(0);
    gr_pool pool = start_pool(&options);
    check_equal(gr_router_count(pool.router), 2);
    check_equal(gr_pool_stop(pool, SOON), 0);
}

RUNNER_TEST(is_as_large_as_it_was_told_to_be)
{
    static const size_t sizes[] = {5, 1, 16, 0, 3, 3};
    struct gr_pool_options options = of_members(2);
    gr_pool pool = start_pool(&options);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_equal(gr_pool_resize(pool, sizes[i], SOON), 0);
        check_equal(gr_router_count(pool.router), sizes[i]);
        check_equal(living(), sizes[i]);
        check_equal(supervised(pool), sizes[i]);
    }
    check_equal(gr_pool_stop(pool, SOON), 0);
}

static void resize_to_four(void *pool)
{
    check_equal(gr_pool_resize(*(gr_pool *)pool, 4, SOON), 0);
}

RUNNER_TEST(is_resized_from_any_loop)
{
    struct gr_pool_options options = of_members(2);
    gr_pool pool = start_pool(&options);
    on_loop(1, resize_to_four, &pool);
    check_equal(gr_router_count(pool.router), 4);
    check_equal(gr_pool_stop(pool, SOON), 0);
}

static int resize_to_one(void *pool)
{
    return gr_pool_resize(*(gr_pool *)pool, 1, SOON);
}

RUNNER_TEST(resizes_are_made_one_after_the_other)
{
    struct gr_pool_options options = of_members(8);
    gr_pool pool = start_pool(&options);
    gr_runner runner;
    send_works(pool, SLOW, 80);
    check_equal(gr_runner_start(resize_to_one, &pool, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_pool_resize(pool, 4, SOON), 0);
    check_equal(gr_router_count(pool.router), 4);
    check_equal(gr_runner_join(runner, SOON), 0);
    check_equal(gr_pool_stop(pool, SOON), 0);
    check_equal(total(&handled), 80);
}

RUNNER_TEST(who_leaves_handles_what_it_has)
{
    struct gr_pool_options options = of_members(4);
    gr_pool pool = start_pool(&options);
    send_works(pool, SLOW, 100);
    check_equal(gr_pool_resize(pool, 1, SOON), 0);
    check(total(&handled) >= 75);
    check_equal(living(), 1);
    check_equal(gr_pool_stop(pool, SOON), 0);
    check_equal(total(&handled), 100);
}

RUNNER_TEST(who_leaves_and_fails_handles_the_rest_all_the_same)
{
    expect_report("failed: Input/output error");
    struct gr_pool_options options = of_members(4);
    gr_pool pool = start_pool(&options);
    for (int i = 0; i < 20; i++)
        send_works(pool, i % 3 == 0 ? FAIL : SLOW, 5);
    check_equal(gr_pool_resize(pool, 0, SOON), 0);
    check_equal(total(&handled), 100);
    check_equal(living(), 0);
    check_equal(gr_router_send(pool.router, WORK, NULL, 0, SOON), -ENOENT);
    check_equal(gr_pool_stop(pool, SOON), 0);
}

RUNNER_TEST(who_does_not_finish_in_time_is_ended_by_force)
{
    struct gr_pool_options options = of_members(3);
    gr_pool pool = start_pool(&options);
    send_works(pool, STUCK, 3);
    send_works(pool, WORK, 3);
    check_equal(gr_pool_resize(pool, 2, gr_in(20 * GR_MILLISECOND)), -ETIMEDOUT);
    check_soon(living() == 2);
    check_soon(supervised(pool) == 2);
    check_equal(gr_router_count(pool.router), 2);
    check_equal(gr_pool_stop(pool, gr_in(20 * GR_MILLISECOND)), -ETIMEDOUT);
    check_soon(living() == 0);
}

RUNNER_TEST(who_is_ended_by_force_is_not_asked_kindly_first)
{
    struct gr_pool_options options = of_members(2);
    options.stop_within = 60 * GR_SECOND;
    gr_pool pool = start_pool(&options);
    send_works(pool, STUBBORN, 2);
    check_equal(gr_pool_resize(pool, 1, gr_in(20 * GR_MILLISECOND)), -ETIMEDOUT);
    check_soon(living() == 1);
    check_equal(gr_pool_stop(pool, gr_in(20 * GR_MILLISECOND)), -ETIMEDOUT);
    check_soon(living() == 0);
}

RUNNER_TEST(a_stop_lets_all_finish)
{
    struct gr_pool_options options = of_members(4);
    gr_pool pool = start_pool(&options);
    send_works(pool, SLOW, 100);
    check_equal(gr_pool_stop(pool, SOON), 0);
    check_equal(total(&handled), 100);
    check_equal(living(), 0);
    check_equal(gr_router_send(pool.router, WORK, NULL, 0, SOON), -ESTALE);
    check_equal(gr_pool_resize(pool, 2, SOON), -ESTALE);
    check_equal(gr_pool_stop(pool, SOON), 0);
}

RUNNER_TEST(a_stop_ends_a_pool_whose_keeper_is_busy)
{
    struct gr_pool_options options = of_members(2);
    gr_pool pool = start_pool(&options);
    gr_runner runner;
    send_works(pool, STUCK, 2);
    check_equal(gr_runner_start(resize_to_one, &pool, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_pool_stop(pool, gr_in(20 * GR_MILLISECOND)), -ETIMEDOUT);
    check(gr_runner_join(runner, SOON) < 0);
    check_soon(living() == 0);
    check_soon(gr_router_count(pool.router) == 0);
}

RUNNER_TEST(members_that_fail_keep_their_place_and_their_messages)
{
    expect_report("failed: Input/output error");
    struct gr_pool_options options = of_members(2);
    gr_pool pool = start_pool(&options);
    uint64_t first[2], then[2];
    for (int i = 0; i < 2; i++)
        check_equal(gr_router_ask(pool.router, WHO, NULL, 0, &first[i], sizeof first[i], SOON), 0);
    for (int i = 0; i < 10; i++) {
        send_works(pool, FAIL, 2);
        send_works(pool, WORK, 8);
    }
    for (int i = 0; i < 2; i++)
        check_equal(gr_router_ask(pool.router, WHO, NULL, 0, &then[i], sizeof then[i], SOON), 0);
    check(memcmp(first, then, sizeof first) == 0);
    check_equal(total(&handled), 100);
    check_equal(total(&starts), 22);
    check_equal(gr_pool_stop(pool, SOON), 0);
}

RUNNER_TEST(who_sends_waits_while_all_are_full)
{
    struct gr_pool_options options = of_members(2);
    options.routing = GR_ROUTE_LEAST_LOADED;
    gr_pool pool = start_pool(&options);
    send_works(pool, SLOW, 300);
    check_equal(gr_pool_stop(pool, SOON), 0);
    check_equal(total(&handled), 300);
}

RUNNER_TEST(ends_when_its_members_fail_too_often)
{
    expect_report("failed: Input/output error");
    expect_report("supervisor 'fragile' on loop 0 gives up");
    struct gr_pool_options options = of_members(2);
    options.name = "fragile";
    options.restarts_max = 1;
    gr_pool pool = start_pool(&options);
    int reason = 0;
    send_works(pool, FAIL, 4);
    check_equal(gr_actor_join(pool.keeper, &reason, SOON), 0);
    check(reason == -EIO || reason == -ESTALE);
    check_soon(living() == 0);
    check_equal(gr_router_send(pool.router, WORK, NULL, 0, SOON), -ESTALE);
    check_equal(gr_pool_resize(pool, 4, SOON), -ESTALE);
}

RUNNER_TEST(none_is_started_where_a_member_cannot_be)
{
    struct gr_pool_options options = of_members(4);
    gr_pool pool = {{0}, {0}, {0}};
    handled = starts = stops = 0;
    options.argument = &(int){2};
    options.argument_bytes = sizeof(int);
    check_equal(gr_pool_start(&options, &pool, SOON), -ENODEV);
    check_equal(pool.router.name, 0);
    check_soon(living() == 0);
}

RUNNER_TEST(grows_as_far_as_members_can_be_started)
{
    struct gr_pool_options options = of_members(2);
    static const int most = 4;
    options.argument = &most;
    options.argument_bytes = sizeof most;
    gr_pool pool = start_pool(&options);
    check_equal(gr_pool_resize(pool, 6, SOON), -ENODEV);
    check_equal(gr_router_count(pool.router), 4);
    check_equal(gr_pool_stop(pool, SOON), 0);
}

static void use_on_no_loop(void *context)
{
    gr_pool *pool = context;
    struct gr_pool_options options = of_members(1);
    check_equal(gr_pool_start(&options, pool, SOON), GR_ENOTRUNNER);
    check_equal(gr_pool_resize(*pool, 1, SOON), GR_ENOTRUNNER);
    check_equal(gr_pool_stop(*pool, SOON), GR_ENOTRUNNER);
}

RUNNER_TEST(what_cannot_be_is_refused)
{
    struct gr_pool_options options = of_members(17);
    gr_pool pool = {{0}, {0}, {0}};
    handled = starts = stops = 0;
    check_equal(gr_pool_start(&options, &pool, SOON), -ENOSPC);
    check_equal(total(&starts), 0);
    options.members = 2;
    pool = start_pool(&options);
    check_equal(gr_pool_resize(pool, 17, SOON), -ENOSPC);
    check_equal(gr_router_count(pool.router), 2);
    on_another_thread(use_on_no_loop, &pool);
    check_equal(gr_pool_stop(pool, SOON), 0);
}

static int stop_it(void *pool)
{
    return gr_pool_stop(*(gr_pool *)pool, GR_FOREVER);
}

RUNNER_TEST(goes_on_ending_where_the_wait_is_cancelled)
{
    struct gr_pool_options options = of_members(4);
    gr_pool pool = start_pool(&options);
    gr_runner runner;
    send_works(pool, SLOW, 100);
    check_equal(gr_runner_start(stop_it, &pool, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, SOON), -ECANCELED);
    check_soon(living() == 0);
    check_equal(total(&handled), 100);
}

RUNNER_TEST(ends_with_the_run)
{
    struct gr_pool_options options = of_members(4);
    gr_pool pool = start_pool(&options);
    send_works(pool, WORK, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_its_members_on_all_loops),
        cmocka_unit_test(has_a_member_for_each_loop_unless_it_is_told),
        cmocka_unit_test(is_as_large_as_it_was_told_to_be),
        cmocka_unit_test(is_resized_from_any_loop),
        cmocka_unit_test(resizes_are_made_one_after_the_other),
        cmocka_unit_test(who_leaves_handles_what_it_has),
        cmocka_unit_test(who_leaves_and_fails_handles_the_rest_all_the_same),
        cmocka_unit_test(who_does_not_finish_in_time_is_ended_by_force),
        cmocka_unit_test(who_is_ended_by_force_is_not_asked_kindly_first),
        cmocka_unit_test(a_stop_lets_all_finish),
        cmocka_unit_test(a_stop_ends_a_pool_whose_keeper_is_busy),
        cmocka_unit_test(members_that_fail_keep_their_place_and_their_messages),
        cmocka_unit_test(who_sends_waits_while_all_are_full),
        cmocka_unit_test(ends_when_its_members_fail_too_often),
        cmocka_unit_test(none_is_started_where_a_member_cannot_be),
        cmocka_unit_test(grows_as_far_as_members_can_be_started),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(goes_on_ending_where_the_wait_is_cancelled),
        cmocka_unit_test(ends_with_the_run),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
