/*
 * Channels, for who uses them: at home by a call, from another loop by its port, from a foreign
 * thread by an item that is posted.
 */
#include <greenroom/channel.h>

#include <errno.h>

#include "future/channel.h"
#include "runner/line.h"
#include "runner/wait.h"

static bool is_home(uint64_t name)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    return gr__handle_loop(name) == gr__loop_here()->id;
}

static bool fits(gr_channel channel, size_t size, bool buffer)
{
    return size == channel.item_bytes && buffer == (channel.buffers != 0);
}

/* --- Sending ------------------------------------------------------------------------------- */

static bool send_ready(struct gr_awaitable *awaitable)
{
    struct gr_channel_wait *wait = gr__channel_wait_of(awaitable);
    return !fits(wait->channel, wait->size, wait->buffer) ||
           (is_home(wait->channel.name) ? gr__channel_send_ready(wait) : gr__port_send_ready(wait));
}

static int send_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_channel_wait *wait = gr__channel_wait_of(awaitable);
    if (!is_home(wait->channel.name))
        return gr__port_send_subscribe(wait, waiter);

    gr__channel_send_subscribe(wait, waiter);
    return 0;
}

/* What was moved is the channel's. */
static int moved(int rc, void *item, bool buffer)
{
    if (rc == 0 && buffer)
        *(struct gr_buffer *)item = (struct gr_buffer){0};
    return rc;
}

static int send_take(struct gr_awaitable *awaitable)
{
    struct gr_channel_wait *wait = gr__channel_wait_of(awaitable);
    if (!fits(wait->channel, wait->size, wait->buffer))
        return -EMSGSIZE;

    struct gr__parcel parcel = {wait->item, wait->size, wait->buffer};
    int rc = is_home(wait->channel.name) ? gr__channel_send_take(wait, &parcel)
                                         : gr__port_send_take(wait, &parcel);
    return moved(rc, wait->item, wait->buffer);
}

static bool send_cancel(struct gr_awaitable *awaitable)
{
    struct gr_channel_wait *wait = gr__channel_wait_of(awaitable);
    if (is_home(wait->channel.name))
        gr__channel_send_cancel(wait);
    else
        gr__port_send_cancel(wait);
    return true;
}

static const struct gr_awaitable_type send_type = {"room in a channel", send_ready, send_subscribe,
                                                   send_take, send_cancel};

/* Room that is there, and stays it: only that is waited for. */
static int room_take(struct gr_awaitable *awaitable)
{
    send_cancel(awaitable);
    return 0;
}

static const struct gr_awaitable_type room_type = {"room in a channel", send_ready, send_subscribe,
                                                   room_take, send_cancel};

static struct gr_awaitable *fill(struct gr_channel_wait *wait, const struct gr_awaitable_type *type,
                                 gr_channel channel, void *item, size_t size, bool buffer)
{
    *wait = (struct gr_channel_wait){
        .awaitable = {type}, .channel = channel, .item = item, .size = size, .buffer = buffer};
    return &wait->awaitable;
}

struct gr_awaitable *gr_channel_send_awaitable(struct gr_channel_wait *wait, gr_channel channel,
                                               const void *item, size_t size)
{
    return fill(wait, &send_type, channel, (void *)(uintptr_t)item, size, false);
}

struct gr_awaitable *gr_channel_send_buffer_awaitable(struct gr_channel_wait *wait,
                                                      gr_channel channel, struct gr_buffer *buffer)
{
    return fill(wait, &send_type, channel, buffer, sizeof *buffer, true);
}

/*
 * From a foreign thread: as many are under way to a loop as messages to its actors may be, and an
 * item counts until it is within the channel's bound.
 */
static int send_foreign(uint64_t name, const struct gr__parcel *parcel)
{
    unsigned to = gr__handle_loop(name);
    if (!gr__foreign_window_enter(to))
        return -EAGAIN;
    struct gr__item *item = gr__item_make(NULL, name, parcel);
    if (item == NULL) {
        gr__foreign_window_leave(to, 1);
        return -ENOMEM;
    }

    item->flags |= GR__ITEM_HELD;
    item->task.class = &gr__channel_item_class;
    if (gr__item_send(NULL, to, item))
        return 0;
    gr__foreign_window_leave(to, 1);
    gr__item_give(item);
    return -ESHUTDOWN;
}

static int try_send(gr_channel channel, const struct gr__parcel *parcel)
{
    if (!fits(channel, parcel->size, parcel->buffer))
        return -EMSGSIZE;
    if (gr__loop_here() == NULL)
        return send_foreign(channel.name, parcel);
    return is_home(channel.name) ? gr__channel_try_send(channel.name, parcel)
                                 : gr__port_try_send(channel.name, parcel);
}

