/*
 * How long is a work on another thread under way, alone and among a thousand?
 *
 * Alone, the cost is two sleepers that are woken: a thread of the executor, by its condition, and
 * the loop, which sleeps meanwhile. Among a thousand nobody sleeps for long, and what is left is
 * the lock, the two blocks of memory and the post back.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { AT_ONCE = 1000 };

static int add_one(const struct gr_work *work, const void *argument, void *result)
{
    (void)work;
    *(uint64_t *)result = *(const uint64_t *)argument + 1;
    return 0;
}

static int one_by_one(void *context, uint64_t operations)
{
    uint64_t sum = 0;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++)
        rc = gr_executor_run(*(gr_executor *)context, add_one, &sum, sizeof sum, &sum, sizeof sum,
                             GR_FOREVER);
    return rc == 0 && sum != operations ? bench_wrong("works were lost") : rc;
}

static int take(gr_future future, uint64_t wanted)
{
    uint64_t found;
    int rc = gr_future_await(future, &found, sizeof found, GR_FOREVER);
    return rc == 0 && found != wanted ? bench_wrong("another work's result") : rc;
}

static int at_once(void *context, uint64_t operations)
{
    static gr_future futures[AT_ONCE];
    int rc = 0;
    for (uint64_t done = 0; rc == 0 && done < operations; done += AT_ONCE) {
        for (uint64_t i = 0; rc == 0 && i < AT_ONCE; i++)
            rc = gr_executor_submit(*(gr_executor *)context, add_one, &i, sizeof i, sizeof i,
                                    &futures[i], GR_FOREVER);
        for (uint64_t i = 0; rc == 0 && i < AT_ONCE; i++)
            rc = take(futures[i], i + 1);
    }
    return rc;
}

static int run(void *context)
{
    (void)context;
    gr_executor executor;
    int rc =
        gr_executor_make(&(struct gr_executor_options){.name = "bench", .threads = 1}, &executor);
    if (rc < 0)
        return rc;
    rc = bench_measure(&(struct bench_row){
        .name = "executor", .variant = "one by one", .work = one_by_one, .context = &executor});
    if (rc == 0)
        rc = bench_measure(&(struct bench_row){.name = "executor",
                                               .variant = "1,000 at once, each",
                                               .work = at_once,
                                               .context = &executor,
                                               .step = AT_ONCE});
    int closed = gr_executor_close(executor, GR_FOREVER);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
