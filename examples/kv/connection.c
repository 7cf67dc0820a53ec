/*
 * Connections: a runner for each client.
 *
 *     peek --> dialog_read --> a batch for each shard --> asks, all at once
 *       ^                                                   |
 *       +------ one write of all replies <-- answers -------+
 *
 * What is published while the runner works waits in `pushes`, behind the replies under
 * way; while the runner waits for the client, it is written at once. Where the client does
 * not read, a second runner, the pusher, waits for it to.
 *
 * Invariants:
 *   1. `working` is set from what was peeked until all replies to it are written.
 *   2. One runner writes at a time: the pusher runs only while `working` is not set, or
 *      is joined before anything is written.
 */
#include <errno.h>
#include <stdlib.h>

#include "channels.h"
#include "dialog.h"
#include "memory.h"
#include "server.h"

enum { PENDING_MAX = 4096, PUSHES_MAX = 32 << 20 };

#define ANSWER_WITHIN (60 * GR_SECOND)

/* Something to publish, in the order of the requests. */
struct publication {
    struct publication *next;
    struct slice channel;
    struct slice message;
    char bytes[]; /* of both */
};

/* A question to a shard, under way. */
struct question {
    uint32_t shard;
    struct gr_buffer batch; /* until it is asked */
    gr_future future;       /* from then on */
};

struct connection {
    const struct server *server;
    struct front *front;
    gr_stream stream;
    struct dialog dialog;
    struct buffer output;
    struct listener listener;
    struct channels channels;
    struct publication *publications; /* oldest first */
    struct publication **last_publication;
    struct question *questions; /* room for one to each shard; a stack would be too small for it */
    struct buffer pushes;
    gr_runner pusher; /* zero when there is none */
    bool working;
    bool dropped; /* it has not read what was published for too long */
};

static struct connection *of_listener(struct listener *listener)
{
    return (struct connection *)(void *)((char *)listener - offsetof(struct connection, listener));
}

static struct slice bytes_in(const struct buffer *buffer)
{
    return (struct slice){buffer->bytes, buffer->size};
}

/* Write what waits, as much as there is now, and then what has come meanwhile. */
static int push(void *context)
{
    struct connection *connection = context;
    int rc = 0;
    while (rc == 0 && connection->pushes.size > 0) {
        struct buffer out = connection->pushes;
        connection->pushes = (struct buffer){0};
        rc = gr_stream_write(connection->stream, out.bytes, out.size, GR_FOREVER);
        buffer_done(&out);
    }
    return 0; /* the connection's own runner finds out what is wrong with the stream */
}

static int join_pusher(struct connection *connection)
{
    if (connection->pusher.name == 0)
        return 0;

    int rc = gr_runner_join(connection->pusher, GR_FOREVER);
    if (rc == 0)
        connection->pusher = (gr_runner){0};
    return rc;
}

static void drop_client(struct connection *connection)
{
    connection->dropped = true;
    gr_stream_close(connection->stream);
}

static void write_pushes(struct connection *connection)
{
    struct buffer *pushes = &connection->pushes;
    int rc = gr_stream_try_write(connection->stream, pushes->bytes, pushes->size);
    if (rc == 0)
        pushes->size = 0;
    else if (rc == -EAGAIN && gr_runner_start(push, connection, NULL, &connection->pusher) < 0)
        drop_client(connection);
}

static void hear(struct listener *listener, struct slice channel, struct slice message)
{
    struct connection *connection = of_listener(listener);
    if (connection->dropped)
        return;

    struct reply reply = {&connection->pushes, connection->dialog.session.protocol};
    channels_message(&reply, channel, message);
    if (connection->pushes.failed || connection->pushes.size > PUSHES_MAX)
        drop_client(connection);
    else if (!connection->working && connection->pusher.name == 0)
        write_pushes(connection);
}

static int note_publication(struct connection *connection, const struct plan *plan)
{
    struct slice channel = plan->argv[1], message = plan->argv[2];
    struct publication *publication =
        memory_take(sizeof *publication + channel.size + message.size);
    if (publication == NULL)
        return -ENOMEM;

    memcpy(publication->bytes, channel.data, channel.size);
    memcpy(publication->bytes + channel.size, message.data, message.size);
    publication->next = NULL;
    publication->channel = (struct slice){publication->bytes, channel.size};
    publication->message = (struct slice){publication->bytes + channel.size, message.size};
    *connection->last_publication = publication;
    connection->last_publication = &publication->next;
    return 0;
}