int gr_channel_try_send(gr_channel channel, const void *item, size_t size)
{
    return try_send(channel, &(struct gr__parcel){item, size, false});
}

int gr_channel_try_send_buffer(gr_channel channel, struct gr_buffer *buffer)
{
    return moved(try_send(channel, &(struct gr__parcel){buffer, sizeof *buffer, true}), buffer,
                 true);
}

int gr_channel_send(gr_channel channel, const void *item, size_t size, gr_time deadline)
{
    if (gr__runner_here() == NULL)
        return GR_ENOTRUNNER;
    int rc = gr_channel_try_send(channel, item, size);
    if (rc != -EAGAIN)
        return rc;

    struct gr_channel_wait wait;
    return gr__await(gr_channel_send_awaitable(&wait, channel, item, size), &send_type, deadline);
}

int gr_channel_send_buffer(gr_channel channel, struct gr_buffer *buffer, gr_time deadline)
{
    struct gr_channel_wait wait;
    return gr__await_in_runner(gr_channel_send_buffer_awaitable(&wait, channel, buffer), &send_type,
                               deadline);
}

int gr__channel_await_room(gr_channel channel, gr_time deadline)
{
    struct gr_channel_wait wait;
    fill(&wait, &room_type, channel, NULL, channel.item_bytes, channel.buffers != 0);
    int rc = gr__await_in_runner(&wait.awaitable, &room_type, deadline);
    if (rc == 0 && is_home(channel.name))
        return gr__channel_is_open(channel.name) ? 0 : -EPIPE;
    return rc == 0 && !gr__port_is_open(channel.name) ? -EPIPE : rc;
}

/* --- Receiving ----------------------------------------------------------------------------- */

static bool receive_ready(struct gr_awaitable *awaitable)
{
    struct gr_channel_wait *wait = gr__channel_wait_of(awaitable);
    return wait->size != wait->channel.item_bytes ||
           (is_home(wait->channel.name) ? gr__channel_receive_ready(wait)
                                        : gr__port_receive_ready(wait));
}

static int receive_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_channel_wait *wait = gr__channel_wait_of(awaitable);
    if (!is_home(wait->channel.name))
        return gr__port_receive_subscribe(wait, waiter);

    gr__channel_receive_subscribe(wait, waiter);
    return 0;
}

static int receive_take(struct gr_awaitable *awaitable)
{
    struct gr_channel_wait *wait = gr__channel_wait_of(awaitable);
    if (wait->size != wait->channel.item_bytes)
        return -EMSGSIZE;
    return is_home(wait->channel.name) ? gr__channel_receive_take(wait)
                                       : gr__port_receive_take(wait);
}

static bool receive_cancel(struct gr_awaitable *awaitable)
{
    struct gr_channel_wait *wait = gr__channel_wait_of(awaitable);
    if (is_home(wait->channel.name))
        gr__channel_receive_cancel(wait);
    else
        gr__port_receive_cancel(wait);
    return true;
}

static const struct gr_awaitable_type receive_type = {
    "an item of a channel", receive_ready, receive_subscribe, receive_take, receive_cancel};

struct gr_awaitable *gr_channel_receive_awaitable(struct gr_channel_wait *wait, gr_channel channel,
                                                  void *ret_item, size_t size)
{
    return fill(wait, &receive_type, channel, ret_item, size, false);
}

int gr_channel_try_receive(gr_channel channel, void *ret_item, size_t size)
{
    assert(is_home(channel.name));
    if (size != channel.item_bytes)
        return -EMSGSIZE;
    return gr__channel_try_receive(channel.name, ret_item);
}

int gr_channel_receive(gr_channel channel, void *ret_item, size_t size, gr_time deadline)
{
    if (gr__runner_here() == NULL)
        return GR_ENOTRUNNER;
    if (is_home(channel.name)) {
        int rc = gr_channel_try_receive(channel, ret_item, size);
        if (rc != -EAGAIN)
            return rc;
    }
    struct gr_channel_wait wait;
    return gr__await(gr_channel_receive_awaitable(&wait, channel, ret_item, size), &receive_type,
                     deadline);
}

int gr_channel_close(gr_channel channel)
{
    struct gr__loop *here = gr__loop_here();
    unsigned home = gr__handle_loop(channel.name);
    if (here != NULL && here->id == home) {
        gr__channel_close(channel.name);
        return 0;
    }
    struct gr__notice *notice = gr__notice_take(here, channel.name);
    if (notice == NULL)
        return -ENOMEM;
    if (here != NULL)
        gr__port_close(channel.name);
    return gr__notice_send(here, home, notice, &gr__channel_close_class) ? 0 : -ESHUTDOWN;
}
