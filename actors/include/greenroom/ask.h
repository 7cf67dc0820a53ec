/**
 * @file ask.h
 * @brief Messages that are replied to, and passing one on.
 *
 *     runner                          actor
 *     gr_ask(actor, BALANCE, ...) --> receive --> gr_reply(message, &cents, sizeof cents)
 *        waits ...                                   |
 *        0, and the cents <--------------------------+
 *
 * An ask always ends: with the reply, with the handler's error, with -ESTALE
 * when the actor has ended, or begins to before it came to it, or at the deadline. A
 * reply that comes later than that meets a stale handle and vanishes.
 *
 * Handlers that ask each other in a circle are told so: one of them gets -EDEADLK, and the report and
 * the error's details (error.h) name them all. By gr_ask() on one loop that is the last to ask, at
 * once; over loops, and where the reply is awaited in a step of its own, the one with the greatest
 * handle, after some milliseconds. Who takes promises out of its asks, or passes them on, may be
 * replied for by others, and is no link of such a circle; nor is who awaits several things at a time,
 * nor a re-entrant actor (actor.h) that can begin what it is asked.
 *
 * To ask many at once, start the asks and await their futures, in any order or together with other
 * things (combine.h). To start one may itself wait, for room in the mailbox, so it is a step of its
 * own: an awaitable begins without a wait.
 *
 * The deadline goes with the ask. An actor that comes to it later answers it
 * with -ETIMEDOUT and does not handle it; while it handles it, gr_deadline() is
 * the ask's, and bounds all that is asked meanwhile (context.h).
 */
#ifndef GREENROOM_ASK_H
#define GREENROOM_ASK_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/buffer.h>
#include <greenroom/future.h>

GR__BEGIN

/**
 * Ask an actor, and wait for its reply.
 *
 * @param ret_reply   gets the reply; untouched on error
 * @param reply_size  bytes at @p ret_reply, exactly as many as the reply has
 * @param deadline    for all of it: room in the mailbox, and the reply; gr_deadline() if that is
 *                    earlier
 *
 * @thread runner
 * @owner  @p data stays the caller's; its bytes are copied
 * @errors -ESTALE, -EMSGSIZE (the reply is of another size, or @p size is above #GR_MESSAGE_MAX),
 *         -EDEADLK from the handler of the same actor, unless that is re-entrant and can begin it, or in a
 *         circle, -EAGAIN, -ENOMEM, -ETIMEDOUT, -ECANCELED,
 *         -ESHUTDOWN, or the handler's own
 */
GR_FALLIBLE int gr_ask(gr_actor to, uint32_t tag, const void *data, size_t size, void *ret_reply,
                       size_t reply_size, gr_time deadline);

/**
 * Send the question, and get the reply as a future.
 *
 * @param deadline  as gr_ask()'s, save that the future is awaited for as long as gr_future_await()
 *                  is told
 *
 * @thread runner
 * @owner  the future is the caller's to await or drop
 * @errors as gr_ask(), for the sending
 */
GR_FALLIBLE int gr_ask_start(gr_actor to, uint32_t tag, const void *data, size_t size,
                             gr_future *ret_future, gr_time deadline);

/**
 * The same with a question that moves a buffer.
 *
 * @thread runner
 * @owner  @p buffer as in gr_send_buffer(); the future is the caller's to await or drop
 * @errors as gr_ask(), for the sending
 */
GR_FALLIBLE int gr_ask_start_buffer(gr_actor to, uint32_t tag, struct gr_buffer *buffer,
                                    gr_future *ret_future, gr_time deadline);

/**
 * Pass a message on to another actor, with its buffer and the right to reply.
 *
 * Waits while that one's mailbox is full.
 *
 * @thread runner, inside the handler
 * @owner  what was passed on is the other actor's; on an error it stays with the message
 * @errors as gr_send()
 */
GR_FALLIBLE int gr_forward(const struct gr_message *message, gr_actor to);

/**
 * How many asks actors of the calling loop came to after their deadline, since it started.
 *
 * @thread loop
 */
GR_API uint64_t gr_asks_expired(void);

GR__END

#endif
