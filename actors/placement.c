/*
 * Placement: choosing a loop. The design stands in placement.h.
 */
#include "actors/placement.h"

#include <errno.h>
#include <stdlib.h>

#include "loop/load.h"

#define NOTED_FOR (4 * GR_MILLISECOND) /* by then it shows in the load */

enum { LOAD_EACH = 16 };

/* Of one loop that has placed by load: where, of late. */
struct gr__placings {
    gr_time since;
    uint16_t placed[GR__LOOPS_MAX];
};

static struct gr__placings *placings_of(struct gr__loop *loop)
{
    struct gr__actors *actors = gr__actors_of(loop);
    if (actors->placings == NULL)
        actors->placings = calloc(1, sizeof *actors->placings);
    struct gr__placings *placings = actors->placings;
    if (placings != NULL && loop->now - placings->since >= NOTED_FOR)
        *placings = (struct gr__placings){.since = loop->now};
    return placings;
}

unsigned gr__place_least(const unsigned *loads, const uint16_t *placed, unsigned count,
                         unsigned first)
{
    unsigned best = first % count;
    for (unsigned i = 1; i < count; i++) {
        unsigned at = (first + i) % count;
        if (loads[at] + placed[at] * LOAD_EACH < loads[best] + placed[best] * LOAD_EACH)
            best = at;
    }
    return best;
}

/* Without memory for notes they take turns. */
static unsigned least_loaded(struct gr__loop *loop)
{
    unsigned first = gr__actors_of(loop)->next_spread++ % loop->loop_count;
    struct gr__placings *placings = placings_of(loop);
    if (placings == NULL)
        return first;

    unsigned loads[GR__LOOPS_MAX];
    for (unsigned i = 0; i < loop->loop_count; i++)
        loads[i] = gr__load_at(i, loop->now);
    unsigned best = gr__place_least(loads, placings->placed, loop->loop_count, first);
    if (placings->placed[best] < UINT16_MAX)
        placings->placed[best]++;
    return best;
}

int gr__place(struct gr__loop *loop, int where)
{
    switch (where) {
    case GR_HERE:
        return (int)loop->id;
    case GR_SPREAD:
        return (int)(gr__actors_of(loop)->next_spread++ % loop->loop_count);
    case GR_LEAST_LOADED:
        return (int)least_loaded(loop);
    default:
        return where > 0 && (unsigned)where <= loop->loop_count ? where - 1 : -EINVAL;
    }
}

void gr__placement_done(struct gr__loop *loop)
{
    free(gr__actors_of(loop)->placings);
    gr__actors_of(loop)->placings = NULL;
}
