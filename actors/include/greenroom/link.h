/**
 * @file link.h
 * @brief Actors that end together: each hears of the other's end, and ends too.
 *
 *     A ==== link ==== B        B fails with -EIO: A is stopped with -EIO, so is who is linked to A ...
 *     A ==== link ==== B        B stops with 0: nothing happens to A
 *     A ==== link ==== B        A traps exits: its control hook gets GR_EXIT, whatever the reason
 *
 * A link goes both ways, and there is one between two actors at most, whichever of them made it.
 * When one ends, each linked one gets an exit signal with its reason: one that traps exits gets it
 * as a control message (monitor.h); any other is stopped with that reason, or goes on where the
 * reason is 0. A link to one that has gone is signalled with -ESTALE.
 *
 * A kill is not a signal: gr_actor_kill() is trapped by nobody. That somebody was killed is a
 * reason as any other.
 */
#ifndef GREENROOM_LINK_H
#define GREENROOM_LINK_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/monitor.h>

GR__BEGIN

/**
 * Link the actor with another. Nothing where they are linked already, or are the same.
 *
 * @thread loop, inside the handler or a hook
 * @owner  the link ends with either of them, or with gr_self_unlink() by either
 * @errors -ENOMEM, -ESHUTDOWN where the other's loop has stopped. Where the other's loop has no memory
 *         for the link, there is an exit signal with -ENOMEM
 */
GR_FALLIBLE int gr_self_link(struct gr_self *self, gr_actor other);

/**
 * End the link with another, if there is one: no exit signal comes by it any more, not even one
 * that is in the lane already.
 *
 * @thread loop, inside the handler or a hook
 */
GR_API void gr_self_unlink(struct gr_self *self, gr_actor other);

/**
 * Get exit signals as control messages (true), or be stopped by them (false), as at first.
 *
 * @thread loop, inside the handler or a hook, of a behavior with a control hook; or inside a run
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_self_trap_exits(struct gr_self *self, bool on);

GR__END

#endif
