/*
 * Stopping: what the orders to an actor can say, from whichever thread.
 */
#ifndef GREENROOM_ACTORS_STOP_H
#define GREENROOM_ACTORS_STOP_H

#include <greenroom/actor.h>

enum gr__stop_how {
    GR__STOP_KINDLY = 0,        /* its handler returns first, and its stop hook may wait */
    GR__STOP_BY_FORCE = 1 << 0, /* and no wait of it succeeds any more */
    GR__STOP_FOR_GOOD = 1 << 1, /* no supervisor restarts it */
    GR__STOP_IN_VAIN = 1 << 2,  /* it was to stop and has not: only say what it waits for */
    GR__STOP_FINISHED = 1 << 3, /* once its mailbox is empty, for good, and with reason 0 */
};

/* As gr_actor_stop(), and its errors. `how` is of bits of enum gr__stop_how. */
int gr__actor_stop(gr_actor actor, unsigned how, int reason);

#endif
