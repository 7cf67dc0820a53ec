/*
 * Members: how what was started joins a scope, and how its end is told there. A scope that belongs
 * to no runner is begun and joined here, too.
 *
 * All of it runs on the scope's loop.
 */
#ifndef GREENROOM_RUNNER_MEMBER_H
#define GREENROOM_RUNNER_MEMBER_H

#include "runner/cancel.h"

/*
 * Begin a scope without an opener. The options or NULL; `failed` is told of the first failure, and
 * says whether anybody will hear of it.
 */
void gr__scope_init(struct gr__scope *scope, const struct gr_scope_options *options,
                    bool (*failed)(struct gr__scope *scope, int status));

/* Whether a scope takes more: 0 or -ECANCELED. */
int gr__scope_admits(const struct gr__scope *scope);

/* Add a member to a scope that admits it. */
void gr__scope_add(struct gr__scope *scope, struct gr__member *member);

/* A member has ended: take it out, and pass on how. Its memory is the caller's. */
void gr__scope_settle(struct gr__member *member, int status);

/*
 * End a scope, on the running runner: wait until there are no members, of which no more come then,
 * and call what was deferred.
 */
void gr__scope_finish(struct gr__scope *scope);

#endif
