/*
 * Routes: how a filled envelope gets from a sender to an actor's mailbox.
 *
 *     the actor's loop is    here: into the mailbox, if there is room
 *                            another: into the outbox, unless the actor is known to be
 *                            pressed or too much is under way
 *     it has moved           by this loop's way to it (way.h), or from its home on
 *     where it cannot go     the sender waits, or is told so
 *
 * Who has waited begins again: meanwhile the actor may have gone, or moved.
 *
 * An envelope that could not be routed is the caller's still.
 */
#ifndef GREENROOM_ACTORS_ROUTE_H
#define GREENROOM_ACTORS_ROUTE_H

#include <greenroom/base.h>

#include "actors/body.h"

/* No deadline at all: do not wait. */
#define GR__NOT_AT_ALL INT64_MIN

/*
 * The actor, if it is here and has room, and nothing is around the sender, as is mostly so; else
 * NULL: take the route, with an envelope for what goes along.
 */
static inline struct gr__body *gr__body_with_room(struct gr__loop *loop, uint64_t to)
{
    if (loop->has_ambient)
        return NULL;
    struct gr__body *body = gr__body_find(loop, to);
    return body == NULL || gr__body_full(body) ? NULL : body;
}

/* Wait as long as `deadline` allows. 0, or what gr_send() may give. */
int gr__route(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope, gr_time deadline);

/* To that very body, and not where its actor has moved to; without waiting, and above the bound. */
void gr__route_straight(struct gr__loop *loop, uint64_t at, struct gr__envelope *envelope);

/* Wait until not too much is on its way to a loop. 0, -ESHUTDOWN, or a wait's errors. */
int gr__route_open(struct gr__loop *loop, unsigned target, gr_time deadline);

/* Without waiting, and above the bound; a dead letter where there is no such actor. */
void gr__route_above(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope);

#endif
