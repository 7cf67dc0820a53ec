/**
 * @file receive.h
 * @brief An actor as a loop that takes the message it wants next, and leaves the others where they are.
 *
 *     static int run(struct gr_self *self)          behavior.run in the place of behavior.receive
 *     {
 *         const struct gr_message *message;
 *         int rc;
 *         while ((rc = gr_receive(self, gr_pattern_tag(LOGIN), &message, GR_FOREVER)) == 0)
 *             ... what a handler does, with gr_reply(); and other receives in the midst of it ...
 *         return rc;                                the actor ends, and that is its reason
 *     }
 *
 *     mailbox     LOGIN  DATA  DATA  LOGOUT         gr_pattern_tag(LOGOUT) takes the last one;
 *                                                   the others stay, in their order
 *
 * A handler, too, may receive while it handles a message: then it waits for another one of
 * its actor, and what it does not want is handled after it, as if it had come by then.
 *
 * What was received is valid until the next gr_receive(), or until gr_receive_done(): that is its
 * end, as the return of a handler is, and an ask that has no reply by then is replied to with no bytes.
 * What it came with is around the run meanwhile, as around a handler (context.h, ask.h); a handler
 * that receives stays within what came with its own message. Should the actor fail, what it has
 * received is what it failed at: its asker gets the code, and a supervisor can look at it.
 *
 * To look for a message again costs nothing for those that were looked at before: a receive with the
 * tags of the last one begins where that has stopped. A function has to be asked again about all.
 *
 * Messages that nobody wants stay, and fill the mailbox. When it is full its senders are slowed as
 * by any other, and one among them may be who has the message that is waited for: then nobody goes on.
 * The report tells who waits for room and who for a message, and how many messages are left. So a
 * loop should have a receive for whatever its actor can be sent.
 *
 * Control messages (monitor.h, link.h) are received by patterns that say so, and stay in their lane
 * until then. A run has no control hook.
 */
#ifndef GREENROOM_RECEIVE_H
#define GREENROOM_RECEIVE_H

#include <greenroom/actor.h>
#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/links.h>
#include <greenroom/message.h>
#include <greenroom/monitor.h>

GR__BEGIN

/** How many tags gr_pattern_tags() takes. */
#define GR_PATTERN_TAGS_MAX 6

/**
 * Whether a message is one that is waited for.
 *
 * Called on the actor's loop, when one is looked for and, while the actor waits, when one comes. It
 * looks at the message and the context; it does nothing else, and gives the same answer each time.
 */
typedef bool gr_match_fn(const struct gr_message *message, const void *context);

/** Which messages to receive. Zero: none. */
typedef struct gr_pattern {
    uint32_t tags[GR_PATTERN_TAGS_MAX]; /**< private */
    gr_match_fn *match;                 /**< private */
    const void *context;                /**< private */
    gr_monitor monitor;                 /**< private */
    uint8_t kind;                       /**< private */
    uint8_t tag_count;                  /**< private */
    uint8_t control;                    /**< private */
} gr_pattern;

/**
 * Any message, but no control message.
 *
 * @thread any
 */
GR_API gr_pattern gr_pattern_any(void);

/**
 * Messages with this tag.
 *
 * @thread any
 */
GR_API gr_pattern gr_pattern_tag(uint32_t tag);

/**
 * Messages with one of these tags.
 *
 * @param count  of those at @p tags, #GR_PATTERN_TAGS_MAX at most
 *
 * @thread any
 */
GR_API gr_pattern gr_pattern_tags(const uint32_t *tags, size_t count);

/**
 * Messages with a tag from @p first to @p last.
 *
 * @thread any
 */
GR_API gr_pattern gr_pattern_range(uint32_t first, uint32_t last);

/**
 * Messages of which a function says so.
 *
 * @thread any
 * @owner  @p context stays the caller's, and as it is while the pattern is waited for
 */
GR_API gr_pattern gr_pattern_match(gr_match_fn *match, const void *context);

/**
 * What the pattern stands for, or the #GR_DOWN of that monitor.
 *
 * @thread any
 */
GR_API gr_pattern gr_pattern_or_down(gr_pattern pattern, gr_monitor monitor);

/**
 * What the pattern stands for, or any control message.
 *
 * @thread any
 */
GR_API gr_pattern gr_pattern_or_control(gr_pattern pattern);

/**
 * End what was received before, and take the first message of the own mailbox that the pattern
 * stands for; wait until there is one. A control message comes before all others.
 *
 * The actor that is to stop gets -ECANCELED, whatever its mailbox holds, but behind a shield.
 *
 * @param ret_message  gets the message; untouched on error
 *
 * @thread runner, inside the actor's run or handler; or in a runner which that has started and waits for
 * @owner  the message is the actor's, until it receives again or has ended
 * @errors -ENOTSUP, with details, in a re-entrant actor (actor.h), -ENOMEM, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_receive(struct gr_self *self, gr_pattern pattern,
                           const struct gr_message **ret_message, gr_time deadline);

/** A message to be received, to be awaited together with other things. What it holds is private. */
struct gr_receive_wait {
    struct gr_awaitable awaitable;         /**< private */
    struct gr_self *self;                  /**< private */
    gr_pattern pattern;                    /**< private */
    const struct gr_message **ret_message; /**< private */
    struct gr_waiter *waiter;              /**< private */
    struct gr__list link;                  /**< private */
    struct gr__list heard;                 /**< private */
    void *found;                           /**< private */
    void *granted;                         /**< private */
    void *place;                           /**< private */
    bool woken;                            /**< private */
};

/**
 * Receiving as an awaitable: gr_await() of it does as gr_receive().
 *
 * What was received before ends now. What several of them give stays until the next receive.
 *
 * -EAGAIN comes out of it where the message was there, and before it was taken another runner of the
 * actor cancelled it (self_timer.h), or dropped the monitor that it is of; and where a group that is
 * watched (group.h) is as it was again.
 *
 * @thread as gr_receive()
 * @owner  @p wait stays the caller's, until the await is over; the message is as gr_receive()'s
 */
GR_API struct gr_awaitable *gr_receive_awaitable(struct gr_receive_wait *wait, struct gr_self *self,
                                                 gr_pattern pattern,
                                                 const struct gr_message **ret_message);

/**
 * End what was received, ahead of the next receive.
 *
 * @thread loop, as gr_receive()
 */
GR_API void gr_receive_done(struct gr_self *self);

/**
 * What a control message tells; NULL: it is a message that somebody has sent.
 *
 * The tag of a control message is UINT32_MAX, which others may have, too.
 *
 * @thread loop, inside the run or handler that has received it
 * @owner  as the message
 */
GR_API const struct gr_control *gr_message_control(const struct gr_message *message);

GR__END

#endif
