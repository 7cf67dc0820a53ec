/* A shard's data is what was put there, whatever order things come and go in and wherever the
 * memory runs out; a scan misses no key that stays, and a key past its end is gone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "store.h"

/* --- Fixtures ------------------------------------------------------------------------------- */

enum { NAMES = 3000, NAME_BYTES = 16 };

static const struct hash_key secret = {
    {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static uint32_t roll(uint32_t *dice, uint32_t sides)
{
    *dice = *dice * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)*dice * sides) >> 32);
}

static struct store *open_store(void)
{
    struct store *store = malloc(sizeof *store);
    assert_non_null(store);
    const struct store_spec spec = {.hash_key = secret, .seed = 1, .shard = 0, .shards = 1};
    assert_int_equal(store_init(store, &spec), 0);
    return store;
}

static void close_store(struct store *store)
{
    store_done(store);
    free(store);
}

static struct key key_of(struct slice name)
{
    return (struct key){name, hash_bytes(&secret, name)};
}

static struct slice name_of(char name[NAME_BYTES], uint32_t number)
{
    return (struct slice){name, (size_t)snprintf(name, NAME_BYTES, "key:%u", number)};
}

/** Reads the number behind the first `skip` bytes. */
static uint32_t number_in(struct slice text, size_t skip)
{
    int64_t number;
    assert_true(number_parse((struct slice){text.data + skip, text.size - skip}, &number));
    return (uint32_t)number;
}

/** Puts a text that is the key's own name. @return 0 or -ENOMEM */
static int put(struct store *store, uint32_t number)
{
    char name[NAME_BYTES];
    struct key key = key_of(name_of(name, number));
    struct entry *entry;
    bool created;
    int rc = store_obtain(store, &key, key.bytes.size, 0, &entry, &created);
    if (rc < 0) {
        return rc;
    }
    rc = entry_set_text(entry, key.bytes);
    if (rc < 0 && created) {
        store_remove(store, entry);
    }
    return rc;
}

static struct entry *find(struct store *store, uint32_t number, int64_t now)
{
    char name[NAME_BYTES];
    struct key key = key_of(name_of(name, number));
    return store_find(store, &key, now);
}

static void end_at(struct store *store, uint32_t number, int64_t when)
{
    assert_int_equal(store_prepare_end(store), 0);
    store_set_end(store, find(store, number, 0), when);
}

/** Says that the store holds exactly the numbers that are set, with their own texts. */
static void expect_held(struct store *store, const bool *held, uint32_t count)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct entry *entry = find(store, i, 0);
        assert_int_equal(entry != NULL, held[i]);
        if (entry) {
            char digits[NUMBER_BYTES];
            assert_true(slice_equal(entry_text(entry, digits), entry_key(entry)));
            total++;
        }
    }
    assert_int_equal(store->keys.count, total);
}

/* --- Keys ----------------------------------------------------------------------------------- */

static void keys_come_and_go_in_any_order(void **state)
{
    (void)state;
    struct store *store = open_store();
    static bool held[NAMES];
    memset(held, 0, sizeof held);
    uint32_t dice = 7;

    for (uint32_t step = 0; step < 60000; step++) {
        uint32_t number = roll(&dice, NAMES);
        struct entry *entry = find(store, number, 0);
        if (entry && roll(&dice, 2) == 0) {
            store_remove(store, entry);
            held[number] = false;
        } else {
            assert_int_equal(put(store, number), 0);
            held[number] = true;
        }
    }

    expect_held(store, held, NAMES);
    close_store(store);
}

static void any_bytes_make_a_key(void **state)
{
    (void)state;
    struct store *store = open_store();
    static const struct slice names[] = {{"", 0}, {"\0", 1}, {"\0\0", 2}, {"\r\n", 2}, {"a", 1}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct key key = key_of(names[i]);
        struct entry *entry;
        bool created;
        assert_int_equal(store_obtain(store, &key, 1, 0, &entry, &created), 0);
        assert_true(created);
        entry_set_integer(entry, (int64_t)i);
    }

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct key key = key_of(names[i]);
        int64_t number;
        assert_true(entry_integer(store_find(store, &key, 0), &number));
        assert_int_equal(number, i);
    }
    close_store(store);
}

static void a_cleared_store_is_empty_and_of_use(void **state)
{
    (void)state;
    struct store *store = open_store();
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(put(store, i), 0);
    }
    end_at(store, 5, 1000);

    assert_int_equal(store_clear(store), 0);

    assert_int_equal(store->keys.count, 0);
    assert_null(find(store, 5, 0));
    assert_null(store_pick(store, 0));
    assert_int_equal(store_expire_some(store, 5000, 100), 0);
    assert_int_equal(put(store, 5), 0);
    assert_non_null(find(store, 5, 5000));
    close_store(store);
}

/** Goes once through the row, from its end downwards, and lets others come and go meanwhile. */
static void walk(struct store *store, uint32_t *dice, unsigned char *seen)
{
    uint32_t stay = NAMES / 2;
    for (uint32_t cursor = store->keys.count; cursor > 0;) {
        cursor = cursor > store->keys.count ? store->keys.count : cursor;
        if (cursor == 0) {
            break;
        }
        seen[number_in(entry_key(store->keys.entries[--cursor]), 4)]++;

        for (int i = 0; i < 3; i++) {
            uint32_t number = stay + roll(dice, NAMES - stay);
            struct entry *entry = find(store, number, 0);
            if (entry) {
                store_remove(store, entry);
            } else {
                assert_int_equal(put(store, number), 0);
            }
        }
    }
}

