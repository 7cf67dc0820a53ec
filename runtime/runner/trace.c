/*
 * Traces: their text, and the numbers in it. All is told in trace.h.
 */
#include <greenroom/trace.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <greenroom/loop.h>

enum { VERSION_AT = 0, ID_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, LENGTH = GR_TRACE_TEXT_BYTES - 1 };

static size_t print_value(const void *value, size_t size, char *text, size_t bytes)
{
    char printed[GR_TRACE_TEXT_BYTES];
    struct gr_trace trace = {0};
    memcpy(&trace, value, size < sizeof trace ? size : sizeof trace);
    gr_trace_print(&trace, printed);
    size_t length = LENGTH < bytes ? LENGTH : bytes - 1;
    memcpy(text, printed, length);
    text[length] = '\0';
    return length;
}

const struct gr_context_key gr_trace_key = {
    .name = "trace", .inherit = true, .carry = true, .print = print_value};

/* Random bytes that are not all zero, `size` of them, a multiple of eight. */
static void fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t random = gr_random() | 1;
        memcpy(bytes + i, &random, sizeof random);
    }
}

void gr_trace_make(struct gr_trace *ret_trace)
{
    fill(ret_trace->id, sizeof ret_trace->id);
    fill(ret_trace->span, sizeof ret_trace->span);
    ret_trace->flags = GR_TRACE_SAMPLED;
}

void gr_trace_child(const struct gr_trace *parent, struct gr_trace *ret_child)
{
    *ret_child = *parent;
    fill(ret_child->span, sizeof ret_child->span);
}

/* The number that a digit stands for; -1: it is none. Capital ones are not allowed. */
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_bytes(const char *text, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Whether the text is as long as its version says, and its dashes are in place. */
static bool has_shape(const char *text, uint8_t version)
{
    size_t length = strlen(text);
    if (version == 0xff || text[ID_AT - 1] != '-' || text[SPAN_AT - 1] != '-' ||
        text[FLAGS_AT - 1] != '-')
        return false;
    return length == LENGTH || (version > 0 && text[LENGTH] == '-');
}

int gr_trace_parse(const char *text, struct gr_trace *ret_trace)
{
    struct gr_trace trace;
    uint8_t version;
    if (strlen(text) < LENGTH || !read_bytes(text + VERSION_AT, &version, 1) ||
        !has_shape(text, version))
        return -EINVAL;
    if (!read_bytes(text + ID_AT, trace.id, sizeof trace.id) ||
        !read_bytes(text + SPAN_AT, trace.span, sizeof trace.span) ||
        !read_bytes(text + FLAGS_AT, &trace.flags, 1))
        return -EINVAL;
    if (is_zero(trace.id, sizeof trace.id) || is_zero(trace.span, sizeof trace.span))
        return -EINVAL;

    *ret_trace = trace;
    return 0;
}

static char *write_bytes(char *text, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    *text++ = '-';
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    return text;
}

void gr_trace_print(const struct gr_trace *trace, char *ret_text)
{
    memcpy(ret_text, "00", 2);
    char *end = write_bytes(ret_text + 2, trace->id, sizeof trace->id);
    end = write_bytes(end, trace->span, sizeof trace->span);
    end = write_bytes(end, &trace->flags, 1);
    *end = '\0';
}
