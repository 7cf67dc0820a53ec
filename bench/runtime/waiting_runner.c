/* How many bytes does a waiting runner take? */
#include <errno.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

#define RUNNERS 100000u

static gr_runner runners[RUNNERS];

static int sleep_long(void *context)
{
    ++*(uint64_t *)context;
    return gr_sleep(gr_in(GR_SECOND * 3600));
}

static int start(uint64_t *asleep)
{
    for (size_t i = 0; i < RUNNERS; i++) {
        int rc = gr_runner_start(sleep_long, asleep, NULL, &runners[i]);
        if (rc < 0)
            return rc;
    }
    for (int turns = 0; *asleep != RUNNERS; turns++) {
        int rc = turns < 1000 ? gr_yield() : bench_wrong("not all of them sleep");
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int wake(void)
{
    for (size_t i = 0; i < RUNNERS; i++)
        gr_runner_cancel(runners[i]);
    for (size_t i = 0; i < RUNNERS; i++)
        if (gr_runner_join(runners[i], GR_FOREVER) != -ECANCELED)
            return bench_wrong("one of them was not asleep");
    return 0;
}

static int run(void *context)
{
    (void)context;
    double cpu = bench_cpu_seconds();
    uint64_t asleep = 0;
    for (size_t i = 0; i < RUNNERS; i++)
        runners[i] = (gr_runner){1}; /* its pages are not counted */
    uint64_t resident = bench_resident();
    int rc = start(&asleep);
    if (rc < 0)
        return rc;

    double bytes = ((double)bench_resident() - (double)resident) / RUNNERS;
    rc = wake();
    if (rc == 0)
        bench_print("waiting_runner", NULL, "bytes", &bytes, 1, RUNNERS, bench_cpu_seconds() - cpu);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
