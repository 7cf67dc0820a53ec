/* Blocking work runs on other threads, hands its result back, and harms nobody when given up. */
#include <errno.h>
#include <unistd.h>

#include "lib/fixture.h"

static int begun, ended, gave_up;

static int count(int *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static int add_one(const struct gr_work *work, const void *argument, void *result)
{
    (void)work;
    check_equal(gr_loop_here(), -1);
    *(int *)result = *(const int *)argument + 1;
    return 0;
}

static int refuse(const struct gr_work *work, const void *argument, void *result)
{
    (void)work, (void)argument;
    *(int *)result = 1;
    return -EDOM;
}

/* Blocks until it is cancelled, as a long computation would that looks now and then. */
static int block(const struct gr_work *work, const void *argument, void *result)
{
    (void)argument, (void)result;
    __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
    while (!gr_work_cancelled(work))
        usleep(100);
    __atomic_add_fetch(&gave_up, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int do_block(void *context)
{
    (void)context;
    int rc = gr_blocking(block, NULL, 0, NULL, 0, GR_FOREVER);
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    return rc;
}

RUNNER_TEST(hands_its_result_back)
{
    int result = 0;
    for (int i = 0; i < 100; i++) {
        check_equal(gr_blocking(add_one, &i, sizeof i, &result, sizeof result, GR_FOREVER), 0);
        check_equal(result, i + 1);
    }
}

LONE_RUNNER_TEST(hands_its_failure_back_and_no_result)
{
    int result = 0;
    check_equal(gr_blocking(refuse, NULL, 0, &result, sizeof result, GR_FOREVER), -EDOM);
    check_equal(result, 0);
}

/* What nobody waits for any more before a thread has come to it never begins, and has nobody to tell. */
LONE_RUNNER_TEST(is_told_when_nobody_waits_any_more)
{
    begun = ended = gave_up = 0;
    gr_time latest = gr_in(10 * GR_SECOND);
    do
        check_equal(gr_blocking(block, NULL, 0, NULL, 0, gr_in(20 * GR_MILLISECOND)), -ETIMEDOUT);
    while (count(&begun) == 0 && gr_now() < latest);
    check_soon(count(&begun) > 0 && count(&gave_up) == count(&begun));
}

/* All threads are taken, and what stands behind them in the queue never begins. */
LONE_RUNNER_TEST(never_begins_when_it_is_given_up_in_the_queue)
{
    begun = ended = gave_up = 0;
    gr_runner blockers[GR_BLOCKING_THREADS];
    for (int i = 0; i < GR_BLOCKING_THREADS; i++)
        check_equal(gr_runner_start(do_block, NULL, NULL, &blockers[i]), 0);
    check_soon(count(&begun) == GR_BLOCKING_THREADS);
    check_equal(gr_blocking(block, NULL, 0, NULL, 0, gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    for (int i = 0; i < GR_BLOCKING_THREADS; i++) {
        gr_runner_cancel(blockers[i]);
        check_equal(gr_runner_join(blockers[i], gr_in(5 * GR_SECOND)), -ECANCELED);
    }
    check_soon(count(&gave_up) == GR_BLOCKING_THREADS);
    check_equal(count(&begun), GR_BLOCKING_THREADS);
}

LONE_RUNNER_TEST(is_turned_away_when_the_queue_is_full)
{
    enum { ALL = GR_BLOCKING_THREADS + GR_BLOCKING_QUEUE_MAX };
    static gr_runner blockers[ALL];
    begun = ended = gave_up = 0;
    for (int i = 0; i < GR_BLOCKING_THREADS; i++)
        check_equal(gr_runner_start(do_block, NULL, NULL, &blockers[i]), 0);
    check_soon(count(&begun) == GR_BLOCKING_THREADS);
    for (int i = GR_BLOCKING_THREADS; i < ALL; i++)
        check_equal(gr_runner_start(do_block, NULL, NULL, &blockers[i]), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_blocking(block, NULL, 0, NULL, 0, GR_FOREVER), -EAGAIN);

    /* From the end of the queue, so that no thread comes free while others still stand in it. */
    for (int i = ALL - 1; i >= 0; i--)
        gr_runner_cancel(blockers[i]);
    for (int i = 0; i < ALL; i++)
        check_equal(gr_runner_join(blockers[i], gr_in(5 * GR_SECOND)), -ECANCELED);
    check_equal(count(&begun), GR_BLOCKING_THREADS);
}

static int leave_work_behind(void *context)
{
    check_equal(gr_runner_start(do_block, context, NULL, NULL), 0);
    check_soon(count(&begun) == 1);
    return 0;
}

static void ends_with_the_fleet(void **state)
{
    (void)state;
    begun = ended = gave_up = 0;
    run_in_fleet(leave_work_behind, &(struct gr_options){.loops = 2});
    assert_int_equal(count(&gave_up), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_its_result_back),
        cmocka_unit_test(hands_its_failure_back_and_no_result),
        cmocka_unit_test(is_told_when_nobody_waits_any_more),
        cmocka_unit_test(never_begins_when_it_is_given_up_in_the_queue),
        cmocka_unit_test(is_turned_away_when_the_queue_is_full),
        cmocka_unit_test(ends_with_the_fleet),
    };
    return cmocka_run_group_tests_name("blocking", tests, NULL, NULL);
}
