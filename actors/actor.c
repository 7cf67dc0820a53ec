/*
 * Actors: starting, handling, stopping. The life of a body is drawn in body.h.
 */
#include <greenroom/actor.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "actors/annex.h"
#include "actors/body.h"
#include "actors/children.h"
#include "actors/monitor.h"
#include "actors/pressure.h"
#include "actors/self_timer.h"
#include "actors/send_later.h"
#include "actors/tenants.h"
#include "actors/within.h"
#include "base/text.h"
#include "loop/details.h"
#include "runner/cancel.h"

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

#define STAGE(stage) (1u << (stage))

/* The drawing of body.h, line by line. */
const uint8_t gr__stages_after[GR__STAGES] = {
    [GR__NEW] = STAGE(GR__STARTING) | STAGE(GR__SCHEDULED),
    [GR__LONG] = STAGE(GR__SCHEDULED),
    [GR__IDLE] = STAGE(GR__SCHEDULED),
    [GR__STARTING] = STAGE(GR__NEW) | STAGE(GR__STOPPING),
    [GR__SCHEDULED] = STAGE(GR__LONG) | STAGE(GR__IDLE) | STAGE(GR__STOPPING),
    [GR__STOPPING] = STAGE(GR__GONE),
};

static bool state_in_place(const struct gr_behavior *behavior)
{
    return behavior->state_bytes <= GR__STATE_INLINE;
}

/* Take its memory back, whatever its stage. */
static inline __attribute__((always_inline)) void give_body(struct gr__loop *loop,
                                                            struct gr__body *body)
{
    if (body->annex != NULL)
        gr__annex_end(loop, body);
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
    char text[384];
    gr__details_print(body->reason, text, sizeof text);
    gr__loop_say(loop, "actor '%s' on loop %u failed: %s", body->name, loop->id, text);
}

/* Nothing of it is left on any stack. Mail that came while the stop hook waited is late. */
static inline __attribute__((always_inline)) void go(struct gr__loop *loop, struct gr__body *body)
{
    gr__body_move(body, GR__GONE);
    bury_mail(loop, body);
    if (body->pressure != NULL)
        gr__pressure_relieve(loop, body);
    if (body->annex != NULL)
        gr__annex_tell(loop, body);
    give_body(loop, body);
}

/* The end, in the actor's own activation: its children's first. */
static void end(struct gr__loop *loop, struct gr__body *body)
{
    gr__ambient_settle(loop);
    gr__body_move(body, GR__STOPPING);
    if (body->annex != NULL) {
        body->runner = loop->runner;
        gr__self_timers_end(loop, body->annex);
        gr__tenants_join(body->annex);
        gr__children_stop(loop, body);
        body->runner = NULL;
    }
    if (body->behavior->stop != NULL) {
        gr__runner_pardon(loop->runner);
        body->runner = loop->runner;
        if (body->urgent & GR__FORCE)
            gr__runner_kill(loop->runner);
        body->behavior->stop(&body->self, body->reason);
        body->runner = NULL;
    }
    go(loop, body);
}

/* Kept out of the path of a message to an actor that has had some, and is quick with them. */
__attribute__((noinline, cold)) void gr__body_schedule_apart(struct gr__loop *loop,
                                                             struct gr__body *body)
{
    if (body->stage == GR__NEW)
        gr__loop_ready_ahead(loop, &body->task);
    else
        gr__loop_ready_behind(loop, &body->task);
    gr__body_move(body, GR__SCHEDULED);
}

void gr__body_stop(struct gr__loop *loop, struct gr__body *body, int reason)
{
    if (gr__body_stopping(body))
        return;

    body->reason = reason;
    if (body->runner != NULL)
        gr__runner_cancel(body->runner);
    if (body->annex != NULL)
        gr__tenants_cancel(body->annex);
    gr__body_urge(loop, body, GR__STOP);
}

void gr__body_force(struct gr__body *body)
{
    body->urgent |= GR__FORCE;
    if (body->runner != NULL)
        gr__runner_kill(body->runner);
}

