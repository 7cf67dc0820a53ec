/*
 * Bodies: an actor's memory on its loop, and how mail gets into it.
 *
 *     spawn -> STARTING -> IDLE -- mail --> ACTIVE -- handled all --> IDLE
 *                 |                           |
 *                 +------ stop, failure ------+--> STOPPING --> gone, handle stale
 *
 * An actor with mail is a task. Its activation handles as many messages as there were
 * when it began, up to a quantum, and goes to the end of the ready queue if there are more.
 * The first activation of all runs ahead of who waits already.
 *
 * When senders wait for room in a mailbox, the actor is relieved (pressure.h): its messages are
 * handled at once, in a task that overtakes its own. Should its own come up while a handler of
 * the relief waits for something, it goes back to the queue when the relief ends.
 *
 *     slot, task, mailbox, bounds, state, behavior    the first line: all that a message needs
 *     runner, pressure, name, state in place          the second: what few messages need
 *
 * Invariants:
 *   1. A body is SCHEDULED exactly while its task is in the ready queue, or its activation is
 *      under way, or it is `overtaken`.
 *   2. `runner` is set exactly while a handler or the stop hook is under way: whose stack. So at
 *      most one handler of an actor is under way.
 *   3. `count` is the number of envelopes in the mailbox.
 *   4. A body goes only from its own activation, when nothing of it is on any stack.
 */
#ifndef GREENROOM_ACTORS_BODY_H
#define GREENROOM_ACTORS_BODY_H

#include <stdalign.h>
#include <stddef.h>

#include <greenroom/actor.h>

#include "actors/envelope.h"
#include "base/slots.h"
#include "loop/loop.h"
#include "runner/park.h"

enum { GR__STATE_INLINE = 16 };

enum gr__stage {
    GR__NEW,  /* no mail, and there never was any */
    GR__IDLE, /* no mail */
    GR__STARTING,
    GR__SCHEDULED,
};

struct gr__pressure;
struct gr__sending;

struct gr__body {
    struct gr__slot slot;
    struct gr__task task;
    struct gr__task *first; /* the mailbox, oldest first; NULL when empty */
    struct gr__task *last;  /* once first is set */
    uint32_t count;
    uint32_t max;
    struct gr_self self;
    const struct gr_behavior *behavior;

    struct gr__runner *runner;
    struct gr__pressure *pressure; /* who waits for room, or NULL: nobody */
    const char *name;
    struct gr__sending *sending; /* the full mailbox that its handler waits for, or NULL */
    int reason;                  /* once stopping */
    uint8_t stage;               /* enum gr__stage */
    bool stopping;
    bool overtaken; /* its task came up while a relief was under way */
    alignas(max_align_t) unsigned char state[GR__STATE_INLINE];
};

/* This stratum's part of the loop. */
struct gr__actors {
    struct gr__slots bodies;
    uint64_t dead_letters;
    unsigned next_spread;
    struct gr__slots timers;        /* of send_after */
    struct gr__list *pressed;       /* buckets of actors elsewhere whose mailbox is full */
    size_t pressed_count;           /* in all buckets */
    const struct gr__task *spender; /* what sent last when no envelope was at hand, or NULL */
    uint32_t spent;                 /* how often in a row */
};

static inline struct gr__actors *gr__actors_of(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_ACTOR);
}

static inline struct gr__body *gr__body_find(struct gr__loop *loop, uint64_t name)
{
    return gr__slots_find(&gr__actors_of(loop)->bodies, name);
}

static inline struct gr__body *gr__body_of_task(const struct gr__task *task)
{
    return gr__container_of(task, struct gr__body, task);
}

extern const struct gr__task_class gr__body_class;

/* The actor whose handler or hook is running, or NULL. */
static inline struct gr__body *gr__body_here(const struct gr__loop *loop)
{
    const struct gr__task *task = loop->runner == NULL ? NULL : loop->runner->working;
    return task != NULL && task->class == &gr__body_class ? gr__body_of_task(task) : NULL;
}

/* Whether a sender that can wait should. */
static inline bool gr__body_full(const struct gr__body *body)
{
    return body->count >= body->max || body->pressure != NULL;
}

void gr__body_schedule_first(struct gr__loop *loop, struct gr__body *body);

static inline void gr__body_schedule(struct gr__loop *loop, struct gr__body *body)
{
    if (body->stage == GR__NEW) {
        gr__body_schedule_first(loop, body);
        return;
    }
    body->stage = GR__SCHEDULED;
    gr__loop_ready(loop, &body->task);
}

/* Put an envelope into the mailbox, and see to it that the actor comes to it. */
static inline void gr__body_accept_kind(struct gr__loop *loop, struct gr__body *body,
                                        struct gr__envelope *envelope, enum gr__envelope_kind kind)
{
    gr__envelope_deliver(envelope, kind);
    envelope->task.next = NULL;
    if (body->first == NULL)
        body->first = &envelope->task;
    else
        body->last->next = &envelope->task;
    body->last = &envelope->task;
    body->count++;
    if (body->stage <= GR__IDLE)
        gr__body_schedule(loop, body);
}

static inline void gr__body_accept(struct gr__loop *loop, struct gr__body *body,
                                   struct gr__envelope *envelope)
{
    gr__body_accept_kind(loop, body, envelope, gr__envelope_kind(envelope));
}

/* An envelope that no actor will handle: counted, answered with `status`, ended. */
void gr__dead_letter(struct gr__loop *loop, struct gr__envelope *envelope, int status);

/* Put an envelope into the mailbox though it is full, or do what its behavior says instead. */
void gr__body_accept_full(struct gr__loop *loop, struct gr__body *body,
                          struct gr__envelope *envelope);

/* Handle messages until half of the mailbox is empty or the slice is over; ahead of its task. */
void gr__body_relieve(struct gr__loop *loop, struct gr__body *body);

/* Begin to stop, for a reason; an actor that has begun keeps its own. */
void gr__body_stop(struct gr__loop *loop, struct gr__body *body, int reason);

#endif
