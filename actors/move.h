/*
 * Moving: an actor lives on another loop than the one that its handle names.
 *
 *     its home, the loop of its handle          the loop where it lives
 *     body, AWAY: passes on what comes  ------> guest: a body with mailbox, state and all the rest
 *     who watches it                    <------ its links' signals, and at last its end
 *
 * The handle never changes. It leads to the home, which stays while the actor lives, and which passes
 * on what comes: messages by the guest's own name, all else as it is. So a loop that knows nothing of
 * all this sends as ever. One that sends to it often is told the guest's name, and has a way
 * of its own (way.h).
 *
 * There is one kind of journey, between the home and another loop. To move on is to come home first,
 * so there never is a chain. A trip is one block: the order to move, the room that is asked for, the
 * actor's content on its way out, what stays with the guest, and the content on its way back.
 *
 *     home, of an actor that is there                     the other loop
 *     order ------------------ prepare ------------->     makes an empty guest
 *     between two messages: LEAVING    <-- prepared --
 *       fence: all it has sent has arrived
 *     AWAY -------------------- fill ---------------->    guest lives, hears that it moved
 *          <==== way there is over: messages, signals ===>
 *     order ------------------- leave --------------->    between two messages: LEAVING
 *                                                           fence; then closes all ways to it
 *     holds what comes <------- shut ----------------
 *          -------------------- is shut ------------->    all has arrived that was on its way
 *     lives again, with it <--- return --------------     guest is gone
 *
 * Who is LEAVING handles nothing, and gathers mail. It is in no handler and so waits for nobody, and
 * what it waits for needs no handler to end, only loops that turn: so this ends.
 *
 * Why no message is lost or doubled: an envelope is in one place, and goes from one to the next.
 * The content goes in one piece, and when it goes nothing is on its way to where it was: on the way
 * out since senders know only the home; on the way back since each that had another way has closed
 * it, with a marker behind what it has sent by it, and the home last.
 *
 * Why the order of each pair of sender and receiver is kept. Lanes keep it, and what stands behind a
 * message in one comes after it, however either is taken out (invariants 1 and 3 of turn.c); so it
 * can break only where a later message takes another way than an earlier one. What is AWAY has no
 * room: a message for it is never done as the lane is read, and is passed on in its turn.
 *     The receiver moves: those that came home before `fill` are in it, later ones behind it in the
 *       same lane. Those passed on before `is shut` are in the guest's mailbox and so in `return`; the
 *       home holds later ones, and puts them behind. Other ways: way.h.
 *     The sender moves: its earlier messages left from the loop where it was. The fence visits all
 *       loops behind them, and from each those to which it passes on; when it is back, each of them
 *       is in a mailbox. Only then the sender goes, and sends on.
 *
 * What an actor has that is of its loop keeps it there: -EBUSY, and the details say what. Its mailbox
 * with its rules, what it has laid aside, its links, its control messages, its supervision and its state
 * go along. So do its timers, which are taken off the one loop's wheel and put on the other's, for
 * the same time: their messages are in the content before they go or after they have come. Those who
 * watch it are told by its home. Links' signals to it come by the home, and its own go by the home too,
 * so that they stay in order with those of before. What it hears of others comes after it by the home, too
 * (monitor.c). Its supervisor's orders come by the home as well;
 * what it tells that is the answer to one of them, or comes before the next, and goes straight.
 *
 * Invariants:
 *   1. The body at home is AWAY from `fill` until `return` or the end; `home->guest` is set then.
 *   2. A guest is in the loop's table of guests from `fill` until `return` or the end.
 *   3. There is one trip for each guest, with it or on its way, and one more at most, which is an order.
 *   4. `home->holding` is set from `shut` until `return`; then no way but the home's is there.
 */
#ifndef GREENROOM_ACTORS_MOVE_H
#define GREENROOM_ACTORS_MOVE_H

#include "actors/annex.h"
#include "base/hash.h"

/* In the annex of a guest. */
struct gr__lodging {
    struct gr__list link;   /* in the loop's table of guests */
    uint64_t home;          /* the actor */
    struct gr__body *body;  /* the guest */
    struct gr__trip *trip;  /* that brought it */
    struct gr__trip *order; /* to leave, while it is here; or NULL */
    struct gr__list ways;   /* tickets of loops that send to it directly (way.h) */
    unsigned open;          /* of these, while it is leaving: not yet shut */
};

struct gr__trip {
    struct gr__task task;
    uint64_t home;                 /* the actor */
    uint64_t guest;                /* its name where it lives or is to; 0 before it was prepared */
    gr_promise promise;            /* of who has it moved; zero: nobody waits */
    unsigned to;                   /* the loop that it is to come to */
    unsigned from;                 /* the loop that it left */
    struct gr__queue fence;        /* those that are to go, one for each other loop */
    unsigned fences;               /* those that are not back */
    int status;                    /* why it could not be prepared, or the reason of the end */
    uint64_t number;               /* of the fence: ways that were shut later do not matter to it */
    struct gr__pressure *pressure; /* for a mailbox with rules, where it comes to; or NULL */
    struct gr__body body;          /* the content, on its way */
    struct gr__lodging lodging;    /* with a guest, which it has brought */
};

/* In the annex of an actor at home, from when it was to move first. */
struct gr__home {
    uint64_t name;
    struct gr__trip *trip; /* prepared, and here; or NULL */
    uint64_t guest;        /* where it lives; 0: here */
    bool moves;            /* an order is under way */
    bool holding;
    struct gr__queue held;             /* what came then, save messages, which are in the mailbox */
    uint64_t told[GR__LOOPS_MAX / 64]; /* loops that were told of the guest, of which it is */
    struct gr__outbox_waiter window;   /* for the way to the guest to open */
    struct gr_behavior behavior;       /* while away: no state, no hooks */
    uint32_t max;                      /* while away: the mailbox's */
    struct gr__annex *spare;           /* while prepared: its annex when away */
};

