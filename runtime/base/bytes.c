/*
 * Bytes: making room, and giving it back. The design stands in bytes.h.
 */
#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 1024 };

/* Move what is used to the front, where that makes room enough and moves the smaller part. */
static bool compact(struct gr__bytes *bytes, size_t at_least)
{
    size_t used = gr__bytes_size(bytes);
    if (bytes->capacity - used < at_least || used > bytes->start)
        return false;

    memmove(bytes->data, bytes->data + bytes->start, used);
    bytes->start = 0;
    bytes->end = used;
    return true;
}

/* Move to a piece of a power of two bytes; never to a smaller one. */
static bool grow(struct gr__bytes *bytes, size_t at_least)
{
    size_t used = gr__bytes_size(bytes);
    if (at_least > SIZE_MAX / 4 - used)
        return false;

    size_t capacity = bytes->capacity > CAPACITY_MIN ? bytes->capacity : CAPACITY_MIN;
    while (capacity - used < at_least)
        capacity *= 2;
    char *data = malloc(capacity);
    if (data == NULL)
        return false;

    if (used > 0)
        memcpy(data, bytes->data + bytes->start, used);
    free(bytes->data);
    *bytes = (struct gr__bytes){data, 0, used, capacity};
    return true;
}

char *gr__bytes_room(struct gr__bytes *bytes, size_t at_least, size_t *ret_size)
{
    assert(at_least > 0);
    if (bytes->capacity - bytes->end < at_least && !compact(bytes, at_least) &&
        !grow(bytes, at_least))
        return NULL;

    *ret_size = bytes->capacity - bytes->end;
    return bytes->data + bytes->end;
}

void gr__bytes_skip(struct gr__bytes *bytes, size_t size)
{
    assert(size <= gr__bytes_size(bytes));
    bytes->start += size;
    if (bytes->start < bytes->end)
        return;

    bytes->start = 0;
    bytes->end = 0;
    if (bytes->capacity > GR__BYTES_KEPT)
        gr__bytes_done(bytes);
}

void gr__bytes_done(struct gr__bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct gr__bytes){0};
}
