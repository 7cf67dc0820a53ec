/* What does a scope cost: entered and left, with a runner in it, cancelled, with a deadline? */
#include <greenroom/greenroom.h>

#include <errno.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

static int count(void *context)
{
    ++*(uint64_t *)context;
    return 0;
}

static int enter_and_leave(void *context, uint64_t operations)
{
    (void)context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        struct gr_scope scope;
        gr_scope_open(&scope, NULL, GR_FOREVER);
        rc = gr_scope_close(&scope, 0);
    }
    return rc;
}

static int start_one(void *context, uint64_t operations)
{
    (void)context;
    uint64_t ran = 0;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        struct gr_scope scope;
        gr_scope_open(&scope, NULL, GR_FOREVER);
        rc = gr_scope_start(&scope, count, &ran, NULL, NULL);
        rc = gr_scope_close(&scope, rc);
    }
    return rc == 0 && ran != operations ? bench_wrong("a runner did not run") : rc;
}

static int wait_for_ever(void *context)
{
    (void)context;
    return gr_sleep(GR_FOREVER);
}

/* A runner that waits, cancelled by its scope; it is started and ends, too. */
static int cancel_one(void *context, uint64_t operations)
{
    (void)context;
    for (uint64_t i = 0; i < operations; i++) {
        struct gr_scope scope;
        gr_scope_open(&scope, NULL, GR_FOREVER);
        int rc = gr_scope_start(&scope, wait_for_ever, NULL, NULL, NULL);
        if (rc == 0)
            rc = gr_yield();
        gr_scope_cancel(&scope);
        if (gr_scope_close(&scope, rc) != -ECANCELED)
            return bench_wrong("it was not cancelled");
    }
    return 0;
}

/* A future that nobody settles, awaited in a scope that is cancelled: no switch, and nothing lost. */
static int await_in_vain(void *context, uint64_t operations)
{
    (void)context;
    gr_future future;
    gr_promise promise;
    struct gr_scope scope;
    int rc = gr_future_make(&future, &promise);
    if (rc < 0)
        return rc;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    gr_scope_cancel(&scope);
    for (uint64_t i = 0; i < operations; i++)
        if (gr_future_await(future, NULL, 0, GR_FOREVER) != -ECANCELED)
            rc = bench_wrong("it was not cancelled");
    int closed = gr_scope_close(&scope, rc);
    gr_future_drop(future);
    return closed == -ECANCELED ? 0 : closed;
}

static int set_deadline(void *context, uint64_t operations)
{
    (void)context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        struct gr_scope scope;
        gr_scope_open(&scope, NULL, gr_in(GR_SECOND));
        rc = gr_scope_close(&scope, 0);
    }
    return rc;
}

static int run(void *context)
{
    (void)context;
    const struct bench_row rows[] = {
        {.variant = "empty", .work = enter_and_leave},
        {.variant = "deadline met", .work = set_deadline},
        {.variant = "one runner", .work = start_one},
        {.variant = "one runner, cancelled", .work = cancel_one},
        {.variant = "cancelled await", .work = await_in_vain},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof *rows; i++) {
        struct bench_row row = rows[i];
        row.name = "scope";
        rc = bench_measure(&row);
    }
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
