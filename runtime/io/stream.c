/*
 * Streams: what has been read waits here for its reader, and writers wait here for room.
 *
 *     transport --received--> in: ============ --read, skip--> the reader
 *     transport <--try, then queue-- write      the writer, while the queue is full
 *
 * A stream begins to read when somebody first wants to, and reads ahead: up to AHEAD bytes,
 * or as many as the reader waits for. So a client that sends faster than it is read from is
 * slowed by the kernel.
 *
 * While the run drains, a served stream whose reader waits with nothing read is idle. Its client may
 * have sent something all the same, which is still in the kernel: so whether it is idle is looked at
 * after the next poll.
 *
 * Invariants:
 *   1. `reader` and `writer` are set only while somebody waits; each lives on the stack of
 *      who waits, and is found by the handle again after the wait, since the stream may
 *      have been closed.
 *   2. `in_status` is 0 until no more can come; what came before is still in `in`.
 *   3. `queued` is the number of bytes given to the transport and not yet written.
 */
#include "io/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/copy.h"
#include "io/io.h"
#include "runner/wait.h"

enum { AHEAD = 64 * 1024, ROOM = 16 * 1024 };

struct stream {
    struct gr__slot slot;
    struct gr__transport *transport;
    struct gr__bytes in;
    struct gr_waiter *reader;
    struct gr_waiter *writer;
    size_t wanted; /* bytes the reader waits for */
    size_t queued;
    int in_status;  /* why no more can be read, or 0 */
    int out_status; /* why no more can be written, or 0 */
    bool reading;   /* the transport has been told to */
    bool shutting;  /* shutdown was asked for */
    bool shut;      /* and has been done */
    bool served;    /* no longer read from once it is idle, in a run that drains */
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

/* For what does not begin a wait. */
static struct stream *find(gr_stream stream)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(stream.name == 0 || gr__handle_loop(stream.name) == loop->id);
    return gr__slots_find(&gr__io_of(loop)->streams, stream.name);
}

static void wake(struct gr_waiter **place)
{
    struct gr_waiter *waiter = *place;
    if (waiter == NULL)
        return;

    *place = NULL;
    waiter->wake(waiter);
}

/* Whether who waits to read need wait no longer. */
static bool readable(const struct stream *stream)
{
    return gr__bytes_size(&stream->in) >= stream->wanted || stream->in_status != 0;
}

static char *on_room(void *context, size_t *ret_size)
{
    struct stream *stream = context;
    char *room = gr__bytes_room(&stream->in, ROOM, ret_size);
    if (room == NULL) {
        stream->in_status = -ENOMEM;
        wake(&stream->reader);
    }
    return room;
}

static void on_received(void *context, size_t size)
{
    struct stream *stream = context;
    gr__bytes_grew(&stream->in, size);
    size_t have = gr__bytes_size(&stream->in);
    if (have >= AHEAD && have >= stream->wanted) {
        stream->transport->class->read_stop(stream->transport);
        stream->reading = false;
    }
    if (readable(stream))
        wake(&stream->reader);
}

static void on_ended(void *context, int status)
{
    struct stream *stream = context;
    stream->in_status = status;
    if (stream->reading)
        stream->transport->class->read_stop(stream->transport);
    stream->reading = false;
    wake(&stream->reader);
}

static void on_written(void *context, size_t size, int status)
{
    struct stream *stream = context;
    stream->queued -= size;
    if (status < 0 && stream->out_status == 0)
        stream->out_status = status;
    wake(&stream->writer); /* who waits looks whether this is enough */
}

static void on_shut(void *context, int status)
{
    struct stream *stream = context;
    stream->shut = true;
    if (status < 0 && stream->out_status == 0)
        stream->out_status = status;
    wake(&stream->writer);
}

static const struct gr__transport_events events = {on_room, on_received, on_ended, on_written,
                                                   on_shut};

