/**
 * @file stream.h
 * @brief TCP: connect, listen, accept, read, write; each call waits, and has a deadline.
 *
 *     gr_serve("0.0.0.0", 7000, converse, NULL, NULL, &server)
 *
 *     static int converse(gr_stream stream, void *context)      a runner for each connection
 *     {
 *         char line[256];
 *         size_t size;
 *         int rc = gr_stream_read_until(stream, "\n", 1, line, sizeof line, &size, deadline);
 *         return rc < 0 ? rc : gr_stream_write(stream, line, size, deadline);
 *     }
 *
 * A stream belongs to the loop on which it was connected or accepted. One runner
 * at a time may read from it, and one write to it.
 *
 * Whatever ends a read early (its deadline, a cancellation, a delimiter that did not
 * come) the bytes stay in the stream for the next read. A write that ends early
 * has written nothing; one that returned 0 is on its way, in order.
 *
 * Both directions end on their own. After #GR_EOF from a read the stream can
 * still be written to; after gr_stream_shutdown() it can still be read.
 *
 * Each call that waits has a form to be awaited together with others (combine.h): a
 * bell that rings while a client says nothing, the first of two servers that answers. It
 * fills a struct of yours, begins nothing, and gives what the call returns. What one that
 * is withdrawn leaves is what the call leaves that ends early, even where it was woken
 * already: bytes in the stream, a connection with the listener, and of a write nothing
 * is out. A connection that is being made is given up. What pointers point to is yours to
 * keep until the wait is over.
 */
#ifndef GREENROOM_STREAM_H
#define GREENROOM_STREAM_H

#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/buffer.h>

GR__BEGIN

/** A connection. Zero names none. */
typedef struct gr_stream {
    uint64_t name; /**< opaque */
} gr_stream;

/** A listening socket of one loop. Zero names none. */
typedef struct gr_listener {
    uint64_t name; /**< opaque */
} gr_listener;

/** Bytes that may wait to be written before a write waits itself. */
#define GR_STREAM_QUEUE_MAX 262144

/**
 * Connect to a host by name or address.
 *
 * A name's addresses are tried in the resolver's order until one answers; the error is the last
 * one's. Names are looked up on threads of their own.
 *
 * @thread runner
 * @owner  the stream is the caller's to close
 * @errors -ECONNREFUSED and what else connecting may give, GR_EAI codes from -3000 on for names,
 *         -EINVAL a port outside 1 to 65535, -EMFILE, -ENOMEM, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_stream_connect(const char *host, int port, gr_stream *ret_stream,
                                  gr_time deadline);

/** A connection, to be awaited together with others. */
struct gr_stream_connect_wait {
    struct gr_awaitable awaitable; /**< what to await */
    const char *host;              /**< private */
    int port;                      /**< private */
    gr_stream *ret_stream;         /**< private */
    struct gr_waiter *waiter;      /**< private: until it is woken */
    void *attempt;                 /**< private */
};

/**
 * gr_stream_connect() as an awaitable. One that is withdrawn closes what it has made, and begins
 * anew when it is awaited again.
 *
 * @thread loop
 * @owner  @p wait stays the caller's
 * @errors awaited: as gr_stream_connect(), and -EBUSY while another awaits it
 */
GR_API struct gr_awaitable *gr_stream_connect_awaitable(struct gr_stream_connect_wait *wait,
                                                        const char *host, int port,
                                                        gr_stream *ret_stream);

/**
 * Read what is there, at least one byte.
 *
 * @thread runner, on the stream's loop
 * @errors #GR_EOF, -ECONNRESET and what else reading may give, -EBUSY while another reads, -ESTALE,
 *         -ETIMEDOUT, -ECANCELED also when the stream is closed meanwhile, -ENOMEM, -ESHUTDOWN of
 *         a served one that is idle while the run drains
 */
GR_FALLIBLE int gr_stream_read(gr_stream stream, void *data, size_t size, size_t *ret_size,
                               gr_time deadline);

/**
 * Read exactly @p size bytes, or none.
 *
 * @thread runner, on the stream's loop
 * @errors as gr_stream_read(); #GR_EOF also when it ends before so many have come
 */
GR_FALLIBLE int gr_stream_read_exactly(gr_stream stream, void *data, size_t size, gr_time deadline);

/**
 * Read up to a delimiter, and with it.
 *
 * @param size  bytes at @p data, and the most that are looked at
 *
 * @thread runner, on the stream's loop
 * @errors as gr_stream_read(); -EMSGSIZE when the delimiter is not among @p size bytes
 */
GR_FALLIBLE int gr_stream_read_until(gr_stream stream, const void *delimiter, size_t delimiter_size,
                                     void *data, size_t size, size_t *ret_size, gr_time deadline);

