/*
 * How a benchmark measures: enough operations to fill a sample, enough samples to know the spread.
 *
 *     operations   1, 40, 1300, ...                until a sample takes 20 ms, times --scale
 *     samples      |------| |------| |------| ...  as many as --samples says
 *     stdout       one JSON object a row: median, low and high of nanoseconds an operation
 *
 * A program measures one or more rows, each a function that does its work `operations` times.
 * It checks its own answers there, and a row that is wrong ends the program with status 1.
 */
#ifndef GREENROOM_BENCH_LIB_BENCH_H
#define GREENROOM_BENCH_LIB_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Do the work `operations` times. 0, or a negative errno. */
typedef int bench_work_fn(void *context, uint64_t operations);

/* Put away what a run of the work has left. */
typedef void bench_clear_fn(void *context);

struct bench_row {
    const char *name;    /* the program's */
    const char *variant; /* which of its rows, in a few words; NULL where there is but one */
    bench_work_fn *work;
    bench_clear_fn *clear; /* called after each run, off the clock; or NULL */
    void *context;
    uint64_t step; /* operations are a multiple of this; 0 means 1 */
    uint64_t most; /* no more operations than this in a sample; 0: no bound */
};

/* Read --samples, --scale and --loops. Ends the program with status 2 where it cannot. */
void bench_begin(int argc, char **argv);

/*
 * Begin to measure anew: a program that does not call this for a minute, times --scale where that is
 * more than 1, ends with status 1: a message was lost, and whoever waits for it would for ever.
 * bench_measure(), bench_program() and bench_print() call it.
 */
void bench_watch(void);

/* The loops to run on: what --loops says, but `least` at least. */
int bench_loops(int least);

/* An amount of work that is `amount` as a rule, multiplied by what --scale says; 1 at least. */
uint64_t bench_scaled(uint64_t amount);

/* Keep the calling thread on the index-th core that the process may use, in turn. */
void bench_pin(int index);

/* Nanoseconds on the system's monotonic clock. */
uint64_t bench_now(void);

/* Memory that the process holds now, in bytes. */
uint64_t bench_resident(void);

/* Processor time that the process has used, in seconds. */
double bench_cpu_seconds(void);

/* Measure a row and print it. 0, or what its work failed with. */
int bench_measure(const struct bench_row *row);

/* The most that --samples and --loops may say. */
#define BENCH_SAMPLES_MAX 1000
#define BENCH_LOOPS_MAX 256

/* The samples of a row that --samples asks for. */
int bench_samples(void);

/* Print a row that was measured otherwise; its variant or NULL. Sorts the values. */
void bench_print(const char *name, const char *variant, const char *unit, double *values,
                 size_t count, uint64_t operations, double cpu_seconds);

/* Fail: say why on stderr, and return a negative errno to go out with. */
int bench_wrong(const char *what);

/* The program's exit status for a measurement's; names an error on stderr. */
int bench_end(int status);

#endif
