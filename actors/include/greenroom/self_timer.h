/**
 * @file self_timer.h
 * @brief Messages that an actor sends itself at a time, each under a key of its own.
 *
 *     gr_self_send_after(self, RETRY, gr_in(GR_SECOND), AGAIN, NULL, 0)
 *         ... a second later ...  receive: AGAIN
 *
 *     the same key again:           replaces it, the earlier one does not come
 *     gr_self_send_cancel(RETRY):   it does not come
 *     the actor stops:              none comes
 *
 * What was cancelled or replaced is not handled any more, not even where its time had come and it
 * stood in the mailbox. So a handler needs no means to tell an old message from a new one.
 *
 * A key is any number, and means something to its actor only. An actor looks through its timers one
 * by one, so their cost grows with their number; for many use gr_send_after() (send.h).
 */
#ifndef GREENROOM_SELF_TIMER_H
#define GREENROOM_SELF_TIMER_H

#include <greenroom/actor.h>
#include <greenroom/base.h>

GR__BEGIN

/**
 * Send the actor itself @p size bytes at @p data when it is @p at, in place of what was to come
 * under this key.
 *
 * It is let in above a full mailbox's bound. On an error what was to come still is.
 *
 * @thread loop, inside the handler or a hook, or in a runner of the actor (actor_scope.h)
 * @owner  @p data stays the caller's; its bytes are copied
 * @errors -EMSGSIZE above #GR_MESSAGE_MAX, -ESTALE the actor is to stop, -ENOMEM
 */
GR_FALLIBLE int gr_self_send_after(struct gr_self *self, uint64_t key, gr_time at, uint32_t tag,
                                   const void *data, size_t size);

/**
 * Cancel what is to come under a key.
 *
 * True where there was something that has not been handled; it will not be now.
 *
 * @thread loop, as gr_self_send_after()
 */
GR_API bool gr_self_send_cancel(struct gr_self *self, uint64_t key);

GR__END

#endif