enum { GR__GUEST_BUCKET_BITS = 6, GR__GUEST_BUCKETS = 1 << GR__GUEST_BUCKET_BITS };

/* What a loop keeps of moves, from the first that it has to do with. */
struct gr__moves {
    struct gr__list guests[GR__GUEST_BUCKETS];
    struct gr__list ways[GR__GUEST_BUCKETS]; /* this loop's (way.h) */
    unsigned way_count;
    uint64_t ways_shut;                /* ever; numbers them */
    struct gr__body *looked_at;        /* where the last look of a balancer ended, or NULL */
    uint32_t homes;                    /* bodies that are away, or are empty guests */
    uint32_t passes_to[GR__LOOPS_MAX]; /* actors of this loop that live there */
};

/* Made when first needed; NULL without memory. */
struct gr__moves *gr__moves_of(struct gr__loop *loop);

static inline unsigned gr__bucket_of(uint64_t name)
{
    return gr__bucket(name, GR__GUEST_BUCKET_BITS);
}

/* The guest with that handle, or NULL. */
__attribute__((cold)) struct gr__body *gr__guest_of(struct gr__loop *loop, uint64_t name);

/* The body of an actor on this loop: its own, also one that is away, or a guest. NULL: neither. */
static inline struct gr__body *gr__body_of(struct gr__loop *loop, uint64_t name)
{
    struct gr__body *body = gr__body_find(loop, name);
    return body != NULL ? body : gr__guest_of(loop, name);
}

/* Where an actor lives that is away: the guest's name; 0 while it is on its way home. */
static inline uint64_t gr__home_guest(const struct gr__body *body)
{
    const struct gr__home *home = body->annex == NULL ? NULL : body->annex->home;
    return home == NULL || home->holding ? 0 : home->guest;
}

/* How many bodies of a loop are no actors that live there. */
static inline size_t gr__moves_homes(struct gr__loop *loop)
{
    const struct gr__moves *moves = gr__actors_of(loop)->moves;
    return moves == NULL ? 0 : moves->homes;
}

/* Whether it is to move, and has nothing to do before. */
static inline bool gr__body_is_to_go(const struct gr__body *body)
{
    return body->urgent & GR__MOVE && !(body->urgent & GR__CONTROL);
}

/* Have an actor move that is to, between two messages. True: it is not to run here now. */
bool gr__body_sets_out(struct gr__loop *loop, struct gr__body *body);

/* Tell the actor that it has moved. */
void gr__body_arrived(struct gr__loop *loop, struct gr__body *body);

/* All that a leaving actor has sent has arrived. */
void gr__body_fenced(struct gr__loop *loop, struct gr__body *body);

/* The trip that a leaving actor is to go by. */
struct gr__trip *gr__body_trip(const struct gr__body *body);

/* Why an actor cannot move now: 0, or -EBUSY with details. */
int gr__body_ties(const struct gr__body *body);

/* Take a body's content into a trip, from this loop... */
void gr__body_pack(struct gr__loop *loop, struct gr__body *body, struct gr__trip *trip);

/* ...and out of it, into a body whose stage and pressure stay its own. */
void gr__body_unpack(struct gr__loop *loop, struct gr__body *body, struct gr__trip *trip);

static inline struct gr__trip *gr__trip_of(const struct gr__task *task)
{
    return gr__container_of(task, struct gr__trip, task);
}

/* Send a trip from here. `bytes` are 0: what is in it may be large. */
void gr__trip_send(struct gr__loop *loop, unsigned to, struct gr__trip *trip,
                   const struct gr__task_class *class);

/* End a trip, and tell whoever waits for it what came of it. */
void gr__trip_end(struct gr__loop *loop, struct gr__trip *trip, int status);

/* Tell whoever waits for it, who waits no more then. */
void gr__trip_tell(struct gr__trip *trip, int status);

/* For classes: its loop has gone. One that carries an actor ends with what is in it. */
void gr__trip_discard_empty(struct gr__task *task);
void gr__trip_discard(struct gr__task *task);

/* Send fences behind all that this loop has sent; -ENOMEM. gr__body_fenced() is called in the end. */
int gr__fence(struct gr__loop *loop, struct gr__body *body);

/* Send none after all. */
void gr__fence_drop(struct gr__trip *trip);

/* A trip whose fence waits behind what a way holds. */
extern const struct gr__task_class gr__fence_waits_class;

/* Follow an order for an actor that is here. 1: it is where it is to be; or why it cannot. */
int gr__move_order(struct gr__loop *loop, struct gr__body *body, struct gr__home *home,
                   struct gr__trip *trip);

/* The actor begins to move, as soon as it can. As gr_actor_move(), without the wait. */
int gr__move_start(struct gr__loop *loop, gr_actor actor, unsigned to, gr_promise promise);

/* What arrives at home from the guest's loop, and there from home. */
extern const struct gr__task_class gr__prepare_class, gr__prepared_class, gr__cancel_class,
    gr__fill_class, gr__leave_class, gr__stays_class, gr__shut_class, gr__is_shut_class,
    gr__return_class, gr__ended_class;

/* All ways but the home's are shut. */
void gr__guest_ways_shut(struct gr__loop *loop, struct gr__body *body);

/* The annex goes, with what is in it of this. */
void gr__home_end(struct gr__loop *loop, struct gr__body *body);
void gr__lodging_end(struct gr__loop *loop, struct gr__body *body);
void gr__moves_done(struct gr__loop *loop);

#endif
