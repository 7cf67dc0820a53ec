/*
 * What follows a future follows it once: its outcome is passed on, gone on from, or reported, and
 * whoever waits at the end of a chain hears of its breaking.
 *
 * TORNADO: chain_future, with_timeout (its detached kind).
 */
#include <errno.h>
#include <string.h>

#include "lib/shortage.h"

struct pair {
    gr_future from, to;
    gr_promise into, onward;
};

static void make_pair(struct pair *pair)
{
    check_equal(gr_future_make(&pair->from, &pair->into), 0);
    check_equal(gr_future_make(&pair->to, &pair->onward), 0);
}

static int released;

static void count_release(void *data, void *context)
{
    (void)data, (void)context;
    released++;
}

LONE_RUNNER_TEST(a_value_is_passed_on_whether_it_was_there_or_comes)
{
    for (int before = 0; before < 2; before++) {
        struct pair pair;
        int value = 0;
        make_pair(&pair);
        if (before)
            check_equal(gr_promise_resolve(pair.into, &(int){9}, sizeof(int)), 0);
        check_equal(gr_future_chain(pair.from, pair.onward), 0);
        check_equal(gr_future_await(pair.to, &value, sizeof value, gr_now()), -ETIMEDOUT);
        if (!before)
            check_equal(gr_promise_resolve(pair.into, &(int){9}, sizeof(int)), 0);
        check_equal(gr_future_await(pair.to, &value, sizeof value, gr_in(GR_SECOND)), 0);
        check_equal(value, 9);
        check_equal(gr_future_await(pair.from, NULL, 0, gr_now()), -ESTALE);
    }
}

LONE_RUNNER_TEST(an_error_is_passed_on_with_its_details)
{
    struct pair pair;
    make_pair(&pair);
    check_equal(gr_future_chain(pair.from, pair.onward), 0);
    check_equal(gr_promise_reject(pair.into, gr_fail(-EIO, "reading page %d", 7)), 0);
    check_equal(gr_fail(-EDOM, "another"), -EDOM);
    check_equal(gr_future_await(pair.to, NULL, 0, gr_in(GR_SECOND)), -EIO);
    const struct gr_error *error = gr_error_details(-EIO);
    check(error != NULL && strcmp(error->message, "reading page 7") == 0);
}

LONE_RUNNER_TEST(a_buffer_is_moved_on_and_released_once)
{
    static char bytes[] = "moved";
    struct pair pair;
    struct gr_buffer sent = {bytes, sizeof bytes, count_release, NULL}, got;
    released = 0;
    make_pair(&pair);
    check_equal(gr_future_chain(pair.from, pair.onward), 0);
    check_equal(gr_promise_resolve_buffer(pair.into, &sent), 0);
    check_equal(gr_future_await_buffer(pair.to, &got, gr_in(GR_SECOND)), 0);
    check(got.data == bytes);
    check_equal(released, 0);
    gr_buffer_release(&got);
    check_equal(released, 1);
}

/* The target has gone: the value vanishes. */
LONE_RUNNER_TEST(what_nobody_wants_any_more_is_released)
{
    static char bytes[] = "moved";
    struct pair pair;
    struct gr_buffer sent = {bytes, sizeof bytes, count_release, NULL};
    released = 0;
    make_pair(&pair);
    check_equal(gr_future_chain(pair.from, pair.onward), 0);
    gr_future_drop(pair.to);
    check_equal(gr_promise_resolve_buffer(pair.into, &sent), 0);
    check_equal(gr_yield(), 0);
    check_equal(released, 1);
}

LONE_RUNNER_TEST(a_failure_and_a_cancellation_are_passed_on)
{
    const int statuses[] = {-EIO, -ECANCELED};
    for (int i = 0; i < 2; i++) {
        struct pair pair;
        make_pair(&pair);
        check_equal(gr_future_chain(pair.from, pair.onward), 0);
        check_equal(gr_promise_reject(pair.into, statuses[i]), 0);
        check_equal(gr_future_await(pair.to, NULL, 0, gr_in(GR_SECOND)), statuses[i]);
    }
}

