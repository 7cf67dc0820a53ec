/*
 * Asking: a message that carries the promise of a future, and awaiting that.
 *
 * An ask without a deadline, from where there is nothing that goes along, to an actor of the same
 * loop that has room, goes straight in. Any other takes the route, with its deadline.
 */
#include <greenroom/ask.h>

#include <errno.h>

#include "actors/body.h"
#include "actors/chase.h"
#include "actors/reentry.h"
#include "actors/ring.h"
#include "actors/route.h"
#include "actors/within.h"
#include "base/copy.h"

/* Route an envelope that has its payload but not its promise; the future is for the reply. */
static int route(struct gr__loop *loop, gr_actor to, struct gr__envelope *envelope,
                 struct gr__future_slot **ret_slot, gr_time deadline)
{
    struct gr__future_slot *slot = gr__future_open(loop, gr__envelope_promise(envelope));
    int rc = -ENOMEM;
    if (slot != NULL) {
        rc = gr__route(loop, to.name, envelope, deadline);
        if (rc < 0)
            gr_future_drop(gr__future_of(loop, slot));
    }
    if (rc < 0)
        gr__envelope_take_back(loop, envelope);
    *ret_slot = slot;
    return rc;
}

static __attribute__((noinline)) int start_by_route(struct gr__loop *loop, gr_actor to,
                                                    uint32_t tag, const void *data, size_t size,
                                                    struct gr__future_slot **ret_slot,
                                                    gr_time deadline)
{
    if (size > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    deadline = gr__ambient_bound(loop, deadline);
    struct gr__envelope *envelope =
        gr__envelope_take_for(loop, to.name, GR__ASK, deadline, tag, size);
    if (envelope == NULL)
        return -ENOMEM;

    gr__copy(gr__envelope_content(envelope), data, size);
    return route(loop, to, envelope, ret_slot, deadline);
}

/* Put a question without a deadline into the mailbox of an actor that has room. */
static inline __attribute__((always_inline)) int start_here(struct gr__loop *loop,
                                                            struct gr__body *body, uint32_t tag,
                                                            const void *data, size_t size,
                                                            struct gr__future_slot **ret_slot)
{
    if (size > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    struct gr__envelope *envelope = gr__envelope_take(loop, GR__ASK, tag, size);
    if (envelope == NULL)
        return -ENOMEM;

    gr__copy(envelope->payload + sizeof(gr_promise), data, size);
    *ret_slot = gr__future_open(loop, gr__envelope_promise(envelope));
    if (*ret_slot != NULL)
        return gr__body_accept_kind(loop, body, envelope, GR__ASK);

    gr__envelope_give(loop, envelope);
    return -ENOMEM;
}

static inline int start(struct gr__loop *loop, gr_actor to, uint32_t tag, const void *data,
                        size_t size, struct gr__future_slot **ret_slot, gr_time deadline)
{
    struct gr__body *body = deadline == GR_FOREVER ? gr__body_with_room(loop, to.name) : NULL;
    if (body == NULL)
        return start_by_route(loop, to, tag, data, size, ret_slot, deadline);
    return start_here(loop, body, tag, data, size, ret_slot);
}

/* Let the caller have the future. If it is a handler that has asked, it may come to wait in a circle. */
static int hand_out(struct gr__loop *loop, int rc, gr_actor to, uint32_t tag,
                    struct gr__future_slot *slot, gr_future *ret_future)
{
    if (rc < 0)
        return rc;

    const struct gr__body *self = gr__body_here(loop);
    if (self != NULL)
        gr__chase_asked(loop, self, slot, to.name, tag);
    *ret_future = gr__future_of(loop, slot);
    return 0;
}

int gr_ask_start(gr_actor to, uint32_t tag, const void *data, size_t size, gr_future *ret_future,
                 gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__future_slot *slot = NULL;
    int rc = start(loop, to, tag, data, size, &slot, deadline);
    return hand_out(loop, rc, to, tag, slot, ret_future);
}

int gr_ask_start_buffer(gr_actor to, uint32_t tag, struct gr_buffer *buffer, gr_future *ret_future,
                        gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    if (buffer->size > UINT32_MAX)
        return -EMSGSIZE;
    deadline = gr__ambient_bound(loop, deadline);
    struct gr__envelope *envelope =
        gr__envelope_take_for(loop, to.name, GR__ASK_BUFFER, deadline, tag, buffer->size);
    if (envelope == NULL)
        return -ENOMEM;

    *gr__envelope_buffer(envelope) = *buffer;
    struct gr__future_slot *slot;
    int rc = route(loop, to, envelope, &slot, deadline);
    if (rc == 0)
        *buffer = (struct gr_buffer){0};
    return hand_out(loop, rc, to, tag, slot, ret_future);
}

static inline int await_reply(struct gr__loop *loop, struct gr__future_slot *slot, void *ret_reply,
                              size_t reply_size, gr_time deadline)
{
    gr_future future = gr__future_of(loop, slot);
    int rc = gr__future_await_own(slot, ret_reply, reply_size, deadline);
    if (rc < 0)
        gr_future_drop(future);
    return rc;
}

static __attribute__((noinline)) int ask_by_route(struct gr__loop *loop, gr_actor to, uint32_t tag,
                                                  const void *data, size_t size, void *ret_reply,
                                                  size_t reply_size, gr_time deadline)
{
    struct gr__future_slot *slot;
    deadline = gr__ambient_bound(loop, deadline);
    int rc = start_by_route(loop, to, tag, data, size, &slot, deadline);
    return rc < 0 ? rc : await_reply(loop, slot, ret_reply, reply_size, deadline);
}

/*
 * Start the question of a handler, which must not close a ring. To find room may take long, so that
 * there is another look when the question has gone.
 */
static int start_in_no_ring(struct gr__loop *loop, const struct gr__body *self, gr_actor to,
                            uint32_t tag, const void *data, size_t size,
                            struct gr__future_slot **ret_slot, gr_time deadline)
{
    struct gr__body *body = deadline == GR_FOREVER ? gr__body_with_room(loop, to.name) : NULL;
    struct gr__mark mark = {.to = to.name, .future = GR__FUTURE_TO_COME, .tag = tag};
    int rc = 0;
    if (body == NULL || !gr__ring_ends_at(body, self))
        rc = gr__ring_open(loop, self, &mark);
    if (rc < 0)
        return rc;
    if (body != NULL)
        return start_here(loop, body, tag, data, size, ret_slot);

    rc = start_by_route(loop, to, tag, data, size, ret_slot, deadline);
    if (rc < 0)
        return rc;
    mark.future = gr__future_of(loop, *ret_slot).name;
    rc = gr__ring_open(loop, self, &mark);
    if (rc < 0)
        gr_future_drop((gr_future){mark.future});
    return rc;
}

static __attribute__((noinline)) int ask_as_actor(struct gr__loop *loop, struct gr__body *self,
                                                  gr_actor to, uint32_t tag, const void *data,
                                                  size_t size, void *ret_reply, size_t reply_size,
                                                  gr_time deadline)
{
    struct gr__future_slot *slot;
    deadline = gr__ambient_bound(loop, deadline);
    int rc = start_in_no_ring(loop, self, to, tag, data, size, &slot, deadline);
    if (rc < 0)
        return rc;

    gr__chase_asked(loop, self, slot, to.name, tag);
    struct gr__mark mark = {.to = to.name, .future = gr__future_of(loop, slot).name, .tag = tag};
    struct gr__mark **place = gr__body_mark_place(loop, self);
    *place = &mark;
    rc = await_reply(loop, slot, ret_reply, reply_size, deadline);
    *place = NULL;
    return rc;
}

int gr_ask(gr_actor to, uint32_t tag, const void *data, size_t size, void *ret_reply,
           size_t reply_size, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__body *self = gr__body_here(loop);
    if (self != NULL)
        return ask_as_actor(loop, self, to, tag, data, size, ret_reply, reply_size, deadline);
    struct gr__body *body = deadline == GR_FOREVER ? gr__body_with_room(loop, to.name) : NULL;
    if (body == NULL)
        return ask_by_route(loop, to, tag, data, size, ret_reply, reply_size, deadline);

    struct gr__future_slot *slot;
    int rc = start_here(loop, body, tag, data, size, &slot);
    return rc < 0 ? rc : await_reply(loop, slot, ret_reply, reply_size, GR_FOREVER);
}

/* What was passed on is no longer the first envelope's, and whoever has it may reply. */
static void hand_over(struct gr__loop *loop, struct gr__envelope *envelope)
{
    if (gr__envelope_kind(envelope) & GR__ASK)
        gr__ring_not_by(loop);
    gr__envelope_forget(envelope);
}

int gr_forward(const struct gr_message *message, gr_actor to)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__envelope *from = gr__container_of(message, struct gr__envelope, message);
    struct gr__envelope *envelope = gr__envelope_move(loop, to.name, from);
    if (envelope == NULL)
        return -ENOMEM;

    int rc = gr__route(loop, to.name, envelope, GR_FOREVER);
    if (rc < 0)
        gr__envelope_take_back(loop, envelope);
    else
        hand_over(loop, from);
    return rc;
}

uint64_t gr_asks_expired(void)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    return gr__actors_of(gr__loop_here())->asks_expired;
}
