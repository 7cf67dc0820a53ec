/* The details of an error go where its code goes, and nowhere else. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

static int fail_below(void)
{
    return gr_fail(-EMFILE, "opening %s", "pages.db");
}

static int fail_above(void)
{
    int rc = fail_below();
    return rc < 0 ? gr_fail_because(-EIO, "reading page %d", 7) : 0;
}

/* Whether the details of `code` are those that fail_above() sets. */
static void check_chain(int code)
{
    check_equal(code, -EIO);
    const struct gr_error *error = gr_error_details(code);
    if (!check_at(error != NULL, __FILE__, __LINE__, "there are no details"))
        return;
    check(strcmp(error->message, "reading page 7") == 0);
    check(strcmp(error->function, "fail_above") == 0);
    check(strstr(error->file, "test_details.c") != NULL && error->line > 0);
    if (check_at(error->cause != NULL, __FILE__, __LINE__, "there is no cause")) {
        check_equal(error->cause->code, -EMFILE);
        check(strcmp(error->cause->message, "opening pages.db") == 0);
        check(error->cause->cause == NULL);
    }
}

LONE_RUNNER_TEST(tell_message_place_and_cause)
{
    check_chain(fail_above());
    check(gr_error_details(-EMFILE) == NULL);
    char line[256];
    size_t length = gr_error_format(-EIO, line, sizeof line);
    check_equal(length, strlen(line));
    check(strstr(line, "EIO: reading page 7 (test_details.c:") == line);
    check(strstr(line, "; because EMFILE: opening pages.db (") != NULL);
    check_equal(gr_error_format(-EDOM, line, 8), 7);
    check(strcmp(line, "EDOM: N") == 0);
}

LONE_RUNNER_TEST(keep_the_last_errors_and_the_first_cause)
{
    int rc = gr_fail(-1, "0");
    for (int i = 1; i < 20; i++)
        rc = gr_fail_because(-1 - i, "%d", i);
    static const char *const kept[] = {"19", "18", "17", "0"};
    const struct gr_error *error = gr_error_details(rc);
    for (int i = 0; i < GR_ERROR_DEPTH_MAX; i++, error = error->cause)
        if (!check_at(error != NULL, __FILE__, __LINE__, "the chain is too short") ||
            !check_at(strcmp(error->message, kept[i]) == 0, __FILE__, __LINE__, "%d: %s", i,
                      error->message))
            return;
    check(error == NULL);
}

