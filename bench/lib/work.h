/*
 * Work: what somebody computes who is busy, or pretends to be.
 */
#ifndef GREENROOM_BENCH_LIB_WORK_H
#define GREENROOM_BENCH_LIB_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

/*
 * The sum of so many random numbers. The generator is a copy meanwhile, which stays in registers:
 * where a pointer leads to it, each number goes through memory, and takes half as long again.
 */
uint64_t bench_draw(struct gr__random *random, uint64_t draws);

/* Of one who is busy by drawing random numbers; or is not, where that costs nothing. */
struct bench_work {
    struct gr__random random;
    uint64_t sum; /* of all numbers drawn */
    bool costs;
};

void bench_work_init(struct bench_work *work, uint64_t seed, bool costs);

/* Draw random(1,000) + 10 random numbers. */
void bench_work(struct bench_work *work);

/* What is computed for a message of Savina's fork join programs: fails where that is not above 0. */
int bench_sine(double angle);

/* The sum of so many logarithms of random numbers. */
double bench_logarithms(struct gr__random *random, uint64_t count);

#define BENCH_ANGLE 37.2
#define BENCH_ITEM_COST                                                                            \
    (25u * 100) /* logarithms to make an item of the bounded buffer, or use it */

#endif
