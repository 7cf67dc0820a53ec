/*
 * Children: who they are, and stopping them before their parent.
 *
 *     parent is to stop
 *       youngest child: stop ... its end, within stop_within?
 *                          | no: by force ... its end, within FORCE_WITHIN?
 *                          |       | no: abandoned, and named with what it waits for
 *       next child ...
 *       parent's own stop hook
 *
 * All this is in the parent's activation, which waits as a handler does. A child that ends on its own
 * is forgotten: the parent awaits its end all the time, with a waiter that is no runner.
 *
 * Invariants:
 *   1. A child is in its parent's list from when it was added until its end is told, or the parent
 *      goes.
 *   2. No child is added to a parent that is to stop: so its list only gets shorter.
 */
#include "actors/children.h"

#include <greenroom/monitor.h>

#include <errno.h>

#include "actors/move.h"
#include "actors/stop.h"
#include "runner/cancel.h"

#define STOP_WITHIN (5 * GR_SECOND)
#define FORCE_WITHIN (1 * GR_SECOND)

struct child {
    struct gr__list link; /* among its siblings, oldest first */
    struct gr_actor_wait wait;
    struct gr_waiter waiter; /* of its end */
    int reason;
    const char *name;
    gr_time stop_within;
};

static struct child *child_at(struct gr__list *link)
{
    return gr__container_of(link, struct child, link);
}

static void give(struct gr__loop *loop, struct child *child)
{
    gr__list_remove(&child->link);
    gr__pool_give(&loop->pool, child, sizeof *child);
}

static void ended(struct gr_waiter *waiter)
{
    give(gr__loop_here(), gr__container_of(waiter, struct child, waiter));
}

/* Await its end. What has ended before it could be awaited is a child no longer. */
static int await_end(struct gr__loop *loop, struct child *child, gr_actor actor)
{
    struct gr_awaitable *end = gr_actor_awaitable(&child->wait, actor, &child->reason);
    child->waiter.wake = ended;
    if (end->type->ready(end)) {
        give(loop, child);
        return 0;
    }
    int rc = end->type->subscribe(end, &child->waiter);
    if (rc < 0)
        give(loop, child);
    return rc;
}

int gr__child_add(struct gr__loop *loop, gr_actor parent, gr_actor actor, const char *name,
                  gr_time stop_within)
{
    struct gr__body *body = gr__body_of(loop, parent.name);
    if (body == NULL || gr__body_stopping(body))
        return -ESTALE;
    if (body->stage == GR__LEAVING || body->stage == GR__AWAY)
        return GR_EWRONGLOOP;
    struct gr__annex *annex = gr__annex_of(loop, body);
    struct child *child = annex == NULL ? NULL : gr__pool_take(&loop->pool, sizeof *child);
    if (child == NULL)
        return -ENOMEM;

    child->name = name;
    child->stop_within = stop_within == 0 ? STOP_WITHIN : stop_within;
    gr__list_append(&annex->children, &child->link);
    return await_end(loop, child, actor);
}

static struct child *find(struct gr__body *body, gr_actor actor)
{
    gr__list_each (link, &body->annex->children)
        if (child_at(link)->wait.actor.name == actor.name)
            return child_at(link);
    return NULL;
}

/*
 * Have it stop, and wait for its end. That the parent was cancelled, or killed before, is no matter
 * here; one that is killed meanwhile waits no longer.
 */
static bool stops(struct gr__loop *loop, gr_actor actor, unsigned how, gr_time within)
{
    int reason;
    struct gr_shield shield;
    struct gr__runner *runner = loop->runner;
    uint8_t before = runner->cancelled;
    gr__runner_unkill(runner);
    gr_shield_raise(&shield, gr_in(within));
    int rc = gr__actor_stop(actor, how, -ESHUTDOWN);
    if (rc == 0)
        rc = gr_actor_join(actor, &reason, gr_in(within));
    gr_shield_lower(&shield);
    runner->cancelled |= before;
    return rc == 0 || rc == -ESHUTDOWN;
}

static void abandon(struct gr__loop *loop, const struct gr__body *body, const struct child *child)
{
    gr_actor actor = child->wait.actor;
    gr__loop_say(loop,
                 "actor '%s' on loop %u goes without its child '%s' on loop %u, which did not stop",
                 body->name, loop->id, child->name, gr__handle_loop(actor.name));
    if (gr__actor_stop(actor, GR__STOP_IN_VAIN, 0) < 0)
        return; /* then it is not said what it waits for */
}

static void stop_one(struct gr__loop *loop, struct gr__body *body, struct child *child)
{
    gr_actor actor = child->wait.actor;
    bool hurried = body->urgent & GR__FORCE;
    bool stopped = (!hurried && stops(loop, actor, GR__STOP_FOR_GOOD, child->stop_within)) ||
                   stops(loop, actor, GR__STOP_FOR_GOOD | GR__STOP_BY_FORCE, FORCE_WITHIN);

    /* Its end may have been told, and the child be forgotten, while this waited. */
    child = find(body, actor);
    if (!stopped && child != NULL)
        abandon(loop, body, child);
    if (child != NULL) {
        child->wait.awaitable.type->cancel(&child->wait.awaitable);
        give(loop, child);
    }
}

void gr__children_stop(struct gr__loop *loop, struct gr__body *body)
{
    while (!gr__list_empty(&body->annex->children))
        stop_one(loop, body, child_at(body->annex->children.previous));
}

void gr__children_forget(struct gr__loop *loop, struct gr__body *body)
{
    for (struct gr__list *link; (link = gr__list_shift(&body->annex->children)) != NULL;) {
        struct child *child = child_at(link);
        child->wait.awaitable.type->cancel(&child->wait.awaitable);
        give(loop, child);
    }
}
