/**
 * @file reply.h
 * @brief Writes replies in the Redis protocol, version 2 or 3, into a buffer.
 *
 * A reply says into which buffer and in which of the two versions; the functions
 * append one element each. An array, a map or a push is its head, followed by as
 * many elements as the head says.
 *
 * Memory that runs out shows in the buffer's `failed`, not here: see buffer.h.
 */
#ifndef KV_REPLY_H
#define KV_REPLY_H

#include <stdint.h>

#include "buffer.h"
#include "number.h"
#include "slice.h"

struct reply {
    struct buffer *into;
    int protocol; /* 2 or 3 */
};

/** Bytes that are in the protocol already. */
static inline void reply_raw(struct reply *reply, struct slice bytes)
{
    buffer_append(reply->into, bytes.data, bytes.size);
}

/** "+OK" */
static inline void reply_ok(struct reply *reply)
{
    buffer_append(reply->into, "+OK\r\n", 5);
}

/** A short word that is no data: "+text". */
void reply_status(struct reply *reply, const char *text);

/** An error; @p text opens with its kind, such as "ERR ". */
void reply_error(struct reply *reply, const char *text);

/** The error with @p format, which has one %s, for @p text; what breaks a line becomes blank. */
__attribute__((format(printf, 2, 0))) void reply_error_with(struct reply *reply, const char *format,
                                                            const char *text);

/** ":number" */
void reply_integer(struct reply *reply, int64_t number);

/** Data: its size and then its bytes. */
void reply_bulk(struct reply *reply, struct slice bytes);

/** A C string as data. */
void reply_bulk_text(struct reply *reply, const char *text);

/** A number as data. */
void reply_bulk_integer(struct reply *reply, int64_t number);

/** Text for people; plain data in version 2. */
void reply_verbatim(struct reply *reply, struct slice text);

/** Nothing, where there might be data. */
void reply_null(struct reply *reply);

/** Nothing, where there might be an array. */
void reply_null_array(struct reply *reply);

/** The head of an array of @p count elements. */
void reply_array(struct reply *reply, size_t count);

/** The head of a map of @p count keys and values; twice as long an array in version 2. */
void reply_map(struct reply *reply, size_t count);

/** The head of a push, which no request asked for; an array in version 2. */
void reply_push(struct reply *reply, size_t count);

/** The head of a set; an array in version 2. */
void reply_set(struct reply *reply, size_t count);

/**
 * Begin an array of which the length is not known yet.
 *
 * @return where it begins, for reply_array_end()
 */
static inline size_t reply_array_begin(const struct reply *reply)
{
    return reply->into->size;
}

/** Put the head in front of the @p count elements written since reply_array_begin(). */
void reply_array_end(struct reply *reply, size_t begin, size_t count);

#endif
