/**
 * @file monitor.h
 * @brief Hearing of an actor's end, once: as an actor by a monitor, as a runner by waiting.
 *
 *     watcher                                    watched
 *     gr_monitor_make(self, actor, &monitor)
 *       ... handles other messages ...             ends, for whatever reason
 *     control hook: GR_DOWN, monitor, reason  <-----+
 *
 * A monitor goes one way and does nothing to the watched one. Each ends in exactly one
 * GR_DOWN: with the reason of the end; with -ESTALE where the actor had gone before; or
 * with none, once it was dropped. The actors may live on any loops.
 *
 * What an actor hears of others comes as control messages, to a hook of its own, so that no tag of
 * a message can be taken for one; or it receives them (receive.h). They have a lane of their own beside the mailbox: no bound holds
 * them up, none is dropped, and the next that the actor handles is a control message
 * if there is one, however many messages came before. What is to be told is allocated when the monitor is
 * made, so that the end of an actor is told even when memory is short.
 *
 * Links go both ways and pass the end on: link.h.
 */
#ifndef GREENROOM_MONITOR_H
#define GREENROOM_MONITOR_H

#include <greenroom/actor.h>
#include <greenroom/await.h>
#include <greenroom/base.h>

GR__BEGIN

/** A monitor, to its watcher. Zero names none. */
typedef struct gr_monitor {
    uint64_t name; /**< opaque */
} gr_monitor;

/** What a control message tells. */
enum gr_control_kind {
    GR_DOWN = 1,    /**< a monitored actor has ended */
    GR_EXIT,        /**< a linked actor has ended, and this one traps exits (link.h) */
    GR_JOINED,      /**< an actor is a member of a watched group (group.h) */
    GR_LEFT,        /**< an actor is a member of a watched group no longer */
    GR_UNSUBSCRIBED /**< a subscription has ended, since the actor was too slow (topic.h) */
};

/** A control message, as the control hook sees it. */
struct gr_control {
    enum gr_control_kind kind; /**< what it tells */
    int reason;         /**< of the end: 0, or a negative code; -ESTALE: it had ended before */
    gr_actor actor;     /**< who has ended, joined or left */
    gr_monitor monitor; /**< of #GR_DOWN; it has ended with this */
    const char *
        group; /**< of the last three, or the topic; as long as the hook runs and does not end that */
};

/**
 * Watch an actor.
 *
 * Its behavior's control hook gets #GR_DOWN when the actor has ended, or at once if it has; a
 * behavior without the hook does not hear of it. Each call makes a monitor of its own.
 *
 * @thread loop, inside the handler or a hook
 * @owner  the monitor is the caller's to drop; it ends with its #GR_DOWN, or with the watcher
 * @errors -ENOMEM, -ESHUTDOWN where the actor's loop has stopped. Where the loop of the actor has no
 *         memory to watch it, that is the reason of the #GR_DOWN: -ENOMEM
 */
GR_FALLIBLE int gr_monitor_make(struct gr_self *self, gr_actor actor, gr_monitor *ret_monitor);

/**
 * End a monitor: no #GR_DOWN of it comes any more, not even one that is in the lane already.
 *
 * A stale or zero handle is ignored.
 *
 * @thread loop, that of the monitor; of an actor that has moved since: inside its handler or a hook
 */
GR_API void gr_monitor_drop(gr_monitor monitor);

/** An actor's end, to be awaited. What it holds is private. */
struct gr_actor_wait {
    struct gr_awaitable awaitable; /**< private */
    gr_actor actor;                /**< private */
    int *ret_reason;               /**< private */
    struct gr_waiter *waiter;      /**< private */
    gr_monitor monitor;            /**< private */
    int reason;                    /**< private */
    bool ended;                    /**< private */
};

/**
 * The end of an actor as an awaitable: gr_await() of it does as gr_actor_join().
 *
 * @thread any; to be awaited in a runner
 * @owner  @p wait is the caller's, and stays while it is awaited
 */
GR_API struct gr_awaitable *gr_actor_awaitable(struct gr_actor_wait *wait, gr_actor actor,
                                               int *ret_reason);

/**
 * Wait until an actor has ended.
 *
 * @param ret_reason  gets the reason of the end; -ESTALE where it had ended before
 *
 * @thread runner
 * @errors -ENOMEM, -ESHUTDOWN where the actor's loop has stopped, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_actor_join(gr_actor actor, int *ret_reason, gr_time deadline);

GR__END

#endif
