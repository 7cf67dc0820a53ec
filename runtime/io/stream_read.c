/*
 * Reading from a stream: waiting for so many bytes, or for a delimiter, and taking them.
 *
 *     received .. received .. received            what is searched for a delimiter: new bytes alone
 *         |          |           |
 *        not yet    not yet    enough: woken --> take: copied out, and off the stream
 *                                     \
 *                                      cancel: they stay for the next
 *
 * Whether there is enough is looked at when bytes come, so that a runner is woken once; and where
 * nobody waits, when somebody asks.
 *
 * Invariants:
 *   1. No delimiter ends within the first wait->seen bytes, while the wait is under way.
 *   2. Whatever a wait does not take stays in the stream.
 */
#include "io/stream_slot.h"

#include <errno.h>
#include <string.h>

#include "base/copy.h"
#include "runner/wait.h"

static struct gr_stream_read_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_stream_read_wait, awaitable);
}

/* Where the delimiter ends among the bytes not seen yet, in which it may only end; or 0. */
static size_t search(const struct gr__stream *stream, struct gr_stream_read_wait *wait)
{
    size_t have = gr__bytes_size(&stream->in);
    size_t within = have < wait->size ? have : wait->size;
    size_t from = wait->seen < wait->delimiter_size ? 0 : wait->seen - wait->delimiter_size + 1;
    if (from >= within)
        return 0;

    const char *used = gr__bytes_used(&stream->in);
    const char *at = memmem(used + from, within - from, wait->delimiter, wait->delimiter_size);
    wait->seen = within;
    return at == NULL ? 0 : (size_t)(at - used) + wait->delimiter_size;
}

/* Whether it need wait no longer: there is enough, or there will not be. */
static bool settled(const struct gr__stream *stream, struct gr_stream_read_wait *wait)
{
    if (wait->delimiter != NULL)
        wait->end = search(stream, wait);
    return wait->end > 0 || gr__bytes_size(&stream->in) >= wait->least || stream->in_status != 0;
}

void gr__stream_tell_reader(struct gr__stream *stream)
{
    if (gr__stream_awaited(stream) && settled(stream, stream->reader))
        gr__waiter_wake(&stream->reader->waiter);
}

/* One that cannot be read from is ready, too: to say so. */
static bool read_ready(struct gr_awaitable *awaitable)
{
    struct gr_stream_read_wait *wait = wait_of(awaitable);
    const struct gr__stream *stream = gr__stream_of(wait->stream);
    if (stream == NULL)
        return true;
    if (stream->reader != NULL)
        return stream->reader != wait || wait->waiter == NULL;

    wait->seen = 0;
    return settled(stream, wait);
}

static int read_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_stream_read_wait *wait = wait_of(awaitable);
    struct gr__stream *stream = gr__stream_of(wait->stream);
    if (stream->reader != NULL)
        return -EBUSY;
    if (!stream->reading) {
        int rc = stream->transport->class->read_start(stream->transport);
        if (rc < 0)
            return rc;
        stream->reading = true;
    }

    stream->reader = wait;
    wait->waiter = waiter;
    if (stream->served && gr__loop_here()->phase >= GR_PHASE_DRAIN)
        gr__streams_drain(gr__loop_here());
    return 0;
}

/* The wait is over: 0 where the stream can be read from, or why not. */
static int leave(struct gr_stream_read_wait *wait, struct gr__stream *stream)
{
    if (stream == NULL) {
        int closed = wait->status;
        wait->status = 0;
        return closed < 0 ? closed : gr__await_refusal(gr__loop_here(), wait->stream.name);
    }
    if (stream->reader != NULL && stream->reader != wait)
        return -EBUSY;

    stream->reader = NULL;
    return 0;
}

static void take_bytes(struct gr__stream *stream, struct gr_stream_read_wait *wait, size_t size)
{
    gr__copy(wait->data, gr__bytes_used(&stream->in), size);
    gr__bytes_skip(&stream->in, size);
    if (wait->ret_size != NULL)
        *wait->ret_size = size;
}

static int read_take(struct gr_awaitable *awaitable)
{
    struct gr_stream_read_wait *wait = wait_of(awaitable);
    struct gr__stream *stream = gr__stream_of(wait->stream);
    int rc = leave(wait, stream);
    if (rc < 0)
        return rc;
    size_t have = gr__bytes_size(&stream->in);
    if (have < wait->least)
        return stream->in_status;

    take_bytes(stream, wait, have < wait->size ? have : wait->size);
    return 0;
}

static int until_take(struct gr_awaitable *awaitable)
{
    struct gr_stream_read_wait *wait = wait_of(awaitable);
    struct gr__stream *stream = gr__stream_of(wait->stream);
    int rc = leave(wait, stream);
    if (rc < 0)
        return rc;
    if (wait->end == 0)
        return gr__bytes_size(&stream->in) >= wait->size ? -EMSGSIZE : stream->in_status;

    take_bytes(stream, wait, wait->end);
    return 0;
}

