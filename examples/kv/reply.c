/*
 * The protocol's elements. The design stands in reply.h.
 *
 * Every element opens with a head: one byte for the kind, a number, and the end
 * of the line. It is written in place once there is room for the longest, since
 * most replies are little else.
 */
#include "reply.h"

#include <stdio.h>

enum { HEAD_BYTES = 1 + NUMBER_BYTES + 2 };

/* Write a head where there is room for it. Returns where it ends. */
static inline char *head_at(char *at, char kind, uint64_t number)
{
    *at++ = kind;
    if (number < 10)
        *at++ = (char)('0' + number);
    else
        at += number_print_unsigned(at, number);
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static void head(struct reply *reply, char kind, uint64_t number)
{
    struct buffer *into = reply->into;
    if (!buffer_reserve(into, HEAD_BYTES))
        return;
    char *end = head_at(into->bytes + into->size, kind, number);
    into->size = (size_t)(end - into->bytes);
}

/* A line of which the bytes break no line. */
static void line(struct reply *reply, char kind, const char *text, size_t size)
{
    struct buffer *into = reply->into;
    if (!buffer_reserve(into, size + 3))
        return;
    char *at = into->bytes + into->size;
    *at = kind;
    memcpy(at + 1, text, size);
    memcpy(at + 1 + size, "\r\n", 2);
    into->size += size + 3;
}

void reply_status(struct reply *reply, const char *text)
{
    line(reply, '+', text, strlen(text));
}

void reply_error(struct reply *reply, const char *text)
{
    line(reply, '-', text, strlen(text));
}

void reply_error_with(struct reply *reply, const char *format, const char *text)
{
    char whole[512];
    int printed = snprintf(whole, sizeof whole, format, text);
    size_t size = printed < 0 ? 0 : (size_t)printed;
    if (size > sizeof whole - 1)
        size = sizeof whole - 1;

    while (size > 0 && (whole[size - 1] == '\r' || whole[size - 1] == '\n'))
        size--;
    for (size_t i = 0; i < size; i++)
        if (whole[i] == '\r' || whole[i] == '\n')
            whole[i] = ' ';
    line(reply, '-', whole, size);
}

void reply_integer(struct reply *reply, int64_t number)
{
    if (number >= 0) {
        head(reply, ':', (uint64_t)number);
        return;
    }
    char digits[NUMBER_BYTES];
    line(reply, ':', digits, number_print(digits, number));
}

void reply_bulk(struct reply *reply, struct slice bytes)
{
    struct buffer *into = reply->into;
    if (!buffer_reserve(into, bytes.size + HEAD_BYTES + 2))
        return;

    char *at = head_at(into->bytes + into->size, '$', bytes.size);
    if (bytes.size > 0)
        memcpy(at, bytes.data, bytes.size);
    memcpy(at + bytes.size, "\r\n", 2);
    into->size = (size_t)(at + bytes.size + 2 - into->bytes);
}

void reply_bulk_text(struct reply *reply, const char *text)
{
    reply_bulk(reply, slice_of(text));
}

void reply_bulk_integer(struct reply *reply, int64_t number)
{
    char digits[NUMBER_BYTES];
    size_t size = number_print(digits, number);
    reply_bulk(reply, (struct slice){digits, size});
}

void reply_verbatim(struct reply *reply, struct slice text)
{
    if (reply->protocol < 3) {
        reply_bulk(reply, text);
        return;
    }
    head(reply, '=', text.size + 4);
    buffer_append(reply->into, "txt:", 4);
    reply_raw(reply, text);
    buffer_append(reply->into, "\r\n", 2);
}

void reply_null(struct reply *reply)
{
    reply_raw(reply, slice_of(reply->protocol < 3 ? "$-1\r\n" : "_\r\n"));
}

void reply_null_array(struct reply *reply)
{
    reply_raw(reply, slice_of(reply->protocol < 3 ? "*-1\r\n" : "_\r\n"));
}

void reply_array(struct reply *reply, size_t count)
{
    head(reply, '*', count);
}

void reply_map(struct reply *reply, size_t count)
{
    if (reply->protocol < 3)
        head(reply, '*', count * 2);
    else
        head(reply, '%', count);
}

void reply_push(struct reply *reply, size_t count)
{
    head(reply, reply->protocol < 3 ? '*' : '>', count);
}

void reply_set(struct reply *reply, size_t count)
{
    head(reply, reply->protocol < 3 ? '*' : '~', count);
}

void reply_array_end(struct reply *reply, size_t begin, size_t count)
{
    struct buffer *into = reply->into;
    char bytes[HEAD_BYTES];
    size_t size = (size_t)(head_at(bytes, '*', count) - bytes);
    if (into->failed || !buffer_reserve(into, size))
        return;

    memmove(into->bytes + begin + size, into->bytes + begin, into->size - begin);
    memcpy(into->bytes + begin, bytes, size);
    into->size += size;
}
