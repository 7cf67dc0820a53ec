/* A trace is read and written as W3C's Trace Context has it, and names the work it follows. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

#define SAMPLE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void is_written_as_it_was_read(void **state)
{
    (void)state;
    struct gr_trace trace;
    char text[GR_TRACE_TEXT_BYTES];
    assert_int_equal(gr_trace_parse(SAMPLE, &trace), 0);
    assert_int_equal(trace.id[0], 0x0a);
    assert_int_equal(trace.id[15], 0x9c);
    assert_int_equal(trace.span[0], 0xb7);
    assert_int_equal(trace.flags, GR_TRACE_SAMPLED);
    gr_trace_print(&trace, text);
    assert_string_equal(text, SAMPLE);
}

static void is_refused_when_it_is_malformed(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
    };
    struct gr_trace trace = {.flags = 7};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        assert_int_equal(gr_trace_parse(malformed[i], &trace), -EINVAL);
    assert_int_equal(trace.flags, 7);
}

static void is_read_from_later_versions(void **state)
{
    (void)state;
    struct gr_trace trace;
    assert_int_equal(
        gr_trace_parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", &trace), 0);
    assert_int_equal(
        gr_trace_parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more", &trace), 0);
    assert_int_equal(trace.flags, 0);
}

LONE_RUNNER_TEST(is_new_when_it_is_made)
{
    struct gr_trace one, other, read;
    char text[GR_TRACE_TEXT_BYTES];
    gr_trace_make(&one);
    gr_trace_make(&other);
    check(memcmp(one.id, other.id, sizeof one.id) != 0);
    gr_trace_print(&one, text);
    check_equal(gr_trace_parse(text, &read), 0);
    check(memcmp(&one, &read, sizeof one) == 0);
}

LONE_RUNNER_TEST(has_children_with_spans_of_their_own)
{
    struct gr_trace parent, child;
    gr_trace_make(&parent);
    gr_trace_child(&parent, &child);
    check(memcmp(parent.id, child.id, sizeof parent.id) == 0);
    check(memcmp(parent.span, child.span, sizeof parent.span) != 0);
    check_equal(child.flags, parent.flags);
}

LONE_RUNNER_TEST(stands_in_a_context_as_its_text)
{
    struct gr_trace trace;
    char text[GR_TRACE_TEXT_BYTES + 8];
    check_equal(gr_trace_parse(SAMPLE, &trace), 0);
    check_equal(gr_context_set(&gr_trace_key, &trace, sizeof trace), 0);
    gr_context_text(text, sizeof text);
    check_equal(strcmp(text, "trace=" SAMPLE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_written_as_it_was_read),
        cmocka_unit_test(is_refused_when_it_is_malformed),
        cmocka_unit_test(is_read_from_later_versions),
        cmocka_unit_test(is_new_when_it_is_made),
        cmocka_unit_test(has_children_with_spans_of_their_own),
        cmocka_unit_test(stands_in_a_context_as_its_text),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
