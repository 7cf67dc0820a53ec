/*
 * The fixture: a test's body as the main runner of a fleet, checked for what it leaves behind.
 *
 *     RUNNER_TEST(a_claim) { ... check_equal(...); ... }      on two loops
 *     LONE_RUNNER_TEST(a_claim) { ... }                       on one
 *
 * A check that fails is noted, printed, and fails the test on cmocka's own stack once the
 * fleet has ended; the body goes on, since neither its stack nor its thread is cmocka's. So
 * does each line that the run reports, save those that the test said it expects: a test
 * that leaves a future, an actor, a stream or a byte behind has failed.
 */
#ifndef GREENROOM_TESTS_FIXTURE_H
#define GREENROOM_TESTS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <greenroom/greenroom.h>

/* Run a body in a fleet of its own, and fail the cmocka test that calls this if it failed. */
void run_in_fleet(gr_runner_fn *body, const struct gr_options *options);

/* The same, with the options' own report function; returns what the run did. */
int run_reporting(gr_runner_fn *body, void *context, const struct gr_options *options);

#define FLEET_TEST(name, loop_count)                                                               \
    static void name##_body(void);                                                                 \
    static int name##_run(void *context)                                                           \
    {                                                                                              \
        (void)context;                                                                             \
        name##_body();                                                                             \
        return 0;                                                                                  \
    }                                                                                              \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        run_in_fleet(name##_run, &(struct gr_options){.loops = (loop_count)});                     \
    }                                                                                              \
    static void name##_body(void)

#define RUNNER_TEST(name) FLEET_TEST(name, 2)
#define LONE_RUNNER_TEST(name) FLEET_TEST(name, 1)

/* Note a failure unless `ok`; returns `ok`. Any thread. */
bool check_at(bool ok, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

bool check_equal_at(intmax_t found, intmax_t wanted, const char *text, const char *file, int line);

#define check(condition) check_at((condition), __FILE__, __LINE__, "%s", #condition)
#define check_equal(found, wanted)                                                                 \
    check_equal_at((intmax_t)(found), (intmax_t)(wanted), #found, __FILE__, __LINE__)

/* Let the run report lines that contain this; the test fails if none does. */
void expect_report(const char *part);

/* Call a function on a thread of its own, and return when it has. The loop stands still. */
void on_another_thread(void (*call)(void *context), void *context);

/* Call a function as a runner on a loop, and wait until it has returned. */
void on_loop(int loop, gr_task_fn *call, void *context);

/*
 * Wait until a condition holds, letting the loops turn; notes a failure after ten seconds, or when
 * the runner is cancelled, since nothing would turn the loops then.
 */
#define check_soon(condition)                                                                      \
    do {                                                                                           \
        gr_time give_up = gr_in(10 * GR_SECOND);                                                   \
        while (!(condition) && gr_now() < give_up)                                                 \
            if (!check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0))                                  \
                break;                                                                             \
        check(condition);                                                                          \
    } while (0)

#endif
