/*
 * The loop itself: its memory, which only its own thread touches, and its turn.
 *
 *  other loops ----> lanes --+
 *  foreign threads -> inbox -+
 *                            v
 *  +-- take the mail -- due timers -- run ready tasks -- flush outboxes -- poll or wait --+
 *  +--------------------------------------------------------------------------------------+
 *
 * Strata above keep what they need of each loop in the loop's parts: room at a fixed
 * offset, whose content this file does not know. So one thread may also run many loops
 * in turn, as a simulation does: everything is found from gr__loop_current.
 *
 * Invariants:
 *   1. `runner` is set exactly while a runner's stack runs; on the thread's own it is NULL.
 *   2. A loop sleeps only with nothing ready, nothing set aside for later, its inbox announced
 *      ASLEEP, and all it has sent in lanes, or a request for room in them under way.
 *   3. Tasks run only from `execute`, never inside poll.
 *   4. Outside of `execute`, nothing stands ahead but what callbacks put there.
 */
#ifndef GREENROOM_LOOP_LOOP_H
#define GREENROOM_LOOP_LOOP_H

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include <greenroom/loop.h>
#include <greenroom/phase.h>

#include "base/pool.h"
#include "base/random.h"
#include "base/values.h"
#include "base/wheel.h"
#include "loop/here.h"
#include "loop/host.h"
#include "loop/inbox.h"
#include "loop/outbox.h"
#include "loop/stratum.h"
#include "loop/task.h"

struct gr__runner;

enum {
    GR__PART_BYTES = 1536, /* a ucontext takes most of them */
    GR__QUANTUM_MAX = 64,  /* tasks and messages between two looks at the clock, at most */
};

/* What comes after all phases of stopping (phases.h). */
enum gr__phase_after {
    GR__PHASE_OVER = GR_PHASES, /* what was ended by force comes to its end */
    GR__PHASE_ENDED,            /* the run is over after this turn */
};

/* What has happened on this loop, counted where it happens. */
struct gr__loop_counts {
    uint64_t turns;
    uint64_t polls;
    uint64_t sleeps;
    uint64_t batches_sent;
    uint64_t tasks_discarded;
};

struct gr__loop {
    struct gr__queue ready;
    struct gr__queue ahead;     /* ready too, and first until the slice is over */
    struct gr__queue held;      /* stood ahead, and lets the others have a slice */
    struct gr__queue behind;    /* ready too, and last: what took long the last time */
    struct gr__task **ahead_at; /* the link in it where the next one goes */
    struct gr__runner *runner;  /* whose stack runs now, or NULL: the thread's own */
    int32_t budget;             /* tasks and messages left before the next look at the clock */
    int32_t quantum;            /* what the budget begins with */
    unsigned holds;             /* how often who stood ahead has stood aside */
    unsigned id;
    gr_time now;        /* as last read */
    gr_time began;      /* when the quantum did */
    gr_time slice_end;  /* when ready tasks give way to I/O */
    gr_time behind_due; /* when one of those behind is to run, whatever else is ready */

    struct gr__outbox *outboxes; /* by number of loop; of this loop's own the entry is unused */
    struct gr__outbox *filled;   /* those to be flushed */
    unsigned loop_count;
    uint8_t phase;     /* of stopping: enum gr_phase, or enum gr__phase_after */
    bool stopping;     /* winds down: nothing new starts */
    bool clock_is_old; /* whoever turns the loop by hand may have let time pass */
    bool has_ambient;  /* there is an ambient around what runs (ambient.h) */

    struct gr__inbox *inbox;
    struct gr__lane *lanes;   /* to this loop, by number of loop */
    unsigned lane_first;      /* which of them was looked into first, the last time */
    struct gr__task mail_end; /* stands in `ready` behind tasks that came by a lane */
    bool mail_stands;         /* it does */
    struct gr__host *host;
    void (*execute)(struct gr__loop *loop); /* runs ready tasks until budget or queue end */
    struct gr__queue later;                 /* becomes ready after the next poll */
    gr_time polled;                         /* when I/O was last looked at */
    gr_time spin;                           /* how long to watch the inbox before sleep */
    gr_time idle;      /* slept or watched since the load was told (load.h)... */
    gr_time load_from; /* ...which was then... */
    gr_time load_due;  /* ...and is told again not before then */

    struct gr__ambient ambient; /* its values and deadline */

    gr__say_fn *say; /* gets what the user should hear of, or NULL */
    void *say_context;

    struct gr__pool pool;
    struct gr__random random;
    struct gr__loop_counts counts;
    struct gr__wheel wheel;

