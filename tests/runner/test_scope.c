/* No runner outlives its scope, cancellation goes down in it, and failures come up. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/fixture.h"

static int return_it(void *context)
{
    return *(int *)context;
}

static int note_it(void *context)
{
    ++*(int *)context;
    return 0;
}

static int wait_for_ever(void *context)
{
    int rc = gr_sleep(GR_FOREVER);
    if (context != NULL)
        *(int *)context = rc;
    return rc;
}

static int fail_soon(void *context)
{
    int rc = gr_sleep(gr_in(GR_MILLISECOND));
    return rc < 0 ? rc : *(int *)context;
}

LONE_RUNNER_TEST(joins_all_that_was_started_in_it)
{
    int ran = 0;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    for (int i = 0; i < 5000; i++)
        check_equal(gr_scope_start(&scope, note_it, &ran, NULL, NULL), 0);
    check_equal(ran, 0);
    check_equal(gr_scope_close(&scope, 0), 0);
    check_equal(ran, 5000);
}

LONE_RUNNER_TEST(closes_at_once_when_it_is_empty)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_close(&scope, 0), 0);
    check_equal(gr_scope_failures(&scope), 0);
}

LONE_RUNNER_TEST(is_cancelled_by_the_first_failure_and_returns_it)
{
    int told[2] = {1, 1}, failure = -EPROTO;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&scope, wait_for_ever, &told[0], NULL, NULL), 0);
    check_equal(gr_scope_start(&scope, fail_soon, &failure, NULL, NULL), 0);
    check_equal(gr_scope_start(&scope, wait_for_ever, &told[1], NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), -EPROTO);
    check_equal(told[0], -ECANCELED);
    check_equal(told[1], -ECANCELED);
    check_equal(gr_scope_failures(&scope), 1);
}

LONE_RUNNER_TEST(ends_its_openers_wait_when_a_runner_in_it_fails)
{
    int failure = -EPROTO;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&scope, fail_soon, &failure, NULL, NULL), 0);
    int rc = gr_sleep(gr_in(10 * GR_SECOND));
    check_equal(rc, -ECANCELED);
    check_equal(gr_yield(), -ECANCELED);
    check_equal(gr_scope_close(&scope, rc), -EPROTO);
    check_equal(gr_yield(), 0);
}

LONE_RUNNER_TEST(collects_all_outcomes_when_it_is_told_to)
{
    int outcomes[] = {-EIO, 0, -EPROTO, 0}, seen[4] = {1, 1, 1, 1}, ran = 0;
    struct gr_scope scope;
    gr_scope_open(&scope, &(struct gr_scope_options){.collect = true}, GR_FOREVER);
    for (int i = 0; i < 4; i++)
        check_equal(gr_scope_start(&scope, return_it, &outcomes[i], NULL, &seen[i]), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_scope_failures(&scope), 2);
    check_equal(gr_scope_start(&scope, note_it, &ran, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), -EIO);
    check_equal(memcmp(outcomes, seen, sizeof seen), 0);
    check_equal(ran, 1);
    check_equal(gr_scope_failures(&scope), 2);
}

LONE_RUNNER_TEST(never_begins_a_runner_when_its_opener_fails_first)
{
    int ran = 0, status = 1;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&scope, note_it, &ran, NULL, &status), 0);
    check_equal(gr_scope_close(&scope, -EIO), -EIO);
    check_equal(ran, 0);
    check_equal(status, -ECANCELED);
    check_equal(gr_scope_failures(&scope), 1);
}

LONE_RUNNER_TEST(takes_nothing_more_once_it_is_cancelled)
{
    int ran = 0;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    gr_scope_cancel(&scope);
    check_equal(gr_scope_start(&scope, note_it, &ran, NULL, NULL), -ECANCELED);
    check_equal(gr_scope_start_on(&scope, 0, note_it, &ran, NULL, NULL), -ECANCELED);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
    check_equal(gr_scope_failures(&scope), 0);
    check_equal(ran, 0);
}

LONE_RUNNER_TEST(has_failed_when_a_runner_returns_that_it_was_cancelled_and_nobody_did)
{
    int outcome = -ECANCELED;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&scope, return_it, &outcome, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
    check_equal(gr_scope_failures(&scope), 1);
}

static int fail_in_the_end(void *context)
{
    int rc = gr_sleep(GR_FOREVER);
    return rc == -ECANCELED ? *(int *)context : 0;
}

LONE_RUNNER_TEST(reports_a_failure_that_nobody_else_gets)
{
    int first = -EPROTO, second = -EBADMSG, third = -EIO, seen = 0;
    expect_report("runner 'late' in scope 'page' on loop 0 failed");
    struct gr_scope scope;
    gr_scope_open(&scope, &(struct gr_scope_options){.name = "page"}, GR_FOREVER);
    check_equal(gr_scope_start(&scope, fail_in_the_end, &second,
                               &(struct gr_runner_options){.name = "late"}, NULL),
                0);
    check_equal(gr_scope_start(&scope, fail_in_the_end, &third, NULL, &seen), 0);
    check_equal(gr_scope_start(&scope, fail_soon, &first, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), -EPROTO);
    check_equal(seen, -EIO);
    check_equal(gr_scope_failures(&scope), 3);
}

LONE_RUNNER_TEST(lets_a_failure_up_when_it_was_only_cancelled)
{
    int failure = -EIO;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&scope, fail_in_the_end, &failure, NULL, NULL), 0);
    check_equal(gr_yield(), 0);
    gr_scope_cancel(&scope);
    check_equal(gr_scope_close(&scope, 0), -EIO);
}

/* --- In the order in which it happens ------------------------------------------------------- */

