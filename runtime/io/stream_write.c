/*
 * Writing to a stream: waiting for room in its queue, for the queue to be empty, or for its end.
 *
 *     write --- room: at once --> try the transport -- what it does not take --> queue a copy
 *        \                          ^
 *         +-- wait .. written: room +  take
 *                        \
 *                         cancel: nothing was written
 *
 * All of a write goes when it is taken, or none: whoever waits has given nothing away. Room for which
 * somebody was woken is his: whoever writes without waiting finds none.
 */
#include "io/stream_slot.h"

#include <errno.h>

#include "runner/wait.h"

static struct gr_stream_write_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_stream_write_wait, awaitable);
}

/* Whether it need wait no longer. */
static bool settled(const struct gr__stream *stream, const struct gr_stream_write_wait *wait)
{
    if (stream->out_status != 0)
        return true;
    return wait->until_shut ? stream->shut : stream->queued <= wait->queued_max;
}

void gr__stream_tell_writer(struct gr__stream *stream)
{
    if (stream->writer != NULL && settled(stream, stream->writer))
        gr__waiter_wake(&stream->writer->waiter);
}

/* One that cannot be written to is ready, too: to say so. */
static bool write_ready(struct gr_awaitable *awaitable)
{
    const struct gr_stream_write_wait *wait = wait_of(awaitable);
    const struct gr__stream *stream = gr__stream_of(wait->stream);
    if (stream == NULL)
        return true;
    if (stream->writer != NULL)
        return stream->writer != wait || wait->waiter == NULL;
    return settled(stream, wait);
}

static int write_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_stream_write_wait *wait = wait_of(awaitable);
    struct gr__stream *stream = gr__stream_of(wait->stream);
    if (stream->writer != NULL)
        return -EBUSY;

    stream->writer = wait;
    wait->waiter = waiter;
    return 0;
}

static int shutdown_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr__stream *stream = gr__stream_of(wait_of(awaitable)->stream);
    if (!stream->shutting) {
        int rc = stream->transport->class->shutdown(stream->transport);
        if (rc < 0)
            return rc;
        stream->shutting = true;
    }
    return write_subscribe(awaitable, waiter);
}

/* The wait is over: 0 where the stream can be written to, or why not. */
static int leave(struct gr_stream_write_wait *wait, struct gr__stream *stream)
{
    if (stream == NULL) {
        int closed = wait->status;
        wait->status = 0;
        return closed < 0 ? closed : gr__await_refusal(gr__loop_here(), wait->stream.name);
    }
    if (stream->writer != NULL && stream->writer != wait)
        return -EBUSY;

    stream->writer = NULL;
    return stream->out_status;
}

/* Write what goes at once, and queue a copy of the rest. */
static int write_or_queue(struct gr__stream *stream, const char *data, size_t size)
{
    struct gr__transport *transport = stream->transport;
    long written = stream->queued > 0 ? 0 : transport->class->try_write(transport, data, size);
    if (written < 0) {
        stream->out_status = (int)written;
        return (int)written;
    }
    if ((size_t)written == size)
        return 0;

    struct gr_buffer rest;
    int rc = gr_buffer_copy(data + written, size - (size_t)written, &rest);
    if (rc == 0) {
        size_t queued = rest.size;
        rc = transport->class->write(transport, &rest);
        if (rc == 0)
            stream->queued += queued;
        gr_buffer_release(&rest);
    }

    /* A part may be out already: what follows would not make sense to the other side. */
    if (rc < 0)
        stream->out_status = rc;
    return rc;
}

static int write_take(struct gr_awaitable *awaitable)
{
    struct gr_stream_write_wait *wait = wait_of(awaitable);
    struct gr__stream *stream = gr__stream_of(wait->stream);
    int rc = leave(wait, stream);
    if (rc < 0)
        return rc;
    if (stream->shutting)
        return -EPIPE;
    return wait->size == 0 ? 0 : write_or_queue(stream, wait->data, wait->size);
}

static int flush_take(struct gr_awaitable *awaitable)
{
    struct gr_stream_write_wait *wait = wait_of(awaitable);
    return leave(wait, gr__stream_of(wait->stream));
}

/* The room is the next one's. That the stream was closed stays to be told. */
static bool write_cancel(struct gr_awaitable *awaitable)
{
    struct gr_stream_write_wait *wait = wait_of(awaitable);
    if (wait->status < 0)
        return false;

    gr__stream_of(wait->stream)->writer = NULL;
    wait->waiter = NULL;
    return true;
}

#define NAME "the other side to take bytes"

static const struct gr_awaitable_type write_type = {NAME, write_ready, write_subscribe, write_take,
                                                    write_cancel};
static const struct gr_awaitable_type flush_type = {NAME, write_ready, write_subscribe, flush_take,
                                                    write_cancel};
static const struct gr_awaitable_type shutdown_type = {NAME, write_ready, shutdown_subscribe,
                                                       flush_take, write_cancel};

struct gr_awaitable *gr_stream_write_awaitable(struct gr_stream_write_wait *wait, gr_stream stream,
                                               const void *data, size_t size)
{
    *wait = (struct gr_stream_write_wait){.awaitable = {&write_type},
                                          .stream = stream,
                                          .data = data,
                                          .size = size,
                                          .queued_max = GR_STREAM_QUEUE_MAX};
    return &wait->awaitable;
}

int gr_stream_write(gr_stream stream, const void *data, size_t size, gr_time deadline)
{
    struct gr_stream_write_wait wait;
    gr_stream_write_awaitable(&wait, stream, data, size);
    return gr__await_in_runner(&wait.awaitable, &write_type, deadline);
}

/* Whether somebody waits to write, or was woken to. */
static bool has_writer(const struct gr__stream *stream)
{
    return stream->writer != NULL && stream->writer->queued_max > 0;
}

int gr_stream_try_write(gr_stream name, const void *data, size_t size)
{
    struct gr__stream *stream = gr__stream_find(name);
    if (stream == NULL)
        return -ESTALE;
    if (stream->out_status != 0)
        return stream->out_status;
    if (stream->shutting)
        return -EPIPE;
    if (stream->queued > GR_STREAM_QUEUE_MAX || has_writer(stream))
        return -EAGAIN;
    return size == 0 ? 0 : write_or_queue(stream, data, size);
}

struct gr_awaitable *gr_stream_flush_awaitable(struct gr_stream_write_wait *wait, gr_stream stream)
{
    *wait = (struct gr_stream_write_wait){.awaitable = {&flush_type}, .stream = stream};
    return &wait->awaitable;
}

int gr_stream_flush(gr_stream stream, gr_time deadline)
{
    struct gr_stream_write_wait wait;
    return gr__await_in_runner(gr_stream_flush_awaitable(&wait, stream), &flush_type, deadline);
}

struct gr_awaitable *gr_stream_shutdown_awaitable(struct gr_stream_write_wait *wait,
                                                  gr_stream stream)
{
    *wait = (struct gr_stream_write_wait){
        .awaitable = {&shutdown_type}, .stream = stream, .until_shut = true};
    return &wait->awaitable;
}

int gr_stream_shutdown(gr_stream stream, gr_time deadline)
{
    struct gr_stream_write_wait wait;
    return gr__await_in_runner(gr_stream_shutdown_awaitable(&wait, stream), &shutdown_type,
                               deadline);
}
