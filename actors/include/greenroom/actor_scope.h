/**
 * @file actor_scope.h
 * @brief Runners that belong to an actor, and live on when the handler that started them returns.
 *
 *     gr_self_scope(self, &scope)
 *     gr_scope_start(scope, watch, &state->feed, NULL, NULL)    runs beside the handlers
 *
 *         receive, receive, receive ...  stop, failure --> cancelled --> all have ended --> stop hook
 *         watch ................................................... |
 *
 * An actor has one scope of this kind, from the moment it is first asked for. A
 * handler that wants runners only for itself opens one in its frame (scope.h).
 *
 * When a runner in it fails, the actor has failed with that reason, as if its
 * handler had, and the others are cancelled. When the actor stops, all of them are
 * cancelled at once, and have ended before its stop hook is called; what was deferred
 * in the scope has been called, too. So the state may be lent to them.
 */
#ifndef GREENROOM_ACTOR_SCOPE_H
#define GREENROOM_ACTOR_SCOPE_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/scope.h>

GR__BEGIN

/**
 * Get the scope of the actor whose handler or hook is running.
 *
 * Start runners in it, on any loop, cancel it, defer clean-up; nobody closes it. One that is asked
 * for when its actor stops is cancelled from the beginning.
 *
 * @thread loop, inside the handler or a hook
 * @owner  the actor
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_self_scope(struct gr_self *self, struct gr_scope **ret_scope);

GR__END

#endif
