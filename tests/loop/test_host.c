/* A loop knows no time, no wake-up and no chance but its host's: two of them run on a toy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fixture.h"
#include "lib/toy.h"
#include "loop/loop.h"
#include "loop/stratum.h"
#include "runner/park.h"

enum { LOOPS = 2, TRACE_MAX = 256 };

struct world {
    struct gr__depot depot;
    struct toy toys[LOOPS];
    struct gr__loop loops[LOOPS];
    char trace[TRACE_MAX];
};

static struct world *world;

static void note(const char *what)
{
    size_t length = strlen(world->trace);
    snprintf(world->trace + length, sizeof world->trace - length, "%s@%lld ", what,
             (long long)gr_now());
}

static struct world *make_world(uint64_t seed)
{
    world = aligned_alloc(alignof(struct world), sizeof *world);
    assert_non_null(world);
    memset(world, 0, sizeof *world);
    assert_int_equal(gr__depot_init(&world->depot), 0);
    for (unsigned i = 0; i < LOOPS; i++) {
        world->toys[i] = make_toy(1000, seed + i);
        assert_int_equal(
            gr__loop_init(&world->loops[i], i, LOOPS, &world->toys[i].host, &world->depot), 0);
        gr__loop_current = &world->loops[i];
        assert_int_equal(gr__strata_start(&world->loops[i]), 0);
    }
    return world;
}

static void end_world(void)
{
    for (unsigned i = 0; i < LOOPS; i++) {
        gr__loop_close(&world->loops[i]);
        gr__strata_done(&world->loops[i]);
    }
    for (unsigned i = 0; i < LOOPS; i++)
        gr__loop_done(&world->loops[i]);
    gr__depot_done(&world->depot);
    gr__loop_current = NULL;
    free(world);
}

static bool has_work(const struct gr__loop *loop)
{
    return loop->ready.first != NULL || gr__loop_mail(loop);
}

/* Turn each loop by hand; when none has work, let time pass to the first timer. False: no timer. */
static bool step(void)
{
    gr_time earliest = GR_FOREVER;
    bool work = false;
    for (unsigned i = 0; i < LOOPS; i++)
        gr__loop_turn(&world->loops[i], false);
    for (unsigned i = 0; i < LOOPS; i++) {
        gr_time next = gr__wheel_next(&world->loops[i].wheel);
        work = work || has_work(&world->loops[i]);
        earliest = next < earliest ? next : earliest;
    }
    if (work || earliest == GR_FOREVER)
        return work;
    for (unsigned i = 0; i < LOOPS; i++)
        world->toys[i].now = earliest;
    return true;
}

static void run_world(void)
{
    int steps = 0;
    while (step())
        assert_true(++steps < 10000);
}

static int start_on(unsigned loop, gr_runner_fn *run, void *context)
{
    gr__loop_current = &world->loops[loop];
    return gr_runner_start(run, context, NULL, NULL);
}

static int sleep_an_hour(void *context)
{
    (void)context;
    note("asleep");
    int rc = gr_sleep(gr_in(3600 * GR_SECOND));
    note("awake");
    return rc;
}

static void wakes_to_the_hosts_clock(void **state)
{
    (void)state;
    make_world(1);
    assert_int_equal(start_on(0, sleep_an_hour, NULL), 0);
    run_world();
    assert_string_equal(world->trace, "asleep@1000 awake@3600000001000 ");
    end_world();
}

static gr_promise promise;

static int await_result(void *context)
{
    gr_future future;
    assert_int_equal(gr_future_make(&future, &promise), 0);
    int rc = gr_future_await(future, NULL, 0, gr_in(*(gr_time *)context));
    note(gr_error_name(rc));
    gr_future_drop(future);
    return 0;
}

static int resolve_after_5(void *context)
{
    (void)context;
    int rc = gr_sleep(5000);
    assert_int_equal(rc, 0);
    note("settles");
    return gr_promise_resolve(promise, NULL, 0);
}

static void carries_results_between_its_loops(void **state)
{
    (void)state;
    make_world(1);
    assert_int_equal(start_on(0, await_result, &(gr_time){GR_SECOND}), 0);
    assert_int_equal(start_on(1, resolve_after_5, NULL), 0);
    run_world();
    assert_string_equal(world->trace, "settles@5000 0@5000 ");
    end_world();
}

static void lets_deadlines_pass_by_the_hosts_clock(void **state)
{
    (void)state;
    make_world(1);
    assert_int_equal(start_on(0, await_result, &(gr_time){100}), 0);
    assert_int_equal(start_on(1, resolve_after_5, NULL), 0);
    run_world();
    assert_string_equal(world->trace, "ETIMEDOUT@1100 settles@5000 ");
    end_world();
}

static int sleep_by_chance(void *context)
{
    for (int i = 0; i < 5; i++) {
        if (gr_sleep(gr_in((gr_time)(gr_random() % 1000))) < 0)
            return -EIO;
        note(context);
    }
    return 0;
}

static void run_by_chance(uint64_t seed, char *ret_trace)
{
    make_world(seed);
    assert_int_equal(start_on(0, sleep_by_chance, "a"), 0);
    assert_int_equal(start_on(1, sleep_by_chance, "b"), 0);
    run_world();
    strcpy(ret_trace, world->trace);
    end_world();
}

static void repeats_itself_from_a_seed(void **state)
{
    (void)state;
    char first[TRACE_MAX], again[TRACE_MAX], other[TRACE_MAX];
    run_by_chance(7, first);
    run_by_chance(7, again);
    run_by_chance(8, other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wakes_to_the_hosts_clock),
        cmocka_unit_test(carries_results_between_its_loops),
        cmocka_unit_test(lets_deadlines_pass_by_the_hosts_clock),
        cmocka_unit_test(repeats_itself_from_a_seed),
    };
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
