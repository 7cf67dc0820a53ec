/* How a benchmark of the runtime measures: in the main runner of a fleet. */
#include "bench/lib/fleet.h"

#include "bench/lib/bench.h"

int bench_fleet(int argc, char **argv, int loops, gr_runner_fn *run)
{
    bench_begin(argc, argv);
    struct gr_options options = {
        .loops = bench_loops(loops), .pin = true, .report = gr_report_to_stderr};
    return bench_end(gr_run(run, NULL, &options));
}
