/*
 * Posting: a function to call, carried to a loop.
 */
#include "loop/post.h"

#include <errno.h>

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

int gr_post(int loop, gr_task_fn *function, void *context, gr_task_fn *discard_function)
{
    struct gr__loop *here = gr__loop_here();
    if (loop == -1 && here != NULL)
        loop = (int)here->id;
    if (loop < 0 || loop >= GR__LOOPS_MAX)
        return -EINVAL;
    if (here != NULL && (unsigned)loop >= here->loop_count)
        return -EINVAL;

    struct call *call = gr__post_take(here, sizeof *call);
    if (call == NULL)
        return -ENOMEM;
    *call = (struct call){
        {NULL, here == NULL ? &foreign_class : &our_class}, function, discard_function, context};
    if (gr__post(here, (unsigned)loop, &call->task, sizeof *call))
        return 0;

    gr__post_give(here == NULL, call, sizeof *call);
    return -ESHUTDOWN;
}
