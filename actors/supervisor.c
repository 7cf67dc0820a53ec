/*
 * Supervisors: an actor whose handler starts, and whose control hook restarts.
 *
 *     child rests (a control message)
 *        | not to be restarted: it ends, and is a child no longer
 *        | too often lately: the supervisor fails with its reason, and so stops the others
 *        v
 *     waits, if there is a back-off: a message to itself
 *        v
 *     those that are restarted with it are brought to rest, the youngest first;
 *     then all of them are restarted, the oldest first
 *        | a start hook fails: that child rests, once more
 *
 * While it starts, stops or restarts a child the supervisor waits, in its handler, and looks at
 * nothing else, so that the order of things is that of this page. For a back-off it does not.
 *
 * A child may be reported to rest when it no longer does: it was brought to rest together with
 * another, and restarted, before the report was read. The life it reports tells.
 *
 * Invariants:
 *   1. Children stand in the list in the order of their start, and a restart does not change it.
 *   2. child->rests is set from when its rest was reported, or brought about, until its restart.
 *   3. child->timer names a message only while it waits for its back-off.
 */
#include "actors/supervisor.h"

#include <greenroom/monitor.h>

#include <errno.h>

#include "actors/stop.h"
#include "actors/supervision.h"

#define RESTARTS_WITHIN (5 * GR_SECOND)
#define BACKOFF_MAX (30 * GR_SECOND)
#define STOP_WITHIN (5 * GR_SECOND)
#define FORCE_WITHIN (1 * GR_SECOND)

enum { RESTARTS_MAX = 3 };

static const struct gr_supervisor *spec_of(const struct gr__supervisor *supervisor)
{
    return supervisor->spec;
}

static unsigned restarts_max(const struct gr_supervisor *spec)
{
    return spec->restarts_max == 0 ? RESTARTS_MAX : spec->restarts_max;
}

static gr_time restarts_within(const struct gr_supervisor *spec)
{
    return spec->restarts_within == 0 ? RESTARTS_WITHIN : spec->restarts_within;
}

static gr_time backoff_max(const struct gr_supervisor *spec)
{
    return spec->backoff_max == 0 ? BACKOFF_MAX : spec->backoff_max;
}

const char *gr__child_name(const struct gr_child *spec)
{
    if (spec->name != NULL)
        return spec->name;
    return spec->supervisor != NULL ? spec->supervisor->name : spec->behavior->name;
}

struct gr__supervised *gr__supervised_find(struct gr__supervisor *supervisor, gr_actor actor)
{
    for (struct gr__list *link = supervisor->children.previous; link != &supervisor->children;
         link = link->previous)
        if (gr__supervised_at(link)->actor.name == actor.name)
            return gr__supervised_at(link);
    return NULL;
}

static void forget(struct gr__supervised *child)
{
    gr_send_cancel(child->timer);
    gr__list_remove(&child->link);
    gr__pool_give(&gr__loop_here()->pool, child, sizeof *child);
}

/* Spawn what is to stand behind the handle of a child. */
static int spawn(struct gr_self *self, const struct gr_child *spec, const void *argument,
                 size_t size, gr_actor *ret_actor)
{
    struct gr_actor_options options = {.where = spec->where,
                                       .name = gr__child_name(spec),
                                       .argument = argument != NULL ? argument : spec->argument,
                                       .argument_bytes =
                                           argument != NULL ? size : spec->argument_bytes,
                                       .parent = gr_self_actor(self),
                                       .stop_within = spec->stop_within};
    if (spec->supervisor == NULL)
        return gr__actor_spawn_supervised(spec->behavior, &options, ret_actor);

    options.argument = &spec->supervisor;
    options.argument_bytes = sizeof spec->supervisor;
    return gr__actor_spawn_supervised(&gr__supervisor_behavior, &options, ret_actor);
}

int gr__supervisor_start_child(struct gr_self *self, const struct gr_child *spec,
                               const void *argument, size_t size, gr_actor *ret_actor)
{
    struct gr__supervisor *supervisor = self->state;
    struct gr__supervised *child = gr__pool_take(&gr__loop_here()->pool, sizeof *child);
    if (child == NULL)
        return -ENOMEM;

    *child = (struct gr__supervised){.spec = spec};
    gr__list_append(&supervisor->children, &child->link);
    int rc = spawn(self, spec, argument, size, &child->actor);
    if (rc < 0) {
        forget(child);
        return rc;
    }
    child->began = gr_now();
    *ret_actor = child->actor;
    return 0;
}

