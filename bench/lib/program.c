/*
 * How a program of the suite is measured: run whole, as often as fills a sample.
 *
 * The first sample warms caches and pools up and does not count. A run of more than half a second
 * is its own average, so one sample will do.
 */
#include "bench/lib/program.h"

#include "bench/lib/bench.h"

#define SAMPLE_NS 20000000u
#define LONG_RUN_NS 500000000u

/* Run so many times; nanoseconds, or a negative errno. */
static int64_t run_times(const struct bench_program *program, uint64_t times)
{
    bench_watch();
    uint64_t before = bench_now();
    for (uint64_t i = 0; i < times; i++) {
        int rc = program->run(program->context);
        if (rc < 0)
            return rc;
    }
    return (int64_t)(bench_now() - before);
}

/* How many runs fill a sample. Runs that many, or more, to find out. */
static int64_t runs_in_sample(const struct bench_program *program, int64_t *ret_run_ns)
{
    uint64_t runs = 1;
    for (;;) {
        int64_t elapsed = run_times(program, runs);
        if (elapsed < 0)
            return elapsed;
        *ret_run_ns = elapsed / (int64_t)runs;
        if (elapsed >= (int64_t)SAMPLE_NS)
            return (int64_t)(SAMPLE_NS / (uint64_t)*ret_run_ns + 1);
        runs *= 2;
    }
}

int bench_program(const struct bench_program *program)
{
    double values[BENCH_SAMPLES_MAX];
    int64_t run_ns = 0;
    int64_t runs = runs_in_sample(program, &run_ns);
    if (runs < 0)
        return (int)runs;

    int samples = run_ns > (int64_t)LONG_RUN_NS ? 1 : bench_samples();
    uint64_t operations = (uint64_t)runs * program->operations;
    double cpu = bench_cpu_seconds();
    for (int i = 0; i < samples; i++) {
        int64_t elapsed = run_times(program, (uint64_t)runs);
        if (elapsed < 0)
            return (int)elapsed;
        values[i] = (double)elapsed / (double)operations;
    }
    bench_print(program->name, program->variant, "ns", values, (size_t)samples,
                operations * (uint64_t)samples, bench_cpu_seconds() - cpu);
    if (program->ret_least != NULL)
        *program->ret_least = values[0];
    return 0;
}

int bench_with_cost_and_without(int (*measure)(bool costs, const char *variant))
{
    int rc = measure(true, NULL);
    return rc < 0 ? rc : measure(false, "no cost");
}
