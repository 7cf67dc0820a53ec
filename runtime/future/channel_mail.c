/*
 * Channels, the home side: what comes from ports and from foreign threads. The design stands in
 * channel.h.
 *
 * Whatever comes for a channel that has gone is ended: its ports have been told, or will be when
 * their first word comes.
 */
#include "future/channel_home.h"

static void item_came(struct gr__task *task)
{
    struct gr__item *item = gr__item_of(task);
    struct gr__channel *channel = gr__channel_find(item->name);
    bool foreign = item->flags & GR__ITEM_FOREIGN;
    if (channel == NULL || (foreign && channel->closed)) {
        gr__item_end(item);
        return;
    }

    item->sequence = channel->tickets++;
    gr__queue_append(&channel->above, &item->task);
    gr__channel_balance(channel);
}

const struct gr__task_class gr__channel_item_class = {"an item", item_came, gr__item_discard, NULL};

/* Put an item where it was: before those that came after it. */
static void put_back(struct gr__channel *channel, struct gr__item *item)
{
    struct gr__task **place = &channel->items.first;
    while (*place != NULL && gr__channel_earlier(gr__item_of(*place)->sequence, item->sequence))
        place = &(*place)->next;
    item->task.next = *place;
    if (*place == NULL)
        channel->items.last = &item->task;
    *place = &item->task;
    channel->count++;
}

static void item_is_back(struct gr__task *task)
{
    struct gr__item *item = gr__item_of(task);
    struct gr__channel *channel = gr__channel_find(item->name);
    if (channel == NULL) {
        gr__item_end(item);
        return;
    }

    struct gr__account *account = &channel->accounts[item->source];
    channel->lent--;
    account->wanted++;
    gr__channel_list(channel, account);
    put_back(channel, item);
    gr__channel_balance(channel);
}

const struct gr__task_class gr__channel_return_class = {"an item given back", item_is_back,
                                                        gr__item_discard, NULL};

static void was_taken(struct gr__task *task)
{
    struct gr__channel *channel = gr__channel_find(gr__item_of(task)->name);
    gr__item_give(gr__item_of(task));
    if (channel == NULL)
        return;

    channel->lent--;
    gr__channel_balance(channel);
}

const struct gr__task_class gr__channel_receipt_class = {"a receipt", was_taken, gr__item_discard,
                                                         NULL};

/* A port's first word, with which it has sent the memory for ours. */
static void greet(struct gr__channel *channel, struct gr__account *account)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *answer = gr__notice_of(gr__queue_shift(&account->words));
    account->known = true;
    answer->number = (int32_t)gr__channel_window(channel);
    if (!channel->closed) {
        gr__notice_send(loop, account->loop, answer, &gr__port_room_class);
        return;
    }
    gr__notice_give(answer);
    channel->unaware += gr__channel_tell(account, &gr__port_closing_class);
    if (channel->ended)
        gr__channel_tell(account, &gr__port_ended_class);
}

static void word_came(struct gr__task *task)
{
    struct gr__notice *notice = gr__notice_of(task);
    struct gr__channel *channel = gr__channel_find(notice->name);
    bool last = notice->number == GR__PORT_WORDS;
    if (channel == NULL) {
        if (last)
            gr__notice_send(gr__loop_here(), notice->from, notice, &gr__port_gone_class);
        else
            gr__notice_give(notice);
        return;
    }

    struct gr__account *account = &channel->accounts[notice->from];
    gr__queue_append(&account->words, task);
    if (last)
        greet(channel, account);
}

const struct gr__task_class gr__channel_word_class = {"a port's first word", word_came,
                                                      gr__notice_discard, NULL};

/* Its memory is given first where it is not the answer: it may be needed to tell of room. */
static void demand_came(struct gr__task *task)
{
    struct gr__notice notice = *gr__notice_of(task);
    struct gr__channel *channel = gr__channel_find(notice.name);
    if (channel == NULL || !notice.asks)
        gr__notice_give(gr__notice_of(task));
    if (channel == NULL)
        return;

    struct gr__account *account = &channel->accounts[notice.from];
    channel->lent -= notice.taken;
    account->wanted += notice.number;
    gr__channel_list(channel, account);
    gr__channel_balance(channel);
    if (notice.asks)
        gr__notice_send(gr__loop_here(), notice.from, gr__notice_of(task), &gr__port_nothing_class);
}

const struct gr__task_class gr__channel_demand_class = {"a demand", demand_came, gr__notice_discard,
                                                        NULL};

static void answer_came(struct gr__task *task)
{
    struct gr__notice notice = *gr__notice_of(task);
    gr__notice_give(gr__notice_of(task));
    struct gr__channel *channel = gr__channel_find(notice.name);
    if (channel == NULL)
        return;

    channel->unaware--;
    channel->lent -= notice.taken;
    gr__channel_balance(channel);
}

const struct gr__task_class gr__channel_answer_class = {"an answer", answer_came,
                                                        gr__notice_discard, NULL};

static void close_came(struct gr__task *task)
{
    uint64_t name = gr__notice_of(task)->name;
    gr__notice_give(gr__notice_of(task));
    gr__channel_close(name);
}

const struct gr__task_class gr__channel_close_class = {"a close", close_came, gr__notice_discard,
                                                       NULL};