static char notes[16];
static char *notes_end;

static void write_note(char letter)
{
    *notes_end++ = letter;
    *notes_end = '\0';
}

static int wait_and_note(void *letter)
{
    int rc = gr_sleep(GR_FOREVER);
    write_note(*(const char *)letter);
    return rc;
}

static int open_another(void *letter)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    int rc = gr_scope_start(&scope, wait_and_note, "c", NULL, NULL);
    if (rc == 0)
        rc = wait_and_note(letter);
    return gr_scope_close(&scope, rc);
}

LONE_RUNNER_TEST(is_cancelled_from_above_in_the_order_in_which_it_was_started)
{
    notes_end = notes;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&scope, open_another, "a", NULL, NULL), 0);
    check_equal(gr_scope_start(&scope, wait_and_note, "b", NULL, NULL), 0);
    check_equal(gr_yield(), 0);
    gr_scope_cancel(&scope);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
    check(strcmp(notes, "abc") == 0);
}

static void note_deferred(void *letter)
{
    write_note(*(const char *)letter);
}

static void wait_and_note_deferred(void *letter)
{
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_yield(), 0);
    write_note(*(const char *)letter);
}

LONE_RUNNER_TEST(cleans_up_in_reverse_order_after_its_runners_though_it_was_cancelled)
{
    notes_end = notes;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_defer(&scope, note_deferred, "1"), 0);
    check_equal(gr_scope_start(&scope, wait_and_note, "r", NULL, NULL), 0);
    check_equal(gr_scope_defer(&scope, wait_and_note_deferred, "2"), 0);
    check_equal(gr_scope_defer(&scope, note_deferred, "3"), 0);
    check_equal(gr_yield(), 0);
    gr_scope_cancel(&scope);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
    check(strcmp(notes, "r321") == 0);
}

static void wait_too_long(void *context)
{
    *(int *)context = gr_sleep(gr_in(30 * GR_SECOND));
}

LONE_RUNNER_TEST(does_not_let_clean_up_wait_for_longer_than_it_may)
{
    int rc = 1;
    struct gr_scope scope;
    gr_scope_open(&scope, &(struct gr_scope_options){.clean_within = GR_MILLISECOND}, GR_FOREVER);
    check_equal(gr_scope_defer(&scope, wait_too_long, &rc), 0);
    gr_scope_cancel(&scope);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
    check_equal(rc, -ECANCELED);
}

/* --- Nested --------------------------------------------------------------------------------- */

struct nest {
    int depth;
    int ended;
};

static int nest(void *context)
{
    struct nest *nest_here = context;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    int rc = 0;
    if (--nest_here->depth > 0)
        rc = gr_scope_start(&scope, nest, nest_here, NULL, NULL);
    if (rc == 0)
        rc = gr_sleep(GR_FOREVER);
    rc = gr_scope_close(&scope, rc);
    nest_here->ended++;
    return rc;
}