int gr__stream_make(struct gr__loop *loop, struct gr__transport *transport, gr_stream *ret_stream)
{
    uint64_t name;
    struct stream *stream = gr__slots_take(&gr__io_of(loop)->streams, &name);
    if (stream == NULL) {
        transport->class->close(transport);
        return -ENOMEM;
    }

    memset((char *)stream + sizeof stream->slot, 0, sizeof *stream - sizeof stream->slot);
    stream->transport = transport;
    transport->events = &events;
    transport->stream = stream;
    *ret_stream = (gr_stream){name};
    return 0;
}

void gr__stream_serve(gr_stream name)
{
    struct stream *stream = find(name);
    if (stream != NULL)
        stream->served = true;
}

static void end_idle(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    (void)task;
    gr__io_of(loop)->looking = false;
    for (struct stream *stream = NULL;
         (stream = gr__slots_next(&gr__io_of(loop)->streams, stream)) != NULL;)
        if (stream->served && stream->reader != NULL && gr__bytes_size(&stream->in) == 0)
            on_ended(stream, -ESHUTDOWN);
}

static const struct gr__task_class look_class = {"a look for idle streams", end_idle, NULL, NULL};

static void look_after_poll(struct gr__loop *loop)
{
    struct gr__io *io = gr__io_of(loop);
    if (io->looking)
        return;

    io->looking = true;
    io->look.class = &look_class;
    gr__queue_append(&loop->later, &io->look);
}

void gr__streams_drain(struct gr__loop *loop)
{
    if (gr__io_of(loop)->streams.live > 0)
        look_after_poll(loop);
}

/* A stream, awaited: for bytes to read, or for a state of what is written. */
struct awaited {
    struct gr_awaitable awaitable;
    gr_stream stream;
    size_t amount; /* to read: so many bytes; to write: no more than so many in the queue */
    bool until_shut;
};

static struct awaited *awaited_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct awaited, awaitable);
}

static bool reading_ready(struct gr_awaitable *awaitable)
{
    struct stream *stream = find(awaited_of(awaitable)->stream);
    if (stream == NULL)
        return true;

    stream->wanted = awaited_of(awaitable)->amount;
    return readable(stream);
}

static int reading_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct stream *stream = find(awaited_of(awaitable)->stream);
    if (!stream->reading) {
        int rc = stream->transport->class->read_start(stream->transport);
        if (rc < 0)
            return rc;
        stream->reading = true;
    }
    stream->reader = waiter;
    if (stream->served && gr__loop_here()->phase >= GR_PHASE_DRAIN)
        look_after_poll(gr__loop_here());
    return 0;
}

/* 0 when there is enough; else why there will not be. */
static int reading_take(struct gr_awaitable *awaitable)
{
    const struct stream *stream = find(awaited_of(awaitable)->stream);
    if (stream == NULL)
        return -ECANCELED;
    return gr__bytes_size(&stream->in) >= awaited_of(awaitable)->amount ? 0 : stream->in_status;
}

static bool reading_cancel(struct gr_awaitable *awaitable)
{
    struct stream *stream = find(awaited_of(awaitable)->stream);
    if (stream == NULL)
        return false;

    stream->reader = NULL;
    return !readable(stream);
}

static const struct gr_awaitable_type reading_type = {
    "bytes to read", reading_ready, reading_subscribe, reading_take, reading_cancel};

/* For a wait: 0, or why the stream cannot be waited for. */
static int find_to_await(gr_stream name, struct stream **ret_stream)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct stream *stream =
        loop == NULL ? NULL : gr__slots_find(&gr__io_of(loop)->streams, name.name);
    if (stream == NULL)
        return gr__await_refusal(loop, name.name);

    *ret_stream = stream;
    return 0;
}

/* Wait until at least `amount` bytes can be read; the stream then, or an error. */
static int await_bytes(gr_stream name, size_t amount, struct stream **ret_stream, gr_time deadline)
{
    struct stream *stream;
    int rc = find_to_await(name, &stream);
    if (rc < 0)
        return rc;
    if (stream->reader != NULL)
        return -EBUSY;

    struct awaited awaited = {.stream = name, .amount = amount};
    rc = gr__await(&awaited.awaitable, &reading_type, deadline);
    if (rc == 0)
        *ret_stream = find(name);
    return rc;
}

