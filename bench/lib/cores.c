/* Work on one core, and on two. */
#include "bench/lib/cores.h"

#include <pthread.h>
#include <stddef.h>

#include "bench/lib/bench.h"

struct share {
    bench_share_fn *work;
    uint64_t number;
    uint64_t operations;
    int status;
};

static void *do_share(void *context)
{
    struct share *share = context;
    bench_pin((int)share->number);
    share->status = share->work(share->number, share->operations);
    return NULL;
}

static int on_one(void *context, uint64_t operations)
{
    return (*(bench_share_fn **)context)(0, operations);
}

static int on_two(void *context, uint64_t operations)
{
    bench_share_fn *work = *(bench_share_fn **)context;
    struct share here = {work, 0, operations / 2, 0}, there = {work, 1, operations / 2, 0};
    pthread_t thread;
    int rc = -pthread_create(&thread, NULL, do_share, &there);
    if (rc < 0)
        return rc;
    do_share(&here);
    pthread_join(thread, NULL);
    return here.status < 0 ? here.status : there.status;
}

int bench_measure_on_cores(const char *name, bench_share_fn *work)
{
    bench_pin(0);
    int rc = bench_measure(&(struct bench_row){.name = name, .work = on_one, .context = &work});
    if (rc == 0)
        rc = bench_measure(&(struct bench_row){
            .name = name, .variant = "two cores", .work = on_two, .context = &work, .step = 2});
    return rc;
}
