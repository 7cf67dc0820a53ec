/* Lists are good at both ends, hashes keep what was set in them and their order while they are
 * small, wherever the memory runs out; patterns match what they match in Redis. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "glob.h"
#include "list.h"
#include "memory.h"
#include "number.h"

enum { NAME_BYTES = 16 };

static const struct hash_key secret = {
    {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static uint32_t roll(uint32_t *dice, uint32_t sides)
{
    *dice = *dice * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)*dice * sides) >> 32);
}

/** Reads the number behind the first `skip` bytes. */
static uint32_t number_in(struct slice text, size_t skip)
{
    int64_t number;
    assert_true(number_parse((struct slice){text.data + skip, text.size - skip}, &number));
    return (uint32_t)number;
}

/* --- Lists ---------------------------------------------------------------------------------- */

enum { ITEMS = 4096 };

/** A list and what it should hold: the numbers in items[first] to items[last - 1]. */
struct listed {
    struct list *list;
    uint32_t items[2 * ITEMS];
    size_t first, last;
};

/** Makes an item out of a number, some of them long. */
static struct slice item_of(char item[600], uint32_t number)
{
    size_t size = number % 50 == 0 ? 500 : 10 + number % 7;
    memset(item, '.', size);
    memcpy(item, &number, sizeof number);
    return (struct slice){item, size};
}

static void push(struct listed *listed, enum list_end end, uint32_t number)
{
    char item[600];
    int rc = list_push(listed->list, end, item_of(item, number));
    assert_true(rc == 0 || rc == -ENOMEM);
    if (rc == 0 && end == LIST_FIRST) {
        listed->items[--listed->first] = number;
    } else if (rc == 0) {
        listed->items[listed->last++] = number;
    }
}

static void drop(struct listed *listed, enum list_end end)
{
    char item[600];
    uint32_t number =
        end == LIST_FIRST ? listed->items[listed->first++] : listed->items[--listed->last];
    assert_true(slice_equal(list_peek(listed->list, end), item_of(item, number)));
    list_drop(listed->list, end);
}

static void expect_listed(const struct listed *listed, size_t begin)
{
    size_t count = listed->last - listed->first;
    assert_int_equal(list_count(listed->list), count);
    if (begin >= count) {
        return;
    }
    struct list_cursor cursor = list_seek(listed->list, begin);
    for (size_t i = listed->first + begin; i < listed->last; i++) {
        char item[600];
        assert_true(slice_equal(list_next(&cursor), item_of(item, listed->items[i])));
    }
}

static void use_list(struct listed *listed, uint32_t *dice, int steps, uint32_t pushes_of_10)
{
    for (int step = 0; step < steps; step++) {
        enum list_end end = roll(dice, 2) ? LIST_FIRST : LIST_LAST;
        if (roll(dice, 10) < pushes_of_10) {
            push(listed, end, roll(dice, 100000));
        } else if (listed->last > listed->first) {
            drop(listed, end);
        }
    }
}

static void a_list_is_good_at_both_ends(void **state)
{
    (void)state;
    static struct listed listed;
    listed.list = list_new();
    listed.first = listed.last = ITEMS;
    assert_non_null(listed.list);
    uint32_t dice = 11;

    for (int round = 0; round < 20; round++) {
        use_list(&listed, &dice, 200, round % 4 < 2 ? 8 : 2);
        expect_listed(&listed, 0);
        expect_listed(&listed, roll(&dice, 500));
    }

    list_free(listed.list);
}

static void a_list_without_memory_stays_what_it_was(void **state)
{
    (void)state;
    static struct listed listed;
    uint32_t dice = 5;
    for (long times = 0; times < 60; times++) {
        listed.list = list_new();
        listed.first = listed.last = ITEMS;
        assert_non_null(listed.list);

        memory_fail_after(times);
        use_list(&listed, &dice, 400, 7);
        memory_fail_after(-1);

        expect_listed(&listed, 0);
        list_free(listed.list);
    }
}

/* --- Hashes --------------------------------------------------------------------------------- */

/** Sets a field "f<number>" to the text "<value>". @return 0 or -ENOMEM */
static int set_field(struct fields *fields, uint32_t number, uint32_t value, bool *ret_created)
{
    char name[NAME_BYTES], text[NAME_BYTES];
    struct slice name_slice = {name, (size_t)snprintf(name, sizeof name, "f%u", number)};
    struct slice text_slice = {text, (size_t)snprintf(text, sizeof text, "%u", value)};
    return fields_set(fields, name_slice, text_slice, ret_created);
}

static bool remove_field(struct fields *fields, uint32_t number)
{
    char name[NAME_BYTES];
    return fields_remove(fields,
                         (struct slice){name, (size_t)snprintf(name, sizeof name, "f%u", number)});
}

/** Says that the fields are those whose value is not zero, by name and all together. */
static void expect_fields(const struct fields *fields, const uint32_t *values, uint32_t count)
{
    struct fields_cursor cursor = {0};
    struct slice name, text;
    size_t total = 0, walked = 0;
    for (uint32_t i = 0; i < count; i++) {
        char wanted[NAME_BYTES];
        size_t size = (size_t)snprintf(wanted, sizeof wanted, "f%u", i);
        bool found = fields_get(fields, (struct slice){wanted, size}, &text);
        assert_int_equal(found, values[i] != 0);
        assert_true(!found || number_in(text, 0) == values[i]);
        total += found;
    }
    while (fields_next(fields, &cursor, &name, &text)) {
        assert_true(values[number_in(name, 1)] != 0);
        walked++;
    }
    assert_int_equal(fields_count(fields), total);
    assert_int_equal(walked, total);
}

