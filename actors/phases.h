/*
 * Phases, to actors: what the stratum does when the run stops.
 */
#ifndef GREENROOM_ACTORS_PHASES_H
#define GREENROOM_ACTORS_PHASES_H

#include <stddef.h>

#include "loop/loop.h"

void gr__actors_stop(struct gr__loop *loop);
size_t gr__actors_busy(const struct gr__loop *loop);
void gr__actors_report(struct gr__loop *loop, gr__say_fn *say, void *context);
void gr__actors_force(struct gr__loop *loop);

#endif
