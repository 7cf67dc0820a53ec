/*
 * Asking: a message that carries the promise of a future, and awaiting that.
 */
#include <greenroom/ask.h>

#include <errno.h>

#include "actors/body.h"
#include "actors/route.h"
#include "base/copy.h"

/* Route an envelope that has its payload but not its promise; the future is for the reply. */
static inline int start(struct gr__loop *loop, gr_actor to, struct gr__envelope *envelope,
                        enum gr__envelope_kind kind, gr_future *ret_future, gr_time deadline)
{
    gr_future future;
    int rc = gr_future_make(&future, gr__envelope_promise(envelope));
    if (rc < 0)
        return rc;

    struct gr__body *body = gr__body_with_room(loop, to.name);
    if (body != NULL)
        gr__body_accept_kind(loop, body, envelope, kind);
    else if ((rc = gr__route(loop, to.name, envelope, deadline)) < 0)
        gr_future_drop(future);
    if (rc == 0)
        *ret_future = future;
    return rc;
}

int gr_ask_start(gr_actor to, uint32_t tag, const void *data, size_t size, gr_future *ret_future,
                 gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    if (size > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    struct gr__envelope *envelope = gr__envelope_take(loop, GR__ASK, tag, size);
    if (envelope == NULL)
        return -ENOMEM;

    gr__copy(envelope->payload + sizeof(gr_promise), data, size);
    int rc = start(loop, to, envelope, GR__ASK, ret_future, deadline);
    if (rc < 0)
        gr__envelope_give(loop, envelope);
    return rc;
}

int gr_ask_start_buffer(gr_actor to, uint32_t tag, struct gr_buffer *buffer, gr_future *ret_future,
                        gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    if (buffer->size > UINT32_MAX)
        return -EMSGSIZE;
    struct gr__envelope *envelope = gr__envelope_take(loop, GR__ASK_BUFFER, tag, buffer->size);
    if (envelope == NULL)
        return -ENOMEM;

    *gr__envelope_buffer(envelope) = *buffer;
    int rc = start(loop, to, envelope, GR__ASK_BUFFER, ret_future, deadline);
    if (rc < 0)
        gr__envelope_give(loop, envelope);
    else
        *buffer = (struct gr_buffer){0};
    return rc;
}

/* Whether a handler asks its own actor, which handles nothing else until it has returned. */
static inline bool asks_itself(struct gr__loop *loop, gr_actor to)
{
    const struct gr__body *self = loop == NULL ? NULL : gr__body_here(loop);
    return self != NULL && gr__slots_name(&gr__actors_of(loop)->bodies, self) == to.name;
}

int gr_ask(gr_actor to, uint32_t tag, const void *data, size_t size, void *ret_reply,
           size_t reply_size, gr_time deadline)
{
    if (asks_itself(gr__loop_here(), to))
        return -EDEADLK;
    gr_future future;
    int rc = gr_ask_start(to, tag, data, size, &future, deadline);
    if (rc < 0)
        return rc;

    rc = gr_future_await(future, ret_reply, reply_size, deadline);
    if (rc < 0)
        gr_future_drop(future);
    return rc;
}

/* A second envelope with the same contents. What was moved is in the new one alone. */
static struct gr__envelope *move_contents(struct gr__loop *loop, struct gr__envelope *from)
{
    enum gr__envelope_kind kind = gr__envelope_kind(from);
    struct gr__envelope *envelope =
        gr__envelope_take(loop, kind, from->message.tag, from->message.size);
    if (envelope == NULL)
        return NULL;

    size_t bytes = gr__envelope_bytes(kind, from->message.size) - sizeof *from;
    memcpy(envelope->payload, from->payload, bytes);
    return envelope;
}

/* What was passed on successfully is no longer the first envelope's. */
static void forget_contents(struct gr__envelope *envelope)
{
    enum gr__envelope_kind kind = gr__envelope_kind(envelope);
    if (kind >= GR__ASK)
        *gr__envelope_promise(envelope) = (gr_promise){0};
    if (kind & GR__BUFFER)
        gr__envelope_forget_buffer(envelope);
}

int gr_forward(const struct gr_message *message, gr_actor to)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__envelope *from = gr__container_of(message, struct gr__envelope, message);
    struct gr__envelope *envelope = move_contents(loop, from);
    if (envelope == NULL)
        return -ENOMEM;

    int rc = gr__route(loop, to.name, envelope, GR_FOREVER);
    if (rc < 0)
        gr__envelope_give(loop, envelope);
    else
        forget_contents(from);
    return rc;
}