static void settle_there(void *promise)
{
    check_equal(gr_promise_resolve(*(gr_promise *)promise, &(int){9}, sizeof(int)), 0);
}

struct remote {
    gr_future future;
    gr_promise promise;
    int value;
};

static void make_there(void *context)
{
    struct remote *remote = context;
    check_equal(gr_future_make(&remote->future, &remote->promise), 0);
}

static void await_there(void *context)
{
    struct remote *remote = context;
    check_equal(gr_future_await(remote->future, &remote->value, sizeof(int), gr_in(10 * GR_SECOND)),
                0);
}

RUNNER_TEST(the_promise_may_be_another_loops_and_be_settled_from_a_third_thread)
{
    struct remote remote = {.value = 0};
    gr_future from;
    gr_promise into;
    check_equal(gr_future_make(&from, &into), 0);
    on_loop(1, make_there, &remote);
    check_equal(gr_future_chain(from, remote.promise), 0);
    on_another_thread(settle_there, &into);
    on_loop(1, await_there, &remote);
    check_equal(remote.value, 9);
}

LONE_RUNNER_TEST(a_chain_of_many_links_is_walked_without_a_deep_stack)
{
    enum { LINKS = 20000 };
    gr_future future, next;
    gr_promise first, promise;
    int value = 0;
    check_equal(gr_future_make(&future, &first), 0);
    for (int i = 0; i < LINKS; i++) {
        check_equal(gr_future_make(&next, &promise), 0);
        check_equal(gr_future_chain(future, promise), 0);
        future = next;
    }
    check_equal(gr_promise_resolve(first, &(int){9}, sizeof(int)), 0);
    check_equal(gr_future_await(future, &value, sizeof value, gr_in(10 * GR_SECOND)), 0);
    check_equal(value, 9);
}

/* Before it settles, and between that and its turn; by dropping it, and by taking it back. */
LONE_RUNNER_TEST(a_chain_that_is_broken_says_so_at_its_end)
{
    for (int way = 0; way < 4; way++) {
        struct pair pair;
        make_pair(&pair);
        check_equal(gr_future_chain(pair.from, pair.onward), 0);
        if (way & 1)
            check_equal(gr_promise_resolve(pair.into, &(int){9}, sizeof(int)), 0);
        if (way & 2)
            check(gr_future_forget(pair.from));
        gr_future_drop(pair.from);
        check_equal(gr_future_await(pair.to, NULL, 0, gr_in(GR_SECOND)), -ECANCELED);
    }
}

LONE_RUNNER_TEST(what_cannot_be_followed_is_refused)
{
    struct pair pair;
    gr_future next;
    make_pair(&pair);
    check_equal(gr_future_chain(pair.from, pair.onward), 0);
    check_equal(gr_future_chain(pair.from, pair.onward), -EBUSY);
    check_equal(gr_future_then(pair.from, NULL, NULL, &next), -EBUSY);
    check_equal(gr_future_detach(pair.from, NULL), -EBUSY);
    gr_future_drop(pair.from);
    check_equal(gr_future_chain(pair.from, pair.onward), -ESTALE);
    check_equal(gr_future_then(pair.from, NULL, NULL, &next), -ESTALE);
    check_equal(gr_future_detach(pair.from, NULL), -ESTALE);
    check_equal(gr_future_await(pair.to, NULL, 0, gr_in(GR_SECOND)), -ECANCELED);
}

static int calls;

static int add_one(gr_future from, gr_promise to, void *context)
{
    int value;
    calls++;
    check_equal(*(int *)context, 77);
    int rc = gr_future_await(from, &value, sizeof value, gr_now());
    if (rc == 0)
        rc = gr_yield(); /* it may wait */
    value++;
    return rc < 0 ? rc : gr_promise_resolve(to, &value, sizeof value);
}

