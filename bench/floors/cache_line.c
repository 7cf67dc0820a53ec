/* How long does a cache line take to another core and back? */
#include "bench/lib/bench.h"

#include <ck_pr.h>
#include <pthread.h>
#include <stdbool.h>

static struct {
    uint64_t turn; /* odd: the other thread's to make even; both write */
    bool ended;    /* set by main before the last odd turn */
} line __attribute__((aligned(128)));

static void *answer(void *context)
{
    (void)context;
    bench_pin(1);
    for (uint64_t turn = 1;; turn += 2) {
        while (ck_pr_load_64(&line.turn) != turn)
            ck_pr_stall();

        /* Acquire: `ended` is as it was at this turn. Pairs with the release in end(). */
        ck_pr_fence_acquire();
        if (line.ended)
            return NULL;
        ck_pr_store_64(&line.turn, turn + 1);
    }
}

static int there_and_back(void *context, uint64_t operations)
{
    (void)context;
    uint64_t turn = line.turn;
    for (uint64_t i = 0; i < operations; i++) {
        ck_pr_store_64(&line.turn, ++turn);
        turn++;
        while (ck_pr_load_64(&line.turn) != turn)
            ck_pr_stall();
    }
    return 0;
}

static void end(void)
{
    line.ended = true;

    /* Release: pairs with the acquire in answer(). */
    ck_pr_fence_release();
    ck_pr_store_64(&line.turn, line.turn + 1);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);

    pthread_t thread;
    int rc = -pthread_create(&thread, NULL, answer, NULL);
    if (rc < 0)
        return bench_end(rc);

    rc = bench_measure(&(struct bench_row){.name = "cache_line", .work = there_and_back});
    end();
    pthread_join(thread, NULL);
    return bench_end(rc);
}
