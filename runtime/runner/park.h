/*
 * Parking: who holds the stack while something waits.
 *
 * The scheduler itself runs on a runner's stack and calls tasks as plain functions. If
 * one parks, the stack goes with it, and another runner goes on scheduling:
 *
 *     runner A: schedule -> task -> park ................. -> task returns -> schedule ...
 *                              \                         /
 *     runner B (from the pool): schedule -> task -> resume A   (B is back in the pool)
 *
 * So a task that never waits costs no switch and no stack, one that does costs a switch
 * each way, and there are as many stacks as there are waits at this moment. A runner in
 * the pool is suspended inside its scheduling, where it went on to another: to take it
 * is to switch to it.
 *
 *     POOLED --take--> RUNNING --park--> PARKED --unpark, deadline, cancel--> READY
 *        ^                |  ^                                                  |
 *        +--resume other--+  +-------------------- resumed ---------------------+
 *
 * Invariants:
 *   1. At most one runner of a loop is RUNNING, and it is loop->runner.
 *   2. A PARKED runner is in no queue; a READY one stands in the ready queue once.
 *   3. When a runner parks there is another to go on with: one that cannot be had fails
 *      the park, before anything has changed. Only gr__runner_park_surely() does without.
 */
#ifndef GREENROOM_RUNNER_PARK_H
#define GREENROOM_RUNNER_PARK_H

#include <stdint.h>

#include <greenroom/await.h>

#include "base/wheel.h"
#include "coro/context.h"
#include "coro/stack.h"
#include "loop/loop.h"

enum gr__runner_state {
    GR__RUNNER_POOLED,
    GR__RUNNER_RUNNING,
    GR__RUNNER_PARKED,
    GR__RUNNER_READY,
};

enum gr__runner_cancelled {
    GR__RUNNER_CANCELLED = 1,
    GR__RUNNER_KILLED = 3, /* and no shield counts */
};

/*
 * Lives at the top of its own stack. What a wait and its end need comes first, and takes two lines of
 * the cache: of a million that wait, each is brought in from memory.
 */
struct gr__runner {
    struct gr_waiter waiter; /* unparks it */
    struct gr__task task;    /* resumes it, once READY */
    uint8_t state;
    bool interrupted;  /* waits end with -ECANCELED; the rest of these says why (cancel.h) */
    uint8_t cancelled; /* it was itself asked to end: bits of enum gr__runner_cancelled */
    int status;        /* how the last park ended */
    struct gr__context context;

    /* The task it is in, if that outlives its run: those do that can describe themselves. */
    struct gr__task *working;
    const struct gr_awaitable *awaited; /* while PARKED in an await */
    gr_time parked_since;               /* once it has parked */
    struct gr__scope *scope;            /* the innermost that it has open, or NULL */
    struct gr__shield *shield;          /* the innermost that it has raised, or NULL */
    struct gr__runner *next_pooled;     /* while POOLED */
    unsigned locks;                     /* how many it holds */

    struct gr__timer timer;               /* the deadline of the park */
    void (*apart)(struct gr__task *task); /* what runs it, on a runner made for one task */
    struct gr__list link;                 /* among all runners of the loop */
    struct gr__stack stack;
};

/* The runner that is running; NULL where no call may wait. */
static inline struct gr__runner *gr__runner_here(void)
{
    const struct gr__loop *loop = gr__loop_here();
    return loop == NULL ? NULL : loop->runner;
}

/* The loop of a caller that may wait; NULL where it may not, for which the code is GR_ENOTRUNNER. */
static inline struct gr__loop *gr__loop_to_wait_on(void)
{
    struct gr__loop *loop = gr__loop_here();
    return loop == NULL || loop->runner == NULL ? NULL : loop;
}

/*
 * Suspend the running runner until it is unparked, its deadline passes or it is cancelled.
 * 0, -ETIMEDOUT, -ECANCELED (at once where it already is), -ENOMEM.
 */
int gr__runner_park(struct gr__runner *runner, gr_time deadline);

/* See to it that the next park has a runner to go on with. 0, or -ENOMEM. */
int gr__runner_reserve(struct gr__loop *loop);

/*
 * Suspend the running runner until it is unparked. Where there is no stack to go on with, the loop
 * resumes others that wait until there is: so this cannot fail.
 */
void gr__runner_park_surely(struct gr__runner *runner);

/* Have a parked runner go on in a later turn. One that is not parked is left alone. */
void gr__runner_unpark(struct gr__runner *runner);

/* Let all that is ready run first, if there is any; not a wait, so neither cancelled nor failed. */
void gr__runner_give_way(struct gr__runner *runner);

/* End the wait of a parked runner with a status. One that is not parked is left alone. */
void gr__runner_interrupt(struct gr__runner *runner, int status);

/* Run a task's function on a stack of another size; returns when that has ended or parked. */
int gr__runner_run_apart(size_t stack_bytes, struct gr__task *task,
                         void (*run)(struct gr__task *task));

/* How many runners are parked or ready on this loop. */
size_t gr__runners_waiting(const struct gr__loop *loop);

/* Visit each runner that waits. */
void gr__runners_each(struct gr__loop *loop,
                      void (*visit)(const struct gr__runner *runner, void *context), void *context);

/* Write what a runner works on, as "actor 'clerk'". Safe in a signal handler. */
size_t gr__runner_describe(const struct gr__runner *runner, char *text, size_t bytes);

/* Write what a runner that waits on this loop waits for, as "a lock since 12 ms". */
size_t gr__runner_describe_wait(const struct gr__loop *loop, const struct gr__runner *runner,
                                char *text, size_t bytes);

/* The part of the loop that is this stratum's. */
struct gr__runners {
    struct gr__context thread; /* the thread's own stack, while a runner runs */
    struct gr__runner *pooled;
    struct gr__runner *corpse; /* ended on a stack of its own; freed by who runs next */
    struct gr__stacks stacks;
    struct gr__timer trimming; /* started while there are stacks whose memory goes back */
    struct gr__list all;
    size_t pooled_count;
    size_t waiting;                   /* PARKED or READY */
    struct gr__scope *spreading;      /* cancelled, with its runners not yet told: the first... */
    struct gr__scope *spreading_last; /* ...and the last one, once there is one */
    bool spreads;                     /* somebody is telling them */
};

static inline struct gr__runners *gr__runners_of(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_RUNNER);
}

/* How the stacks of loops that start from now on are made. */
void gr__runners_configure(size_t stack_bytes, bool force_mprotect);

int gr__runners_start(struct gr__loop *loop);
void gr__runners_done(struct gr__loop *loop);

#endif
