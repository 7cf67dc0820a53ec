/*
 * Outboxes: what a loop gathers for each other loop before it goes over.
 *
 *     add, add, add ... --> [ chain for loop 3 ] -- 64 gathered, or the turn ends --> its inbox
 *
 * What one loop may have on its way to another is bounded. Messages are counted when
 * they are added; each time a quarter of the window has been counted, a note goes along
 * with them, which the other loop sends back when it comes to it. While the window is
 * used up, senders wait here. Control messages, replies and results are not counted: as
 * many are under way as somebody waits for.
 *
 *     this loop   m m m ... m [note] m m m ... m [note] -->   the other loop
 *                 <-------------- [note] ----------------     came so far: window opens
 */
#ifndef GREENROOM_LOOP_OUTBOX_H
#define GREENROOM_LOOP_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "loop/task.h"

enum {
    GR__OUTBOX_BATCH = 64,       /* tasks that go over at once */
    GR__OUTBOX_WINDOW = 1 << 13, /* messages on their way to one loop */
};

struct gr__loop;

struct gr__outbox {
    struct gr__task *first; /* NULL when nothing is gathered */
    struct gr__task *last;
    struct gr__outbox *next_filled; /* once something is gathered */
    uint32_t gathered;
    uint32_t under_way;      /* messages counted and not yet answered by a note */
    uint32_t since_note;     /* of these, since the last note went along */
    unsigned loop;           /* to which it goes */
    struct gr__list waiters; /* of struct gr__outbox_waiter */
};

/* Somebody who waits until the window opens. */
struct gr__outbox_waiter {
    struct gr__list link;
    void (*wake)(struct gr__outbox_waiter *waiter);
};

void gr__outbox_init(struct gr__outbox *outbox, unsigned loop);

/* Gather a task; what is gathered goes over before the turn ends. */
void gr__outbox_add(struct gr__loop *from, struct gr__outbox *outbox, struct gr__task *task);

/* Gather a message and count it; false, and nothing done, without memory for a note. */
bool gr__outbox_add_counted(struct gr__loop *from, struct gr__outbox *outbox,
                            struct gr__task *task);

static inline bool gr__outbox_full(const struct gr__outbox *outbox)
{
    return outbox->under_way >= GR__OUTBOX_WINDOW;
}

/* Send what all outboxes of the loop have gathered. */
void gr__outboxes_flush(struct gr__loop *from);

#endif
