/*
 * Processes: actors that are a run, which receives its messages itself.
 */
#ifndef GREENROOM_ACTORS_PROCESS_H
#define GREENROOM_ACTORS_PROCESS_H

#include "actors/body.h"

/* All of an actor's run, in its one activation; the actor is to stop when this returns. */
void gr__process_run(struct gr__loop *loop, struct gr__body *body);

#endif
