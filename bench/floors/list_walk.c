/*
 * How long does a request of the concurrent sorted list take, without anybody who sends it?
 *
 * All that the workers ask is drawn as they draw it, one request of each in turn. Of those that look
 * for a number one in ten is served, and counts ten times: that saves most of three seconds.
 */
#include <stdbool.h>
#include <stddef.h>

#include "bench/lib/bench.h"
#include "bench/lib/sorted_list.h"

enum { SERVED_OF = 10 };

/* What serving took so far, in nanoseconds, and the requests that this stands for. */
struct tally {
    uint64_t elapsed;
    uint64_t requests;
    uint64_t inserts;
};

static int serve(struct bench_list *list, enum bench_list_kind kind, uint32_t number,
                 struct tally *tally)
{
    bool is_search = kind == BENCH_LIST_CONTAINS;
    tally->inserts += kind == BENCH_LIST_INSERT;
    if (tally->requests++ % SERVED_OF != 0 && is_search)
        return 0;

    uint64_t answer, before = bench_now();
    int rc = bench_list_serve(list, kind, number, &answer);
    tally->elapsed += (bench_now() - before) * (is_search ? SERVED_OF : 1);
    return rc;
}

static int serve_all(struct bench_list *list, uint64_t requests, struct tally *tally)
{
    struct gr__random workers[BENCH_LIST_WORKERS];
    for (uint64_t i = 0; i < BENCH_LIST_WORKERS; i++)
        gr__random_seed(&workers[i], i);

    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < requests * BENCH_LIST_WORKERS; i++) {
        uint32_t number;
        enum bench_list_kind kind = bench_list_draw(&workers[i % BENCH_LIST_WORKERS], &number);
        rc = serve(list, kind, number, tally);
    }
    if (rc == 0 && bench_list_sound_length(list) != tally->inserts)
        rc = bench_wrong("unsound, or not as long as inserts were made");
    return rc;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);
    struct bench_list list;
    struct tally tally = {0};
    double cpu = bench_cpu_seconds();
    int rc = bench_list_init(&list);
    if (rc < 0)
        return bench_end(rc);

    rc = serve_all(&list, bench_scaled(BENCH_LIST_REQUESTS), &tally);
    bench_list_done(&list);
    double each = (double)tally.elapsed / (double)tally.requests;
    if (rc == 0)
        bench_print("list_walk", NULL, "ns", &each, 1, tally.requests, bench_cpu_seconds() - cpu);
    return bench_end(rc);
}