void gr__body_fail(struct gr__loop *loop, struct gr__body *body, int status)
{
    if (gr__body_stopping(body))
        return;

    body->urgent |= GR__STOP;
    body->reason = status;
    report_failure(loop, body);
}

static inline __attribute__((always_inline)) int receive(struct gr__loop *loop,
                                                         struct gr__body *body,
                                                         struct gr__envelope *envelope,
                                                         enum gr__envelope_kind kind)
{
    int status = body->behavior->receive(&body->self, &envelope->message);
    gr__envelope_end_kind(loop, envelope, kind, status);
    return status;
}

/* A message that is of another kind than most. */
static __attribute__((noinline)) int receive_other(struct gr__loop *loop, struct gr__body *body,
                                                   struct gr__envelope *envelope)
{
    enum gr__envelope_kind kind = gr__envelope_kind(envelope);
    if (kind & GR__KEYED && !gr__self_timer_arrives(loop, envelope)) {
        gr__envelope_end(loop, envelope, -ECANCELED);
        return 0;
    }
    if (kind <= GR__ASK_BUFFER || gr__envelope_begin(loop, envelope))
        return receive(loop, body, envelope, kind);

    gr__actors_of(loop)->asks_expired++;
    gr__envelope_end(loop, envelope, -ETIMEDOUT);
    return 0;
}

/* Handle one message. What it has brought stays around until the caller settles. */
static void handle(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__task *task = body->first;
    struct gr__envelope *envelope = gr__envelope_of(task);
    body->first = task->next;
    body->count--;
    if (body->pressure != NULL && (body->count == body->max / 2 || body->count == 0))
        gr__pressure_relieve(loop, body);

    /* Asked for ahead of the handler and not after it, the kind costs most messages nothing. */
    const struct gr__task_class *class = envelope->task.class;
    int status;
    if (class == &gr__envelope_classes[GR__PLAIN])
        status = receive(loop, body, envelope, GR__PLAIN);
    else if (class == &gr__envelope_classes[GR__ASK])
        status = receive(loop, body, envelope, GR__ASK);
    else
        status = receive_other(loop, body, envelope);
    if (status < 0)
        gr__body_fail(loop, body, status);
}

/* Control messages come first. Kept out of the path of an actor that has none. */
static __attribute__((noinline, cold)) void see_to_control(struct gr__loop *loop,
                                                           struct gr__body *body)
{
    body->runner = loop->runner;
    gr__annex_control(loop, body);
    body->runner = NULL;
}

/* Its task is in no queue: put it into one, or let it go. */
static inline __attribute__((always_inline)) void leave(struct gr__loop *loop,
                                                        struct gr__body *body)
{
    if (__builtin_expect(body->urgent != 0, 0)) {
        if (!gr__body_stopping(body))
            see_to_control(loop, body);
        if (gr__body_stopping(body)) {
            end(loop, body);
            return;
        }
    }
    if (body->first != NULL || __builtin_expect(body->urgent != 0, 0))
        gr__loop_ready(loop, &body->task);
    else
        gr__body_move(body, GR__IDLE);
}

/* The same after an activation that was alone in its quantum, and may have taken long. */
static __attribute__((noinline)) void leave_apart(struct gr__loop *loop, struct gr__body *body)
{
    if (!gr__loop_took_long(loop) || body->urgent != 0)
        leave(loop, body);
    else if (body->first != NULL)
        gr__loop_ready_behind(loop, &body->task);
    else
        gr__body_move(body, GR__LONG);
}

static inline bool has_more(const struct gr__body *body)
{
    return body->first != NULL && body->urgent == 0;
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
    for (bool more = has_more(body); more;) {
        handle(loop, body);
        more = --most > 0 && has_more(body);
        if (more)
            gr__ambient_settle(loop);
    }
    body->runner = NULL;
    if (__builtin_expect(loop->quantum == 1, 0))
        leave_apart(loop, body);
    else
        leave(loop, body);
}

