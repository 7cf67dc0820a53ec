/*
 * Spawning: on which loop, and the way there and back.
 *
 *     spawner's loop                              the actor's
 *     order ..................................--> makes it, runs its start hook
 *     waits for a future   <-- its handle, or why there is none
 *
 * Whoever no longer waits does not want the actor either: it is stopped when its handle comes.
 */
#include <greenroom/actor.h>

#include <errno.h>

#include "actors/body.h"
#include "actors/children.h"
#include "actors/placement.h"
#include "actors/relay.h"
#include "actors/stop.h"
#include "actors/supervision.h"
#include "loop/ambient.h"

/* An order to spawn, on its way to another loop. */
struct order {
    struct gr__task task;
    struct gr__birth birth;
    gr_promise promise;
    struct gr__values *values; /* what the start hook inherits */
    uint64_t beside;           /* the actor whose neighbour it is to be; 0: nobody's */
    unsigned char argument[];
};

static struct order *order_of(struct gr__task *task)
{
    return gr__container_of(task, struct order, task);
}

static void end_order(struct order *order, int status, gr_actor actor)
{
    /* Where the one who ordered has gone there is nobody to tell. */
    int rc = status < 0 ? gr_promise_reject(order->promise, status)
                        : gr_promise_resolve(order->promise, &actor, sizeof actor);
    (void)rc;
    gr__pool_give(&gr__loop_here()->pool, order, sizeof *order + order->birth.argument_bytes);
}

static void carry_out(struct gr__loop *loop, struct order *order)
{
    gr_actor actor = {0};
    gr__ambient_begin(loop, (struct gr__ambient){order->values, GR_FOREVER});
    int rc = gr__body_spawn(loop, &order->birth, &actor);
    end_order(order, rc, actor);
}

static void drop_order(struct gr__loop *loop, struct order *order, int status)
{
    gr__values_drop(&loop->pool, order->values);
    end_order(order, status, (gr_actor){0});
}

/* Beside another, which its home knows, or it has moved meanwhile from where it was sought. */
static void seek(struct gr__loop *loop, struct order *order)
{
    struct gr__body *body = gr__body_of(loop, order->beside);
    unsigned home = gr__handle_loop(order->beside);
    size_t bytes = sizeof *order + order->birth.argument_bytes;
    if (body != NULL && body->stage == GR__AWAY)
        gr__relay_task(loop, body, &order->task, bytes);
    else if (body != NULL)
        carry_out(loop, order);
    else if (home != loop->id)
        gr__loop_send(loop, home, &order->task, bytes);
    else
        drop_order(loop, order, -ESTALE);
}

static void order_arrives(struct gr__task *task)
{
    struct order *order = order_of(task);
    if (order->beside != 0)
        seek(gr__loop_here(), order);
    else
        carry_out(gr__loop_here(), order);
}

static void discard_order(struct gr__task *task)
{
    drop_order(gr__loop_here(), order_of(task), -ESHUTDOWN);
}

static const struct gr__task_class order_class = {"a spawn", order_arrives, discard_order, NULL};

/* Nobody can send to an actor before it is made: so what comes behind the order needs not wait for it. */
__attribute__((constructor)) static void add_prompt(void)
{
    gr__prompt_add((struct gr__prompt){order_arrives, gr__prompt_ready});
}

