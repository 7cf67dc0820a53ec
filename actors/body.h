/*
 * Bodies: an actor's memory on its loop, and how mail gets into it.
 *
 *     spawn --> STARTING -- hook failed ------------------> STOPPING --> GONE, handle stale
 *        |          |                                          ^
 *        |          v                                          | stop, failure
 *        +-------> NEW --- first mail, stop ---> SCHEDULED ----+
 *                                                 |     ^  |
 *                                     handled all v     |  | its run or handler receives
 *                                               IDLE, LONG +-> RECEIVING (reception.h)
 *                                                              INTERLEAVING (reentry.h)
 *
 * That of an actor that moves goes from SCHEDULED over LEAVING to AWAY, and comes back by IDLE (move.h).
 *
 * A life is a table of which stage may follow which (gr__stages_after), and gr__body_move() is the
 * one way from one to the next. That a handler runs or waits makes no difference to it: both are
 * SCHEDULED, and whether the stack of `runner` is parked is that runner's affair. Only where it waits
 * for a message of its own mailbox, the body is RECEIVING, so that what arrives is looked at; and
 * likewise INTERLEAVING where it is re-entrant, and what arrives may begin meanwhile.
 *
 * An actor whose behavior has a run has one activation, which lasts as long as that: it is urgent all
 * the time, so that nothing else handles its messages.
 *
 * An actor with mail is a task. Its activation handles as many messages as there were
 * when it began, up to a quantum, and goes to the end of the ready queue if there are more.
 * The first activation of all runs ahead of who waits already, unless a lane has brought its message;
 * one of an actor whose last took long runs behind.
 *
 * When senders wait for room in a mailbox, the actor is relieved (pressure.h): its messages are
 * handled at once, in a task that overtakes its own. Should its own come up while a handler of
 * the relief waits for something, it goes back to the queue when the relief ends.
 *
 *     slot, task, mailbox, bounds, state, behavior    the first line: all that a message needs
 *     runner, pressure, name, state in place          the second: what few messages need
 *
 * Invariants:
 *   1. A body is SCHEDULED, RECEIVING or INTERLEAVING exactly while its task is in the ready queue, or
 *      an activation is under way, or it is `overtaken`; STOPPING only in an activation, or in its spawn.
 *   2. `runner` is set exactly while a run, a handler or the stop hook is under way: whose stack. So
 *      at most one handler of an actor is under way; of a re-entrant one it is that of the oldest.
 *   3. `count` is the number of envelopes in the mailbox.
 *   4. A body goes only from its own activation, when nothing of it is on any stack.
 *   5. What is urgent is seen to before the next message: each handler is followed by a look.
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
    GR__NEW,          /* no mail, and there never was any */
    GR__LONG,         /* no mail, and its last activation took long */
    GR__RECEIVING,    /* its run or handler waits for mail */
    GR__INTERLEAVING, /* handlers are under way, and others may begin (reentry.h) */
    GR__IDLE,         /* no mail */
    GR__STARTING,     /* its start hook is under way */
    GR__SCHEDULED,    /* it has mail, or is to stop */
    GR__STOPPING,     /* it handles nothing more; its stop hook may be under way */
    GR__RESTING,      /* it has stopped, and its supervisor decides what becomes of it */
    GR__LEAVING,      /* it is to move, and handles nothing until it has (move.h) */
    GR__AWAY,         /* it lives on another loop; or it is to, here, and is not here yet */
    GR__GONE,
    GR__STAGES,
};

/* What an actor does before it handles the next message: one look tells that there is nothing. */
enum gr__urgent {
    GR__STOP = 1 << 0,    /* it is to stop; never taken back */
    GR__CONTROL = 1 << 1, /* there may be control messages */
    GR__FORCE = 1 << 2,   /* it is to stop, and no wait of it succeeds until it has */
    GR__FINISH = 1 << 3,  /* it is to stop when its mailbox is empty; never taken back */
    GR__RUNS = 1 << 4, /* a run has its messages, or handlers that interleave; for all of a life */
    GR__RECEIVES = 1 << 5, /* what is under way has received, and leaves a place to clear */
    GR__MOVE = 1 << 6,     /* it is to move (move.h) */
    GR__ARRIVED = 1 << 7,  /* it has moved, and is to hear of it */
};

