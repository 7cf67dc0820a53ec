/*
 * Actors: spawning, handling, stopping. The life of a body is drawn in body.h.
 */
#include <greenroom/actor.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "actors/body.h"
#include "actors/pressure.h"
#include "actors/send_later.h"
#include "base/text.h"
#include "loop/fleet.h"
#include "loop/post.h"

static struct gr__slots_floor body_floors[GR__LOOPS_MAX];

static struct gr__slots *bodies(struct gr__loop *loop)
{
    return &gr__actors_of(loop)->bodies;
}

gr_actor gr_self_actor(const struct gr_self *self)
{
    const struct gr__body *body = gr__container_of(self, struct gr__body, self);
    return (gr_actor){gr__slots_name(bodies(gr__loop_here()), body)};
}

static bool state_in_place(const struct gr_behavior *behavior)
{
    return behavior->state_bytes <= GR__STATE_INLINE;
}

static void give_body(struct gr__loop *loop, struct gr__body *body)
{
    if (!state_in_place(body->behavior))
        gr__pool_give(&loop->pool, body->self.state, body->behavior->state_bytes);
    gr__slots_give(bodies(loop), body);
}

static void bury_mail(struct gr__loop *loop, struct gr__body *body)
{
    while (body->first != NULL) {
        struct gr__task *task = body->first;
        body->first = task->next;
        body->count--;
        gr__dead_letter(loop, gr__envelope_of(task), -ESTALE);
    }
}

static void report_failure(struct gr__loop *loop, const struct gr__body *body)
{
    gr__loop_say(loop, "actor '%s' on loop %u failed: %s (%s)", body->name, loop->id,
                 gr_error_text(body->reason), gr_error_name(body->reason));
}

/* The end, in the actor's own activation. Mail that comes while the stop hook waits is late. */
static void end(struct gr__loop *loop, struct gr__body *body)
{
    if (body->behavior->stop != NULL) {
        loop->runner->cancelled = false;
        body->runner = loop->runner;
        body->behavior->stop(&body->self, body->reason);
        body->runner = NULL;
    }
    bury_mail(loop, body);
    if (body->pressure != NULL)
        gr__pressure_relieve(loop, body);
    give_body(loop, body);
}

/* Kept out of the path of a message to an actor that has had some. */
__attribute__((noinline, cold)) void gr__body_schedule_first(struct gr__loop *loop,
                                                             struct gr__body *body)
{
    body->stage = GR__SCHEDULED;
    gr__loop_ready_ahead(loop, &body->task);
}

void gr__body_stop(struct gr__loop *loop, struct gr__body *body, int reason)
{
    if (body->stopping)
        return;

    body->stopping = true;
    body->reason = reason;
    if (body->runner != NULL)
        gr__runner_cancel(body->runner);
    if (body->stage <= GR__IDLE)
        gr__body_schedule(loop, body);
}

static void fail(struct gr__loop *loop, struct gr__body *body, int status)
{
    if (body->stopping)
        return;

    body->stopping = true;
    body->reason = status;
    report_failure(loop, body);
}

/* Handle one message. */
static void handle(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__task *task = body->first;
    struct gr__envelope *envelope = gr__envelope_of(task);
    body->first = task->next;
    body->count--;
    if (body->pressure != NULL && (body->count == body->max / 2 || body->count == 0))
        gr__pressure_relieve(loop, body);

    int status = body->behavior->receive(&body->self, &envelope->message);
    gr__envelope_end(loop, envelope, status);
    if (status < 0)
        fail(loop, body, status);
}

/* Its task is in no queue: put it into one, or let it go. */
static inline __attribute__((always_inline)) void leave(struct gr__loop *loop,
                                                        struct gr__body *body)
{
    if (__builtin_expect(body->stopping, 0))
        end(loop, body);
    else if (body->first != NULL)
        gr__loop_ready(loop, &body->task);
    else
        body->stage = GR__IDLE;
}

/* What an actor sends itself, and what others send it meanwhile, is for the next activation. */
static void activate(struct gr__task *task)
{
    struct gr__body *body = gr__body_of_task(task);
    if (body->runner != NULL) {
        body->overtaken = true;
        return;
    }

    struct gr__loop *loop = gr__loop_here();
    uint32_t quantum = (uint32_t)loop->quantum;
    uint32_t most = body->count < quantum ? body->count : quantum;
    loop->budget -= (int32_t)most;
    body->runner = loop->runner;
    while (most-- > 0 && body->first != NULL && !body->stopping)
        handle(loop, body);
    body->runner = NULL;
    leave(loop, body);
}

