/* Requests are read the same however their bytes are cut, and once; what breaks the protocol is
 * told in Redis' words; replies are written for either version, and whole or not at all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory.h"
#include "reply.h"
#include "resp.h"

/* --- Fixtures ------------------------------------------------------------------------------- */

/** What came out of some bytes, as text: "[GET][a]\n" for a request, "!ERR ...\n" for an error. */
struct story {
    char text[8192];
    size_t size;
};

static void tell(struct story *story, const char *data, size_t size)
{
    assert_true(story->size + size < sizeof story->text);
    memcpy(story->text + story->size, data, size);
    story->size += size;
    story->text[story->size] = '\0';
}

static void tell_request(struct story *story, const struct resp_parser *parser)
{
    for (size_t i = 0; i < parser->argc; i++) {
        tell(story, "[", 1);
        tell(story, parser->argv[i].data, parser->argv[i].size);
        tell(story, "]", 1);
    }
    tell(story, "\n", 1);
}

/** Shows the parser bytes that are moved to memory of their own size first, so that a sanitizer
 *  sees a read behind them and nobody can rely on where they lay before. */
static enum resp_state parse_moved(struct resp_parser *parser, char **moved, const char *data,
                                   size_t size)
{
    char *fresh = malloc(size > 0 ? size : 1);
    assert_non_null(fresh);
    memcpy(fresh, data, size);
    free(*moved);
    *moved = fresh;
    return resp_parse(parser, fresh, size);
}

/** Reads bytes that come `step` at a time, and tells the story. */
static void read_in_steps(const char *data, size_t size, size_t step, struct story *story)
{
    struct resp_parser parser = {0};
    char *moved = NULL;
    size_t begin = 0, have = 0;
    enum resp_state state = RESP_MORE;
    *story = (struct story){.size = 0};

    while (state != RESP_BROKEN && (have < size || state == RESP_READY)) {
        if (state == RESP_MORE) {
            have = size - have < step ? size : have + step;
        }
        state = parse_moved(&parser, &moved, data + begin, have - begin);
        if (state == RESP_READY) {
            if (parser.argc > 0) {
                tell_request(story, &parser);
            }
            begin += parser.used;
        }
    }
    if (state == RESP_BROKEN) {
        tell(story, "!", 1);
        tell(story, parser.error, strlen(parser.error));
        tell(story, "\n", 1);
    }
    resp_done(&parser);
    free(moved);
}

/** Says that these bytes tell that story, whole and in pieces of every small size. */
static void expect_bytes(const char *data, size_t size, const char *expected)
{
    static const size_t steps[] = {SIZE_MAX, 1, 2, 3, 5, 7, 11, 64};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct story story;
        read_in_steps(data, size, steps[i], &story);
        assert_string_equal(story.text, expected);
    }
}

static void expect(const char *data, const char *expected)
{
    expect_bytes(data, strlen(data), expected);
}

/** Gives `size` bytes: a beginning, and then one byte over and over. */
static char *long_bytes(const char *beginning, char byte, size_t size)
{
    char *data = malloc(size);
    assert_non_null(data);
    memset(data, byte, size);
    memcpy(data, beginning, strlen(beginning));
    return data;
}

/** Says that so long a line is broken, or still wanted, whether it comes whole or in pieces. */
static void expect_long(const char *beginning, size_t size, const char *error)
{
    char *data = long_bytes(beginning, '1', size);
    struct resp_parser whole = {0}, halves = {0};
    enum resp_state expected = error ? RESP_BROKEN : RESP_MORE;

    assert_int_equal(resp_parse(&whole, data, size), expected);
    assert_int_equal(resp_parse(&halves, data, size / 2), RESP_MORE);
    assert_int_equal(resp_parse(&halves, data, size), expected);
    if (error) {
        assert_string_equal(whole.error, error);
        assert_string_equal(halves.error, error);
    }
    resp_done(&whole);
    resp_done(&halves);
    free(data);
}

/* --- Requests ------------------------------------------------------------------------------- */

