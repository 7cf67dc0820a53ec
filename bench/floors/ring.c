/* How long does a 64-byte line take through a ring to another core, streamed? */
#include "bench/lib/bench.h"

#include <ck_pr.h>
#include <pthread.h>
#include <stdbool.h>

#define SLOTS 1024u
#define BATCH 64u

struct line {
    uint64_t words[8];
};

/* One producer, one consumer; each writes its own position, on a cache line of its own. */
static struct {
    uint64_t head __attribute__((aligned(128))); /* written by the producer: lines published */
    uint64_t tail __attribute__((aligned(128))); /* written by the consumer: lines taken */
    uint64_t sum;                                /* the consumer's, published with the tail */
    bool ended __attribute__((aligned(128)));    /* written by main */
    struct line slots[SLOTS] __attribute__((aligned(128)));
} ring;

static void *consume(void *context)
{
    (void)context;
    bench_pin(1);
    uint64_t tail = 0, sum = 0;
    while (!ck_pr_load_8((uint8_t *)&ring.ended)) {
        /* Acquire: the slots below are read as written. Pairs with the release in stream(). */
        uint64_t head = ck_pr_load_64(&ring.head);
        ck_pr_fence_acquire();
        if (head == tail) {
            ck_pr_stall();
            continue;
        }

        for (; tail != head; tail++)
            for (size_t i = 0; i < 8; i++)
                sum += ring.slots[tail % SLOTS].words[i];
        ring.sum = sum;

        /* Release: slots are read before they are filled anew. Pairs with wait_for_tail(). */
        ck_pr_fence_release();
        ck_pr_store_64(&ring.tail, tail);
    }
    return NULL;
}

static uint64_t wait_for_tail(uint64_t least)
{
    uint64_t tail;
    while ((tail = ck_pr_load_64(&ring.tail)) < least)
        ck_pr_stall();

    /* Acquire: pairs with the release in consume(). */
    ck_pr_fence_acquire();
    return tail;
}

/* context: how many lines are published at a time. */
static int stream(void *context, uint64_t operations)
{
    uint64_t batch = *(const uint64_t *)context;
    uint64_t head = ring.head, last = head + operations, tail = ring.tail;
    uint64_t sum = ring.sum;
    while (head != last) {
        if (head + batch - tail > SLOTS)
            tail = wait_for_tail(head + batch - SLOTS);
        for (uint64_t i = 0; i < batch; i++, head++)
            ring.slots[head % SLOTS] = (struct line){{head, 1, 1, 1, 1, 1, 1, 1}};

        /* Release: slots are full before the head says so. Pairs with consume(). */
        ck_pr_fence_release();
        ck_pr_store_64(&ring.head, head);
    }

    wait_for_tail(last);
    for (uint64_t i = last - operations; i != last; i++)
        sum += i + 7;
    return ring.sum == sum ? 0 : bench_wrong("the lines do not add up");
}

static int measure(void)
{
    uint64_t batch = BATCH, single = 1;
    int rc = bench_measure(&(struct bench_row){.name = "ring",
                                               .variant = "64 at a time",
                                               .work = stream,
                                               .context = &batch,
                                               .step = BATCH});
    if (rc == 0)
        rc = bench_measure(&(struct bench_row){
            .name = "ring", .variant = "one at a time", .work = stream, .context = &single});
    return rc;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);

    pthread_t thread;
    int rc = -pthread_create(&thread, NULL, consume, NULL);
    if (rc < 0)
        return bench_end(rc);

    rc = measure();
    ck_pr_store_8((uint8_t *)&ring.ended, true);
    pthread_join(thread, NULL);
    return bench_end(rc);
}
