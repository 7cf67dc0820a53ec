/*
 * Stashes: messages laid aside, in the annex; and another handler for one actor.
 *
 *     mailbox --> handler -- gr_self_stash --> stash, in order
 *        ^                                       |
 *        +-------- in front ---------- gr_self_unstash
 *
 * What is laid aside is a second envelope with the contents of the first, which its handler still
 * has and ends as any other. So handling a message does not ask whether it was stashed.
 *
 * An actor with another handler has a behavior of its own, which is its behavior but for that.
 */
#include "actors/stash.h"

#include <greenroom/stash.h>

#include <errno.h>

#include "actors/dead_letter.h"
#include "actors/reception.h"
#include "actors/rules.h"
#include "actors/within.h"

/* In the annex, once something was stashed or the handler was changed. */
struct gr__stash {
    struct gr__task *first; /* NULL: nothing is stashed */
    struct gr__task *last;  /* once first is set */
    uint32_t count;
    const struct gr_behavior *original; /* the body's is `changed`; or NULL */
    struct gr_behavior changed;
};

static struct gr__stash *stash_of(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__annex *annex = gr__annex_of(loop, body);
    if (annex == NULL || annex->stash != NULL)
        return annex == NULL ? NULL : annex->stash;

    struct gr__stash *stash = gr__pool_take(&loop->pool, sizeof *stash);
    if (stash == NULL)
        return NULL;
    memset(stash, 0, sizeof *stash);
    annex->stash = stash;
    return stash;
}

int gr_self_stash(struct gr_self *self, const struct gr_message *message)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__body *body = gr__container_of(self, struct gr__body, self);
    struct gr__stash *stash = stash_of(loop, body);
    if (stash == NULL)
        return -ENOMEM;
    uint32_t max = body->behavior->stash_max;
    if (stash->count >= (max == 0 ? GR_MAILBOX_DEFAULT : max))
        return -ENOSPC;
    struct gr__envelope *from = gr__container_of(message, struct gr__envelope, message);
    struct gr__envelope *envelope = gr__envelope_move(loop, gr_self_actor(self).name, from);
    if (envelope == NULL)
        return -ENOMEM;

    gr__envelope_forget(from);
    envelope->task.next = NULL;
    if (stash->first == NULL)
        stash->first = &envelope->task;
    else
        stash->last->next = &envelope->task;
    stash->last = &envelope->task;
    stash->count++;
    return 0;
}

/* Put what is stashed in front of the mailbox; returns how many. */
static uint32_t bring_back(struct gr__body *body)
{
    struct gr__stash *stash = body->annex == NULL ? NULL : body->annex->stash;
    uint32_t count = stash == NULL ? 0 : stash->count;
    if (count == 0)
        return 0;

    for (struct gr__task *task = stash->first; task != NULL; task = task->next)
        gr__envelope_deliver(gr__envelope_of(task), gr__envelope_kind(gr__envelope_of(task)));
    if (body->first == NULL)
        body->last = stash->last;
    if (body->max == 0)
        gr__rules_put_back(body, stash->first, stash->last);
    stash->last->next = body->first;
    body->first = stash->first;
    body->count += count;
    stash->first = NULL;
    stash->count = 0;
    gr__reception_reset(body);
    return count;
}

size_t gr_self_unstash(struct gr_self *self)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__body *body = gr__container_of(self, struct gr__body, self);
    uint32_t count = bring_back(body);
    if (count > 0 && body->stage <= GR__IDLE)
        gr__body_schedule(loop, body);
    return count;
}

int gr_self_become(struct gr_self *self, gr_receive_fn *receive)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__body *body = gr__container_of(self, struct gr__body, self);
    struct gr__stash *stash = stash_of(loop, body);
    if (stash == NULL)
        return -ENOMEM;

    if (stash->original == NULL) {
        stash->original = body->behavior;
        stash->changed = *body->behavior;
        body->behavior = &stash->changed;
    }
    stash->changed.receive = receive != NULL ? receive : stash->original->receive;
    return 0;
}

static void change_back(struct gr__body *body, struct gr__stash *stash)
{
    if (stash->original != NULL)
        body->behavior = stash->original;
    stash->original = NULL;
}

struct gr__task *gr__stash_first(const struct gr__annex *annex)
{
    return annex->stash == NULL ? NULL : annex->stash->first;
}

void gr__stash_restore(struct gr__body *body)
{
    if (body->annex == NULL || body->annex->stash == NULL)
        return;

    change_back(body, body->annex->stash);
    bring_back(body);
}

void gr__stash_end(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__stash *stash = body->annex->stash;
    for (struct gr__task *task; (task = stash->first) != NULL;) {
        stash->first = task->next;
        gr__dead_letter(loop, gr__body_name(loop, body), gr__envelope_of(task), GR_DEAD_STOPPED);
    }
    change_back(body, stash);
    body->annex->stash = NULL;
    gr__pool_give(&loop->pool, stash, sizeof *stash);
}
