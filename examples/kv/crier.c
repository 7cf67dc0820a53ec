/*
 * Criers: an actor for each loop, which tells the loop's own connections what is published.
 *
 * A message names the channel and has the message behind it: | size of the name | name | message |
 */
#include <errno.h>

#include "memory.h"
#include "server.h"

struct crier {
    struct hub *hub;
};

static int start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct server *server = *(const struct server *const *)argument;
    ((struct crier *)self->state)->hub = &server->fronts[gr_loop_here()].hub;
    return 0;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag != SERVER_PUBLISH)
        return -ENOTSUP;

    const struct crier *crier = self->state;
    uint32_t name_size;
    memcpy(&name_size, message->data, sizeof name_size);
    const char *name = (const char *)message->data + sizeof name_size;
    struct slice channel = {name, name_size};
    struct slice text = {name + name_size, message->size - sizeof name_size - name_size};
    int64_t heard = hub_tell(crier->hub, channel, text);
    int rc = gr_reply(message, &heard, sizeof heard);
    return rc == -ESHUTDOWN ? 0 : rc;
}

const struct gr_behavior crier_behavior = {
    .name = "crier", .start = start, .receive = receive, .state_bytes = sizeof(struct crier)};

static int write_announcement(struct slice channel, struct slice message,
                              struct gr_buffer *ret_buffer)
{
    uint32_t name_size = (uint32_t)channel.size;
    size_t size = sizeof name_size + channel.size + message.size;
    char *bytes = memory_take(size);
    if (bytes == NULL)
        return -ENOMEM;

    memcpy(bytes, &name_size, sizeof name_size);
    memcpy(bytes + sizeof name_size, channel.data, channel.size);
    memcpy(bytes + sizeof name_size + channel.size, message.data, message.size);
    *ret_buffer = server_buffer(bytes, size);
    return 0;
}

static int ask_crier(gr_actor crier, struct slice channel, struct slice message,
                     gr_future *ret_future)
{
    struct gr_buffer announcement;
    int rc = write_announcement(channel, message, &announcement);
    if (rc < 0)
        return rc;
    rc = gr_ask_start_buffer(crier, SERVER_PUBLISH, &announcement, ret_future, GR_FOREVER);
    gr_buffer_release(&announcement);
    return rc;
}

/* The sum of what the criers say; every future ends here. */
static int sum_up(const gr_future *futures, uint32_t count, int64_t *ret_heard)
{
    int rc = 0;
    *ret_heard = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t heard = 0;
        int failed = gr_future_await(futures[i], &heard, sizeof heard, GR_FOREVER);
        gr_future_drop(futures[i]);
        *ret_heard += heard;
        if (failed < 0)
            rc = failed;
    }
    return rc;
}

int server_publish(const struct server *server, struct slice channel, struct slice message,
                   int64_t *ret_heard)
{
    gr_future *futures = memory_take(server->shards * sizeof *futures);
    if (futures == NULL)
        return -ENOMEM;

    uint32_t asked = 0;
    int rc = 0;
    while (rc == 0 && asked < server->shards) {
        rc = ask_crier(server->criers[asked], channel, message, &futures[asked]);
        asked += rc == 0;
    }
    int64_t heard;
    int failed = sum_up(futures, asked, &heard);
    memory_give(futures);
    if (rc == 0)
        rc = failed;
    if (rc == 0)
        *ret_heard = heard;
    return rc;
}