static void a_small_hash_keeps_the_order_in_which_fields_came(void **state)
{
    (void)state;
    struct fields *fields = fields_new(&secret);
    assert_non_null(fields);
    static const char *const names[] = {"c", "a", "d", "b"};
    struct slice name, text;
    bool created;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fields_set(fields, slice_of(names[i]), slice_of("1"), &created), 0);
        assert_true(created);
    }

    assert_int_equal(fields_set(fields, slice_of("a"), slice_of("a longer text"), &created), 0);
    assert_false(created);
    assert_true(fields_remove(fields, slice_of("d")));

    static const char *const left[] = {"c", "a", "b"};
    struct fields_cursor cursor = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_true(fields_next(fields, &cursor, &name, &text));
        assert_true(slice_equal(name, slice_of(left[i])));
        assert_true(slice_equal(text, slice_of(i == 1 ? "a longer text" : "1")));
    }
    assert_false(fields_next(fields, &cursor, &name, &text));
    fields_free(fields);
}

static void fields_come_and_go_in_small_hashes_and_large(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {5, 100, 128, 129, 130, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct fields *fields = fields_new(&secret);
        assert_non_null(fields);
        uint32_t values[1000] = {0}, dice = 17;
        for (uint32_t step = 1; step < 20 * sizes[i]; step++) {
            uint32_t number = roll(&dice, sizes[i]);
            bool created;
            if (roll(&dice, 4) == 0) {
                assert_int_equal(remove_field(fields, number), values[number] != 0);
                values[number] = 0;
            } else {
                assert_int_equal(set_field(fields, number, step, &created), 0);
                assert_int_equal(created, values[number] == 0);
                values[number] = step;
            }
        }
        expect_fields(fields, values, sizes[i]);
        fields_free(fields);
    }
}

static void a_long_field_may_come_into_a_small_hash(void **state)
{
    (void)state;
    struct fields *fields = fields_new(&secret);
    assert_non_null(fields);
    static char large[70000];
    memset(large, 'x', sizeof large);
    struct slice text;
    bool created;

    assert_int_equal(fields_set(fields, slice_of("a"), slice_of("1"), &created), 0);
    assert_int_equal(fields_set(fields, slice_of("b"), (struct slice){large, 70000}, &created), 0);
    assert_int_equal(fields_set(fields, (struct slice){large, 69999}, slice_of(""), &created), 0);

    assert_true(fields_get(fields, slice_of("a"), &text) && slice_equal(text, slice_of("1")));
    assert_true(fields_get(fields, slice_of("b"), &text) && text.size == 70000);
    assert_true(fields_get(fields, (struct slice){large, 69999}, &text) && text.size == 0);
    assert_int_equal(fields_count(fields), 3);
    fields_free(fields);
}

static void fields_without_memory_stay_what_they_were(void **state)
{
    (void)state;
    for (long times = 0; times < 400; times += 3) {
        struct fields *fields = fields_new(&secret);
        assert_non_null(fields);
        uint32_t values[300] = {0}, dice = 23;

        memory_fail_after(times);
        for (uint32_t step = 1; step < 900; step++) {
            uint32_t number = roll(&dice, 300);
            bool created;
            int rc = set_field(fields, number, step, &created);
            assert_true(rc == 0 || rc == -ENOMEM);
            values[number] = rc == 0 ? step : values[number];
        }
        memory_fail_after(-1);

        expect_fields(fields, values, 300);
        fields_free(fields);
    }
}

/* --- Patterns ------------------------------------------------------------------------------- */

/* Redis fits the empty text to the empty pattern alone; KEYS * is a case of its own there. */
static void patterns_match_as_in_redis(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool fits;
    } cases[] = {
        {"*", "", false},         {"", "", true},
        {"", "a", false},         {"a*c", "abc", true},
        {"a*c", "ab", false},     {"**a", "a", true},
        {"h?llo", "hello", true}, {"h?llo", "hllo", false},
        {"[a-c]x", "bx", true},   {"[c-a]x", "bx", true},
        {"[^a]x", "ax", false},   {"[^a]x", "bx", true},
        {"[ab", "a", true},       {"[ab", "c", false},
        {"\\*", "*", true},       {"\\*", "a", false},
        {"a\\", "a\\", true},     {"[\\]]", "]", true},
        {"*a*b*", "xaxbx", true}, {"*a*b*", "xbxax", false},
        {"a", "A", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool fits = glob_match(slice_of(cases[i].pattern), slice_of(cases[i].text));
        if (fits != cases[i].fits) {
            fail_msg("%s and %s", cases[i].pattern, cases[i].text);
        }
    }
}

static void a_pattern_of_many_stars_takes_no_long_time(void **state)
{
    (void)state;
    char pattern[400], text[4000];
    for (size_t i = 0; i < sizeof pattern; i += 2) {
        memcpy(pattern + i, "*a", 2);
    }
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 'b';

    assert_false(
        glob_match((struct slice){pattern, sizeof pattern}, (struct slice){text, sizeof text}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_good_at_both_ends),
        cmocka_unit_test(a_list_without_memory_stays_what_it_was),
        cmocka_unit_test(a_small_hash_keeps_the_order_in_which_fields_came),
        cmocka_unit_test(fields_come_and_go_in_small_hashes_and_large),
        cmocka_unit_test(a_long_field_may_come_into_a_small_hash),
        cmocka_unit_test(fields_without_memory_stay_what_they_were),
        cmocka_unit_test(patterns_match_as_in_redis),
        cmocka_unit_test(a_pattern_of_many_stars_takes_no_long_time),
    };
    return cmocka_run_group_tests_name("kv values", tests, NULL, NULL);
}
