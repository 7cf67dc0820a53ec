/*
 * How a program of the suite is measured: run whole, as often as fills a sample.
 *
 *     one run     spawn, send, ..., check the answer, end all actors     `operations` of them
 *     a sample    so many runs as take 20 ms
 *     stdout      one JSON object a row, as bench.h says
 *
 * bench/savina/README.md says what the programs are, and how the peers measure in the same way.
 */
#ifndef GREENROOM_BENCH_LIB_PROGRAM_H
#define GREENROOM_BENCH_LIB_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

/* The whole program, once. Checks its answer. 0, or a negative errno. */
typedef int bench_run_fn(void *context);

struct bench_program {
    const char *name;
    const char *variant; /* which of its rows; NULL where there is but one */
    bench_run_fn *run;
    void *context;
    uint64_t operations; /* that one run comes to */
    double *ret_least;   /* gets what an operation takes in the best sample; or NULL */
};

/* Measure a program and print its row. 0, or what a run failed with. */
int bench_program(const struct bench_program *program);

/* Measure a program whose actors compute, and in a second row, "no cost", what is left without. */
int bench_with_cost_and_without(int (*measure)(bool costs, const char *variant));

#endif