    alignas(64) unsigned char parts[GR__PARTS][GR__PART_BYTES];
};

/* Begin a loop on a host, with its inbox open. `count` is how many loops it may write to. */
int gr__loop_init(struct gr__loop *loop, unsigned id, unsigned count, struct gr__host *host,
                  struct gr__depot *depot);

/* End it: its inbox closes, and what was still in it is discarded. The host stays. */
void gr__loop_close(struct gr__loop *loop);

/* Discard what stands in a queue, save what goes with the memory it is in. */
void gr__loop_discard(struct gr__loop *loop, struct gr__queue *queue);

/* Give back its memory, once no loop posts to it any more. */
void gr__loop_done(struct gr__loop *loop);

/* Whether anything has come from another thread. */
bool gr__loop_mail(const struct gr__loop *loop);

/*
 * Tell the user, if anybody listens, and within which values it happened, if there are any. Formats
 * as printf does.
 */
__attribute__((format(printf, 2, 3))) void gr__loop_say(struct gr__loop *loop, const char *format,
                                                        ...);

/* The first half of a turn: all but the poll. */
void gr__loop_work(struct gr__loop *loop);

/* The second half. Where it `may_wait` and there is nothing to do, it waits until there is. */
void gr__loop_poll(struct gr__loop *loop, bool may_wait);

static inline void gr__loop_turn(struct gr__loop *loop, bool may_wait)
{
    gr__loop_work(loop);
    gr__loop_poll(loop, may_wait);
}

/* Look at the clock, send what is gathered: a new budget, or false when others have their turn. */
bool gr__loop_refill(struct gr__loop *loop);

/* The task that is to run next; NULL when there is none but what stands behind. */
static inline struct gr__task *gr__loop_first(const struct gr__loop *loop)
{
    return loop->ahead.first != NULL ? loop->ahead.first : loop->ready.first;
}

/* Take the next ready task; NULL when there is none, or I/O is to have its turn. */
static inline struct gr__task *gr__loop_next(struct gr__loop *loop)
{
    if (--loop->budget < 0) {
        if (!gr__loop_refill(loop))
            return NULL;
        loop->budget--;
    }

    if (__builtin_expect(loop->ahead.first == NULL, 1))
        return gr__queue_shift(&loop->ready);

    loop->ahead_at = &loop->ahead.first;
    return gr__queue_shift(&loop->ahead);
}

static inline void gr__loop_ready(struct gr__loop *loop, struct gr__task *task)
{
    gr__queue_append(&loop->ready, task);
}

/*
 * Let a task run before those that wait already. What one task puts ahead runs in that order, and
 * what that puts ahead in turn runs before the rest: so a tree of actors is walked branch by
 * branch, and few of them live at once. When the slice is over, those left stand aside for the
 * next; so nobody else is kept waiting for longer than that.
 */
static inline void gr__loop_ready_ahead(struct gr__loop *loop, struct gr__task *task)
{
    task->next = *loop->ahead_at;
    *loop->ahead_at = task;
    loop->ahead_at = &task->next;
    if (task->next == NULL)
        loop->ahead.last = task;
}

/* Let a task run before all others. */
static inline void gr__loop_ready_first(struct gr__loop *loop, struct gr__task *task)
{
    gr__queue_push(loop->ahead.first != NULL ? &loop->ahead : &loop->ready, task);
}

/*
 * Whether the task under way, alone in its quantum, has taken long; asked as it ends. Then it is to
 * be ready behind the next time: others run first, but for no longer in a row than it did now. So
 * who waits for a short task waits for one long one at most, and the long have half of the time.
 */
bool gr__loop_took_long(struct gr__loop *loop);

static inline void gr__loop_ready_behind(struct gr__loop *loop, struct gr__task *task)
{
    gr__queue_append(&loop->behind, task);
}

static inline void *gr__loop_part(struct gr__loop *loop, enum gr__part part)
{
    return loop->parts[part];
}

static inline struct gr__outbox *gr__loop_outbox(struct gr__loop *loop, unsigned to)
{
    assert(to < loop->loop_count);
    return &loop->outboxes[to];
}

/*
 * Send a task to a loop, this one or another; it runs there in a later turn. `bytes` are those of
 * the pool's block that it fills, from its own beginning: it may be moved. 0: it may not.
 */
static inline void gr__loop_send(struct gr__loop *loop, unsigned to, struct gr__task *task,
                                 size_t bytes)
{
    if (to == loop->id)
        gr__loop_ready(loop, task);
    else
        gr__outbox_add(loop, gr__loop_outbox(loop, to), task, bytes);
}

#endif
