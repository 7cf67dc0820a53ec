/*
 * Ways: a loop sends to an actor that has moved, and not over its home.
 *
 *     sender's loop                     home                    guest's loop
 *     message ------------------------> passes it on ---------> guest
 *         <-- told: it lives there ----
 *     way, shut: messages wait
 *     marker -------------------------> passes it on ---------> all before it has arrived
 *         <-------------------------------------------- open -- keeps the ticket
 *     way, open: those that waited, and all later ones -------> guest
 *
 *         <------------------------------------------- close -- is leaving
 *     way, shut: messages wait
 *     marker -------------------------------------------------> all before it has arrived
 *         <-------------------------------------------- void --
 *     no way: those that waited, and all later ones, by home
 *
 * So a loop never sends to one actor by two ways at a time: while it changes from one to the other
 * its messages wait, until all that went by the one have arrived. A marker is always answered, by
 * `void` where the way cannot be opened: the actor has gone home meanwhile, or is leaving.
 *
 * The ticket is one block that is all of this in turn, and another that was allocated with it is the
 * answer `open`; so neither end is ever short of memory for what it has to say.
 *
 * Messages that wait are bounded in number, as those on the way are. Who may wait waits for that,
 * others are told -EAGAIN.
 *
 * Invariants:
 *   1. A loop has one way to an actor at most. A shut one waits for exactly one answer.
 *   2. A guest has the ticket of each way that is open to it.
 */
#ifndef GREENROOM_ACTORS_WAY_H
#define GREENROOM_ACTORS_WAY_H

#include "actors/move.h"

struct gr__way {
    struct gr__list link; /* in the loop's table */
    uint64_t home;        /* the actor */
    uint64_t guest;       /* its name where it lives */
    bool open;
    uint64_t number;         /* while shut: of all that ever were */
    struct gr__queue held;   /* while shut: envelopes, and tasks that are to run behind those */
    unsigned count;          /* of these */
    struct gr__list waiters; /* who waits to be let in there */
};

/* The way to an actor of another loop, or NULL: there is none. */
struct gr__way *gr__way_find(struct gr__loop *loop, uint64_t home);

static inline bool gr__way_full(const struct gr__way *way)
{
    return way->count >= GR_MAILBOX_DEFAULT;
}

/* Wait until a way is open, or is none. Errors as gr_await(). */
int gr__way_wait(struct gr__way *way, gr_time deadline);

/*
 * Let an envelope wait with a way that is shut, to be sent once it is not; or another task, to be run
 * once all that have come before have been sent.
 */
void gr__way_hold(struct gr__way *way, struct gr__task *task);

/* The first way of a loop that was shut before so many were, and still is; or NULL. */
struct gr__way *gr__way_shut_before(struct gr__moves *moves, uint64_t number);

/* Tell a loop where an actor of this one lives. False: there is no memory for it. */
bool gr__way_tell(struct gr__loop *loop, const struct gr__home *home, unsigned to);

/* Shut all ways to a guest that is leaving; gr__guest_ways_shut() in the end, or at once. */
void gr__ways_close(struct gr__loop *loop, struct gr__body *body);

/* The same without a wait: the guest has ended. */
void gr__ways_void(struct gr__loop *loop, struct gr__lodging *lodging);

void gr__ways_done(struct gr__loop *loop);

#endif
