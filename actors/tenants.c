/*
 * Tenants: an actor's own scope, made when it is first asked for.
 *
 *     handler -- gr_self_scope() --> scope, in the annex <-- members: runners, here and elsewhere
 *                                       |
 *              a runner fails: the actor fails, its handler is cancelled, it comes to its end
 *              the actor stops: cancelled at once; joined in its last activation, before the hook
 *
 * The scope has no opener: nobody's waits are in it. The actor's own are cancelled by stopping it.
 *
 * Invariants:
 *   1. No runner of an actor is left when its stop hook begins, nor when its body goes, but where
 *      the loop is torn down under it.
 */
#include "actors/tenants.h"

#include <greenroom/actor_scope.h>

#include <errno.h>

#include "runner/member.h"

struct gr__tenants {
    struct gr_scope scope;
    struct gr__body *body;
};

/* One that has begun to stop has another reason. */
static bool failed(struct gr__scope *scope, int status)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = gr__container_of(gr__scope_out(scope), struct gr__tenants, scope)->body;
    if (gr__body_stopping(body))
        return false;

    gr__body_fail(loop, body, status);
    if (body->runner != NULL)
        gr__runner_cancel(body->runner);
    gr__body_urge(loop, body, GR__STOP);
    return true;
}

static int make(struct gr__loop *loop, struct gr__body *body, struct gr__annex *annex)
{
    struct gr__tenants *tenants = gr__pool_take(&loop->pool, sizeof *tenants);
    if (tenants == NULL)
        return -ENOMEM;

    tenants->body = body;
    gr__scope_init(gr__scope_in(&tenants->scope), &(struct gr_scope_options){.name = body->name},
                   failed);
    annex->tenants = tenants;
    if (gr__body_stopping(body))
        gr__tenants_cancel(annex);
    return 0;
}

int gr_self_scope(struct gr_self *self, struct gr_scope **ret_scope)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__body *body = gr__container_of(self, struct gr__body, self);
    struct gr__annex *annex = gr__annex_of(loop, body);
    int rc = annex == NULL ? -ENOMEM : 0;
    if (rc == 0 && annex->tenants == NULL)
        rc = make(loop, body, annex);
    if (rc == 0)
        *ret_scope = &annex->tenants->scope;
    return rc;
}

void gr__tenants_cancel(struct gr__annex *annex)
{
    if (annex->tenants != NULL)
        gr__scope_cancel(gr__scope_in(&annex->tenants->scope));
}

void gr__tenants_join(struct gr__annex *annex)
{
    if (annex->tenants == NULL)
        return;

    gr__tenants_cancel(annex);
    gr__scope_finish(gr__scope_in(&annex->tenants->scope));
}

void gr__tenants_done(struct gr__loop *loop, struct gr__annex *annex)
{
    if (annex->tenants != NULL)
        gr__pool_give(&loop->pool, annex->tenants, sizeof *annex->tenants);
    annex->tenants = NULL;
}
