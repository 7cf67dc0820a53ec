/* The depot loses no magazine and gives none to two, whatever the threads do at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ck_pr.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"
#include "base/random.h"

enum { THREADS = 4 };

static pthread_barrier_t start; /* so that all run at once, however short they run */

static void run_threads(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, body, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    pthread_barrier_destroy(&start);
}

static struct gr__depot depot;

static void fetches_what_was_brought(void **state)
{
    (void)state;
    struct gr__block magazines[GR__DEPOT_FETCH + 2] = {0};
    assert_int_equal(gr__depot_init(&depot), 0);
    assert_null(gr__depot_take(&depot, 3, 0));
    for (int i = 0; i < GR__DEPOT_FETCH + 2; i++)
        gr__depot_give(&depot, 3, 2, &magazines[i]);
    assert_null(gr__depot_take(&depot, 4, 0));

    struct gr__block *chain = gr__depot_take(&depot, 3, 0);
    for (int i = GR__DEPOT_FETCH + 1; i >= 2; i--, chain = chain->next_magazine)
        assert_ptr_equal(chain, &magazines[i]);
    assert_null(chain);
    chain = gr__depot_take(&depot, 3, 2);
    assert_ptr_equal(chain, &magazines[1]);
    assert_ptr_equal(chain->next_magazine, &magazines[0]);
    assert_null(magazines[0].next_magazine);
    assert_null(gr__depot_take(&depot, 3, 2));
    gr__depot_done(&depot);
}

enum { MAGAZINES = 12, ROUNDS = 100000, ALL_ROUNDS = THREADS * ROUNDS };

static struct gr__block all[MAGAZINES];

/* Fetches, and brings what it fetched one by one, to one stripe more often than to others. */
static void *shuffle(void *number)
{
    struct gr__random random;
    gr__random_seed(&random, (uintptr_t)number);
    pthread_barrier_wait(&start);
    for (int i = 0; i < ROUNDS; i++) {
        struct gr__block *chain = gr__depot_take(&depot, 0, 0);
        for (struct gr__block *next; chain != NULL; chain = next) {
            next = chain->next_magazine;
            chain->count++; /* a race, if two have it */
            uint64_t stripe = gr__random_below(&random, 8);
            gr__depot_give(&depot, 0, stripe < GR__DEPOT_STRIPES ? (unsigned)stripe : 0, chain);
        }
    }
    return NULL;
}

static void has_each_magazine_once_after_a_shuffle(void **state)
{
    (void)state;
    memset(all, 0, sizeof all);
    assert_int_equal(gr__depot_init(&depot), 0);
    for (unsigned i = 0; i < MAGAZINES; i++)
        gr__depot_give(&depot, 0, i % GR__DEPOT_STRIPES, &all[i]);
    run_threads(shuffle);

    int found = 0;
    uint64_t fetched = 0;
    struct gr__block *chain;
    while ((chain = gr__depot_take(&depot, 0, 0)) != NULL)
        for (; chain != NULL; chain = chain->next_magazine) {
            assert_ptr_not_equal(chain->next, chain);
            chain->next = chain; /* seen */
            fetched += chain->count;
            found++;
        }
    assert_int_equal(found, MAGAZINES);
    assert_in_range(fetched, ALL_ROUNDS / 100, (uint64_t)ALL_ROUNDS * GR__DEPOT_FETCH);
    gr__depot_done(&depot);
}

/* Blocks change hands through these, so that most are given by another thread. */
enum { HANDS = 64, CHANGES = 100000 };
static struct held *hands[HANDS];
static struct gr__pool pools[THREADS];

struct held {
    size_t bytes;
    uint64_t stamp; /* in the last eight bytes, again */
};

static uint64_t *last_word(struct held *held)
{
    return (uint64_t *)(void *)((char *)held + held->bytes - sizeof(uint64_t));
}

static struct held *fresh(struct gr__pool *pool, struct gr__random *random)
{
    size_t bytes = 32 + gr__random_below(random, 5) * gr__random_below(random, 130) * 8;
    struct held *held = gr__pool_take(pool, bytes);
    if (held != NULL) {
        held->bytes = bytes;
        held->stamp = gr__random_next(random);
        *last_word(held) = held->stamp;
    }
    return held;
}

static void *change_hands(void *number)
{
    struct gr__pool *pool = &pools[(uintptr_t)number];
    struct gr__random random;
    gr__random_seed(&random, 100 + (uintptr_t)number);
    pthread_barrier_wait(&start);
    for (int i = 0; i < CHANGES; i++) {
        struct held *mine = fresh(pool, &random);
        if (mine == NULL)
            return "no memory";
        ck_pr_fence_release();
        struct held *other = ck_pr_fas_ptr(&hands[gr__random_below(&random, HANDS)], mine);
        ck_pr_fence_acquire();
        if (other == NULL)
            continue;
        if (*last_word(other) != other->stamp)
            return "two had one block";
        gr__pool_give(pool, other, other->bytes);
    }
    return NULL;
}

static void gives_no_block_to_two_threads(void **state)
{
    (void)state;
    assert_int_equal(gr__depot_init(&depot), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(gr__pool_init(&pools[i], &depot), 0);
    run_threads(change_hands);

    for (int i = 0; i < HANDS; i++)
        if (hands[i] != NULL)
            gr__pool_give(&pools[0], hands[i], hands[i]->bytes);
    int64_t live = 0;
    for (int i = 0; i < THREADS; i++) {
        live += gr__pool_live_bytes(&pools[i]);
        gr__pool_done(&pools[i]);
    }
    assert_int_equal(live, 0);

    /* Of 400,000 taken, 64 at most were live at a time: had many been lost, this would show. */
    assert_in_range(gr__depot_bytes(&depot), 1, 16 << 20);
    gr__depot_done(&depot);
}

static void has_no_chunk_when_memory_is_short(void **state)
{
    (void)state;
    assert_int_equal(gr__depot_init(&depot), 0);
    for (long calls = 0; calls < 2; calls++) {
        gr__memory_fail_after(calls);
        assert_null(gr__depot_chunk(&depot, 64 << 10));
    }
    assert_int_equal(gr__depot_bytes(&depot), 0);
    assert_non_null(gr__depot_chunk(&depot, 64 << 10));
    assert_non_null(gr__depot_chunk(&depot, 4 << 20));
    assert_int_equal(gr__depot_bytes(&depot), (64 << 10) + (4 << 20));
    gr__depot_done(&depot);
    gr__depot_done(&depot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetches_what_was_brought),
        cmocka_unit_test(has_each_magazine_once_after_a_shuffle),
        cmocka_unit_test(gives_no_block_to_two_threads),
        cmocka_unit_test(has_no_chunk_when_memory_is_short),
    };
    return cmocka_run_group_tests_name("depot", tests, NULL, NULL);
}