/* Have a child end for good. It is told by force once it has had its time. */
int gr__supervisor_end_child(struct gr__supervised *child)
{
    gr_actor actor = child->actor;
    gr_time within = child->spec->stop_within == 0 ? STOP_WITHIN : child->spec->stop_within;
    forget(child);
    int reason;
    int rc = gr__actor_stop(actor, GR__STOP_FOR_GOOD, -ESHUTDOWN);
    if (rc == 0)
        rc = gr_actor_join(actor, &reason, gr_in(within));
    if (rc != -ETIMEDOUT)
        return rc;
    rc = gr__actor_stop(actor, GR__STOP_FOR_GOOD | GR__STOP_BY_FORCE, -ESHUTDOWN);
    return rc < 0 ? rc : gr_actor_join(actor, &reason, gr_in(FORCE_WITHIN));
}

/* Note a restart. False: there were too many of late. */
static bool may_restart(struct gr__supervisor *supervisor)
{
    unsigned most = restarts_max(spec_of(supervisor));
    gr_time *oldest = &supervisor->restarts[supervisor->restarts_count % most];
    if (supervisor->restarts_count >= most &&
        gr_now() - *oldest < restarts_within(spec_of(supervisor)))
        return false;

    *oldest = gr_now();
    supervisor->restarts_count++;
    return true;
}

/* How long a child waits for its restart, now that it has failed once more. */
static gr_time back_off(const struct gr_supervisor *spec, struct gr__supervised *child)
{
    gr_time most = backoff_max(spec);
    if (gr_now() - child->began > most)
        child->failures = 0;
    unsigned doublings = child->failures++;
    if (spec->backoff_min == 0)
        return 0;

    gr_time wait = spec->backoff_min;
    while (doublings-- > 0 && wait < most)
        wait *= 2;
    if (wait > most)
        wait = most;
    return wait / 2 + (gr_time)(gr_random() % (uint64_t)(wait / 2 + 1));
}

/* Bring a running child to rest, for the restart of another. */
static int bring_to_rest(struct gr__supervised *child)
{
    gr_time within = child->spec->stop_within == 0 ? STOP_WITHIN : child->spec->stop_within;
    int rc = gr__supervision_rest(child->actor, gr_in(within));
    if (rc != -ETIMEDOUT)
        return rc;
    rc = gr_actor_kill(child->actor);
    return rc < 0 ? rc : gr__supervision_rest(child->actor, gr_in(FORCE_WITHIN));
}

/* The first child that is restarted together with this one. */
static struct gr__list *first_restarted(struct gr__supervisor *supervisor,
                                        struct gr__supervised *child)
{
    return spec_of(supervisor)->strategy == GR_ONE_FOR_ALL ? supervisor->children.next
                                                           : &child->link;
}

static bool restarts_alone(const struct gr__supervisor *supervisor)
{
    return spec_of(supervisor)->strategy == GR_ONE_FOR_ONE ||
           spec_of(supervisor)->strategy == GR_DYNAMIC;
}

