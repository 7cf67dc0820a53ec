/*
 * Ports: a loop's way to a channel of another loop. The design stands in channel.h.
 *
 *     first use --> port, without credit --> answered --> closed --> ended --> gone: freed
 *                                                                              once nothing
 *                                                                              is set aside
 *
 * Invariants:
 *   1. credit >= reserved: nobody is woken to send who could not.
 *   2. While somebody waits to receive, all items on hand are set aside for others who were woken.
 *   3. Each item on hand that is set aside for nobody counts as one less that is wanted.
 *   4. Whoever is woken and has nothing set aside has come to the end, and does not look for the
 *      port: that may be another one by then.
 */
#include "future/channel.h"

#include <errno.h>
#include <string.h>

#include "runner/line.h"

struct port {
    struct gr__list link; /* in its bucket */
    uint64_t name;        /* of the channel */
    struct gr_line senders;
    struct gr_line receivers;
    struct gr__queue items; /* on hand */
    uint32_t count;         /* of them */
    uint32_t promised;      /* of them: set aside for receivers */
    uint32_t credit;
    uint32_t reserved; /* of the credit: set aside for senders */
    uint32_t taken;    /* items, and not yet told */
    int32_t untold;    /* difference of what is wanted */
    bool asking;       /* whether anything is under way; the answer is behind it */
    bool asked_more;   /* than when that was asked */
    bool closed;       /* the channel is, or this loop has closed it */
    bool told_closed;  /* by the channel, so it wants to hear at once what is taken */
    bool ended;
    bool gone;
};

static struct gr__list *bucket_of(uint64_t name)
{
    static_assert(GR__PORT_BUCKETS == 1 << 5, "five bits choose");
    struct gr__channels *channels = gr__channels_of(gr__loop_here());
    return &channels->ports[(name * UINT64_C(0x9E3779B97F4A7C15)) >> 59];
}

static struct port *find(uint64_t name)
{
    struct gr__list *bucket = bucket_of(name);
    gr__list_each (link, bucket) {
        struct port *port = gr__container_of(link, struct port, link);
        if (port->name == name)
            return port;
    }
    return NULL;
}

/* All words, or none: the channel must not run out of them. */
static bool take_words(struct gr__loop *loop, uint64_t name, struct gr__notice *ret_words[])
{
    for (int i = 0; i < GR__PORT_WORDS; i++) {
        ret_words[i] = gr__notice_take(loop, name);
        if (ret_words[i] != NULL)
            continue;
        while (i-- > 0)
            gr__notice_give(ret_words[i]);
        return false;
    }
    return true;
}

/* Let the channel know of this loop. */
static int say_hello(struct gr__loop *loop, uint64_t name)
{
    struct gr__notice *words[GR__PORT_WORDS];
    if (!take_words(loop, name, words))
        return -ENOMEM;

    bool there = true;
    for (int i = 0; i < GR__PORT_WORDS; i++) {
        words[i]->number = i + 1;
        there &= gr__notice_send(loop, gr__handle_loop(name), words[i], &gr__channel_word_class);
    }
    return there ? 0 : -ESHUTDOWN;
}

static int find_or_open(uint64_t name, struct port **ret_port)
{
    struct gr__loop *loop = gr__loop_here();
    struct port *port = find(name);
    if (port == NULL) {
        port = gr__pool_take(&loop->pool, sizeof *port);
        if (port == NULL)
            return -ENOMEM;
        int rc = say_hello(loop, name);
        if (rc < 0) {
            gr__pool_give(&loop->pool, port, sizeof *port);
            return rc;
        }
        *port = (struct port){.name = name};
        gr__list_append(bucket_of(name), &port->link);
    }
    *ret_port = port;
    return 0;
}

static void free_port(struct gr__loop *loop, struct port *port)
{
    gr__list_remove(&port->link);
    gr__pool_give(&loop->pool, port, sizeof *port);
}

/* Something that was set aside is not any more. */
static void settle(struct port *port)
{
    if (port->gone && port->reserved == 0 && port->promised == 0)
        free_port(gr__loop_here(), port);
}