static void a_request_is_the_same_in_any_pieces(void **state)
{
    (void)state;
    expect("*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "[GET][a]\n");
    expect("*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n", "[PING]\n[SET][k][]\n");
    expect("*2\r\n$4\r\nECHO\r\n$4\r\n\r\n$1\r\n", "[ECHO][\r\n$1]\n");
    expect("PING\r\n*1\r\n$4\r\nPING\r\nECHO x\n", "[PING]\n[PING]\n[ECHO][x]\n");
}

static void a_request_of_many_arguments_is_whole(void **state)
{
    (void)state;
    char data[8000], expected[8000];
    size_t size = (size_t)sprintf(data, "*500\r\n"), told = 0;
    for (int i = 0; i < 500; i++) {
        size += (size_t)sprintf(data + size, "$3\r\n%03d\r\n", i);
        told += (size_t)sprintf(expected + told, "[%03d]", i);
    }
    strcpy(expected + told, "\n");
    expect_bytes(data, size, expected);
}

static void an_empty_request_says_nothing(void **state)
{
    (void)state;
    expect("*0\r\n*-1\r\n\r\n\n   \r\n*-10\r\nPING\r\n", "[PING]\n");
}

static void a_line_is_split_into_words(void **state)
{
    (void)state;
    expect("SET  a\tb \r\n", "[SET][a][b]\n");
    expect("  get a\n", "[get][a]\n");
    expect("set k \"\"\r\n", "[set][k][]\n");
}

static void a_quoted_word_is_unquoted(void **state)
{
    (void)state;
    expect("a \"b c\" 'd e'\r\n", "[a][b c][d e]\n");
    expect("a \"\\x41\\n\\t\\\"\\q\" 'it\\'s \\n'\r\n", "[a][A\n\t\"q][it's \\n]\n");
    expect("a \"\\xZZ\" b\"c d\"\r\n", "[a][xZZ][bc d]\n");
}

static void a_quote_left_open_breaks_the_protocol(void **state)
{
    (void)state;
    static const char *const lines[] = {"get \"a\r\n", "get 'a\r\n", "get \"a\"b\r\n",
                                        "get 'a'b\r\n", "get \"a\\\"\r\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        expect(lines[i], "!ERR Protocol error: unbalanced quotes in request\n");
    }
}

static void a_bad_count_breaks_the_protocol(void **state)
{
    (void)state;
    static const char *const counts[] = {
        "*abc\r\n", "*\r\n",           "* 1\r\n", "*+1\r\n", "*01\r\n",
        "*-0\r\n",  "*2147483648\r\n", "*-\r\n",  "*1 \r\n", "*99999999999999999999\r\n"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        expect(counts[i], "!ERR Protocol error: invalid multibulk length\n");
    }
}

static void a_bad_size_breaks_the_protocol(void **state)
{
    (void)state;
    static const char *const sizes[] = {
        "*1\r\n$abc\r\n", "*1\r\n$-1\r\n", "*1\r\n$536870913\r\n",           "*1\r\n$\r\n",
        "*1\r\n$03\r\n",  "*1\r\n$-2\r\n", "*1\r\n$99999999999999999999\r\n"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        expect(sizes[i], "!ERR Protocol error: invalid bulk length\n");
    }
}

static void another_mark_than_a_dollar_breaks_the_protocol(void **state)
{
    (void)state;
    expect("*1\r\n:3\r\n", "!ERR Protocol error: expected '$', got ':'\n");
    expect("*1\r\nfoo\r\n", "!ERR Protocol error: expected '$', got 'f'\n");
    expect("*1\r\n\r\n", "!ERR Protocol error: expected '$', got ' '\n");
}

static void requests_before_a_broken_one_are_read(void **state)
{
    (void)state;
    expect("PING\r\n*1\r\n$4\r\nPING\r\n*x\r\n",
           "[PING]\n[PING]\n!ERR Protocol error: invalid multibulk length\n");
}

static void a_line_may_be_64_kibibytes_and_no_longer(void **state)
{
    (void)state;
    expect_long("x", RESP_LINE_MAX, NULL);
    expect_long("x", RESP_LINE_MAX + 1, "ERR Protocol error: too big inline request");
    expect_long("*", RESP_LINE_MAX, NULL);
    expect_long("*", RESP_LINE_MAX + 1, "ERR Protocol error: too big mbulk count string");
    expect_long("*1\r\n$", 4 + RESP_LINE_MAX, NULL);
    expect_long("*1\r\n$", 4 + RESP_LINE_MAX + 1, "ERR Protocol error: too big bulk count string");
}

static void an_argument_says_how_much_is_needed(void **state)
{
    (void)state;
    struct resp_parser parser = {0};
    const char *data = "*2\r\n$4\r\nECHO\r\n$1000\r\nabc";

    assert_int_equal(resp_parse(&parser, data, strlen(data)), RESP_MORE);

    assert_int_equal(parser.needed, strlen(data) - 3 + 1000 + 2);
    resp_done(&parser);
}

/** Reads one argument of `size` bytes in pieces of 64. @return the processor's time it took */
static double time_in_pieces(size_t size)
{
    char head[64];
    int head_size = snprintf(head, sizeof head, "*2\r\n$4\r\nECHO\r\n$%zu\r\n", size);
    char *data = long_bytes(head, '\r', (size_t)head_size + size + 2);
    struct resp_parser parser = {0};
    enum resp_state state = RESP_MORE;

    clock_t begin = clock();
    for (size_t have = 64; state == RESP_MORE; have += 64) {
        size_t whole = (size_t)head_size + size + 2;
        state = resp_parse(&parser, data, have < whole ? have : whole);
    }
    clock_t end = clock();

    assert_int_equal(state, RESP_READY);
    assert_int_equal(parser.argv[1].size, size);
    resp_done(&parser);
    free(data);
    return (double)(end - begin) / CLOCKS_PER_SEC;
}

static void a_huge_argument_in_pieces_is_read_once(void **state)
{
    (void)state;
    /* Read again from the start for each piece, 32 MiB would be some 8 TiB to look at. */
    assert_true(time_in_pieces((size_t)32 << 20) < 5.0);
}

static void arguments_that_find_no_memory_end_the_stream(void **state)
{
    (void)state;
    const char *data = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n";
    for (long times = 0; times < 2; times++) {
        struct resp_parser parser = {0};
        memory_fail_after(times);
        enum resp_state got = resp_parse(&parser, data, strlen(data));
        memory_fail_after(-1);

        assert_int_equal(got, RESP_BROKEN);
        assert_memory_equal(parser.error, "OOM ", 4);
        resp_done(&parser);
    }
}

static void any_bytes_in_any_pieces_tell_the_same(void **state)
{
    (void)state;
    static const char *const scraps[] = {"*1\r\n", "*2\r\n", "$3\r\n",  "GET\r\n", "\r\n", "\n",
                                         " ",      "\"",     "'",       "\\",      "\\x4", "*",
                                         "$",      "$0\r\n", "a",       "-1",      "\r",   "0",
                                         "PING\n", "*0\r\n", "abc\r\n", ":",       "\t",   "x y"};
    uint32_t dice = 12345;
    for (int round = 0; round < 3000; round++) {
        char data[256];
        size_t size = 0;
        for (int i = 0; i < 12; i++) {
            dice = dice * 1664525 + 1013904223;
            const char *scrap = scraps[(dice >> 8) % (sizeof scraps / sizeof *scraps)];
            memcpy(data + size, scrap, strlen(scrap));
            size += strlen(scrap);
        }

        struct story whole, pieces;
        read_in_steps(data, size, SIZE_MAX, &whole);
        for (size_t step = 1; step < 4; step++) {
            read_in_steps(data, size, step, &pieces);
            assert_string_equal(whole.text, pieces.text);
        }
    }
}

/* --- Replies -------------------------------------------------------------------------------- */

/** Says what was written, and empties the buffer for more. */
static void expect_written(struct buffer *buffer, const char *expected)
{
    assert_false(buffer->failed);
    assert_int_equal(buffer->size, strlen(expected));
    assert_memory_equal(buffer->bytes, expected, buffer->size);
    buffer->size = 0;
}

static void write_one_of_each(struct reply *reply)
{
    reply_status(reply, "OK");
    reply_error(reply, "ERR no");
    reply_integer(reply, INT64_MIN);
    reply_bulk(reply, (struct slice){"a\0b", 3});
    reply_null(reply);
    reply_null_array(reply);
    reply_array(reply, 2);
    reply_map(reply, 2);
    reply_set(reply, 2);
    reply_push(reply, 2);
}

static void replies_are_written_for_either_version(void **state)
{
    (void)state;
    static const char two[] = "+OK\r\n-ERR no\r\n:-9223372036854775808\r\n$3\r\na\0b\r\n"
                              "$-1\r\n*-1\r\n*2\r\n*4\r\n*2\r\n*2\r\n";
    static const char three[] = "+OK\r\n-ERR no\r\n:-9223372036854775808\r\n$3\r\na\0b\r\n"
                                "_\r\n_\r\n*2\r\n%2\r\n~2\r\n>2\r\n";
    struct buffer buffer = {0};

    write_one_of_each(&(struct reply){&buffer, 2});
    assert_int_equal(buffer.size, sizeof two - 1);
    assert_memory_equal(buffer.bytes, two, sizeof two - 1);

    buffer.size = 0;
    write_one_of_each(&(struct reply){&buffer, 3});
    assert_int_equal(buffer.size, sizeof three - 1);
    assert_memory_equal(buffer.bytes, three, sizeof three - 1);
    buffer_done(&buffer);
}

static void an_error_stays_on_one_line(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    struct reply reply = {&buffer, 2};

    reply_error_with(&reply, "ERR what is '%s'?", "a\r\nb");

    expect_written(&buffer, "-ERR what is 'a  b'?\r\n");
    buffer_done(&buffer);
}

static void an_array_may_learn_its_length_late(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    struct reply reply = {&buffer, 2};
    reply_ok(&reply);

    size_t begin = reply_array_begin(&reply);
    reply_integer(&reply, 1);
    reply_integer(&reply, 2);
    reply_array_end(&reply, begin, 2);

    expect_written(&buffer, "+OK\r\n*2\r\n:1\r\n:2\r\n");
    buffer_done(&buffer);
}

static void a_reply_without_memory_is_not_begun(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    struct reply reply = {&buffer, 2};
    reply_ok(&reply);
    char large[4096] = {0};

    memory_fail_after(0);
    reply_bulk(&reply, (struct slice){large, sizeof large});
    memory_fail_after(-1);

    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 5);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_the_same_in_any_pieces),
        cmocka_unit_test(a_request_of_many_arguments_is_whole),
        cmocka_unit_test(an_empty_request_says_nothing),
        cmocka_unit_test(a_line_is_split_into_words),
        cmocka_unit_test(a_quoted_word_is_unquoted),
        cmocka_unit_test(a_quote_left_open_breaks_the_protocol),
        cmocka_unit_test(a_bad_count_breaks_the_protocol),
        cmocka_unit_test(a_bad_size_breaks_the_protocol),
        cmocka_unit_test(another_mark_than_a_dollar_breaks_the_protocol),
        cmocka_unit_test(requests_before_a_broken_one_are_read),
        cmocka_unit_test(a_line_may_be_64_kibibytes_and_no_longer),
        cmocka_unit_test(an_argument_says_how_much_is_needed),
        cmocka_unit_test(a_huge_argument_in_pieces_is_read_once),
        cmocka_unit_test(arguments_that_find_no_memory_end_the_stream),
        cmocka_unit_test(any_bytes_in_any_pieces_tell_the_same),
        cmocka_unit_test(replies_are_written_for_either_version),
        cmocka_unit_test(an_error_stays_on_one_line),
        cmocka_unit_test(an_array_may_learn_its_length_late),
        cmocka_unit_test(a_reply_without_memory_is_not_begun),
    };
    return cmocka_run_group_tests_name("kv resp", tests, NULL, NULL);
}
