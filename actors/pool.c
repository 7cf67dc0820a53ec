/*
 * Pools: an actor that keeps one, with a supervisor below it and a router beside it.
 *
 *     grow      supervisor: one more child -> router: one more member
 *     shrink    router: one less; all that was sent to it has arrived
 *                 -> it finishes its mailbox, while others are taken out
 *                 -> it has ended, or the deadline has passed: by force -> supervisor: one less child
 *     stop      shrink to nothing, then the keeper stops, and with it the supervisor
 *
 * The keeper is asked to do this, and does one thing at a time, in its handler. What was asked is
 * done to its end, so that nothing is left half done: the deadline is for those that leave.
 *
 * Invariants:
 *   1. Who is in the router's table is a child of the supervisor, and permanent.
 *   2. Only the keeper changes the router. Its table is in the order in which the members came, and
 *      the last one leaves first.
 *   3. The router is there as long as the keeper.
 */
#include <greenroom/pool.h>

#include <errno.h>
#include <string.h>

#include <greenroom/ask.h>
#include <greenroom/monitor.h>
#include <greenroom/supervisor.h>

#include "actors/router.h"
#include "actors/stop.h"
#include "runner/cancel.h"
#include "runner/park.h"

enum { RESIZE, STOP };

struct keeper {
    gr_pool pool;
    struct gr_child pattern;
    struct gr_supervisor supervisor;
};

/* What the keeper is asked. */
struct order {
    size_t members;
    gr_time deadline;
};

/* In the frame of who starts a pool, on the same loop. */
struct opening {
    const struct gr_pool_options *options;
    const char *name;
    gr_time deadline;
    gr_pool pool; /* once started */
};

static struct gr__router *router_of(const struct keeper *keeper)
{
    return gr__router_find(gr__loop_here(), keeper->pool.router.name);
}

/* One that the router cannot have is none. */
static int add_member(const struct keeper *keeper, gr_time deadline)
{
    gr_actor member;
    int rc = gr_supervisor_add(keeper->pool.supervisor, NULL, 0, &member, deadline);
    if (rc < 0)
        return rc;
    rc = gr_router_add(keeper->pool.router, member, deadline);
    if (rc == -ENOMEM) {
        int status = gr_supervisor_remove(keeper->pool.supervisor, member, GR_FOREVER);
        (void)status; /* where it cannot be removed it ends with the supervisor */
    }
    return rc;
}

static int grow(const struct keeper *keeper, size_t members, gr_time deadline)
{
    const struct gr__router *router = router_of(keeper);
    int rc = members > router->max ? -ENOSPC : 0;
    while (rc == 0 && router->count < members)
        rc = add_member(keeper, deadline);
    return rc;
}

/* Wait until it has finished, but no longer than it may take. */
static int see_off(const struct keeper *keeper, gr_actor member, gr_time deadline)
{
    int reason;
    int rc = gr_actor_finish(member);
    if (rc == 0)
        rc = gr_actor_join(member, &reason, deadline);
    int status = 0;
    if (rc == -ETIMEDOUT)
        status = gr__actor_stop(member, GR__STOP_FOR_GOOD | GR__STOP_BY_FORCE, -ESHUTDOWN);
    if (status == 0)
        status = gr_supervisor_remove(keeper->pool.supervisor, member, GR_FOREVER);
    return rc < 0 ? rc : status;
}

/*
 * As many as there are leavers; the first error that they came to. Each is told to finish as soon as
 * it gets no more, and those whom that did not reach are told as they are seen off.
 */
static int let_go(const struct keeper *keeper, gr_actor *leavers, size_t count, gr_time deadline)
{
    const struct gr__router *router = router_of(keeper);
    int rc = 0;
    size_t left = 0;
    while (left < count) {
        gr_actor member = router->table[router->count - 1]->actor;
        int status = gr_router_remove(keeper->pool.router, member, deadline);
        rc = rc < 0 ? rc : status;
        if (status < 0 && status != -ETIMEDOUT)
            break;
        leavers[left++] = member;
        status = gr_actor_finish(member);
        (void)status;
    }
    for (size_t i = 0; i < left; i++) {
        int status = see_off(keeper, leavers[i], deadline);
        rc = rc < 0 ? rc : status;
    }
    return rc;
}

static int shrink(const struct keeper *keeper, size_t members, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_here();
    const struct gr__router *router = router_of(keeper);
    if (router->count <= members)
        return 0;
    size_t count = router->count - members;
    gr_actor *leavers = gr__pool_take(&loop->pool, count * sizeof *leavers);
    if (leavers == NULL)
        return -ENOMEM;

    int rc = let_go(keeper, leavers, count, deadline);
    gr__pool_give(&loop->pool, leavers, count * sizeof *leavers);
    return rc;
}

