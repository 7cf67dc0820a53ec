/*
 * Slots of spawned runners: what their handles name. The design stands in spawned.c.
 */
#ifndef GREENROOM_RUNNER_SPAWNED_SLOT_H
#define GREENROOM_RUNNER_SPAWNED_SLOT_H

#include <greenroom/buffer.h>

#include "base/slots.h"
#include "loop/ambient.h"
#include "runner/park.h"
#include "runner/spawned.h"

enum gr__spawned_stage { GR__SPAWNED_WAITING, GR__SPAWNED_RUNNING, GR__SPAWNED_ENDED };

struct gr__spawned {
    struct gr__slot slot;
    struct gr__task task; /* begins it */
    gr_runner_fn *run;
    void *context;
    const char *name;
    size_t stack_bytes; /* 0: the loop's usual size */
    struct gr__runner *runner;
    struct gr_waiter *joiner;
    struct gr__owner *owner; /* hears of the end, or NULL */
    int status;              /* once ENDED */
    uint8_t stage;
    bool detached;
    bool cancelled;             /* before it began */
    struct gr__ambient ambient; /* while WAITING, of one that begins within it: what it inherits */
    struct gr_buffer details;   /* once ENDED with an error: that error's */
};

/* The stratum's part of the loop. */
struct gr__spawned_part {
    struct gr__runners runners;
    struct gr__slots spawned;
    size_t due[GR_PHASES]; /* that have not ended yet, by the phase of stopping that they end in */
};

static inline struct gr__spawned_part *gr__spawned_part(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_RUNNER);
}

static inline struct gr__slots *gr__spawned_table(struct gr__loop *loop)
{
    return &gr__spawned_part(loop)->spawned;
}

/* What the stratum does when the loop stops (spawned_stop.c). */
void gr__spawned_stop(struct gr__loop *loop);
size_t gr__spawned_busy(const struct gr__loop *loop);
void gr__spawned_report(struct gr__loop *loop, gr__say_fn *say, void *context);
void gr__spawned_force(struct gr__loop *loop);

#endif
