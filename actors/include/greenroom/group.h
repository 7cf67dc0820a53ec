/**
 * @file group.h
 * @brief Many actors under one name: joined, left, listed, sent to, watched.
 *
 *     gr_group_join("workers", a, ...)                 a watcher:
 *     gr_group_join("workers", b, ...)                 gr_self_watch_group(self, "workers")
 *                                                      control hook: GR_JOINED a, GR_JOINED b
 *     b ends --> it has left                           control hook: GR_LEFT b
 *
 *     any thread: gr_group_members("workers", ...)     a
 *
 * A group is there while it has members. They may live on all loops; who ends has left before
 * anybody is told of its end. To list the members waits for nobody, and gives them as they were at
 * one moment.
 *
 * A watcher is told of who is a member when it begins, and of each change from then on: so it knows the
 * members at a moment, after each change that it was told of. What has changed back by the time it looks is
 * not told: so what is to be told is never more than there are members, however slow it is.
 * What it is told comes as control messages (monitor.h).
 */
#ifndef GREENROOM_GROUP_H
#define GREENROOM_GROUP_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/monitor.h>
#include <greenroom/registry.h>

GR__BEGIN

/**
 * Have an actor be a member of a group, of which it may be one already. Where the actor is another
 * loop's this waits for that loop's answer, and a wait that ends early does not take it back.
 *
 * @param group  one byte at least, and #GR_NAME_MAX at most; it is copied
 *
 * @thread runner
 * @owner  it is one until it ends, or leaves
 * @errors -EINVAL an empty name, -ENAMETOOLONG, -ESTALE there is no such actor, -ENOSPC with
 *         #GR_NAMES_MAX names and memberships, -ENOMEM, -ESHUTDOWN where the actor's loop has stopped,
 *         -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_group_join(const char *group, gr_actor actor, gr_time deadline);

/**
 * Have it be one no longer.
 *
 * @thread runner
 * @errors -ENOENT it is none, -ENOMEM, -ESHUTDOWN, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_group_leave(const char *group, gr_actor actor, gr_time deadline);

/**
 * Copy the members of a group, who joined last first; returns how many there are, which may be more
 * than @p most.
 *
 * @thread any
 */
GR_API size_t gr_group_members(const char *group, gr_actor *ret_members, size_t most);

/**
 * Send @p size bytes at @p data to all members, as gr_send_by() does to each.
 *
 * That one cannot be sent to keeps no other from it. Members that end meanwhile are passed over.
 *
 * @thread runner
 * @owner  @p data stays the caller's; its bytes are copied
 * @errors -ENOMEM, or what the first member gave that could not be sent to, as gr_send_by()
 */
GR_FALLIBLE int gr_group_send(const char *group, uint32_t tag, const void *data, size_t size,
                              gr_time deadline);

/**
 * Have the actor's control hook told who is in a group, and then who joins and leaves. One that is
 * told already is told from the beginning, as it is to be after a restart.
 *
 * Where its loop has no memory for what has changed it is told no more: the last it hears is a
 * #GR_LEFT of no actor, with -ENOMEM as its reason.
 *
 * @thread loop, inside the handler or a hook, of a behavior with a control hook or a run
 * @owner  it ends with the actor, or with gr_self_unwatch_group()
 * @errors -EINVAL, -ENAMETOOLONG, -ENOMEM
 */
GR_FALLIBLE int gr_self_watch_group(struct gr_self *self, const char *group);

/**
 * Be told no more of a group, not even what is in the lane already.
 *
 * @thread loop, inside the handler or a hook
 */
GR_API void gr_self_unwatch_group(struct gr_self *self, const char *group);

GR__END

#endif
