/*
 * What does a callback that waits take, of memory and of time?
 *
 *     make a future, hook a callback    1,000,000 of them
 *     settle each                       each is called, and takes its number
 *
 * A future is a line of the cache, and a callback of gr_future_on_settled() another: 128 bytes. What
 * is measured above that is not in use: the futures' table and the pool grow by huge pages, and the
 * rests of their last ones come to 2 bytes for each of a million waits. gr_when() waits for anything:
 * beside the future it takes a slot of 104 bytes, and the awaitable, which is the caller's, here with
 * its number 56. A waiting runner takes a page of stack (waiting_task.c).
 */
#include <greenroom/greenroom.h>

#include <errno.h>
#include <stdlib.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

/* One that waits by gr_when(), and where its number goes. */
struct waiting {
    struct gr_future_wait wait;
    uint64_t number;
};

struct crowd {
    uint64_t count;
    gr_promise *promises;
    struct waiting *waiting; /* NULL: hooked by gr_future_on_settled() */
    uint64_t sum;            /* of the numbers that came */
    uint64_t told;
};

static void on_settled(gr_future future, void *context)
{
    struct crowd *crowd = context;
    uint64_t number = 0;
    crowd->told += gr_future_await(future, &number, sizeof number, GR_FOREVER) == 0;
    crowd->sum += number;
}

static void on_told(int status, void *context)
{
    struct crowd *crowd = context;
    crowd->told += status == 0;
}

static int hook(struct crowd *crowd, uint64_t i)
{
    gr_future future;
    int rc = gr_future_make(&future, &crowd->promises[i]);
    if (rc < 0)
        return rc;
    if (crowd->waiting == NULL)
        return gr_future_on_settled(future, on_settled, crowd);

    struct waiting *waiting = &crowd->waiting[i];
    return gr_when(
        gr_future_awaitable(&waiting->wait, future, &waiting->number, sizeof waiting->number),
        on_told, crowd, NULL, GR_FOREVER);
}

static int hook_all(struct crowd *crowd)
{
    int rc = 0;
    crowd->sum = crowd->told = 0;
    for (uint64_t i = 0; rc == 0 && i < crowd->count; i++)
        rc = hook(crowd, i);
    return rc;
}

static int settle_all(struct crowd *crowd)
{
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < crowd->count; i++)
        rc = gr_promise_resolve(crowd->promises[i], &i, sizeof i);
    while (rc == 0 && crowd->told < crowd->count)
        rc = gr_yield();
    for (uint64_t i = 0; crowd->waiting != NULL && i < crowd->count; i++)
        crowd->sum += crowd->waiting[i].number;
    if (rc == 0 && crowd->sum != crowd->count * (crowd->count - 1) / 2)
        return bench_wrong("callbacks did not get their numbers");
    return rc;
}

static int play(void *context)
{
    int rc = hook_all(context);
    return rc < 0 ? rc : settle_all(context);
}

/* The first time tells: no memory has been used and given back before. */
static int measure_bytes(struct crowd *crowd, const char *variant)
{
    double cpu = bench_cpu_seconds();
    uint64_t before = bench_resident();
    int rc = hook_all(crowd);
    if (rc < 0)
        return rc;

    double bytes = ((double)bench_resident() - (double)before) / (double)crowd->count;
    bench_print("waiting_callback", variant, "bytes", &bytes, 1, crowd->count,
                bench_cpu_seconds() - cpu);
    return settle_all(crowd);
}

static int measure(struct crowd *crowd, const char *bytes, const char *time)
{
    int rc = measure_bytes(crowd, bytes);
    if (rc < 0)
        return rc;
    return bench_program(&(struct bench_program){.name = "waiting_callback",
                                                 .variant = time,
                                                 .run = play,
                                                 .context = crowd,
                                                 .operations = crowd->count});
}

/* The promises are in memory before any byte is counted; the awaitables are counted. */
static int run(void *context)
{
    (void)context;
    struct crowd crowd = {.count = bench_scaled(1000000)};
    crowd.promises = malloc(crowd.count * sizeof *crowd.promises);
    struct waiting *waiting = malloc(crowd.count * sizeof *waiting);
    int rc = crowd.promises == NULL || waiting == NULL ? -ENOMEM : 0;
    for (uint64_t i = 0; rc == 0 && i < crowd.count; i++)
        crowd.promises[i].name = i;
    if (rc == 0)
        rc = measure(&crowd, "bytes", "start and release");
    crowd.waiting = waiting;
    if (rc == 0)
        rc = measure(&crowd, "when, bytes beside the future", "when, hook and call");
    free(crowd.promises);
    free(waiting);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
