/*
 * Receiving, and waiting for it: the awaitable, and what is held of what was received. The design
 * stands in reception.h.
 */
#include <greenroom/receive.h>

#include <greenroom/error.h>

#include <errno.h>

#include "actors/group.h"
#include "actors/pressure.h"
#include "actors/reception.h"
#include "actors/reentry.h"
#include "actors/rules.h"
#include "actors/self_timer.h"
#include "actors/within.h"
#include "runner/park.h"

static struct gr__body *body_of(struct gr_self *self)
{
    return gr__container_of(self, struct gr__body, self);
}

/* The message is the actor's now, and what it came with is around its run. */
static void hold(struct gr__loop *loop, struct gr__body *body, struct gr_receive_wait *wait,
                 struct gr__envelope *envelope)
{
    struct gr__reception *reception = body->annex->reception;
    enum gr__envelope_kind kind = gr__envelope_kind(envelope);
    envelope->task.next = reception->held;
    reception->held = &envelope->task;
    reception->in_a_row++;
    *wait->ret_message = &envelope->message;
    if (kind > GR__ASK_BUFFER && gr__reception_is_run(loop, body))
        gr__reception_surround(loop, gr__envelope_take_ambient(envelope));
}

static void fill_heard(struct gr__envelope *envelope, const struct gr_control *control)
{
    memcpy(envelope->payload, control, sizeof *control);
    gr__envelope_deliver(envelope, GR__HEARD);
}

/* A notice of a group stays the group's, and may tell of more; or of nothing. */
static int hear_of_group(struct gr__loop *loop, struct gr__body *body, struct gr__notice *notice,
                         struct gr__envelope **ret_envelope)
{
    struct gr_control control;
    struct gr__envelope *envelope = gr__envelope_take(loop, GR__HEARD, UINT32_MAX, sizeof control);
    if (envelope == NULL) {
        gr__notice_deliver(loop, body, notice);
        return -ENOMEM;
    }
    if (!gr__group_tell(loop, body, notice, &control)) {
        gr__envelope_give(loop, envelope);
        return -EAGAIN;
    }
    fill_heard(envelope, &control);
    *ret_envelope = envelope;
    return 0;
}

/* The notice's memory becomes the envelope, which takes no more. */
static struct gr__envelope *make_envelope(struct gr__loop *loop, struct gr__notice *notice)
{
    struct gr_control control;
    gr__notice_open(loop, notice, &control);
    struct gr__envelope *envelope = (struct gr__envelope *)(void *)notice;
    static_assert(sizeof *envelope + sizeof control <= sizeof *notice, "it fits in");
    static_assert(sizeof *notice <= GR__BLOCK_MIN, "and is given back as what it was taken as");
    gr__envelope_head(envelope, GR__HEARD, UINT32_MAX, sizeof control);
    fill_heard(envelope, &control);
    return envelope;
}

static struct gr_receive_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_receive_wait, awaitable);
}

static bool wait_ready(struct gr_awaitable *awaitable)
{
    struct gr_receive_wait *wait = wait_of(awaitable);
    struct gr__body *body = body_of(wait->self);
    if (wait->woken)
        return true;
    if (gr__reception_is_over(body))
        return false;
    if (gr__reception_find_control(body, &wait->pattern) != NULL)
        return true;
    wait->found = gr__reception_find(gr__loop_here(), body, &wait->pattern);
    return wait->found != NULL;
}

/* Who waits lets in as many as there is room for, since what it waits for may be among them. */
static int wait_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_receive_wait *wait = wait_of(awaitable);
    struct gr__body *body = body_of(wait->self);
    struct gr__reception *reception = body->annex->reception;
    if (gr__list_linked(&wait->link))
        return -EBUSY;
    if (gr__reception_has_finished(body)) {
        gr__reception_finish(gr__loop_here(), body);
        return -ECANCELED;
    }

    wait->waiter = waiter;
    if (gr__list_empty(&reception->waiting)) {
        reception->unseen = reception->resume;
        gr__body_move(body, GR__RECEIVING);
    }
    gr__list_append(&reception->waiting, &wait->link);
    reception->in_a_row = 0;
    if (gr__mailbox_pressed(body) && !gr__mailbox_full(body))
        gr__pressure_relieve(gr__loop_here(), body);
    return 0;
}

/* Take a control message that is wanted out of its lane. */
static int hear(struct gr__loop *loop, struct gr__body *body, struct gr__notice *notice,
                struct gr__envelope **ret_envelope)
{
    gr__list_remove(&notice->link);
    if (notice->kind == GR__GROUP_CHANGED)
        return hear_of_group(loop, body, notice, ret_envelope);
    *ret_envelope = make_envelope(loop, notice);
    return 0;
}

/* Take what it was granted, which may be gone. */
static int take_granted(struct gr__loop *loop, struct gr__body *body, struct gr_receive_wait *wait,
                        struct gr__envelope **ret_envelope)
{
    struct gr__envelope *envelope = wait->granted;
    if (!gr__list_empty(&wait->heard))
        return hear(loop, body, gr__notice_at(wait->heard.next), ret_envelope);
    if (envelope == NULL)
        return -EAGAIN;
    if (gr__envelope_kind(envelope) & GR__KEYED && !gr__self_timer_arrives(loop, envelope)) {
        gr__envelope_end(loop, envelope, -ECANCELED);
        return -EAGAIN;
    }
    *ret_envelope = envelope;
    return 0;
}

