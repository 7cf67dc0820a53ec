/* How long do the random numbers take that a round of smoking costs, or either end of a haircut? */
#include "bench/lib/bench.h"
#include "bench/lib/cores.h"
#include "bench/lib/work.h"

static int draw(uint64_t number, uint64_t operations)
{
    struct bench_work work;
    bench_work_init(&work, number, true);
    for (uint64_t i = 0; i < operations; i++)
        bench_work(&work);
    return work.sum != 0 ? 0 : bench_wrong("no random numbers were drawn");
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    return bench_end(bench_measure_on_cores("random_numbers", draw));
}
