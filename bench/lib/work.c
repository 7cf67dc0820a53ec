/* Work: drawing random numbers, and a little mathematics. */
#include "bench/lib/work.h"

#include <errno.h>
#include <math.h>

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

int bench_sine(double angle)
{
    double sine = sin(angle);
    return sine * sine > 0 ? 0 : -EDOM;
}

double bench_logarithms(struct gr__random *random, uint64_t count)
{
    struct gr__random own = *random;
    double sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += log((double)(gr__random_next(&own) >> 11) * 0x1p-53 + 0.01);
    *random = own;
    return sum;
}
