/*
 * How long does it take to have a thread that is no loop settle a future, and await it?
 *
 *     loop 0                              a foreign thread
 *     makes a future, hands it over --->  watches for the next
 *     waits                               settles it with the errand's number
 *     takes the number <----------------
 *
 * An operation is there and back. The way there is one line of the cache, which the other thread
 * watches, as a library's own thread may; the way back is an envelope from malloc and the loop's
 * inbox. So the machine's floor is a line there and back (bench/floors/cache_line.c), and what
 * dominates are the lines that go over one after the other: the errand, the inbox, the envelope,
 * and malloc's, whose block one thread takes and the other frees.
 */
#include <greenroom/greenroom.h>

#include <ck_pr.h>
#include <pthread.h>
#include <sched.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

#define LOOKS_MAX 100000 /* before the other thread lets others run: there may be but one core */

static struct {
    uint64_t number; /* of the errand; written by the loop, last */
    gr_promise promise;
    bool over; /* there is no errand but the end */
} errand __attribute__((aligned(128)));

static void watch_for(uint64_t number)
{
    for (unsigned looks = 1; ck_pr_load_64(&errand.number) != number; looks++) {
        ck_pr_stall();
        if (looks % LOOKS_MAX == 0)
            sched_yield();
    }

    /* Acquire: the errand is as it was when it got its number. Pairs with hand_over(). */
    ck_pr_fence_acquire();
}

static void *settle(void *context)
{
    (void)context;
    bench_pin(1);
    for (uint64_t number = 1;; number++) {
        watch_for(number);
        if (errand.over)
            return NULL;
        if (gr_promise_resolve(errand.promise, &number, sizeof number) < 0)
            (void)bench_wrong("the future is gone");
    }
}

static uint64_t hand_over(gr_promise promise, bool over)
{
    uint64_t number = errand.number + 1;
    errand.promise = promise;
    errand.over = over;

    /* Release: pairs with the acquire in watch_for(). */
    ck_pr_fence_release();
    ck_pr_store_64(&errand.number, number);
    return number;
}

static int there_and_back(void *context, uint64_t operations)
{
    (void)context;
    for (uint64_t i = 0; i < operations; i++) {
        gr_future future;
        gr_promise promise;
        int rc = gr_future_make(&future, &promise);
        if (rc < 0)
            return rc;

        uint64_t wanted = hand_over(promise, false), number = 0;
        rc = gr_future_await(future, &number, sizeof number, GR_FOREVER);
        if (rc < 0)
            return rc;
        if (number != wanted)
            return bench_wrong("another errand's number");
    }
    return 0;
}

static int run(void *context)
{
    (void)context;
    return bench_measure(&(struct bench_row){.name = "await_foreign", .work = there_and_back});
}

/* The thread starts before loop 0 has kept this one to its core, which it would inherit. */
int main(int argc, char **argv)
{
    pthread_t thread;
    int rc = -pthread_create(&thread, NULL, settle, NULL);
    if (rc < 0)
        return bench_end(rc);

    int status = bench_fleet(argc, argv, 1, run);
    hand_over((gr_promise){0}, true);
    pthread_join(thread, NULL);
    return status;
}
