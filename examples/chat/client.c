/*
 * Clients: the writing side of a connection, and the name by which others know it.
 *
 * One that has not read what waits for it is dropped: its stream is closed, which its session
 * finds out when it reads.
 */
#include <errno.h>
#include <string.h>

#include "chat.h"

static int start(struct gr_self *self, const void *stream, size_t size)
{
    memcpy(self->state, stream, size);
    return 0;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    gr_stream stream = *(const gr_stream *)self->state;
    bool is_line = message->tag == CLIENT_LINE;
    if (is_line && gr_stream_try_write(stream, message->data, message->size) == -EAGAIN)
        gr_stream_close(stream);
    return 0;
}

const struct gr_behavior client_behavior = {
    .name = "client", .receive = receive, .start = start, .state_bytes = sizeof(gr_stream)};
