/*
 * Phases, to actors: their mailboxes are emptied, and then they stop.
 *
 *     DRAIN      waits until no actor has mail, and no handler is under way
 *     ACTORS     stops all that are nobody's children, which stop their children first
 *                time is up: all are stopped by force
 *
 * An actor has mail, or a handler under way, exactly while it stands in a queue of the loop, as does
 * a message on its way to a mailbox, or a runner works on it. So no look goes over actors that are idle, nor does a message count anything.
 */
#include "actors/phases.h"

#include <errno.h>
#include <stdio.h>

#include "actors/reentry.h"
#include "actors/stop.h"

static bool is_of_actor(const struct gr__task *task)
{
    return task != NULL && task->class == &gr__body_class;
}

/* A message from elsewhere that has not come to its mailbox yet. */
static bool is_message(const struct gr__task *task)
{
    return (task->class >= gr__envelope_classes &&
            task->class < gr__envelope_classes + GR__KINDS) ||
           task->class == &gr__envelope_foreign_class;
}

static bool has_actor(const struct gr__queue *queue)
{
    const struct gr__task *task = queue->first;
    while (task != NULL && !is_of_actor(task) && !is_message(task))
        task = task->next;
    return task != NULL;
}

/* One that waits for a message of its own mailbox has none to work on. */
static bool is_under_way(const struct gr__task *task)
{
    return is_of_actor(task) && gr__body_of_task(task)->stage != GR__RECEIVING;
}

static bool is_worked_on(const struct gr__loop *loop)
{
    const struct gr__runners *runners = (const void *)loop->parts[GR__PART_RUNNER];
    gr__list_each (link, &runners->all) {
        const struct gr__runner *runner = gr__container_of(link, struct gr__runner, link);
        bool waits = runner->state == GR__RUNNER_PARKED || runner->state == GR__RUNNER_READY;
        if (waits && is_under_way(runner->working))
            return true;
    }
    return false;
}

static bool has_mail(const struct gr__loop *loop)
{
    return has_actor(&loop->ready) || has_actor(&loop->ahead) || has_actor(&loop->held) ||
           has_actor(&loop->behind) || is_worked_on(loop);
}

/* Children are stopped by their parents. */
void gr__actors_stop(struct gr__loop *loop)
{
    if (loop->phase != GR_PHASE_ACTORS)
        return;

    struct gr__body *body = NULL;
    while ((body = gr__slots_next(&gr__actors_of(loop)->bodies, body)) != NULL)
        if (!body->is_child)
            gr__body_stop(loop, body, -ESHUTDOWN);
}

size_t gr__actors_busy(const struct gr__loop *loop)
{
    const struct gr__actors *actors = (const void *)loop->parts[GR__PART_ACTOR];
    if (loop->phase < GR_PHASE_DRAIN)
        return 0;
    return loop->phase == GR_PHASE_DRAIN ? has_mail(loop) : actors->bodies.live;
}

static void report_one(struct gr__loop *loop, const struct gr__body *body, gr__say_fn *say,
                       void *context)
{
    char line[512], waits[256] = "";
    const char *what = loop->phase == GR_PHASE_DRAIN ? "is not done" : "did not stop";
    if (body->runner != NULL)
        gr__body_describe_waits(loop, body, waits, sizeof waits);
    snprintf(line, sizeof line, "actor '%.100s' on loop %u %s, with %u messages left%s%s",
             body->name, loop->id, what, body->count, waits[0] == '\0' ? "" : ": it waits ", waits);
    say(context, line);
}

/* Whether it is to be named; one that is away is named where it lives. */
static bool is_left(const struct gr__loop *loop, const struct gr__body *body)
{
    if (loop->phase > GR_PHASE_DRAIN)
        return body->stage != GR__AWAY;
    return body->stage == GR__SCHEDULED || body->stage == GR__INTERLEAVING ||
           body->stage == GR__STOPPING;
}

void gr__actors_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (loop->phase < GR_PHASE_DRAIN)
        return;

    bool any = false;
    for (struct gr__body *body = NULL;
         (body = gr__slots_next(&gr__actors_of(loop)->bodies, body)) != NULL;) {
        if (!is_left(loop, body))
            continue;
        report_one(loop, body, say, context);
        any = true;
    }
    if (!any && loop->phase == GR_PHASE_DRAIN && has_mail(loop))
        say(context, "messages are on their way to actors");
}

/* What does not drain is cancelled by the next phase, in which it may still clean up. */
void gr__actors_force(struct gr__loop *loop)
{
    if (loop->phase < GR_PHASE_ACTORS)
        return;

    for (struct gr__body *body = NULL;
         (body = gr__slots_next(&gr__actors_of(loop)->bodies, body)) != NULL;) {
        if (body->stage == GR__AWAY)
            continue; /* it lives on another loop, which does the same */
        gr_actor actor = {gr__body_name(loop, body)};
        int rc = gr__actor_stop(actor, GR__STOP_FOR_GOOD | GR__STOP_BY_FORCE, -ESHUTDOWN);
        assert(rc == 0 && "no order is needed on its own loop");
        (void)rc;
    }
}
