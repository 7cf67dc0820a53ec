/*
 * Posting: how a task gets to a loop, from whichever thread.
 */
#ifndef GREENROOM_LOOP_POST_H
#define GREENROOM_LOOP_POST_H

#include <stdbool.h>
#include <stdlib.h>

#include "base/handle.h"
#include "loop/inbox.h"
#include "loop/loop.h"

/*
 * Memory for what is to be posted: the pool's on a loop, malloc's on a foreign thread. The class
 * of a task says which it is, and so how whoever ends it gives the memory back.
 */
static inline void *gr__post_take(struct gr__loop *here, size_t bytes)
{
    return here != NULL ? gr__pool_take(&here->pool, bytes) : malloc(bytes);
}

static inline void gr__post_give(bool foreign, void *memory, size_t bytes)
{
    if (foreign)
        free(memory);
    else
        gr__pool_give(&gr__loop_here()->pool, memory, bytes);
}

/* Whether nobody would take what is sent to a loop; loops that never were look closed too. */
static inline bool gr__loop_is_closed(unsigned loop)
{
    return ck_pr_load_ptr(&gr__inboxes[loop].word) == GR__INBOX_CLOSED;
}

/*
 * Post from the loop `here`, or from a foreign thread where that is NULL, a task that fills a block
 * of so many bytes that gr__post_take() gave. False: the loop has stopped.
 */
static inline bool gr__post(struct gr__loop *here, unsigned to, struct gr__task *task, size_t bytes)
{
    if (here == NULL)
        return gr__inbox_post_foreign(&gr__inboxes[to], task);
    if (to != here->id && gr__loop_is_closed(to))
        return false;

    gr__loop_send(here, to, task, bytes);
    return true;
}

/*
 * Foreign threads' messages on their way to a loop, bounded for each loop as the outbox bounds
 * those of another loop. False: enough are under way.
 */
static inline bool gr__foreign_window_enter(unsigned to)
{
    unsigned *under_way = &gr__inboxes[to].foreign_messages;
    if (ck_pr_faa_uint(under_way, 1) < GR__OUTBOX_WINDOW)
        return true;

    ck_pr_dec_uint(under_way);
    return false;
}

static inline void gr__foreign_window_leave(unsigned to, unsigned messages)
{
    ck_pr_sub_uint(&gr__inboxes[to].foreign_messages, messages);
}

#endif