LONE_RUNNER_TEST(then_goes_on_from_a_result_and_from_what_comes_of_that)
{
    struct pair pair;
    gr_future second, third;
    int context = 77, value = 0;
    make_pair(&pair);
    calls = 0;
    check_equal(gr_future_then(pair.from, add_one, &context, &second), 0);
    check_equal(gr_future_then(second, add_one, &context, &third), 0);
    check_equal(gr_promise_resolve(pair.into, &(int){9}, sizeof(int)), 0);
    check_equal(calls, 0);
    check_equal(gr_future_await(third, &value, sizeof value, gr_in(GR_SECOND)), 0);
    check_equal(value, 11);
    gr_future_drop(pair.to);
}

LONE_RUNNER_TEST(then_passes_a_failure_on_and_breaks_when_it_is_dropped)
{
    struct pair pair;
    gr_future next;
    int context = 77;
    make_pair(&pair);
    calls = 0;
    check_equal(gr_future_then(pair.from, add_one, &context, &next), 0);
    check_equal(gr_promise_reject(pair.into, -EIO), 0);
    check_equal(gr_future_await(next, NULL, 0, gr_in(GR_SECOND)), -EIO);
    check_equal(calls, 1);

    check_equal(gr_future_then(pair.to, add_one, &context, &next), 0);
    gr_future_drop(pair.to);
    check_equal(gr_future_await(next, NULL, 0, gr_in(GR_SECOND)), -ECANCELED);
    check_equal(calls, 1);
}

LONE_RUNNER_TEST(what_is_let_go_is_reported_when_it_fails)
{
    struct pair pair;
    make_pair(&pair);
    expect_report("a future that was let go on loop 0 failed: ");
    check_equal(gr_future_detach(pair.from, NULL), 0);
    check_equal(gr_promise_reject(pair.into, -EIO), 0);
    gr_future_drop(pair.to);
    check_equal(gr_yield(), 0);
}

LONE_RUNNER_TEST(what_is_let_go_is_silent_where_it_succeeds_or_was_to_be_quiet)
{
    static const int quiet[] = {-EPIPE, -EIO, 0};
    for (int way = 0; way < 3; way++) {
        struct pair pair;
        make_pair(&pair);
        check_equal(gr_future_detach(pair.from, quiet), 0);
        if (way == 0)
            check_equal(gr_promise_resolve(pair.into, &way, sizeof way), 0);
        else
            check_equal(gr_promise_reject(pair.into, way == 1 ? -EIO : -ECANCELED), 0);
        gr_future_drop(pair.to);
        check_equal(gr_yield(), 0);
        check_equal(gr_future_await(pair.from, NULL, 0, gr_now()), -ESTALE);
    }
}

LONE_RUNNER_TEST(a_wait_that_is_late_lets_its_future_go_and_hears_of_it_no_more)
{
    struct pair pair;
    int value = 0;
    make_pair(&pair);
    expect_report("a future that was let go on loop 0 failed: ");
    check_equal(gr_future_await_or_detach(pair.from, &value, sizeof value, NULL, gr_now()),
                -ETIMEDOUT);
    check_equal(gr_future_await(pair.from, &value, sizeof value, gr_now()), -EBUSY);
    check_equal(gr_promise_reject(pair.into, -EIO), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_future_await(pair.from, &value, sizeof value, gr_now()), -ESTALE);

    check_equal(gr_promise_resolve(pair.onward, &(int){9}, sizeof(int)), 0);
    check_equal(gr_future_await_or_detach(pair.to, &value, sizeof value, NULL, gr_now()), 0);
    check_equal(value, 9);
}

