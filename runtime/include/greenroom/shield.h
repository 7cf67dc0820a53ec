/**
 * @file shield.h
 * @brief Time for clean-up: waits that succeed though the runner was cancelled, up to a bound.
 *
 *     rc = -ECANCELED                             a wait has told that this is the end
 *     gr_shield_raise(&shield, gr_in(GR_SECOND))
 *       ... say goodbye: waits succeed            until it is lowered, or its bound has passed
 *     gr_shield_lower(&shield)
 *     return rc                                   waits end with -ECANCELED again
 *
 * A shield stands between what has been cancelled outside of it, the runner or
 * a scope opened before, and what is waited for behind it. Scopes opened behind it
 * are behind it, with all their runners; one of these that is cancelled itself ends
 * waits as ever. Shields nest, and the earlier bound counts. It is what gr_deadline()
 * tells behind it, so that asks, too, may be made although a deadline has passed.
 *
 * A shield is a struct in the frame that raises it, and not a flag of the
 * runner, so that a function that cleans up may call another that does too, and
 * each lowers what it has raised. It wants a bound, so that no clean-up can hold
 * up for ever those who wait for the end: #GR_FOREVER has to be written down.
 */
#ifndef GREENROOM_SHIELD_H
#define GREENROOM_SHIELD_H

#include <stdalign.h>

#include <greenroom/base.h>

GR__BEGIN

/** A shield. In the frame of who raises it, until it is lowered; what is in it is private. */
struct gr_shield {
    alignas(8) unsigned char opaque[88]; /**< private */
};

/**
 * Let waits succeed though the runner has been cancelled, or is meanwhile, until @p until.
 *
 * @thread runner
 * @owner  @p shield stays the caller's, who lowers it before the frame or the runner ends
 */
GR_API void gr_shield_raise(struct gr_shield *shield, gr_time until);

/**
 * End it. Shields are lowered in the reverse order, and behind no scope still open.
 *
 * @thread runner, the one that raised it
 */
GR_API void gr_shield_lower(struct gr_shield *shield);

GR__END

#endif
