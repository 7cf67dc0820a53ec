/*
 * Re-entrancy: handlers of one actor that interleave.
 *
 *     the actor's task         handlers, each on the runner that its beginning came up on
 *     comes up, takes m1  --> m1 .... waits ......................... goes on, ends
 *        (back in the queue, since m2 may begin)
 *     comes up, takes m2  ----------> m2 ... waits ......... goes on, ends
 *        (m3 may not)
 *     m4 comes, in the queue
 *     comes up, takes m4  --------------------> m4, ends
 *     comes up, when all have ended: takes m3 ---------------------------------> m3
 *
 * Parking needs no hook for it. Whatever a handler waits for, while it does the loop runs other
 * tasks; so if the actor's own task comes up while a handler of it is under way, that one waits.
 * Before a handler begins, and when mail comes, the actor is asked whether another one may begin. If
 * so, its task goes into the ready queue. It comes up on some runner, begins the next handler there,
 * and goes on for as long as these do not wait. Where the first one did not wait either, this is an
 * activation like any other.
 *
 * What may begin:
 *     no handler is under way       the first message of the mailbox
 *     else, below the limit         the first message that the behavior allows: any, or one of its tags
 *     at the limit, or to stop      none
 * A control message is handled like a message whose tag is not allowed, but first; where all
 * messages are allowed it begins as well, one at a time, and above the limit.
 *
 * The mailbox is looked at as by a receive (reception.h): the place in it up to which nothing is
 * allowed is kept, so no message is looked at twice.
 *
 * What is the actor's end, or its move, or its finish waits until no handler is under way. A
 * stop or a failure cancels all that are.
 *
 * Invariants:
 *   1. `under_way` has exactly those that have begun and not ended, the oldest first, and `count` is how
 *      many they are; body->runner is the oldest one's.
 *   2. The body is INTERLEAVING while handlers are under way and its task is in no queue; it is
 *      SCHEDULED while its task is in the ready queue. If something may begin it is.
 *   3. Whoever ends last sees to what comes then, unless the task is in the queue.
 *   4. Between two waits of a handler no other one runs.
 */
#ifndef GREENROOM_ACTORS_REENTRY_H
#define GREENROOM_ACTORS_REENTRY_H

#include "actors/annex.h"
#include "actors/pattern.h"
#include "actors/reception.h"

/* One handler, or the control hook, under way; on its stack. */
struct gr__turn {
    struct gr__list link;
    struct gr__runner *runner;
    struct gr__mark *mark;         /* the actor that it waits for, or NULL (ring.h) */
    struct gr__envelope *envelope; /* what it handles; NULL: it is the control hook */
};

/* In the annex of a re-entrant actor, in the place of its reception. */
struct gr__reentry {
    struct gr__reception reception;
    struct gr__list under_way; /* of struct gr__turn */
    uint32_t count;
    uint32_t max;
    uint32_t activations; /* tells one from the next */
    bool hears;           /* its control hook is under way */
    bool hears_meanwhile; /* that may begin while handlers wait */
    gr_pattern pattern;   /* of what may */
};

static inline bool gr__body_reentrant(const struct gr__body *body)
{
    return body->annex != NULL && body->annex->reentrant;
}

static inline struct gr__reentry *gr__body_reentry(const struct gr__body *body)
{
    return gr__container_of(body->annex->reception, struct gr__reentry, reception);
}

/* Its handlers under way, of a re-entrant actor; none where a hook is that nothing interleaves with. */
static inline struct gr__list *gr__body_turns(const struct gr__body *body)
{
    return &gr__body_reentry(body)->under_way;
}

static inline struct gr__turn *gr__turn_at(struct gr__list *link)
{
    return gr__container_of(link, struct gr__turn, link);
}

/* Whether an actor is in handlers of which there may be more than one, and not in a hook. */
static inline bool gr__body_interleaves(const struct gr__body *body)
{
    return gr__body_reentrant(body) && gr__body_reentry(body)->count > 0;
}

/* How many handlers or hooks of an actor are under way. */
static inline uint32_t gr__body_under_way(const struct gr__body *body)
{
    if (gr__body_interleaves(body))
        return gr__body_reentry(body)->count;
    return body->runner != NULL;
}

/* Make a new body re-entrant. 0; -EINVAL with details: its behavior cannot be; -ENOMEM. */
int gr__reentry_make(struct gr__loop *loop, struct gr__body *body);

/* The annex goes, and this with it. */
void gr__reentry_end(struct gr__loop *loop, struct gr__body *body);

/* The actor's task has come up, and it is not to stop, or handlers of it are under way. */
void gr__reentry_run(struct gr__loop *loop, struct gr__body *body);

/* Something has come for an actor that is INTERLEAVING. */
void gr__reentry_arrived(struct gr__loop *loop, struct gr__body *body);

/* What somebody waits for who waits for an actor some of whose handlers are under way. */
enum gr__reentry_wait {
    GR__FOR_NONE, /* nothing: the question can begin */
    GR__FOR_ONE,  /* until any of the handlers under way has ended */
    GR__FOR_ALL   /* until a certain one has, or all have; for room, until any has, or begins */
};

/*
 * What who has asked waits for, or, where `future` is 0, who waits for room. `ret_only` is the handler
 * of the question, or NULL: it has not begun.
 */
enum gr__reentry_wait gr__reentry_wait(const struct gr__body *body, uint64_t future, uint32_t tag,
                                       struct gr__turn **ret_only);

/* Where the running handler or hook of an actor leaves its mark; stays its own while it waits. */
struct gr__mark **gr__body_mark_place(const struct gr__loop *loop, struct gr__body *body);

/* The mark with that number of a handler that waits for room in that actor's mailbox, or NULL. */
struct gr__mark *gr__body_mark_for_room(const struct gr__body *body, uint64_t to, uint32_t number);

/* Visit the runners of what is under way. */
void gr__reentry_each(const struct gr__body *body, void (*visit)(struct gr__runner *runner));

/*
 * Write what an actor's handlers and hooks wait for, as "for a future since 5 ms", or
 * "in 2 handlers: for a lock since 3 ms, for a future since 1 ms".
 */
size_t gr__body_describe_waits(const struct gr__loop *loop, const struct gr__body *body, char *text,
                               size_t bytes);

#endif