/* The deadline that came with the ask is not for the keeper: what it has begun it brings to its end. */
static int carry_out(const struct keeper *keeper, const struct order *order)
{
    struct gr__loop *loop = gr__loop_here();
    gr_time around = gr__deadline_swap(loop, GR_FOREVER);
    int rc = grow(keeper, order->members, GR_FOREVER);
    if (rc == 0)
        rc = shrink(keeper, order->members, order->deadline);
    gr__deadline_swap(loop, around);
    return rc;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag > STOP || message->size != sizeof(struct order))
        return 0; /* not for it, and no reason to fail */
    int rc = carry_out(self->state, message->data);
    if (message->tag == STOP) {
        int status = gr_actor_stop(gr_self_actor(self), 0);
        rc = rc < 0 ? rc : status;
    }
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, NULL, 0);
}

/* The supervisor has ended: there is nobody left to keep. */
static int control(struct gr_self *self, const struct gr_control *control)
{
    (void)self;
    return control->reason < 0 ? control->reason : -ESHUTDOWN;
}

static void stop(struct gr_self *self, int reason)
{
    (void)reason;
    gr_router_drop(((struct keeper *)self->state)->pool.router);
}

static int make_router(struct keeper *keeper, const struct opening *opening)
{
    const struct gr_pool_options *options = opening->options;
    return gr_router_make(&(struct gr_router_options){.name = opening->name,
                                                      .kind = options->routing,
                                                      .members_max = options->members_max,
                                                      .key = options->key},
                          &keeper->pool.router, opening->deadline);
}

static int start_supervisor(struct gr_self *self, const struct opening *opening)
{
    struct keeper *keeper = self->state;
    const struct gr_pool_options *options = opening->options;
    keeper->pattern = (struct gr_child){.behavior = options->behavior,
                                        .where = options->where,
                                        .argument = options->argument,
                                        .argument_bytes = options->argument_bytes,
                                        .stop_within = options->stop_within};
    keeper->supervisor = (struct gr_supervisor){.name = opening->name,
                                                .strategy = GR_DYNAMIC,
                                                .children = &keeper->pattern,
                                                .child_count = 1,
                                                .restarts_max = options->restarts_max,
                                                .restarts_within = options->restarts_within,
                                                .backoff_min = options->backoff_min,
                                                .backoff_max = options->backoff_max};
    struct gr_actor_options here = {.parent = gr_self_actor(self)};
    gr_monitor monitor;
    int rc = gr_supervisor_start(&keeper->supervisor, &here, &keeper->pool.supervisor);
    return rc < 0 ? rc : gr_monitor_make(self, keeper->pool.supervisor, &monitor);
}

static int start(struct gr_self *self, const void *argument, size_t size)
{
    struct keeper *keeper = self->state;
    struct opening *opening;
    memcpy(&opening, argument, size);
    size_t members = opening->options->members;
    if (members == 0)
        members = (size_t)gr_loop_count();
    keeper->pool.keeper = gr_self_actor(self);
    int rc = make_router(keeper, opening);
    if (rc < 0)
        return rc;

    rc = start_supervisor(self, opening);
    if (rc == 0)
        rc = grow(keeper, members, opening->deadline);
    if (rc < 0)
        stop(self, rc);
    else
        opening->pool = keeper->pool;
    return rc;
}

static const struct gr_behavior keeper_behavior = {.name = "pool",
                                                   .receive = receive,
                                                   .start = start,
                                                   .stop = stop,
                                                   .control = control,
                                                   .state_bytes = sizeof(struct keeper)};

int gr_pool_start(const struct gr_pool_options *options, gr_pool *ret_pool, gr_time deadline)
{
    struct opening opening = {.options = options,
                              .name =
                                  options->name != NULL ? options->name : options->behavior->name,
                              .deadline = deadline};
    const struct opening *argument = &opening;
    gr_actor keeper;
    int rc = gr_actor_spawn(&keeper_behavior,
                            &(struct gr_actor_options){.name = opening.name,
                                                       .argument = &argument,
                                                       .argument_bytes = sizeof argument},
                            &keeper);
    if (rc == 0)
        *ret_pool = opening.pool;
    return rc;
}

int gr_pool_resize(gr_pool pool, size_t members, gr_time deadline)
{
    struct order order = {members, deadline};
    return gr_ask(pool.keeper, RESIZE, &order, sizeof order, NULL, 0, deadline);
}

int gr_pool_stop(gr_pool pool, gr_time deadline)
{
    struct order order = {0, deadline};
    int reason;
    int rc = gr_ask(pool.keeper, STOP, &order, sizeof order, NULL, 0, deadline);
    if (rc == -ESTALE)
        return 0; /* it has stopped before */
    if (rc == 0)
        return gr_actor_join(pool.keeper, &reason, deadline);

    /* It may not have come to it. */
    int status = rc == -ETIMEDOUT ? gr__actor_stop(pool.keeper, GR__STOP_BY_FORCE, 0) : 0;
    return status < 0 ? status : rc;
}
