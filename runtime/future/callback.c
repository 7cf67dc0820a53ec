/*
 * Callbacks: what is to be called when a future settles, for those who do not wait.
 *
 *     on_settled -> HOOKED -- delivered --> READY -- its turn --> called
 *                      |                      |
 *                      +------ forget, drop --+--> not called
 *
 * A callback stands in for a waiter. It is woken as one is, which runs nothing, and stands in
 * the ready queue until its turn. Out of there it cannot be taken, so one that is forgotten
 * so late stays, and calls nobody.
 *
 * Invariants:
 *   1. slot->callback is set exactly while slot->waiter is a callback's that will be called.
 *   2. A callback is in the pool's hands once it was called, or was forgotten while HOOKED, or has
 *      had its turn.
 */
#include <greenroom/future.h>

#include <errno.h>

#include "future/slot.h"
#include "loop/ambient.h"

struct callback {
    struct gr_waiter waiter;
    struct gr__task task; /* calls, once READY */
    gr_settled_fn *run;   /* NULL: it is forgotten */
    void *context;
    gr_future future;
    struct gr__values *values;     /* what it inherits */
    void (*broken)(void *context); /* called instead when it never will be; or NULL */
};

static struct callback *callback_of(struct gr__task *task)
{
    return gr__container_of(task, struct callback, task);
}

static void give(struct callback *callback)
{
    gr__values_drop(&gr__loop_here()->pool, callback->values);
    gr__pool_give(&gr__loop_here()->pool, callback, sizeof *callback);
}

static void unhook(struct gr__future_slot *slot)
{
    slot->waiter = NULL;
    slot->callback = false;
}

static void call_back(struct gr__task *task)
{
    struct callback call = *callback_of(task);
    if (call.run != NULL)
        callback_of(task)->values = NULL;
    give(callback_of(task));
    if (call.run == NULL)
        return;

    gr__ambient_begin(gr__loop_here(), (struct gr__ambient){call.values, GR_FOREVER});
    unhook(gr__future_find(call.future.name));
    call.run(call.future, call.context);
}

/* The loop ends before its turn. */
static void discard(struct gr__task *task)
{
    struct callback call = *callback_of(task);
    give(callback_of(task));
    if (call.run == NULL)
        return;

    unhook(gr__future_find(call.future.name));
    if (call.broken != NULL)
        call.broken(call.context);
}

static const struct gr__task_class callback_class = {"a future's callback", call_back, discard,
                                                     NULL};

static void callback_ready(struct gr_waiter *waiter)
{
    gr__loop_ready(gr__loop_here(), &gr__container_of(waiter, struct callback, waiter)->task);
}

int gr__future_on_settled(gr_future future, gr_settled_fn *run, void *context,
                          void (*broken)(void *context))
{
    struct gr__future_slot *slot = gr__future_find(future.name);
    if (slot == NULL)
        return -ESTALE;
    if (slot->waiter != NULL)
        return -EBUSY;
    struct gr__loop *loop = gr__loop_here();
    struct callback *callback = gr__pool_take(&loop->pool, sizeof *callback);
    if (callback == NULL)
        return -ENOMEM;

    *callback = (struct callback){
        {callback_ready}, {NULL, &callback_class}, run, context, future, NULL, broken};
    if (gr__ambient_some(loop, loop->id, GR__INHERITED, &callback->values) < 0) {
        give(callback);
        return -ENOMEM;
    }
    slot->waiter = &callback->waiter;
    slot->callback = true;
    if (slot->state != GR__FUTURE_WAITING)
        callback_ready(slot->waiter);
    return 0;
}

int gr_future_on_settled(gr_future future, gr_settled_fn *run, void *context)
{
    return gr__future_on_settled(future, run, context, NULL);
}

int gr_future_on_settled_inline(gr_future future, gr_settled_fn *run, void *context)
{
    const struct gr__future_slot *slot = gr__future_find(future.name);
    if (slot == NULL || slot->waiter != NULL || slot->state == GR__FUTURE_WAITING)
        return gr_future_on_settled(future, run, context);

    run(future, context);
    return 0;
}

void gr__future_uncall(struct gr__future_slot *slot)
{
    struct callback *callback = gr__container_of(slot->waiter, struct callback, waiter);
    void (*broken)(void *context) = callback->broken;
    void *context = callback->context;
    unhook(slot);
    if (slot->state == GR__FUTURE_WAITING)
        give(callback);
    else
        callback->run = NULL;
    if (broken != NULL)
        broken(context);
}

bool gr_future_forget(gr_future future)
{
    struct gr__future_slot *slot = gr__future_find(future.name);
    if (slot == NULL || !slot->callback)
        return false;

    gr__future_uncall(slot);
    return true;
}
