/* Work on one core, and on several. */
#include "bench/lib/cores.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/lib/bench.h"

struct share {
    pthread_t thread; /* but for the first, which the caller does */
    bench_share_fn *work;
    uint64_t number;
    uint64_t operations;
    int status;
};

struct whole {
    bench_share_fn *work;
    int cores;
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
    const struct whole *whole = context;
    return whole->work(0, operations);
}

/* A share for each core, side by side; the first on the calling thread. */
static int on_all(void *context, uint64_t operations)
{
    const struct whole *whole = context;
    struct share shares[BENCH_LOOPS_MAX];
    int started = 1, rc = 0;
    for (int i = 0; i < whole->cores; i++)
        shares[i] = (struct share){.work = whole->work,
                                   .number = (uint64_t)i,
                                   .operations = operations / (uint64_t)whole->cores};
    while (rc == 0 && started < whole->cores) {
        rc = -pthread_create(&shares[started].thread, NULL, do_share, &shares[started]);
        started += rc == 0;
    }
    do_share(&shares[0]);
    for (int i = 0; i < started; i++) {
        if (i > 0)
            pthread_join(shares[i].thread, NULL);
        if (rc == 0)
            rc = shares[i].status;
    }
    return rc;
}

int bench_measure_on_cores(const char *name, bench_share_fn *work)
{
    struct whole whole = {work, bench_loops(2)};
    char variant[32];
    snprintf(variant, sizeof variant, "%d cores", whole.cores);

    bench_pin(0);
    int rc = bench_measure(&(struct bench_row){.name = name, .work = on_one, .context = &whole});
    if (rc == 0)
        rc = bench_measure(&(struct bench_row){.name = name,
                                               .variant = variant,
                                               .work = on_all,
                                               .context = &whole,
                                               .step = (uint64_t)whole.cores});
    return rc;
}
