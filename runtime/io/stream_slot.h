/*
 * The slot of a stream: what its loop keeps of it, and who waits for it.
 *
 *     transport --received--> in: ============ --stream_read.c--> the reader
 *     transport <--try, then queue-- stream_write.c               the writer, while the queue is full
 *
 * A wait lives with whoever waits, and the stream knows it from subscribe until take or cancel. So
 * one that was woken has the stream for itself until it comes to run; and one that is woken finds
 * what it waited for, since nobody else takes it away.
 *
 * Invariants:
 *   1. `reader` and `writer` are waits under way; the waiter of each is NULL once it was woken.
 *   2. `in_status` is 0 until no more can come; what came before is still in `in`.
 *   3. `queued` is the number of bytes given to the transport and not yet written.
 */
#ifndef GREENROOM_IO_STREAM_SLOT_H
#define GREENROOM_IO_STREAM_SLOT_H

#include <greenroom/stream.h>

#include "base/bytes.h"
#include "io/io.h"
#include "io/transport.h"

struct gr__stream {
    struct gr__slot slot;
    struct gr__transport *transport;
    struct gr__bytes in;
    struct gr_stream_read_wait *reader;
    struct gr_stream_write_wait *writer;
    size_t queued;
    int in_status;  /* why no more can be read, or 0 */
    int out_status; /* why no more can be written, or 0 */
    bool reading;   /* the transport has been told to */
    bool shutting;  /* shutdown was asked for */
    bool shut;      /* and has been done */
    bool served;    /* no longer read from once it is idle, in a run that drains */
};

/* NULL where it has gone, or is another loop's. */
static inline struct gr__stream *gr__stream_of(gr_stream name)
{
    return gr__slots_find(&gr__io_of(gr__loop_here())->streams, name.name);
}

/* The same for what is not a wait. */
static inline struct gr__stream *gr__stream_find(gr_stream name)
{
    const struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name.name == 0 || gr__handle_loop(name.name) == loop->id);
    (void)loop;
    return gr__stream_of(name);
}

/* Whether somebody waits to read, and was not woken yet. */
static inline bool gr__stream_awaited(const struct gr__stream *stream)
{
    return stream->reader != NULL && stream->reader->waiter != NULL;
}

/* Wake who waits to read, or to write, if it need wait no longer. */
void gr__stream_tell_reader(struct gr__stream *stream);
void gr__stream_tell_writer(struct gr__stream *stream);

#endif