void gr__body_relieve(struct gr__loop *loop, struct gr__body *body)
{
    loop->runner->working = &body->task;
    body->runner = loop->runner;
    while (body->count > body->max / 2 && !body->stopping) {
        handle(loop, body);
        if (--loop->budget <= 0 && !gr__loop_refill(loop))
            break;
    }
    body->runner = NULL;
    if (body->overtaken) {
        body->overtaken = false;
        leave(loop, body);
    }
}

static size_t describe(const struct gr__task *task, char *text, size_t bytes)
{
    size_t length = gr__text_append(text, bytes, 0, "actor '");
    length = gr__text_append(text, bytes, length, gr__body_of_task(task)->name);
    return gr__text_append(text, bytes, length, "'");
}

const struct gr__task_class gr__body_class = {"actor", activate, NULL, describe};

static uint32_t bound_of(const struct gr_behavior *behavior)
{
    if (behavior->when_full == GR_FULL_GROW)
        return UINT32_MAX;
    return behavior->mailbox_max == 0 ? GR_MAILBOX_DEFAULT : behavior->mailbox_max;
}

static int make_state(struct gr__loop *loop, struct gr__body *body)
{
    size_t bytes = body->behavior->state_bytes;
    body->self.state = body->state;
    if (!state_in_place(body->behavior)) {
        body->self.state = gr__pool_take(&loop->pool, bytes);
        if (body->self.state == NULL)
            return -ENOMEM;
    }
    memset(body->self.state, 0, bytes);
    return 0;
}

static int make_body(struct gr__loop *loop, const struct gr_behavior *behavior, const char *name,
                     struct gr__body **ret_body)
{
    uint64_t handle;
    struct gr__body *body = gr__slots_take(bodies(loop), &handle);
    if (body == NULL)
        return -ENOMEM;

    memset((char *)body + sizeof body->slot, 0,
           offsetof(struct gr__body, state) - sizeof body->slot);
    body->task.class = &gr__body_class;
    body->max = bound_of(behavior);
    body->behavior = behavior;
    body->name = name != NULL ? name : behavior->name;
    if (make_state(loop, body) < 0) {
        gr__slots_give(bodies(loop), body);
        return -ENOMEM;
    }
    *ret_body = body;
    return 0;
}

/* Run the start hook, with the mailbox closed meanwhile; mail that came waits for its end. */
static int start(struct gr__loop *loop, struct gr__body *body, const void *argument, size_t size)
{
    body->stage = GR__STARTING;
    int rc = body->behavior->start(&body->self, argument, size);
    if (rc < 0) {
        bury_mail(loop, body);
        body->stopping = true;
        if (body->pressure != NULL)
            gr__pressure_relieve(loop, body);
        give_body(loop, body);
        return rc;
    }
    body->stage = GR__NEW;
    if (body->first != NULL || body->stopping)
        gr__body_schedule(loop, body);
    return 0;
}

static int spawn_here(struct gr__loop *loop, const struct gr_behavior *behavior, const char *name,
                      const void *argument, size_t size, gr_actor *ret_actor)
{
    if (loop->stopping)
        return -ESHUTDOWN;
    struct gr__body *body;
    int rc = make_body(loop, behavior, name, &body);
    if (rc < 0)
        return rc;

    gr_actor actor = {gr__slots_name(bodies(loop), body)};
    if (behavior->start != NULL) {
        rc = start(loop, body, argument, size);
        if (rc < 0)
            return rc;
    }
    *ret_actor = actor;
    return 0;
}

/* An order to spawn, on its way to another loop. */
struct order {
    struct gr__task task;
    const struct gr_behavior *behavior;
    const char *name;
    gr_promise promise;
    size_t argument_bytes;
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
    gr__pool_give(&gr__loop_here()->pool, order, sizeof *order + order->argument_bytes);
}

static void carry_out(struct gr__task *task)
{
    struct order *order = order_of(task);
    gr_actor actor = {0};
    int rc = spawn_here(gr__loop_here(), order->behavior, order->name, order->argument,
                        order->argument_bytes, &actor);
    end_order(order, rc, actor);
}

static void discard_order(struct gr__task *task)
{
    end_order(order_of(task), -ESHUTDOWN, (gr_actor){0});
}

static const struct gr__task_class order_class = {"a spawn", carry_out, discard_order, NULL};