LONE_RUNNER_TEST(are_cut_where_a_message_is_too_long)
{
    char text[2 * GR_ERROR_MESSAGE_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    const struct gr_error *error = gr_error_details(gr_fail(-EIO, "%s", text));
    check(error != NULL && strlen(error->message) == GR_ERROR_MESSAGE_MAX - 1);
}

static int fail_it(void *context)
{
    (void)context;
    return fail_above();
}

static int fail_without(void *context)
{
    (void)context;
    return -EIO;
}

LONE_RUNNER_TEST(come_with_a_join)
{
    gr_runner runner;
    check_equal(gr_runner_start(fail_it, NULL, NULL, &runner), 0);
    check_chain(gr_runner_join(runner, gr_in(5 * GR_SECOND)));
    check_equal(gr_runner_start(fail_it, NULL, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    gr_runner_drop(runner);
}

LONE_RUNNER_TEST(are_not_those_of_another_failure_with_the_same_code)
{
    gr_runner with, without;
    check_equal(gr_runner_start(fail_it, NULL, NULL, &with), 0);
    check_equal(gr_runner_start(fail_without, NULL, NULL, &without), 0);
    check_equal(gr_runner_join(without, gr_in(5 * GR_SECOND)), -EIO);
    check(gr_error_details(-EIO) == NULL);
    check_chain(gr_runner_join(with, gr_in(5 * GR_SECOND)));
}

static void reject(void *context)
{
    check_equal(gr_promise_reject(*(gr_promise *)context, fail_above()), 0);
}

RUNNER_TEST(come_with_a_promise_from_here_another_loop_and_a_foreign_thread)
{
    for (int from = 0; from < 3; from++) {
        gr_future future;
        gr_promise promise;
        check_equal(gr_future_make(&future, &promise), 0);
        if (from == 0)
            reject(&promise);
        else if (from == 1)
            on_loop(1, reject, &promise);
        else
            on_another_thread(reject, &promise);
        check_equal(gr_fail(-EBUSY, "something else meanwhile"), -EBUSY);
        check_chain(gr_future_await(future, NULL, 0, gr_in(5 * GR_SECOND)));
    }
}

static gr_future settled_with(int status)
{
    gr_future future;
    gr_promise promise;
    check_equal(gr_future_make(&future, &promise), 0);
    if (status == 0)
        reject(&promise);
    else
        check_equal(gr_promise_reject(promise, status), 0);
    return future;
}

LONE_RUNNER_TEST(are_reported_with_a_future_at_whose_error_nobody_looked)
{
    gr_future with = settled_with(0);
    gr_future without = settled_with(-EDOM);
    int rc = gr_fail(-EBUSY, "mine");
    expect_report("error of a future on loop 0: EIO: reading page 7 (test_details.c:");
    expect_report("error of a future on loop 0: Numerical argument out of domain (EDOM)");
    gr_future_drop(with);
    gr_future_drop(without);
    const struct gr_error *error = gr_error_details(rc);
    check(error != NULL && strcmp(error->message, "mine") == 0);
}

LONE_RUNNER_TEST(are_not_reported_where_they_are_no_news)
{
    gr_future_drop_quietly(settled_with(0));
    gr_future_drop(settled_with(-ECANCELED));
    gr_promise promise;
    gr_future future;
    check_equal(gr_future_make(&future, &promise), 0);
    gr_future_drop(future);
    reject(&promise);
    check_chain(gr_future_await(settled_with(0), NULL, 0, GR_FOREVER));
}

static int leave_an_error_behind(void *context)
{
    (void)context;
    expect_report("1 futures on loop 0 were neither awaited nor dropped");
    expect_report("error of a future on loop 0: EIO: reading page 7 (test_details.c:");
    return settled_with(0).name == 0;
}

static void are_reported_of_a_future_that_is_left(void **state)
{
    (void)state;
    run_in_fleet(leave_an_error_behind, &(struct gr_options){.loops = 1});
}

static int fail_at_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)self, (void)argument, (void)size;
    return fail_above();
}

static int fail_to_handle(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return fail_above();
}

RUNNER_TEST(come_with_a_spawn_and_with_an_ask)
{
    static const struct gr_behavior stillborn = {
        .name = "stillborn", .receive = fail_to_handle, .start = fail_at_start};
    static const struct gr_behavior fails = {.name = "fails", .receive = fail_to_handle};
    for (int loop = 0; loop < 2; loop++) {
        struct gr_actor_options options = {.where = GR_ON_LOOP(loop)};
        gr_actor actor;
        check_chain(gr_actor_spawn(&stillborn, &options, &actor));
        check_equal(gr_actor_spawn(&fails, &options, &actor), 0);
        expect_report("failed: EIO: reading page 7 (test_details.c:");
        check_chain(gr_ask(actor, 0, NULL, 0, NULL, 0, gr_in(5 * GR_SECOND)));
    }
}

static int work(const struct gr_work *work, const void *argument, void *result)
{
    (void)work, (void)argument, (void)result;
    return fail_above();
}

static int work_without(const struct gr_work *work, const void *argument, void *result)
{
    (void)work, (void)argument, (void)result;
    return -EIO;
}

LONE_RUNNER_TEST(come_with_blocking_work_awaited_or_submitted)
{
    gr_executor pool;
    gr_future future;
    check_equal(gr_executor_make(&(struct gr_executor_options){.threads = 1}, &pool), 0);
    check_chain(gr_executor_run(pool, work, NULL, 0, NULL, 0, gr_in(5 * GR_SECOND)));
    check_equal(gr_executor_run(pool, work_without, NULL, 0, NULL, 0, gr_in(5 * GR_SECOND)), -EIO);
    check(gr_error_details(-EIO) == NULL);
    check_equal(gr_executor_submit(pool, work, NULL, 0, 0, &future, GR_FOREVER), 0);
    check_chain(gr_future_await(future, NULL, 0, gr_in(5 * GR_SECOND)));
    check_equal(gr_executor_close(pool, gr_in(5 * GR_SECOND)), 0);
}

LONE_RUNNER_TEST(stand_in_the_report_of_a_runner_that_nobody_joins)
{
    expect_report("runner 'runner' on loop 0 failed: EIO: reading page 7 (test_details.c:");
    check_equal(gr_runner_start(fail_it, NULL, NULL, NULL), 0);
    check_equal(gr_yield(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tell_message_place_and_cause),
        cmocka_unit_test(keep_the_last_errors_and_the_first_cause),
        cmocka_unit_test(are_cut_where_a_message_is_too_long),
        cmocka_unit_test(come_with_a_join),
        cmocka_unit_test(are_not_those_of_another_failure_with_the_same_code),
        cmocka_unit_test(come_with_a_promise_from_here_another_loop_and_a_foreign_thread),
        cmocka_unit_test(are_reported_with_a_future_at_whose_error_nobody_looked),
        cmocka_unit_test(are_not_reported_where_they_are_no_news),
        cmocka_unit_test(are_reported_of_a_future_that_is_left),
        cmocka_unit_test(come_with_a_spawn_and_with_an_ask),
        cmocka_unit_test(come_with_blocking_work_awaited_or_submitted),
        cmocka_unit_test(stand_in_the_report_of_a_runner_that_nobody_joins),
    };
    return cmocka_run_group_tests_name("details", tests, NULL, NULL);
}
