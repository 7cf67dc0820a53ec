/* How long does a 64-byte node take to another core, in linked batches of one atomic each? */
#include "bench/lib/bench.h"

#include <ck_pr.h>
#include <pthread.h>
#include <stdbool.h>

#define BATCH 64u
#define BATCHES 128u

struct node {
    struct node *next;
    uint64_t words[7];
} __attribute__((aligned(64)));

/* The batches go around: full ones one way, the same batches empty the other way. */
static struct {
    struct node *full __attribute__((aligned(128))); /* producer pushes, consumer takes all */
    uint64_t taken __attribute__((aligned(128)));    /* written by the consumer: nodes */
    uint64_t sum;                                    /* the consumer's, published with taken */
    bool ended __attribute__((aligned(128)));        /* written by main */
    struct node nodes[BATCHES][BATCH];
} chain;

/* Push a whole batch with one compare-and-swap. */
static void hand_over(struct node *first, struct node *last)
{
    struct node *head = ck_pr_load_ptr(&chain.full);
    do {
        last->next = head;

        /* Release: nodes are full before they can be found. Pairs with consume(). */
        ck_pr_fence_release();
    } while (!ck_pr_cas_ptr_value(&chain.full, head, first, &head));
}

static void *consume(void *context)
{
    (void)context;
    bench_pin(1);
    uint64_t sum = 0, taken = 0;
    while (!ck_pr_load_8((uint8_t *)&chain.ended)) {
        if (ck_pr_load_ptr(&chain.full) == NULL) {
            ck_pr_stall();
            continue;
        }

        /* Acquire: pairs with the release in hand_over(). */
        struct node *node = ck_pr_fas_ptr(&chain.full, NULL);
        ck_pr_fence_acquire();
        for (; node != NULL; node = node->next, taken++)
            for (size_t i = 0; i < 7; i++)
                sum += node->words[i];
        chain.sum = sum;

        /* Release: nodes are read before they are filled anew. Pairs with wait_for(). */
        ck_pr_fence_release();
        ck_pr_store_64(&chain.taken, taken);
    }
    return NULL;
}

static void wait_for(uint64_t taken)
{
    while (ck_pr_load_64(&chain.taken) < taken)
        ck_pr_stall();

    /* Acquire: pairs with the release in consume(). */
    ck_pr_fence_acquire();
}

static void fill(struct node *batch, uint64_t number)
{
    for (size_t i = 0; i < BATCH; i++) {
        batch[i].next = i + 1 < BATCH ? &batch[i + 1] : NULL;
        for (size_t word = 0; word < 7; word++)
            batch[i].words[word] = number;
    }
}

static int stream(void *context, uint64_t operations)
{
    (void)context;
    uint64_t start = chain.taken, expected = chain.sum;
    for (uint64_t i = 0; i < operations / BATCH; i++) {
        struct node *batch = chain.nodes[i % BATCHES];
        if (i >= BATCHES)
            wait_for(start + (i - BATCHES + 1) * BATCH);
        fill(batch, i);
        hand_over(&batch[0], &batch[BATCH - 1]);
        expected += i * 7 * BATCH;
    }

    wait_for(start + operations);
    return chain.sum == expected ? 0 : bench_wrong("the nodes do not add up");
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);

    pthread_t thread;
    int rc = -pthread_create(&thread, NULL, consume, NULL);
    if (rc < 0)
        return bench_end(rc);

    rc = bench_measure(&(struct bench_row){.name = "linked", .work = stream, .step = BATCH});
    ck_pr_store_8((uint8_t *)&chain.ended, true);
    pthread_join(thread, NULL);
    return bench_end(rc);
}
