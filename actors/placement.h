/*
 * Placement: on which loop an actor is to begin.
 *
 *     here, or a number     as told
 *     spread                the loops in turn
 *     least loaded          by load (loop/load.h), and what was placed there since that was told
 *     beside another        where that one is, which only its own loop knows for sure
 *
 * A load is told a thousand times a second and smoothed; in between many actors may be spawned. So
 * whoever places notes where, for a while, and counts each as a little load: equals are chosen in
 * turn, and the least loaded only until it has got as many as make up the difference. Each loop
 * has notes of its own placings alone.
 */
#ifndef GREENROOM_ACTORS_PLACEMENT_H
#define GREENROOM_ACTORS_PLACEMENT_H

#include "actors/body.h"

/* The number of the loop for `where` of an actor's options, or -EINVAL. */
int gr__place(struct gr__loop *loop, int where);

/*
 * The first of the least, from `first` on, of `count` loads, each together with what was `placed`
 * there.
 */
unsigned gr__place_least(const unsigned *loads, const uint16_t *placed, unsigned count,
                         unsigned first);

void gr__placement_done(struct gr__loop *loop);

#endif
