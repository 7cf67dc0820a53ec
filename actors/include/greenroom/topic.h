/**
 * @file topic.h
 * @brief Publish and subscribe, over all loops.
 *
 *     gr_topic_subscribe("prices", actor, NULL, deadline)
 *
 *     gr_publish("prices", PRICE, &price, sizeof price, deadline)
 *        |
 *        +--> one copy to each loop that has subscribers --> its subscribers' handlers
 *        +--> a message to each subscriber that publishers wait for
 *
 * A topic is there while it has subscribers. What one publisher publishes comes to each of them in its
 * order. A subscription begins when gr_topic_subscribe() has returned: what is published after that
 * comes, and what is under way may. It ends with its actor.
 *
 * What a subscriber has not come to yet is bounded by its subscription, which says what becomes of
 * more:
 *
 *     GR_SLOW_DROP_NEWEST, GR_SLOW_DROP_OLDEST   it misses some, as dead letters, and can ask how many
 *     GR_SLOW_END                                the subscription ends, and the control hook is told
 *     GR_SLOW_WAIT                               the publisher waits, as with gr_send()
 *
 * In the first three, messages stand in the subscription and not in the mailbox. Its actor comes to them
 * as to control messages, ahead of its mailbox, and they go to its handler; nothing comes once
 * gr_topic_unsubscribe() has returned to the actor. With the last they are ordinary messages in the
 * mailbox, which bounds them and orders them with others, and no ring of actors can wait for itself;
 * what is in the mailbox when the subscription ends is handled still.
 */
#ifndef GREENROOM_TOPIC_H
#define GREENROOM_TOPIC_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/monitor.h>
#include <greenroom/registry.h>

GR__BEGIN

/** Messages that a subscription holds unless its options say otherwise. */
#define GR_SUBSCRIPTION_DEFAULT 128

/** What becomes of messages to a subscriber that is slow. */
enum gr_when_slow {
    GR_SLOW_DROP_NEWEST = 0, /**< what comes is dropped */
    GR_SLOW_DROP_OLDEST,     /**< the oldest is dropped for it */
    GR_SLOW_END,             /**< the subscription ends, with all that is in it */
    GR_SLOW_WAIT             /**< the publisher waits */
};

/** How to subscribe. Zero everywhere is the default. */
struct gr_topic_options {
    enum gr_when_slow when_slow; /**< what becomes of messages if it is slow */
    uint32_t messages_max; /**< that it holds; 0: #GR_SUBSCRIPTION_DEFAULT; not of #GR_SLOW_WAIT */
};

/**
 * Have an actor's handler get what is published. One that has subscribed already stays as it is.
 *
 * Where the actor is another loop's this waits for that loop's answer, and a wait that ends early does
 * not take it back.
 *
 * @param topic    one byte at least, and #GR_NAME_MAX at most; it is copied
 * @param options  or NULL
 *
 * @thread runner
 * @owner  until the actor ends, or gr_topic_unsubscribe()
 * @errors -EINVAL an empty name, -ENAMETOOLONG, -ESTALE there is no such actor, -EBUSY one that has moved
 *         (move.h) can but be waited for, -ENOSPC, -ENOMEM,
 *         -ESHUTDOWN where the actor's loop has stopped, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_topic_subscribe(const char *topic, gr_actor actor,
                                   const struct gr_topic_options *options, gr_time deadline);

/**
 * End a subscription.
 *
 * @thread runner
 * @errors -ENOENT there is none, or it has ended; -EINVAL, -ENAMETOOLONG, -ENOMEM, -ESHUTDOWN, -ETIMEDOUT,
 *         -ECANCELED
 */
GR_FALLIBLE int gr_topic_unsubscribe(const char *topic, gr_actor actor, gr_time deadline);

/**
 * Send @p size bytes at @p data to all subscribers.
 *
 * Waits while too much is on its way to a loop, and for subscribers with #GR_SLOW_WAIT. That one of
 * these, or a loop, cannot be sent to keeps no other from it.
 *
 * @thread runner
 * @owner  @p data stays the caller's; its bytes are copied, once for each loop
 * @errors -EINVAL, -ENAMETOOLONG, -EMSGSIZE above #GR_MESSAGE_MAX; -ETIMEDOUT, -ECANCELED, -ENOMEM, -EAGAIN
 *         where it could not be sent to all
 */
GR_FALLIBLE int gr_publish(const char *topic, uint32_t tag, const void *data, size_t size,
                           gr_time deadline);

/**
 * How many messages the actor's own subscription has missed since it began.
 *
 * @thread loop, inside the handler or a hook
 */
GR_API uint64_t gr_self_topic_missed(const struct gr_self *self, const char *topic);

GR__END

#endif
