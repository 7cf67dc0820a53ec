/* A pool gives each block to one holder at a time, and what comes back is used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"
#include "base/random.h"

static const size_t class_bytes[] = {64, 128, 256, 512, 1024, 2048, 4096};

/* Let a sanitizer's malloc answer NULL, as any other does. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void open_pools(struct gr__depot *depot, struct gr__pool *pools, int count)
{
    assert_int_equal(gr__depot_init(depot), 0);
    for (int i = 0; i < count; i++)
        assert_int_equal(gr__pool_init(&pools[i], depot), 0);
}

static void close_pools(struct gr__depot *depot, struct gr__pool *pools, int count)
{
    for (int i = 0; i < count; i++)
        gr__pool_done(&pools[i]);
    gr__depot_done(depot);
}

static void *take(struct gr__pool *pool, size_t bytes)
{
    void *block = gr__pool_take(pool, bytes);
    assert_non_null(block);
    return block;
}

static void gives_aligned_blocks_that_share_no_byte(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    struct gr__depot depot;
    struct gr__pool pool;
    struct gr__random random;
    unsigned char *blocks[COUNT];
    size_t sizes[COUNT];
    gr__random_seed(&random, 2);
    open_pools(&depot, &pool, 1);
    for (int i = 0; i < COUNT; i++) {
        sizes[i] = 1 + gr__random_below(&random, (uint64_t)GR__BLOCK_MIN << i % 8);
        blocks[i] = take(&pool, sizes[i]);
        if (sizes[i] <= GR__BLOCK_MAX)
            assert_int_equal((uintptr_t)blocks[i] % 64, 0);
        memset(blocks[i], i & 255, sizes[i]);
    }

    for (int i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(blocks[i][j], i & 255);
        gr__pool_give(&pool, blocks[i], sizes[i]);
    }
    assert_int_equal(gr__pool_live_bytes(&pool), 0);
    close_pools(&depot, &pool, 1);
}

static void serves_a_size_from_the_smallest_class_that_fits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < GR__POOL_CLASSES; i++) {
        assert_int_equal(gr__pool_class_of(class_bytes[i]), i);
        assert_int_equal(gr__pool_class_bytes(i), class_bytes[i]);
        if (i + 1 < GR__POOL_CLASSES)
            assert_int_equal(gr__pool_class_of(class_bytes[i] + 1), i + 1);
    }
    assert_int_equal(gr__pool_class_of(0), 0);
    assert_int_equal(gr__pool_class_of(1), 0);
}

static void takes_the_last_given_first(void **state)
{
    (void)state;
    struct gr__depot depot;
    struct gr__pool pool;
    open_pools(&depot, &pool, 1);
    for (unsigned i = 0; i < GR__POOL_CLASSES; i++) {
        void *first = take(&pool, class_bytes[i]);
        void *second = take(&pool, class_bytes[i]);
        gr__pool_give(&pool, first, class_bytes[i]);
        gr__pool_give(&pool, second, class_bytes[i]);
        assert_ptr_equal(take(&pool, class_bytes[i]), second);
        assert_ptr_equal(take(&pool, class_bytes[i]), first);
    }
    close_pools(&depot, &pool, 1);
}

static void counts_what_is_live_over_all_pools(void **state)
{
    (void)state;
    struct gr__depot depot;
    struct gr__pool pools[2];
    open_pools(&depot, pools, 2);
    void *small = take(&pools[0], 65);
    void *large = take(&pools[0], 5000);
    assert_int_equal(gr__pool_live_bytes(&pools[0]), 128 + 5000);
    gr__pool_give(&pools[1], small, 65);
    assert_int_equal(gr__pool_live_bytes(&pools[1]), -128);
    gr__pool_give(&pools[1], large, 5000);

    close_pools(&depot, pools, 2);
    assert_int_equal(gr__pool_live_bytes(&pools[0]) + gr__pool_live_bytes(&pools[1]), 0);
}

/* A window of blocks is under way between the pools at any time. */
static void streams_one_way_in_bounded_memory(void **state)
{
    (void)state;
    enum { WINDOW = 1000, ROUNDS = 200000 };
    struct gr__depot depot;
    struct gr__pool pools[2];
    static void *under_way[WINDOW];
    for (unsigned class = 0; class < GR__POOL_CLASSES; class += 2) {
        size_t bytes = class_bytes[class];
        memset(under_way, 0, sizeof under_way);
        open_pools(&depot, pools, 2);
        for (int i = 0; i < ROUNDS; i++) {
            void **place = &under_way[i % WINDOW];
            if (*place != NULL)
                gr__pool_give(&pools[1], *place, bytes);
            *place = take(&pools[0], bytes);
        }

        /* The window, two full pools, the first chunks, and the doubling of the last one. */
        size_t most = 2 * (WINDOW * bytes + 2 * 5 * 64 * bytes) + 4 * (64 << 10);
        assert_in_range(gr__depot_bytes(&depot), 1, most < (4 << 20) ? (4 << 20) : 2 * most);
        close_pools(&depot, pools, 2);
    }
}

