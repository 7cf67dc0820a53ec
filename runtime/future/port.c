/*
 * Ports: what a loop does with a channel of another loop. The design stands in port.h.
 */
#include "future/port.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "runner/line.h"

static struct gr__list *bucket_of(uint64_t name)
{
    return &gr__channels_of(gr__loop_here())->ports[gr__bucket(name, GR__PORT_BUCKET_BITS)];
}

struct gr__port *gr__port_find(uint64_t name)
{
    struct gr__list *bucket = bucket_of(name);
    gr__list_each (link, bucket) {
        struct gr__port *port = gr__container_of(link, struct gr__port, link);
        if (port->name == name)
            return port;
    }
    return NULL;
}

/* All of them, or none. */
static bool take_notices(struct gr__loop *loop, uint64_t name, struct gr__notice *ret_notices[],
                         int count)
{
    for (int i = 0; i < count; i++) {
        ret_notices[i] = gr__notice_take(loop, name);
        if (ret_notices[i] != NULL)
            continue;
        while (i-- > 0)
            gr__notice_give(ret_notices[i]);
        return false;
    }
    return true;
}

/* Let the channel know of this loop, and keep one notice, to ask with. */
static int say_hello(struct gr__loop *loop, uint64_t name, struct gr__notice **ret_question)
{
    struct gr__notice *notices[GR__PORT_WORDS + 1];
    if (!take_notices(loop, name, notices, GR__PORT_WORDS + 1))
        return -ENOMEM;

    bool there = true;
    for (int i = 0; i < GR__PORT_WORDS; i++) {
        notices[i]->number = i + 1;
        there &= gr__notice_send(loop, gr__handle_loop(name), notices[i], &gr__channel_word_class);
    }
    if (!there) {
        gr__notice_give(notices[GR__PORT_WORDS]);
        return -ESHUTDOWN;
    }
    *ret_question = notices[GR__PORT_WORDS];
    return 0;
}

static int find_or_open(uint64_t name, struct gr__port **ret_port)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__port *port = gr__port_find(name);
    if (port == NULL) {
        port = gr__pool_take(&loop->pool, sizeof *port);
        if (port == NULL)
            return -ENOMEM;
        *port = (struct gr__port){.name = name};
        int rc = say_hello(loop, name, &port->question);
        if (rc < 0) {
            gr__pool_give(&loop->pool, port, sizeof *port);
            return rc;
        }
        gr__list_append(bucket_of(name), &port->link);
    }
    *ret_port = port;
    return 0;
}

static void free_port(struct gr__loop *loop, struct gr__port *port)
{
    gr__list_remove(&port->link);
    if (port->question != NULL)
        gr__notice_give(port->question);
    gr__pool_give(&loop->pool, port, sizeof *port);
}

void gr__port_settle(struct gr__port *port)
{
    if (port->gone && port->reserved == 0 && port->promised == 0)
        free_port(gr__loop_here(), port);
}

/* Tell the channel what is wanted, and what was taken. */
static int tell(struct gr__port *port, struct gr__notice *notice)
{
    notice->number = port->untold;
    notice->taken = port->taken;
    if (!gr__notice_send(gr__loop_here(), gr__handle_loop(port->name), notice,
                         &gr__channel_demand_class))
        return -ESHUTDOWN;
    port->untold = 0;
    port->taken = 0;
    return 0;
}

static int tell_wanted(struct gr__port *port)
{
    struct gr__notice *notice = gr__notice_take(gr__loop_here(), port->name);
    if (notice == NULL)
        return -ENOMEM;

    port->asked_more = true;
    return tell(port, notice);
}

void gr__port_ask(struct gr__port *port)
{
    struct gr__notice *question = port->question;
    if (question == NULL)
        return;

    port->question = NULL;
    port->asked_more = false;
    question->asks = true;
    (void)tell(port, question); /* else the channel has gone with its loop */
}

/* --- Sending ------------------------------------------------------------------------------- */

static bool may_send(const struct gr__port *port)
{
    return port->credit > port->reserved && gr__line_empty(&port->senders);
}

bool gr__port_send_ready(struct gr_channel_wait *wait)
{
    if (wait->place.granted)
        return true;

    const struct gr__port *port = gr__port_find(wait->channel.name);
    return port != NULL && (port->closed || may_send(port));
}

int gr__port_send_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter)
{
    struct gr__port *port;
    int rc = find_or_open(wait->channel.name, &port);
    if (rc == 0)
        gr__line_append(&port->senders, &wait->place, waiter);
    return rc;
}

void gr__port_serve(struct gr__port *port)
{
    while (!gr__line_empty(&port->senders) && port->credit > port->reserved) {
        gr__channel_grant(&port->senders, true);
        port->reserved++;
    }
}

static int send_now(struct gr__port *port, const struct gr__parcel *parcel)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__item *item = gr__item_make(loop, port->name, parcel);
    if (item == NULL)
        return -ENOMEM;

    item->task.class = &gr__channel_item_class;
    if (!gr__item_send(loop, gr__handle_loop(port->name), item)) {
        gr__item_give(item);
        return -ESHUTDOWN;
    }
    port->credit--;
    return 0;
}

/* End what is set aside for a sender; returns the port where there was something. */
static struct gr__port *end_reservation(struct gr_channel_wait *wait)
{
    bool reserved = wait->promised;
    wait->promised = false;
    gr__place_take(&wait->place);
    if (!reserved)
        return NULL;

