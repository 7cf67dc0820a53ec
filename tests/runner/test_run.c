/*
 * A run starts its loops, ends in order, and says what did not.
 *
 * (Tornado: start, stop, run_sync, close.)
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fixture.h"

static int return_it(void *context)
{
    return *(int *)context;
}

static void returns_what_its_main_runner_returned(void **state)
{
    (void)state;
    for (int rc = -2; rc < 3; rc++)
        assert_int_equal(gr_run(return_it, &rc, &(struct gr_options){.loops = 2}), rc);
}

static int count_loops(void *context)
{
    *(int *)context = gr_loop_count();
    return 0;
}

static void runs_as_many_loops_as_it_is_told(void **state)
{
    (void)state;
    int loops = 0;
    assert_int_equal(gr_run(count_loops, &loops, &(struct gr_options){.loops = 3, .pin = true}), 0);
    assert_int_equal(loops, 3);
    setenv("GREENROOM_LOOPS", "5", 1);
    assert_int_equal(gr_run(count_loops, &loops, NULL), 0);
    assert_int_equal(loops, 5);
    unsetenv("GREENROOM_LOOPS");
    assert_int_equal(gr_run(count_loops, &loops, NULL), 0);
    assert_true(loops >= 1);
}

static char complaint[256];

static void keep_complaint(void *context, const char *line)
{
    (void)context;
    strncpy(complaint, line, sizeof complaint - 1);
}

static void refuses_a_number_of_loops_that_cannot_be(void **state)
{
    (void)state;
    int rc = 0;
    struct gr_options options = {.report = keep_complaint};
    const char *bad[] = {"0", "-1", "257", "two", "2x"};
    for (int i = 0; i < 5; i++) {
        complaint[0] = '\0';
        setenv("GREENROOM_LOOPS", bad[i], 1);
        assert_int_equal(gr_run(return_it, &rc, &options), -EINVAL);
        assert_non_null(strstr(complaint, bad[i]));
    }
    unsetenv("GREENROOM_LOOPS");
    assert_int_equal(gr_run(return_it, &rc, &(struct gr_options){.loops = -1}), -EINVAL);
    assert_int_equal(gr_run(return_it, &rc, &(struct gr_options){.loops = 257}), -EINVAL);
}

static void run_another(void *context)
{
    (void)context;
    int rc = 0;
    check_equal(gr_run(return_it, &rc, NULL), -EALREADY);
}

RUNNER_TEST(runs_once_at_a_time)
{
    on_another_thread(run_another, NULL);
}

static int wait_and_tell(void *context)
{
    int rc = gr_sleep(GR_FOREVER);
    *(int *)context = rc;
    return 3;
}

static int raise_soon(void *context)
{
    int rc = gr_sleep(gr_in(GR_MILLISECOND));
    raise(*(int *)context);
    return rc;
}

static int be_terminated(void *context)
{
    static int number;
    number = *(int *)context;
    if (gr_runner_start(raise_soon, &number, NULL, NULL) < 0)
        return -EIO;
    return wait_and_tell(context);
}

static void is_cancelled_by_a_first_signal(void **state)
{
    (void)state;
    int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        int told = signals[i];
        assert_int_equal(gr_run(be_terminated, &told, &(struct gr_options){.loops = 2}), 3);
        assert_int_equal(told, -ECANCELED);
    }
}

static void stop_it(void *context)
{
    (void)context;
    gr_stop();
    gr_stop();
}

static int be_stopped(void *context)
{
    on_another_thread(stop_it, NULL);
    return wait_and_tell(context);
}

static void is_cancelled_by_a_stop(void **state)
{
    (void)state;
    int told = 0;
    assert_int_equal(gr_run(be_stopped, &told, &(struct gr_options){.loops = 1}), 3);
    assert_int_equal(told, -ECANCELED);
}

static int note_that_it_began(void *context)
{
    *(bool *)context = true;
    return 0;
}

static void is_cancelled_by_a_stop_before_it(void **state)
{
    (void)state;
    bool began = false;
    on_another_thread(stop_it, NULL);
    assert_int_equal(gr_run(note_that_it_began, &began, &(struct gr_options){.loops = 2}),
                     -ECANCELED);
    assert_false(began);
    assert_int_equal(gr_run(note_that_it_began, &began, &(struct gr_options){.loops = 2}), 0);
    assert_true(began);
}

static int never_wait(void *context)
{
    (void)context;
    raise(SIGTERM);
    raise(SIGTERM);
    for (;;)
        pause();
    return 0;
}

static void ends_at_once_by_a_second_signal(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        _exit(gr_run(never_wait, NULL, &(struct gr_options){.loops = 2}));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

static int refuse_to_end(void *context)
{
    (void)context;
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    int rc = gr_sleep(GR_FOREVER);
    gr_shield_lower(&shield);
    return rc;
}

static int start_stubborn(void *context)
{
    int rc = gr_runner_start(refuse_to_end, context,
                             &(struct gr_runner_options){.name = "stubborn"}, NULL);
    return rc < 0 ? rc : gr_yield();
}

static void names_who_did_not_stop_in_time_and_what_it_waits_for(void **state)
{
    (void)state;
    complaint[0] = '\0';
    struct gr_options options = {
        .loops = 2, .stop_within = 20 * GR_MILLISECOND, .report = keep_complaint};
    assert_int_equal(gr_run(start_stubborn, NULL, &options), 0);
    assert_non_null(strstr(complaint, "runner 'stubborn' still waits for a point in time"));
}

static int refuse_and_stop(void *context)
{
    gr_stop();
    return refuse_to_end(context);
}

static void gives_up_on_a_main_runner_that_does_not_stop(void **state)
{
    (void)state;
    struct gr_options options = {.loops = 2, .stop_within = 20 * GR_MILLISECOND};
    assert_int_equal(gr_run(refuse_and_stop, NULL, &options), -ETIMEDOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_what_its_main_runner_returned),
        cmocka_unit_test(runs_as_many_loops_as_it_is_told),
        cmocka_unit_test(refuses_a_number_of_loops_that_cannot_be),
        cmocka_unit_test(runs_once_at_a_time),
        cmocka_unit_test(is_cancelled_by_a_first_signal),
        cmocka_unit_test(is_cancelled_by_a_stop),
        cmocka_unit_test(is_cancelled_by_a_stop_before_it),
        cmocka_unit_test(ends_at_once_by_a_second_signal),
        cmocka_unit_test(names_who_did_not_stop_in_time_and_what_it_waits_for),
        cmocka_unit_test(gives_up_on_a_main_runner_that_does_not_stop),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
