/*
 * How long does a message take between two actors of one loop?
 *
 * An operation is a message to an idle actor, and the next goes back. A line of the cache is taken,
 * filled, and given back; the actor is put into the loop's queue, and taken out again. All of that
 * is in the first cache. On an Intel Xeon the processor does three and a half instructions a cycle,
 * of the four that it could: so their number dominates, which `tests/run budget` counts (send), and
 * it is done nearly as fast as the machine can.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/ball.h"
#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

static int throw_ball(void *context, uint64_t operations)
{
    return bench_ball_throw(context, operations);
}

static int run(void *context)
{
    (void)context;
    struct bench_ball ball;
    int rc = bench_ball_open(&ball, GR_HERE);
    if (rc < 0)
        return rc;

    return bench_measure(&(struct bench_row){
        .name = "message_local", .work = throw_ball, .context = &ball, .step = 2});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