/* Bring those to rest that are restarted with a child; one that is never restarted ends. */
static int rest_others(struct gr__supervisor *supervisor, struct gr__supervised *child)
{
    struct gr__list *first = first_restarted(supervisor, child);
    struct gr__list *link = supervisor->children.previous;
    for (bool more = true; more;) {
        struct gr__supervised *other = gr__supervised_at(link);
        more = link != first;
        link = link->previous;
        if (other == child)
            continue;
        gr_send_cancel(other->timer);
        int rc = other->rests ? 0 : bring_to_rest(other);
        other->rests = true;
        if (rc == -ESTALE || other->spec->restart == GR_TEMPORARY)
            rc = gr__supervisor_end_child(other);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int restart_child(struct gr__supervised *child)
{
    gr_send_cancel(child->timer);
    child->timer = (gr_send_timer){0};
    int rc = gr__supervision_restart(child->actor, ++child->lives);
    if (rc == -ESTALE) {
        forget(child);
        return 0;
    }
    child->restarts++;
    child->began = gr_now();
    child->rests = rc < 0;
    return rc;
}

/* Restart a child, and who is restarted with it. On an error `failed` is the one that is to blame. */
static int restart_now(struct gr__supervisor *supervisor, struct gr__supervised **failed)
{
    struct gr__supervised *child = *failed;
    if (restarts_alone(supervisor))
        return restart_child(child);

    int rc = rest_others(supervisor, child);
    struct gr__list *next = rc < 0 ? NULL : first_restarted(supervisor, child);
    while (rc == 0 && next != &supervisor->children) {
        *failed = gr__supervised_at(next);
        next = next->next;
        rc = restart_child(*failed);
    }
    return rc;
}

/* Then a wait that has ended with an error is no failure. */
static bool is_to_stop(const struct gr_self *self)
{
    return gr__body_stopping(gr__container_of(self, struct gr__body, self));
}

static int give_up(struct gr_self *self, const struct gr__supervised *child, int reason)
{
    struct gr__loop *loop = gr__loop_here();
    const struct gr_supervisor *spec = spec_of(self->state);
    gr__loop_say(loop,
                 "supervisor '%s' on loop %u gives up: '%s' ended, the %uth restart within %lld ms",
                 spec->name, loop->id, gr__child_name(child->spec), restarts_max(spec) + 1,
                 (long long)(restarts_within(spec) / GR_MILLISECOND));
    return reason < 0 ? reason : -ESHUTDOWN;
}

/* What a message to the supervisor itself says: restart this one, if it still is in this life. */
struct later {
    gr_actor actor;
    uint64_t lives;
};

static int restart_later(struct gr_self *self, struct gr__supervised *child, gr_time wait)
{
    struct later later = {child->actor, child->lives};
    return gr_send_after(gr_in(wait), gr_self_actor(self), GR__SUPERVISOR_RESTART, &later,
                         sizeof later, &child->timer);
}

/* A child rests that is to be restarted, at once or later, unless that has been too often. */
static int see_to(struct gr_self *self, struct gr__supervised *child, int reason)
{
    struct gr__supervisor *supervisor = self->state;
    for (;;) {
        if (!may_restart(supervisor))
            return give_up(self, child, reason);
        gr_time wait = back_off(spec_of(supervisor), child);
        if (wait > 0)
            return restart_later(self, child, wait);
        reason = restart_now(supervisor, &child);
        if (reason == 0 || is_to_stop(self))
            return 0;
    }
}

int gr__supervisor_restart(struct gr_self *self, const struct gr_message *message)
{
    const struct later *later = message->data;
    struct gr__supervised *child = gr__supervised_find(self->state, later->actor);
    if (child == NULL || child->lives != later->lives || !child->rests)
        return 0;

    int rc = restart_now(self->state, &child);
    return rc == 0 || is_to_stop(self) ? 0 : see_to(self, child, rc);
}

static bool is_restarted(const struct gr_child *spec, int reason)
{
    if (spec->restart == GR_TRANSIENT)
        return reason != 0 && reason != -ESHUTDOWN;
    return spec->restart == GR_PERMANENT;
}

static int control(struct gr_self *self, const struct gr_control *control)
{
    struct gr__supervised *child = gr__supervised_find(self->state, control->actor);
    bool rests = (int)control->kind == GR__RESTS;
    if (!rests || child == NULL || child->rests || child->lives != control->monitor.name)
        return 0;

    child->rests = true;
    if (is_restarted(child->spec, control->reason))
        return see_to(self, child, control->reason);
    int rc = gr__supervisor_end_child(child);
    return rc < 0 && !is_to_stop(self) ? rc : 0;
}

static void stop(struct gr_self *self, int reason)
{
    struct gr__supervisor *supervisor = self->state;
    (void)reason;
    while (!gr__list_empty(&supervisor->children))
        forget(gr__supervised_at(supervisor->children.next));
    gr__pool_give(&gr__loop_here()->pool, supervisor->restarts,
                  restarts_max(spec_of(supervisor)) * sizeof(gr_time));
}

/* Its children are started with it. Where one fails, those before it are stopped as any children. */
static int start(struct gr_self *self, const void *argument, size_t size)
{
    struct gr__supervisor *supervisor = self->state;
    (void)size;
    memcpy(&supervisor->spec, argument, sizeof supervisor->spec);
    gr__list_init(&supervisor->children);
    const struct gr_supervisor *spec = spec_of(supervisor);
    supervisor->restarts =
        gr__pool_take(&gr__loop_here()->pool, restarts_max(spec) * sizeof(gr_time));
    if (supervisor->restarts == NULL)
        return -ENOMEM;

    int rc = 0;
    gr_actor child;
    size_t count = spec->strategy == GR_DYNAMIC ? 0 : spec->child_count;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = gr__supervisor_start_child(self, &spec->children[i], NULL, 0, &child);
    if (rc < 0)
        stop(self, rc);
    return rc;
}

const struct gr_behavior gr__supervisor_behavior = {.name = "supervisor",
                                                    .receive = gr__supervisor_receive,
                                                    .start = start,
                                                    .stop = stop,
                                                    .control = control,
                                                    .state_bytes = sizeof(struct gr__supervisor)};

int gr_supervisor_start(const struct gr_supervisor *supervisor,
                        const struct gr_actor_options *options, gr_actor *ret_supervisor)
{
    struct gr_actor_options filled = options == NULL ? (struct gr_actor_options){0} : *options;
    filled.name = supervisor->name;
    filled.argument = &supervisor;
    filled.argument_bytes = sizeof supervisor;
    return gr_actor_spawn(&gr__supervisor_behavior, &filled, ret_supervisor);
}