static int send_order(struct gr__loop *loop, unsigned to, const struct gr_behavior *behavior,
                      const struct gr_actor_options *options, gr_promise promise)
{
    if (options->argument_bytes > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    size_t bytes = sizeof(struct order) + options->argument_bytes;
    struct order *order = gr__pool_take(&loop->pool, bytes);
    if (order == NULL)
        return -ENOMEM;

    *order = (struct order){
        {NULL, &order_class}, behavior, options->name, promise, options->argument_bytes};
    if (options->argument_bytes > 0)
        memcpy(order->argument, options->argument, options->argument_bytes);
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
    if (gr_actor_stop(actor, -ECANCELED) < 0)
        return; /* its loop has stopped, and it with it */
}

static int spawn_there(struct gr__loop *loop, unsigned to, const struct gr_behavior *behavior,
                       const struct gr_actor_options *options, gr_actor *ret_actor)
{
    gr_future future;
    gr_promise promise;
    int rc = gr_future_make(&future, &promise);
    if (rc < 0)
        return rc;
    rc = send_order(loop, to, behavior, options, promise);
    if (rc < 0) {
        gr_future_drop(future);
        return rc;
    }

    gr_time deadline = options->deadline == 0 ? GR_FOREVER : options->deadline;
    rc = gr_future_await(future, ret_actor, sizeof *ret_actor, deadline);
    if (rc < 0 && gr_future_on_settled(future, stop_unwanted, NULL) == -ENOMEM)
        gr_future_drop(future);
    return rc;
}

static int place(struct gr__loop *loop, int where)
{
    if (where == GR_HERE)
        return (int)loop->id;
    if (where == GR_SPREAD)
        return (int)(gr__actors_of(loop)->next_spread++ % loop->loop_count);
    return where > 0 && (unsigned)where <= loop->loop_count ? where - 1 : -EINVAL;
}

int gr_actor_spawn(const struct gr_behavior *behavior, const struct gr_actor_options *options,
                   gr_actor *ret_actor)
{
    static const struct gr_actor_options defaults;
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (options == NULL)
        options = &defaults;
    int to = place(loop, options->where);
    if (to < 0)
        return to;
    if ((unsigned)to != loop->id)
        return spawn_there(loop, (unsigned)to, behavior, options, ret_actor);
    return spawn_here(loop, behavior, options->name, options->argument, options->argument_bytes,
                      ret_actor);
}

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

size_t gr_actor_count(void)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    return bodies(gr__loop_here())->live;
}

uint64_t gr_dead_letters(void)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    return gr__actors_of(gr__loop_here())->dead_letters;
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__actors) <= GR__PART_BYTES, "fits its part of the loop");
    static_assert(sizeof(struct gr__body) == 128, "two cache lines");
    memset(gr__actors_of(loop), 0, sizeof(struct gr__actors));
    int rc =
        gr__slots_init(bodies(loop), loop->id, sizeof(struct gr__body), &body_floors[loop->id]);
    if (rc < 0)
        return rc;
    rc = gr__pressure_start(loop);
    if (rc < 0)
        goto undo_bodies;
    rc = gr__send_timers_start(loop);
    if (rc < 0)
        goto undo_pressure;
    gr__actors_of(loop)->next_spread = loop->id;
    return 0;

undo_pressure:
    gr__pressure_done(loop);
undo_bodies:
    gr__slots_done(bodies(loop));
    return rc;
}

static void stratum_stop(struct gr__loop *loop)
{
    struct gr__body *body = NULL;
    while ((body = gr__slots_next(bodies(loop), body)) != NULL)
        gr__body_stop(loop, body, -ESHUTDOWN);
}

static size_t stratum_busy(const struct gr__loop *loop)
{
    return ((const struct gr__actors *)(const void *)loop->parts[GR__PART_ACTOR])->bodies.live;
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    for (struct gr__body *body = NULL; (body = gr__slots_next(bodies(loop), body)) != NULL;) {
        char line[256];
        snprintf(line, sizeof line, "actor '%s' on loop %u did not stop, with %u messages left",
                 body->name, loop->id, body->count);
        say(context, line);
    }
}

/* What did not stop in time has its stack torn down under it; its memory goes all the same. */
static void stratum_done(struct gr__loop *loop)
{
    for (struct gr__body *body; (body = gr__slots_next(bodies(loop), NULL)) != NULL;) {
        bury_mail(loop, body);
        gr__pressure_drop(loop, body);
        give_body(loop, body);
    }
    gr__send_timers_done(loop);
    gr__pressure_done(loop);
    gr__slots_done(bodies(loop));
}

static struct gr__stratum stratum = {
    .part = GR__PART_ACTOR,
    .start = stratum_start,
    .stop = stratum_stop,
    .busy = stratum_busy,
    .report = stratum_report,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
