/*
 * Notices: what actors tell each other of their ends, on the way and in the control lane.
 *
 *     +------+-------+------------+-----+-----+------+--------+------+
 *     | next | class | link       | id  | to  | from | reason | kind |
 *     +------+-------+------------+-----+-----+------+--------+------+
 *      8      8       16           8     8     8      4        1       one line of 64 bytes
 *
 * A notice is allocated when a monitor or a link is made, and is there before anything happens: it
 * hangs at the actor whose end it is to tell. Whoever holds it last gives it back: the actor it
 * hangs at, a lane between loops, the control lane of the actor that it is for.
 */
#ifndef GREENROOM_ACTORS_NOTICE_H
#define GREENROOM_ACTORS_NOTICE_H

#include "actors/annex.h"
#include "loop/post.h"

struct gr__notice {
    struct gr__task task;
    struct gr__list link; /* in a list of an annex */
    uint64_t id;          /* the monitor, or the number of the link */
    uint64_t to;          /* the actor that it goes to, while it is on its way */
    uint64_t from;        /* of a link: the actor at the other end */
    int reason;           /* once it tells of an end */
    uint8_t kind;         /* enum gr_control_kind */
    bool gone;            /* of an exit: the actor at the other end has gone */
    uint8_t way; /* what it is to be when it has come to the home of who sent it (link.c) */
};

static inline struct gr__notice *gr__notice_of(const struct gr__task *task)
{
    return gr__container_of(task, struct gr__notice, task);
}

static inline struct gr__notice *gr__notice_at(const struct gr__list *link)
{
    return gr__container_of(link, struct gr__notice, link);
}

/* A notice that is in no list; NULL without memory. */
static inline struct gr__notice *gr__notice_take(struct gr__loop *loop)
{
    struct gr__notice *notice = gr__pool_take(&loop->pool, sizeof *notice);
    if (notice != NULL)
        memset(notice, 0, sizeof *notice);
    return notice;
}

static inline void gr__notice_give(struct gr__loop *loop, struct gr__notice *notice)
{
    gr__pool_give(&loop->pool, notice, sizeof *notice);
}

/* Send it to a loop. False: that has stopped, and the notice is the caller's still. */
static inline bool gr__notice_send(struct gr__loop *loop, unsigned to, struct gr__notice *notice,
                                   const struct gr__task_class *class)
{
    notice->task.class = class;
    return gr__post(loop, to, &notice->task, sizeof *notice);
}

/* Give all notices of a list back. */
static inline void gr__notices_give(struct gr__loop *loop, struct gr__list *list)
{
    for (struct gr__list *link; (link = gr__list_shift(list)) != NULL;)
        gr__notice_give(loop, gr__notice_at(link));
}

/* What a notice tells that was taken out of the lane, and is no group's; its memory is the caller's. */
void gr__notice_open(struct gr__loop *loop, struct gr__notice *notice,
                     struct gr_control *ret_control);

/* Put a notice into the control lane of an actor, which has an annex, and have it handled first. */
static inline void gr__notice_deliver(struct gr__loop *loop, struct gr__body *body,
                                      struct gr__notice *notice)
{
    gr__list_append(&body->annex->control, &notice->link);
    gr__body_urge(loop, body, GR__CONTROL);
}

/* The same, unless it stands there already. */
static inline void gr__notice_deliver_once(struct gr__loop *loop, struct gr__body *body,
                                           struct gr__notice *notice)
{
    if (!gr__list_linked(&notice->link))
        gr__notice_deliver(loop, body, notice);
}

#endif
