/*
 * Streams: what a transport tells of, and the beginning and end of each. How they are read from and
 * written to stands in stream_read.c and stream_write.c, and what they share in stream_slot.h.
 *
 * A stream begins to read when somebody first wants to, and reads ahead: up to AHEAD bytes,
 * or as many as the reader waits for. So a client that sends faster than it is read from is
 * slowed by the kernel.
 *
 * While the run drains, a served stream whose reader waits with nothing read is idle. Its client may
 * have sent something all the same, which is still in the kernel: so whether it is idle is looked at
 * after the next poll.
 */
#include "io/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/stream_slot.h"
#include "runner/wait.h"

enum { AHEAD = 64 * 1024, ROOM = 16 * 1024 };

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static char *on_room(void *context, size_t *ret_size)
{
    struct gr__stream *stream = context;
    char *room = gr__bytes_room(&stream->in, ROOM, ret_size);
    if (room == NULL) {
        stream->in_status = -ENOMEM;
        gr__stream_tell_reader(stream);
    }
    return room;
}

static void on_received(void *context, size_t size)
{
    struct gr__stream *stream = context;
    gr__bytes_grew(&stream->in, size);
    gr__stream_tell_reader(stream);
    if (gr__bytes_size(&stream->in) >= AHEAD && !gr__stream_awaited(stream)) {
        stream->transport->class->read_stop(stream->transport);
        stream->reading = false;
    }
}

static void on_ended(void *context, int status)
{
    struct gr__stream *stream = context;
    stream->in_status = status;
    if (stream->reading)
        stream->transport->class->read_stop(stream->transport);
    stream->reading = false;
    gr__stream_tell_reader(stream);
}

static void on_written(void *context, size_t size, int status)
{
    struct gr__stream *stream = context;
    stream->queued -= size;
    if (status < 0 && stream->out_status == 0)
        stream->out_status = status;
    gr__stream_tell_writer(stream);
}

static void on_shut(void *context, int status)
{
    struct gr__stream *stream = context;
    stream->shut = true;
    if (status < 0 && stream->out_status == 0)
        stream->out_status = status;
    gr__stream_tell_writer(stream);
}

static const struct gr__transport_events events = {on_room, on_received, on_ended, on_written,
                                                   on_shut};

int gr__stream_make(struct gr__loop *loop, struct gr__transport *transport, gr_stream *ret_stream)
{
    uint64_t name;
    struct gr__stream *stream = gr__slots_take(&gr__io_of(loop)->streams, &name);
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
    struct gr__stream *stream = gr__stream_find(name);
    if (stream != NULL)
        stream->served = true;
}

static void end_idle(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    (void)task;
    gr__io_of(loop)->looking = false;
    for (struct gr__stream *stream = NULL;
         (stream = gr__slots_next(&gr__io_of(loop)->streams, stream)) != NULL;)
        if (stream->served && gr__stream_awaited(stream) && gr__bytes_size(&stream->in) == 0)
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

void gr_stream_peer(gr_stream name, char *text, size_t size)
{
    struct gr__stream *stream = gr__stream_find(name);
    if (stream != NULL)
        stream->transport->class->peer(stream->transport, text, size);
    else if (size > 0)
        text[0] = '\0';
}

static void end(struct gr__loop *loop, struct gr__stream *stream)
{
    struct gr_stream_read_wait *reader = stream->reader;
    struct gr_stream_write_wait *writer = stream->writer;
    stream->transport->class->close(stream->transport);
    gr__bytes_done(&stream->in);
    gr__slots_give(&gr__io_of(loop)->streams, stream);
    if (reader != NULL) {
        reader->status = -ECANCELED;
        gr__waiter_wake(&reader->waiter);
    }
    if (writer != NULL) {
        writer->status = -ECANCELED;
        gr__waiter_wake(&writer->waiter);
    }
}

void gr_stream_close(gr_stream name)
{
    struct gr__stream *stream = gr__stream_find(name);
    if (stream != NULL)
        end(gr__loop_here(), stream);
}

int gr__streams_start(struct gr__loop *loop)
{
    return gr__slots_init(&gr__io_of(loop)->streams, loop->id, sizeof(struct gr__stream),
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
    for (struct gr__stream *stream; (stream = gr__slots_next(streams, NULL)) != NULL;)
        end(loop, stream);
    gr__slots_done(streams);
}
