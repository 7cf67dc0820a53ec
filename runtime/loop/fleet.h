/*
 * The fleet: all loops of the process, started, stopped and joined together.
 *
 *     start: thread i makes loop i -> all made, or all undone -> loops turn
 *
 *     stop:  the phases of stopping, through which all loops go together (phases.h)
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
    const gr_time *within; /* how long each phase of stopping may take */
    gr__say_fn *say;
    void *say_context;

    /* Called on loop 0 when all loops turn. Not 0: the fleet stops at once, and this is why. */
    int (*begin)(void);
};

/* Run a fleet to its end, with the calling thread as loop 0. */
int gr__fleet_run(const struct gr__fleet_options *options);

unsigned gr__fleet_count(void);

#endif
