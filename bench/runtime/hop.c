/*
 * How long does a message take to an actor of another loop?
 *
 *     loop 0         loop 1
 *     ping -------->
 *          <-------- pong        40,000 times
 *
 * An operation is a message, a ping or a pong; there are two loops at least. Neither side has
 * anything else to do, so each message goes alone. The machine's floor is a line of the cache on
 * its way from core to core, half of what bench/floors/cache_line.c takes. The message goes over in
 * one line, its cell of the lane. Where the cores share a cache the way takes 25 ns, and what both
 * sides do before and after is most of the time; where they do not it takes 175, and a message
 * about 1.6 of those.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/ball.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

static int play(void *context)
{
    const uint64_t *pings = context;
    struct bench_ball ball;
    int rc = bench_ball_open(&ball, GR_ON_LOOP(1));
    if (rc == 0)
        rc = bench_ball_throw(&ball, 2 * *pings);
    return rc < 0 ? rc : bench_crew_stop(ball.throwers, 2);
}

static int run(void *context)
{
    (void)context;
    uint64_t pings = bench_scaled(40000);
    return bench_program(&(struct bench_program){
        .name = "hop", .run = play, .context = &pings, .operations = 2 * pings});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