/* Take what it has found: a control message first. */
static int take_found(struct gr__loop *loop, struct gr__body *body, struct gr_receive_wait *wait,
                      struct gr__envelope **ret_envelope)
{
    struct gr__notice *notice = gr__reception_find_control(body, &wait->pattern);
    if (notice != NULL)
        return hear(loop, body, notice, ret_envelope);

    struct gr__envelope *envelope = gr__reception_take_out(loop, body, wait->found);
    if (gr__envelope_kind(envelope) & GR__KEYED)
        gr__self_timer_arrives(loop, envelope);
    *ret_envelope = envelope;
    return 0;
}

static int wait_take(struct gr_awaitable *awaitable)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr_receive_wait *wait = wait_of(awaitable);
    struct gr__body *body = body_of(wait->self);
    struct gr__envelope *envelope;
    int rc = wait->woken ? take_granted(loop, body, wait, &envelope)
                         : take_found(loop, body, wait, &envelope);
    gr__list_remove(&wait->link);
    wait->woken = false;
    wait->granted = NULL;
    if (rc == 0)
        hold(loop, body, wait, envelope);
    return rc;
}

/* What it was granted goes back to its place, and to whoever else waits for it. */
static void give_back(struct gr__loop *loop, struct gr__body *body, struct gr_receive_wait *wait)
{
    struct gr__envelope *envelope = wait->granted;
    struct gr__list *heard = gr__list_shift(&wait->heard);
    wait->woken = false;
    wait->granted = NULL;
    if (envelope != NULL) {
        gr__reception_put_back(body, wait->place, &envelope->task);
        gr__reception_forget(body);
    }
    if (heard != NULL)
        gr__notice_deliver(loop, body, gr__notice_at(heard));
    else if (body->stage == GR__RECEIVING)
        gr__reception_arrived(loop, body);
}

static bool wait_cancel(struct gr_awaitable *awaitable)
{
    struct gr_receive_wait *wait = wait_of(awaitable);
    struct gr__body *body = body_of(wait->self);
    gr__list_remove(&wait->link);
    if (wait->woken)
        give_back(gr__loop_here(), body, wait);
    else if (gr__list_empty(&body->annex->reception->waiting))
        gr__body_move(body, GR__SCHEDULED);
    return true;
}

/* Who cannot receive has an error to take at once. */
static bool refusal_ready(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return true;
}

static int refusal_take(struct gr_awaitable *awaitable)
{
    const struct gr__body *body = body_of(wait_of(awaitable)->self);
    if (!gr__body_reentrant(body))
        return -ENOMEM;
    return gr_fail(-ENOTSUP, "actor '%s' is re-entrant: its messages begin handlers", body->name);
}

#define WAIT(name)                                                                                 \
    {                                                                                              \
        name, wait_ready, wait_subscribe, wait_take, wait_cancel                                   \
    }

/* What a report says is waited for, by kind of pattern. */
static const struct gr_awaitable_type wait_types[GR__MATCH_KINDS] = {
    [GR__MATCH_NONE] = WAIT("a control message"),
    [GR__MATCH_ANY] = WAIT("a message"),
    [GR__MATCH_TAGS] = WAIT("a message matching its tags"),
    [GR__MATCH_RANGE] = WAIT("a message matching a range of tags"),
    [GR__MATCH_BY] = WAIT("a message matching a function"),
    [GR__MATCH_REFUSED] = {"no message", refusal_ready, wait_subscribe, refusal_take, wait_cancel},
};

struct gr_awaitable *gr_receive_awaitable(struct gr_receive_wait *wait, struct gr_self *self,
                                          gr_pattern pattern, const struct gr_message **ret_message)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    if (gr__reception_begin(loop, body_of(self)) != NULL)
        gr__reception_release(loop, body_of(self), 0);
    else
        pattern.kind = GR__MATCH_REFUSED;
    *wait = (struct gr_receive_wait){.awaitable = {&wait_types[pattern.kind]},
                                     .self = self,
                                     .pattern = pattern,
                                     .ret_message = ret_message};
    gr__list_init(&wait->heard);
    return &wait->awaitable;
}

/* A loop that always finds its next message lets others have their turn, as a handler does. */
static void give_way(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__reception *reception = body->annex == NULL ? NULL : body->annex->reception;
    if (reception == NULL || reception->in_a_row < loop->quantum)
        return;

    loop->budget -= reception->in_a_row;
    reception->in_a_row = 0;
    if (gr__loop_first(loop) != NULL)
        gr__runner_give_way(loop->runner);
    else if (loop->budget <= 0 && !gr__loop_refill(loop) && gr_yield() < 0)
        return; /* then what it waits for next fails, too, or is there */
}

int gr_receive(struct gr_self *self, gr_pattern pattern, const struct gr_message **ret_message,
               gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr_receive_wait wait;
    struct gr_awaitable *awaitable = gr_receive_awaitable(&wait, self, pattern, ret_message);
    give_way(loop, body_of(self));
    int rc;
    do
        rc = gr_await(awaitable, deadline);
    while (rc == -EAGAIN);
    return rc;
}

void gr_receive_done(struct gr_self *self)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__body *body = body_of(self);
    if (body->annex != NULL && body->annex->reception != NULL && !gr__body_reentrant(body))
        gr__reception_release(loop, body, 0);
}

const struct gr_control *gr_message_control(const struct gr_message *message)
{
    const struct gr__envelope *envelope = gr__container_of(message, struct gr__envelope, message);
    return gr__envelope_kind(envelope) == GR__HEARD ? message->data : NULL;
}
