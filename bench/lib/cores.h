/*
 * Work that is done on several cores at once: what a floor is for a program on as many loops.
 *
 *     bench_measure_on_cores()    row "NAME"             one thread does all operations
 *                                 row "NAME: 2 cores"    two threads, pinned, half of them each;
 *                                                        or as many as --loops says, and more parts
 */
#ifndef GREENROOM_BENCH_LIB_CORES_H
#define GREENROOM_BENCH_LIB_CORES_H

#include <stdint.h>

/* Do the work `operations` times, as the `number`-th of those who do. 0, or a negative errno. */
typedef int bench_share_fn(uint64_t number, uint64_t operations);

/* Measure both rows. 0, or what the work failed with. */
int bench_measure_on_cores(const char *name, bench_share_fn *work);

#endif
