/* Every code has a name and a meaning, and an unknown one says that it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>

#include <greenroom/base.h>

static void names_the_errors_of_errno(void **state)
{
    (void)state;
    assert_string_equal(gr_error_name(0), "0");
    assert_string_equal(gr_error_name(-ECONNRESET), "ECONNRESET");
    assert_string_equal(gr_error_text(-ECONNRESET), "Connection reset by peer");
    assert_string_equal(gr_error_name(-ESTALE), "ESTALE");
}

static void names_the_errors_that_errno_lacks(void **state)
{
    (void)state;
    assert_string_equal(gr_error_name(GR_EOF), "EOF");
    assert_string_equal(gr_error_text(GR_EOF), "End of stream");
    assert_string_equal(gr_error_name(-3008), "EAI_NONAME");
    assert_string_equal(gr_error_text(-3008), "Unknown name or service");
    assert_string_equal(gr_error_name(-4080), "ECHARSET");
    assert_string_equal(gr_error_name(-3000), "EAI_ADDRFAMILY");
    assert_string_equal(gr_error_name(-3014), "EAI_PROTOCOL");
}

static void names_the_errors_of_our_own(void **state)
{
    (void)state;
    assert_string_equal(gr_error_name(GR_ENOTRUNNER), "ENOTRUNNER");
    assert_string_equal(gr_error_name(GR_EWRONGLOOP), "EWRONGLOOP");
    assert_string_equal(gr_error_text(GR_EWRONGLOOP), "A handle of another loop");
    assert_string_equal(gr_error_name(GR_ENOTAWAITABLE), "ENOTAWAITABLE");
    assert_string_equal(gr_error_name(GR_EKILLED), "EKILLED");
}

static void says_unknown_of_what_it_does_not_know(void **state)
{
    (void)state;
    const int unknown[] = {1, EINVAL, INT_MAX, INT_MIN, -2999, -3012, -3999, -4094, -100000};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_string_equal(gr_error_name(unknown[i]), "UNKNOWN");
        assert_string_equal(gr_error_text(unknown[i]), "Unknown error");
    }
}

static void has_both_a_name_and_a_text_for_each(void **state)
{
    (void)state;
    for (int status = -5000; status <= 5000; status++) {
        assert_true(gr_error_name(status)[0] != '\0');
        assert_true(gr_error_text(status)[0] != '\0');
        assert_ptr_equal(gr_error_name(status), gr_error_name(status));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_errors_of_errno),
        cmocka_unit_test(names_the_errors_that_errno_lacks),
        cmocka_unit_test(names_the_errors_of_our_own),
        cmocka_unit_test(says_unknown_of_what_it_does_not_know),
        cmocka_unit_test(has_both_a_name_and_a_text_for_each),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
