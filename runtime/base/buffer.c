/*
 * Buffers: bytes that are moved.
 */
#include <greenroom/buffer.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void release_malloced(void *data, void *context)
{
    (void)context;
    free(data);
}

struct gr_buffer gr_buffer_adopt(void *data, size_t size)
{
    return (struct gr_buffer){data, size, release_malloced, NULL};
}

int gr_buffer_copy(const void *data, size_t size, struct gr_buffer *ret_buffer)
{
    if (size == 0) {
        *ret_buffer = (struct gr_buffer){0};
        return 0;
    }
    void *copy = malloc(size);
    if (copy == NULL)
        return -ENOMEM;

    memcpy(copy, data, size);
    *ret_buffer = gr_buffer_adopt(copy, size);
    return 0;
}

void gr_buffer_release(struct gr_buffer *buffer)
{
    if (buffer == NULL)
        return;

    struct gr_buffer last = *buffer;
    *buffer = (struct gr_buffer){0};
    if (last.release != NULL)
        last.release(last.data, last.context);
}
