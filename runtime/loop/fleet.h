/*
 * The fleet: all loops of the process, started, stopped and joined together.
 *
 *     start: thread i makes loop i -> all made, or all undone -> loops turn
 *
 *     stop:  stop(loop) on each -> turns on until nothing is busy, or the deadline
 *            -> the last loop to come to rest ends them all
 *            -> inboxes close -> what is left is reported -> strata come down
 *            -> all closed -> memory goes
 *
 * Invariants:
 *   1. No loop turns before all are made, so a loop may post to any other at once.
 *   2. No memory that another loop could still reach goes before all inboxes are closed.
 */
#ifndef GREENROOM_LOOP_FLEET_H
#define GREENROOM_LOOP_FLEET_H

#include <stdbool.h>

#include "loop/loop.h"

struct gr__fleet_options {
    unsigned loops;
    bool pin;
    uint64_t seed;
    gr_time stop_within;
    gr__say_fn *say;
    void *say_context;

    /* Called on loop 0 when all loops turn. Not 0: the fleet stops at once, and this is why. */
    int (*begin)(void);
};

/* Run a fleet to its end, with the calling thread as loop 0. */
int gr__fleet_run(const struct gr__fleet_options *options);

/* Begin to stop all loops. On a loop's thread. */
void gr__fleet_stop(void);

/* Bound the time until all has stopped, from now, though nothing stops yet. On loop 0. */
void gr__fleet_bound(void);

unsigned gr__fleet_count(void);

#endif
