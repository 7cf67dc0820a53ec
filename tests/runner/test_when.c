/*
 * A wait by callback is told once, later and in time, of whatever can be awaited, or was withdrawn.
 *
 * (Tornado: add_future.)
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "lib/fixture.h"

struct told {
    int calls;
    int status;
    gr_time at;
};

static void tell(int status, void *context)
{
    struct told *told = context;
    told->calls++;
    told->status = status;
    told->at = gr_clock();
}

/* A future, awaited. */
struct promised {
    gr_future future;
    gr_promise promise;
    int value;
    struct gr_future_wait wait;
    struct gr_awaitable *awaitable;
    struct told told;
    gr_callback callback;
};

static void make(struct promised *promised)
{
    *promised = (struct promised){.value = -1};
    check_equal(gr_future_make(&promised->future, &promised->promise), 0);
    promised->awaitable = gr_future_awaitable(&promised->wait, promised->future, &promised->value,
                                              sizeof promised->value);
}

static void hook(struct promised *promised, gr_time deadline)
{
    check_equal(gr_when(promised->awaitable, tell, &promised->told, &promised->callback, deadline),
                0);
}

static void resolve(struct promised *promised, int value)
{
    check_equal(gr_promise_resolve(promised->promise, &value, sizeof value), 0);
}

LONE_RUNNER_TEST(is_told_the_outcome_in_a_later_turn)
{
    struct promised one;
    make(&one);
    hook(&one, GR_FOREVER);
    resolve(&one, 42);
    check_equal(one.told.calls, 0);
    check_soon(one.told.calls == 1);
    check_equal(one.told.status, 0);
    check_equal(one.value, 42);
    check(!gr_callback_cancel(one.callback));
}

LONE_RUNNER_TEST(is_told_in_a_later_turn_of_what_is_ready_already)
{
    struct promised one;
    make(&one);
    resolve(&one, 42);
    hook(&one, gr_now() - 1);
    check_equal(one.told.calls, 0);
    check_equal(one.value, -1);
    check_soon(one.told.calls == 1);
    check_equal(one.told.status, 0);
    check_equal(one.value, 42);
}

LONE_RUNNER_TEST(is_told_of_a_failure)
{
    struct promised one;
    make(&one);
    hook(&one, GR_FOREVER);
    check_equal(gr_promise_reject(one.promise, -EIO), 0);
    check_soon(one.told.calls == 1);
    check_equal(one.told.status, -EIO);
}

LONE_RUNNER_TEST(is_told_when_its_deadline_has_passed_and_loses_nothing)
{
    struct promised one;
    make(&one);
    gr_time deadline = gr_in(2 * GR_MILLISECOND);
    hook(&one, deadline);
    check_soon(one.told.calls == 1);
    check_equal(one.told.status, -ETIMEDOUT);
    check(one.told.at >= deadline);
    resolve(&one, 42);
    check_equal(gr_await(one.awaitable, gr_now()), 0);
    check_equal(one.value, 42);
}

LONE_RUNNER_TEST(is_told_at_once_of_a_deadline_that_has_passed)
{
    struct promised one;
    make(&one);
    hook(&one, gr_now() - 1);
    check_equal(one.told.calls, 0);
    check_soon(one.told.calls == 1);
    check_equal(one.told.status, -ETIMEDOUT);
    gr_future_drop(one.future);
}

static void resolve_one(void *one)
{
    resolve(one, 42);
}

/* The deadline passes, and before the callback's turn comes the result is there. */
LONE_RUNNER_TEST(is_told_the_outcome_that_comes_between_its_deadline_and_its_turn)
{
    struct promised one;
    make(&one);
    gr_time at = gr_in(GR_MILLISECOND);
    check_equal(gr_call_at(at, resolve_one, &one, NULL, NULL), 0);
    hook(&one, at);
    check_soon(one.told.calls == 1);
    check(one.told.status == 0 || one.told.status == -ETIMEDOUT);
    if (one.told.status < 0)
        check_equal(gr_await(one.awaitable, gr_now()), 0);
    check_equal(one.value, 42);
}

