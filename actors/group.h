/*
 * Groups: what becomes of memberships and watches when their actor ends, and of watches when a group
 * has changed.
 */
#ifndef GREENROOM_ACTORS_GROUP_H
#define GREENROOM_ACTORS_GROUP_H

#include <greenroom/group.h>

#include "actors/errand.h"
#include "actors/notice.h"

/* The kind of notice in the lane of an actor that is to look at a group. */
enum { GR__GROUP_CHANGED = 65 };

/*
 * On the actor's loop: have it stand in the directory beside others of a name, as members do. 0, as well
 * where it does; -ESTALE, -ENOSPC, -ENOMEM.
 */
int gr__membership_begin(struct gr__loop *loop, const struct gr__errand *errand);

/* 0, or -ENOENT. */
int gr__membership_end(struct gr__loop *loop, const struct gr__errand *errand);

/* Send to all members, as gr_group_send(). */
int gr__members_send(struct gr__loop *loop, const struct gr__key *key, uint32_t tag,
                     const void *data, size_t size, gr_time deadline);

/* The actor, which has an annex, has ended: it is a member no longer. */
void gr__memberships_end(struct gr__loop *loop, struct gr__annex *annex);

/* Nobody is to be told anything any more. */
void gr__group_watches_end(struct gr__loop *loop, struct gr__annex *annex);

/* Groups may have changed: have those look that watch one which has. */
void gr__groups_look(struct gr__loop *loop);

/*
 * An actor comes to a notice of GR__GROUP_CHANGED: fill in the next thing that its hook is to be told.
 * False: there is nothing.
 */
bool gr__group_tell(struct gr__loop *loop, struct gr__body *body, struct gr__notice *notice,
                    struct gr_control *ret_control);

#endif
