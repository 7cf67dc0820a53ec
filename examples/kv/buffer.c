/*
 * Growing a buffer. The design stands in buffer.h.
 *
 * Room doubles, so that a byte is copied twice on average however long the
 * buffer becomes.
 */
#include "buffer.h"

#include <stdint.h>

#include "memory.h"

enum { FIRST_BYTES = 256 };

bool buffer_grow(struct buffer *buffer, size_t more)
{
    if (more > SIZE_MAX / 2 - buffer->size) {
        buffer->failed = true;
        return false;
    }

    size_t wanted = buffer->size + more;
    size_t room = buffer->room < FIRST_BYTES / 2 ? FIRST_BYTES : buffer->room * 2;
    if (room < wanted)
        room = wanted;
    char *bytes = memory_resize(buffer->bytes, room);
    if (bytes == NULL) {
        buffer->failed = true;
        return false;
    }

    buffer->bytes = bytes;
    buffer->room = room;
    return true;
}

void buffer_done(struct buffer *buffer)
{
    memory_give(buffer->bytes);
    *buffer = (struct buffer){0};
}
