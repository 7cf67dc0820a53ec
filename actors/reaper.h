/*
 * The reaper: takes dead listings out of their chains, and gives their memory back.
 *
 *     dead --> waits for a round --> taken out --> waits for a round --> its memory goes back
 *
 * A loop looks names up in a task, and waits nowhere inside. So once each loop has run some task
 * after a moment, none looks that began before it: a round goes from loop to loop for that. Foreign
 * threads count themselves in and out, in one of two counters, and both are seen empty after
 * the moment; new ones use the other counter meanwhile, so that each runs empty.
 *
 * Before it is taken out a listing waits for those who look at a moment at which it still lived
 * (gr__directory_collect); afterwards for those who stand on it.
 *
 * Invariants:
 *   1. One loop reaps at a time: it, or the round that it has sent.
 *   2. A dead listing is in the list of the dead, or `waiting`, and in its chain; or in `limbo`, and in
 *      none.
 */
#ifndef GREENROOM_ACTORS_REAPER_H
#define GREENROOM_ACTORS_REAPER_H

#include "actors/directory.h"

/* A listing has died. Its owner does not touch it any more. */
void gr__reaper_push(struct gr__listing *listing);

/* Reap, if enough have died and nobody does. The caller, in a task, stands on no listing. */
void gr__reaper_reap(struct gr__loop *loop);

/* There is no room for another listing: however few have died, the next who reaps begins a round. */
void gr__reaper_urge(void);

/* Who looks, on any thread, is inside from enter to leave; that gets what enter gave. */
unsigned gr__reaper_enter(void);
void gr__reaper_leave(unsigned phase);

/* By loop 0, before others look; and by the last loop that is done: all listings go, dead or not. */
void gr__reaper_start(void);
void gr__reaper_end(struct gr__loop *loop);

#endif
