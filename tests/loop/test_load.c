/* What a loop tells of its load is how busy it was, and any loop can read it, also of one that sleeps. */
#include "lib/fixture.h"
#include "loop/load.h"

enum { LOOPS = 2 };

/* A host on which time passes: as much in a wait as it is waited for, and in a task as that says. */
struct ticker {
    struct gr__host host;
    gr_time now;
    gr_time slept; /* at most, since then somebody wakes it */
};

static struct ticker *ticker_of(struct gr__host *host)
{
    return gr__container_of(host, struct ticker, host);
}

static gr_time ticker_now(struct gr__host *host)
{
    return ticker_of(host)->now;
}

static void ticker_wait(struct gr__host *host, gr_time until)
{
    if (until > ticker_of(host)->now)
        ticker_of(host)->now += ticker_of(host)->slept;
}

static void ticker_wake(struct gr__host *host)
{
    (void)host;
}

static uint64_t ticker_seed(struct gr__host *host)
{
    (void)host;
    return 1;
}

static const struct gr__host_class ticker_class = {ticker_now, ticker_wait, ticker_wake,
                                                   ticker_seed, NULL};

static struct gr__depot depot;
static struct ticker ticker;
static struct gr__loop loops[LOOPS];

static int set_up(void **state)
{
    (void)state;
    ticker = (struct ticker){.host = {&ticker_class}, .now = GR_SECOND};
    int rc = gr__depot_init(&depot);
    for (unsigned i = 0; rc == 0 && i < LOOPS; i++)
        rc = gr__loop_init(&loops[i], i, LOOPS, &ticker.host, &depot);
    return rc;
}

static int tear_down(void **state)
{
    (void)state;
    loops[0].ready.first = NULL;
    for (unsigned i = 0; i < LOOPS; i++)
        gr__loop_close(&loops[i]);
    for (unsigned i = 0; i < LOOPS; i++)
        gr__loop_done(&loops[i]);
    gr__depot_done(&depot);
    return 0;
}

static gr_time takes;

static void work(struct gr__task *task)
{
    (void)task;
    ticker.now += takes;
}

static const struct gr__task_class work_class = {"work", work, NULL, NULL};

/* Turns of one task and one sleep each. */
static void turn(int times, gr_time busy, gr_time idle)
{
    struct gr__task task = {.class = &work_class};
    takes = busy;
    ticker.slept = idle;
    for (int i = 0; i < times; i++) {
        if (busy > 0)
            gr__loop_ready(&loops[0], &task);
        gr__loop_turn(&loops[0], true);
    }
}

static int load_now(void)
{
    return (int)gr__load_at(0, ticker.now);
}

static void of_a_loop_that_always_works_is_full(void **state)
{
    (void)state;
    turn(100, GR_MILLISECOND, 0);
    assert_in_range(load_now(), GR__LOAD_BUSY - 5, GR__LOAD_BUSY);
}

static void of_a_loop_that_sleeps_is_nothing(void **state)
{
    (void)state;
    turn(100, GR_MILLISECOND, 0);
    turn(100, 0, GR_MILLISECOND);
    assert_in_range(load_now(), 0, 5);
}

static void is_the_share_of_time_that_it_works(void **state)
{
    (void)state;
    turn(400, 250 * GR_MICROSECOND, 750 * GR_MICROSECOND);
    assert_in_range(load_now(), 230, 270);
}

static void is_smoothed_over_some_milliseconds(void **state)
{
    (void)state;
    turn(100, 0, GR_MILLISECOND);
    turn(2, GR_MILLISECOND, 0);
    assert_in_range(load_now(), 200, 500);
}

static void rises_with_the_tasks_that_are_left(void **state)
{
    (void)state;
    static struct gr__task tasks[512];
    turn(100, GR_MILLISECOND, 0);
    int before = load_now();
    takes = GR_MILLISECOND;
    for (int i = 0; i < 512; i++) {
        tasks[i].class = &work_class;
        gr__loop_ready(&loops[0], &tasks[i]);
    }
    for (int i = 0; i < 50; i++)
        gr__loop_turn(&loops[0], true);
    assert_in_range(load_now(), before + GR__LOAD_LEFT_MAX * GR__LOAD_LEFT_EACH - 40,
                    GR__LOAD_BUSY + GR__LOAD_LEFT_MAX * GR__LOAD_LEFT_EACH);
}

/* Neither can tell anything meanwhile. */
static void goes_down_while_it_sleeps_and_up_while_it_is_in_one_task(void **state)
{
    (void)state;
    turn(100, GR_MILLISECOND, 0);
    assert_true(gr__inbox_sleep(loops[0].inbox));
    assert_in_range(gr__load_at(0, ticker.now + 50 * GR_MILLISECOND), 0, 5);
    gr__inbox_wake(loops[0].inbox);

    turn(100, 0, GR_MILLISECOND);
    assert_in_range(gr__load_at(0, ticker.now), 0, 5);
    assert_in_range(gr__load_at(0, ticker.now + 50 * GR_MILLISECOND), GR__LOAD_BUSY - 5,
                    GR__LOAD_BUSY);
}

static void of_no_loop_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(gr_loop_load(-1), 0);
    assert_int_equal(gr_loop_load(LOOPS), 0);
    assert_int_equal(gr_loop_load(GR__LOOPS_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_a_loop_that_always_works_is_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_a_loop_that_sleeps_is_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_the_share_of_time_that_it_works, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_smoothed_over_some_milliseconds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rises_with_the_tasks_that_are_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_down_while_it_sleeps_and_up_while_it_is_in_one_task,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_no_loop_is_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
