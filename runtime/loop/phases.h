/*
 * Phases: how all loops stop together, step by step.
 *
 * Loop 0 conducts. Each loop has a token for each phase, which loop 0 sends it and gets back:
 *
 *     loop 0                                  each loop, itself too
 *     enter the phase: tokens  ----------->   enters it; holds the token
 *     and a timer                             ... until nothing is left that the phase ends
 *     all back?                <-----------   counts what it has sent and taken
 *       they tell that all is still:  the next phase
 *       else:                         tokens again
 *     the time is up:                 the next phase, overdue
 *                              ----------->   names what is left, ends it by force, enters the next
 *
 *     RUN -> ACCEPT -> DRAIN -> ACTORS -> CLOSE -> OVER -> loops end
 *
 * That each loop was at rest when it was asked does not mean that all are: something may have been
 * on its way from one to another. So each tells, with its token, how many cells of lanes it has
 * filled and emptied. If these numbers are what they were when the tokens came back the time before,
 * nothing was sent and nothing taken between the last answer of that time and the first of
 * this; if as many were taken as were sent, nothing was on its way either; and since each was at
 * rest, all were at one moment (Mattern, "Algorithms for distributed termination detection", 1987: the
 * four counters). Tokens themselves go by the inboxes, which are not counted.
 *
 * OVER is the time, a short one, in which what was ended by force comes to its end.
 *
 * Invariants:
 *   1. A loop enters a phase only by its token; so none enters one before all are done with
 *      the one before, or its time was up.
 *   2. A token is in one place: it is sent again only once it has come back, and what comes back of
 *      an earlier phase is left alone.
 *   3. Only loop 0 goes from phase to phase.
 */
#ifndef GREENROOM_LOOP_PHASES_H
#define GREENROOM_LOOP_PHASES_H

#include <ck_pr.h>

#include <greenroom/phase.h>

#include "loop/loop.h"

/* The latest phase, written by loop 0: enum gr_phase or enum gr__phase_after. */
extern unsigned gr__phase;

/* Whether the run has come to a phase. Any thread; may be late. */
static inline bool gr__phase_reached(enum gr_phase phase)
{
    return ck_pr_load_uint(&gr__phase) >= (unsigned)phase;
}

/* For the loops of a run to come; `within` says how long each phase may take. 0, or -ENOMEM. */
int gr__phases_init(unsigned loops, const gr_time within[GR_PHASES]);
void gr__phases_done(void);

/* Begin to stop, unless that has begun. On loop 0. */
void gr__phases_begin(void);

/* The time of the phase under way is up; nothing while nothing stops. On loop 0. */
void gr__phases_hurry(void);

/* A turn of a loop that stops, after its tasks and before it waits. */
void gr__phases_turn(struct gr__loop *loop);

#endif
