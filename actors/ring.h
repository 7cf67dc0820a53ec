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
 * A re-entrant actor (reentry.h) has a mark for each handler that waits. Which of them to follow is a
 * matter of what is waited for there:
 *
 *     a question that one handles       that one's
 *     a question that can begin         none: it begins when its turn comes
 *     a question of another tag         any: all handlers have to end before it begins
 *     one that is allowed, at the       all: whichever ends first makes way for it, so it is a ring
 *       limit of handlers                 only if each of them leads back
 *     room in its mailbox               any: to let in harms nobody, and what can begin there now may be
 *                                         gone soon, with nobody who looks again
 *
 * That such a search ends soon it looks at so many ways and no more; then it has found no ring of asks,
 * and takes a wait for room for one.
 *
 * Marks are followed on one loop, all at one moment. Probes follow those of other loops (pressure.h)
 * for who waits for room; what they see is not all of one moment, so that they open no ring of asks.
 * Such rings are found later (chase.h), and so are those of asks that were started and then awaited.
 */
#ifndef GREENROOM_ACTORS_RING_H
#define GREENROOM_ACTORS_RING_H

#include "actors/body.h"
#include "actors/reentry.h"

/* On the stack of a handler that waits for another actor, and at its body meanwhile. */
struct gr__mark {
    uint64_t to;     /* whom it waits for */
    uint64_t future; /* of the reply; 0: it waits for room */
    uint32_t tag;    /* of the question; of a wait for room, a number of its own */
    bool over;       /* of a wait for room: there is some, though its handler has not run since */
};

/* Where marks lead off a loop: the waits for actors of others. */
struct gr__ring_ends {
    struct gr__mark waits[8];
    uint32_t count;
};

/*
 * Follow the marks on this loop, from a wait on. True: they come back to the sender, or may do so, as
 * there are too many ways to look at them all. `runner` is the one that is to wait; NULL: any of the
 * sender's. Marks may run round a ring that the sender is no part of, until that is opened; so no
 * more steps on one way than there are actors.
 */
bool gr__ring_follow(struct gr__loop *loop, const struct gr__mark *wait, uint64_t sender,
                     const struct gr__runner *runner, struct gr__ring_ends *ret_ends);

/* Whether one look tells that to ask this actor closes no ring: it is another, and waits for nobody. */
static inline bool gr__ring_ends_at(const struct gr__body *asked, const struct gr__body *self)
{
    return asked != self && asked->mark == NULL && !gr__body_reentrant(asked);
}

/*
 * The running handler of `self` is to wait for a reply, as this mark says: open the ring that it would
 * close on this loop. -EDEADLK: it cannot be opened, and the details tell who asks whom.
 */
int gr__ring_open(struct gr__loop *loop, const struct gr__body *self, const struct gr__mark *wait);

/* In the place of a mark's future: the question has not been sent yet. */
#define GR__FUTURE_TO_COME UINT64_MAX

/* The actor whose handler runs, if one does, has let go of a promise that it was asked to keep. */
void gr__ring_not_by(struct gr__loop *loop);

#endif