static int subscribe(struct connection *connection, struct slice channel, struct reply *reply)
{
    struct channels *channels = &connection->channels;
    const struct hash_key *key = &connection->server->hash_key;
    int added = channels_add(channels, key, channel);
    if (added < 0)
        return added;
    if (added > 0 && hub_add(&connection->front->hub, channel, &connection->listener) < 0) {
        channels_remove(channels, key, channel);
        return -ENOMEM;
    }
    channels_confirm(reply, "subscribe", &channel, channels_count(channels));
    return 0;
}

static void unsubscribe(struct connection *connection, struct slice channel, struct reply *reply)
{
    /* The name may lie in the channels themselves: it goes last. */
    struct channels *channels = &connection->channels;
    hub_remove(&connection->front->hub, channel, &connection->listener);
    size_t left = channels_count(channels);
    if (reply == NULL) {
        channels_remove(channels, &connection->server->hash_key, channel);
        return;
    }
    struct buffer copy = {0};
    buffer_append(&copy, channel.data, channel.size);
    struct slice name = bytes_in(&copy);
    left -= channels_remove(channels, &connection->server->hash_key, channel);
    channels_confirm(reply, "unsubscribe", &name, left);
    buffer_done(&copy);
}

static void unsubscribe_all(struct connection *connection, struct reply *reply)
{
    struct channels *channels = &connection->channels;
    if (channels_count(channels) == 0 && reply != NULL)
        channels_confirm(reply, "unsubscribe", NULL, 0);
    while (channels_count(channels) > 0)
        unsubscribe(connection, channels_at(channels, 0), reply);
}

/* What is for the server itself: publish, subscribe, unsubscribe. */
static bool serve(void *context, struct dialog *dialog, const struct plan *plan,
                  struct reply *reply)
{
    struct connection *connection = context;
    const char *name = plan->command->name;
    int rc = 0;
    if (strcmp(name, "publish") == 0) {
        rc = note_publication(connection, plan);
        if (rc == 0)
            return false;
    } else if (strcmp(name, "subscribe") == 0) {
        for (size_t i = 1; rc == 0 && i < plan->argc; i++)
            rc = subscribe(connection, plan->argv[i], reply);
    } else if (plan->argc == 1) {
        unsubscribe_all(connection, reply);
    } else {
        for (size_t i = 1; i < plan->argc; i++)
            unsubscribe(connection, plan->argv[i], reply);
    }
    dialog->session.subscriptions = channels_count(&connection->channels);
    if (rc < 0)
        reply_error(reply, "OOM out of memory");
    return true;
}

/* Take the batches off the front before anything waits: the next connection may want it then. */
static uint32_t take_batches(struct connection *connection)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < connection->server->shards; i++) {
        struct buffer *batch = &connection->front->batches[i];
        if (batch->size == 0)
            continue;
        connection->questions[count++] =
            (struct question){.shard = i, .batch = server_buffer(batch->bytes, batch->size)};
        *batch = (struct buffer){0};
    }
    return count;
}

static int ask_shards(struct connection *connection, uint32_t count, uint32_t *ret_asked)
{
    gr_time deadline = gr_in(ANSWER_WITHIN);
    uint32_t asked = 0;
    int rc = 0;
    while (rc == 0 && asked < count) {
        struct question *question = &connection->questions[asked];
        gr_actor keeper = connection->server->keepers[question->shard];
        rc = gr_ask_start_buffer(keeper, SERVER_EXECUTE, &question->batch, &question->future,
                                 deadline);
        asked += rc == 0;
    }
    for (uint32_t i = asked; i < count; i++)
        gr_buffer_release(&connection->questions[i].batch);
    *ret_asked = asked;
    return rc;
}

static int take_answers(struct connection *connection, uint32_t shard, struct slice answers)
{
    const char *at = answers.data;
    struct answer answer;
    int rc = 0;
    while (rc == 0 && answer_next(&at, answers.data + answers.size, &answer))
        rc = dialog_answered(&connection->dialog, shard, answer.reply,
                             server_now(connection->server), &connection->output);
    return rc;
}

static int await_answers(struct connection *connection, const struct question *question)
{
    struct gr_buffer answers;
    int rc = gr_future_await_buffer(question->future, &answers, gr_in(ANSWER_WITHIN));
    if (rc < 0) {
        gr_future_drop(question->future);
        return rc;
    }

    rc = take_answers(connection, question->shard, (struct slice){answers.data, answers.size});
    gr_buffer_release(&answers);
    return rc;
}

static int consult_shards(struct connection *connection)
{
    uint32_t asked;
    int rc = ask_shards(connection, take_batches(connection), &asked);
    for (uint32_t i = 0; i < asked; i++) {
        if (rc == 0)
            rc = await_answers(connection, &connection->questions[i]);
        else
            gr_future_drop(connection->questions[i].future);
    }
    return rc;
}

