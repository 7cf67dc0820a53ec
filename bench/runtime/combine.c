/*
 * How long does it take to wait for several things at once?
 *
 *     waits                               another task of the loop
 *     makes its futures, waits for  --->  settles each
 *     takes their numbers           <---
 *
 * An operation is a future: made, waited for with others or alone, settled, and taken. So what a
 * set costs is what its row takes more than the one of futures that are awaited one by one. In a
 * race of two, and in a wait within its time, an operation is the whole race: the future that is
 * made is settled, and what it runs against, another future and a timer, is withdrawn from.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { WIDE = 1000 };

static struct {
    gr_future futures[WIDE];
    gr_promise promises[WIDE];
    uint64_t numbers[WIDE];
    struct gr_future_wait waits[WIDE];
    struct gr_member members[WIDE];
    size_t count; /* to be settled */
} crowd;

static void settle(void *context)
{
    (void)context;
    for (uint64_t i = 0; i < crowd.count; i++)
        if (gr_promise_resolve(crowd.promises[i], &i, sizeof i) < 0)
            (void)bench_wrong("a future is gone");
}

static int make(size_t count)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = gr_future_make(&crowd.futures[i], &crowd.promises[i]);
    crowd.count = count;
    return rc < 0 ? rc : gr_post(-1, settle, NULL, NULL);
}

static void fill(size_t count)
{
    for (size_t i = 0; i < count; i++)
        crowd.members[i] = (struct gr_member){
            .awaitable = gr_future_awaitable(&crowd.waits[i], crowd.futures[i], &crowd.numbers[i],
                                             sizeof crowd.numbers[i])};
}

static int check(size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (crowd.numbers[i] != i)
            return bench_wrong("another future's number");
    return 0;
}

static int await_all(void *context, uint64_t operations)
{
    (void)context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i += WIDE) {
        rc = make(WIDE);
        fill(WIDE);
        if (rc == 0)
            rc = gr_all(crowd.members, WIDE, NULL, GR_FOREVER);
        if (rc == 0)
            rc = check(WIDE);
    }
    return rc;
}

static int await_each(void *context, uint64_t operations)
{
    (void)context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i += WIDE) {
        rc = make(WIDE);
        for (size_t j = 0; rc == 0 && j < WIDE; j++)
            rc = gr_future_await(crowd.futures[j], &crowd.numbers[j], sizeof crowd.numbers[j],
                                 GR_FOREVER);
        if (rc == 0)
            rc = check(WIDE);
    }
    return rc;
}

static int race_two(void *context, uint64_t operations)
{
    (void)context;
    gr_promise never;
    int rc = gr_future_make(&crowd.futures[1], &never);
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        rc = make(1);
        fill(2);
        if (rc == 0)
            rc = gr_race(crowd.members, 2, GR_FOREVER);
    }
    gr_future_drop(crowd.futures[1]);
    return rc;
}

static int await_within(void *context, uint64_t operations)
{
    (void)context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        struct gr_within within;
        rc = make(1);
        fill(1);
        if (rc == 0)
            rc =
                gr_await(gr_within_awaitable(&within, crowd.members[0].awaitable, gr_in(GR_SECOND)),
                         GR_FOREVER);
    }
    return rc;
}

static int await_by_deadline(void *context, uint64_t operations)
{
    (void)context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        rc = make(1);
        if (rc == 0)
            rc = gr_future_await(crowd.futures[0], &crowd.numbers[0], sizeof crowd.numbers[0],
                                 gr_in(GR_SECOND));
    }
    return rc;
}

static int run(void *context)
{
    (void)context;
    static const struct bench_row rows[] = {
        {.name = "combine", .variant = "one by one", .work = await_each, .step = WIDE},
        {.name = "combine", .variant = "all of 1,000", .work = await_all, .step = WIDE},
        {.name = "combine", .variant = "by a deadline", .work = await_by_deadline},
        {.name = "combine", .variant = "race of two", .work = race_two},
        {.name = "combine", .variant = "within its time", .work = await_within},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof *rows; i++)
        rc = bench_measure(&rows[i]);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
