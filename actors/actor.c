/*
 * Actors: handling, stopping. The life of a body is drawn in body.h, its beginning stands in birth.c.
 */
#include <greenroom/actor.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "actors/annex.h"
#include "actors/body.h"
#include "actors/chase.h"
#include "actors/children.h"
#include "actors/dead_letter.h"
#include "actors/directory.h"
#include "actors/monitor.h"
#include "actors/move.h"
#include "actors/news.h"
#include "actors/phases.h"
#include "actors/placement.h"
#include "actors/pressure.h"
#include "actors/process.h"
#include "actors/reception.h"
#include "actors/reentry.h"
#include "actors/rules.h"
#include "actors/self_timer.h"
#include "actors/send_later.h"
#include "actors/stash.h"
#include "actors/supervision.h"
#include "actors/tenants.h"
#include "actors/topic.h"
#include "actors/way.h"
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
    return (gr_actor){gr__body_name(gr__loop_here(), body)};
}

#define STAGE(stage) (1u << (stage))

/* The drawing of body.h, line by line. */
const uint16_t gr__stages_after[GR__STAGES] = {
    [GR__NEW] = STAGE(GR__STARTING) | STAGE(GR__SCHEDULED),
    [GR__LONG] = STAGE(GR__SCHEDULED),
    [GR__IDLE] = STAGE(GR__SCHEDULED),
    [GR__STARTING] = STAGE(GR__NEW) | STAGE(GR__STOPPING),
    [GR__RECEIVING] = STAGE(GR__SCHEDULED),
    [GR__INTERLEAVING] = STAGE(GR__SCHEDULED),
    [GR__SCHEDULED] = STAGE(GR__LONG) | STAGE(GR__IDLE) | STAGE(GR__RECEIVING) |
                      STAGE(GR__INTERLEAVING) | STAGE(GR__STOPPING) | STAGE(GR__LEAVING),
    [GR__STOPPING] = STAGE(GR__RESTING) | STAGE(GR__GONE),
    [GR__RESTING] = STAGE(GR__STARTING) | STAGE(GR__NEW) | STAGE(GR__STOPPING),
    [GR__LEAVING] = STAGE(GR__IDLE) | STAGE(GR__AWAY),
    [GR__AWAY] = STAGE(GR__IDLE) | STAGE(GR__GONE),
};

/* Take its memory back, whatever its stage. */
static inline __attribute__((always_inline)) void give_body(struct gr__loop *loop,
                                                            struct gr__body *body)
{
    if (body->annex != NULL)
        gr__annex_end(loop, body);
    if (!gr__state_in_place(body->behavior))
        gr__pool_give(&loop->pool, body->self.state, body->behavior->state_bytes);
    gr__slots_give(bodies(loop), body);
}

static __attribute__((noinline, cold)) void bury_mail(struct gr__loop *loop, struct gr__body *body)
{
    while (body->first != NULL) {
        struct gr__task *task = body->first;
        body->first = task->next;
        body->count--;
        gr__dead_letter(loop, gr__body_name(loop, body), gr__envelope_of(task), GR_DEAD_STOPPED);
    }
}

static void report_failure(struct gr__loop *loop, const struct gr__body *body)
{
    char text[384];
    gr__details_print(body->reason, text, sizeof text);
    gr__loop_say(loop, "actor '%s' on loop %u failed: %s", body->name, loop->id, text);
}

/* Mail of one that rested, or that it has unstashed in its stop hook, is late. */
static inline __attribute__((always_inline)) void go(struct gr__loop *loop, struct gr__body *body)
{
    gr__body_move(body, GR__GONE);
    if (body->first != NULL)
        bury_mail(loop, body);
    if (body->pressure != NULL)
        gr__pressure_relieve(loop, body);
    if (body->annex != NULL)
        gr__annex_tell(loop, body);
    give_body(loop, body);
}

void gr__body_go(struct gr__loop *loop, struct gr__body *body)
{
    go(loop, body);
}

void gr__body_give(struct gr__loop *loop, struct gr__body *body)
{
    give_body(loop, body);
}

