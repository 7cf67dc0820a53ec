/*
 * Stopping an actor, from whichever thread: at once on its own loop, by an order elsewhere.
 */
#include "actors/stop.h"

#include <errno.h>

#include "actors/reentry.h"
#include "actors/relay.h"
#include "actors/supervision.h"
#include "loop/post.h"

/* An order to stop, from wherever. */
struct stop_order {
    struct gr__task task;
    uint64_t name;
    unsigned how;
    int reason;
};

/* What keeps it is a wait: on its own loop nothing of it runs now. */
static void say_what_it_waits_for(struct gr__loop *loop, const struct gr__body *body)
{
    char waits[256];
    gr__body_describe_waits(loop, body, waits, sizeof waits);
    gr__loop_say(loop, "actor '%s' on loop %u was to stop and has not: it waits %s", body->name,
                 loop->id, waits);
}

static void stop_here(struct gr__loop *loop, struct gr__body *body, unsigned how, int reason)
{
    if (how & GR__STOP_IN_VAIN) {
        say_what_it_waits_for(loop, body);
        return;
    }
    if (how & GR__STOP_FINISHED) {
        gr__body_urge(loop, body, GR__FINISH);
        return;
    }
    if (how & GR__STOP_FOR_GOOD && gr__supervision_end(loop, body))
        return;
    gr__body_stop(loop, body, reason);
    if (how & GR__STOP_BY_FORCE)
        gr__body_force(body);
}

static struct stop_order *stop_order_of(struct gr__task *task)
{
    return gr__container_of(task, struct stop_order, task);
}

/* False: the actor is away, and the order has been passed on to where it lives. */
static bool stop_by_order(struct gr__task *task, size_t bytes)
{
    struct gr__loop *loop = gr__loop_here();
    const struct stop_order *order = stop_order_of(task);
    struct gr__body *body = gr__body_of(loop, order->name);
    if (gr__relay_after(loop, body, task, bytes))
        return false;
    if (body != NULL)
        stop_here(loop, body, order->how, order->reason);
    return true;
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
    if (stop_by_order(task, sizeof(struct stop_order)))
        discard_stop(task);
}

static void open_stop_foreign(struct gr__task *task)
{
    if (stop_by_order(task, 0))
        discard_stop_foreign(task);
}

static const struct gr__task_class stop_class = {"a stop", open_stop, discard_stop, NULL};
static const struct gr__task_class stop_foreign_class = {"a stop", open_stop_foreign,
                                                         discard_stop_foreign, NULL};

static int send_stop(struct gr__loop *here, gr_actor actor, unsigned how, int reason)
{
    struct stop_order *order = gr__post_take(here, sizeof *order);
    if (order == NULL)
        return -ENOMEM;

    *order = (struct stop_order){
        {NULL, here == NULL ? &stop_foreign_class : &stop_class}, actor.name, how, reason};
    if (gr__post(here, gr__handle_loop(actor.name), &order->task, sizeof *order))
        return 0;

    gr__post_give(here == NULL, order, sizeof *order);
    return -ESHUTDOWN;
}

/* The actor, if it lives on this loop, of which `loop` is NULL on a foreign thread. */
static struct gr__body *find_here(struct gr__loop *loop, uint64_t name)
{
    struct gr__body *body = loop == NULL ? NULL : gr__body_of(loop, name);
    return body == NULL || body->stage == GR__AWAY ? NULL : body;
}

/* Whether one that does not live here has gone. */
static bool is_gone(struct gr__loop *loop, uint64_t name)
{
    return loop != NULL && gr__handle_loop(name) == loop->id && gr__body_find(loop, name) == NULL;
}

int gr__actor_stop(gr_actor actor, unsigned how, int reason)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = find_here(loop, actor.name);
    if (body != NULL)
        stop_here(loop, body, how, reason);
    else if (actor.name != 0 && !is_gone(loop, actor.name))
        return send_stop(loop, actor, how, reason);
    return 0;
}

int gr_actor_stop(gr_actor actor, int reason)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = loop == NULL ? NULL : gr__body_find(loop, actor.name);
    if (body == NULL || body->stage == GR__AWAY)
        return gr__actor_stop(actor, GR__STOP_KINDLY, reason);
    gr__body_stop(loop, body, reason);
    return 0;
}

int gr_actor_kill(gr_actor actor)
{
    return gr__actor_stop(actor, GR__STOP_BY_FORCE, GR_EKILLED);
}

int gr_actor_finish(gr_actor actor)
{
    return gr__actor_stop(actor, GR__STOP_FINISHED, 0);
}
