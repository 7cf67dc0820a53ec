/*
 * Names: what becomes of them when their actor ends, and of who awaits one.
 */
#ifndef GREENROOM_ACTORS_REGISTRY_H
#define GREENROOM_ACTORS_REGISTRY_H

#include <greenroom/registry.h>

#include "actors/annex.h"

/* The actor, which has an annex, has ended: its names are free. */
void gr__names_end(struct gr__annex *annex);

/* Names may have been registered: wake who awaits one. */
void gr__names_look(struct gr__loop *loop);

#endif