static int publish_one(struct connection *connection, const struct publication *publication)
{
    int64_t heard;
    int rc = server_publish(connection->server, publication->channel, publication->message, &heard);
    if (rc < 0)
        return rc;

    struct buffer bytes = {0};
    struct reply reply = {&bytes, connection->dialog.session.protocol};
    reply_integer(&reply, heard);
    rc = bytes.failed ? -ENOMEM
                      : dialog_served(&connection->dialog, bytes_in(&bytes),
                                      server_now(connection->server), &connection->output);
    buffer_done(&bytes);
    return rc;
}

static void forget_publication(struct connection *connection)
{
    struct publication *first = connection->publications;
    connection->publications = first->next;
    if (first->next == NULL)
        connection->last_publication = &connection->publications;
    memory_give(first);
}

static int publish_all(struct connection *connection)
{
    int rc = 0;
    while (rc == 0 && connection->publications != NULL) {
        rc = publish_one(connection, connection->publications);
        forget_publication(connection);
    }
    return rc;
}

static int write_out(struct connection *connection, struct buffer *buffer)
{
    if (buffer->failed)
        return -ENOMEM;
    if (buffer->size == 0)
        return 0;

    int rc = gr_stream_write(connection->stream, buffer->bytes, buffer->size, GR_FOREVER);
    buffer->size = 0;
    return rc;
}

/* Reply to what has come, and write it all at once; what was published meanwhile goes behind. */
static int reply_to(struct connection *connection)
{
    int rc = consult_shards(connection);
    if (rc == 0)
        rc = publish_all(connection);
    if (rc == 0)
        rc = join_pusher(connection);
    if (rc == 0)
        rc = write_out(connection, &connection->output);
    while (rc == 0 && connection->pushes.size > 0)
        rc = push(connection);
    return rc;
}

/* One read's worth. Returns how much of what was read is left in ret_left. */
static int converse_once(struct connection *connection, size_t *left)
{
    const void *data;
    size_t size, used;
    int rc = gr_stream_peek(connection->stream, *left, &data, &size, GR_FOREVER);
    if (rc < 0)
        return rc;

    connection->working = true;
    rc =
        dialog_read(&connection->dialog, server_now(connection->server), (struct slice){data, size},
                    connection->front->batches, &connection->output, &used);
    gr_stream_skip(connection->stream, used);
    if (rc == 0)
        rc = reply_to(connection);
    connection->working = false;

    /* With something used, what is left may be requests that only were too many at once. */
    *left = used > 0 ? 0 : size;
    return rc;
}

static int converse(struct connection *connection)
{
    size_t left = 0;
    int rc = 0;
    while (rc == 0 && !dialog_closing(&connection->dialog))
        rc = converse_once(connection, &left);
    return rc;
}

static int begin(struct connection *connection, struct server *server, gr_stream stream)
{
    struct front *front = &server->fronts[gr_loop_here()];
    *connection =
        (struct connection){.server = server, .front = front, .stream = stream, .listener = {hear}};
    connection->last_publication = &connection->publications;
    char address[64] = "";
    gr_stream_peer(stream, address, sizeof address);
    struct dialog_spec spec = {
        .planner = &front->planner,
        .serve = serve,
        .context = connection,
        .id = front->next_id,
        .now = server_now(server),
        .address = address,
        .pending_max = PENDING_MAX,
    };
    front->next_id += server->shards;
    front->facts.clients++;
    front->facts.connections++;
    connection->questions = memory_take(server->shards * sizeof *connection->questions);
    return connection->questions == NULL ? -ENOMEM : dialog_init(&connection->dialog, &spec);
}

static void end(struct connection *connection)
{
    struct gr_shield shield;
    gr_runner_cancel(connection->pusher);
    gr_shield_raise(&shield, GR_FOREVER);
    if (join_pusher(connection) < 0)
        gr_runner_drop(connection->pusher);
    gr_shield_lower(&shield);
    unsubscribe_all(connection, NULL);
    while (connection->publications != NULL)
        forget_publication(connection);
    memory_give(connection->questions);
    channels_done(&connection->channels);
    dialog_done(&connection->dialog);
    buffer_done(&connection->output);
    buffer_done(&connection->pushes);
    connection->front->facts.clients--;
}

int server_converse(gr_stream stream, void *context)
{
    struct connection connection;
    int rc = begin(&connection, context, stream);
    if (rc == 0)
        rc = converse(&connection);
    end(&connection);
    return rc;
}
