/*
 * Annexes: making one, its control lane, and its end. The design stands in annex.h.
 */
#include "actors/annex.h"

#include <errno.h>

#include "actors/children.h"
#include "actors/group.h"
#include "actors/link.h"
#include "actors/monitor.h"
#include "actors/move.h"
#include "actors/reception.h"
#include "actors/reentry.h"
#include "actors/registry.h"
#include "actors/rules.h"
#include "actors/self_timer.h"
#include "actors/stash.h"
#include "actors/supervision.h"
#include "actors/tenants.h"
#include "actors/topic.h"
#include "loop/ambient.h"

struct gr__annex *gr__annex_take(struct gr__loop *loop)
{
    struct gr__annex *annex = gr__pool_take(&loop->pool, sizeof *annex);
    if (annex == NULL)
        return NULL;
    memset(annex, 0, sizeof *annex);
    gr__list_init(&annex->control);
    gr__list_init(&annex->watchers);
    gr__list_init(&annex->monitors);
    gr__list_init(&annex->records);
    gr__list_init(&annex->links);
    gr__list_init(&annex->children);
    gr__list_init(&annex->timers);
    gr__list_init(&annex->names);
    gr__list_init(&annex->memberships);
    gr__list_init(&annex->group_watches);
    gr__list_init(&annex->subscriptions);
    return annex;
}

struct gr__annex *gr__annex_of(struct gr__loop *loop, struct gr__body *body)
{
    if (body->annex == NULL)
        body->annex = gr__annex_take(loop);
    return body->annex;
}

int gr__annex_make(struct gr__loop *loop, uint64_t name, struct gr__body **ret_body)
{
    struct gr__body *body = gr__body_find(loop, name);
    if (body == NULL)
        return -ESTALE;
    if (gr__annex_of(loop, body) == NULL)
        return -ENOMEM;

    *ret_body = body;
    return 0;
}

void gr__annex_tell(struct gr__loop *loop, struct gr__body *body)
{
    gr__names_end(body->annex);
    gr__memberships_end(loop, body->annex);
    gr__links_signal(loop, body);
    gr__monitors_tell(loop, body);
}

void gr__annex_end(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__annex *annex = body->annex;
    gr__names_end(annex);
    gr__memberships_end(loop, annex);
    gr__group_watches_end(loop, annex);
    gr__subscriptions_end(loop, annex);
    gr__monitors_drop(loop, body);
    gr__children_forget(loop, body);
    gr__self_timers_end(loop, annex);
    if (annex->stash != NULL)
        gr__stash_end(loop, body);
    if (annex->reentrant)
        gr__reentry_end(loop, body);
    else if (annex->reception != NULL)
        gr__reception_give(loop, body);
    gr__tenants_done(loop, annex);
    if (annex->rules != NULL)
        gr__rules_end(loop, body);
    if (annex->supervision != NULL)
        gr__supervision_give(loop, body);
    if (annex->home != NULL)
        gr__home_end(loop, body);
    if (annex->lodging != NULL)
        gr__lodging_end(loop, body);
    gr__notices_give(loop, &annex->control);
    gr__notices_give(loop, &annex->watchers);
    gr__notices_give(loop, &annex->links);
    body->annex = NULL;
    gr__pool_give(&loop->pool, annex, sizeof *annex);
}

void gr__notice_open(struct gr__loop *loop, struct gr__notice *notice,
                     struct gr_control *ret_control)
{
    *ret_control = (struct gr_control){
        .kind = notice->kind, .reason = notice->reason, .actor = {notice->from}};
    if (notice->kind == GR_DOWN)
        gr__monitor_told(loop, notice, ret_control);
    if (notice->kind == GR__RESTS)
        ret_control->monitor.name = notice->id;
}

/* A notice has come out of the lane: say what it tells. False: nothing. */
static bool open_notice(struct gr__loop *loop, struct gr__body *body, struct gr__notice *notice,
                        struct gr_control *ret_control)
{
    if (notice->kind == GR__GROUP_CHANGED)
        return gr__group_tell(loop, body, notice, ret_control);
    if (notice->kind == GR__PUBLISHED)
        return gr__topic_tell(loop, body, notice, ret_control);

    gr__notice_open(loop, notice, ret_control);
    gr__notice_give(loop, notice);
    return true;
}

void gr__annex_control(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__annex *annex = body->annex;
    struct gr__list *link = NULL;
    for (int32_t most = loop->quantum; most > 0 && !gr__body_stopping(body); most--) {
        link = gr__list_shift(&annex->control);
        if (link == NULL)
            break;
        loop->budget--;
        struct gr_control control;
        if (!open_notice(loop, body, gr__notice_at(link), &control) ||
            body->behavior->control == NULL)
            continue;
        gr__ambient_settle(loop);
        int status = body->behavior->control(&body->self, &control);
        if (status < 0)
            gr__body_fail(loop, body, status);
    }
    if (gr__list_empty(&annex->control))
        body->urgent &= (uint8_t)~GR__CONTROL;
}
