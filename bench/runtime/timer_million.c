/*
 * What does a timer take when a million are pending at once?
 *
 *     start ... start ---- 1,000,000 pending, due at random within an hour ---- cancel ... cancel
 *       ns each              bytes each                                           ns each
 *
 *     start ... start ---- 100,000, due at random within 1 ms ---- all have come
 *       ns each, from the first start to the last message
 *
 * A timer is a message that sends itself later: a slot of 56 bytes, which the wheel links into a
 * list, and a line of the cache for the message. A million of them are more than a cache of the
 * core's own holds, so what dominates is memory. While both are taken and given back in order, the
 * processor fetches them ahead of time, and a start or a cancel takes hardly more than it does
 * alone (bench/runtime/timer.c). Cancelled in any order they and their neighbours in the list lie
 * anywhere, though several can be fetched at once; and from then on the free ones form a chain
 * through all of memory, in which only one says where the next is: a start then takes what the
 * memory takes to answer.
 *
 * One that comes due moves down the wheel about three times, since many are due in the same
 * microsecond, and is then handled as any message.
 */
#include <greenroom/greenroom.h>

#include <errno.h>
#include <stdlib.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define HOUR (3600 * GR_SECOND)
#define DUE_APART 10 /* nanoseconds, in the mean */

/* Who gets the messages. */
struct sink {
    uint64_t wanted;
    uint64_t seen;
    gr_promise all;
};

/* Those that are pending. */
struct timers {
    uint64_t count;
    gr_send_timer *names;
    gr_actor sink;
    struct gr__random random;
};

/* Let who waits know, too. */
static int fail(gr_promise all, const char *what)
{
    int rc = gr_promise_reject(all, -EBADMSG);
    return rc < 0 ? rc : bench_wrong(what);
}

/* The message is when it is due. */
static int take(struct gr_self *self, const struct gr_message *message)
{
    struct sink *sink = self->state;
    if (gr_now() < *(const gr_time *)message->data)
        return fail(sink->all, "a timer came early");
    if (++sink->seen < sink->wanted)
        return 0;
    return gr_promise_resolve(sink->all, &sink->seen, sizeof sink->seen);
}

static const struct gr_behavior sinks = {.name = "sink",
                                         .receive = take,
                                         .start = bench_argument_is_state,
                                         .state_bytes = sizeof(struct sink)};

/* Start them all, due at random within a length of time. */
static int start_all(struct timers *timers, gr_time within)
{
    gr_time now = gr_now();
    for (uint64_t i = 0; i < timers->count; i++) {
        gr_time at = now + 1 + (gr_time)gr__random_below(&timers->random, (uint64_t)within);
        int rc = gr_send_after(at, timers->sink, 0, &at, sizeof at, &timers->names[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int cancel_all(const struct timers *timers)
{
    for (uint64_t i = 0; i < timers->count; i++)
        if (!gr_send_cancel(timers->names[i]))
            return bench_wrong("a timer was not pending");
    return 0;
}

static void shuffle(struct timers *timers)
{
    for (uint64_t i = timers->count; i > 1; i--) {
        uint64_t other = gr__random_below(&timers->random, i);
        gr_send_timer name = timers->names[i - 1];
        timers->names[i - 1] = timers->names[other];
        timers->names[other] = name;
    }
}

/* Start all and cancel them, in order or not; the nanoseconds that each took. */
static int start_and_cancel(struct timers *timers, bool shuffled, double *ret_start,
                            double *ret_cancel)
{
    bench_watch();
    uint64_t began = bench_now();
    int rc = start_all(timers, HOUR);
    uint64_t started = bench_now();
    if (rc < 0)
        return rc;

    if (shuffled)
        shuffle(timers);
    uint64_t cancelling = bench_now();
    rc = cancel_all(timers);
    *ret_start = (double)(started - began) / (double)timers->count;
    *ret_cancel = (double)(bench_now() - cancelling) / (double)timers->count;
    return rc;
}

/* The first start tells: no memory has been used and given back before. */
static int measure_bytes(struct timers *timers)
{
    double cpu = bench_cpu_seconds();
    uint64_t before = bench_resident();
    int rc = start_all(timers, HOUR);
    if (rc < 0)
        return rc;

    double bytes = ((double)bench_resident() - (double)before) / (double)timers->count;
    bench_print("timer_million", "bytes", "bytes", &bytes, 1, timers->count,
                bench_cpu_seconds() - cpu);
    return cancel_all(timers);
}

static void print(const char *variant, double *values, const struct timers *timers, double cpu)
{
    size_t samples = (size_t)bench_samples();
    bench_print("timer_million", variant, "ns", values, samples, samples * timers->count,
                bench_cpu_seconds() - cpu);
}

/* Two rows. The processor time of each is that of both. */
static int measure_pending(struct timers *timers, bool shuffled)
{
    static double start[BENCH_SAMPLES_MAX], cancel[BENCH_SAMPLES_MAX];
    int rc = start_and_cancel(timers, shuffled, start, cancel); /* does not count */
    double cpu = bench_cpu_seconds();
    for (int i = 0; rc == 0 && i < bench_samples(); i++)
        rc = start_and_cancel(timers, shuffled, &start[i], &cancel[i]);
    if (rc < 0)
        return rc;
    print(shuffled ? "start, of scattered memory" : "start", start, timers, cpu);
    print(shuffled ? "cancel, in any order" : "cancel", cancel, timers, cpu);
    return 0;
}

/* All that are started here come to this actor; its state is `sink` at first. */
static int spawn_sink(struct timers *timers, const struct sink *sink)
{
    struct gr_actor_options options = {.argument = sink, .argument_bytes = sizeof *sink};
    return gr_actor_spawn(&sinks, &options, &timers->sink);
}

static int come_due(void *context)
{
    struct timers *timers = context;
    struct sink sink = {.wanted = timers->count};
    gr_future all;
    int rc = gr_future_make(&all, &sink.all);
    if (rc == 0)
        rc = spawn_sink(timers, &sink);
    if (rc == 0)
        rc = start_all(timers, (gr_time)timers->count * DUE_APART);
    if (rc == 0)
        rc = bench_await_count(all, timers->count, "timers that came due");
    return rc < 0 ? rc : gr_actor_stop(timers->sink, 0);
}

static int measure_due(const struct timers *timers)
{
    struct timers due = *timers;
    due.count = bench_scaled(100000);
    return bench_program(&(struct bench_program){.name = "timer_million",
                                                 .variant = "start, and all come due",
                                                 .run = come_due,
                                                 .context = &due,
                                                 .operations = due.count});
}

/* Shuffled cancels scatter the free memory, so what needs it in order comes before. */
static int measure(struct timers *timers)
{
    struct sink none = {0};
    int rc = spawn_sink(timers, &none);
    if (rc == 0)
        rc = measure_bytes(timers);
    if (rc == 0)
        rc = measure_pending(timers, false);
    if (rc == 0)
        rc = measure_due(timers);
    if (rc == 0)
        rc = measure_pending(timers, true);
    return rc;
}

/* The names are in memory before any are counted. */
static int run(void *context)
{
    (void)context;
    struct timers timers = {.count = bench_scaled(1000000)};
    timers.names = malloc(timers.count * sizeof *timers.names);
    if (timers.names == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < timers.count; i++)
        timers.names[i].name = i + 1;

    gr__random_seed(&timers.random, 1);
    int rc = measure(&timers);
    free(timers.names);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
