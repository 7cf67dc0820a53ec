/*
 * A periodic keeps its period, makes up for nothing that it missed, never overlaps, and ends once.
 *
 * (Tornado: PeriodicCallback.) Where the time matters it is a toy host's, which moves when told.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "lib/fixture.h"
#include "lib/toy.h"
#include "loop/loop.h"

/* --- On a clock that moves when told --------------------------------------------------------- */

static struct gr__depot depot;
static struct toy toy;
static struct gr__loop loop;

static void begin(uint64_t seed)
{
    toy = make_toy(GR_SECOND, seed);
    assert_int_equal(gr__depot_init(&depot), 0);
    assert_int_equal(gr__loop_init(&loop, 0, 1, &toy.host, &depot), 0);
    gr__loop_current = &loop;
    assert_int_equal(gr__strata_start(&loop), 0);
}

static void end(void)
{
    gr__loop_close(&loop);
    gr__strata_done(&loop);
    gr__loop_done(&loop);
    gr__depot_done(&depot);
}

static void advance(gr_time length)
{
    toy.now += length;
    gr__loop_turn(&loop, false);
    gr__loop_turn(&loop, false);
}

static int count(void *calls)
{
    ++*(int *)calls;
    return 0;
}

static void is_called_a_period_apart_and_does_not_drift(void **state)
{
    (void)state;
    int calls = 0;
    begin(1);
    assert_int_equal(gr_periodic_start(100, count, &calls, NULL, NULL), 0);
    advance(99);
    assert_int_equal(calls, 0);
    advance(1);
    assert_int_equal(calls, 1);
    for (int i = 0; i < 10; i++)
        advance(90); /* late by up to 90 */
    assert_int_equal(calls, 10);
    end();
}

static void skips_what_it_missed_and_keeps_its_times(void **state)
{
    (void)state;
    int calls = 0;
    begin(1);
    assert_int_equal(gr_periodic_start(100, count, &calls, NULL, NULL), 0);
    advance(1050);
    assert_int_equal(calls, 1);
    advance(49);
    assert_int_equal(calls, 1);
    advance(1);
    assert_int_equal(calls, 2);
    end();
}

static int take_long(void *calls)
{
    toy.now += 250;
    return count(calls);
}

static void skips_what_it_missed_while_it_ran(void **state)
{
    (void)state;
    int calls = 0;
    begin(1);
    assert_int_equal(gr_periodic_start(100, take_long, &calls, NULL, NULL), 0);
    advance(100); /* due at 100, returns at 350 */
    assert_int_equal(calls, 1);
    advance(49);
    assert_int_equal(calls, 1);
    advance(1);
    assert_int_equal(calls, 2);
    end();
}

static void survives_a_clock_that_leaps(void **state)
{
    (void)state;
    int calls = 0;
    begin(1);
    assert_int_equal(gr_periodic_start(100, count, &calls, NULL, NULL), 0);
    advance(1000 * 365 * 24 * (gr_time)3600 / 10 * GR_SECOND); /* a century */
    assert_int_equal(calls, 1);
    advance(100);
    assert_int_equal(calls, 2);
    end();
}

static void may_have_the_longest_period_there_is(void **state)
{
    (void)state;
    int calls = 0;
    begin(1);
    struct gr_periodic_options options = {.jitter = 1};
    assert_int_equal(gr_periodic_start(GR_FOREVER, count, &calls, NULL, NULL), 0);
    assert_int_equal(gr_periodic_start(GR_FOREVER, count, &calls, &options, NULL), 0);
    advance(3600 * GR_SECOND);
    assert_int_equal(calls, 0);
    end();
}

enum { LENGTHS = 1000, PERIOD = 1000 };

struct lengths {
    gr_time last;
    int count;
    gr_time length[LENGTHS];
};

static int note_length(void *context)
{
    struct lengths *lengths = context;
    lengths->length[lengths->count++ % LENGTHS] = toy.now - lengths->last;
    lengths->last = toy.now;
    return 0;
}

static void play_with_jitter(uint64_t seed, struct lengths *lengths)
{
    begin(seed);
    *lengths = (struct lengths){.last = toy.now};
    struct gr_periodic_options options = {.jitter = 0.2};
    assert_int_equal(gr_periodic_start(PERIOD, note_length, lengths, &options, NULL), 0);
    while (lengths->count < LENGTHS)
        advance(1);
    end();
}

