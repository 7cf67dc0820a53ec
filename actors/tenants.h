/*
 * Tenants: the runners that belong to an actor, in the scope that its annex holds.
 */
#ifndef GREENROOM_ACTORS_TENANTS_H
#define GREENROOM_ACTORS_TENANTS_H

#include "actors/annex.h"

/* Cancel them, if there are any: the actor has begun to stop. */
void gr__tenants_cancel(struct gr__annex *annex);

/* Wait, on the running runner, until they have ended. No more come. */
void gr__tenants_join(struct gr__annex *annex);

/* The annex goes, or the actor rests: give back what they were kept in. */
void gr__tenants_done(struct gr__loop *loop, struct gr__annex *annex);

#endif