struct gr__annex;
struct gr__dead_letters;
struct gr__mark;
struct gr__moves;
struct gr__placings;
struct gr__pressure;

struct gr__body {
    struct gr__slot slot;
    struct gr__task task;
    struct gr__task *first; /* the mailbox, oldest first; NULL when empty */
    struct gr__task *last;  /* once first is set */
    uint32_t count;
    uint32_t max; /* messages; 0: the mailbox has rules, which tell (rules.h), or is closed */
    struct gr_self self;
    const struct gr_behavior *behavior;

    struct gr__runner *runner;
    struct gr__pressure *pressure; /* who waits for room, or NULL: nobody, and there are no rules */
    const char *name;
    struct gr__mark *mark;   /* the actor that its handler waits for, or NULL (ring.h) */
    struct gr__annex *annex; /* what few actors have, or NULL: it has none of that */
    int reason;              /* once it is to stop */
    uint8_t stage;           /* enum gr__stage */
    uint8_t urgent;          /* bits of enum gr__urgent: what comes ahead of the mailbox */
    bool is_child;           /* its parent stops it when the loop stops */
    bool overtaken : 1;      /* its task came up while a relief was under way */
    bool keeps : 1;          /* it once took a promise, so others may reply for it */
    bool closed : 1;         /* what is sent to it is late, since it ends; then max is 0 */
    bool is_guest : 1;       /* its handle is one of another loop (move.h) */
    alignas(max_align_t) unsigned char state[GR__STATE_INLINE];
};

static inline bool gr__state_in_place(const struct gr_behavior *behavior)
{
    return behavior->state_bytes <= GR__STATE_INLINE;
}