/**
 * Look at what has been read and not taken, once it is more than @p more_than bytes.
 *
 * For parsers: look, take with gr_stream_skip() what was understood, and look again for more than
 * what is left.
 *
 * @param ret_data  the bytes, until the next call for this stream
 *
 * @thread runner, on the stream's loop
 * @errors as gr_stream_read()
 */
GR_FALLIBLE int gr_stream_peek(gr_stream stream, size_t more_than, const void **ret_data,
                               size_t *ret_size, gr_time deadline);

/** What a stream is read for, to be awaited together with others. */
struct gr_stream_read_wait {
    struct gr_awaitable awaitable; /**< what to await */
    gr_stream stream;              /**< private */
    void *data;                    /**< private */
    const void **ret_peeked;       /**< private: instead of that */
    size_t *ret_size;              /**< private */
    size_t size;                   /**< private: the most that is taken */
    size_t least;                  /**< private: bytes that are enough */
    const void *delimiter;         /**< private: or NULL */
    size_t delimiter_size;         /**< private */
    size_t seen;                   /**< private: bytes that were searched for it */
    size_t end;                    /**< private: bytes up to its end, once found; else 0 */
    struct gr_waiter *waiter;      /**< private: until it is woken */
    int status;                    /**< private: -ECANCELED once the stream was closed; else 0 */
};

/**
 * gr_stream_read() as an awaitable.
 *
 * @thread loop
 * @owner  @p wait stays the caller's
 */
GR_API struct gr_awaitable *gr_stream_read_awaitable(struct gr_stream_read_wait *wait,
                                                     gr_stream stream, void *data, size_t size,
                                                     size_t *ret_size);

/** gr_stream_read_exactly(), as gr_stream_read_awaitable(). */
GR_API struct gr_awaitable *gr_stream_read_exactly_awaitable(struct gr_stream_read_wait *wait,
                                                             gr_stream stream, void *data,
                                                             size_t size);

/** gr_stream_read_until(), as gr_stream_read_awaitable(). */
GR_API struct gr_awaitable *gr_stream_read_until_awaitable(struct gr_stream_read_wait *wait,
                                                           gr_stream stream, const void *delimiter,
                                                           size_t delimiter_size, void *data,
                                                           size_t size, size_t *ret_size);

/** gr_stream_peek(), as gr_stream_read_awaitable(). */
GR_API struct gr_awaitable *gr_stream_peek_awaitable(struct gr_stream_read_wait *wait,
                                                     gr_stream stream, size_t more_than,
                                                     const void **ret_data, size_t *ret_size);

/**
 * Take bytes that were peeked at off the stream, from which nobody may be waiting to read.
 *
 * @param size  no more than there were
 *
 * @thread loop, the stream's
 */
GR_API void gr_stream_skip(gr_stream stream, size_t size);

/**
 * Write all of @p size bytes; wait while more than #GR_STREAM_QUEUE_MAX are not yet written.
 *
 * Returns when they are written or queued. What goes wrong later is told to the next call.
 *
 * @thread runner, on the stream's loop
 * @owner  @p data stays the caller's
 * @errors -EPIPE, -ECONNRESET and what else writing may give, -EBUSY while another writes, -ESTALE,
 *         -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_stream_write(gr_stream stream, const void *data, size_t size, gr_time deadline);

/**
 * The same without waiting: -EAGAIN where gr_stream_write() would, or another waits to write.
 *
 * @thread loop, the stream's
 * @owner  @p data stays the caller's
 * @errors as gr_stream_write(), and -EAGAIN
 */
GR_FALLIBLE int gr_stream_try_write(gr_stream stream, const void *data, size_t size);

/**
 * Wait until all that was written has been handed to the system.
 *
 * @thread runner, on the stream's loop
 * @errors as gr_stream_write()
 */
GR_FALLIBLE int gr_stream_flush(gr_stream stream, gr_time deadline);

/**
 * Tell the other side that no more is written, once all that was has gone.
 *
 * @thread runner, on the stream's loop
 * @errors as gr_stream_write(), -ENOTCONN
 */
GR_FALLIBLE int gr_stream_shutdown(gr_stream stream, gr_time deadline);

/** What is written to a stream, or waited for in its writing, to be awaited together with others. */
struct gr_stream_write_wait {
    struct gr_awaitable awaitable; /**< what to await */
    gr_stream stream;              /**< private */
    const void *data;              /**< private */
    size_t size;                   /**< private */
    size_t queued_max;             /**< private: bytes in the queue that are few enough */
    bool until_shut;               /**< private: instead of that */
    struct gr_waiter *waiter;      /**< private: until it is woken */
    int status;                    /**< private: -ECANCELED once the stream was closed; else 0 */
};

