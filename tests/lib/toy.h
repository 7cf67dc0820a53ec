/*
 * A toy host: its clock moves only when the test says so, and it never waits.
 */
#ifndef GREENROOM_TESTS_LIB_TOY_H
#define GREENROOM_TESTS_LIB_TOY_H

#include "loop/host.h"

struct toy {
    struct gr__host host;
    gr_time now;
    uint64_t seed;
    int wakes; /* how often it was woken */
};

struct toy make_toy(gr_time now, uint64_t seed);

#endif
