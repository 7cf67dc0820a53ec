/*
 * A call is made once at its time, or cancelled, or discarded: never two of these, and never none.
 *
 * (Tornado: add_timeout, call_later, call_at, remove_timeout.)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lib/fixture.h"

static char trace[32];

static void note(void *name)
{
    strncat(trace, name, sizeof trace - strlen(trace) - 1);
}

static void note_discard(void *name)
{
    note("-");
    note(name);
}

static gr_call call_at(gr_time at, char *name)
{
    gr_call call = {0};
    check_equal(gr_call_at(at, note, name, note_discard, &call), 0);
    return call;
}

static bool traced(const char *wanted)
{
    return check_at(strcmp(trace, wanted) == 0, __FILE__, __LINE__, "the trace is '%s', not '%s'",
                    trace, wanted);
}

LONE_RUNNER_TEST(is_made_in_a_later_turn_even_when_its_time_has_passed)
{
    trace[0] = '\0';
    call_at(gr_now() - GR_SECOND, "a");
    call_at(0, "b");
    traced("");
    check_soon(strcmp(trace, "ab") == 0);
}

static gr_time made_at;

static void note_time(void *context)
{
    (void)context;
    made_at = gr_clock();
}

LONE_RUNNER_TEST(is_made_at_its_time_and_not_before)
{
    made_at = 0;
    gr_time at = gr_in(5 * GR_MILLISECOND);
    check_equal(gr_call_at(at, note_time, NULL, NULL, NULL), 0);
    check_soon(made_at != 0);
    check(made_at >= at);
}

LONE_RUNNER_TEST(keeps_the_order_of_times_and_of_asking)
{
    trace[0] = '\0';
    gr_time now = gr_now();
    call_at(now + 3 * GR_MILLISECOND, "e");
    call_at(now + 2 * GR_MILLISECOND, "b");
    call_at(now + 1 * GR_MILLISECOND, "a");
    call_at(now + 2 * GR_MILLISECOND, "c");
    call_at(now + 2 * GR_MILLISECOND, "d");
    check_soon(strlen(trace) == 5);
    traced("abcde");
}

static void wait_and_note(void *name)
{
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    note(name);
}

LONE_RUNNER_TEST(may_wait_and_keeps_no_other_waiting)
{
    trace[0] = '\0';
    check_equal(gr_call_at(gr_now(), wait_and_note, "b", NULL, NULL), 0);
    call_at(gr_now(), "a");
    check_soon(strcmp(trace, "ab") == 0);
}

LONE_RUNNER_TEST(is_not_made_once_it_was_cancelled)
{
    trace[0] = '\0';
    gr_call soon = call_at(gr_in(GR_MILLISECOND), "a");
    gr_call never = call_at(GR_FOREVER, "b");
    check(gr_call_cancel(soon));
    check(gr_call_cancel(never));
    check(!gr_call_cancel(soon));
    check(!gr_call_cancel(never));
    check(!gr_call_cancel((gr_call){0}));
    check_equal(gr_sleep(gr_in(3 * GR_MILLISECOND)), 0);
    traced("");
}

static gr_call victim;

static void cancel_victim(void *context)
{
    (void)context;
    check(gr_call_cancel(victim));
    check(!gr_call_cancel(victim));
}

/*
 *     time comes       first's turn          second's turn
 *     first  READY --> cancels the second
 *     second READY                           nothing
 */
LONE_RUNNER_TEST(is_not_made_when_it_is_cancelled_between_its_time_and_its_turn)
{
    trace[0] = '\0';
    gr_time at = gr_in(GR_MILLISECOND);
    check_equal(gr_call_at(at, cancel_victim, NULL, NULL, NULL), 0);
    victim = call_at(at, "b");
    call_at(at, "c");
    check_soon(strcmp(trace, "c") == 0);
}

static void cancel_oneself(void *context)
{
    check(!gr_call_cancel(victim));
    note(context);
}

