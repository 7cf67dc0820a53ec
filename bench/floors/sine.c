/* How long does the sine take that a message of fork join costs? */
#include "bench/lib/bench.h"
#include "bench/lib/cores.h"
#include "bench/lib/work.h"

/* The angle comes from memory each time, as it does out of a message. */
static int compute(uint64_t number, uint64_t operations)
{
    volatile double angle = BENCH_ANGLE;
    int rc = 0;
    (void)number;
    for (uint64_t i = 0; rc == 0 && i < operations; i++)
        rc = bench_sine(angle);
    return rc;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    return bench_end(bench_measure_on_cores("sine", compute));
}
