/*
 * How long does an ask take at its slowest, one in a hundred, one in ten thousand?
 *
 *     main runner                    counter, on this loop or on the other
 *      clock
 *      ask, number ---------------->
 *           <----------- number + 1            200,000 times, one after the other
 *      clock: one more in its bucket
 *
 * A row is a percentile of the latencies of a sample. `nothing` reads the clock twice and asks
 * nobody: what it takes is in the other rows, too, and its slowest tell how often the machine
 * itself stops a thread.
 *
 * Latencies are counted in buckets as HdrHistogram's: to the nanosecond below 64, and 64 buckets
 * to each power of two above.
 */
#include <stdio.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

#define FINE_BITS 6
#define FINE ((uint64_t)1 << FINE_BITS)
#define BUCKETS ((64 - FINE_BITS + 1) * FINE)

struct percentile {
    const char *name;
    uint64_t one_in; /* as many are slower */
};

static const struct percentile percentiles[] = {
    {"p50", 2}, {"p90", 10}, {"p99", 100}, {"p99.9", 1000}, {"p99.99", 10000}};

#define PERCENTILES (sizeof percentiles / sizeof percentiles[0])

struct latencies {
    uint64_t asks; /* of a sample */
    uint64_t buckets[BUCKETS];
    double samples[PERCENTILES][BENCH_SAMPLES_MAX];
};

static uint64_t bucket_of(uint64_t ns)
{
    if (ns < FINE)
        return ns;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - FINE_BITS;
    return shift * FINE + (ns >> shift);
}

/* The middle of what is counted there, in nanoseconds. */
static double middle_of(uint64_t bucket)
{
    if (bucket < FINE)
        return (double)bucket;
    uint64_t shift = bucket / FINE - 1;
    uint64_t low = (FINE + bucket % FINE) << shift;
    return (double)low + (double)(((uint64_t)1 << shift) - 1) / 2;
}

/* What one in so many takes, or longer. */
static double slowest(const struct latencies *latencies, uint64_t one_in)
{
    uint64_t slower = latencies->asks / one_in, bucket = BUCKETS;
    for (uint64_t count = 0; count <= slower && bucket > 0;)
        count += latencies->buckets[--bucket];
    return middle_of(bucket);
}

static int reply_next(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    uint64_t next = *(const uint64_t *)message->data + 1;
    return gr_reply(message, &next, sizeof next);
}

static const struct gr_behavior counts = {.name = "counter", .receive = reply_next};

/* Ask whom there is to ask, as often as a sample says. */
static int take_sample(struct latencies *latencies, const gr_actor *counter)
{
    uint64_t number = 0;
    bench_watch();
    memset(latencies->buckets, 0, sizeof latencies->buckets);
    for (uint64_t i = 0; i < latencies->asks; i++) {
        int rc = 0;
        uint64_t before = bench_now();
        if (counter != NULL)
            rc = gr_ask(*counter, 0, &number, sizeof number, &number, sizeof number, GR_FOREVER);
        uint64_t after = bench_now();
        if (rc < 0)
            return rc;
        latencies->buckets[bucket_of(after - before)]++;
    }
    return counter == NULL || number == latencies->asks ? 0 : bench_wrong("the last number");
}

static void print(struct latencies *latencies, const char *whom, double cpu_seconds)
{
    int samples = bench_samples();
    for (size_t i = 0; i < PERCENTILES; i++) {
        char variant[32];
        snprintf(variant, sizeof variant, "%s, %s", whom, percentiles[i].name);
        bench_print("ask_latency", variant, "ns", latencies->samples[i], (size_t)samples,
                    latencies->asks * (uint64_t)samples, cpu_seconds);
    }
}

/* The rows of one counter, or of none. The first sample warms up. */
static int measure(struct latencies *latencies, const char *whom, const gr_actor *counter)
{
    int rc = take_sample(latencies, counter);
    double cpu = bench_cpu_seconds();
    for (int sample = 0; rc == 0 && sample < bench_samples(); sample++) {
        rc = take_sample(latencies, counter);
        for (size_t i = 0; i < PERCENTILES; i++)
            latencies->samples[i][sample] = slowest(latencies, percentiles[i].one_in);
    }
    if (rc == 0)
        print(latencies, whom, bench_cpu_seconds() - cpu);
    return rc;
}

static int measure_on(struct latencies *latencies, const char *whom, int where)
{
    struct gr_actor_options options = {.where = where};
    gr_actor counter;
    int rc = gr_actor_spawn(&counts, &options, &counter);
    if (rc < 0)
        return rc;
    rc = measure(latencies, whom, &counter);
    int stopped = gr_actor_stop(counter, 0);
    return rc < 0 ? rc : stopped;
}

static int run(void *context)
{
    (void)context;
    static struct latencies latencies;
    latencies.asks = bench_scaled(200000);
    int rc = measure(&latencies, "nothing", NULL);
    if (rc == 0)
        rc = measure_on(&latencies, "one loop", GR_HERE);
    if (rc == 0)
        rc = measure_on(&latencies, "two loops", GR_ON_LOOP(1));
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
