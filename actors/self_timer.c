/*
 * Timers to self: a timer and its envelope know each other, from start to end.
 *
 *     gr_self_send_after --> timer <--> envelope -- time --> timer <--> envelope in the mailbox
 *                              |                                            | handled, or dropped
 *     same key, cancel, stop --+--> timer gone; the envelope ends, or,      +--> timer gone
 *                                   in the mailbox, has no timer any more
 *
 * An envelope without its timer was cancelled, and is passed over when its turn comes. To take it
 * out of the mailbox at once would have to look for it there.
 *
 * Invariants:
 *   1. A timer is in the list of its actor's annex; at most one there has a key.
 *   2. The envelope of a timer names it, and an envelope that names a timer is that one's.
 *   3. An actor that ends has no timers: what waits in its end hook hears of none.
 */
#include "actors/self_timer.h"

#include <greenroom/self_timer.h>

#include <errno.h>

#include "actors/rules.h"
#include "actors/within.h"
#include "base/copy.h"

struct gr__self_timer {
    struct gr__list link; /* in the annex */
    struct gr__timer timer;
    struct gr__body *body;
    struct gr__envelope *envelope;
    uint64_t key;
    gr_time at;
    bool sent; /* the envelope is in the mailbox */
};

static struct gr__self_timer *timer_at(struct gr__list *link)
{
    return gr__container_of(link, struct gr__self_timer, link);
}

static void on_time(struct gr__timer *fired)
{
    struct gr__self_timer *timer = gr__container_of(fired, struct gr__self_timer, timer);
    timer->sent = true;
    gr__mailbox_put(gr__loop_here(), timer->body, timer->envelope);
}

static struct gr__self_timer *find(struct gr__body *body, uint64_t key)
{
    if (body->annex == NULL)
        return NULL;
    gr__list_each (link, &body->annex->timers)
        if (timer_at(link)->key == key)
            return timer_at(link);
    return NULL;
}

static void give(struct gr__loop *loop, struct gr__self_timer *timer)
{
    gr__list_remove(&timer->link);
    gr__pool_give(&loop->pool, timer, sizeof *timer);
}

static void cancel(struct gr__loop *loop, struct gr__self_timer *timer)
{
    gr__wheel_cancel(&loop->wheel, &timer->timer);
    *gr__envelope_timer(timer->envelope) = NULL;
    if (!timer->sent)
        gr__envelope_end(loop, timer->envelope, -ECANCELED);
    give(loop, timer);
}

static void begin(struct gr__loop *loop, struct gr__body *body, struct gr__self_timer *timer)
{
    timer->body = body;
    timer->timer = (struct gr__timer){.fire = on_time};
    if (timer->at != GR_FOREVER && !timer->sent)
        gr__wheel_start(&loop->wheel, &timer->timer, timer->at);
}

/* A timer that has its envelope and is in no list; NULL without memory. */
static struct gr__self_timer *make(struct gr__loop *loop, struct gr__body *body, uint32_t tag,
                                   const void *data, size_t size)
{
    struct gr__self_timer *timer = gr__pool_take(&loop->pool, sizeof *timer);
    if (timer == NULL)
        return NULL;
    uint64_t name = gr_self_actor(&body->self).name;
    struct gr__envelope *envelope =
        gr__envelope_take_for(loop, name, GR__KEYED, GR_FOREVER, tag, size);
    if (envelope == NULL) {
        gr__pool_give(&loop->pool, timer, sizeof *timer);
        return NULL;
    }

    *gr__envelope_timer(envelope) = timer;
    gr__copy(gr__envelope_content(envelope), data, size);
    *timer = (struct gr__self_timer){.envelope = envelope};
    return timer;
}

int gr_self_send_after(struct gr_self *self, uint64_t key, gr_time at, uint32_t tag,
                       const void *data, size_t size)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__body *body = gr__container_of(self, struct gr__body, self);
    if (size > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    if (gr__body_stopping(body))
        return -ESTALE;
    struct gr__annex *annex = gr__annex_of(loop, body);
    struct gr__self_timer *timer = annex == NULL ? NULL : make(loop, body, tag, data, size);
    if (timer == NULL)
        return -ENOMEM;

    gr_self_send_cancel(self, key);
    timer->key = key;
    timer->at = at;
    gr__list_append(&annex->timers, &timer->link);
    begin(loop, body, timer);
    return 0;
}

bool gr_self_send_cancel(struct gr_self *self, uint64_t key)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__self_timer *timer = find(gr__container_of(self, struct gr__body, self), key);
    if (timer == NULL)
        return false;

    cancel(loop, timer);
    return true;
}

bool gr__self_timer_arrives(struct gr__loop *loop, struct gr__envelope *envelope)
{
    struct gr__self_timer *timer = *gr__envelope_timer(envelope);
    if (timer == NULL)
        return false;

    *gr__envelope_timer(envelope) = NULL;
    give(loop, timer);
    return true;
}

int gr__self_timers_apart(struct gr__loop *loop, const struct gr__annex *annex)
{
    int rc = 0;
    gr__list_each (link, &annex->timers)
        if (rc == 0)
            rc = gr__envelope_apart(loop, timer_at(link)->envelope);
    return rc;
}

void gr__self_timers_pause(struct gr__loop *loop, const struct gr__annex *annex)
{
    gr__list_each (link, &annex->timers)
        gr__wheel_cancel(&loop->wheel, &timer_at(link)->timer);
}

void gr__self_timers_go_on(struct gr__loop *loop, struct gr__body *body)
{
    gr__list_each (link, &body->annex->timers)
        begin(loop, body, timer_at(link));
}

void gr__self_timers_cancel(struct gr__loop *loop, struct gr__annex *annex)
{
    while (!gr__list_empty(&annex->timers))
        cancel(loop, timer_at(annex->timers.next));
}
