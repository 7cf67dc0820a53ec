/*
 * Reading requests.
 *
 *     *<count>\r\n  then count times  $<size>\r\n<size bytes>\r\n      the usual form
 *     word word "quoted word"\n                                        inline, for people
 *
 * The parser stands at `at`, before a head or before an argument of `bulk`
 * bytes, and moves on only past what is there as a whole. An argument is skipped,
 * never looked through; a line is searched from where the last search ended. So
 * the work is one look at each byte of a head, in however many pieces it comes.
 *
 * Limits and messages are Redis 7.0's, and so is leniency: of the two bytes that
 * end a line or an argument only the first is looked at, and only in a line.
 *
 * Invariants:
 *   1. at <= searched, and no byte of [at, searched) ends the line.
 *   2. Spans count from the request's first byte (or into `unquoted`), so they
 *      hold when the caller's buffer moves; pointers are made when all is there.
 *   3. Memory grows with the arguments that came, not with the count announced.
 */
#include "resp.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>

#include "memory.h"
#include "number.h"

enum { KEPT_ARGUMENTS = 1024, FIRST_ARGUMENTS = 16 };

struct span {
    size_t at, size;
};

static enum resp_state broken(struct resp_parser *parser, const char *why)
{
    snprintf(parser->error, sizeof parser->error, "ERR Protocol error: %s", why);
    return RESP_BROKEN;
}

static enum resp_state more(struct resp_parser *parser, size_t needed)
{
    parser->needed = needed;
    return RESP_MORE;
}

static enum resp_state no_memory(struct resp_parser *parser)
{
    snprintf(parser->error, sizeof parser->error, "OOM out of memory");
    return RESP_BROKEN;
}

static void release(struct resp_parser *parser)
{
    memory_give(parser->argv);
    memory_give(parser->spans);
    buffer_done(&parser->unquoted);
    parser->argv = NULL;
    parser->spans = NULL;
    parser->room = 0;
}

/* Forget the request that was handed out. */
static void begin(struct resp_parser *parser)
{
    if (parser->room > KEPT_ARGUMENTS || parser->unquoted.room > RESP_LINE_MAX)
        release(parser);
    parser->argc = 0;
    parser->at = 0;
    parser->searched = 0;
    parser->left = 0;
    parser->bulk = -1;
    parser->unquoted.size = 0;
}

static bool grow(struct resp_parser *parser)
{
    size_t room = parser->room == 0 ? FIRST_ARGUMENTS : parser->room * 2;
    struct span *spans = memory_resize(parser->spans, room * sizeof *spans);
    if (spans == NULL)
        return false;
    parser->spans = spans;

    struct slice *argv = memory_resize(parser->argv, room * sizeof *argv);
    if (argv == NULL)
        return false;
    parser->argv = argv;
    parser->room = room;
    return true;
}

static inline bool add(struct resp_parser *parser, size_t at, size_t size)
{
    if (parser->argc == parser->room && !grow(parser))
        return false;
    parser->spans[parser->argc++] = (struct span){at, size};
    return true;
}

/* All is there: turn spans into pointers. */
static enum resp_state ready(struct resp_parser *parser, const char *base)
{
    for (size_t i = 0; i < parser->argc; i++)
        parser->argv[i] = (struct slice){base + parser->spans[i].at, parser->spans[i].size};
    parser->used = parser->at;
    return RESP_READY;
}

/*
 * Find the byte that ends the line at `at`.
 *
 * RESP_READY: it stands at *ret_end. RESP_BROKEN: the line is too long.
 */
static enum resp_state find_end(struct resp_parser *parser, const char *bytes, size_t size,
                                char byte, size_t *ret_end)
{
    size_t limit = parser->at + RESP_LINE_MAX + 1;
    size_t until = size < limit ? size : limit;
    assert(parser->at <= parser->searched);

    const char *end = until > parser->searched
                          ? memchr(bytes + parser->searched, byte, until - parser->searched)
                          : NULL;
    if (end != NULL) {
        *ret_end = (size_t)(end - bytes);
        parser->searched = *ret_end;
        return RESP_READY;
    }
    parser->searched = until;
    return until == limit ? RESP_BROKEN : more(parser, size + 1);
}

