/*
 * Timers to self: what becomes of them when their message arrives, or their actor goes.
 */
#ifndef GREENROOM_ACTORS_SELF_TIMER_H
#define GREENROOM_ACTORS_SELF_TIMER_H

#include "actors/annex.h"

/* A keyed envelope is about to be handled, or ends: so does its timer. False: that was cancelled. */
bool gr__self_timer_arrives(struct gr__loop *loop, struct gr__envelope *envelope);

/* The actor is to leave the loop: the messages of its timers have nothing in common with what stays. 0, -ENOMEM. */
int gr__self_timers_apart(struct gr__loop *loop, const struct gr__annex *annex);

/* It leaves, with its timers, and has come to a loop where they go on; those that are late are due at once. */
void gr__self_timers_pause(struct gr__loop *loop, const struct gr__annex *annex);
void gr__self_timers_go_on(struct gr__loop *loop, struct gr__body *body);

void gr__self_timers_cancel(struct gr__loop *loop, struct gr__annex *annex);

/* The actor stops: cancel all its timers. Most have none. */
static inline void gr__self_timers_end(struct gr__loop *loop, struct gr__annex *annex)
{
    if (!gr__list_empty(&annex->timers))
        gr__self_timers_cancel(loop, annex);
}

#endif
