/* How long does a message take to an actor of another loop and back? */
#include <greenroom/greenroom.h>

#include "bench/lib/ball.h"
#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

static int throw_ball(void *context, uint64_t operations)
{
    return bench_ball_throw(context, 2 * operations);
}

static int run(void *context)
{
    (void)context;
    struct bench_ball ball;
    int rc = bench_ball_open(&ball, GR_ON_LOOP(1));
    if (rc < 0)
        return rc;

    return bench_measure(&(struct bench_row){.name = "hop", .work = throw_ball, .context = &ball});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