static void a_walk_misses_no_key_that_stays(void **state)
{
    (void)state;
    uint32_t dice = 3;
    for (int round = 0; round < 10; round++) {
        struct store *store = open_store();
        static unsigned char seen[NAMES];
        memset(seen, 0, sizeof seen);
        for (uint32_t i = 0; i < NAMES; i++) {
            uint32_t number = (i * 1009) % NAMES; /* those that stay and those that go, mixed */
            assert_int_equal(put(store, number), 0);
        }

        walk(store, &dice, seen);

        for (uint32_t i = 0; i < NAMES / 2; i++) {
            assert_true(seen[i] > 0);
        }
        close_store(store);
    }
}

static void a_pick_comes_to_every_key(void **state)
{
    (void)state;
    struct store *store = open_store();
    int picked[8] = {0};
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(put(store, i), 0);
    }

    for (int i = 0; i < 8000; i++) {
        picked[number_in(entry_key(store_pick(store, 0)), 4)]++;
    }

    for (int i = 0; i < 8; i++) {
        assert_in_range(picked[i], 800, 1200);
    }
    close_store(store);
}

/* --- Ends ----------------------------------------------------------------------------------- */

static void a_key_past_its_end_is_gone(void **state)
{
    (void)state;
    struct store *store = open_store();
    assert_int_equal(put(store, 1), 0);
    end_at(store, 1, 1000);

    assert_non_null(find(store, 1, 999));
    assert_non_null(find(store, 1, 1000));
    assert_null(find(store, 1, 1001));
    assert_null(find(store, 1, 0));
    assert_int_equal(store->keys.count, 0);
    close_store(store);
}

static void a_key_that_persists_has_no_end(void **state)
{
    (void)state;
    struct store *store = open_store();
    assert_int_equal(put(store, 1), 0);
    assert_false(store_persist(store, find(store, 1, 0)));
    end_at(store, 1, 1000);
    end_at(store, 1, 2000);

    assert_true(store_persist(store, find(store, 1, 0)));

    assert_int_equal(store_expire_some(store, 5000, 100), 0);
    assert_non_null(find(store, 1, 5000));
    close_store(store);
}

static void those_that_nobody_asks_for_end_too(void **state)
{
    (void)state;
    struct store *store = open_store();
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(put(store, i), 0);
        if (i % 2 == 0) {
            end_at(store, i, 1000 + i % 4 * 1000);
        }
    }

    size_t ended = 0;
    for (int call = 0; call < 60; call++) {
        size_t now_ended = store_expire_some(store, 1500, 20);
        assert_true(now_ended <= 20);
        ended += now_ended;
    }

    assert_int_equal(ended, 250);
    assert_int_equal(store->keys.count, 750);
    assert_non_null(find(store, 2, 1500));
    close_store(store);
}

/* --- Memory that runs out ------------------------------------------------------------------- */

static void a_store_without_memory_keeps_what_it_has(void **state)
{
    (void)state;
    static bool held[400];
    for (long times = 0; times < 1200; times += 7) {
        struct store *store = open_store();
        memset(held, 0, sizeof held);

        memory_fail_after(times);
        for (uint32_t i = 0; i < 400; i++) {
            int rc = put(store, i);
            assert_true(rc == 0 || rc == -ENOMEM);
            held[i] = rc == 0;
            if (i % 5 == 4 && held[i - 1]) {
                store_remove(store, find(store, i - 1, 0));
                held[i - 1] = false;
            }
        }
        memory_fail_after(-1);

        expect_held(store, held, 400);
        close_store(store);
    }
}

/* --- Texts ---------------------------------------------------------------------------------- */

static void a_text_may_grow_and_shrink_and_be_a_number(void **state)
{
    (void)state;
    struct store *store = open_store();
    assert_int_equal(put(store, 1), 0);
    struct entry *entry = find(store, 1, 0);
    static char large[100000];
    char digits[NUMBER_BYTES];
    int64_t number;

    memset(large, 'x', sizeof large);
    assert_int_equal(entry_set_text(entry, (struct slice){large, sizeof large}), 0);
    assert_int_equal(entry_append(entry, slice_of("yz")), 0);
    struct slice text = entry_text(entry, digits);
    assert_int_equal(text.size, sizeof large + 2);
    assert_memory_equal(text.data, large, sizeof large);
    assert_memory_equal(text.data + sizeof large, "yz", 2);

    entry_set_integer(entry, -42);
    assert_true(slice_equal(entry_text(entry, digits), slice_of("-42")));
    assert_int_equal(entry_append(entry, slice_of("0")), 0);
    assert_true(entry_integer(entry, &number));
    assert_int_equal(number, -420);
    assert_int_equal(entry_set_text(entry, slice_of("007")), 0);
    assert_false(entry_integer(entry, &number));
    assert_true(slice_equal(entry_text(entry, digits), slice_of("007")));
    close_store(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_and_go_in_any_order),
        cmocka_unit_test(any_bytes_make_a_key),
        cmocka_unit_test(a_cleared_store_is_empty_and_of_use),
        cmocka_unit_test(a_walk_misses_no_key_that_stays),
        cmocka_unit_test(a_pick_comes_to_every_key),
        cmocka_unit_test(a_key_past_its_end_is_gone),
        cmocka_unit_test(a_key_that_persists_has_no_end),
        cmocka_unit_test(those_that_nobody_asks_for_end_too),
        cmocka_unit_test(a_store_without_memory_keeps_what_it_has),
        cmocka_unit_test(a_text_may_grow_and_shrink_and_be_a_number),
    };
    return cmocka_run_group_tests_name("kv store", tests, NULL, NULL);
}
