/*
 * Outboxes: what a loop sends to each other loop.
 *
 *     add, add, add ... --> lane to loop 3    64 put in, or the quantum over: wake it, if it sleeps
 *                     \
 *                      +--> backlog, while the lane is full: goes into it with the next flush
 *
 * A loop that has a backlog and nothing else to do asks the other to tell it when its lane is
 * empty, and sleeps. Where the other loop has gone, what it has not taken is discarded here.
 *
 * What one loop may have on its way to another is bounded. Messages are counted when
 * they are added; each time a quarter of a lane has been counted, a note goes along
 * with them, which the other loop sends back when it comes to it. Control messages,
 * replies and results are not counted: as many are under way as somebody waits for.
 *
 *     this loop   m m m ... m [note] m m m ... m [note] -->   the other loop
 *                 <-------------- [note] ----------------     came so far
 *
 * Who can wait does so here while as many are under way as the lane has cells: more would go
 * through the backlog, and so through memory. Who cannot wait may send up to the window; but not
 * while somebody waits, since what opens then would be taken from those, again and again.
 *
 * Those who wait wake one another: room wakes the first, and each passes the word on before it
 * sends. So as many are woken as there is room for, also where some of them do not send after all.
 *
 * Invariant: while somebody waits, either as many are under way as the lane has cells, and so a
 * note is too; or one who was woken has not yet passed the word on.
 */
#ifndef GREENROOM_LOOP_OUTBOX_H
#define GREENROOM_LOOP_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "loop/task.h"

enum {
    GR__OUTBOX_BATCH = 64, /* tasks after which the other loop is woken */
    GR__OUTBOX_PACE = 512, /* messages on their way to one loop: as many as its lane has cells */
    GR__OUTBOX_WINDOW = 1 << 13, /* the same, at most */
};

struct gr__lane;
struct gr__loop;

struct gr__outbox {
    struct gr__queue backlog;
    struct gr__outbox *next_filled; /* while filled */
    bool filled;                    /* there is a backlog, or the other loop may still sleep */
    bool asked;                     /* the request is under way */
    uint32_t gathered;              /* put in since the last flush */
    uint32_t under_way;             /* messages counted and not yet answered by a note */
    uint32_t since_note;            /* of these, since the last note went along */
    unsigned from;                  /* the loop whose outbox this is */
    unsigned loop;                  /* to which it goes */
    struct gr__task request;        /* to tell when the lane is empty */
    struct gr__list waiters;        /* of struct gr__outbox_waiter */
};

/* Somebody who waits until there is room. */
struct gr__outbox_waiter {
    struct gr__list link;

    /* True: it calls gr__outbox_pass() before it sends, or once it will not. False: it needs no room. */
    bool (*wake)(struct gr__outbox_waiter *waiter);
};

void gr__outbox_init(struct gr__outbox *outbox, unsigned from, unsigned loop);

/*
 * Send a task; it runs there once this loop's quantum is over, at the latest. One that is in a
 * block of the pool, of `bytes`, may be moved to another; 0: it stays where it is.
 */
void gr__outbox_add(struct gr__loop *from, struct gr__outbox *outbox, struct gr__task *task,
                    size_t bytes);

/* The same for a message, which is counted; false, and nothing done, without memory for a note. */
bool gr__outbox_add_counted(struct gr__loop *from, struct gr__outbox *outbox, struct gr__task *task,
                            size_t bytes);

/*
 * The lane in whose next cell a message of one line may be written; it is committed then, and
 * counted. NULL: it has to be added, or to wait. In between nothing else is sent.
 */
struct gr__lane *gr__outbox_claim(const struct gr__outbox *outbox);
void gr__outbox_commit(struct gr__loop *from, struct gr__outbox *outbox, struct gr__lane *lane,
                       size_t bytes);

/* Whether who can wait should. */
static inline bool gr__outbox_slows(const struct gr__outbox *outbox)
{
    return outbox->under_way >= GR__OUTBOX_PACE;
}

/* Whether who cannot wait is refused. */
static inline bool gr__outbox_full(const struct gr__outbox *outbox)
{
    return outbox->under_way >= (gr__list_empty(&outbox->waiters) ? (unsigned)GR__OUTBOX_WINDOW
                                                                  : (unsigned)GR__OUTBOX_PACE);
}

/* There may be room: wake who waits first. */
void gr__outbox_pass(struct gr__outbox *outbox);

/* See to it that what has been added is seen, as far as lanes have room. */
void gr__outboxes_flush(struct gr__loop *from);

/*
 * The same for a loop that ends: what lanes have no room for goes by the inboxes, and is behind
 * what is in the lanes, since a loop looks at its inbox first and takes what it finds there last.
 */
void gr__outboxes_end(struct gr__loop *from);

/* Before the loop sleeps: have it woken once there is room for what is left. */
void gr__outboxes_ask(struct gr__loop *from);

#endif
