/* How long do the logarithms take that an item of the bounded buffer costs, to make and to use? */
#include <math.h>

#include "bench/lib/bench.h"
#include "bench/lib/cores.h"
#include "bench/lib/work.h"

static int make_and_use(uint64_t number, uint64_t operations)
{
    struct gr__random random;
    double sum = 0;
    gr__random_seed(&random, number);
    for (uint64_t i = 0; i < operations; i++) {
        sum += bench_logarithms(&random, BENCH_ITEM_COST);
        sum += bench_logarithms(&random, BENCH_ITEM_COST);
    }
    return isfinite(sum) ? 0 : bench_wrong("not a number");
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    return bench_end(bench_measure_on_cores("logarithms", make_and_use));
}