void gr__body_relieve(struct gr__loop *loop, struct gr__body *body)
{
    loop->runner->working = &body->task;
    body->runner = loop->runner;
    while (body->count > body->max / 2 && body->urgent == 0) {
        gr__ambient_settle(loop);
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

static int make_body(struct gr__loop *loop, const struct gr__birth *birth,
                     struct gr__body **ret_body)
{
    const struct gr_behavior *behavior = birth->behavior;
    uint64_t handle;
    struct gr__body *body = gr__slots_take(bodies(loop), &handle);
    if (body == NULL)
        return -ENOMEM;

    memset((char *)body + sizeof body->slot, 0,
           offsetof(struct gr__body, state) - sizeof body->slot);
    body->task.class = &gr__body_class;
    body->max = bound_of(behavior);
    body->behavior = behavior;
    body->name = birth->name;
    body->is_child = birth->is_child;
    if (make_state(loop, body) < 0) {
        gr__slots_give(bodies(loop), body);
        return -ENOMEM;
    }
    *ret_body = body;
    return 0;
}

/* Its start hook has failed. Kept out of the path of one that has not. */
static __attribute__((noinline, cold)) void end_unstarted(struct gr__loop *loop,
                                                          struct gr__body *body, int reason)
{
    body->urgent |= GR__STOP;
    body->reason = reason;
    gr__body_move(body, GR__STOPPING);
    if (body->annex != NULL) {
        gr__self_timers_end(loop, body->annex);
        gr__tenants_join(body->annex);
        gr__children_stop(loop, body);
    }
    go(loop, body);
}

/* The hook has what it inherits of the spawner around it, and the spawner its own afterwards. */
static int run_start_hook(struct gr__loop *loop, struct gr__body *body, const void *argument,
                          size_t size)
{
    struct gr__values *values;
    int rc = gr__ambient_some(loop, loop->id, GR__INHERITED, &values);
    if (rc < 0)
        return rc;

    struct gr__ambient inside = {values, loop->ambient.deadline};
    struct gr__ambient before = gr__ambient_swap(loop, inside);
    rc = body->behavior->start(&body->self, argument, size);
    gr__ambient_restore(loop, before);
    return rc;
}

/* Run the start hook, with the mailbox closed meanwhile; mail that came waits for its end. */
static int start(struct gr__loop *loop, struct gr__body *body, const void *argument, size_t size)
{
    gr__body_move(body, GR__STARTING);
    int rc = run_start_hook(loop, body, argument, size);
    if (rc < 0) {
        end_unstarted(loop, body, rc);
        return rc;
    }
    gr__body_move(body, GR__NEW);
    if (body->first != NULL || body->urgent != 0)
        gr__body_schedule(loop, body);
    return 0;
}

int gr__body_spawn(struct gr__loop *loop, const struct gr__birth *birth, gr_actor *ret_actor)
{
    if (loop->stopping)
        return -ESHUTDOWN;
    struct gr__body *body;
    int rc = make_body(loop, birth, &body);
    if (rc < 0)
        return rc;

    gr_actor actor = {gr__slots_name(bodies(loop), body)};
    if (birth->behavior->start != NULL) {
        rc = start(loop, body, birth->argument, birth->argument_bytes);
        if (rc < 0)
            return rc;
    }
    *ret_actor = actor;
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
    rc = gr__monitors_start(loop);
    if (rc < 0)
        goto undo_timers;
    gr__actors_of(loop)->next_spread = loop->id;
    return 0;

undo_timers:
    gr__send_timers_done(loop);
undo_pressure:
    gr__pressure_done(loop);
undo_bodies:
    gr__slots_done(bodies(loop));
    return rc;
}

/* Children are stopped by their parents. */
static void stratum_stop(struct gr__loop *loop)
{
    struct gr__body *body = NULL;
    while ((body = gr__slots_next(bodies(loop), body)) != NULL)
        if (!body->is_child)
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
    gr__monitors_done(loop);
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
