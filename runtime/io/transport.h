/*
 * Transports: bytes in, bytes out, below a stream. A socket is one; so can be TLS over
 * another transport, or a simulated network. No code above asks which it is.
 *
 *     stream     room(), received(), written(), shut()      what happened, from poll
 *        |  ^
 *        v  |
 *     transport  read_start(), read_stop(), write(), shutdown(), close()
 *
 * Invariants:
 *   1. Nothing is called upwards after close.
 *   2. A transport that was closed frees itself, when all below it has ended.
 */
#ifndef GREENROOM_IO_TRANSPORT_H
#define GREENROOM_IO_TRANSPORT_H

#include <stddef.h>

#include <greenroom/buffer.h>

struct gr__transport;

struct gr__transport_class {
    int (*read_start)(struct gr__transport *transport);
    void (*read_stop)(struct gr__transport *transport);

    /* Write what can be written at once. How many bytes that was, or an error; 0: none now. */
    long (*try_write)(struct gr__transport *transport, const void *data, size_t size);

    /* Write all of it in the background; written() tells when. It releases the buffer. On an error
     * the buffer is the caller's still. */
    int (*write)(struct gr__transport *transport, struct gr_buffer *buffer);

    /* Say that no more comes, once all has been written; shut() tells when. */
    int (*shutdown)(struct gr__transport *transport);

    void (*close)(struct gr__transport *transport);

    /* Write the other side's address to `text`. */
    void (*peer)(const struct gr__transport *transport, char *text, size_t size);
};

/* What a transport tells the stream above it. All run no user code. */
struct gr__transport_events {
    /* Where to put bytes; NULL without memory. */
    char *(*room)(void *stream, size_t *ret_size);
    void (*received)(void *stream, size_t size);
    void (*ended)(void *stream, int status); /* no more comes: GR_EOF, or an error */
    void (*written)(void *stream, size_t size, int status);
    void (*shut)(void *stream, int status);
};

struct gr__transport {
    const struct gr__transport_class *class;
    const struct gr__transport_events *events;
    void *stream;
};

#endif