LONE_RUNNER_TEST(is_not_told_once_it_was_cancelled_and_loses_nothing)
{
    struct promised waiting, woken, there;
    make(&waiting);
    make(&woken);
    make(&there);
    resolve(&there, 3);
    hook(&waiting, gr_in(GR_MILLISECOND));
    hook(&woken, gr_in(GR_MILLISECOND));
    hook(&there, gr_in(GR_MILLISECOND));
    resolve(&woken, 2);
    check(gr_callback_cancel(waiting.callback));
    check(!gr_callback_cancel(waiting.callback));
    check(gr_callback_cancel(there.callback));
    bool withdrawn = gr_callback_cancel(woken.callback);
    check_equal(gr_sleep(gr_in(3 * GR_MILLISECOND)), 0);
    check_equal(waiting.told.calls + there.told.calls, 0);
    check_equal(woken.told.calls, withdrawn ? 0 : 1);
    if (withdrawn)
        check_equal(gr_await(woken.awaitable, gr_now()), 0);
    check_equal(gr_await(there.awaitable, gr_now()), 0);
    check_equal(there.value + woken.value, 5);
    gr_future_drop(waiting.future);
    check(!gr_callback_cancel((gr_callback){0}));
}

LONE_RUNNER_TEST(waits_in_line_with_runners_and_passes_a_grant_on)
{
    struct gr_semaphore semaphore;
    struct gr_semaphore_wait waits[3];
    struct told told[3] = {{0}};
    gr_callback callbacks[3];
    gr_semaphore_init(&semaphore, 0, 0);
    for (int i = 0; i < 3; i++)
        check_equal(gr_when(gr_semaphore_awaitable(&waits[i], &semaphore, 1), tell, &told[i],
                            &callbacks[i], GR_FOREVER),
                    0);
    check_equal(gr_semaphore_release(&semaphore, 1), 0);
    check(gr_callback_cancel(callbacks[0])); /* granted, and passed on */
    check_soon(told[1].calls == 1);
    check_equal(told[0].calls + told[2].calls, 0);
    check_equal(gr_semaphore_release(&semaphore, 1), 0);
    check_soon(told[2].calls == 1);
    gr_semaphore_done(&semaphore);
}

