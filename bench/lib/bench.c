/*
 * How a benchmark measures.
 *
 * The operation count grows from one step until a sample lasts long enough for the clock and for
 * what else the machine does; the growing runs double as the warm-up, and none of them counts.
 */
#include "bench/lib/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_NS 20000000u
#define GROWTH_MAX 50
#define SCALE_MIN 0.001
#define SCALE_MAX 1000.0
#define PATIENCE 60 /* seconds */

static int samples = 7;
static int loops;
static double scale = 1;

static void refuse(const char *option, const char *value, double least, double most)
{
    fprintf(stderr, "%s wants a number from %g to %g, not %s\n", option, least, most, value);
    exit(2);
}

static int number(const char *option, const char *value, int most)
{
    char *end;
    long n = strtol(value, &end, 10);
    if (end == value || *end != '\0' || n < 1 || n > most)
        refuse(option, value, 1, most);
    return (int)n;
}

static double factor(const char *option, const char *value)
{
    char *end;
    double n = strtod(value, &end);
    if (end == value || *end != '\0' || !(n >= SCALE_MIN && n <= SCALE_MAX))
        refuse(option, value, SCALE_MIN, SCALE_MAX);
    return n;
}

static void give_up(int signal)
{
    static const char why[] = "wrong: no answer for so long that none will come\n";
    (void)signal;
    _exit(write(STDERR_FILENO, why, sizeof why - 1) < 0 ? 3 : 1);
}

void bench_watch(void)
{
    alarm((unsigned)(PATIENCE * (scale > 1 ? scale : 1)));
}

void bench_begin(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *value = argv[i + 1] != NULL ? argv[i + 1] : "nothing";
        if (strcmp(argv[i], "--samples") == 0) {
            samples = number(argv[i], value, BENCH_SAMPLES_MAX);
        } else if (strcmp(argv[i], "--scale") == 0) {
            scale = factor(argv[i], value);
        } else if (strcmp(argv[i], "--loops") == 0) {
            loops = number(argv[i], value, BENCH_LOOPS_MAX);
        } else {
            fprintf(stderr, "usage: %s [--samples K] [--scale F] [--loops N]\n", argv[0]);
            exit(2);
        }
    }
    (void)sigaction(SIGALRM, &(struct sigaction){.sa_handler = give_up}, NULL);
    bench_watch();
}

int bench_samples(void)
{
    return samples;
}

int bench_loops(int least)
{
    return loops > least ? loops : least;
}

uint64_t bench_scaled(uint64_t amount)
{
    double scaled = (double)amount * scale;
    return scaled < 1 ? 1 : (uint64_t)scaled;
}

void bench_pin(int index)
{
    static cpu_set_t allowed; /* as it was before the first pinning */
    if (CPU_COUNT(&allowed) == 0 && sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;

    int wanted = index % CPU_COUNT(&allowed);
    for (size_t core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &allowed) || wanted-- != 0)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        (void)sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t bench_now(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

double bench_cpu_seconds(void)
{
    return (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

uint64_t bench_resident(void)
{
    uint64_t size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%" SCNu64 " %" SCNu64, &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Run once; nanoseconds, or a negative errno. */
static int64_t run_once(const struct bench_row *row, uint64_t operations)
{
    bench_watch();
    uint64_t before = bench_now();
    int rc = row->work(row->context, operations);
    uint64_t after = bench_now();
    if (row->clear != NULL)
        row->clear(row->context);
    if (rc < 0)
        return rc;
    return after > before ? (int64_t)(after - before) : 1;
}

/* How long a sample takes at least. */
static uint64_t sample_ns(void)
{
    return bench_scaled(SAMPLE_NS);
}

static uint64_t next_count(const struct bench_row *row, uint64_t operations, uint64_t elapsed)
{
    uint64_t step = row->step != 0 ? row->step : 1;
    double missing = (double)sample_ns() * 1.25 / (double)elapsed;
    uint64_t wanted = missing < GROWTH_MAX ? (uint64_t)((double)operations * missing) + 1
                                           : operations * GROWTH_MAX;
    if (wanted < operations * 2)
        wanted = operations * 2;
    if (row->most != 0 && wanted > row->most)
        wanted = row->most;
    return wanted < step ? step : wanted / step * step;
}

/* The shorter of two runs, in nanoseconds: one may have been interrupted. Or a negative errno. */
static int64_t run_twice(const struct bench_row *row, uint64_t operations)
{
    int64_t first = run_once(row, operations);
    if (first < (int64_t)sample_ns())
        return first;
    int64_t second = run_once(row, operations);
    return second < first ? second : first;
}

/* Grow the count until a sample is long enough. */
static int calibrate(const struct bench_row *row, uint64_t *ret_operations)
{
    uint64_t operations = row->step != 0 ? row->step : 1;
    for (;;) {
        int64_t elapsed = run_twice(row, operations);
        if (elapsed < 0)
            return (int)elapsed;

        uint64_t next = next_count(row, operations, (uint64_t)elapsed);
        if ((uint64_t)elapsed >= sample_ns() || next == operations)
            break;
        operations = next;
    }
    *ret_operations = operations;
    return 0;
}

int bench_measure(const struct bench_row *row)
{
    double values[BENCH_SAMPLES_MAX];
    uint64_t operations = 0;
    int rc = calibrate(row, &operations);
    if (rc < 0)
        return rc;

    double cpu = bench_cpu_seconds();
    for (int i = 0; i < samples; i++) {
        int64_t elapsed = run_once(row, operations);
        if (elapsed < 0)
            return (int)elapsed;
        values[i] = (double)elapsed / (double)operations;
    }
    bench_print(row->name, row->variant, "ns", values, (size_t)samples,
                operations * (uint64_t)samples, bench_cpu_seconds() - cpu);
    return 0;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void bench_print(const char *name, const char *variant, const char *unit, double *values,
                 size_t count, uint64_t operations, double cpu_seconds)
{
    struct rusage usage = {.ru_maxrss = 0};
    (void)getrusage(RUSAGE_SELF, &usage);
    bench_watch();
    qsort(values, count, sizeof values[0], by_value);
    double median = (values[(count - 1) / 2] + values[count / 2]) / 2;

    printf("{\"name\": \"%s\", \"variant\": \"%s\", \"unit\": \"%s\", \"median\": %.6g, "
           "\"low\": %.6g, \"high\": %.6g, \"operations\": %" PRIu64 ", \"cpu_seconds\": %.6f, "
           "\"peak_rss_bytes\": %" PRIu64 "}\n",
           name, variant != NULL ? variant : "", unit, median, values[0], values[count - 1],
           operations, cpu_seconds, (uint64_t)usage.ru_maxrss * 1024);
    fflush(stdout);
}

int bench_wrong(const char *what)
{
    fprintf(stderr, "wrong: %s\n", what);
    return -EBADMSG;
}

int bench_end(int status)
{
    if (status < 0)
        fprintf(stderr, "failed with %d\n", status);
    return status < 0 ? 1 : 0;
}