static void take_bytes(struct stream *stream, void *data, size_t size)
{
    gr__copy(data, gr__bytes_used(&stream->in), size);
    gr__bytes_skip(&stream->in, size);
}

int gr_stream_read(gr_stream name, void *data, size_t size, size_t *ret_size, gr_time deadline)
{
    struct stream *stream;
    int rc = await_bytes(name, 1, &stream, deadline);
    if (rc < 0)
        return rc;

    size_t have = gr__bytes_size(&stream->in);
    *ret_size = have < size ? have : size;
    take_bytes(stream, data, *ret_size);
    return 0;
}

int gr_stream_read_exactly(gr_stream name, void *data, size_t size, gr_time deadline)
{
    struct stream *stream;
    int rc = await_bytes(name, size, &stream, deadline);
    if (rc == 0)
        take_bytes(stream, data, size);
    return rc;
}

int gr_stream_read_until(gr_stream name, const void *delimiter, size_t delimiter_size, void *data,
                         size_t size, size_t *ret_size, gr_time deadline)
{
    assert(delimiter_size > 0);
    for (size_t seen = 0;;) {
        struct stream *stream;
        int rc = await_bytes(name, seen + 1, &stream, deadline);
        if (rc < 0)
            return rc;

        /* The delimiter may have begun in what was seen before. */
        size_t from = seen < delimiter_size ? 0 : seen - delimiter_size + 1;
        size_t have = gr__bytes_size(&stream->in);
        size_t within = have < size ? have : size;
        const char *used = gr__bytes_used(&stream->in);
        const char *at =
            from >= within ? NULL : memmem(used + from, within - from, delimiter, delimiter_size);
        if (at != NULL) {
            *ret_size = (size_t)(at - used) + delimiter_size;
            take_bytes(stream, data, *ret_size);
            return 0;
        }
        if (have >= size)
            return -EMSGSIZE;
        seen = have;
    }
}

int gr_stream_peek(gr_stream name, size_t more_than, const void **ret_data, size_t *ret_size,
                   gr_time deadline)
{
    struct stream *stream;
    int rc = await_bytes(name, more_than + 1, &stream, deadline);
    if (rc < 0)
        return rc;

    *ret_data = gr__bytes_used(&stream->in);
    *ret_size = gr__bytes_size(&stream->in);
    return 0;
}

void gr_stream_skip(gr_stream name, size_t size)
{
    struct stream *stream = find(name);
    if (stream != NULL)
        gr__bytes_skip(&stream->in, size);
}

/* Whether who waits to write need wait no longer. */
static bool writable(const struct stream *stream, const struct awaited *awaited)
{
    if (stream->out_status != 0)
        return true;
    return awaited->until_shut ? stream->shut : stream->queued <= awaited->amount;
}

static bool writing_ready(struct gr_awaitable *awaitable)
{
    const struct stream *stream = find(awaited_of(awaitable)->stream);
    return stream == NULL || writable(stream, awaited_of(awaitable));
}

static int writing_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    find(awaited_of(awaitable)->stream)->writer = waiter;
    return 0;
}

static int writing_take(struct gr_awaitable *awaitable)
{
    const struct stream *stream = find(awaited_of(awaitable)->stream);
    return stream == NULL ? -ECANCELED : stream->out_status;
}

static bool writing_cancel(struct gr_awaitable *awaitable)
{
    struct stream *stream = find(awaited_of(awaitable)->stream);
    if (stream == NULL)
        return false;

    stream->writer = NULL;
    return !writable(stream, awaited_of(awaitable));
}

static const struct gr_awaitable_type writing_type = {
    "the other side to take bytes", writing_ready, writing_subscribe, writing_take, writing_cancel};

