/**
 * @file message.h
 * @brief What an actor's handler gets: a tag, some bytes, and perhaps somebody who awaits a reply.
 *
 *     sender                                        handler
 *     gr_send(actor, DEPOSIT, &cents, 8)    --->    message->tag == DEPOSIT, 8 bytes at ->data
 *     gr_send_buffer(actor, PAGE, &page)    --->    the buffer itself, moved
 *     gr_ask(actor, BALANCE, ...)           --->    gr_reply(message, ...)
 *              ^                                       |
 *              +---------------------------------------+
 *
 * A message belongs to the actor that handles it, until its handler returns. What is to
 * live longer is copied out, or taken out with gr_message_take_buffer().
 */
#ifndef GREENROOM_MESSAGE_H
#define GREENROOM_MESSAGE_H

#include <greenroom/base.h>
#include <greenroom/buffer.h>
#include <greenroom/future.h>

GR__BEGIN

/** Bytes of a message that are copied. More than that is moved, as a buffer. */
#define GR_MESSAGE_MAX 65536

/** A message, as its handler sees it. */
struct gr_message {
    const void *data; /**< size bytes; those that were copied are aligned to eight */
    uint32_t tag;     /**< what it is about: the sender's and the actor's own affair */
    uint32_t size;    /**< in bytes */
};

/**
 * Whether somebody awaits a reply that has not been given yet.
 *
 * @thread loop, inside the handler
 */
GR_API bool gr_message_is_ask(const struct gr_message *message);

/**
 * Take the buffer that was moved with the message; a copy where its bytes were copied.
 *
 * @thread loop, inside the handler
 * @owner  @p ret_buffer becomes the caller's; the message it was moved with is empty from then on
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_message_take_buffer(const struct gr_message *message,
                                       struct gr_buffer *ret_buffer);

/**
 * Take the right to reply, to use after the handler has returned, or elsewhere.
 *
 * Zero where nobody awaits a reply, or it has been given. To reply is then to settle the promise.
 *
 * @thread loop, inside the handler
 * @owner  the caller owes the reply; until it is given the asker waits
 */
GR_API gr_promise gr_message_take_promise(const struct gr_message *message);

/**
 * Reply with @p size bytes at @p data.
 *
 * A handler that returns 0 without a reply has replied with no bytes; one that fails has replied
 * with its error. A reply to a message that nobody asked is dropped.
 *
 * @thread loop, inside the handler
 * @errors -EMSGSIZE above #GR_FUTURE_VALUE_MAX, -ENOMEM, -ESHUTDOWN where the asker's loop stopped
 */
GR_FALLIBLE int gr_reply(const struct gr_message *message, const void *data, size_t size);

/**
 * Reply by moving a buffer.
 *
 * @thread loop, inside the handler
 * @owner  as gr_promise_resolve_buffer(); a reply that nobody asked for releases it
 * @errors -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_reply_buffer(const struct gr_message *message, struct gr_buffer *buffer);

/**
 * Reply with an error, a negative code.
 *
 * @thread loop, inside the handler
 * @errors -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_reply_error(const struct gr_message *message, int status);

GR__END

#endif