LONE_RUNNER_TEST(is_not_cancelled_by_a_handle_that_is_late)
{
    trace[0] = '\0';
    check_equal(gr_call_at(gr_now(), cancel_oneself, "a", NULL, &victim), 0);
    check_soon(strcmp(trace, "a") == 0);

    /* The slot's next life is another call: the old handle does not cancel it. */
    gr_call next = call_at(gr_in(GR_MILLISECOND), "b");
    check(next.name != victim.name);
    check(!gr_call_cancel(victim));
    check_soon(strcmp(trace, "ab") == 0);
}

RUNNER_TEST(is_cancelled_from_another_loop_by_a_post)
{
    trace[0] = '\0';
    victim = call_at(gr_in(GR_SECOND), "a");
    check_equal(gr_post(0, cancel_victim, NULL, NULL), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check(!gr_call_cancel(victim));
    traced("");
}

static void free_payload(void *payload)
{
    free(payload);
    note("-");
}

static int leave_calls(void *context)
{
    (void)context;
    call_at(GR_FOREVER, "f");
    call_at(gr_in(GR_SECOND), "s");
    return gr_call_at(gr_in(GR_SECOND), note, malloc(10), free_payload, NULL);
}

static void ask_again(void *context)
{
    (void)context;
    note("-");
    check_equal(gr_call_at(gr_now(), note, "a", NULL, NULL), -ESHUTDOWN);
}

static int leave_one(void *context)
{
    (void)context;
    return gr_call_at(GR_FOREVER, note, NULL, ask_again, NULL);
}

static void is_refused_while_its_loop_stops(void **state)
{
    (void)state;
    trace[0] = '\0';
    run_in_fleet(leave_one, &(struct gr_options){.loops = 1});
    assert_string_equal(trace, "-");
}

static void is_discarded_when_its_loop_stops_first(void **state)
{
    (void)state;
    trace[0] = '\0';
    run_in_fleet(leave_calls, &(struct gr_options){.loops = 1});
    assert_int_equal(strlen(trace), 5);
    assert_null(strchr(trace, 'a'));
}

static int leave_calls_and_stay(void *context)
{
    int rc = leave_calls(context);
    gr_stop();
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    if (rc == 0)
        rc = gr_sleep(GR_FOREVER);
    gr_shield_lower(&shield);
    return rc;
}

static void is_discarded_when_its_loop_is_cut_off(void **state)
{
    (void)state;
    trace[0] = '\0';
    struct gr_options options = {.loops = 2, .stop_within = 5 * GR_MILLISECOND};
    assert_int_equal(gr_run(leave_calls_and_stay, NULL, &options), -ETIMEDOUT);
    assert_int_equal(strlen(trace), 5);
}

LONE_RUNNER_TEST(is_refused_without_memory)
{
    enum { MANY = 100000 };
    static gr_call calls[MANY];
    int count = 0, rc = 0;
    gr__memory_fail_after(0);
    while (rc == 0 && count < MANY)
        rc = gr_call_at(GR_FOREVER, note, "a", NULL, &calls[count++]);
    gr__memory_fail_after(-1);
    check_equal(rc, -ENOMEM);
    while (--count > 0)
        check(gr_call_cancel(calls[count - 1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_made_in_a_later_turn_even_when_its_time_has_passed),
        cmocka_unit_test(is_made_at_its_time_and_not_before),
        cmocka_unit_test(keeps_the_order_of_times_and_of_asking),
        cmocka_unit_test(may_wait_and_keeps_no_other_waiting),
        cmocka_unit_test(is_not_made_once_it_was_cancelled),
        cmocka_unit_test(is_not_made_when_it_is_cancelled_between_its_time_and_its_turn),
        cmocka_unit_test(is_not_cancelled_by_a_handle_that_is_late),
        cmocka_unit_test(is_cancelled_from_another_loop_by_a_post),
        cmocka_unit_test(is_refused_while_its_loop_stops),
        cmocka_unit_test(is_discarded_when_its_loop_stops_first),
        cmocka_unit_test(is_discarded_when_its_loop_is_cut_off),
        cmocka_unit_test(is_refused_without_memory),
    };
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
