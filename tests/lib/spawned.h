/*
 * Actors of a test: begun on a loop, moved, and ended.
 */
#ifndef GREENROOM_TESTS_SPAWNED_H
#define GREENROOM_TESTS_SPAWNED_H

#include "lib/fixture.h"

static inline gr_actor spawn_at(const struct gr_behavior *behavior, int loop)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP(loop)};
    check_equal(gr_actor_spawn(behavior, &options, &actor), 0);
    return actor;
}

static inline int move(gr_actor actor, int loop)
{
    return gr_actor_move(actor, GR_ON_LOOP(loop), gr_in(10 * GR_SECOND));
}

/* Stop it, and wait for its end. */
static inline void end(gr_actor actor)
{
    int reason;
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_actor_join(actor, &reason, gr_in(10 * GR_SECOND)), 0);
}

#endif
