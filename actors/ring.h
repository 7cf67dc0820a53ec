/*
 * Rings: actors each of which waits for the next, found by the marks that they leave.
 *
 *     A waits for B    B waits for C    C wants to wait for A:  A -> B -> C -> A, a ring
 *
 * A handler that waits for another actor leaves a mark at its own: for whom, and whether it is for
 * room in a mailbox (pressure.h) or for the reply to an ask. Who is about to wait follows the marks
 * from its target on. Where they come back to it, the ring is opened at once:
 *
 *     a wait for room is in it      that sender's message is let in above the bound
 *     there are asks alone in it    who would close it gets -EDEADLK
 *
 * To let a message in harms nobody, should there have been no ring. An ask must not fail so. A wait
 * for a reply is one link of a ring only if nobody but the one who was asked can reply; so an
 * ask into an actor that ever took the promise out of an ask, or passed one on, is followed no
 * further. And it is none once the reply is there, though its handler has not run since.
 *
 * Marks are followed on one loop, all at one moment. Probes follow those of other loops (pressure.h)
 * for who waits for room; what they see is not all of one moment, so that they open no ring of asks.
 * Such rings are found later (chase.h), and so are those of asks that were started and then awaited.
 */
#ifndef GREENROOM_ACTORS_RING_H
#define GREENROOM_ACTORS_RING_H

#include "actors/body.h"

/* On the stack of a handler that waits for another actor, and at its body meanwhile. */
struct gr__mark {
    uint64_t to;     /* whom it waits for */
    uint64_t future; /* of the reply; 0: it waits for room */
    bool over;       /* of a wait for room: there is some, though its handler has not run since */
};

/*
 * Follow the marks on this loop, from `name` on. Returns `sender` where they come back to it, 0
 * where they end, or the first actor of another loop. Marks may run round a ring that the sender
 * is no part of, until that is opened; so no more steps than there are actors.
 */
uint64_t gr__ring_follow(struct gr__loop *loop, uint64_t name, uint64_t sender);

/*
 * The handler of `self` is to wait for the reply of an actor: open the ring that this would close
 * on this loop. -EDEADLK: it cannot be opened, and the details tell who asks whom.
 */
int gr__ring_open(struct gr__loop *loop, const struct gr__body *self, uint64_t to);

/* The actor whose handler runs, if one does, has let go of a promise that it was asked to keep. */
void gr__ring_not_by(struct gr__loop *loop);

#endif