/**
 * gr_stream_write() as an awaitable. All of it is written when it is taken; withdrawn, none was.
 *
 * @thread loop
 * @owner  @p wait stays the caller's
 */
GR_API struct gr_awaitable *gr_stream_write_awaitable(struct gr_stream_write_wait *wait,
                                                      gr_stream stream, const void *data,
                                                      size_t size);

/** gr_stream_flush(), as gr_stream_write_awaitable(). */
GR_API struct gr_awaitable *gr_stream_flush_awaitable(struct gr_stream_write_wait *wait,
                                                      gr_stream stream);

/**
 * gr_stream_shutdown(), as gr_stream_write_awaitable(). It begins when it is awaited, and then goes
 * on though it be withdrawn: awaited again it tells how that ended.
 */
GR_API struct gr_awaitable *gr_stream_shutdown_awaitable(struct gr_stream_write_wait *wait,
                                                         gr_stream stream);

/**
 * End a stream. Stale or zero is ignored.
 *
 * What is queued is still written, for ten seconds at most. Who waits for the stream gets
 * -ECANCELED.
 *
 * @thread loop, the stream's
 */
GR_API void gr_stream_close(gr_stream stream);

/**
 * Write the other side's address and port to @p text, as "127.0.0.1:7379" or "[::1]:7379".
 *
 * Empty for a stale stream, or one whose other side has gone.
 *
 * @thread loop, the stream's
 */
GR_API void gr_stream_peer(gr_stream stream, char *text, size_t size);

/**
 * Listen on the calling thread's loop.
 *
 * Several loops, and processes, may listen on one port; the kernel spreads connections over them.
 *
 * @param host  an address; NULL: all of the machine's
 * @param port  0: one that is free, which gr_listener_port() tells
 *
 * @thread loop
 * @owner  the listener is the caller's to close
 * @errors -EADDRINUSE, -EACCES and what else binding may give, -EINVAL a bad address or port, -EMFILE,
 *         -ENOMEM, -ESHUTDOWN while the run stops
 */
GR_FALLIBLE int gr_listen(const char *host, int port, gr_listener *ret_listener);

/**
 * The port that a listener listens on; 0 for a stale one.
 *
 * @thread loop, the listener's
 */
GR_API int gr_listener_port(gr_listener listener);

/**
 * Wait for a connection. Whatever ends the wait early, connections stay for the next call.
 *
 * @thread runner, on the listener's loop
 * @owner  the stream is the caller's to close
 * @errors -EMFILE and -ENFILE with the connection left waiting, -EBUSY while another accepts, -ESTALE,
 *         -ETIMEDOUT, -ECANCELED also when the listener is closed meanwhile, -ENOMEM
 */
GR_FALLIBLE int gr_accept(gr_listener listener, gr_stream *ret_stream, gr_time deadline);

/** The next connection, to be awaited together with others. */
struct gr_accept_wait {
    struct gr_awaitable awaitable; /**< what to await */
    gr_listener listener;          /**< private */
    gr_stream *ret_stream;         /**< private */
    struct gr_waiter *waiter;      /**< private: until it is woken */
    int status;                    /**< private: -ECANCELED once the listener was closed; else 0 */
};

/**
 * gr_accept() as an awaitable.
 *
 * @thread loop
 * @owner  @p wait stays the caller's
 */
GR_API struct gr_awaitable *gr_accept_awaitable(struct gr_accept_wait *wait, gr_listener listener,
                                                gr_stream *ret_stream);

/**
 * Stop listening. Stale or zero is ignored.
 *
 * @thread loop, the listener's
 */
GR_API void gr_listener_close(gr_listener listener);

/** Converses with one client, as a runner on the loop that accepted it. The stream is closed after. */
typedef int gr_serve_fn(gr_stream stream, void *context);

/**
 * Listen on every loop, and have @p serve called for each connection.
 *
 * Returns once all listen. They do until the run stops; it then waits until @p serve has returned for
 * each client, and ends the reads of those that are idle with -ESHUTDOWN (phase.h). What @p serve
 * returns is not looked at, save that failures other than the client's going away are reported. With
 * no descriptors left, connections wait in the kernel's queue until there are.
 *
 * @param context   for @p serve, on every loop at once: it must be constant, or of handles
 * @param ret_port  the port; or NULL
 *
 * @thread runner
 * @errors as gr_listen(), for any of the loops, and -ECANCELED
 */
GR_FALLIBLE int gr_serve(const char *host, int port, gr_serve_fn *serve, void *context,
                         int *ret_port);

GR__END

#endif