/*
 * Read the head at `at`, whatever it is like: a kind, a number, the line's end.
 *
 * RESP_READY: the number is in *ret_number, the greatest of all for what is none,
 * and `at` stands behind the line. RESP_BROKEN: the line is too long.
 */
static enum resp_state read_head(struct resp_parser *parser, const char *bytes, size_t size,
                                 int64_t *ret_number)
{
    size_t end;
    enum resp_state state = find_end(parser, bytes, size, '\r', &end);
    if (state != RESP_READY)
        return state;
    if (size - end < 2)
        return more(parser, end + 2);

    size_t from = parser->at + 1;
    struct slice text = {bytes + from, end > from ? end - from : 0};
    if (!number_parse(text, ret_number))
        *ret_number = INT64_MAX;
    parser->at = end + 2;
    parser->searched = parser->at;
    return RESP_READY;
}

/* The usual head: all of it there, of a short number without fault. */
static inline bool quick_head(struct resp_parser *parser, const char *bytes, size_t size, char kind,
                              int64_t *ret_number)
{
    const char *at = bytes + parser->at, *end = bytes + size;
    if (end - at < 4 || at[0] != kind || at[1] < '1' || at[1] > '9')
        return false;

    int64_t number = at[1] - '0';
    for (at += 2; end - at >= 2 && number < INT_MAX / 10; at++) {
        unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit > 9)
            break;
        number = number * 10 + digit;
    }
    if (end - at < 2 || *at != '\r')
        return false;
    *ret_number = number;
    parser->at = (size_t)(at + 2 - bytes);
    parser->searched = parser->at;
    return true;
}

/* Read "*<count>". */
static enum resp_state read_count(struct resp_parser *parser, const char *bytes, size_t size)
{
    int64_t count;
    if (!quick_head(parser, bytes, size, '*', &count)) {
        enum resp_state state = read_head(parser, bytes, size, &count);
        if (state == RESP_BROKEN)
            return broken(parser, "too big mbulk count string");
        if (state == RESP_MORE)
            return state;
    }
    if (count > INT_MAX)
        return broken(parser, "invalid multibulk length");
    parser->left = count < 0 ? 0 : count;
    return RESP_READY;
}

static enum resp_state wrong_kind(struct resp_parser *parser, char got)
{
    char why[32];
    bool breaks = got == '\r' || got == '\n';
    snprintf(why, sizeof why, "expected '$', got '%c'", breaks ? ' ' : got);
    return broken(parser, why);
}

/* Read "$<size>". */
static enum resp_state read_size(struct resp_parser *parser, const char *bytes, size_t size)
{
    size_t from = parser->at;
    int64_t bulk;
    if (!quick_head(parser, bytes, size, '$', &bulk)) {
        enum resp_state state = read_head(parser, bytes, size, &bulk);
        if (state == RESP_BROKEN)
            return broken(parser, "too big bulk count string");
        if (state == RESP_MORE)
            return state;
        if (bytes[from] != '$')
            return wrong_kind(parser, bytes[from]);
    }
    if (bulk < 0 || (uint64_t)bulk > RESP_BULK_MAX)
        return broken(parser, "invalid bulk length");
    parser->bulk = bulk;
    return RESP_READY;
}

/* Read the arguments that are still to come. */
static enum resp_state read_arguments(struct resp_parser *parser, const char *bytes, size_t size)
{
    while (parser->left > 0) {
        if (parser->bulk < 0) {
            enum resp_state state = read_size(parser, bytes, size);
            if (state != RESP_READY)
                return state;
        }

        size_t length = (size_t)parser->bulk;
        if (size - parser->at < length + 2)
            return more(parser, parser->at + length + 2);
        if (!add(parser, parser->at, length))
            return no_memory(parser);
        parser->at += length + 2;
        parser->searched = parser->at;
        parser->bulk = -1;
        parser->left--;
    }
    return ready(parser, bytes);
}

