/**
 * @file move.h
 * @brief Moving an actor to another loop, between two messages.
 *
 *     static const struct gr_behavior worker = {.movable = true, ...};
 *
 *     gr_actor_move(actor, GR_LEAST_LOADED, gr_in(GR_SECOND))
 *
 *         loop 0: receive, receive --> loop 1: moved, receive, receive ...
 *
 * Its handle stays what it is, and whoever has it need not know. No message is lost, none is doubled,
 * and those from one sender to one actor arrive in order, whichever of the two moves. All that names an
 * actor goes on to work: stop, kill, ask, monitors, links, names. A loop that sends to it often comes
 * to send straight to where it lives.
 *
 * A behavior whose actors may be moved says so. Their state must hold nothing that is of a
 * loop: no future, stream, timer, runner or gr_self. Promises and actors are of none. `moved` is
 * where an actor may set up again what it needs on a loop.
 *
 * The mailbox goes along with its rules, and so do messages laid aside, links, monitors, control messages
 * and timers to itself. An actor that has a supervisor keeps it: where it lives it fails, rests and is
 * restarted, and one that is to move while it rests does so once it is restarted. An actor that has a
 * run, children, watches of groups, subscriptions, or a scope does not move: that is -EBUSY, and the
 * error's details (error.h) say what it has.
 *
 * A message that is on its way to a moved actor as that ends is a dead letter of the loop
 * where it lived, and may be noted with the name that the actor had there.
 */
#ifndef GREENROOM_MOVE_H
#define GREENROOM_MOVE_H

#include <greenroom/actor.h>
#include <greenroom/base.h>

GR__BEGIN

/**
 * Have an actor live on another loop, and wait until it does. Nothing where it lives there.
 *
 * It moves once the handler that it is in has returned, or once it is restarted where it rests. Who gives up waiting does not call that
 * off: it may move still.
 *
 * @param where  as in struct gr_actor_options; #GR_HERE is the caller's loop
 *
 * @thread runner
 * @errors -EINVAL no such loop, -ESTALE, -EDEADLK the caller is that actor, -ENOTSUP its behavior
 *         is not movable, -EBUSY what it has keeps it, or it is being moved, -ENOMEM, -ESHUTDOWN,
 *         -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_actor_move(gr_actor actor, int where, gr_time deadline);

/**
 * Have the actor move when its handler has returned, if it can then.
 *
 * @thread loop, inside the handler or a hook
 * @errors -EINVAL no such loop, -ENOMEM
 */
GR_FALLIBLE int gr_self_move(struct gr_self *self, int where);

GR__END

#endif
