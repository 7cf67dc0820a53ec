/*
 * Channels, the home side: all in this file runs on the loop that made them. The design stands in
 * channel.h.
 */
#include "future/channel_home.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "runner/line.h"

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return &gr__channels_of(loop)->table;
}

static size_t accounts_bytes(const struct gr__loop *loop)
{
    return loop->loop_count * sizeof(struct gr__account);
}

int gr_channel_make(size_t item_bytes, uint32_t items_max, gr_channel *ret_channel)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(items_max > 0);
    bool buffers = item_bytes == GR_CHANNEL_BUFFERS;
    if (!buffers && item_bytes > GR_CHANNEL_ITEM_MAX)
        return -EMSGSIZE;

    struct gr__account *accounts = gr__pool_take(&loop->pool, accounts_bytes(loop));
    if (accounts == NULL)
        return -ENOMEM;
    uint64_t name;
    struct gr__channel *channel = gr__slots_take(table(loop), &name);
    if (channel == NULL) {
        gr__pool_give(&loop->pool, accounts, accounts_bytes(loop));
        return -ENOMEM;
    }

    memset((char *)channel + sizeof channel->slot, 0, sizeof *channel - sizeof channel->slot);
    memset(accounts, 0, accounts_bytes(loop));
    for (unsigned i = 0; i < loop->loop_count; i++)
        accounts[i].loop = i;
    channel->max = items_max;
    channel->accounts = accounts;
    gr__list_init(&channel->wanting);
    *ret_channel =
        (gr_channel){name, (uint32_t)(buffers ? sizeof(struct gr_buffer) : item_bytes), buffers};
    return 0;
}

struct gr_channel_wait *gr__channel_grant(struct gr_line *line, bool promised)
{
    struct gr_channel_wait *wait = gr__channel_wait_at(gr__line_grant(line));
    wait->promised = promised;
    return wait;
}

void gr__channel_grant_end(struct gr_line *line)
{
    while (!gr__line_empty(line))
        gr__channel_grant(line, false);
}

/* Whether enough has been let in for a word about it. */
static bool is_worth_a_word(const struct gr__channel *channel, const struct gr__account *account)
{
    return account->unacknowledged >= (gr__channel_window(channel) + 1) / 2;
}

/* Let the port have as much more credit. */
static void tell_room(struct gr__channel *channel, struct gr__account *account)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *notice = gr__notice_take(loop, gr__slots_name(table(loop), channel));
    if (notice == NULL) {
        channel->owes = channel->attentive = true;
        return;
    }
    notice->number = (int32_t)account->unacknowledged;
    account->unacknowledged = 0;
    gr__notice_send(loop, account->loop, notice, &gr__port_room_class);
}

/* Tell those who were not told. Their port may have no credit left, and so send nothing before. */
static void tell_late(struct gr__channel *channel)
{
    channel->owes = false;
    channel->attentive = channel->closed;
    for (unsigned i = 0; i < gr__loop_here()->loop_count; i++)
        if (is_worth_a_word(channel, &channel->accounts[i]))
            tell_room(channel, &channel->accounts[i]);
}

/* Without memory for the word it is told once an item has left and given its memory back. */
static void acknowledge(struct gr__channel *channel, struct gr__item *item)
{
    struct gr__loop *loop = gr__loop_here();
    if (item->flags & GR__ITEM_HELD) {
        item->flags &= (uint8_t)~GR__ITEM_HELD;
        gr__foreign_window_leave(loop->id, 1);
    }
    if (item->flags & GR__ITEM_FOREIGN || item->source == loop->id)
        return;

    struct gr__account *account = &channel->accounts[item->source];
    account->unacknowledged++;
    if (is_worth_a_word(channel, account))
        tell_room(channel, account);
}

/* Have it wait in the channel, behind all others. */
static void enter(struct gr__channel *channel, struct gr__item *item)
{
    item->sequence = channel->sequence++;
    channel->count++;
    gr__queue_append(&channel->items, &item->task);
}

static bool has_room(const struct gr__channel *channel)
{
    return channel->count + channel->reserved < channel->max;
}

static bool anybody_sends(const struct gr__channel *channel)
{
    return channel->above.first != NULL || !gr__line_empty(&channel->senders);
}

/* Whether the first item above the bound came before the first sender of this loop. */
static bool item_is_first(const struct gr__channel *channel)
{
    if (channel->above.first == NULL || gr__line_empty(&channel->senders))
        return channel->above.first != NULL;
    return gr__channel_earlier(gr__item_of(channel->above.first)->sequence,
                               gr__channel_wait_at(channel->senders.first)->ticket);
}

static bool admit_one(struct gr__channel *channel)
{
    if (!has_room(channel) || !anybody_sends(channel))
        return false;

    if (item_is_first(channel)) {
        struct gr__item *item = gr__item_of(gr__queue_shift(&channel->above));
        enter(channel, item);
        acknowledge(channel, item);
    } else {
        gr__channel_grant(&channel->senders, true);
        channel->reserved++;
    }
    return true;
}

