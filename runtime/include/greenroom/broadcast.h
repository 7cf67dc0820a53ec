/**
 * @file broadcast.h
 * @brief One sender's items to many, each of whom gets each of them.
 *
 *     the broadcast's loop                                 any loop
 *                                                          gr_subscription_make(&news, bytes, 100)
 *     gr_broadcast_add(&broadcast, channel, ...) <-------- news.channel, by a message or a promise
 *
 *     gr_broadcast_send(&broadcast, &item, ...) ---+-----> gr_subscription_receive(&news, &item, ...)
 *                                                  +-----> another
 *
 * A subscription is a channel (channel.h) on the loop of who reads it, and so holds as many items as
 * that one says. What happens when it is full is said when it is added: the sender waits, or
 * the subscriber misses items, and learns how many.
 */
#ifndef GREENROOM_BROADCAST_H
#define GREENROOM_BROADCAST_H

#include <greenroom/channel.h>
#include <greenroom/mutex.h>

GR__BEGIN

/** The largest item of a broadcast. */
#define GR_BROADCAST_ITEM_MAX (GR_CHANNEL_ITEM_MAX - 8)

/** What happens when a subscription is full. */
enum gr_broadcast_slow {
    GR_BROADCAST_WAIT, /**< the sender waits for it, and with it all other subscribers */
    GR_BROADCAST_MISS, /**< it misses the item */
};

struct gr__subscriber;

/** The sending end, on one loop. Zero is one without subscribers. */
struct gr_broadcast {
    struct gr_mutex mutex;        /**< private: of who sends */
    struct gr__subscriber *first; /**< private */
    uint64_t sent;                /**< private */
};

/**
 * Have a subscription get each item from now on.
 *
 * @param channel  of a subscription, of any loop; nobody else may send into it
 *
 * @thread runner
 * @errors -EPIPE when it has ended, -ETIMEDOUT, -ECANCELED, -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_broadcast_add(struct gr_broadcast *broadcast, gr_channel channel,
                                 enum gr_broadcast_slow slow, gr_time deadline);

/**
 * Send a copy of an item to each subscriber: when it returns 0 to all, and else to none.
 *
 * Waits until there is room with all for whom that was asked. Whoever has memory for no copy misses it. One that has ended is left out from
 * then on.
 *
 * @param size  bytes of the item, as the subscriptions were made for
 *
 * @thread runner
 * @errors -EMSGSIZE, -ETIMEDOUT, -ECANCELED, -ENOMEM, -EDEADLK
 */
GR_FALLIBLE int gr_broadcast_send(struct gr_broadcast *broadcast, const void *item, size_t size,
                                  gr_time deadline);

/**
 * End it: subscribers get what was sent, and then GR_EOF. Nobody may be sending.
 *
 * @thread loop
 */
GR_API void gr_broadcast_done(struct gr_broadcast *broadcast);

/** The reading end, on one loop. */
struct gr_subscription {
    gr_channel channel; /**< to be added to a broadcast */
    uint64_t next; /**< private: the number of the next item; 0: of the first, that is unknown */
    bool held;     /**< private: one was received and waits behind those missed */
    void *item;    /**< private: room for one */
};

/**
 * Make a subscription, which is to be added to a broadcast.
 *
 * @thread loop
 * @owner  the caller, until gr_subscription_drop()
 * @errors -EMSGSIZE above #GR_BROADCAST_ITEM_MAX, -ENOMEM
 */
GR_FALLIBLE int gr_subscription_make(struct gr_subscription *subscription, size_t item_bytes,
                                     uint32_t items_max);

/**
 * Wait for the next item, and take it. One runner at a time.
 *
 * Where items were missed it says so once, with how many, and the next call goes on behind them.
 *
 * @param ret_missed  set with -EOVERFLOW alone; or NULL
 *
 * @thread runner, on the loop of the subscription
 * @errors -EOVERFLOW, GR_EOF when the broadcast has ended, -EMSGSIZE, -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_subscription_receive(struct gr_subscription *subscription, void *ret_item,
                                        size_t size, uint64_t *ret_missed, gr_time deadline);

/**
 * End a subscription, with all that is in it. Zero is ignored.
 *
 * @thread loop, that of the subscription
 */
GR_API void gr_subscription_drop(struct gr_subscription *subscription);

GR__END

#endif