/* What is there when it is asked for, another takes before its turn: so it waits for the next. */
LONE_RUNNER_TEST(waits_where_what_was_there_is_taken_before_its_turn)
{
    struct gr_semaphore semaphore;
    struct gr_semaphore_wait wait;
    struct told told = {0};
    gr_semaphore_init(&semaphore, 1, 0);
    check_equal(
        gr_when(gr_semaphore_awaitable(&wait, &semaphore, 1), tell, &told, NULL, GR_FOREVER), 0);
    check_equal(gr_semaphore_try_acquire(&semaphore, 1), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(told.calls, 0);
    check_equal(gr_semaphore_release(&semaphore, 1), 0);
    check_soon(told.calls == 1);
    check_equal(told.status, 0);
    gr_semaphore_done(&semaphore);
}

LONE_RUNNER_TEST(is_refused_what_cannot_be_awaited)
{
    struct promised one;
    make(&one);
    hook(&one, GR_FOREVER);
    struct gr_future_wait second;
    int value;
    check_equal(gr_when(gr_future_awaitable(&second, one.future, &value, sizeof value), tell, NULL,
                        NULL, GR_FOREVER),
                -EBUSY);
    check_equal(gr_when(NULL, tell, NULL, NULL, GR_FOREVER), GR_ENOTAWAITABLE);
    check_equal(gr_when(&(struct gr_awaitable){NULL}, tell, NULL, NULL, GR_FOREVER),
                GR_ENOTAWAITABLE);
    check(gr_callback_cancel(one.callback));
    gr_future_drop(one.future);
}

static void wait_and_tell(int status, void *context)
{
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    tell(status, context);
}

LONE_RUNNER_TEST(may_wait_itself)
{
    struct promised one;
    make(&one);
    check_equal(gr_when(one.awaitable, wait_and_tell, &one.told, NULL, GR_FOREVER), 0);
    resolve(&one, 1);
    check_soon(one.told.calls == 1);
}

static struct promised left;
static int refused;

static void tell_and_ask_again(int status, void *context)
{
    tell(status, context);
    refused = gr_when(left.awaitable, tell, &left.told, NULL, GR_FOREVER);
    gr_future_drop(left.future);
}

static int leave_one(void *context)
{
    (void)context;
    make(&left);
    return gr_when(left.awaitable, tell_and_ask_again, &left.told, NULL, gr_in(GR_SECOND));
}

static void is_told_when_its_loop_stops_and_then_refused(void **state)
{
    (void)state;
    run_in_fleet(leave_one, &(struct gr_options){.loops = 1});
    assert_int_equal(left.told.calls, 1);
    assert_int_equal(left.told.status, -ECANCELED);
    assert_int_equal(refused, -ESHUTDOWN);
}

/* To withdraw it takes for ever. */
static bool cancel_never(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    int rc = gr_sleep(GR_FOREVER);
    gr_shield_lower(&shield);
    return rc == 0;
}

static bool not_ready(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return false;
}

static int keep_waiter(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    (void)awaitable, (void)waiter;
    return 0;
}

static int take_nothing(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return 0;
}

static const struct gr_awaitable_type stubborn_type = {"an eternity", not_ready, keep_waiter,
                                                       take_nothing, cancel_never};

static int leave_a_stubborn_one(void *context)
{
    static struct gr_awaitable awaitable = {&stubborn_type};
    static struct told told;
    (void)context;
    expect_report("a callback was never told of an eternity");
    expect_report("a callback still waits for a point in time");
    return gr_when(&awaitable, tell, &told, NULL, GR_FOREVER);
}

static void is_named_when_its_loop_is_cut_off(void **state)
{
    (void)state;
    run_in_fleet(leave_a_stubborn_one,
                 &(struct gr_options){.loops = 1, .stop_within = 5 * GR_MILLISECOND});
}

LONE_RUNNER_TEST(is_refused_without_memory)
{
    enum { MANY = 20000 };
    static struct promised many[MANY];
    int made = 0, rc = 0;
    for (int i = 0; i < MANY; i++)
        make(&many[i]);
    gr__memory_fail_after(0);
    while (rc == 0 && made < MANY) {
        rc =
            gr_when(many[made].awaitable, tell, &many[made].told, &many[made].callback, GR_FOREVER);
        made++;
    }
    gr__memory_fail_after(-1);
    check_equal(rc, -ENOMEM);
    for (int i = 0; i < made - 1; i++)
        check(gr_callback_cancel(many[i].callback));
    for (int i = 0; i < MANY; i++)
        gr_future_drop(many[i].future);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_told_the_outcome_in_a_later_turn),
        cmocka_unit_test(is_told_in_a_later_turn_of_what_is_ready_already),
        cmocka_unit_test(is_told_of_a_failure),
        cmocka_unit_test(is_told_when_its_deadline_has_passed_and_loses_nothing),
        cmocka_unit_test(is_told_at_once_of_a_deadline_that_has_passed),
        cmocka_unit_test(is_told_the_outcome_that_comes_between_its_deadline_and_its_turn),
        cmocka_unit_test(is_not_told_once_it_was_cancelled_and_loses_nothing),
        cmocka_unit_test(waits_in_line_with_runners_and_passes_a_grant_on),
        cmocka_unit_test(waits_where_what_was_there_is_taken_before_its_turn),
        cmocka_unit_test(is_refused_what_cannot_be_awaited),
        cmocka_unit_test(may_wait_itself),
        cmocka_unit_test(is_told_when_its_loop_stops_and_then_refused),
        cmocka_unit_test(is_named_when_its_loop_is_cut_off),
        cmocka_unit_test(is_refused_without_memory),
    };
    return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
