/*
 * Watches: a value at home, and a copy of it on each loop that watches.
 *
 *     a loop that watches                     the watch's loop
 *     first wait: here is a sheet ----------> keeps it until there is news for that loop
 *     copy the value, wake who waits <------- sheet with the latest value
 *     the sheet back, empty ----------------> keeps it
 *                              <------------- sheet: gone
 *
 * Each loop has one sheet, which is its block of memory: so at most one value is under way to it,
 * what was set meanwhile goes as one, and nothing is left unsaid for want of memory.
 *
 * Invariants:
 *   1. A sheet is at home, on its way, or on the loop that watches, and is freed by who learns or
 *      tells that the watch has gone.
 *   2. Versions begin with 1 and only grow; a copy's version is that of the value at home or older.
 */
#ifndef GREENROOM_FUTURE_WATCH_H
#define GREENROOM_FUTURE_WATCH_H

#include <greenroom/watch.h>

#include "base/list.h"
#include "base/slots.h"
#include "loop/post.h"

struct gr__sheet {
    struct gr__task task;
    uint64_t name;    /* of the watch */
    uint64_t version; /* of what is on it */
    uint32_t size;    /* of the value */
    uint8_t from;     /* the loop that watches */
    bool gone;        /* the watch has */
    unsigned char value[];
};

/* This stratum's part of a loop: its own watches, and its copies of others. */
struct gr__watches {
    struct gr__slots table;
    struct gr__list copies;
};

static inline struct gr__watches *gr__watches_of(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_WATCH);
}

static inline void gr__sheet_give(struct gr__sheet *sheet)
{
    gr__post_give(false, sheet, sizeof *sheet + sheet->size);
}

static inline struct gr__sheet *gr__sheet_of(struct gr__task *task)
{
    return gr__container_of(task, struct gr__sheet, task);
}

static inline void gr__sheet_discard(struct gr__task *task)
{
    gr__sheet_give(gr__sheet_of(task));
}

static inline void gr__sheet_send(unsigned to, struct gr__sheet *sheet,
                                  const struct gr__task_class *class)
{
    sheet->task.class = class;
    if (!gr__post(gr__loop_here(), to, &sheet->task, sizeof *sheet + sheet->size))
        gr__sheet_give(sheet);
}

extern const struct gr__task_class gr__sheet_home_class; /* a sheet comes home, empty */
extern const struct gr__task_class gr__sheet_news_class; /* with the latest value */

/* --- By the copy of another loop ------------------------------------------------------------ */

bool gr__copy_ready(const struct gr_watch_wait *wait);
int gr__copy_subscribe(struct gr_watch_wait *wait, struct gr_waiter *waiter);
int gr__copy_take(struct gr_watch_wait *wait);
void gr__copy_cancel(struct gr_watch_wait *wait);

void gr__copies_done(struct gr__loop *loop);

#endif