static void lets_others_have_what_one_does_not_need(void **state)
{
    (void)state;
    enum { COUNT = 100000, SLACK = 64 << 10 };
    static void *blocks[COUNT];
    struct gr__depot depot;
    struct gr__pool pools[3];
    open_pools(&depot, pools, 3);
    for (int i = 0; i < COUNT; i++)
        blocks[i] = take(&pools[0], 64);
    for (int i = 0; i < COUNT; i++)
        gr__pool_give(&pools[1], blocks[i], 64);

    /* One block for each, so that each goes to the depot. */
    size_t before = gr__depot_bytes(&depot);
    void *one = take(&pools[0], 64);
    for (int i = 0; i < COUNT - SLACK / 64; i++)
        blocks[i] = take(&pools[2], 64);
    assert_int_equal(gr__depot_bytes(&depot), before);
    gr__pool_give(&pools[2], one, 64);
    close_pools(&depot, pools, 3);
}

static void leaves_its_free_blocks_to_others_when_done(void **state)
{
    (void)state;
    enum { COUNT = 900 };
    void *blocks[COUNT];
    struct gr__depot depot;
    struct gr__pool pools[2];
    open_pools(&depot, pools, 2);
    for (int i = 0; i < COUNT; i++)
        blocks[i] = take(&pools[0], 64);
    for (int i = 0; i < COUNT; i++)
        gr__pool_give(&pools[0], blocks[i], 64);
    void *chunk_left = pools[1].uncut;
    gr__pool_done(&pools[0]);

    for (int i = 0; i < COUNT; i++)
        blocks[i] = take(&pools[1], 64);
    assert_ptr_equal(pools[1].uncut, chunk_left);
    close_pools(&depot, &pools[1], 1);
}

static void outlives_the_pool_that_a_block_came_from(void **state)
{
    (void)state;
    struct gr__depot depot;
    struct gr__pool pools[2];
    open_pools(&depot, pools, 2);
    char *block = take(&pools[0], 200);
    gr__pool_done(&pools[0]);
    memset(block, 1, 200);
    gr__pool_give(&pools[1], block, 200);
    assert_ptr_equal(take(&pools[1], 200), block);
    close_pools(&depot, &pools[1], 1);
}

static void refuses_to_begin_without_memory(void **state)
{
    (void)state;
    struct gr__depot depot;
    struct gr__pool pool;
    assert_int_equal(gr__depot_init(&depot), 0);
    for (long calls = 0; calls < 2; calls++) {
        gr__memory_fail_after(calls);
        assert_int_equal(gr__pool_init(&pool, &depot), -ENOMEM);
        gr__pool_done(&pool);
    }
    assert_int_equal(gr__depot_bytes(&depot), 0);
    gr__depot_done(&depot);
}

static void answers_null_without_memory_and_recovers(void **state)
{
    (void)state;
    struct gr__depot depot;
    struct gr__pool pool;
    open_pools(&depot, &pool, 1);
    for (long calls = 0; calls < 2; calls++) {
        gr__memory_fail_after(calls);
        int64_t live = gr__pool_live_bytes(&pool);
        while (gr__pool_take(&pool, 4096) != NULL)
            live += 4096;
        assert_int_equal(gr__pool_live_bytes(&pool), live);
        take(&pool, 4096);
    }

    volatile size_t too_large = SIZE_MAX / 2;
    int64_t live = gr__pool_live_bytes(&pool);
    assert_null(gr__pool_take(&pool, too_large));
    assert_int_equal(gr__pool_live_bytes(&pool), live);
    close_pools(&depot, &pool, 1);
}

static void ends_a_zero_pool_quietly(void **state)
{
    (void)state;
    struct gr__pool zero = {0};
    gr__pool_done(&zero);
}

#ifdef GR__POISON
static void poisons_what_nobody_took(void **state)
{
    (void)state;
    struct gr__depot depot;
    struct gr__pool pool;
    open_pools(&depot, &pool, 1);
    char *block = take(&pool, 40);
    assert_false(__asan_address_is_poisoned(block + 39));
    assert_true(__asan_address_is_poisoned(block + 40));
    gr__pool_give(&pool, block, 40);
    assert_false(__asan_address_is_poisoned(block));
    assert_true(__asan_address_is_poisoned(block + 8));
    assert_true(__asan_address_is_poisoned(block + 63));
    assert_ptr_equal(take(&pool, 64), block);
    assert_false(__asan_address_is_poisoned(block + 63));
    close_pools(&depot, &pool, 1);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_aligned_blocks_that_share_no_byte),
        cmocka_unit_test(serves_a_size_from_the_smallest_class_that_fits),
        cmocka_unit_test(takes_the_last_given_first),
        cmocka_unit_test(counts_what_is_live_over_all_pools),
        cmocka_unit_test(streams_one_way_in_bounded_memory),
        cmocka_unit_test(lets_others_have_what_one_does_not_need),
        cmocka_unit_test(leaves_its_free_blocks_to_others_when_done),
        cmocka_unit_test(outlives_the_pool_that_a_block_came_from),
        cmocka_unit_test(refuses_to_begin_without_memory),
        cmocka_unit_test(answers_null_without_memory_and_recovers),
        cmocka_unit_test(ends_a_zero_pool_quietly),
#ifdef GR__POISON
        cmocka_unit_test(poisons_what_nobody_took),
#endif
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
