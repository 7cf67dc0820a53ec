/*
 * Broadcasts: a channel for each subscriber, and a number in each item.
 *
 *     | number | item |     8 bytes, and what the user sends
 *
 * All of them get an item or none does: first room is waited for, one subscriber after the other,
 * and then it is sent to all, without a wait. Room that is there stays, since nobody else sends
 * into these channels, and those who send here take turns by a lock.
 *
 * A subscriber that misses an item sees it by the number of the next one it gets, so nobody counts
 * for it.
 *
 * Invariants:
 *   1. A subscriber that was added has room for its first item, whose number is where it begins.
 *   2. Numbers begin with 1, and those that a subscriber gets only grow.
 */
#include <greenroom/broadcast.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "future/channel.h"

struct gr__subscriber {
    struct gr__subscriber *next;
    gr_channel channel;
    enum gr_broadcast_slow slow;
};

int gr_broadcast_add(struct gr_broadcast *broadcast, gr_channel channel,
                     enum gr_broadcast_slow slow, gr_time deadline)
{
    struct gr__subscriber *subscriber = malloc(sizeof *subscriber);
    if (subscriber == NULL)
        return -ENOMEM;
    int rc = gr__channel_await_room(channel, deadline);
    if (rc < 0) {
        free(subscriber);
        return rc;
    }
    *subscriber = (struct gr__subscriber){broadcast->first, channel, slow};
    broadcast->first = subscriber;
    return 0;
}

/* One that has ended keeps nobody waiting; it is found when it is sent to. */
static bool has_ended(int rc)
{
    return rc == -EPIPE || rc == -ESHUTDOWN;
}

/* Those who are added meanwhile come first, and have room. */
static int wait_for_room(const struct gr_broadcast *broadcast, gr_time deadline)
{
    int rc = 0;
    for (const struct gr__subscriber *subscriber = broadcast->first; rc == 0 && subscriber != NULL;
         subscriber = subscriber->next) {
        if (subscriber->slow == GR_BROADCAST_WAIT)
            rc = gr__channel_await_room(subscriber->channel, deadline);
        if (has_ended(rc))
            rc = 0;
    }
    return rc;
}

/* Who has no room misses it; and so does, without memory for it, who has. */
static void deliver(struct gr_broadcast *broadcast, const void *item, size_t size)
{
    struct gr__subscriber **link = &broadcast->first;
    while (*link != NULL) {
        struct gr__subscriber *subscriber = *link;
        int rc = gr_channel_try_send(subscriber->channel, item, size);
        if (has_ended(rc)) {
            *link = subscriber->next;
            free(subscriber);
        } else {
            link = &subscriber->next;
        }
    }
}

int gr_broadcast_send(struct gr_broadcast *broadcast, const void *item, size_t size,
                      gr_time deadline)
{
    if (size > GR_BROADCAST_ITEM_MAX)
        return -EMSGSIZE;
    int rc = gr_mutex_lock(&broadcast->mutex, deadline);
    if (rc < 0)
        return rc;

    rc = wait_for_room(broadcast, deadline);
    if (rc == 0) {
        unsigned char numbered[GR_CHANNEL_ITEM_MAX];
        uint64_t number = ++broadcast->sent;
        memcpy(numbered, &number, sizeof number);
        memcpy(numbered + sizeof number, item, size);
        deliver(broadcast, numbered, sizeof number + size);
    }
    gr_mutex_unlock(&broadcast->mutex);
    return rc;
}

void gr_broadcast_done(struct gr_broadcast *broadcast)
{
    gr_mutex_done(&broadcast->mutex);
    while (broadcast->first != NULL) {
        struct gr__subscriber *subscriber = broadcast->first;
        broadcast->first = subscriber->next;
        int rc = gr_channel_close(subscriber->channel);
        assert(rc == 0 || rc == -ESHUTDOWN || rc == -ENOMEM);
        (void)rc;
        free(subscriber);
    }
}

int gr_subscription_make(struct gr_subscription *subscription, size_t item_bytes,
                         uint32_t items_max)
{
    if (item_bytes > GR_BROADCAST_ITEM_MAX)
        return -EMSGSIZE;
    void *item = malloc(sizeof(uint64_t) + item_bytes);
    if (item == NULL)
        return -ENOMEM;
    gr_channel channel;
    int rc = gr_channel_make(sizeof(uint64_t) + item_bytes, items_max, &channel);
    if (rc < 0) {
        free(item);
        return rc;
    }
    *subscription = (struct gr_subscription){.channel = channel, .item = item};
    return 0;
}

/* The next item is in `item`: whether some are missing before it. */
static bool note_missed(struct gr_subscription *subscription, uint64_t *ret_missed)
{
    uint64_t number;
    memcpy(&number, subscription->item, sizeof number);
    uint64_t missed = subscription->next == 0 ? 0 : number - subscription->next;
    subscription->next = number + 1;
    subscription->held = missed > 0;
    if (missed > 0 && ret_missed != NULL)
        *ret_missed = missed;
    return missed > 0;
}

int gr_subscription_receive(struct gr_subscription *subscription, void *ret_item, size_t size,
                            uint64_t *ret_missed, gr_time deadline)
{
    size_t numbered = sizeof(uint64_t) + size;
    if (numbered != subscription->channel.item_bytes)
        return -EMSGSIZE;
    if (!subscription->held) {
        int rc = gr_channel_receive(subscription->channel, subscription->item, numbered, deadline);
        if (rc < 0)
            return rc;
        if (note_missed(subscription, ret_missed))
            return -EOVERFLOW;
    }
    subscription->held = false;
    memcpy(ret_item, (char *)subscription->item + sizeof(uint64_t), size);
    return 0;
}

void gr_subscription_drop(struct gr_subscription *subscription)
{
    gr_channel_drop(subscription->channel);
    free(subscription->item);
    *subscription = (struct gr_subscription){0};
}
