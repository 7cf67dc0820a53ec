/*
 * The fixture: noting failures and reports, from whichever thread they come.
 */
#include "lib/fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { EXPECTED_MAX = 8 };

/* Of the test under way; behind the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned failures;
static struct expected {
    const char *part;
    bool seen;
} expected[EXPECTED_MAX];
static unsigned expected_count;

bool check_at(bool ok, const char *file, int line, const char *format, ...)
{
    if (ok)
        return true;

    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    failures++;
    fprintf(stderr, "%s:%d: not so: ", file, line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    pthread_mutex_unlock(&lock);
    va_end(arguments);
    return false;
}

bool check_equal_at(intmax_t found, intmax_t wanted, const char *text, const char *file, int line)
{
    return check_at(found == wanted, file, line, "%s is %jd (%s), not %jd (%s)", text, found,
                    gr_error_name((int)found), wanted, gr_error_name((int)wanted));
}

void expect_report(const char *part)
{
    pthread_mutex_lock(&lock);
    assert_true(expected_count < EXPECTED_MAX);
    expected[expected_count++] = (struct expected){part, false};
    pthread_mutex_unlock(&lock);
}

static void note_report(void *context, const char *line)
{
    (void)context;
    bool wanted = false;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < expected_count; i++) {
        if (strstr(line, expected[i].part) == NULL)
            continue;
        expected[i].seen = true;
        wanted = true;
    }
    pthread_mutex_unlock(&lock);
    check_at(wanted, "report", 0, "%s", line);
}

static void fail_if_any_failed(void)
{
    if (failures > 0)
        fail_msg("%u checks failed", failures);
}

int run_reporting(gr_runner_fn *body, void *context, const struct gr_options *options)
{
    failures = 0;
    int rc = gr_run(body, context, options);
    fail_if_any_failed();
    return rc;
}

void run_in_fleet(gr_runner_fn *body, const struct gr_options *options)
{
    struct gr_options watched = *options;
    watched.report = note_report;
    failures = 0;
    expected_count = 0;
    int rc = gr_run(body, NULL, &watched);
    check_equal(rc, 0);
    for (unsigned i = 0; i < expected_count; i++)
        check_at(expected[i].seen, "report", 0, "nothing was reported about: %s", expected[i].part);
    fail_if_any_failed();
}

struct call {
    void (*call)(void *context);
    void *context;
    gr_promise promise;
};

static void *thread_main(void *context)
{
    const struct call *call = context;
    call->call(call->context);
    return NULL;
}

void on_another_thread(void (*function)(void *context), void *context)
{
    struct call call = {.call = function, .context = context};
    pthread_t thread;
    if (check_equal(pthread_create(&thread, NULL, thread_main, &call), 0))
        pthread_join(thread, NULL);
}

static void call_and_settle(void *context)
{
    const struct call *call = context;
    gr_promise promise = call->promise;
    call->call(call->context);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
}

void on_loop(int loop, gr_task_fn *function, void *context)
{
    struct call call = {.call = function, .context = context};
    gr_future future;
    if (!check_equal(gr_future_make(&future, &call.promise), 0))
        return;
    if (check_equal(gr_post(loop, call_and_settle, &call, NULL), 0))
        check_equal(gr_future_await(future, NULL, 0, gr_in(30 * GR_SECOND)), 0);
    else
        gr_future_drop(future);
}
