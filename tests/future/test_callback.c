/*
 * A callback is called once, when its future has settled, and not if it was taken back before.
 *
 * TORNADO: add_future, future_add_done_callback.
 */
#include <errno.h>

#include "lib/fixture.h"

struct settled {
    int calls;
    int value;
};

static void note_settled(gr_future future, void *context)
{
    struct settled *settled = context;
    settled->calls++;
    check_equal(gr_future_await(future, &settled->value, sizeof(int), GR_FOREVER), 0);
}

static void make(gr_future *ret_future, gr_promise *ret_promise)
{
    check_equal(gr_future_make(ret_future, ret_promise), 0);
}

static void resolve(gr_promise promise, int value)
{
    check_equal(gr_promise_resolve(promise, &value, sizeof value), 0);
}

/* Taken back before it settles, after that but before its turn, and too late. */
LONE_RUNNER_TEST(is_not_called_once_it_was_taken_back)
{
    for (int settle_first = 0; settle_first < 2; settle_first++) {
        gr_future future;
        gr_promise promise;
        struct settled settled = {0};
        make(&future, &promise);
        check(!gr_future_forget(future));
        check_equal(gr_future_on_settled(future, note_settled, &settled), 0);
        if (settle_first)
            resolve(promise, 5);
        check(gr_future_forget(future));
        check(!gr_future_forget(future));
        resolve(promise, 5);
        check_equal(gr_yield(), 0);
        check_equal(settled.calls, 0);

        /* The future is free for others. */
        int value = 0;
        check_equal(gr_future_await(future, &value, sizeof value, GR_FOREVER), 0);
        check_equal(value, 5);
        check(!gr_future_forget(future));
    }
}

LONE_RUNNER_TEST(is_not_called_when_its_future_is_dropped_between_settling_and_its_turn)
{
    gr_future future;
    gr_promise promise;
    struct settled settled = {0};
    make(&future, &promise);
    check_equal(gr_future_on_settled(future, note_settled, &settled), 0);
    resolve(promise, 5);
    gr_future_drop(future);
    check_equal(gr_yield(), 0);
    check_equal(settled.calls, 0);
}

LONE_RUNNER_TEST(keeps_others_from_the_future_until_its_turn)
{
    gr_future future;
    gr_promise promise;
    struct settled settled = {0};
    int value;
    make(&future, &promise);
    check_equal(gr_future_on_settled(future, note_settled, &settled), 0);
    resolve(promise, 5);
    check_equal(gr_future_await(future, &value, sizeof value, GR_FOREVER), -EBUSY);
    check_equal(gr_future_on_settled(future, note_settled, &settled), -EBUSY);
    check_equal(gr_yield(), 0);
    check_equal(settled.calls, 1);
    check_equal(settled.value, 5);
}

LONE_RUNNER_TEST(inline_it_is_called_at_once_where_the_future_has_settled)
{
    gr_future future;
    gr_promise promise;
    struct settled settled = {0};
    make(&future, &promise);
    resolve(promise, 5);
    check_equal(gr_future_on_settled_inline(future, note_settled, &settled), 0);
    check_equal(settled.calls, 1);
    check_equal(settled.value, 5);
    check_equal(gr_future_on_settled_inline(future, note_settled, &settled), -ESTALE);
}

LONE_RUNNER_TEST(inline_it_is_called_in_a_later_turn_where_the_future_has_not)
{
    gr_future future;
    gr_promise promise;
    struct settled settled = {0};
    make(&future, &promise);
    check_equal(gr_future_on_settled_inline(future, note_settled, &settled), 0);
    check_equal(gr_future_on_settled_inline(future, note_settled, &settled), -EBUSY);
    resolve(promise, 5);
    check_equal(settled.calls, 0);
    check_equal(gr_yield(), 0);
    check_equal(settled.calls, 1);
}

/* The run ends between settling and the callback's turn. */
LONE_RUNNER_TEST(is_gone_with_its_loop)
{
    static struct settled settled;
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    check_equal(gr_future_on_settled(future, note_settled, &settled), 0);
    expect_report("1 futures on loop 0 were neither awaited nor dropped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_not_called_once_it_was_taken_back),
        cmocka_unit_test(is_not_called_when_its_future_is_dropped_between_settling_and_its_turn),
        cmocka_unit_test(keeps_others_from_the_future_until_its_turn),
        cmocka_unit_test(inline_it_is_called_at_once_where_the_future_has_settled),
        cmocka_unit_test(inline_it_is_called_in_a_later_turn_where_the_future_has_not),
        cmocka_unit_test(is_gone_with_its_loop),
    };
    return cmocka_run_group_tests_name("callback", tests, NULL, NULL);
}