void gr__channel_list(struct gr__channel *channel, struct gr__account *account)
{
    bool listed = gr__list_linked(&account->link);
    if (account->wanted <= 0) {
        gr__list_remove(&account->link);
    } else if (!listed) {
        account->ticket = channel->tickets++;
        gr__list_append(&channel->wanting, &account->link);
    }
}

/* Lend the first item to the loop that is first in line; it goes behind the others then. */
static void lend(struct gr__channel *channel, struct gr__account *account)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__item *item = gr__item_of(channel->items.first);
    struct gr__task *next = item->task.next;
    item->task.class = &gr__port_item_class;
    gr__list_remove(&account->link);
    if (!gr__item_send(loop, account->loop, item)) {
        account->wanted = 0;
        return;
    }
    channel->items.first = next;
    channel->count--;
    channel->lent++;
    account->wanted--;
    gr__channel_list(channel, account);
}

static bool anybody_receives(const struct gr__channel *channel)
{
    return !gr__line_empty(&channel->receivers) || !gr__list_empty(&channel->wanting);
}

static bool hand_out_one(struct gr__channel *channel)
{
    if (channel->count <= channel->promised || !anybody_receives(channel))
        return false;

    struct gr__account *account = gr__container_of(channel->wanting.next, struct gr__account, link);
    bool any_loop = !gr__list_empty(&channel->wanting);
    bool any_here = !gr__line_empty(&channel->receivers);
    if (any_here &&
        (!any_loop || gr__channel_earlier(gr__channel_wait_at(channel->receivers.first)->ticket,
                                          account->ticket))) {
        gr__channel_grant(&channel->receivers, true);
        channel->promised++;
    } else {
        lend(channel, account);
    }
    return true;
}

bool gr__channel_tell(struct gr__account *account, const struct gr__task_class *class)
{
    struct gr__task *word = gr__queue_shift(&account->words);
    return gr__notice_send(gr__loop_here(), account->loop, gr__notice_of(word), class);
}

/* Returns how many loops will hear of it. */
static uint32_t tell_all(struct gr__channel *channel, const struct gr__task_class *class)
{
    uint32_t told = 0;
    for (unsigned i = 0; i < gr__loop_here()->loop_count; i++)
        if (channel->accounts[i].known)
            told += gr__channel_tell(&channel->accounts[i], class);
    return told;
}

static bool is_drained(const struct gr__channel *channel)
{
    return channel->count == 0 && channel->above.first == NULL && channel->unaware == 0 &&
           channel->lent == 0;
}

void gr__channel_balance(struct gr__channel *channel)
{
    while (admit_one(channel) || hand_out_one(channel))
        continue;
    if (channel->owes)
        tell_late(channel);
    if (!channel->closed || channel->ended || !is_drained(channel))
        return;

    channel->ended = true;
    gr__channel_grant_end(&channel->receivers);
    tell_all(channel, &gr__port_ended_class);
}

/* --- Sending ------------------------------------------------------------------------------- */

static bool lets_in(const struct gr__channel *channel)
{
    return has_room(channel) && !anybody_sends(channel);
}

static int send_now(struct gr__channel *channel, uint64_t name, const struct gr__parcel *parcel)
{
    struct gr__item *item = gr__item_make(gr__loop_here(), name, parcel);
    if (item == NULL)
        return -ENOMEM;

    enter(channel, item);
    if (anybody_receives(channel))
        gr__channel_balance(channel);
    return 0;
}

int gr__channel_try_send(uint64_t name, const struct gr__parcel *parcel)
{
    struct gr__channel *channel = gr__channel_find(name);
    if (channel == NULL || channel->closed)
        return -EPIPE;
    if (!lets_in(channel))
        return -EAGAIN;
    return send_now(channel, name, parcel);
}

bool gr__channel_send_ready(struct gr_channel_wait *wait)
{
    const struct gr__channel *channel = gr__channel_find(wait->channel.name);
    return wait->place.granted || channel == NULL || channel->closed || lets_in(channel);
}

void gr__channel_send_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter)
{
    struct gr__channel *channel = gr__channel_find(wait->channel.name);
    wait->ticket = channel->tickets++;
    gr__line_append(&channel->senders, &wait->place, waiter);
}

/* It is the sender's turn, or he gives up: what was set aside for him is not any more. */
static bool end_reservation(struct gr__channel *channel, struct gr_channel_wait *wait)
{
    bool reserved = wait->promised;
    wait->promised = false;
    gr__place_take(&wait->place);
    if (reserved && channel != NULL)
        channel->reserved--;
    return reserved;
}

int gr__channel_send_take(struct gr_channel_wait *wait, const struct gr__parcel *parcel)
{
    struct gr__channel *channel = gr__channel_find(wait->channel.name);
    end_reservation(channel, wait);
    if (channel == NULL)
        return -EPIPE;

    int rc = channel->closed ? -EPIPE : send_now(channel, wait->channel.name, parcel);
    if (rc < 0)
        gr__channel_balance(channel);
    return rc;
}