/* This stratum's part of the loop. */
struct gr__actors {
    struct gr__slots bodies;
    uint64_t dead_letters;
    struct gr__dead_letters *letters; /* the last ones; NULL: there was none (dead_letter.c) */
    uint64_t asks_expired;
    unsigned next_spread;
    struct gr__moves *moves;        /* NULL: there was none (move.h) */
    struct gr__placings *placings;  /* NULL: nobody was placed by load (placement.c) */
    struct gr__slots timers;        /* of send_after */
    struct gr__slots monitors;      /* made here (monitor.c) */
    uint64_t links_made;            /* here */
    struct gr__list name_waits;     /* who awaits a name here (registry.c) */
    struct gr__list group_watches;  /* by actors here (group.c) */
    struct gr__slots topics;        /* that are subscribed to here; zero: none ever was (topic.c) */
    struct gr__list *pressed;       /* buckets of actors elsewhere whose mailbox is full */
    size_t pressed_count;           /* in all buckets */
    struct gr__timer chases;        /* of the next sweep for old waits (chase.c) */
    gr_time chase_every;            /* until then, from the last one */
    bool chases_soon;               /* it comes as soon as any should */
    const struct gr__task *spender; /* what sent last when no envelope was at hand, or NULL */
    uint32_t spent;                 /* how often in a row */
    uint32_t room_waits;            /* by actors here, so far; numbers them */
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

/* Of each stage, those that may follow it: a bit for each. */
extern const uint16_t gr__stages_after[GR__STAGES];

static inline void gr__body_move(struct gr__body *body, enum gr__stage stage)
{
    assert(gr__stages_after[body->stage] >> stage & 1 && "a stage that may follow");
    body->stage = (uint8_t)stage;
}

/* The actor whose handler or hook is running, or NULL. */
static inline struct gr__body *gr__body_here(const struct gr__loop *loop)
{
    const struct gr__task *task = loop->runner == NULL ? NULL : loop->runner->working;
    return task != NULL && task->class == &gr__body_class ? gr__body_of_task(task) : NULL;
}

/* The handle of a guest. */
__attribute__((cold)) uint64_t gr__guest_name(const struct gr__body *body);

/* The handle of an actor that lives here. */
static inline uint64_t gr__body_name(struct gr__loop *loop, const struct gr__body *body)
{
    if (__builtin_expect(body->is_guest, 0))
        return gr__guest_name(body);
    return gr__slots_name(&gr__actors_of(loop)->bodies, body);
}

/* Whether a sender that can wait should; of a mailbox with rules, whether it may have to. */
static inline bool gr__body_full(const struct gr__body *body)
{
    return body->count >= body->max || body->pressure != NULL;
}

int gr__body_schedule_apart(struct gr__loop *loop, struct gr__body *body);

/* Returns 0, as does who ends with this: so that is a jump, and nothing is kept in registers for it. */
static inline int gr__body_schedule(struct gr__loop *loop, struct gr__body *body)
{
    if (body->stage < GR__IDLE)
        return gr__body_schedule_apart(loop, body);

    gr__body_move(body, GR__SCHEDULED);
    gr__loop_ready(loop, &body->task);
    return 0;
}

static inline bool gr__body_stopping(const struct gr__body *body)
{
    return body->urgent & GR__STOP;
}

/* See to it that an actor comes to something urgent. */
static inline void gr__body_urge(struct gr__loop *loop, struct gr__body *body,
                                 enum gr__urgent urgent)
{
    body->urgent |= (uint8_t)urgent;
    if (body->stage <= GR__IDLE)
        gr__body_schedule(loop, body);
}

/* Put an envelope into the mailbox, and see to it that the actor comes to it. */
static inline int gr__body_accept_kind(struct gr__loop *loop, struct gr__body *body,
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
    return body->stage <= GR__IDLE ? gr__body_schedule(loop, body) : 0;
}

static inline void gr__body_accept(struct gr__loop *loop, struct gr__body *body,
                                   struct gr__envelope *envelope)
{
    gr__body_accept_kind(loop, body, envelope, gr__envelope_kind(envelope));
}

/*
 * Put an envelope into a mailbox that is full or has rules; or, where it is full, do what its
 * behavior says instead. Returns whether it was.
 */
bool gr__body_accept_full(struct gr__loop *loop, struct gr__body *body,
                          struct gr__envelope *envelope);

/* Handle an envelope that was taken out of the mailbox, and end it. */
void gr__body_handle(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope);

/* Stop for good once there is no mail, where it is to finish and is to do nothing before that. */
void gr__body_finish(struct gr__loop *loop, struct gr__body *body);

/* The end, in the actor's own activation, with no handler under way. */
void gr__body_end(struct gr__loop *loop, struct gr__body *body);

/* Handle messages until half of the mailbox is empty or the slice is over; ahead of its task. */
void gr__body_relieve(struct gr__loop *loop, struct gr__body *body);

/* What an actor is made of. */
struct gr__birth {
    const struct gr_behavior *behavior;
    const char *name;
    const void *argument; /* for the start hook */
    size_t argument_bytes;
    bool is_child;
    uint64_t supervisor; /* 0: it has none */
};

/* Make an actor on this loop, and run its start hook. Errors as gr_actor_spawn(). */
int gr__body_spawn(struct gr__loop *loop, const struct gr__birth *birth, gr_actor *ret_actor);

/* Take the memory of one back, which has not lived yet. */
void gr__body_give(struct gr__loop *loop, struct gr__body *body);

/* Begin anew, from its rest: with its state zeroed, and with its start hook. It rests on where that fails. */
int gr__body_restart(struct gr__loop *loop, struct gr__body *body, const void *argument,
                     size_t size);

/*
 * An actor ends, and does not rest: what is in its mailbox, or laid aside, is answered, and whoever
 * still sends to it hears at once that it is late.
 */
void gr__body_close(struct gr__loop *loop, struct gr__body *body);

/* End an actor that has stopped, and of which nothing is left on any stack. */
void gr__body_go(struct gr__loop *loop, struct gr__body *body);

/* Begin to stop, for a reason; an actor that has begun keeps its own. */
void gr__body_stop(struct gr__loop *loop, struct gr__body *body, int reason);

/* Have one that is to stop do so at once: whatever it waits for, in its stop hook too, it waits no more. */
void gr__body_force(struct gr__body *body);

/* The same as a stop where its own handler or control hook has failed. */
void gr__body_fail(struct gr__loop *loop, struct gr__body *body, int status);

#endif
