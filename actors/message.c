/*
 * Messages: what a handler may do with the one that it has, and how one ends.
 */
#include <greenroom/message.h>

#include <errno.h>

#include "actors/ring.h"
#include "actors/within.h"
#include "future/done.h"

/* The handler sees the message inside its envelope. */
static struct gr__envelope *envelope_around(const struct gr_message *message)
{
    return gr__container_of(message, struct gr__envelope, message);
}

static gr_promise take_promise(struct gr__envelope *envelope)
{
    gr_promise promise = {0};
    if (gr__envelope_kind(envelope) & GR__ASK) {
        promise = *gr__envelope_promise(envelope);
        *gr__envelope_promise(envelope) = (gr_promise){0};
    }
    return promise;
}

bool gr_message_is_ask(const struct gr_message *message)
{
    struct gr__envelope *envelope = envelope_around(message);
    return gr__envelope_kind(envelope) & GR__ASK && gr__envelope_promise(envelope)->name != 0;
}

gr_promise gr_message_take_promise(const struct gr_message *message)
{
    gr_promise promise = take_promise(envelope_around(message));
    if (promise.name != 0)
        gr__ring_not_by(gr__loop_here());
    return promise;
}

int gr_message_take_buffer(const struct gr_message *message, struct gr_buffer *ret_buffer)
{
    struct gr__envelope *envelope = envelope_around(message);
    if (!(gr__envelope_kind(envelope) & GR__BUFFER))
        return gr_buffer_copy(message->data, message->size, ret_buffer);

    *ret_buffer = *gr__envelope_buffer(envelope);
    gr__envelope_forget_buffer(envelope);
    return 0;
}

/* A promise that could not be settled is given back, so that the reply may be tried again. */
static int keep_unless_settled(struct gr__envelope *envelope, gr_promise promise, int rc)
{
    if (rc < 0)
        *gr__envelope_promise(envelope) = promise;
    return rc;
}

int gr_reply(const struct gr_message *message, const void *data, size_t size)
{
    struct gr__envelope *envelope = envelope_around(message);
    gr_promise promise = take_promise(envelope);
    if (promise.name == 0)
        return 0;
    return keep_unless_settled(envelope, promise, gr_promise_resolve(promise, data, size));
}

int gr_reply_buffer(const struct gr_message *message, struct gr_buffer *buffer)
{
    struct gr__envelope *envelope = envelope_around(message);
    gr_promise promise = take_promise(envelope);
    if (promise.name == 0) {
        gr_buffer_release(buffer);
        return 0;
    }
    return keep_unless_settled(envelope, promise, gr_promise_resolve_buffer(promise, buffer));
}

int gr_reply_error(const struct gr_message *message, int status)
{
    struct gr__envelope *envelope = envelope_around(message);
    gr_promise promise = take_promise(envelope);
    if (promise.name == 0)
        return 0;
    return keep_unless_settled(envelope, promise, gr_promise_reject(promise, status));
}

void gr__envelope_end_slowly(struct gr__loop *loop, struct gr__envelope *envelope, int status)
{
    gr__done_tell(take_promise(envelope), status);
    if (gr__envelope_kind(envelope) & GR__BUFFER)
        gr_buffer_release(gr__envelope_buffer(envelope));
    gr__envelope_take_back(loop, envelope);
}
