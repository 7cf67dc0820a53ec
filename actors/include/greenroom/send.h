/**
 * @file send.h
 * @brief Messages to actors that nobody replies to: now, or at a time.
 *
 * Messages from one sender to one actor arrive in the order in which they were sent.
 *
 *     gr_send          waits while the mailbox is full        a runner or handler
 *     gr_try_send      -EAGAIN instead                        any thread
 *     gr_send_after    sends itself when it is time           a loop's thread
 *
 * One who sends some hundred messages in a row lets whatever is ready run in
 * between, in gr_send(), though no mailbox is full: what is under way then stays
 * in a near cache.
 *
 * The mailbox of an actor on another loop may be found full only after the
 * fact. So its bound may be overshot by what is on its way there, which is
 * bounded in turn. To send to an actor that has ended, or has begun to, is -ESTALE
 * where that is known, on its own loop; elsewhere the message becomes a dead letter
 * there.
 */
#ifndef GREENROOM_SEND_H
#define GREENROOM_SEND_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/buffer.h>

GR__BEGIN

/** A message that sends itself later. Zero names none. */
typedef struct gr_send_timer {
    uint64_t name; /**< opaque */
} gr_send_timer;

/**
 * Send @p size bytes at @p data; wait while the mailbox is full.
 *
 * @thread runner
 * @owner  @p data stays the caller's; its bytes are copied
 * @errors -ESTALE, -EMSGSIZE above #GR_MESSAGE_MAX, -ENOMEM, -ECANCELED, -EAGAIN where the mailbox
 *         is full and its behavior says to fail, -ESHUTDOWN where the actor's loop has stopped
 */
GR_FALLIBLE int gr_send(gr_actor to, uint32_t tag, const void *data, size_t size);

/**
 * The same, waiting no longer than until @p deadline.
 *
 * @thread runner
 * @errors as gr_send(), and -ETIMEDOUT
 */
GR_FALLIBLE int gr_send_by(gr_actor to, uint32_t tag, const void *data, size_t size,
                           gr_time deadline);

/**
 * Move a buffer to an actor.
 *
 * @thread runner
 * @owner  @p buffer is the message's, and the caller's struct zero; on an error the caller's still.
 *         A message that is not handled releases it
 * @errors as gr_send_by(); -EMSGSIZE from 4 GiB on
 */
GR_FALLIBLE int gr_send_buffer(gr_actor to, uint32_t tag, struct gr_buffer *buffer,
                               gr_time deadline);

/**
 * Send @p size bytes at @p data, if that can be done without waiting.
 *
 * @thread any
 * @owner  @p data stays the caller's; its bytes are copied
 * @errors as gr_send(), save -ECANCELED; -EAGAIN when the mailbox is full, or too much is on its
 *         way there; -ESHUTDOWN from a foreign thread once the run drains (phase.h)
 */
GR_FALLIBLE int gr_try_send(gr_actor to, uint32_t tag, const void *data, size_t size);

/**
 * Send @p size bytes at @p data when it is @p at.
 *
 * It is sent then as gr_try_send() does, but let in above a full mailbox's bound: as many timers
 * as there are may be let in so. On this loop that holds of any mailbox; one of another loop whose
 * behavior drops what is too much drops this as well.
 *
 * @param ret_timer  to cancel it by; or NULL
 *
 * @thread loop
 * @owner  @p data stays the caller's; its bytes are copied
 * @errors -EMSGSIZE, -ENOMEM
 */
GR_FALLIBLE int gr_send_after(gr_time at, gr_actor to, uint32_t tag, const void *data, size_t size,
                              gr_send_timer *ret_timer);

/**
 * Cancel a message that has not been sent. One that was, a stale or zero handle is ignored.
 *
 * True when it will not be sent now.
 *
 * @thread loop, that of gr_send_after()
 */
GR_API bool gr_send_cancel(gr_send_timer timer);

GR__END

#endif
