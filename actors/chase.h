/*
 * Chases: finding that actors ask each other in a circle, on whatever loops they live.
 *
 *     loop 0                   loop 1                   loop 2
 *     ann asks bob ..........> bob asks cid ..........> cid asks ann:  a circle
 *
 *     chase, from ann's wait: bob, cid, ann again --> turns round
 *     bob first  <............................................ cid <... ann <... bob: -EDEADLK for bob
 *
 * A circle on one loop is mostly found when it would close (ring.h). All others are found by edge
 * chasing, as Chandy, Misra and Haas have it ("Distributed deadlock detection", 1983): a message
 * follows the waits, each loop looking at its own, and if it comes back there is a circle. So that
 * asks pay nothing for it, a chase begins only when a handler has awaited a reply for a while, and
 * once for each wait: in a circle there is one that began last, and its chase finds all others there.
 * To see which waits are old a loop sweeps over its futures; it does so only while there are asks of
 * actors that it has not chased yet.
 *
 * A chase that came back has seen each wait at another time. That no one is told of a circle that
 * never was, it goes round a second time, from target to asker, and what it finds must be as before:
 *
 *   1. A wait is known by its future and by when it began. The same one found twice has lasted from
 *      the first look to the second. All first looks are before all second ones: so at the moment
 *      between, all waits were there together.
 *   2. An ask in it was not answered by then. Who was asked waits itself since before that moment,
 *      and nobody else can answer: an actor that ever let go of a promise is followed no further. A
 *      reply that it gave before it began to wait left its loop ahead of the chase, on the same way,
 *      and is found to be there at the second look at the asker. An actor that has moved is looked at
 *      where it is, so that this holds for it too; and while it waits it does not move.
 *
 * Of a re-entrant actor (reentry.h) the handler that the question is for is looked at, or, where all
 * have to end before it begins, each: the chase goes on in copies, one for each of them. At the limit of
 * handlers, where the first to end makes way, they are followed as one if they all wait for the same
 * actor, and that has one handler; else no circle is found. So a member is a wait rather than an actor,
 * and of those that hold up the one before it at the second look it has to be one, too.
 *
 * What can still end it are deadlines, stops and drops of what is oldest, which come from outside.
 *
 * Who gets -EDEADLK is the actor whose handle is the greatest, whoever began: so two that find the
 * same circle agree. The second round begins and ends there, and settles the future of its ask, if
 * it still waits. Where a wait for room is in the circle that sender is let in instead (pressure.h).
 *
 * Without memory for a chase it is not told; a circle of more than 256 actors is not either.
 */
#ifndef GREENROOM_ACTORS_CHASE_H
#define GREENROOM_ACTORS_CHASE_H

#include "actors/body.h"
#include "future/slot.h"

/* Have a loop look for old waits, soon. */
void gr__chase_soon(struct gr__loop *loop);

/* The handler of `self` has started an ask. */
static inline void gr__chase_asked(struct gr__loop *loop, const struct gr__body *self,
                                   struct gr__future_slot *slot, uint64_t to, uint32_t tag)
{
    if (slot->state != GR__FUTURE_WAITING)
        return;

    slot->asked = GR__FUTURE_ASKED;
    slot->ask.by = gr__body_name(loop, self);
    slot->ask.to = to;
    slot->ask.tag = tag;
    if (!gr__actors_of(loop)->chases_soon)
        gr__chase_soon(loop);
}

/* The loop ends. */
void gr__chases_done(struct gr__loop *loop);

#endif
