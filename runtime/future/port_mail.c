/*
 * Ports: what comes to them from their channel. The design stands in port.h.
 */
#include "future/port.h"

#include "runner/line.h"

static void item_came(struct gr__task *task)
{
    struct gr__port *port = gr__port_find(gr__item_of(task)->name);
    gr__queue_append(&port->items, task);
    port->count++;
    if (gr__line_empty(&port->receivers)) {
        gr__port_ask(port);
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
    struct gr__port *port = gr__port_find(notice->name);
    port->credit += (uint32_t)notice->number;
    gr__notice_give(notice);
    gr__port_serve(port);
}

const struct gr__task_class gr__port_room_class = {"room in a channel", room_came,
                                                   gr__notice_discard, NULL};

static struct gr__item *pop_last(struct gr__port *port)
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

static void give_back(struct gr__port *port)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__item *item = pop_last(port);
    item->source = (uint8_t)loop->id;
    item->task.class = &gr__channel_return_class;
    if (!gr__item_send(loop, gr__handle_loop(port->name), item))
        gr__item_end(item);
}

/* What was under way when this was asked has come. */
static void nothing_comes(struct gr__task *task)
{
    struct gr__notice *notice = gr__notice_of(task);
    struct gr__port *port = gr__port_find(notice->name);
    port->question = notice;
    if (port->asked_more && port->count > port->promised)
        gr__port_ask(port);
    while (!port->asked_more && port->count > port->promised)
        give_back(port);
}

const struct gr__task_class gr__port_nothing_class = {"a channel's answer", nothing_comes,
                                                      gr__notice_discard, NULL};

void gr__port_end_sending(struct gr__port *port)
{
    port->closed = true;
    gr__channel_grant_end(&port->senders);
}

/* The answer is behind all items that this loop has sent. */
static void closing_came(struct gr__task *task)
{
    struct gr__notice *notice = gr__notice_of(task);
    struct gr__port *port = gr__port_find(notice->name);
    gr__port_end_sending(port);
    port->told_closed = true;
    notice->from = (uint8_t)gr__loop_here()->id;
    notice->taken = port->taken;
    port->taken = 0;
    gr__notice_send(gr__loop_here(), gr__handle_loop(port->name), notice,
                    &gr__channel_answer_class);
}

const struct gr__task_class gr__port_closing_class = {"a channel's close", closing_came,
                                                      gr__notice_discard, NULL};

static void end_port(struct gr__port *port)
{
    port->ended = true;
    gr__channel_grant_end(&port->receivers);
}

static void ended_came(struct gr__task *task)
{
    end_port(gr__port_find(gr__notice_of(task)->name));
    gr__notice_give(gr__notice_of(task));
}

const struct gr__task_class gr__port_ended_class = {"a channel's end", ended_came,
                                                    gr__notice_discard, NULL};

void gr__port_end_unclaimed(struct gr__port *port)
{
    while (port->count > port->promised)
        gr__item_end(pop_last(port));
}

static void gone_came(struct gr__task *task)
{
    struct gr__port *port = gr__port_find(gr__notice_of(task)->name);
    gr__notice_give(gr__notice_of(task));
    port->gone = true;
    gr__port_end_sending(port);
    end_port(port);
    gr__port_end_unclaimed(port);
    gr__port_settle(port);
}

const struct gr__task_class gr__port_gone_class = {"a channel's drop", gone_came,
                                                   gr__notice_discard, NULL};
