/*
 * Posting: a function to call, carried to a loop, with what it inherits of the poster's ambient.
 */
#include "loop/post.h"

#include <errno.h>

#include "loop/ambient.h"

struct call {
    struct gr__task task;
    gr_task_fn *run;
    gr_task_fn *discard;
    void *context;
};

static struct call *call_of(struct gr__task *task)
{
    return gr__container_of(task, struct call, task);
}

/* Take the call out of its memory and give that back: what is called may take long, or post. */
static struct call unpack(struct gr__task *task, bool foreign)
{
    struct call call = *call_of(task);
    gr__post_give(foreign, call_of(task), sizeof call);
    return call;
}

static void run(struct call call)
{
    call.run(call.context);
}

static void discard(struct call call)
{
    if (call.discard != NULL)
        call.discard(call.context);
}

static void run_ours(struct gr__task *task)
{
    run(unpack(task, false));
}

static void run_foreign(struct gr__task *task)
{
    run(unpack(task, true));
}

static void discard_ours(struct gr__task *task)
{
    discard(unpack(task, false));
}

static void discard_foreign(struct gr__task *task)
{
    discard(unpack(task, true));
}

static const struct gr__task_class our_class = {"a posted call", run_ours, discard_ours, NULL};
static const struct gr__task_class foreign_class = {"a posted call", run_foreign, discard_foreign,
                                                    NULL};

/* A call that brings values. */
struct call_within {
    struct call call;
    struct gr__values *values;
};

static struct call_within unpack_within(struct gr__task *task)
{
    struct call_within within = *gr__container_of(call_of(task), struct call_within, call);
    gr__post_give(false, call_of(task), sizeof within);
    return within;
}

static void run_within(struct gr__task *task)
{
    struct call_within within = unpack_within(task);
    gr__ambient_begin(gr__loop_here(), (struct gr__ambient){within.values, GR_FOREVER});
    run(within.call);
}

static void discard_within(struct gr__task *task)
{
    struct call_within within = unpack_within(task);
    gr__values_drop(&gr__loop_here()->pool, within.values);
    discard(within.call);
}

static const struct gr__task_class within_class = {"a posted call", run_within, discard_within,
                                                   NULL};

static int post_within(struct gr__loop *here, unsigned loop, struct call call,
                       struct gr__values *values)
{
    struct call_within *within = gr__post_take(here, sizeof *within);
    if (within == NULL)
        return -ENOMEM;

    call.task.class = &within_class;
    *within = (struct call_within){call, values};
    if (gr__post(here, loop, &within->call.task, sizeof *within))
        return 0;

    gr__post_give(false, within, sizeof *within);
    return -ESHUTDOWN;
}

static int post_plain(struct gr__loop *here, unsigned loop, struct call filled)
{
    struct call *call = gr__post_take(here, sizeof *call);
    if (call == NULL)
        return -ENOMEM;

    *call = filled;
    if (gr__post(here, loop, &call->task, sizeof *call))
        return 0;

    gr__post_give(here == NULL, call, sizeof *call);
    return -ESHUTDOWN;
}

/* From a loop on which there is an ambient, of which nothing may be for this. */
static __attribute__((noinline)) int post_from_within(struct gr__loop *here, unsigned loop,
                                                      struct call call)
{
    struct gr__values *values;
    int rc = gr__ambient_some(here, loop, GR__INHERITED, &values);
    if (rc < 0)
        return rc;
    rc = values == NULL ? post_plain(here, loop, call) : post_within(here, loop, call, values);
    if (rc < 0)
        gr__values_drop(&here->pool, values);
    return rc;
}

int gr_post(int loop, gr_task_fn *function, void *context, gr_task_fn *discard_function)
{
    struct gr__loop *here = gr__loop_here();
    if (loop == -1 && here != NULL)
        loop = (int)here->id;
    if (loop < 0 || loop >= GR__LOOPS_MAX)
        return -EINVAL;
    if (here != NULL && (unsigned)loop >= here->loop_count)
        return -EINVAL;

    struct call call = {
        {NULL, here == NULL ? &foreign_class : &our_class}, function, discard_function, context};
    if (here != NULL && here->has_ambient)
        return post_from_within(here, (unsigned)loop, call);
    return post_plain(here, (unsigned)loop, call);
}
