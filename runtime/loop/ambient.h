/*
 * Ambients: the values and the deadline around what runs on a loop, and how they come and go.
 *
 *     task A                             task B
 *     begin: its values are current      begin: its own, or none
 *      ... park: takes them along
 *                                         ... ends: settled, there are none
 *      ... goes on: brings them back
 *     ends: settled, there are none
 *
 * Between two tasks there is no ambient, so a task begins without one unless it brings one. Mostly
 * there is none at all, and `loop->has_ambient` is all that anybody looks at.
 *
 * Invariants:
 *   1. has_ambient is set exactly while there are values or a deadline.
 *   2. It is clear whenever a task begins, and whenever the thread's own stack runs.
 */
#ifndef GREENROOM_LOOP_AMBIENT_H
#define GREENROOM_LOOP_AMBIENT_H

#include "base/values.h"
#include "loop/loop.h"

static const struct gr__ambient gr__ambient_none = {NULL, GR_FOREVER};

/* Put an ambient in place of the one that there is; the caller has that from here on. */
static inline struct gr__ambient gr__ambient_swap(struct gr__loop *loop, struct gr__ambient next)
{
    struct gr__ambient before = loop->ambient;
    loop->ambient = next;
    loop->has_ambient = next.values != NULL || next.deadline != GR_FOREVER;
    return before;
}

/* End the ambient of a task that has ended. */
void gr__ambient_end(struct gr__loop *loop);

static inline void gr__ambient_settle(struct gr__loop *loop)
{
    if (__builtin_expect(loop->has_ambient, 0))
        gr__ambient_end(loop);
}

/* Give a task an ambient, and what is to be known of it when it begins is no longer the caller's. */
static inline void gr__ambient_begin(struct gr__loop *loop, struct gr__ambient ambient)
{
    assert(!loop->has_ambient && "what ran before has been settled");
    gr__ambient_swap(loop, ambient);
}

/* Put back what gr__ambient_swap() gave, and end what there is now. */
void gr__ambient_restore(struct gr__loop *loop, struct gr__ambient before);

/* A reference to those values that are for what runs, or for what is handled, on the loop `to`. */
static inline int gr__ambient_some(struct gr__loop *loop, unsigned to, enum gr__some which,
                                   struct gr__values **ret_values)
{
    return gr__values_some(&loop->pool, loop->ambient.values, which, to != loop->id, ret_values);
}

/* The earlier of a deadline and that of the work that the caller is part of. */
static inline gr_time gr__ambient_bound(const struct gr__loop *loop, gr_time deadline)
{
    return loop->ambient.deadline < deadline ? loop->ambient.deadline : deadline;
}

#endif