static void varies_its_period_about_the_middle_by_the_seed(void **state)
{
    (void)state;
    static struct lengths first, again, other;
    play_with_jitter(7, &first);
    play_with_jitter(7, &again);
    play_with_jitter(8, &other);
    gr_time sum = 0, least = GR_FOREVER, most = 0;
    for (int i = 0; i < LENGTHS; i++) {
        sum += first.length[i];
        least = first.length[i] < least ? first.length[i] : least;
        most = first.length[i] > most ? first.length[i] : most;
    }
    assert_in_range(least, PERIOD * 9 / 10 - 1, PERIOD * 92 / 100);
    assert_in_range(most, PERIOD * 108 / 100, PERIOD * 11 / 10 + 1);
    assert_in_range(sum / LENGTHS, PERIOD * 99 / 100, PERIOD * 101 / 100);
    assert_memory_equal(first.length, again.length, sizeof first.length);
    assert_memory_not_equal(first.length, other.length, sizeof first.length);
}

static void count_end(void *ended)
{
    ++*(int *)ended;
}

static void is_discarded_when_its_loop_comes_down_without_a_stop(void **state)
{
    (void)state;
    int ended = 0;
    begin(1);
    struct gr_periodic_options options = {.discard = count_end};
    assert_int_equal(gr_periodic_start(100, count, &ended, &options, NULL), 0);
    end();
    assert_int_equal(ended, 1);
}

/* --- On a loop of its own -------------------------------------------------------------------- */

#define TICK (GR_MILLISECOND / 2)

static int calls_made, discarded;

static void count_discard(void *context)
{
    (void)context;
    discarded++;
}

static const struct gr_periodic_options counted = {.name = "clock", .discard = count_discard};

static gr_periodic start(gr_periodic_fn *run, void *context)
{
    gr_periodic periodic = {0};
    calls_made = discarded = 0;
    check_equal(gr_periodic_start(TICK, run, context, &counted, &periodic), 0);
    return periodic;
}

static int under_way, overlaps;

static int wait_for_long(void *context)
{
    (void)context;
    overlaps += under_way++;
    check_equal(gr_sleep(gr_in(5 * TICK)), 0);
    under_way--;
    calls_made++;
    return 0;
}

LONE_RUNNER_TEST(never_overlaps_itself)
{
    overlaps = under_way = 0;
    gr_periodic periodic = start(wait_for_long, NULL);
    check_soon(calls_made >= 3);
    check_equal(overlaps, 0);
    gr_periodic_stop(periodic);
    check_soon(under_way == 0);
}

static int break_down(void *context)
{
    (void)context;
    calls_made++;
    return -EIO;
}

LONE_RUNNER_TEST(reports_failures_and_goes_on)
{
    expect_report("periodic 'clock' on loop 0 failed");
    gr_periodic periodic = start(break_down, NULL);
    check_soon(calls_made >= 3);
    check(gr_periodic_stop(periodic));
    check_equal(discarded, 0);
}

LONE_RUNNER_TEST(ends_with_its_first_failure_if_it_is_to)
{
    expect_report("periodic 'fuse' on loop 0 failed");
    struct gr_periodic_options options = {
        .name = "fuse", .stop_on_failure = true, .discard = count_discard};
    gr_periodic periodic;
    calls_made = discarded = 0;
    check_equal(gr_periodic_start(TICK, break_down, NULL, &options, &periodic), 0);
    check_soon(discarded == 1);
    check_equal(calls_made, 1);
    check(!gr_periodic_stop(periodic));
}

static int count_call(void *context)
{
    (void)context;
    calls_made++;
    return 0;
}

LONE_RUNNER_TEST(is_stopped_from_outside)
{
    gr_periodic periodic = start(count_call, NULL);
    check_soon(calls_made >= 2);
    check(gr_periodic_stop(periodic));
    check(!gr_periodic_stop(periodic));
    check(!gr_periodic_stop((gr_periodic){0}));
    int calls = calls_made;
    check_equal(gr_sleep(gr_in(5 * TICK)), 0);
    check_equal(calls_made, calls);
    check_equal(discarded, 0);
}

static int stop_oneself(void *periodic)
{
    calls_made++;
    check(!gr_periodic_stop(*(gr_periodic *)periodic));
    check(!gr_periodic_stop(*(gr_periodic *)periodic));
    check_equal(discarded, 0);
    return 0;
}

