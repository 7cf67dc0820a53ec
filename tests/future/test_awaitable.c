/* A future as an awaitable gives what awaiting it gives, and is another's as long as nobody waits. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

static void make(gr_future *ret_future, gr_promise *ret_promise)
{
    check_equal(gr_future_make(ret_future, ret_promise), 0);
}

static void resolve_with_42(void *promise)
{
    check_equal(gr_promise_resolve(*(gr_promise *)promise, &(int){42}, sizeof(int)), 0);
}

LONE_RUNNER_TEST(gives_what_awaiting_the_future_gives)
{
    for (int before = 0; before < 2; before++) {
        gr_future future;
        gr_promise promise;
        struct gr_future_wait wait;
        int value = 0;
        make(&future, &promise);
        if (before)
            resolve_with_42(&promise);
        else
            check_equal(gr_post(-1, resolve_with_42, &promise, NULL), 0);
        struct gr_awaitable *awaitable = gr_future_awaitable(&wait, future, &value, sizeof value);
        check_equal(gr_await(awaitable, GR_FOREVER), 0);
        check_equal(value, 42);
        check_equal(gr_await(awaitable, GR_FOREVER), -ESTALE);
    }
}

LONE_RUNNER_TEST(gives_a_failure)
{
    gr_future future;
    gr_promise promise;
    struct gr_future_wait wait;
    make(&future, &promise);
    check_equal(gr_promise_reject(promise, -EIO), 0);
    check_equal(gr_await(gr_future_awaitable(&wait, future, NULL, 0), GR_FOREVER), -EIO);
}

LONE_RUNNER_TEST(gives_a_buffer)
{
    gr_future future;
    gr_promise promise;
    struct gr_future_wait wait;
    struct gr_buffer got;
    make(&future, &promise);
    check_equal(gr_promise_resolve(promise, "abc", 3), 0);
    check_equal(gr_await(gr_future_awaitable_buffer(&wait, future, &got), GR_FOREVER), 0);
    check_equal(got.size, 3);
    check_equal(memcmp(got.data, "abc", 3), 0);
    gr_buffer_release(&got);
}

LONE_RUNNER_TEST(is_left_be_by_a_take_of_the_wrong_size)
{
    gr_future future;
    gr_promise promise;
    struct gr_future_wait wait;
    int64_t wide = -1;
    int narrow = 0;
    make(&future, &promise);
    check_equal(gr_post(-1, resolve_with_42, &promise, NULL), 0);
    check_equal(gr_await(gr_future_awaitable(&wait, future, &wide, sizeof wide), GR_FOREVER),
                -EMSGSIZE);
    check_equal(gr_future_await(future, &narrow, sizeof narrow, GR_FOREVER), 0);
    check_equal(narrow, 42);
}

LONE_RUNNER_TEST(withdraws_at_the_deadline_and_is_awaited_again)
{
    gr_future future;
    gr_promise promise;
    struct gr_future_wait wait;
    int value = 0;
    make(&future, &promise);
    struct gr_awaitable *awaitable = gr_future_awaitable(&wait, future, &value, sizeof value);
    check_equal(gr_await(awaitable, gr_now()), -ETIMEDOUT);
    check_equal(gr_await(awaitable, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    resolve_with_42(&promise);
    check_equal(gr_await(awaitable, gr_now()), 0);
    check_equal(value, 42);
}

LONE_RUNNER_TEST(is_stale_once_the_future_is_dropped)
{
    gr_future future;
    gr_promise promise;
    struct gr_future_wait wait;
    make(&future, &promise);
    struct gr_awaitable *awaitable = gr_future_awaitable(&wait, future, NULL, 0);
    gr_future_drop(future);
    check_equal(gr_await(awaitable, GR_FOREVER), -ESTALE);
    check_equal(gr_await(gr_future_awaitable(&wait, (gr_future){0}, NULL, 0), GR_FOREVER), -ESTALE);
}

static int await_it(void *future)
{
    return gr_future_await(*(gr_future *)future, NULL, 0, gr_in(10 * GR_SECOND));
}

/*
 *     main                            first
 *                                     parked in await
 *     awaits: refused
 *     resolve: first is woken
 *     awaits: refused, it is first's
 *                                     takes the result
 */
LONE_RUNNER_TEST(is_refused_while_another_waits_and_until_that_one_has_taken)
{
    gr_future future;
    gr_promise promise;
    gr_runner first;
    struct gr_future_wait wait;
    make(&future, &promise);
    struct gr_awaitable *awaitable = gr_future_awaitable(&wait, future, NULL, 0);
    check_equal(gr_runner_start(await_it, &future, NULL, &first), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_await(awaitable, GR_FOREVER), -EBUSY);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
    check_equal(gr_await(awaitable, GR_FOREVER), -EBUSY);
    check_equal(gr_future_await(future, NULL, 0, GR_FOREVER), -EBUSY);
    check_equal(gr_runner_join(first, gr_in(GR_SECOND)), 0);
    check_equal(gr_await(awaitable, GR_FOREVER), -ESTALE);
}

/* TORNADO: maybe_future. */
LONE_RUNNER_TEST(is_ready_at_once_where_it_was_made_so)
{
    gr_future future;
    int value = 0;
    check_equal(gr_future_make_ready(&(int){7}, sizeof value, &future), 0);
    check_equal(gr_future_await(future, &value, sizeof value, gr_now()), 0);
    check_equal(value, 7);

    static char bytes[GR_FUTURE_VALUE_MAX + 1];
    check_equal(gr_future_make_ready(bytes, sizeof bytes, &future), -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_awaiting_the_future_gives),
        cmocka_unit_test(gives_a_failure),
        cmocka_unit_test(gives_a_buffer),
        cmocka_unit_test(is_left_be_by_a_take_of_the_wrong_size),
        cmocka_unit_test(withdraws_at_the_deadline_and_is_awaited_again),
        cmocka_unit_test(is_stale_once_the_future_is_dropped),
        cmocka_unit_test(is_refused_while_another_waits_and_until_that_one_has_taken),
        cmocka_unit_test(is_ready_at_once_where_it_was_made_so),
    };
    return cmocka_run_group_tests_name("awaitable", tests, NULL, NULL);
}