static int peek_take(struct gr_awaitable *awaitable)
{
    struct gr_stream_read_wait *wait = wait_of(awaitable);
    struct gr__stream *stream = gr__stream_of(wait->stream);
    int rc = leave(wait, stream);
    if (rc < 0)
        return rc;
    if (gr__bytes_size(&stream->in) < wait->least)
        return stream->in_status;

    *wait->ret_peeked = gr__bytes_used(&stream->in);
    *wait->ret_size = gr__bytes_size(&stream->in);
    return 0;
}

/* The bytes are the next one's. That the stream was closed stays to be told. */
static bool read_cancel(struct gr_awaitable *awaitable)
{
    struct gr_stream_read_wait *wait = wait_of(awaitable);
    if (wait->status < 0)
        return false;

    gr__stream_of(wait->stream)->reader = NULL;
    wait->waiter = NULL;
    return true;
}

#define NAME "bytes to read"

static const struct gr_awaitable_type read_type = {NAME, read_ready, read_subscribe, read_take,
                                                   read_cancel};
static const struct gr_awaitable_type until_type = {NAME, read_ready, read_subscribe, until_take,
                                                    read_cancel};
static const struct gr_awaitable_type peek_type = {NAME, read_ready, read_subscribe, peek_take,
                                                   read_cancel};

struct gr_awaitable *gr_stream_read_awaitable(struct gr_stream_read_wait *wait, gr_stream stream,
                                              void *data, size_t size, size_t *ret_size)
{
    *wait = (struct gr_stream_read_wait){.awaitable = {&read_type},
                                         .stream = stream,
                                         .data = data,
                                         .size = size,
                                         .least = 1,
                                         .ret_size = ret_size};
    return &wait->awaitable;
}

int gr_stream_read(gr_stream stream, void *data, size_t size, size_t *ret_size, gr_time deadline)
{
    struct gr_stream_read_wait wait;
    gr_stream_read_awaitable(&wait, stream, data, size, ret_size);
    return gr__await_in_runner(&wait.awaitable, &read_type, deadline);
}

struct gr_awaitable *gr_stream_read_exactly_awaitable(struct gr_stream_read_wait *wait,
                                                      gr_stream stream, void *data, size_t size)
{
    *wait = (struct gr_stream_read_wait){
        .awaitable = {&read_type}, .stream = stream, .data = data, .size = size, .least = size};
    return &wait->awaitable;
}

int gr_stream_read_exactly(gr_stream stream, void *data, size_t size, gr_time deadline)
{
    struct gr_stream_read_wait wait;
    gr_stream_read_exactly_awaitable(&wait, stream, data, size);
    return gr__await_in_runner(&wait.awaitable, &read_type, deadline);
}

struct gr_awaitable *gr_stream_read_until_awaitable(struct gr_stream_read_wait *wait,
                                                    gr_stream stream, const void *delimiter,
                                                    size_t delimiter_size, void *data, size_t size,
                                                    size_t *ret_size)
{
    assert(delimiter_size > 0);
    *wait = (struct gr_stream_read_wait){.awaitable = {&until_type},
                                         .stream = stream,
                                         .data = data,
                                         .size = size,
                                         .least = size,
                                         .delimiter = delimiter,
                                         .delimiter_size = delimiter_size,
                                         .ret_size = ret_size};
    return &wait->awaitable;
}

int gr_stream_read_until(gr_stream stream, const void *delimiter, size_t delimiter_size, void *data,
                         size_t size, size_t *ret_size, gr_time deadline)
{
    struct gr_stream_read_wait wait;
    gr_stream_read_until_awaitable(&wait, stream, delimiter, delimiter_size, data, size, ret_size);
    return gr__await_in_runner(&wait.awaitable, &until_type, deadline);
}

struct gr_awaitable *gr_stream_peek_awaitable(struct gr_stream_read_wait *wait, gr_stream stream,
                                              size_t more_than, const void **ret_data,
                                              size_t *ret_size)
{
    *wait = (struct gr_stream_read_wait){.awaitable = {&peek_type},
                                         .stream = stream,
                                         .least = more_than + 1,
                                         .ret_peeked = ret_data,
                                         .ret_size = ret_size};
    return &wait->awaitable;
}

int gr_stream_peek(gr_stream stream, size_t more_than, const void **ret_data, size_t *ret_size,
                   gr_time deadline)
{
    struct gr_stream_read_wait wait;
    gr_stream_peek_awaitable(&wait, stream, more_than, ret_data, ret_size);
    return gr__await_in_runner(&wait.awaitable, &peek_type, deadline);
}

void gr_stream_skip(gr_stream name, size_t size)
{
    struct gr__stream *stream = gr__stream_find(name);
    if (stream == NULL)
        return;

    assert(stream->reader == NULL && "nobody else reads");
    gr__bytes_skip(&stream->in, size);
}
