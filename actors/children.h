/*
 * Children: the actors that are stopped before their parent.
 */
#ifndef GREENROOM_ACTORS_CHILDREN_H
#define GREENROOM_ACTORS_CHILDREN_H

#include "actors/annex.h"

/*
 * Make an actor the youngest child of a parent on this loop. 0, -ESTALE where the parent has gone or
 * is about to, -ENOMEM, -ESHUTDOWN; what is no child then is the caller's to stop.
 */
int gr__child_add(struct gr__loop *loop, gr_actor parent, gr_actor child, const char *name,
                  gr_time stop_within);

/* Stop all children of an actor, the youngest first; on its stack, and it waits. */
void gr__children_stop(struct gr__loop *loop, struct gr__body *body);

/* The actor goes with children that do not. */
void gr__children_forget(struct gr__loop *loop, struct gr__body *body);

#endif