LONE_RUNNER_TEST(is_stopped_from_within_and_discarded_when_it_has_returned)
{
    static gr_periodic periodic;
    periodic = start(stop_oneself, &periodic);
    check_soon(discarded == 1);
    check_equal(gr_sleep(gr_in(5 * TICK)), 0);
    check_equal(calls_made, 1);
}

LONE_RUNNER_TEST(is_stopped_while_a_call_waits_and_discarded_when_it_has_returned)
{
    overlaps = under_way = 0;
    gr_periodic periodic = start(wait_for_long, NULL);
    check_soon(under_way == 1);
    check(!gr_periodic_stop(periodic));
    check_equal(discarded, 0);
    check_soon(discarded == 1);
    check_equal(calls_made, 1);
}

static gr_periodic ready;

static void stop_ready(void *context)
{
    (void)context;
    check(gr_periodic_stop(ready));
}

/* The call and the periodic are due at once; the one whose turn comes first stops the other. */
LONE_RUNNER_TEST(is_stopped_between_its_time_and_its_turn)
{
    check_equal(gr_call_at(gr_in(TICK), stop_ready, NULL, NULL, NULL), 0);
    ready = start(count_call, NULL);
    check_equal(gr_sleep(gr_in(5 * TICK)), 0);
    check_equal(calls_made, 0);
    check_equal(discarded, 0);
}

static void discard_and_start_again(void *context)
{
    (void)context;
    discarded++;
    check_equal(gr_periodic_start(TICK, count_call, NULL, NULL, NULL), -ESHUTDOWN);
}

static void hold_the_end(void *context)
{
    (void)context;
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    check_equal(gr_sleep(gr_in(20 * TICK)), 0);
    gr_shield_lower(&shield);
}

static int wait_for_the_end(void *context)
{
    (void)context;
    under_way++;
    check_equal(gr_sleep(GR_FOREVER), -ECANCELED);
    calls_made++;
    return 0;
}

static int leave_periodics(void *context)
{
    (void)context;
    check_equal(gr_post(-1, hold_the_end, NULL, NULL), 0);
    start(wait_for_the_end, NULL);
    check_soon(under_way == 1);
    struct gr_periodic_options options = {.discard = discard_and_start_again};
    return gr_periodic_start(GR_SECOND, count_call, NULL, &options, NULL);
}

static void is_discarded_when_its_loop_stops(void **state)
{
    (void)state;
    under_way = 0;
    run_in_fleet(leave_periodics, &(struct gr_options){.loops = 1});
    assert_int_equal(discarded, 2);
    assert_int_equal(calls_made, 1);
}

LONE_RUNNER_TEST(is_refused_without_memory)
{
    enum { MANY = 100000 };
    static gr_periodic periodics[MANY];
    int made = 0, rc = 0;
    gr__memory_fail_after(0);
    while (rc == 0 && made < MANY)
        rc = gr_periodic_start(3600 * GR_SECOND, count_call, NULL, NULL, &periodics[made++]);
    gr__memory_fail_after(-1);
    check_equal(rc, -ENOMEM);
    while (--made > 0)
        check(gr_periodic_stop(periodics[made - 1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_called_a_period_apart_and_does_not_drift),
        cmocka_unit_test(skips_what_it_missed_and_keeps_its_times),
        cmocka_unit_test(skips_what_it_missed_while_it_ran),
        cmocka_unit_test(survives_a_clock_that_leaps),
        cmocka_unit_test(may_have_the_longest_period_there_is),
        cmocka_unit_test(varies_its_period_about_the_middle_by_the_seed),
        cmocka_unit_test(is_discarded_when_its_loop_comes_down_without_a_stop),
        cmocka_unit_test(never_overlaps_itself),
        cmocka_unit_test(reports_failures_and_goes_on),
        cmocka_unit_test(ends_with_its_first_failure_if_it_is_to),
        cmocka_unit_test(is_stopped_from_outside),
        cmocka_unit_test(is_stopped_from_within_and_discarded_when_it_has_returned),
        cmocka_unit_test(is_stopped_while_a_call_waits_and_discarded_when_it_has_returned),
        cmocka_unit_test(is_stopped_between_its_time_and_its_turn),
        cmocka_unit_test(is_discarded_when_its_loop_stops),
        cmocka_unit_test(is_refused_without_memory),
    };
    return cmocka_run_group_tests_name("periodic", tests, NULL, NULL);
}
