/*
 * Stopping an actor, from whichever thread: at once on its own loop, by an order elsewhere.
 */
#include <greenroom/actor.h>

#include <errno.h>

#include "actors/body.h"
#include "loop/post.h"

/* An order to stop, from wherever. */
struct stop_order {
    struct gr__task task;
    uint64_t name;
    int reason;
};

static void stop_by_order(struct stop_order *order)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = gr__body_find(loop, order->name);
    if (body != NULL)
        gr__body_stop(loop, body, order->reason);
}

static struct stop_order *stop_order_of(struct gr__task *task)
{
    return gr__container_of(task, struct stop_order, task);
}

static void discard_stop(struct gr__task *task)
{
    gr__post_give(false, stop_order_of(task), sizeof(struct stop_order));
}

static void discard_stop_foreign(struct gr__task *task)
{
    gr__post_give(true, stop_order_of(task), sizeof(struct stop_order));
}

static void open_stop(struct gr__task *task)
{
    stop_by_order(stop_order_of(task));
    discard_stop(task);
}

static void open_stop_foreign(struct gr__task *task)
{
    stop_by_order(stop_order_of(task));
    discard_stop_foreign(task);
}

static const struct gr__task_class stop_class = {"a stop", open_stop, discard_stop, NULL};
static const struct gr__task_class stop_foreign_class = {"a stop", open_stop_foreign,
                                                         discard_stop_foreign, NULL};

static int send_stop(struct gr__loop *here, gr_actor actor, int reason)
{
    struct stop_order *order = gr__post_take(here, sizeof *order);
    if (order == NULL)
        return -ENOMEM;

    *order = (struct stop_order){
        {NULL, here == NULL ? &stop_foreign_class : &stop_class}, actor.name, reason};
    if (gr__post(here, gr__handle_loop(actor.name), &order->task, sizeof *order))
        return 0;

    gr__post_give(here == NULL, order, sizeof *order);
    return -ESHUTDOWN;
}

int gr_actor_stop(gr_actor actor, int reason)
{
    struct gr__loop *loop = gr__loop_here();
    if (actor.name == 0)
        return 0;
    if (loop == NULL || gr__handle_loop(actor.name) != loop->id)
        return send_stop(loop, actor, reason);

    struct gr__body *body = gr__body_find(loop, actor.name);
    if (body != NULL)
        gr__body_stop(loop, body, reason);
    return 0;
}
