/*
 * Routers on each loop: carrying out what home has ordered, and what becomes of a target that was
 * removed. The design stands in router.h.
 */
#include "actors/router.h"

#include <errno.h>

#include "actors/relay.h"
#include "actors/way.h"
#include "future/done.h"
#include "loop/post.h"

static struct gr__router_order *order_of(struct gr__task *task)
{
    return gr__container_of(task, struct gr__router_order, task);
}

/* An order ends: tell whoever waits for it. */
static void settle(struct gr__router_order *order, int status)
{
    gr_promise promise = order->promise;
    gr__pool_give(&gr__loop_here()->pool, order, sizeof *order);
    gr__done_tell(promise, status);
}

static void discard(struct gr__task *task)
{
    settle(order_of(task), -ESHUTDOWN);
}

size_t gr__router_bytes(enum gr_routing kind, uint32_t max)
{
    size_t circle_bytes = kind == GR_ROUTE_HASH ? gr__circle_bytes(max) : 0;
    return sizeof(struct gr__router) + max * sizeof(struct gr__target *) + circle_bytes;
}

static void give_router(struct gr__router *router)
{
    gr__pool_give(&gr__loop_here()->pool, router, gr__router_bytes(router->kind, router->max));
}

static void make(struct gr__task *task)
{
    struct gr__router *router = order_of(task)->payload;
    gr__list_append(gr__router_bucket(gr__loop_here(), router->name), &router->link);
    settle(order_of(task), 0);
}

static void discard_make(struct gr__task *task)
{
    give_router(order_of(task)->payload);
    discard(task);
}

const struct gr__task_class gr__router_make_class = {"a router", make, discard_make, NULL};

struct gr__target *gr__target_find(const struct gr__router *router, gr_actor member)
{
    for (uint32_t i = 0; i < router->count; i++)
        if (router->table[i]->actor.name == member.name)
            return router->table[i];
    return NULL;
}

static void give_target(struct gr__target *target)
{
    gr__pool_give(&gr__loop_here()->pool, target, sizeof *target);
}

static void add(struct gr__task *task)
{
    struct gr__router_order *order = order_of(task);
    struct gr__target *target = order->payload;
    struct gr__router *router = gr__router_find(gr__loop_here(), order->router);
    if (router == NULL) {
        give_target(target);
        settle(order, -ESTALE);
        return;
    }

    assert(router->count < router->max);
    gr__list_append(&gr__routers_of(gr__loop_here())->targets, &target->link);
    target->actor = order->member;
    target->index = router->count++;
    router->table[target->index] = target;
    if (router->kind == GR_ROUTE_HASH)
        gr__circle_add(&router->circle, target->actor.name, target->index);
    settle(order, 0);
}

static void discard_add(struct gr__task *task)
{
    give_target(order_of(task)->payload);
    discard(task);
}

const struct gr__task_class gr__router_add_class = {"a router's member", add, discard_add, NULL};

/* On the member's loop, behind all that one loop has sent to it; or at its home, which passes it on. */
static void arrived(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = gr__body_find(loop, order_of(task)->member.name);
    if (body != NULL && body->stage == GR__AWAY)
        gr__relay_task(loop, body, task, sizeof(struct gr__router_order));
    else
        settle(order_of(task), 0);
}

static const struct gr__task_class arrived_class = {"a router's last word", arrived, discard, NULL};

static void go_on(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    uint64_t to = order_of(task)->member.name;
    struct gr__way *way = gr__handle_loop(to) == loop->id ? NULL : gr__way_find(loop, to);
    if (way != NULL && !way->open) {
        gr__way_hold(way, task);
        return;
    }
    task->class = &arrived_class;
    to = way == NULL ? to : way->guest;
    if (!gr__post(loop, gr__handle_loop(to), task, sizeof(struct gr__router_order)))
        settle(order_of(task), -ESHUTDOWN);
}

static const struct gr__task_class farewell_class = {"a router's last word, held back", go_on,
                                                     discard, NULL};

void gr__target_end(struct gr__target *target)
{
    if (target->farewell != NULL) {
        target->farewell->task.class = &farewell_class;
        go_on(&target->farewell->task);
    }
    gr__list_remove(&target->link);
    give_target(target);
}

/* It is in no table any more: let it end once nobody holds it. */
static void retire(struct gr__target *target, struct gr__router_order *farewell)
{
    target->removed = true;
    target->farewell = farewell;
    gr__target_hold(target);
    gr__target_release(target);
}

/* The last one takes its place in the table. */
static void take_out(struct gr__router *router, struct gr__target *target)
{
    struct gr__target *last = router->table[--router->count];
    if (router->kind == GR_ROUTE_HASH)
        gr__circle_remove(&router->circle, target->index, last->index);
    last->index = target->index;
    router->table[last->index] = last;
}

static void remove_member(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__router_order *order = order_of(task);
    struct gr__router *router = gr__router_find(loop, order->router);
    struct gr__target *target = router == NULL ? NULL : gr__target_find(router, order->member);
    if (target == NULL) {
        settle(order, -ESTALE);
        return;
    }
    take_out(router, target);
    retire(target, order);
}

const struct gr__task_class gr__router_remove_class = {"a router's member, removed", remove_member,
                                                       discard, NULL};

static void drop(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__router *router = gr__router_find(loop, order_of(task)->router);
    settle(order_of(task), 0);
    if (router == NULL)
        return; /* it was made in vain */

    while (router->count > 0)
        retire(router->table[--router->count], NULL);
    gr__list_remove(&router->link);
    give_router(router);
}

const struct gr__task_class gr__router_drop_class = {"a router's end", drop, discard, NULL};

void gr__router_copies_done(struct gr__loop *loop)
{
    struct gr__routers *routers = gr__routers_of(loop);
    for (struct gr__list *link; (link = gr__list_shift(&routers->targets)) != NULL;) {
        struct gr__target *target = gr__container_of(link, struct gr__target, link);
        if (target->farewell != NULL)
            settle(target->farewell, -ESHUTDOWN);
        give_target(target);
    }
    for (int i = 0; i < GR__ROUTER_BUCKETS; i++)
        for (struct gr__list *link; (link = gr__list_shift(&routers->copies[i])) != NULL;)
            give_router(gr__container_of(link, struct gr__router, link));
}
