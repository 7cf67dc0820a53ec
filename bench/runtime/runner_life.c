/*
 * How long does a runner's life take: started, run, joined?
 *
 * An operation is a life. The machine's floor is two switches of stacks, to the runner and back
 * (bench/floors/context_switch.c), a seventh of it. What dominates is the number of instructions,
 * which `tests/run budget` counts (runner): a slot and a stack are taken and given back, and the
 * runner and who joins it stand in the loop's queue once each. The stack is the one that the last
 * runner had, so nothing is touched for the first time.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

static int count(void *context)
{
    ++*(uint64_t *)context;
    return 0;
}

static int start_and_join(void *context, uint64_t operations)
{
    (void)context;
    uint64_t ran = 0;
    for (uint64_t i = 0; i < operations; i++) {
        gr_runner runner;
        int rc = gr_runner_start(count, &ran, NULL, &runner);
        if (rc == 0)
            rc = gr_runner_join(runner, GR_FOREVER);
        if (rc < 0)
            return rc;
    }
    return ran == operations ? 0 : bench_wrong("a runner did not run");
}

static int run(void *context)
{
    (void)context;
    return bench_measure(&(struct bench_row){.name = "runner_life", .work = start_and_join});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
