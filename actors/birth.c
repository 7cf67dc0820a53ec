/*
 * Beginnings: making a body, and its start hook; the first time, and after a rest.
 */
#include <errno.h>

#include "actors/annex.h"
#include "actors/body.h"
#include "actors/children.h"
#include "actors/reentry.h"
#include "actors/rules.h"
#include "actors/self_timer.h"
#include "actors/stash.h"
#include "actors/supervision.h"
#include "actors/tenants.h"
#include "loop/ambient.h"

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
    if (!gr__state_in_place(body->behavior)) {
        body->self.state = gr__pool_take(&loop->pool, bytes);
        if (body->self.state == NULL)
            return -ENOMEM;
    }
    memset(body->self.state, 0, bytes);
    return 0;
}

/* Whether an actor has what few have: a run, a supervisor, handlers that interleave, or rules. */
static inline bool is_rare(const struct gr__birth *birth)
{
    const struct gr_behavior *behavior = birth->behavior;
    return behavior->mailbox_bytes_max | (uintptr_t)behavior->priority | (uintptr_t)behavior->run |
           birth->supervisor | behavior->reentrancy;
}

static __attribute__((noinline, cold)) int make_rare(struct gr__loop *loop, struct gr__body *body,
                                                     const struct gr__birth *birth)
{
    const struct gr_behavior *behavior = birth->behavior;
    int rc = behavior->reentrancy == GR_REENTRANCY_NONE ? 0 : gr__reentry_make(loop, body);
    if (rc == 0 && gr__rules_wanted(behavior))
        rc = gr__rules_make(loop, body, body->max);
    if (rc == 0 && birth->supervisor != 0)
        rc = gr__supervision_make(loop, body, birth);
    if (rc < 0)
        gr__body_give(loop, body);
    else if (behavior->run != NULL && behavior->start != NULL)
        body->urgent |= GR__RUNS;
    else if (behavior->run != NULL)
        gr__body_urge(loop, body, GR__RUNS);
    return rc;
}

static int make_body(struct gr__loop *loop, const struct gr__birth *birth,
                     struct gr__body **ret_body, uint64_t *ret_name)
{
    const struct gr_behavior *behavior = birth->behavior;
    struct gr__body *body = gr__slots_take(&gr__actors_of(loop)->bodies, ret_name);
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
        gr__slots_give(&gr__actors_of(loop)->bodies, body);
        return -ENOMEM;
    }
    *ret_body = body;
    return is_rare(birth) ? make_rare(loop, body, birth) : 0;
}

/* Its start hook has failed, the first time or a later one. Kept out of the path of others. */
static __attribute__((noinline, cold)) void
end_unstarted(struct gr__loop *loop, struct gr__body *body, int reason, bool is_restart)
{
    body->urgent |= GR__STOP;
    body->reason = reason;
    gr__body_move(body, GR__STOPPING);
    if (body->annex != NULL) {
        if (!is_restart || !gr__supervision_rests(body))
            gr__body_close(loop, body);
        gr__self_timers_end(loop, body->annex);
        gr__tenants_join(body->annex);
        gr__children_stop(loop, body);
    }
    if (is_restart && gr__supervision_rests(body)) {
        gr__tenants_done(loop, body->annex);
        gr__body_move(body, GR__RESTING);
    } else {
        gr__body_go(loop, body);
    }
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
static inline int start(struct gr__loop *loop, struct gr__body *body, const void *argument,
                        size_t size)
{
    bool is_restart = body->stage == GR__RESTING;
    gr__body_move(body, GR__STARTING);
    int rc = run_start_hook(loop, body, argument, size);
    if (rc < 0) {
        end_unstarted(loop, body, rc, is_restart);
        return rc;
    }
    gr__body_move(body, GR__NEW);
    if (body->first != NULL || body->urgent != 0)
        gr__body_schedule(loop, body);
    return 0;
}

int gr__body_restart(struct gr__loop *loop, struct gr__body *body, const void *argument,
                     size_t size)
{
    memset(body->self.state, 0, body->behavior->state_bytes);
    gr__stash_restore(body);
    body->urgent &= GR__CONTROL | GR__FINISH | GR__MOVE;
    if (body->behavior->run != NULL || gr__body_reentrant(body))
        body->urgent |= GR__RUNS;
    if (body->behavior->start != NULL)
        return start(loop, body, argument, size);

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
    gr_actor actor;
    int rc = make_body(loop, birth, &body, &actor.name);
    if (rc < 0)
        return rc;

    if (birth->behavior->start != NULL) {
        rc = start(loop, body, birth->argument, birth->argument_bytes);
        if (rc < 0)
            return rc;
    }
    *ret_actor = actor;
    return 0;
}
