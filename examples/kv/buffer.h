/**
 * @file buffer.h
 * @brief Bytes that grow at the end.
 *
 * A buffer of zeros is an empty one. When memory runs out the buffer keeps what
 * it has, refuses what it cannot hold, and remembers that in `failed`: so a
 * writer appends without looking and looks once at the end.
 */
#ifndef KV_BUFFER_H
#define KV_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buffer {
    char *bytes;
    size_t size;
    size_t room;
    bool failed; /* something was refused; what was written since may have gaps */
};

/** Make room for @p more bytes, by moving if need be. Call buffer_reserve() instead. */
bool buffer_grow(struct buffer *buffer, size_t more);

/** Give the memory back. The buffer is empty then and may be used on. */
void buffer_done(struct buffer *buffer);

/** Make sure that @p more bytes fit. False, and `failed` is set, when they cannot. */
static inline bool buffer_reserve(struct buffer *buffer, size_t more)
{
    if (__builtin_expect(buffer->room - buffer->size >= more, 1))
        return true;
    return buffer_grow(buffer, more);
}

/** Append bytes, all or none. */
static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0 || !buffer_reserve(buffer, size))
        return;
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

#endif