static bool blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* What \x stands for within double quotes. */
static char unescape(char byte)
{
    switch (byte) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    default:
        return byte;
    }
}

/* Read the escape at at[0] == '\\' within double quotes. Returns the bytes it takes. */
static size_t read_escape(const char *at, const char *end, char *ret_byte)
{
    int high = end - at >= 4 && at[1] == 'x' ? hex_digit(at[2]) : -1;
    int low = high >= 0 ? hex_digit(at[3]) : -1;
    if (low >= 0) {
        *ret_byte = (char)(high * 16 + low);
        return 4;
    }
    *ret_byte = unescape(at[1]);
    return 2;
}

/* Copy quoted text from behind its opening quote. Returns what follows the closing one, or NULL. */
static const char *read_quoted(struct buffer *into, const char *at, const char *end, char quote)
{
    while (at < end && *at != quote) {
        char byte = *at;
        size_t length = 1;
        if (byte == '\\' && end - at >= 2 && quote == '"') {
            length = read_escape(at, end, &byte);
        } else if (byte == '\\' && end - at >= 2 && at[1] == '\'') {
            byte = '\'';
            length = 2;
        }
        into->bytes[into->size++] = byte;
        at += length;
    }
    bool closed = at < end && (at + 1 == end || blank(at[1]));
    return closed ? at + 1 : NULL;
}

/* Copy one word. Returns the byte behind it, or NULL where a quote is not closed. */
static const char *read_word(struct buffer *into, const char *at, const char *end)
{
    while (at < end) {
        char byte = *at;
        if (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t')
            break;
        if (byte == '"' || byte == '\'')
            return read_quoted(into, at + 1, end, byte);
        into->bytes[into->size++] = byte;
        at++;
    }
    return at;
}

/* Split a line into words. A zero byte ends it, since Redis reads it as a C string. */
static enum resp_state split(struct resp_parser *parser, const char *at, size_t length)
{
    const char *end = at + strnlen(at, length);
    while (true) {
        while (at < end && blank(*at))
            at++;
        if (at == end)
            return ready(parser, parser->unquoted.bytes);

        size_t begins = parser->unquoted.size;
        at = read_word(&parser->unquoted, at, end);
        if (at == NULL)
            return broken(parser, "unbalanced quotes in request");
        if (!add(parser, begins, parser->unquoted.size - begins))
            return no_memory(parser);
    }
}

static enum resp_state read_inline(struct resp_parser *parser, const char *bytes, size_t size)
{
    size_t end;
    enum resp_state state = find_end(parser, bytes, size, '\n', &end);
    if (state == RESP_BROKEN)
        return broken(parser, "too big inline request");
    if (state == RESP_MORE)
        return state;

    size_t length = end > 0 && bytes[end - 1] == '\r' ? end - 1 : end;
    if (!buffer_reserve(&parser->unquoted, length))
        return no_memory(parser);
    parser->at = end + 1;
    return split(parser, bytes, length);
}

enum resp_state resp_parse(struct resp_parser *parser, const char *bytes, size_t size)
{
    assert(parser->state != RESP_BROKEN);
    if (parser->state == RESP_READY)
        begin(parser);

    if (size == 0) {
        parser->state = more(parser, 1);
    } else if (bytes[0] != '*') {
        parser->state = read_inline(parser, bytes, size);
    } else {
        parser->state = parser->at > 0 ? RESP_READY : read_count(parser, bytes, size);
        if (parser->state == RESP_READY)
            parser->state = read_arguments(parser, bytes, size);
    }
    return parser->state;
}

void resp_done(struct resp_parser *parser)
{
    release(parser);
    *parser = (struct resp_parser){0};
}