/* Tell the channel what is wanted, and what was taken. What cannot be told now goes with the next. */
static int tell_wanted(struct port *port, bool ask)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *notice = gr__notice_take(loop, port->name);
    if (notice == NULL)
        return -ENOMEM;

    notice->number = port->untold;
    notice->taken = port->taken;
    notice->asks = ask;
    if (!gr__notice_send(loop, gr__handle_loop(port->name), notice, &gr__channel_demand_class))
        return -ESHUTDOWN;
    port->untold = 0;
    port->taken = 0;
    port->asking |= ask;
    port->asked_more = !ask;
    return 0;
}

/* --- Sending ------------------------------------------------------------------------------- */

static bool may_send(const struct port *port)
{
    return port->credit > port->reserved && gr__line_empty(&port->senders);
}

bool gr__port_send_ready(struct gr_channel_wait *wait)
{
    if (wait->place.granted)
        return true;

    const struct port *port = find(wait->channel.name);
    return port != NULL && (port->closed || may_send(port));
}

int gr__port_send_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter)
{
    struct port *port;
    int rc = find_or_open(wait->channel.name, &port);
    if (rc == 0)
        gr__line_append(&port->senders, &wait->place, waiter);
    return rc;
}

static void serve_senders(struct port *port)
{
    while (!gr__line_empty(&port->senders) && port->credit > port->reserved) {
        gr__channel_grant(&port->senders, true);
        port->reserved++;
    }
}

static int send_now(struct port *port, const struct gr__parcel *parcel)
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
static struct port *end_reservation(struct gr_channel_wait *wait)
{
    bool reserved = wait->promised;
    wait->promised = false;
    gr__place_take(&wait->place);
    if (!reserved)
        return NULL;

    struct port *port = find(wait->channel.name);
    port->reserved--;
    return port;
}

int gr__port_send_take(struct gr_channel_wait *wait, const struct gr__parcel *parcel)
{
    bool woken = wait->place.granted;
    struct port *port = woken ? end_reservation(wait) : find(wait->channel.name);
    if (port == NULL)
        return -EPIPE;

    int rc = port->closed ? -EPIPE : send_now(port, parcel);
    serve_senders(port);
    settle(port);
    return rc;
}

void gr__port_send_cancel(struct gr_channel_wait *wait)
{
    if (wait->place.in_line) {
        gr__line_remove(&find(wait->channel.name)->senders, &wait->place);
        return;
    }
    struct port *port = end_reservation(wait);
    if (port == NULL)
        return;
    serve_senders(port);
    settle(port);
}

int gr__port_try_send(uint64_t name, const struct gr__parcel *parcel)
{
    struct port *port;
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

    const struct port *port = find(wait->channel.name);
    return port != NULL && (port->count > port->promised || port->ended || port->gone);
}

int gr__port_receive_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter)
{
    struct port *port;
    int rc = find_or_open(wait->channel.name, &port);
    if (rc < 0)
        return rc;

    port->untold++;
    rc = tell_wanted(port, false);
    if (rc < 0) {
        port->untold--;
        return rc;
    }
    gr__line_append(&port->receivers, &wait->place, waiter);
    return 0;
}

/* Whoever waits has given up, or has an item that was wanted by another: so one less is wanted. */
static void want_less(struct port *port)
{
    port->untold--;
    if (!port->ended && !port->gone && tell_wanted(port, false) < 0)
        return;
}

/* Items are on hand for which nobody waits: give them back, once no other is on its way here. */
static void ask_to_give_back(struct port *port)
{
    if (!port->asking && tell_wanted(port, true) < 0)
        return;
}

/* Once it knows of the close the channel waits to hear of each item: its block goes back empty. */
static void take_and_tell(struct port *port, void *ret_item)
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

    struct port *port = find(wait->channel.name);
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
    settle(port);
    return 0;
}

static struct gr__item *pop_last(struct port *port)
{
    struct gr__task **link = &port->items.first;
    struct gr__task *before = NULL;
    for (; (*link)->next != NULL; link = &(*link)->next)
        before = *link;
    struct gr__task *last = *link;
    *link = NULL;
    port->items.last = before;
    port->count--;
    return gr__item_of(last);
}

static void give_back(struct port *port)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__item *item = pop_last(port);
    item->source = (uint8_t)loop->id;
    item->task.class = &gr__channel_return_class;
    if (!gr__item_send(loop, gr__handle_loop(port->name), item))
        gr__item_end(item);
}

