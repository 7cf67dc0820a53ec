/*
 * Timers to self: what becomes of them when their message arrives, or their actor goes.
 */
#ifndef GREENROOM_ACTORS_SELF_TIMER_H
#define GREENROOM_ACTORS_SELF_TIMER_H

#include "actors/annex.h"

/* A keyed envelope is about to be handled, or ends: so does its timer. False: that was cancelled. */
bool gr__self_timer_arrives(struct gr__loop *loop, struct gr__envelope *envelope);

/* The actor stops: cancel all its timers. */
void gr__self_timers_end(struct gr__loop *loop, struct gr__annex *annex);

#endif