/* It has stopped. If it has a supervisor, that is to decide what becomes of it. */
static bool rests(struct gr__loop *loop, struct gr__body *body)
{
    if (!gr__supervision_rests(body))
        return false;

    gr__body_move(body, GR__RESTING);
    gr__tenants_done(loop, body->annex);
    gr__supervision_tell(loop, body);
    return true;
}

void gr__body_close(struct gr__loop *loop, struct gr__body *body)
{
    body->closed = true;
    body->max = 0;
    if (body->annex != NULL && body->annex->stash != NULL)
        gr__stash_end(loop, body);
    if (body->first != NULL)
        bury_mail(loop, body);
    if (body->pressure != NULL)
        gr__pressure_relieve(loop, body);
}

/* What of its end may wait: its children's first. Nobody else waits for it: mail is answered now. */
static __attribute__((noinline)) void wind_up(struct gr__loop *loop, struct gr__body *body)
{
    if (!gr__supervision_rests(body))
        gr__body_close(loop, body);
    if (body->annex != NULL) {
        body->runner = loop->runner;
        if (body->urgent & GR__RECEIVES)
            gr__reception_end(loop, body, 0);
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
}

/* The end, in the actor's own activation. */
static void end(struct gr__loop *loop, struct gr__body *body)
{
    gr__ambient_settle(loop);
    gr__body_move(body, GR__STOPPING);
    if (body->annex != NULL || body->behavior->stop != NULL)
        wind_up(loop, body);
    if (body->annex == NULL || !rests(loop, body))
        go(loop, body);
}

void gr__body_end(struct gr__loop *loop, struct gr__body *body)
{
    end(loop, body);
}

/* Kept out of the path of a message to an actor that has had some, and is quick with them. */
__attribute__((noinline, cold)) int gr__body_schedule_apart(struct gr__loop *loop,
                                                            struct gr__body *body)
{
    if (body->stage == GR__NEW) {
        gr__loop_ready_ahead(loop, &body->task);
    } else if (body->stage == GR__RECEIVING) {
        gr__reception_arrived(loop, body);
        return 0;
    } else if (body->stage == GR__INTERLEAVING) {
        gr__reentry_arrived(loop, body);
        return 0;
    } else {
        gr__loop_ready_behind(loop, &body->task);
    }
    gr__body_move(body, GR__SCHEDULED);
    return 0;
}

static void cancel(struct gr__runner *runner)
{
    gr__runner_cancel(runner);
}

/* What else there is to cancel than the runner that nearly all have at most. */
static __attribute__((noinline, cold)) void cancel_rest(struct gr__body *body)
{
    if (gr__body_reentrant(body))
        gr__reentry_each(body, cancel);
    gr__tenants_cancel(body->annex);
}

void gr__body_stop(struct gr__loop *loop, struct gr__body *body, int reason)
{
    if (gr__body_stopping(body))
        return;

    body->reason = reason;
    if (body->runner != NULL)
        gr__runner_cancel(body->runner);
    if (body->annex != NULL)
        cancel_rest(body);
    gr__body_urge(loop, body, GR__STOP);
}

void gr__body_force(struct gr__body *body)
{
    body->urgent |= GR__FORCE;
    if (body->runner != NULL)
        gr__runner_kill(body->runner);
    if (gr__body_reentrant(body))
        gr__reentry_each(body, gr__runner_kill);
}

/* The one that has failed is about to return, and what it does until then is its own affair. */
static void cancel_other(struct gr__runner *runner)
{
    if (runner->state != GR__RUNNER_RUNNING)
        gr__runner_cancel(runner);
}

void gr__body_fail(struct gr__loop *loop, struct gr__body *body, int status)
{
    if (gr__body_stopping(body))
        return;

    body->urgent |= GR__STOP;
    body->reason = status;
    report_failure(loop, body);
    if (gr__body_reentrant(body)) {
        gr__reentry_each(body, cancel_other);
        gr__tenants_cancel(body->annex);
    }
}

static __attribute__((noinline, cold)) void fail_at(struct gr__loop *loop, struct gr__body *body,
                                                    struct gr__envelope *envelope, int status)
{
    if (!gr__body_stopping(body))
        gr__supervision_note(loop, body, &envelope->message);
    if (body->urgent & GR__RECEIVES)
        gr__reception_end(loop, body, status);
    gr__envelope_end(loop, envelope, status);
    gr__body_fail(loop, body, status);
}

static inline __attribute__((always_inline)) void receive(struct gr__loop *loop,
                                                          struct gr__body *body,
                                                          struct gr__envelope *envelope,
                                                          enum gr__envelope_kind kind)
{
    int status = body->behavior->receive(&body->self, &envelope->message);
    if (__builtin_expect(status < 0, 0))
        fail_at(loop, body, envelope, status);
    else
        gr__envelope_end_kind(loop, envelope, kind, status);
}

/* A message that is of another kind than most. */
static __attribute__((noinline)) void receive_other(struct gr__loop *loop, struct gr__body *body,
                                                    struct gr__envelope *envelope)
{
    enum gr__envelope_kind kind = gr__envelope_kind(envelope);
    if (kind & GR__KEYED && !gr__self_timer_arrives(loop, envelope)) {
        gr__envelope_end(loop, envelope, -ECANCELED);
        return;
    }
    if (kind <= GR__ASK_BUFFER || gr__envelope_begin(loop, envelope)) {
        receive(loop, body, envelope, kind);
        return;
    }

    gr__dead_letter_expired(loop, gr__body_name(loop, body), envelope);
}

static inline __attribute__((always_inline)) void
receive_any(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope)
{
    /* Asked for ahead of the handler and not after it, the kind costs most messages nothing. */
    const struct gr__task_class *class = envelope->task.class;
    if (class == &gr__envelope_classes[GR__PLAIN])
        receive(loop, body, envelope, GR__PLAIN);
    else if (class == &gr__envelope_classes[GR__ASK])
        receive(loop, body, envelope, GR__ASK);
    else
        receive_other(loop, body, envelope);
}

void gr__body_handle(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope)
{
    receive_any(loop, body, envelope);
}

/* Handle one message. What it has brought stays around until the caller settles. */
static inline __attribute__((always_inline)) void handle(struct gr__loop *loop,
                                                         struct gr__body *body)
{
    struct gr__task *task = body->first;
    struct gr__envelope *envelope = gr__envelope_of(task);
    body->first = task->next;
    body->count--;
    gr__mailbox_took(loop, body, envelope, NULL);
    receive_any(loop, body, envelope);
}

void gr__body_finish(struct gr__loop *loop, struct gr__body *body)
{
    if (body->first != NULL || (body->urgent & ~GR__RUNS) != GR__FINISH)
        return;

    gr__supervision_end(loop, body);
    body->urgent |= GR__STOP;
    body->reason = 0;
}

/* It is to stop once it has nothing to handle, and then for good. */
static void finish(struct gr__loop *loop, struct gr__body *body)
{
    for (int32_t most = loop->quantum; most > 0 && body->first != NULL; most--) {
        if (body->urgent != GR__FINISH)
            break;
        loop->budget--;
        gr__ambient_settle(loop);
        handle(loop, body);
    }
    gr__body_finish(loop, body);
}

/*
 * What comes ahead of the mailbox. Kept out of the path of an actor for which nothing does. True: it
 * is re-entrant, and has seen to the rest, too.
 */
static __attribute__((noinline, cold)) bool see_to_urgent(struct gr__loop *loop,
                                                          struct gr__body *body)
{
    body->runner = loop->runner;
    if (body->urgent & GR__ARRIVED)
        gr__body_arrived(loop, body);
    if (gr__body_reentrant(body)) {
        body->runner = NULL;
        if (gr__body_stopping(body))
            return false;
        gr__reentry_run(loop, body);
        return true;
    }
    if (body->urgent & GR__RECEIVES)
        gr__reception_end(loop, body, 0);
    if (body->urgent & GR__RUNS)
        gr__process_run(loop, body);
    else if (body->urgent & GR__CONTROL)
        gr__annex_control(loop, body);
    if (body->urgent == GR__FINISH)
        finish(loop, body);
    body->runner = NULL;
    return false;
}

/* Leave one for which there is something urgent. */
static __attribute__((noinline)) void leave_urgently(struct gr__loop *loop, struct gr__body *body)
{
    if ((!gr__body_stopping(body) || body->urgent & GR__ARRIVED) && see_to_urgent(loop, body))
        return;
    if (gr__body_stopping(body)) {
        end(loop, body);
        return;
    }
    if (gr__body_is_to_go(body) && gr__body_sets_out(loop, body))
        return;
    if (body->first != NULL || body->urgent != 0)
        gr__loop_ready(loop, &body->task);
    else
        gr__body_move(body, GR__IDLE);
}

/* Its task is in no queue: put it into one, or let it go. */
static inline __attribute__((always_inline)) void leave(struct gr__loop *loop,
                                                        struct gr__body *body)
{
    if (__builtin_expect(body->urgent != 0, 0))
        leave_urgently(loop, body);
    else if (body->first != NULL)
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

/* Its task has come up while something of it is under way. */
static __attribute__((noinline)) void come_up_again(struct gr__loop *loop, struct gr__body *body)
{
    if (gr__body_reentrant(body))
        gr__reentry_run(loop, body);
    else
        body->overtaken = true;
}

/* Handle what else there was as the activation began, as far as the quantum goes; it counts as tasks. */
static __attribute__((noinline)) void handle_rest(struct gr__loop *loop, struct gr__body *body,
                                                  uint32_t rest)
{
    uint32_t most = (uint32_t)loop->quantum - 1;
    rest = rest < most ? rest : most;
    loop->budget -= (int32_t)rest;
    for (; rest > 0 && has_more(body); rest--) {
        gr__ambient_settle(loop);
        handle(loop, body);
    }
}

/*
 * What an actor sends itself, and what others send it meanwhile, is for the next activation. Most have
 * a single message: what more would keep in registers is apart.
 */
static void activate(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = gr__body_of_task(task);
    if (body->runner != NULL) {
        come_up_again(loop, body);
        return;
    }

    body->runner = loop->runner;
    if (has_more(body)) {
        uint32_t rest = body->count - 1;
        loop->budget--;
        handle(loop, body);
        if (rest > 0)
            handle_rest(loop, body, rest);
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
    while (gr__mailbox_over_half(body) && body->urgent == 0) {
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

size_t gr_actor_count(void)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    return bodies(gr__loop_here())->live - gr__moves_homes(gr__loop_here());
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
    gr__list_init(&gr__actors_of(loop)->name_waits);
    gr__list_init(&gr__actors_of(loop)->group_watches);
    gr__directory_start(loop);
    gr__news_start(loop);
    return 0;

undo_timers:
    gr__send_timers_done(loop);
undo_pressure:
    gr__pressure_done(loop);
undo_bodies:
    gr__slots_done(bodies(loop));
    return rc;
}

/* What did not stop in time has its stack torn down under it; its memory goes all the same. */
static void stratum_done(struct gr__loop *loop)
{
    gr__chases_done(loop);
    gr__dead_letters_done(loop); /* nobody subscribes any more */
    gr__ways_done(loop);
    for (struct gr__body *body; (body = gr__slots_next(bodies(loop), NULL)) != NULL;) {
        bury_mail(loop, body);
        gr__pressure_drop(loop, body);
        give_body(loop, body);
    }
    gr__moves_done(loop);
    gr__placement_done(loop);
    gr__monitors_done(loop);
    gr__send_timers_done(loop);
    gr__pressure_done(loop);
    gr__slots_done(bodies(loop));
    gr__topics_done(loop);
    gr__directory_done(loop);
    gr__dead_letters_done(loop);
}

static struct gr__stratum stratum = {
    .part = GR__PART_ACTOR,
    .start = stratum_start,
    .stop = gr__actors_stop,
    .busy = gr__actors_busy,
    .report = gr__actors_report,
    .force = gr__actors_force,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