LONE_RUNNER_TEST(is_cancelled_however_deep_it_is)
{
    struct nest deep = {.depth = 2000};
    gr_runner runner;
    check_equal(gr_runner_start(nest, &deep, NULL, &runner), 0);
    check_soon(deep.depth == 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, gr_in(30 * GR_SECOND)), -ECANCELED);
    check_equal(deep.ended, 2000);
}

LONE_RUNNER_TEST(lets_its_opener_wait_again_after_an_inner_one_was_cancelled)
{
    struct gr_scope outer, inner;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_scope_open(&inner, NULL, GR_FOREVER);
    gr_scope_cancel(&inner);
    check_equal(gr_yield(), -ECANCELED);
    check_equal(gr_scope_close(&inner, 0), -ECANCELED);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_scope_close(&outer, 0), 0);
}

LONE_RUNNER_TEST(stays_cancelled_inside_one_that_was)
{
    struct gr_scope outer, inner, late;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_scope_open(&inner, NULL, GR_FOREVER);
    gr_scope_cancel(&outer);
    check_equal(gr_scope_close(&inner, gr_yield()), -ECANCELED);
    check_equal(gr_yield(), -ECANCELED);
    gr_scope_open(&late, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&late, wait_for_ever, NULL, NULL, NULL), -ECANCELED);
    check_equal(gr_scope_close(&late, 0), -ECANCELED);
    check_equal(gr_scope_close(&outer, 0), -ECANCELED);
    check_equal(gr_yield(), 0);
}

static int hold_two(void *context)
{
    int *told = context;
    struct gr_scope outer, inner;
    gr_scope_open(&outer, NULL, GR_FOREVER);
    gr_scope_open(&inner, NULL, GR_FOREVER);
    int rc = gr_scope_start(&outer, wait_for_ever, &told[0], NULL, NULL);
    if (rc == 0)
        rc = gr_scope_start(&inner, wait_for_ever, &told[1], NULL, NULL);
    check_equal(rc, 0);
    rc = gr_scope_close(&inner, 0);
    check_equal(rc, -ECANCELED);
    told[2] = gr_sleep(gr_in(GR_SECOND));
    return gr_scope_close(&outer, rc);
}

LONE_RUNNER_TEST(is_cancelled_with_its_opener_and_while_it_closes)
{
    int told[3] = {1, 1, 1};
    gr_runner runner;
    check_equal(gr_runner_start(hold_two, told, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, gr_in(10 * GR_SECOND)), -ECANCELED);
    for (int i = 0; i < 3; i++)
        check_equal(told[i], -ECANCELED);
}

/* --- Who else may start in it ---------------------------------------------------------------- */

struct family {
    struct gr_scope scope;
    int left;
    int ran;
};

static int multiply(void *context)
{
    struct family *family = context;
    family->ran++;
    if (family->left-- <= 0)
        return 0;
    int rc = gr_yield();
    return rc < 0 ? rc : gr_scope_start(&family->scope, multiply, family, NULL, NULL);
}

LONE_RUNNER_TEST(joins_what_its_runners_start_while_it_closes)
{
    struct family family = {.left = 20};
    gr_scope_open(&family.scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&family.scope, multiply, &family, NULL, NULL), 0);
    check_equal(gr_scope_close(&family.scope, 0), 0);
    check_equal(family.ran, 21);
}

static int fan_out(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    int ran = 0;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = gr_scope_start(&scope, note_it, &ran, NULL, NULL);
    rc = gr_scope_close(&scope, rc);
    return rc < 0 ? rc : gr_reply(message, &ran, sizeof ran);
}

LONE_RUNNER_TEST(works_in_a_handler)
{
    static const struct gr_behavior fans = {.name = "fan", .receive = fan_out};
    gr_actor fan;
    int ran = 0;
    check_equal(gr_actor_spawn(&fans, NULL, &fan), 0);
    check_equal(gr_ask(fan, 0, NULL, 0, &ran, sizeof ran, gr_in(10 * GR_SECOND)), 0);
    check_equal(ran, 3);
}

static int told_in_handler;

static int wait_in_scope(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    int rc = gr_scope_start(&scope, wait_for_ever, &told_in_handler, NULL, NULL);
    return gr_scope_close(&scope, rc);
}

LONE_RUNNER_TEST(is_cancelled_when_the_actor_that_opened_it_is_stopped)
{
    static const struct gr_behavior waits = {.name = "waiter", .receive = wait_in_scope};
    gr_actor waiter;
    told_in_handler = 1;
    check_equal(gr_actor_spawn(&waits, NULL, &waiter), 0);
    check_equal(gr_send(waiter, 0, NULL, 0), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_actor_stop(waiter, 0), 0);
    check_soon(gr_actor_count() == 0);
    check_equal(told_in_handler, -ECANCELED);
}

