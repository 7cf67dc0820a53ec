/*
 * How a benchmark of the runtime measures: in the main runner of a fleet.
 *
 *     int main(int argc, char **argv) { return bench_fleet(argc, argv, 2, run); }
 *
 * run() calls bench_measure() as often as it likes. Loops are pinned, one to a core; what goes
 * wrong on them and what they leave behind is printed on stderr.
 */
#ifndef GREENROOM_BENCH_LIB_FLEET_H
#define GREENROOM_BENCH_LIB_FLEET_H

#include <greenroom/run.h>

/* Run the whole program on `loops` loops, or as many as --loops says. Its exit status. */
int bench_fleet(int argc, char **argv, int loops, gr_runner_fn *run);

#endif