/* Wait for what `awaited` says of the stream's writing; the stream then, or an error. */
static int await_writing(struct awaited *awaited, struct stream **ret_stream, gr_time deadline)
{
    struct stream *stream;
    int rc = find_to_await(awaited->stream, &stream);
    if (rc < 0)
        return rc;
    if (stream->writer != NULL)
        return -EBUSY;

    /* Woken each time something was written, who waits looks again whether it was enough. */
    do {
        rc = gr__await(&awaited->awaitable, &writing_type, deadline);
        stream = find(awaited->stream);
    } while (rc == 0 && stream != NULL && !writable(stream, awaited));
    *ret_stream = stream;
    return rc;
}

/* Write what goes at once, and queue a copy of the rest. */
static int write_or_queue(struct stream *stream, const char *data, size_t size)
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

int gr_stream_write(gr_stream name, const void *data, size_t size, gr_time deadline)
{
    struct awaited awaited = {.stream = name, .amount = GR_STREAM_QUEUE_MAX};
    struct stream *stream;
    int rc = await_writing(&awaited, &stream, deadline);
    if (rc < 0)
        return rc;
    if (stream->shutting)
        return -EPIPE;
    return size == 0 ? 0 : write_or_queue(stream, data, size);
}

int gr_stream_try_write(gr_stream name, const void *data, size_t size)
{
    struct stream *stream = find(name);
    if (stream == NULL)
        return -ESTALE;
    if (stream->out_status != 0)
        return stream->out_status;
    if (stream->shutting)
        return -EPIPE;
    if (stream->queued > GR_STREAM_QUEUE_MAX)
        return -EAGAIN;
    return size == 0 ? 0 : write_or_queue(stream, data, size);
}

int gr_stream_flush(gr_stream name, gr_time deadline)
{
    struct awaited awaited = {.stream = name, .amount = 0};
    struct stream *stream;
    return await_writing(&awaited, &stream, deadline);
}

int gr_stream_shutdown(gr_stream name, gr_time deadline)
{
    struct stream *stream;
    int rc = find_to_await(name, &stream);
    if (rc < 0)
        return rc;
    if (!stream->shutting) {
        rc = stream->transport->class->shutdown(stream->transport);
        if (rc < 0)
            return rc;
        stream->shutting = true;
    }

    struct awaited awaited = {.stream = name, .until_shut = true};
    return await_writing(&awaited, &stream, deadline);
}

void gr_stream_peer(gr_stream name, char *text, size_t size)
{
    struct stream *stream = find(name);
    if (stream != NULL)
        stream->transport->class->peer(stream->transport, text, size);
    else if (size > 0)
        text[0] = '\0';
}

static void end(struct gr__loop *loop, struct stream *stream)
{
    struct gr_waiter *reader = stream->reader;
    struct gr_waiter *writer = stream->writer;
    stream->transport->class->close(stream->transport);
    gr__bytes_done(&stream->in);
    gr__slots_give(&gr__io_of(loop)->streams, stream);
    wake(&reader);
    wake(&writer);
}

void gr_stream_close(gr_stream name)
{
    struct stream *stream = find(name);
    if (stream != NULL)
        end(gr__loop_here(), stream);
}

int gr__streams_start(struct gr__loop *loop)
{
    return gr__slots_init(&gr__io_of(loop)->streams, loop->id, sizeof(struct stream),
                          &floors[loop->id]);
}

void gr__streams_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (gr__io_of(loop)->streams.live == 0)
        return;

    char line[128];
    snprintf(line, sizeof line, "%u streams on loop %u were never closed",
             gr__io_of(loop)->streams.live, loop->id);
    say(context, line);
}

void gr__streams_done(struct gr__loop *loop)
{
    struct gr__slots *streams = &gr__io_of(loop)->streams;
    for (struct stream *stream; (stream = gr__slots_next(streams, NULL)) != NULL;)
        end(loop, stream);
    gr__slots_done(streams);
}