static void open_when_settled(gr_future future, void *context)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start(&scope, note_it, context, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, gr_future_await(future, NULL, 0, GR_FOREVER)), 0);
}

LONE_RUNNER_TEST(works_in_a_callback)
{
    int ran = 0;
    gr_future future;
    gr_promise promise;
    check_equal(gr_future_make(&future, &promise), 0);
    check_equal(gr_future_on_settled(future, open_when_settled, &ran), 0);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
    check_soon(ran == 1);
}

/* --- At the end of the run ------------------------------------------------------------------- */

static int cleaned_at_the_end;

static void clean_at_the_end(void *context)
{
    (void)context;
    cleaned_at_the_end += gr_sleep(gr_in(GR_MILLISECOND)) == 0;
}

static int hold_until_the_end(void *context)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    int rc = gr_scope_defer(&scope, clean_at_the_end, NULL);
    if (rc == 0)
        rc = gr_scope_start(&scope, wait_for_ever, context, NULL, NULL);
    return gr_scope_close(&scope, rc);
}

static int leave_a_scope_open(void *context)
{
    int rc = gr_runner_start(hold_until_the_end, context, NULL, NULL);
    return rc < 0 ? rc : gr_sleep(gr_in(GR_MILLISECOND));
}

static void is_cancelled_and_cleans_up_when_the_run_ends(void **state)
{
    (void)state;
    int told = 1;
    cleaned_at_the_end = 0;
    assert_int_equal(gr_run(leave_a_scope_open, &told, &(struct gr_options){.loops = 2}), 0);
    assert_int_equal(told, -ECANCELED);
    assert_int_equal(cleaned_at_the_end, 1);
}

static int start_when_stopped(void *context)
{
    struct gr_shield shield;
    struct gr_scope scope;
    int rc = gr_sleep(GR_FOREVER);
    check_equal(rc, -ECANCELED);
    gr_shield_raise(&shield, gr_in(GR_SECOND));
    gr_scope_open(&scope, NULL, GR_FOREVER);
    *(int *)context = gr_scope_start(&scope, note_it, NULL, NULL, NULL);
    check_equal(gr_scope_start_on(&scope, 1, note_it, NULL, NULL, NULL), -ESHUTDOWN);
    check_equal(gr_scope_close(&scope, 0), 0);
    gr_shield_lower(&shield);
    return rc;
}

static int leave_a_starter(void *context)
{
    int rc = gr_runner_start(start_when_stopped, context, NULL, NULL);
    return rc < 0 ? rc : gr_sleep(gr_in(GR_MILLISECOND));
}

static void takes_nothing_more_while_the_loop_stops(void **state)
{
    (void)state;
    int rc = 0;
    assert_int_equal(gr_run(leave_a_starter, &rc, &(struct gr_options){.loops = 2}), 0);
    assert_int_equal(rc, -ESHUTDOWN);
}

static char complaints[1024];

/* Any thread. */
static void keep_complaints(void *context, const char *line)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)context;
    pthread_mutex_lock(&lock);
    size_t length = strlen(complaints);
    snprintf(complaints + length, sizeof complaints - length, "%s\n", line);
    pthread_mutex_unlock(&lock);
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

static int close_in_vain(void *context)
{
    struct gr_scope scope;
    gr_scope_open(&scope, &(struct gr_scope_options){.name = "page"}, GR_FOREVER);
    int rc = gr_scope_start(&scope, refuse_to_end, context,
                            &(struct gr_runner_options){.name = "stubborn"}, NULL);
    return gr_scope_close(&scope, rc);
}

static int leave_a_stubborn_one(void *context)
{
    int rc =
        gr_runner_start(close_in_vain, context, &(struct gr_runner_options){.name = "fetch"}, NULL);
    return rc < 0 ? rc : gr_sleep(gr_in(GR_MILLISECOND));
}

