/*
 * Keepers: an actor for each shard, which runs batches of requests on its store.
 *
 * A handler here never waits, so a batch is run as a whole, and what one connection
 * sends in one read is not torn apart by another on the same shard.
 */
#include <errno.h>

#include "server.h"
#include "shard.h"

#define SWEEP_EVERY (100 * GR_MILLISECOND)

enum { SWEEP_MOST = 2000 };

struct keeper {
    const struct server *server;
    struct store store;
};

static int start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    struct keeper *keeper = self->state;
    keeper->server = *(const struct server *const *)argument;
    struct store_spec spec = {
        .hash_key = keeper->server->hash_key,
        .seed = gr_random(),
        .shard = (uint32_t)gr_loop_here(),
        .shards = keeper->server->shards,
    };
    int rc = store_init(&keeper->store, &spec);
    return rc < 0 ? rc : gr_send(gr_self_actor(self), SERVER_SWEEP, NULL, 0);
}

static void stop(struct gr_self *self, int reason)
{
    (void)reason;
    store_done(&((struct keeper *)self->state)->store);
}

static int execute(struct keeper *keeper, const struct gr_message *message)
{
    struct buffer answers = {0};
    struct slice requests = {message->data, message->size};
    size_t used;
    int rc = shard_execute(&keeper->store, server_now(keeper->server), requests, &answers, &used);
    struct gr_buffer reply = server_buffer(answers.bytes, answers.size);
    if (rc == 0)
        rc = gr_reply_buffer(message, &reply);
    else
        rc = gr_reply_error(message, rc);
    gr_buffer_release(&reply);
    return rc == -ESHUTDOWN ? 0 : rc;
}

static int sweep(struct gr_self *self)
{
    struct keeper *keeper = self->state;
    store_expire_some(&keeper->store, server_now(keeper->server), SWEEP_MOST);
    return gr_send_after(gr_in(SWEEP_EVERY), gr_self_actor(self), SERVER_SWEEP, NULL, 0, NULL);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    switch (message->tag) {
    case SERVER_EXECUTE:
        return execute(self->state, message);
    case SERVER_SWEEP:
        return sweep(self);
    }
    return -ENOTSUP;
}

const struct gr_behavior keeper_behavior = {.name = "keeper",
                                            .start = start,
                                            .receive = receive,
                                            .stop = stop,
                                            .state_bytes = sizeof(struct keeper)};