LONE_RUNNER_TEST(a_result_that_is_itself_a_late_one_ends_its_future)
{
    struct pair pair;
    make_pair(&pair);
    check_equal(gr_promise_reject(pair.into, -ETIMEDOUT), 0);
    check_equal(gr_future_await_or_detach(pair.from, NULL, 0, NULL, gr_now()), -ETIMEDOUT);
    check_equal(gr_future_await(pair.from, NULL, 0, gr_now()), -ESTALE);
    gr_future_drop(pair.to);
}

LONE_RUNNER_TEST(a_chain_that_has_no_memory_leaves_both_ends_as_they_were)
{
    for (size_t left = 0; left < 2; left++) {
        struct pair pair;
        int value = 0;
        make_pair(&pair);
        void *held = take_all_but(GR__BLOCK_MIN, left);
        check_equal(gr_future_chain(pair.from, pair.onward), -ENOMEM);
        give_all(held, GR__BLOCK_MIN);
        check_equal(gr_future_chain(pair.from, pair.onward), 0);
        check_equal(gr_promise_resolve(pair.into, &(int){9}, sizeof(int)), 0);
        check_equal(gr_future_await(pair.to, &value, sizeof value, gr_in(GR_SECOND)), 0);
        check_equal(value, 9);
    }
}

static gr_promise there;

/* Tell the test's loop where to settle, and wait for that here. */
static int wait_there(void *context)
{
    gr_future future;
    int value = 0;
    check_equal(gr_future_make(&future, &there), 0);
    check_equal(gr_promise_resolve(*(gr_promise *)context, NULL, 0), 0);
    check_equal(gr_future_await(future, &value, sizeof value, gr_in(10 * GR_SECOND)), 0);
    check_equal(value, 9);
    return 0;
}

RUNNER_TEST(an_outcome_that_has_no_memory_to_be_passed_on_is_passed_on_later)
{
    struct gr_scope scope;
    gr_future from, known;
    gr_promise into, know;
    check_equal(gr_future_make(&known, &know), 0);
    check_equal(gr_future_make(&from, &into), 0);
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, 1, wait_there, &know, NULL, NULL), 0);
    check_equal(gr_future_await(known, NULL, 0, gr_in(10 * GR_SECOND)), 0);
    check_equal(gr_future_chain(from, there), 0);
    check_equal(gr_promise_resolve(into, &(int){9}, sizeof(int)), 0);
    void *held = take_all(GR__BLOCK_MIN);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    give_all(held, GR__BLOCK_MIN);
    check_equal(gr_scope_close(&scope, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_passed_on_whether_it_was_there_or_comes),
        cmocka_unit_test(an_error_is_passed_on_with_its_details),
        cmocka_unit_test(a_buffer_is_moved_on_and_released_once),
        cmocka_unit_test(what_nobody_wants_any_more_is_released),
        cmocka_unit_test(a_failure_and_a_cancellation_are_passed_on),
        cmocka_unit_test(the_promise_may_be_another_loops_and_be_settled_from_a_third_thread),
        cmocka_unit_test(a_chain_of_many_links_is_walked_without_a_deep_stack),
        cmocka_unit_test(a_chain_that_is_broken_says_so_at_its_end),
        cmocka_unit_test(what_cannot_be_followed_is_refused),
        cmocka_unit_test(then_goes_on_from_a_result_and_from_what_comes_of_that),
        cmocka_unit_test(then_passes_a_failure_on_and_breaks_when_it_is_dropped),
        cmocka_unit_test(what_is_let_go_is_reported_when_it_fails),
        cmocka_unit_test(what_is_let_go_is_silent_where_it_succeeds_or_was_to_be_quiet),
        cmocka_unit_test(a_wait_that_is_late_lets_its_future_go_and_hears_of_it_no_more),
        cmocka_unit_test(a_result_that_is_itself_a_late_one_ends_its_future),
        cmocka_unit_test(a_chain_that_has_no_memory_leaves_both_ends_as_they_were),
        cmocka_unit_test(an_outcome_that_has_no_memory_to_be_passed_on_is_passed_on_later),
    };
    return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