static void is_named_in_the_report_of_what_still_waits(void **state)
{
    (void)state;
    complaints[0] = '\0';
    struct gr_options options = {
        .loops = 1, .stop_within = 20 * GR_MILLISECOND, .report = keep_complaints};
    assert_int_equal(gr_run(leave_a_stubborn_one, NULL, &options), 0);
    assert_non_null(strstr(
        complaints, "runner 'fetch' in scope 'page' still waits for the runners of a scope"));
    assert_non_null(
        strstr(complaints, "runner 'stubborn' in scope 'page' still waits for a point in time"));
    assert_null(strstr(complaints, "bytes"));
}

/* --- Joining one of several things ----------------------------------------------------------- */

LONE_RUNNER_TEST(has_a_runners_end_as_an_awaitable)
{
    int outcome = -EPROTO, failure = -EIO;
    gr_runner first, second;
    struct gr_runner_wait wait, again;
    check_equal(gr_runner_start(return_it, &outcome, NULL, &first), 0);
    struct gr_awaitable *end = gr_runner_awaitable(&wait, first);
    check_equal(gr_await(end, gr_now()), -ETIMEDOUT);
    check_equal(gr_await(end, gr_in(GR_SECOND)), -EPROTO);
    check_equal(gr_await(end, gr_in(GR_SECOND)), -ESTALE);

    check_equal(gr_runner_start(fail_soon, &failure, NULL, &second), 0);
    check_equal(gr_await(gr_runner_awaitable(&again, second), gr_in(GR_SECOND)), -EIO);
}

static int await_myself(void *context)
{
    struct gr_runner_wait wait;
    return gr_await(gr_runner_awaitable(&wait, *(gr_runner *)context), gr_in(GR_SECOND));
}

LONE_RUNNER_TEST(refuses_the_end_of_oneself_and_of_what_another_joins)
{
    gr_runner self, waits, joins;
    struct gr_runner_wait wait;
    check_equal(gr_runner_start(await_myself, &self, NULL, &self), 0);
    check_equal(gr_runner_join(self, gr_in(GR_SECOND)), -EDEADLK);

    check_equal(gr_runner_start(wait_for_ever, NULL, NULL, &waits), 0);
    check_equal(gr_runner_start(await_myself, &waits, NULL, &joins), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_await(gr_runner_awaitable(&wait, waits), gr_in(GR_SECOND)), -EBUSY);
    gr_runner_cancel(waits);
    check_equal(gr_runner_join(joins, gr_in(GR_SECOND)), -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_all_that_was_started_in_it),
        cmocka_unit_test(closes_at_once_when_it_is_empty),
        cmocka_unit_test(is_cancelled_by_the_first_failure_and_returns_it),
        cmocka_unit_test(ends_its_openers_wait_when_a_runner_in_it_fails),
        cmocka_unit_test(collects_all_outcomes_when_it_is_told_to),
        cmocka_unit_test(never_begins_a_runner_when_its_opener_fails_first),
        cmocka_unit_test(takes_nothing_more_once_it_is_cancelled),
        cmocka_unit_test(has_failed_when_a_runner_returns_that_it_was_cancelled_and_nobody_did),
        cmocka_unit_test(reports_a_failure_that_nobody_else_gets),
        cmocka_unit_test(lets_a_failure_up_when_it_was_only_cancelled),
        cmocka_unit_test(is_cancelled_from_above_in_the_order_in_which_it_was_started),
        cmocka_unit_test(cleans_up_in_reverse_order_after_its_runners_though_it_was_cancelled),
        cmocka_unit_test(does_not_let_clean_up_wait_for_longer_than_it_may),
        cmocka_unit_test(is_cancelled_however_deep_it_is),
        cmocka_unit_test(lets_its_opener_wait_again_after_an_inner_one_was_cancelled),
        cmocka_unit_test(stays_cancelled_inside_one_that_was),
        cmocka_unit_test(is_cancelled_with_its_opener_and_while_it_closes),
        cmocka_unit_test(joins_what_its_runners_start_while_it_closes),
        cmocka_unit_test(works_in_a_handler),
        cmocka_unit_test(is_cancelled_when_the_actor_that_opened_it_is_stopped),
        cmocka_unit_test(works_in_a_callback),
        cmocka_unit_test(is_cancelled_and_cleans_up_when_the_run_ends),
        cmocka_unit_test(takes_nothing_more_while_the_loop_stops),
        cmocka_unit_test(is_named_in_the_report_of_what_still_waits),
        cmocka_unit_test(has_a_runners_end_as_an_awaitable),
        cmocka_unit_test(refuses_the_end_of_oneself_and_of_what_another_joins),
    };
    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
