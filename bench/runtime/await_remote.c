/*
 * How long does it take to have another loop settle a future, and await it?
 *
 * An operation is a post there and a result back, one after the other. The machine's floor is a
 * line of the cache there and back (bench/floors/cache_line.c), and it takes twice that. Each way
 * is one line, a cell of the lane, as for a message alone (bench/runtime/hop.c): what dominates is
 * the line's way and, on either side, to see that it has come, to act, and to write the next.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

struct errand {
    gr_promise promise;
    uint64_t number;
};

static void settle(void *context)
{
    struct errand errand = *(struct errand *)context; /* the next one comes once it is settled */
    if (gr_promise_resolve(errand.promise, &errand.number, sizeof errand.number) < 0)
        (void)bench_wrong("the future is gone");
}

static int settle_there(void *context, uint64_t operations)
{
    (void)context;
    for (uint64_t i = 0; i < operations; i++) {
        struct errand errand = {.number = i};
        gr_future future;
        uint64_t number = 0;
        int rc = gr_future_make(&future, &errand.promise);
        if (rc == 0)
            rc = gr_post(1, settle, &errand, NULL);
        if (rc == 0)
            rc = gr_future_await(future, &number, sizeof number, GR_FOREVER);
        if (rc < 0)
            return rc;
        if (number != i)
            return bench_wrong("another errand's number");
    }
    return 0;
}

static int run(void *context)
{
    (void)context;
    return bench_measure(&(struct bench_row){.name = "await_remote", .work = settle_there});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
