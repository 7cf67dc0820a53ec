/*
 * Pressure: who waits for room in a full mailbox, and how they hear of it.
 *
 * On its own loop an actor knows its waiters. Senders of other loops cannot see that a
 * mailbox is full; what they have under way arrives above the bound. The actor then tells
 * their loop, which keeps note of it and lets its senders wait, until it hears that there
 * is room again:
 *
 *     loop 1                                        loop 2, the actor's
 *     send ...................................-->   arrives at a full mailbox: let in,
 *     noted: actor is pressed   <-- "pressed" ---   and loop 1 is told, once
 *     send: waits
 *                               <-- "room" ------   half of the mailbox is handled
 *     goes on
 *
 * An actor with waiters is relieved: it runs next, ahead of all that is ready, until half of its
 * mailbox is handled. Else each sender that stands before it in the queue would run into the full
 * mailbox too, and wait, with a stack of its own.
 *
 * No ring of senders waits for itself. An actor that waits in a send is marked with the
 * actor it waits for (ring.h), and so is one that waits for a reply. Before a sender waits, the
 * marks are followed from its target; where they lead back to the sender, it does not wait, and
 * its message is let in above the bound. Marks of other loops are followed by a probe that goes
 * from loop to loop:
 *
 *     A waits for B    B waits for C    C wants to wait for A:  A -> B -> C, a ring: let in
 *
 * Where marks lead to several actors of other loops, as those of a re-entrant one may, copies of the
 * probe go to each; too many of them count as a ring.
 *
 * Every ring has a last one to be marked, whose walk or probe starts after that and so finds
 * all other marks in place: it comes back, and that sender is released. A probe that finds
 * an actor that does not wait ends; one that finds its sender gone on releases nobody. So a
 * mailbox is overshot by the messages of rings only, one for each time a ring closes.
 */
#ifndef GREENROOM_ACTORS_PRESSURE_H
#define GREENROOM_ACTORS_PRESSURE_H

#include <greenroom/base.h>

#include "actors/body.h"

/*
 * Of an actor with a full mailbox: who waits here, and which loops were told. It is larger than
 * an envelope, so that it comes and goes without mixing up the order in which those are reused.
 * An actor whose mailbox has rules (rules.h) has one for good.
 */
struct gr__pressure {
    struct gr__task relief;  /* handles what is in the mailbox */
    uint64_t name;           /* the actor's */
    struct gr__list waiters; /* of struct gr__sending */
    uint64_t told[GR__LOOPS_MAX / 64];
    unsigned foreign; /* messages of foreign threads above the bound, which count as on their way */
    bool
        relief_due; /* it is in a queue, or under way; then it gives this back, if nobody is under it */
    bool pressed; /* somebody waits, or was told to */
    bool stays;   /* also while nobody does */
};

enum { GR__LOOK_AGAIN = 0, GR__LET_IN = 1 };

/*
 * Wait for room in the actor's mailbox, which is at a name of its own where the actor has moved to;
 * else the same one. GR__LOOK_AGAIN: there may be some, or the actor is gone.
 * GR__LET_IN: waiting would close a ring, so send above the bound. Or a wait's errors.
 */
int gr__pressure_wait(struct gr__loop *loop, uint64_t to, uint64_t at, gr_time deadline);

/* Whether this actor of another loop is known to be pressed; and what its behavior says then. */
bool gr__pressure_remote(struct gr__loop *loop, uint64_t to, enum gr_when_full *ret_when_full);

/* An envelope of another loop came to a full mailbox: let that loop know. */
void gr__pressure_tell(struct gr__loop *loop, struct gr__body *body, unsigned source);

/*
 * A foreign thread's message came to a full mailbox. Nobody can be told, so it counts as on its way
 * until there is room. False: it cannot be counted.
 */
bool gr__pressure_hold_foreign(struct gr__loop *loop, struct gr__body *body);

/*
 * An envelope was taken out of the mailbox of an actor under pressure: of one with rules any, else
 * the one with which half of it is empty, or all. It stood behind `previous`; NULL: it was the first.
 */
void gr__pressure_took(struct gr__loop *loop, struct gr__body *body,
                       const struct gr__envelope *envelope, struct gr__task *previous);

/* The same of any actor, whose pressure is asked for here. */
static inline void gr__mailbox_took(struct gr__loop *loop, struct gr__body *body,
                                    const struct gr__envelope *envelope, struct gr__task *previous)
{
    if (body->pressure != NULL &&
        (body->max == 0 || body->count == body->max / 2 || body->count == 0))
        gr__pressure_took(loop, body, envelope, previous);
}

/* There is room again, or the actor is gone: let all who wait look again. */
void gr__pressure_relieve(struct gr__loop *loop, struct gr__body *body);

/* The actor moves: let all who wait look where it is now. */
void gr__pressure_end(struct gr__loop *loop, struct gr__body *body);

/* The same as its content goes, after which it is under no pressure that stays, either. */
void gr__pressure_leave(struct gr__loop *loop, struct gr__body *body);

/* An actor whose mailbox has rules has come: it is under a pressure that stays, with this memory. */
void gr__pressure_stay(struct gr__loop *loop, struct gr__body *body, struct gr__pressure *spare);

/* Call gr__relay_room() for an actor once its guest elsewhere, which is pressed, has room. */
void gr__pressure_watch(struct gr__loop *loop, uint64_t guest, uint64_t home);

/* The actor with this mark, which waits for room, waits in a ring: its message goes in at once. */
void gr__pressure_let_in(struct gr__mark *mark);

/* The loop ends, and nobody waits any more: take the memory alone. */
void gr__pressure_drop(struct gr__loop *loop, struct gr__body *body);

/* Put an actor that has none under a pressure that stays, or take that back. */
bool gr__pressure_make(struct gr__loop *loop, struct gr__body *body);
void gr__pressure_give(struct gr__loop *loop, struct gr__body *body);

int gr__pressure_start(struct gr__loop *loop);
void gr__pressure_done(struct gr__loop *loop);

#endif