    struct gr__port *port = gr__port_find(wait->channel.name);
    port->reserved--;
    return port;
}

int gr__port_send_take(struct gr_channel_wait *wait, const struct gr__parcel *parcel)
{
    bool woken = wait->place.granted;
    struct gr__port *port = woken ? end_reservation(wait) : gr__port_find(wait->channel.name);
    if (port == NULL)
        return -EPIPE;

    int rc = port->closed ? -EPIPE : send_now(port, parcel);
    gr__port_serve(port);
    gr__port_settle(port);
    return rc;
}

void gr__port_send_cancel(struct gr_channel_wait *wait)
{
    if (wait->place.in_line) {
        gr__line_remove(&gr__port_find(wait->channel.name)->senders, &wait->place);
        return;
    }
    struct gr__port *port = end_reservation(wait);
    if (port == NULL)
        return;
    gr__port_serve(port);
    gr__port_settle(port);
}

int gr__port_try_send(uint64_t name, const struct gr__parcel *parcel)
{
    struct gr__port *port;
    int rc = find_or_open(name, &port);
    if (rc < 0)
        return rc;
    if (port->closed)
        return -EPIPE;
    return may_send(port) ? send_now(port, parcel) : -EAGAIN;
}

/* --- Receiving ----------------------------------------------------------------------------- */

bool gr__port_receive_ready(struct gr_channel_wait *wait)
{
    if (wait->place.granted)
        return true;

    const struct gr__port *port = gr__port_find(wait->channel.name);
    return port != NULL && (port->count > port->promised || port->ended || port->gone);
}

int gr__port_receive_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter)
{
    struct gr__port *port;
    int rc = find_or_open(wait->channel.name, &port);
    if (rc < 0)
        return rc;

    port->untold++;
    rc = tell_wanted(port);
    if (rc < 0) {
        port->untold--;
        return rc;
    }
    gr__line_append(&port->receivers, &wait->place, waiter);
    return 0;
}

/*
 * Whoever waits has given up, or has an item that was wanted by another: so one less is wanted. What
 * cannot be told now goes with the next word; at worst an item comes before, and goes back.
 */
static void want_less(struct gr__port *port)
{
    port->untold--;
    if (!port->ended && !port->gone)
        (void)tell_wanted(port);
}

/* Once it knows of the close the channel waits to hear of each item: its block goes back empty. */
static void take_and_tell(struct gr__port *port, void *ret_item)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__item *item = gr__item_of(gr__queue_shift(&port->items));
    memcpy(ret_item, item->payload, item->size);
    item->flags &= (uint8_t)~GR__ITEM_BUFFER;
    item->task.class = &gr__channel_receipt_class;
    if (!gr__item_send(loop, gr__handle_loop(port->name), item))
        gr__item_give(item);
}

int gr__port_receive_take(struct gr_channel_wait *wait)
{
    bool woken = gr__place_take(&wait->place);
    bool promised = wait->promised;
    wait->promised = false;
    if (woken && !promised)
        return GR_EOF;

    struct gr__port *port = gr__port_find(wait->channel.name);
    if (promised)
        port->promised--;
    else if (port->count > port->promised)
        port->untold++;
    else
        return GR_EOF;
    port->count--;
    if (port->told_closed) {
        take_and_tell(port, wait->item);
    } else {
        gr__items_take(&port->items, wait->item);
        port->taken++;
    }
    gr__port_settle(port);
    return 0;
}

/* Somebody for whom an item was set aside has given up. */
static void pass_on(struct gr__port *port)
{
    if (gr__line_empty(&port->receivers)) {
        port->promised--;
        port->untold--;
        gr__port_ask(port);
    } else {
        gr__channel_grant(&port->receivers, true);
        want_less(port);
    }
}

void gr__port_receive_cancel(struct gr_channel_wait *wait)
{
    bool in_line = wait->place.in_line, promised = wait->promised;
    struct gr__port *port = in_line || promised ? gr__port_find(wait->channel.name) : NULL;
    wait->promised = false;
    gr__place_take(&wait->place);
    if (in_line) {
        gr__line_remove(&port->receivers, &wait->place);
        want_less(port);
    } else if (promised && port->gone) {
        port->promised--;
        gr__port_end_unclaimed(port);
        gr__port_settle(port);
    } else if (promised) {
        pass_on(port);
    }
}

bool gr__port_is_open(uint64_t name)
{
    const struct gr__port *port = gr__port_find(name);
    return port != NULL && !port->closed;
}

void gr__port_close(uint64_t name)
{
    struct gr__port *port = gr__port_find(name);
    if (port != NULL)
        gr__port_end_sending(port);
}

void gr__ports_start(struct gr__loop *loop)
{
    for (int i = 0; i < GR__PORT_BUCKETS; i++)
        gr__list_init(&gr__channels_of(loop)->ports[i]);
}

void gr__ports_done(struct gr__loop *loop)
{
    for (int i = 0; i < GR__PORT_BUCKETS; i++) {
        struct gr__list *bucket = &gr__channels_of(loop)->ports[i];
        while (!gr__list_empty(bucket)) {
            struct gr__port *port = gr__container_of(bucket->next, struct gr__port, link);
            gr__items_end(&port->items);
            free_port(loop, port);
        }
    }
}
