/* As many bytes are copied as are asked for, and those around them stay as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/copy.h"

enum { LINE = 32, MOST = 3 * LINE, UNTOUCHED = 0xee };

static void assert_copied(const unsigned char *to, const unsigned char *from, size_t size)
{
    assert_memory_equal(to + 1, from, size);
    assert_int_equal(to[0], UNTOUCHED);
    for (size_t i = size + 1; i < MOST + 2; i++)
        assert_int_equal(to[i], UNTOUCHED);
}

static void copies_each_number_of_bytes_and_no_more(void **state)
{
    (void)state;
    unsigned char from[MOST], to[MOST + 2];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (unsigned char)(i + 1);
    for (size_t size = 0; size <= MOST; size++) {
        memset(to, UNTOUCHED, sizeof to);
        gr__copy(to + 1, from, size);
        assert_copied(to, from, size);
    }
    for (size_t size = 0; size <= LINE; size++) {
        memset(to, UNTOUCHED, sizeof to);
        gr__copy_line(to + 1, from, size);
        assert_copied(to, from, size);
    }
}

static void copies_nothing_from_nowhere(void **state)
{
    (void)state;
    unsigned char to[1] = {UNTOUCHED};
    gr__copy(to, NULL, 0);
    gr__copy(NULL, to, 0);
    gr__copy(NULL, NULL, 0);
    assert_int_equal(to[0], UNTOUCHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_each_number_of_bytes_and_no_more),
        cmocka_unit_test(copies_nothing_from_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
