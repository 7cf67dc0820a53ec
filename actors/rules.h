/*
 * Rules: mailboxes that are more than a queue of so many messages: they count bytes, or in them the
 * urgent overtake others.
 *
 *     first --> level 0, oldest .. newest --> level 1 ... --> level 3 ... --> NULL
 *                                    ^              ^               ^
 *                              levels[0].last  levels[1].last  levels[3].last      levels[2] is empty
 *
 * Such a mailbox is one list like any other, kept sorted: so whoever takes the first of it takes the
 * right one, and to put one in is to find the last of its level, or of the nearest above. Both are
 * done in a number of steps that hangs on the number of levels alone. Who takes one out of the midst
 * (reception.h) looks on from there for the last of its level.
 *
 * Others pay nothing for it. A body with rules has `max` 0, so whoever looks for room finds none and
 * takes the way of a full mailbox, where the rules say whether it is; and it is under a pressure
 * that stays, so whoever takes a message comes by (gr__pressure_took).
 *
 *     a level is more urgent       strictly first; nothing but the senders' restraint keeps one
 *                                  from waiting for ever
 *     the bytes                    are the messages' sizes; from bytes_max on the mailbox is full,
 *                                  so that each message goes in whole once there is any room
 *
 * Invariants:
 *   1. The list is sorted by level, and within a level by age; level->count of it are of a level,
 *      and level->last is the last of these, or NULL.
 *   2. `bytes` is the sum of the sizes in the list.
 */
#ifndef GREENROOM_ACTORS_RULES_H
#define GREENROOM_ACTORS_RULES_H

#include "actors/annex.h"
#include "actors/pressure.h"

struct gr__level {
    struct gr__task *last;
    uint32_t count;
};

struct gr__rules {
    uint32_t max;
    size_t bytes_max;
    size_t bytes;
    struct gr__level levels[GR_PRIORITIES];
};

static inline bool gr__rules_wanted(const struct gr_behavior *behavior)
{
    return behavior->mailbox_bytes_max | (uintptr_t)behavior->priority;
}

/* Give a new body rules, and this bound for messages. 0, or -ENOMEM: it may have some of it. */
int gr__rules_make(struct gr__loop *loop, struct gr__body *body, uint32_t max);

/* The annex goes, and with it the rules. */
void gr__rules_end(struct gr__loop *loop, struct gr__body *body);

bool gr__rules_full(const struct gr__body *body);
bool gr__rules_over_half(const struct gr__body *body);

/* Put an envelope where it belongs, and see to it that the actor comes to it. */
void gr__rules_put(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope);

/* What is about to stand ahead of all is the most urgent. */
void gr__rules_put_back(struct gr__body *body, struct gr__task *first, struct gr__task *last);

/*
 * The envelope behind that task was taken out; behind NULL the first of all. True: with that, half of
 * the mailbox is empty, or all of it.
 */
bool gr__rules_took(struct gr__body *body, const struct gr__envelope *envelope,
                    struct gr__task *previous);

/* How urgent a message is that has come. */
unsigned gr__rules_level(const struct gr__body *body, struct gr__envelope *envelope);

/* Take the oldest of the least urgent out; NULL: all are more urgent than this level. */
struct gr__task *gr__rules_take_least(struct gr__body *body, unsigned level);

/* What follows holds for any mailbox, with rules or without, that is not closed. */

/* Put an envelope into it, full or not. */
static inline void gr__mailbox_put(struct gr__loop *loop, struct gr__body *body,
                                   struct gr__envelope *envelope)
{
    if (__builtin_expect(body->max == 0, 0))
        gr__rules_put(loop, body, envelope);
    else
        gr__body_accept(loop, body, envelope);
}

/* Whether it is full. */
static inline bool gr__mailbox_full(const struct gr__body *body)
{
    return body->count >= body->max && (body->max != 0 || gr__rules_full(body));
}

/* Whether senders wait for room, or were told to. */
static inline bool gr__mailbox_pressed(const struct gr__body *body)
{
    return body->pressure != NULL && body->pressure->pressed;
}

/* Whether a sender that can wait should. */
static inline bool gr__mailbox_holds_up(const struct gr__body *body)
{
    return gr__mailbox_full(body) || gr__mailbox_pressed(body);
}

/* Whether less than half of it is empty. */
static inline bool gr__mailbox_over_half(const struct gr__body *body)
{
    return body->count > body->max / 2 && (body->max != 0 || gr__rules_over_half(body));
}

/* How many messages it has room for, where it is not full. */
static inline uint32_t gr__mailbox_room(const struct gr__body *body)
{
    return (body->max != 0 ? body->max : body->annex->rules->max) - body->count;
}

#endif
