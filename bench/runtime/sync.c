/*
 * How long does it take to lock and unlock, alone, and from one runner to the next?
 *
 * An operation is a lock taken and given back. All who want it are on one loop, so it takes no
 * atomic instruction: alone it is half a dozen cycles, and there is nothing less that could be
 * done. Handed to the next one, which waits, it is a switch of stacks, the machine's floor
 * (bench/floors/context_switch.c); that is about a tenth of it, and what dominates is one place in
 * the line of the lock and one in the loop's queue.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

static int lock_alone(void *context, uint64_t operations)
{
    struct gr_mutex mutex = {0};
    int rc = 0;
    (void)context;
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        rc = gr_mutex_lock(&mutex, GR_FOREVER);
        if (rc == 0)
            gr_mutex_unlock(&mutex);
    }
    return rc;
}

struct pair {
    struct gr_mutex mutex;
    uint64_t left;
};

/* Who unlocks stands in line again before the other has it: so each lock is a wait. */
static int lock_in_turn(void *context)
{
    struct pair *pair = context;
    int rc = gr_mutex_lock(&pair->mutex, GR_FOREVER);
    if (rc == 0)
        rc = gr_yield(); /* the other comes to stand in line */
    while (rc == 0 && pair->left > 0) {
        pair->left--;
        gr_mutex_unlock(&pair->mutex);
        rc = gr_mutex_lock(&pair->mutex, GR_FOREVER);
    }
    if (rc == 0)
        gr_mutex_unlock(&pair->mutex);
    return rc;
}

static int hand_over(void *context, uint64_t operations)
{
    (void)context;
    struct pair pair = {.left = operations};
    gr_runner runners[2];
    int rc = 0;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = gr_runner_start(lock_in_turn, &pair, NULL, &runners[i]);
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = gr_runner_join(runners[i], GR_FOREVER);
    return rc == 0 && pair.left != 0 ? bench_wrong("locks are left") : rc;
}

static int run(void *context)
{
    (void)context;
    int rc = bench_measure(&(struct bench_row){
        .name = "sync", .variant = "lock and unlock, alone", .work = lock_alone});
    if (rc == 0)
        rc = bench_measure(&(struct bench_row){
            .name = "sync", .variant = "lock handed to the next of two", .work = hand_over});
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