/* Somebody for whom an item was set aside has given up. */
static void pass_on(struct port *port)
{
    if (gr__line_empty(&port->receivers)) {
        port->promised--;
        port->untold--;
        ask_to_give_back(port);
    } else {
        gr__channel_grant(&port->receivers, true);
        want_less(port);
    }
}

/* Nobody has come for them since the channel has gone. */
static void end_unclaimed(struct port *port)
{
    while (port->count > port->promised)
        gr__item_end(pop_last(port));
}

void gr__port_receive_cancel(struct gr_channel_wait *wait)
{
    bool in_line = wait->place.in_line, promised = wait->promised;
    struct port *port = in_line || promised ? find(wait->channel.name) : NULL;
    wait->promised = false;
    gr__place_take(&wait->place);
    if (in_line) {
        gr__line_remove(&port->receivers, &wait->place);
        want_less(port);
    } else if (promised && port->gone) {
        port->promised--;
        end_unclaimed(port);
        settle(port);
    } else if (promised) {
        pass_on(port);
    }
}

/* --- What comes from the channel ----------------------------------------------------------- */

static void item_came(struct gr__task *task)
{
    struct port *port = find(gr__item_of(task)->name);
    gr__queue_append(&port->items, task);
    port->count++;
    if (gr__line_empty(&port->receivers)) {
        ask_to_give_back(port);
        return;
    }
    gr__channel_grant(&port->receivers, true);
    port->promised++;
}

const struct gr__task_class gr__port_item_class = {"a lent item", item_came, gr__item_discard,
                                                   NULL};

static void room_came(struct gr__task *task)
{
    struct gr__notice *notice = gr__notice_of(task);
    struct port *port = find(notice->name);
    port->credit += (uint32_t)notice->number;
    gr__notice_give(notice);
    serve_senders(port);
}

const struct gr__task_class gr__port_room_class = {"room in a channel", room_came,
                                                   gr__notice_discard, NULL};

/* What was under way when this was asked has come. */
static void nothing_comes(struct gr__task *task)
{
    struct gr__notice *notice = gr__notice_of(task);
    struct port *port = find(notice->name);
    gr__notice_give(notice);
    port->asking = false;
    if (port->asked_more && port->count > port->promised)
        ask_to_give_back(port);
    while (!port->asked_more && port->count > port->promised)
        give_back(port);
}

const struct gr__task_class gr__port_nothing_class = {"a channel's answer", nothing_comes,
                                                      gr__notice_discard, NULL};

static void close_port(struct port *port)
{
    port->closed = true;
    gr__channel_grant_end(&port->senders);
}

bool gr__port_is_open(uint64_t name)
{
    const struct port *port = find(name);
    return port != NULL && !port->closed;
}

void gr__port_close(uint64_t name)
{
    struct port *port = find(name);
    if (port != NULL)
        close_port(port);
}

/* The answer is behind all items that this loop has sent. */
static void closing_came(struct gr__task *task)
{
    struct gr__notice *notice = gr__notice_of(task);
    struct port *port = find(notice->name);
    close_port(port);
    port->told_closed = true;
    notice->from = (uint8_t)gr__loop_here()->id;
    notice->taken = port->taken;
    port->taken = 0;
    gr__notice_send(gr__loop_here(), gr__handle_loop(port->name), notice,
                    &gr__channel_answer_class);
}

const struct gr__task_class gr__port_closing_class = {"a channel's close", closing_came,
                                                      gr__notice_discard, NULL};

static void end_port(struct port *port)
{
    port->ended = true;
    gr__channel_grant_end(&port->receivers);
}

static void ended_came(struct gr__task *task)
{
    end_port(find(gr__notice_of(task)->name));
    gr__notice_give(gr__notice_of(task));
}

const struct gr__task_class gr__port_ended_class = {"a channel's end", ended_came,
                                                    gr__notice_discard, NULL};

static void gone_came(struct gr__task *task)
{
    struct port *port = find(gr__notice_of(task)->name);
    gr__notice_give(gr__notice_of(task));
    port->gone = true;
    close_port(port);
    end_port(port);
    end_unclaimed(port);
    settle(port);
}

const struct gr__task_class gr__port_gone_class = {"a channel's drop", gone_came,
                                                   gr__notice_discard, NULL};

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
            struct port *port = gr__container_of(bucket->next, struct port, link);
            gr__items_end(&port->items);
            free_port(loop, port);
        }
    }
}
