/**
 * @file stash.h
 * @brief An actor that is not ready for a message lays it aside, and one in another state has
 *        another handler.
 *
 *     receive:   BEGIN              gr_self_become(self, receive_busy)
 *     receive_busy:
 *                anything else      gr_self_stash(self, message)       laid aside
 *                END                gr_self_become(self, NULL)
 *                                   gr_self_unstash(self)              what was laid aside is next,
 *                                                                      in its order
 *
 * What is stashed belongs to the actor: an ask among it is unanswered until it is handled, or until
 * the actor begins to end, which it hears as -ESTALE. A supervisor's restart keeps it (supervisor.h), and sets
 * the handler back.
 */
#ifndef GREENROOM_STASH_H
#define GREENROOM_STASH_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/message.h>

GR__BEGIN

/** What handles a message: as the behavior's receive. */
typedef int gr_receive_fn(struct gr_self *self, const struct gr_message *message);

/**
 * Lay the message that is handled aside. It is empty from then on, and the handler need not reply.
 *
 * @thread loop, inside the handler
 * @owner  the stash has what was moved with it, and the right to reply
 * @errors -ENOSPC above the behavior's stash_max, -ENOMEM; the message is as it was
 */
GR_FALLIBLE int gr_self_stash(struct gr_self *self, const struct gr_message *message);

/**
 * Put all that was laid aside back, ahead of what is in the mailbox. Returns how many.
 *
 * It is let in above a full mailbox's bound.
 *
 * @thread loop, inside the handler or a hook
 */
GR_API size_t gr_self_unstash(struct gr_self *self);

/**
 * Handle messages by another function from the next one on.
 *
 * @param receive  NULL: by the behavior's own again
 *
 * @thread loop, inside the handler or a hook
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_self_become(struct gr_self *self, gr_receive_fn *receive);

GR__END

#endif
