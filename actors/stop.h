/*
 * Stopping: what the orders to an actor can say, from whichever thread.
 */
#ifndef GREENROOM_ACTORS_STOP_H
#define GREENROOM_ACTORS_STOP_H

#include <greenroom/actor.h>

enum gr__stop_how {
    GR__STOP_KINDLY,   /* its handler returns first, and its stop hook may wait */
    GR__STOP_BY_FORCE, /* and no wait of it succeeds any more */
    GR__STOP_IN_VAIN,  /* it was to stop and has not: say what it waits for */
};

/* As gr_actor_stop(), and its errors. */
int gr__actor_stop(gr_actor actor, enum gr__stop_how how, int reason);

#endif
