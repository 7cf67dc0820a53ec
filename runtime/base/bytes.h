/*
 * Bytes: a queue of bytes in one piece, for what a stream has read and nobody has taken yet.
 *
 *     data    start          end          capacity
 *      |........|=============|...............|
 *                    used           room
 *
 * Room is made by moving what is used to the front, where that is the smaller part, or by
 * growing to twice the size; so a byte is moved a constant number of times on average. A
 * queue that has been emptied gives a piece above GR__BYTES_KEPT back, so that idle streams
 * stay small.
 *
 * Zero is an empty queue. Pointers into the queue hold until the next call for room.
 *
 * Invariant: start <= end <= capacity, and start == end only at 0.
 */
#ifndef GREENROOM_BASE_BYTES_H
#define GREENROOM_BASE_BYTES_H

#include <assert.h>
#include <stddef.h>

enum { GR__BYTES_KEPT = 16 * 1024 };

struct gr__bytes {
    char *data;
    size_t start;
    size_t end;
    size_t capacity;
};

/* Where to write at least so many bytes, and how many fit there; NULL without memory. */
char *gr__bytes_room(struct gr__bytes *bytes, size_t at_least, size_t *ret_size);

/* Take so many bytes off the front. */
void gr__bytes_skip(struct gr__bytes *bytes, size_t size);

/* Give the memory back, and what is in it; the queue is empty. */
void gr__bytes_done(struct gr__bytes *bytes);

/* So many bytes were written to the room. */
static inline void gr__bytes_grew(struct gr__bytes *bytes, size_t size)
{
    assert(size <= bytes->capacity - bytes->end);
    bytes->end += size;
}

static inline size_t gr__bytes_size(const struct gr__bytes *bytes)
{
    return bytes->end - bytes->start;
}

/* The first of gr__bytes_size() bytes; means nothing where there are none. */
static inline char *gr__bytes_used(const struct gr__bytes *bytes)
{
    return bytes->data == NULL ? NULL : bytes->data + bytes->start;
}

#endif
