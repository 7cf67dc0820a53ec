/*
 * Routers at home: making one, changing it, and telling all loops. The design stands in router.h.
 *
 * Home is told as all others are, save that it is told at once: its own copy is what a change is
 * checked by.
 */
#include "actors/router.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loop/post.h"
#include "runner/park.h"

struct home {
    struct gr__slot slot;
    const char *name;
    struct gr__task *goodbyes; /* orders to drop, one for each loop: there before they are needed */
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *homes(struct gr__loop *loop)
{
    return &gr__routers_of(loop)->homes;
}

static struct gr__router_order *order_of(struct gr__task *task)
{
    return gr__container_of(task, struct gr__router_order, task);
}

static void give_order(struct gr__loop *loop, struct gr__router_order *order, size_t payload_bytes)
{
    if (order->payload != NULL)
        gr__pool_give(&loop->pool, order->payload, payload_bytes);
    gr__pool_give(&loop->pool, order, sizeof *order);
}

/* An order with so many bytes of payload, all zero; NULL without memory. */
static struct gr__router_order *take_order(struct gr__loop *loop, size_t payload_bytes)
{
    struct gr__router_order *order = gr__pool_take(&loop->pool, sizeof *order);
    if (order == NULL)
        return NULL;
    *order = (struct gr__router_order){0};
    if (payload_bytes == 0)
        return order;

    order->payload = gr__pool_take(&loop->pool, payload_bytes);
    if (order->payload == NULL) {
        gr__pool_give(&loop->pool, order, sizeof *order);
        return NULL;
    }
    memset(order->payload, 0, payload_bytes);
    return order;
}

/* An order to each loop, and the future of what comes of it. */
struct round {
    size_t payload_bytes;
    unsigned count; /* of the legs that are there */
    struct leg {
        struct gr__router_order *order;
        gr_future future;
    } legs[];
};

static size_t round_bytes(const struct gr__loop *loop)
{
    return sizeof(struct round) + loop->loop_count * sizeof(struct leg);
}

static void drop_round(struct gr__loop *loop, struct round *round)
{
    for (unsigned i = 0; i < round->count; i++) {
        give_order(loop, round->legs[i].order, round->payload_bytes);
        gr_future_drop(round->legs[i].future);
    }
    gr__pool_give(&loop->pool, round, round_bytes(loop));
}

static int add_leg(struct gr__loop *loop, struct round *round)
{
    struct leg *leg = &round->legs[round->count];
    leg->order = take_order(loop, round->payload_bytes);
    if (leg->order == NULL)
        return -ENOMEM;
    int rc = gr_future_make(&leg->future, &leg->order->promise);
    if (rc < 0)
        give_order(loop, leg->order, round->payload_bytes);
    else
        round->count++;
    return rc;
}

/* All that a change needs, or nothing: NULL without memory. */
static struct round *take_round(struct gr__loop *loop, size_t payload_bytes)
{
    struct round *round = gr__pool_take(&loop->pool, round_bytes(loop));
    if (round == NULL)
        return NULL;

    round->payload_bytes = payload_bytes;
    round->count = 0;
    while (round->count < loop->loop_count)
        if (add_leg(loop, round) < 0) {
            drop_round(loop, round);
            return NULL;
        }
    return round;
}

static void tell(struct gr__loop *loop, unsigned to, struct gr__router_order *order,
                 const struct gr__task_class *class)
{
    order->task.class = class;
    if (to == loop->id)
        class->run(&order->task);
    else if (!gr__post(loop, to, &order->task, sizeof *order))
        class->discard(&order->task);
}

static void tell_all(struct gr__loop *loop, struct round *round, const struct gr__task_class *class)
{
    for (unsigned i = 0; i < round->count; i++)
        tell(loop, i, round->legs[i].order, class);
}

/* Wait until all have done it. The round ends, and with the first error the wait for the others. */
static int await_all(struct gr__loop *loop, struct round *round, gr_time deadline)
{
    int rc = 0;
    for (unsigned i = 0; i < round->count; i++) {
        gr_future future = round->legs[i].future;
        if (rc == 0)
            rc = gr_future_await(future, NULL, 0, deadline);
        if (rc < 0)
            gr_future_drop_quietly(future);
    }
    gr__pool_give(&loop->pool, round, round_bytes(loop));
    return rc;
}

/* Say in each copy what it is. Rounds begin at different members, so that loops do not all begin at one. */
static void fill_copies(struct round *round, uint64_t name, const struct gr_router_options *options,
                        uint32_t max)
{
    for (unsigned i = 0; i < round->count; i++) {
        struct gr__router *router = round->legs[i].order->payload;
        router->name = name;
        router->kind = options->kind;
        router->max = max;
        router->next = i;
        router->key = options->key;
        if (router->kind == GR_ROUTE_HASH)
            gr__circle_init(&router->circle, &router->table[max], max);
    }
}

static void give_goodbyes(struct gr__loop *loop, struct home *home)
{
    for (struct gr__task *task; (task = home->goodbyes) != NULL;) {
        home->goodbyes = task->next;
        give_order(loop, order_of(task), 0);
    }
}

static int take_goodbyes(struct gr__loop *loop, struct home *home)
{
    for (unsigned i = 0; i < loop->loop_count; i++) {
        struct gr__router_order *order = take_order(loop, 0);
        if (order == NULL) {
            give_goodbyes(loop, home);
            return -ENOMEM;
        }
        order->task.next = home->goodbyes;
        home->goodbyes = &order->task;
    }
    return 0;
}

/* A home with all that it needs; NULL without memory. */
static struct home *take_home(struct gr__loop *loop, const char *name, uint64_t *ret_name)
{
    struct home *home = gr__slots_take(homes(loop), ret_name);
    if (home == NULL)
        return NULL;
    home->name = name == NULL ? "router" : name;
    home->goodbyes = NULL;
    if (take_goodbyes(loop, home) == 0)
        return home;

