/* How long does it take to have another loop settle a future, and await it? */
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