static int send_order(struct gr__loop *loop, unsigned to, const struct gr__birth *birth,
                      uint64_t beside, gr_promise promise)
{
    if (birth->argument_bytes > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    size_t bytes = sizeof(struct order) + birth->argument_bytes;
    struct order *order = gr__pool_take(&loop->pool, bytes);
    if (order == NULL)
        return -ENOMEM;

    *order = (struct order){{NULL, &order_class}, *birth, promise, NULL, beside};
    order->birth.argument = order->argument;
    if (gr__ambient_some(loop, to, GR__INHERITED, &order->values) < 0) {
        gr__pool_give(&loop->pool, order, bytes);
        return -ENOMEM;
    }
    if (birth->argument_bytes > 0)
        memcpy(order->argument, birth->argument, birth->argument_bytes);
    gr__loop_send(loop, to, &order->task, bytes);
    return 0;
}

/* An actor that was spawned for somebody who no longer waits for it. */
static void stop_unwanted(gr_future future, void *context)
{
    (void)context;
    gr_actor actor;
    if (gr_future_await(future, &actor, sizeof actor, GR_FOREVER) < 0)
        return;
    if (gr__actor_stop(actor, GR__STOP_FOR_GOOD, -ECANCELED) < 0)
        return; /* its loop has stopped, and it with it */
}

static int spawn_there(struct gr__loop *loop, unsigned to, const struct gr__birth *birth,
                       const struct gr_actor_options *options, gr_actor *ret_actor)
{
    gr_future future;
    gr_promise promise;
    int rc = gr_future_make(&future, &promise);
    if (rc < 0)
        return rc;
    rc = send_order(loop, to, birth, options->beside.name, promise);
    if (rc < 0) {
        gr_future_drop(future);
        return rc;
    }

    /* The other loop is not to sleep on the order while this one turns to something long. */
    gr__outboxes_flush(loop);
    gr_time deadline = options->deadline == 0 ? GR_FOREVER : options->deadline;
    rc = gr_future_await(future, ret_actor, sizeof *ret_actor, deadline);
    if (rc < 0 && gr_future_on_settled(future, stop_unwanted, NULL) == -ENOMEM)
        gr_future_drop(future);
    return rc;
}

static __attribute__((noinline)) int spawn_at(struct gr__loop *loop, const struct gr__birth *birth,
                                              const struct gr_actor_options *options,
                                              gr_actor *ret_actor)
{
    uint64_t beside = options->beside.name;
    const struct gr__body *neighbour = beside == 0 ? NULL : gr__body_of(loop, beside);
    int to = beside != 0 ? (int)gr__handle_loop(beside) : gr__place(loop, options->where);
    if (to < 0)
        return to;
    if ((unsigned)to >= loop->loop_count)
        return -ESTALE;
    bool here = neighbour != NULL ? neighbour->stage != GR__AWAY : (unsigned)to == loop->id;
    if (!here)
        return spawn_there(loop, (unsigned)to, birth, options, ret_actor);
    return beside != 0 && neighbour == NULL ? -ESTALE : gr__body_spawn(loop, birth, ret_actor);
}

static inline __attribute__((always_inline)) int spawn(struct gr__loop *loop,
                                                       const struct gr__birth *birth,
                                                       const struct gr_actor_options *options,
                                                       gr_actor *ret_actor)
{
    if (options->where != GR_HERE || options->beside.name != 0)
        return spawn_at(loop, birth, options, ret_actor);
    return gr__body_spawn(loop, birth, ret_actor);
}

static __attribute__((noinline)) int spawn_child(struct gr__loop *loop,
                                                 const struct gr__birth *birth,
                                                 const struct gr_actor_options *options,
                                                 gr_actor *ret_actor)
{
    const struct gr__body *parent = gr__body_of(loop, options->parent.name);
    bool elsewhere = parent == NULL ? gr__handle_loop(options->parent.name) != loop->id
                                    : parent->stage == GR__AWAY;
    if (elsewhere)
        return GR_EWRONGLOOP;
    if (parent == NULL || gr__body_stopping(parent))
        return -ESTALE;
    gr_actor actor;
    int rc = spawn(loop, birth, options, &actor);
    if (rc < 0)
        return rc;

    rc = gr__child_add(loop, options->parent, actor, birth->name, options->stop_within);
    if (rc == 0)
        *ret_actor = actor;
    else if (gr__actor_stop(actor, GR__STOP_FOR_GOOD, -ECANCELED) < 0)
        return rc; /* its loop has stopped, and it with it */
    return rc;
}

static inline __attribute__((always_inline)) int spawn_any(const struct gr_behavior *behavior,
                                                           const struct gr_actor_options *options,
                                                           uint64_t supervisor, gr_actor *ret_actor)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;

    struct gr__birth birth = {
        .behavior = behavior,
        .name = options->name != NULL ? options->name : behavior->name,
        .argument = options->argument,
        .argument_bytes = options->argument_bytes,
        .is_child = options->parent.name != 0,
        .supervisor = supervisor,
    };
    return birth.is_child ? spawn_child(loop, &birth, options, ret_actor)
                          : spawn(loop, &birth, options, ret_actor);
}

int gr_actor_spawn(const struct gr_behavior *behavior, const struct gr_actor_options *options,
                   gr_actor *ret_actor)
{
    static const struct gr_actor_options defaults;
    return spawn_any(behavior, options == NULL ? &defaults : options, 0, ret_actor);
}

int gr__actor_spawn_supervised(const struct gr_behavior *behavior,
                               const struct gr_actor_options *options, gr_actor *ret_actor)
{
    return spawn_any(behavior, options, options->parent.name, ret_actor);
}