    gr__slots_give(homes(loop), home);
    return NULL;
}

int gr_router_make(const struct gr_router_options *options, gr_router *ret_router, gr_time deadline)
{
    static const struct gr_router_options defaults;
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    options = options == NULL ? &defaults : options;
    uint32_t max = options->members_max == 0 ? GR_ROUTER_DEFAULT : options->members_max;
    if (max > GR_ROUTER_MAX)
        return -EINVAL;
    struct round *round = take_round(loop, gr__router_bytes(options->kind, max));
    if (round == NULL)
        return -ENOMEM;
    uint64_t name;
    if (take_home(loop, options->name, &name) == NULL) {
        drop_round(loop, round);
        return -ENOMEM;
    }

    fill_copies(round, name, options, max);
    tell_all(loop, round, &gr__router_make_class);
    int rc = await_all(loop, round, deadline);
    if (rc < 0)
        gr_router_drop((gr_router){name});
    else
        *ret_router = (gr_router){name};
    return rc;
}

/* Whether a router can be changed here, and its copy. */
static int find_home(struct gr__loop *loop, gr_router handle, struct gr__router **ret_router)
{
    if (loop == NULL)
        return GR_ENOTRUNNER;
    if (handle.name != 0 && gr__handle_loop(handle.name) != loop->id)
        return GR_EWRONGLOOP;
    *ret_router = gr__router_find(loop, handle.name);
    return *ret_router == NULL ? -ESTALE : 0;
}

/* Have all loops change their copy by an order about a member. */
static int change(struct gr__loop *loop, const struct gr__router *router, gr_actor member,
                  size_t payload_bytes, const struct gr__task_class *class, gr_time deadline)
{
    struct round *round = take_round(loop, payload_bytes);
    if (round == NULL)
        return -ENOMEM;

    for (unsigned i = 0; i < round->count; i++) {
        round->legs[i].order->router = router->name;
        round->legs[i].order->member = member;
    }
    tell_all(loop, round, class);
    return await_all(loop, round, deadline);
}

int gr_router_add(gr_router handle, gr_actor member, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct gr__router *router;
    int rc = find_home(loop, handle, &router);
    if (rc < 0)
        return rc;
    if (gr__target_find(router, member) != NULL)
        return -EEXIST;
    if (router->count == router->max)
        return -ENOSPC;
    return change(loop, router, member, sizeof(struct gr__target), &gr__router_add_class, deadline);
}

int gr_router_remove(gr_router handle, gr_actor member, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct gr__router *router;
    int rc = find_home(loop, handle, &router);
    if (rc < 0)
        return rc;
    if (gr__target_find(router, member) == NULL)
        return -ENOENT;
    return change(loop, router, member, 0, &gr__router_remove_class, deadline);
}

void gr_router_drop(gr_router handle)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(handle.name == 0 || gr__handle_loop(handle.name) == loop->id);
    struct home *home = gr__slots_find(homes(loop), handle.name);
    if (home == NULL)
        return;

    for (unsigned i = 0; i < loop->loop_count; i++) {
        struct gr__router_order *order = order_of(home->goodbyes);
        home->goodbyes = order->task.next;
        order->router = handle.name;
        tell(loop, i, order, &gr__router_drop_class);
    }
    gr__slots_give(homes(loop), home);
}

static int stratum_start(struct gr__loop *loop)
{
    struct gr__routers *routers = gr__routers_of(loop);
    static_assert(sizeof *routers <= GR__PART_BYTES, "fits its part of the loop");
    gr__list_init(&routers->targets);
    for (int i = 0; i < GR__ROUTER_BUCKETS; i++)
        gr__list_init(&routers->copies[i]);
    return gr__slots_init(homes(loop), loop->id, sizeof(struct home), &floors[loop->id]);
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    for (struct home *home = NULL; (home = gr__slots_next(homes(loop), home)) != NULL;) {
        char line[128];
        snprintf(line, sizeof line, "router '%s' on loop %u was not dropped", home->name, loop->id);
        say(context, line);
    }
}

static void stratum_done(struct gr__loop *loop)
{
    for (struct home *home = NULL; (home = gr__slots_next(homes(loop), home)) != NULL;) {
        give_goodbyes(loop, home);
        gr__slots_give(homes(loop), home);
    }
    gr__slots_done(homes(loop));
    gr__router_copies_done(loop);
}

static struct gr__stratum stratum = {
    .part = GR__PART_ROUTER,
    .start = stratum_start,
    .report = stratum_report,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
