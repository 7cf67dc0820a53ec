/*
 * Random numbers that a seed repeats.
 *
 * The generator is xoshiro256++, by Blackman and Vigna ("Scrambled Linear Pseudorandom Number
 * Generators", ACM TOMS 47, 2021; prng.di.unimi.it); splitmix64, from the same place, fills
 * its state from a seed, so that any seed will do, 0 too. Good for choosing and for
 * simulating; no secret may hang on it.
 */
#ifndef GREENROOM_BASE_RANDOM_H
#define GREENROOM_BASE_RANDOM_H

#include <stdint.h>

/* Belongs to one thread. */
struct gr__random {
    uint64_t state[4]; /* not all zero */
};

void gr__random_seed(struct gr__random *random, uint64_t seed);

uint64_t gr__random_next(struct gr__random *random);

/* A number below `bound`, which is above zero; each as likely as the other. */
uint64_t gr__random_below(struct gr__random *random, uint64_t bound);

#endif
