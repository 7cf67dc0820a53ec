/**
 * @file buffer.h
 * @brief Bytes that change hands without being copied, and know how they end.
 *
 * A buffer is moved: into a message, a reply or a result, over to another loop,
 * and out again. Whoever holds it last releases it, and release runs exactly
 * once, on whichever thread that is.
 *
 *     malloc --> gr_buffer_adopt --> send --> ... --> received --> gr_buffer_release
 *
 * A call that takes a buffer and succeeds leaves the caller's struct zero; after
 * an error the buffer is the caller's as before.
 */
#ifndef GREENROOM_BUFFER_H
#define GREENROOM_BUFFER_H

#include <greenroom/base.h>

GR__BEGIN

/** Bytes, and what to do when nobody wants them any more. Zero is the empty buffer. */
struct gr_buffer {
    void *data;  /**< size bytes */
    size_t size; /**< in bytes */

    /** Ends the data; NULL where nothing needs to. Runs on any thread, and does not wait. */
    void (*release)(void *data, void *context);

    void *context; /**< for release */
};

/**
 * A buffer of memory that came from malloc().
 *
 * @thread any
 * @owner  the buffer's, from now on
 */
GR_API struct gr_buffer gr_buffer_adopt(void *data, size_t size);

/**
 * A buffer with a copy of @p size bytes at @p data.
 *
 * @thread any
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_buffer_copy(const void *data, size_t size, struct gr_buffer *ret_buffer);

/**
 * End a buffer, and make it the empty one. The empty one and NULL are ignored.
 *
 * @thread any
 */
GR_API void gr_buffer_release(struct gr_buffer *buffer);

GR__END

#endif
