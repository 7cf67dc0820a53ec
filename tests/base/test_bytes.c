/* Bytes come out as they went in, and an emptied queue is small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/random.h"

static void write_all(struct gr__bytes *bytes, const char *data, size_t size)
{
    size_t room;
    char *tail = gr__bytes_room(bytes, size, &room);
    assert_non_null(tail);
    assert_true(room >= size);
    memcpy(tail, data, size);
    gr__bytes_grew(bytes, size);
}

static void is_empty_when_zero(void **state)
{
    (void)state;
    struct gr__bytes bytes = {0};
    assert_int_equal(gr__bytes_size(&bytes), 0);
    assert_null(gr__bytes_used(&bytes));
    gr__bytes_skip(&bytes, 0);
    gr__bytes_done(&bytes);
}

static void gives_back_what_was_written(void **state)
{
    (void)state;
    struct gr__bytes bytes = {0};
    write_all(&bytes, "green", 5);
    write_all(&bytes, "room", 4);
    assert_int_equal(gr__bytes_size(&bytes), 9);
    assert_memory_equal(gr__bytes_used(&bytes), "greenroom", 9);
    gr__bytes_skip(&bytes, 5);
    assert_memory_equal(gr__bytes_used(&bytes), "room", 4);
    gr__bytes_skip(&bytes, 4);
    assert_int_equal(gr__bytes_size(&bytes), 0);
    assert_ptr_equal(gr__bytes_used(&bytes), bytes.data);
    gr__bytes_done(&bytes);
}

/* A window of bytes that all have their place in the stream written in them. */
static void keeps_the_stream_through_moves_and_growth(void **state)
{
    (void)state;
    struct gr__bytes bytes = {0};
    struct gr__random random;
    gr__random_seed(&random, 5);
    uint64_t written = 0, taken = 0;
    for (int i = 0; i < 20000; i++) {
        size_t size, most = i % 1000 == 0 ? 50000 : 300;
        size_t count = 1 + gr__random_below(&random, most);
        char *tail = gr__bytes_room(&bytes, count, &size);
        assert_non_null(tail);
        for (size_t j = 0; j < count; j++)
            tail[j] = (char)((written + j) * 31);
        gr__bytes_grew(&bytes, count);
        written += count;

        count = gr__random_below(&random, gr__bytes_size(&bytes) + 1);
        for (size_t j = 0; j < count; j++)
            if (gr__bytes_used(&bytes)[j] != (char)((taken + j) * 31))
                fail();
        gr__bytes_skip(&bytes, count);
        taken += count;
    }
    assert_int_equal(gr__bytes_size(&bytes), written - taken);
    gr__bytes_done(&bytes);
}

static void reuses_its_room_instead_of_growing(void **state)
{
    (void)state;
    static const char line[100];
    struct gr__bytes bytes = {0};
    write_all(&bytes, line, 1);
    size_t capacity = bytes.capacity;
    for (int i = 0; i < 1000; i++) {
        write_all(&bytes, line, sizeof line);
        gr__bytes_skip(&bytes, sizeof line);
    }
    assert_int_equal(bytes.capacity, capacity);
    gr__bytes_done(&bytes);
}

static void gives_large_memory_back_when_emptied(void **state)
{
    (void)state;
    static const char piece[GR__BYTES_KEPT + 1];
    struct gr__bytes bytes = {0};
    write_all(&bytes, piece, GR__BYTES_KEPT);
    gr__bytes_skip(&bytes, GR__BYTES_KEPT);
    assert_int_equal(bytes.capacity, GR__BYTES_KEPT);

    write_all(&bytes, piece, sizeof piece);
    gr__bytes_skip(&bytes, sizeof piece - 1);
    assert_true(bytes.capacity > GR__BYTES_KEPT);
    gr__bytes_skip(&bytes, 1);
    assert_int_equal(bytes.capacity, 0);
    assert_null(bytes.data);
    gr__bytes_done(&bytes);
}

static void answers_null_without_memory_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct gr__bytes bytes = {0};
    size_t size = 7;
    write_all(&bytes, "room", 4);
    assert_null(gr__bytes_room(&bytes, SIZE_MAX - 2, &size));
    assert_int_equal(size, 7);
    assert_memory_equal(gr__bytes_used(&bytes), "room", 4);
    gr__bytes_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_empty_when_zero),
        cmocka_unit_test(gives_back_what_was_written),
        cmocka_unit_test(keeps_the_stream_through_moves_and_growth),
        cmocka_unit_test(reuses_its_room_instead_of_growing),
        cmocka_unit_test(gives_large_memory_back_when_emptied),
        cmocka_unit_test(answers_null_without_memory_and_keeps_what_it_has),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
