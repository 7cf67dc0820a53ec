/* How long does a message take between two actors of one loop? */
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
