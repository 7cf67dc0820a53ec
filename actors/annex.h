/*
 * Annexes: what only few actors have, on one pointer of the body.
 *
 *     body.annex --> NULL                       nearly all actors, all their life
 *                --> lists, flags, timers ...   made when the first of them is needed
 *
 * So the body stays two cache lines, and a message to an actor without rare things never looks
 * at an annex. It is memory of the loop's pool, and ends with the body; each kind of thing in it
 * has a file of its own, which says what becomes of what is left at that time.
 *
 * Invariants:
 *   1. An annex has one body, and belongs to the same loop.
 *   2. What was made stays until the body goes: an annex that was there is there after a wait.
 */
#ifndef GREENROOM_ACTORS_ANNEX_H
#define GREENROOM_ACTORS_ANNEX_H

#include "actors/body.h"

struct gr__home;
struct gr__lodging;
struct gr__reception;
struct gr__rules;
struct gr__tenants;

struct gr__annex {
    struct gr__list control;  /* the lane of control messages, oldest first; of struct gr__notice */
    struct gr__list watchers; /* notices for those who watch this actor (monitor.c) */
    struct gr__list monitors; /* what this actor watches (monitor.c) */
    struct gr__list records;  /* of what it watches from where it was before (monitor.c) */
    struct gr__list links;    /* halves of links, which are notices too (link.c) */
    struct gr__list children; /* (children.c) */
    struct gr__stash *stash;  /* or NULL (stash.c) */
    struct gr__rules *rules;  /* of its mailbox, or NULL (rules.c) */
    struct gr__list timers;   /* to itself, by key (self_timer.c) */
    struct gr__list names;    /* (registry.c) */
    struct gr__list memberships;         /* in groups (group.c) */
    struct gr__list group_watches;       /* (group.c) */
    struct gr__reception *reception;     /* or NULL: it has never received (reception.h) */
    struct gr__list subscriptions;       /* to topics (topic.c) */
    struct gr__tenants *tenants;         /* its runners, or NULL: there were none (tenants.c) */
    struct gr__supervision *supervision; /* or NULL (supervision.c) */
    struct gr__home *home;               /* or NULL: it has never been to move (move.h) */
    struct gr__lodging *lodging;         /* of a guest, or NULL */
    unsigned moved_from;                 /* once it has moved: the loop where it was */
    bool trap_exits;                     /* exit signals go into the control lane */
    bool reentrant;                      /* its reception is in a struct gr__reentry (reentry.h) */
};

/* An annex with nothing in it; NULL without memory. */
struct gr__annex *gr__annex_take(struct gr__loop *loop);

/* The annex of a body, made where it has none; NULL without memory. */
struct gr__annex *gr__annex_of(struct gr__loop *loop, struct gr__body *body);

/* Find an actor, and see to it that it has an annex. -ESTALE, -ENOMEM. */
int gr__annex_make(struct gr__loop *loop, uint64_t name, struct gr__body **ret_body);

/* The annex of an actor, or NULL where the actor has gone, or has none. */
static inline struct gr__annex *gr__annex_find(struct gr__loop *loop, uint64_t name)
{
    const struct gr__body *body = gr__body_find(loop, name);
    return body == NULL ? NULL : body->annex;
}

/* The actor, which has an annex, has ended for its reason: tell whoever wants to know. */
void gr__annex_tell(struct gr__loop *loop, struct gr__body *body);

/* The body, which has one, goes, and its annex with it; whoever has not been told hears nothing. */
void gr__annex_end(struct gr__loop *loop, struct gr__body *body);

/* Handle the control messages that are there, a quantum of them at most. */
void gr__annex_control(struct gr__loop *loop, struct gr__body *body);

#endif