void gr__channel_send_cancel(struct gr_channel_wait *wait)
{
    struct gr__channel *channel = gr__channel_find(wait->channel.name);
    if (wait->place.in_line)
        gr__line_remove(&channel->senders, &wait->place);
    if (end_reservation(channel, wait) && channel != NULL)
        gr__channel_balance(channel);
}

/* --- Receiving ----------------------------------------------------------------------------- */

static int receive_now(struct gr__channel *channel, void *ret_item)
{
    gr__items_take(&channel->items, ret_item);
    channel->count--;
    if (anybody_sends(channel) || channel->attentive)
        gr__channel_balance(channel);
    return 0;
}

int gr__channel_try_receive(uint64_t name, void *ret_item)
{
    struct gr__channel *channel = gr__channel_find(name);
    if (channel == NULL || channel->ended)
        return GR_EOF;
    if (channel->count <= channel->promised)
        return -EAGAIN;
    return receive_now(channel, ret_item);
}

bool gr__channel_receive_ready(struct gr_channel_wait *wait)
{
    const struct gr__channel *channel = gr__channel_find(wait->channel.name);
    return wait->place.granted || channel == NULL || channel->ended ||
           channel->count > channel->promised;
}

void gr__channel_receive_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter)
{
    struct gr__channel *channel = gr__channel_find(wait->channel.name);
    wait->ticket = channel->tickets++;
    gr__line_append(&channel->receivers, &wait->place, waiter);
}

static bool end_promise(struct gr__channel *channel, struct gr_channel_wait *wait)
{
    bool promised = wait->promised;
    wait->promised = false;
    gr__place_take(&wait->place);
    if (promised && channel != NULL)
        channel->promised--;
    return promised;
}

int gr__channel_receive_take(struct gr_channel_wait *wait)
{
    struct gr__channel *channel = gr__channel_find(wait->channel.name);
    end_promise(channel, wait);
    if (channel == NULL || channel->count <= channel->promised)
        return GR_EOF;
    return receive_now(channel, wait->item);
}

void gr__channel_receive_cancel(struct gr_channel_wait *wait)
{
    struct gr__channel *channel = gr__channel_find(wait->channel.name);
    if (wait->place.in_line)
        gr__line_remove(&channel->receivers, &wait->place);
    if (end_promise(channel, wait) && channel != NULL)
        gr__channel_balance(channel);
}

/* --- Closing ------------------------------------------------------------------------------- */

void gr__channel_close(uint64_t name)
{
    struct gr__channel *channel = gr__channel_find(name);
    if (channel == NULL || channel->closed)
        return;

    channel->closed = channel->attentive = true;
    channel->unaware += tell_all(channel, &gr__port_closing_class);
    gr__channel_grant_end(&channel->senders);
    gr__channel_balance(channel);
}

bool gr__channel_is_open(uint64_t name)
{
    const struct gr__channel *channel = gr__channel_find(name);
    return channel != NULL && !channel->closed;
}

static void end(struct gr__loop *loop, struct gr__channel *channel)
{
    gr__items_end(&channel->items);
    gr__items_end(&channel->above);
    for (unsigned i = 0; i < loop->loop_count; i++)
        for (struct gr__task *word; (word = gr__queue_shift(&channel->accounts[i].words)) != NULL;)
            gr__notice_discard(word);
    gr__pool_give(&loop->pool, channel->accounts, accounts_bytes(loop));
    gr__slots_give(table(loop), channel);
}

void gr_channel_drop(gr_channel name)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name.name == 0 || gr__handle_loop(name.name) == loop->id);
    struct gr__channel *channel = gr__channel_find(name.name);
    if (channel == NULL)
        return;

    gr__channel_grant_end(&channel->senders);
    gr__channel_grant_end(&channel->receivers);
    tell_all(channel, &gr__port_gone_class);
    end(loop, channel);
}

/* --- The stratum --------------------------------------------------------------------------- */

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__channels) <= GR__PART_BYTES, "fits its part of the loop");
    gr__ports_start(loop);
    return gr__slots_init(table(loop), loop->id, sizeof(struct gr__channel), &floors[loop->id]);
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (table(loop)->live == 0)
        return;

    char line[128];
    snprintf(line, sizeof line, "%u channels on loop %u were not dropped", table(loop)->live,
             loop->id);
    say(context, line);
}

static void stratum_done(struct gr__loop *loop)
{
    struct gr__channel *channel = NULL;
    while ((channel = gr__slots_next(table(loop), channel)) != NULL)
        end(loop, channel);
    gr__slots_done(table(loop));
    gr__ports_done(loop);
}

static struct gr__stratum stratum = {
    .part = GR__PART_CHANNEL,
    .start = stratum_start,
    .report = stratum_report,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
