/* Work: drawing random numbers. */
#include "bench/lib/work.h"

void bench_work_init(struct bench_work *work, uint64_t seed, bool costs)
{
    *work = (struct bench_work){.costs = costs};
    gr__random_seed(&work->random, seed);
}

void bench_work(struct bench_work *work)
{
    if (!work->costs)
        return;
    for (uint64_t draws = gr__random_below(&work->random, 1000) + 10; draws > 0; draws--)
        work->sum += gr__random_next(&work->random);
}
