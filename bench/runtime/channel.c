/*
 * How long does an item take through a channel?
 *
 * An operation is an item. On one loop it is copied in and copied out; two runners take turns of as
 * many as the channel holds, so that a switch of stacks (bench/floors/context_switch.c) hardly
 * counts for one item, and what dominates is the number of instructions, which `tests/run budget`
 * counts (channel).
 *
 * Who sends from another loop has room granted ahead, and its items stream in messages: twice what
 * a streamed message takes (bench/runtime/message_remote.c). Who receives on another loop asks for
 * each item and waits for it: that is a message there and one back (bench/runtime/hop.c), and
 * nearly three times the machine's floor, a line of the cache there and back
 * (bench/floors/cache_line.c).
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { BOUND = 256 };

struct stream {
    gr_channel channel;
    gr_promise over;
    uint64_t items;
};

/* One runner sends and receives by turns: nobody ever waits. */
static int send_and_receive(void *context, uint64_t operations)
{
    gr_channel channel;
    (void)context;
    int rc = gr_channel_make(sizeof(uint64_t), BOUND, &channel);
    uint64_t got = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        rc = gr_channel_send(channel, &i, sizeof i, GR_FOREVER);
        if (rc == 0)
            rc = gr_channel_receive(channel, &got, sizeof got, GR_FOREVER);
        if (rc == 0 && got != i)
            rc = bench_wrong("another item");
    }
    gr_channel_drop(channel);
    return rc;
}

static int send_all(void *context)
{
    const struct stream *stream = context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < stream->items; i++)
        rc = gr_channel_send(stream->channel, &i, sizeof i, GR_FOREVER);
    return rc;
}

static int receive_all(void *context)
{
    const struct stream *stream = context;
    int rc = 0;
    for (uint64_t i = 0, got = 0; rc == 0 && i < stream->items; i++) {
        rc = gr_channel_receive(stream->channel, &got, sizeof got, GR_FOREVER);
        if (rc == 0 && got != i)
            rc = bench_wrong("items out of order");
    }
    return rc;
}

/* Two runners of one loop, each of which waits when the channel is full or empty. */
static int stream_here(void *context, uint64_t operations)
{
    (void)context;
    struct stream stream = {.items = operations};
    gr_runner sender;
    int rc = gr_channel_make(sizeof(uint64_t), BOUND, &stream.channel);
    if (rc == 0)
        rc = gr_runner_start(send_all, &stream, NULL, &sender);
    if (rc == 0)
        rc = receive_all(&stream);
    if (rc == 0)
        rc = gr_runner_join(sender, GR_FOREVER);
    gr_channel_drop(stream.channel);
    return rc;
}

static void send_from_there(void *context)
{
    const struct stream *stream = context;
    gr_promise over = stream->over;
    int rc = send_all(context);
    if ((rc < 0 ? gr_promise_reject(over, rc) : gr_promise_resolve(over, NULL, 0)) < 0)
        (void)bench_wrong("the future is gone");
}

static void receive_there(void *context)
{
    const struct stream *stream = context;
    gr_promise over = stream->over;
    int rc = receive_all(context);
    if ((rc < 0 ? gr_promise_reject(over, rc) : gr_promise_resolve(over, NULL, 0)) < 0)
        (void)bench_wrong("the future is gone");
}

/* One end is here, with the channel, and the other on loop 1. */
static int stream_between(gr_task_fn *there, gr_runner_fn *here, uint64_t operations)
{
    struct stream stream = {.items = operations};
    gr_future over;
    int rc = gr_channel_make(sizeof(uint64_t), BOUND, &stream.channel);
    if (rc == 0)
        rc = gr_future_make(&over, &stream.over);
    if (rc == 0)
        rc = gr_post(1, there, &stream, NULL);
    if (rc == 0)
        rc = here(&stream);
    if (rc == 0)
        rc = gr_future_await(over, NULL, 0, GR_FOREVER);
    gr_channel_drop(stream.channel);
    return rc;
}

static int stream_to_here(void *context, uint64_t operations)
{
    (void)context;
    return stream_between(send_from_there, receive_all, operations);
}

static int stream_from_here(void *context, uint64_t operations)
{
    (void)context;
    return stream_between(receive_there, send_all, operations);
}

static int run(void *context)
{
    (void)context;
    const struct bench_row rows[] = {
        {.name = "channel", .variant = "sent and received by one runner", .work = send_and_receive},
        {.name = "channel", .variant = "between two runners of a loop", .work = stream_here},
        {.name = "channel", .variant = "to its own loop from another", .work = stream_to_here},
        {.name = "channel", .variant = "from its own loop to another", .work = stream_from_here},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof *rows; i++)
        rc = bench_measure(&rows[i]);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
