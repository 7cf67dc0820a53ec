/**
 * @file error.h
 * @brief What an error code alone cannot tell: a message, where it was set, and what caused it.
 *
 *     if (rc < 0)
 *         return gr_fail_because(-EIO, "reading %s", path);
 *     ...
 *     const struct gr_error *error = gr_error_details(rc);     at the caller, or an await away
 *
 * Functions return codes; the details travel beside them. Each thread keeps those of its last
 * failure. They belong to the runner that failed, until it waits or anything on its thread fails
 * with details again; so look at them where the code has just been returned.
 *
 * Details go where the code goes: with a promise that is rejected with it, a handler that fails
 * with it, the start hook of a spawn, a runner that is joined, and blocking work. There they are
 * the details of whoever awaited, from the await on.
 *
 * A failure without details costs nothing of this.
 */
#ifndef GREENROOM_ERROR_H
#define GREENROOM_ERROR_H

#include <greenroom/base.h>

GR__BEGIN

/** Bytes of a message that are kept, with its end. */
#define GR_ERROR_MESSAGE_MAX 128

/** Errors of a chain that are kept: the last ones, and the first cause of all. */
#define GR_ERROR_DEPTH_MAX 4

/** An error, and what caused it. */
struct gr_error {
    int code;                     /**< negative */
    int line;                     /**< where it was set */
    const char *file;             /**< where it was set */
    const char *function;         /**< where it was set */
    const char *message;          /**< what was being done; may be empty */
    const struct gr_error *cause; /**< or NULL */
};

/**
 * Fail with details: is @p code, so that it can be returned. Formats as printf does.
 *
 *     return gr_fail(-EINVAL, "no port %d", port);
 */
#define gr_fail(code, ...) gr_error_set((code), false, __FILE__, __LINE__, __func__, __VA_ARGS__)

/**
 * The same, with the details that there are as its cause. Where there are none it is gr_fail().
 */
#define gr_fail_because(code, ...)                                                                 \
    gr_error_set((code), true, __FILE__, __LINE__, __func__, __VA_ARGS__)

/**
 * What gr_fail() does. Returns @p code.
 *
 * @param file      a constant, as is @p function
 *
 * @thread any
 */
GR_API int gr_error_set(int code, bool because, const char *file, int line, const char *function,
                        const char *format, ...) __attribute__((format(printf, 6, 7)));

/**
 * The details of the failure that has just been returned, or NULL where it has none.
 *
 * @thread any
 * @owner  the thread's: until the caller waits, or anything on its thread fails with details
 */
GR_API const struct gr_error *gr_error_details(int code);

/**
 * Write the details of a code, and of its causes, into one line; without details the code's text.
 *
 *     EIO: reading pages.db (pager.c:91); because EMFILE: opening it (file.c:40)
 *
 * Returns the length of what was written, which ends within @p bytes, with a zero.
 *
 * @thread any
 */
GR_API size_t gr_error_format(int code, char *text, size_t bytes);

GR__END

#endif
