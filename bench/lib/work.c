/* Work: drawing random numbers. */
#include "bench/lib/work.h"

void bench_work_init(struct bench_work *work, uint64_t seed, bool costs)
{
    *work = (struct bench_work){.costs = costs};
    gr__random_seed(&work->random, seed);
}

uint64_t bench_draw(struct gr__random *random, uint64_t draws)
{
    struct gr__random own = *random;
    uint64_t sum = 0;
    while (draws-- > 0)
        sum += gr__random_next(&own);
    *random = own;
    return sum;
}

void bench_work(struct bench_work *work)
{
    if (work->costs)
        work->sum += bench_draw(&work->random, gr__random_below(&work->random, 1000) + 10);
}
