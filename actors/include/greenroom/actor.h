/**
 * @file actor.h
 * @brief State, a handler and a mailbox, pinned to one loop, handling one message at a time.
 *
 *     static const struct gr_behavior account = {
 *         .name = "account", .receive = account_receive, .state_bytes = sizeof(struct account)};
 *
 *     gr_actor_spawn(&account, NULL, &actor) ... gr_send(actor, ...) ... gr_actor_stop(actor, 0)
 *
 *         start --> receive, receive, receive ... --> stop
 *
 * The handler is called as a plain function, and holds a stack only while it
 * waits. While it does, the actor handles nothing else, and its mailbox fills;
 * unless its behavior says that it is re-entrant.
 *
 * Actors with mail take turns. Two run ahead of the others, for a slice of the
 * loop's time at most: one that has its first message, so that a tree of actors is
 * walked branch by branch, and one whose full mailbox senders wait for.
 *
 * A behavior is a constant that all its actors share. The state is a piece of
 * zeroed memory for each actor, at self->state; only its handler and hooks
 * touch it.
 *
 * An actor may also be written as a loop that receives its messages itself: receive.h.
 *
 * A handler that returns a negative code has failed: the actor stops with that
 * reason, and the run's report function hears of it.
 *
 * A re-entrant actor begins messages while a handler of it waits: any, or those with certain tags. So
 * it can ask itself, and ask another that asks it back.
 *
 *     all, or NOTE alone     ASK ... waits ............ goes on, ends
 *                                    NOTE, ends
 *     LATE is not named                                               LATE, ends
 *
 * There is still one handler at a time on the loop's thread, and none is interrupted but where it
 * waits. **After a wait the state may be another one**: what was looked up before is looked up again,
 * and what has to hold all the time holds before each wait. A call may wait where its manual says that
 * its thread is a runner's.
 *
 * Those that are allowed begin in the order of the mailbox, which they leave then. The others wait, in
 * their order, until no handler is under way; so they wait for ever where there always is one. At
 * reentrancy_max handlers none begins. Each handler has a context, a deadline and scopes of its own. A
 * stop cancels them all, as a failure of one does the others; the stop hook, a move and a finish come
 * when all have ended. Messages are not received in them (receive.h): they begin handlers.
 *
 * An actor may have children. They stop before it does, whatever its reason, the youngest first: each
 * is asked to, with -ESHUTDOWN; after its stop_within all its waits are ended, those of its stop
 * hook too; and if it still does not end, its parent goes without it, and the run's report
 * function hears what it waits for.
 *
 * A reason is 0 for a normal end, or a negative code: a failure's own, or what gr_actor_stop() was
 * told. Others hear of it by monitors and links (monitor.h, link.h).
 *
 * Mailboxes are bounded, by the number of messages and, where the behavior says so, by their bytes.
 * What a sender to a full one gets is when_full's choice; by default it waits. No ring of actors can
 * wait for each other in this way: a send that would close a ring is let in above the bound.
 *
 * A behavior with a priority function has its messages sorted as they come. Then the most urgent one
 * that is there is handled next, and among equals the oldest; the others wait for as long as there
 * are more urgent ones. They share one bound: who sends to a full mailbox waits his turn, however
 * urgent it is. Control messages have a lane of their own, ahead of all.
 */
#ifndef GREENROOM_ACTOR_H
#define GREENROOM_ACTOR_H

#include <greenroom/base.h>
#include <greenroom/message.h>

GR__BEGIN

/** An actor, from anywhere. Zero names none. */
typedef struct gr_actor {
    uint64_t name; /**< opaque */
} gr_actor;

/** An actor, to its own handler. */
struct gr_self {
    void *state; /**< the behavior's state_bytes, zeroed before start, aligned for any type */
};

/** What becomes of a message to a full mailbox. */
enum gr_when_full {
    GR_FULL_WAIT = 0,    /**< its sender waits; where it cannot, it gets -EAGAIN */
    GR_FULL_FAIL,        /**< its sender gets -EAGAIN, or -EAGAIN is the reply to its ask */
    GR_FULL_DROP_NEWEST, /**< it is dropped, as a dead letter */
    GR_FULL_DROP_OLDEST, /**< the oldest of the least urgent, and it is one of them, are dropped until
                              there is room, as dead letters */
    GR_FULL_GROW         /**< there is no bound */
};

/** Messages that a mailbox holds unless its behavior says otherwise. */
#define GR_MAILBOX_DEFAULT 1024

/** Levels of urgency: 0 is the most urgent, the last one below this number the least. */
#define GR_PRIORITIES 4

/** What of its mail an actor handles while a handler of it waits. */
enum gr_reentrancy {
    GR_REENTRANCY_NONE = 0, /**< nothing */
    GR_REENTRANCY_ALL,      /**< everything: messages and control messages */
    GR_REENTRANCY_TAGS      /**< messages with one of the behavior's reentrancy_tags */
};

/** Handlers of a re-entrant actor under way at once, unless its behavior says otherwise. */
#define GR_REENTRANCY_DEFAULT 64

/** How many tags a behavior may name for its re-entrancy. */
#define GR_REENTRANCY_TAGS_MAX 32

struct gr_control;

/** What its actors are like. Must outlive them all: a constant, usually. */
struct gr_behavior {
    const char *name; /**< for reports */

    /**
     * Handles one message. May wait. 0, or a negative code: the actor has failed and stops, and
     * the asker, if there is one and it has no reply yet, gets the code.
     */
    int (*receive)(struct gr_self *self, const struct gr_message *message);

    /**
     * Is the actor, in the place of receive: takes its messages by itself (receive.h). Begins after
     * start, when the spawner next waits or ends. 0, or a negative code: the actor has failed; it ends
     * with that either way. Or NULL.
     */
    int (*run)(struct gr_self *self);

    /** Sets the state up, before any message. May wait, and may fail: then the spawn does. Or NULL. */
    int (*start)(struct gr_self *self, const void *argument, size_t size);

    /** Takes the state down, after the last message. May wait. The reason: 0, or why. Or NULL. */
    void (*stop)(struct gr_self *self, int reason);

    /**
     * Handles a control message: what the actor hears of others (monitor.h, link.h). As receive, and
     * never while that is under way, save with #GR_REENTRANCY_ALL while it waits; one at a time. Not of
     * an actor with a run. Or NULL.
     */
    int (*control)(struct gr_self *self, const struct gr_control *control);

    /**
     * Hears that the actor has moved to the calling loop, from that with number @p from (move.h);
     * before the next message. May wait. 0, or a negative code, as receive. Or NULL.
     */
    int (*moved)(struct gr_self *self, int from);

    bool movable;                /**< its actors may be moved: no state of theirs is of a loop */
    size_t state_bytes;          /**< of each actor's state */
    uint32_t mailbox_max;        /**< messages; 0: #GR_MAILBOX_DEFAULT */
    enum gr_when_full when_full; /**< what becomes of more */
    uint32_t stash_max;          /**< messages laid aside (stash.h); 0: #GR_MAILBOX_DEFAULT */

    /**
     * Bytes that its messages may have, beside mailbox_max; 0: as many as there are. From so many on it
     * is full. So it holds less than this and one message, and one of any size has its turn.
     */
    size_t mailbox_bytes_max;

    /**
     * How urgent a message is: below #GR_PRIORITIES, and more counts as the least. Called when it comes,
     * on the actor's loop, though a handler of the actor may wait; looks at the message alone. What was
     * stashed comes back as the most urgent. Or NULL: all are alike.
     */
    unsigned (*priority)(const struct gr_message *message);

    enum gr_reentrancy reentrancy;   /**< what begins while a handler waits; not with a run */
    const uint32_t *reentrancy_tags; /**< with #GR_REENTRANCY_TAGS: which messages do */
    uint32_t reentrancy_tag_count;   /**< of those; #GR_REENTRANCY_TAGS_MAX at most */
    uint32_t
        reentrancy_max; /**< handlers under way at once, each with a stack; 0: #GR_REENTRANCY_DEFAULT */
};

/** Spawn on the caller's loop; the default. */
#define GR_HERE 0
/** Spawn on the loops in turn. */
#define GR_SPREAD (-1)
/** Spawn on the loop that has the least to do (gr_loop_load()); on equals in turn. */
#define GR_LEAST_LOADED (-2)
/** Spawn on the loop with that number. */
#define GR_ON_LOOP(number) ((number) + 1)

/** How to spawn an actor. Zero everywhere is the default. */
struct gr_actor_options {
    int where;             /**< #GR_HERE, #GR_SPREAD, #GR_LEAST_LOADED or #GR_ON_LOOP() */
    gr_actor beside;       /**< or on the loop where this one is now; zero: as `where` says */
    const char *name;      /**< for reports; outlives the actor. NULL: the behavior's */
    const void *argument;  /**< for the start hook; on another loop it sees a copy */
    size_t argument_bytes; /**< at argument; #GR_MESSAGE_MAX at most to another loop */
    gr_time deadline;      /**< to be spawned by, on another loop; 0: #GR_FOREVER */

    /** Whose child it is, of the caller's loop; zero: nobody's. It is stopped before its parent. */
    gr_actor parent;
    gr_time
        stop_within; /**< how long its parent lets it, nanoseconds, before force; 0: five seconds */
};

/**
 * Make an actor. On another loop than the caller's this waits for that loop's answer.
 *
 * @param options  or NULL
 *
 * @thread runner
 * @owner  the actor lives until it is stopped, fails, or the run ends
 * @errors -EINVAL no such loop, or, with details, a reentrancy that contradicts itself or the rest of
 *         the behavior, -ESTALE the parent has gone or is to stop, or the one beside which it
 *         is to be has gone, #GR_EWRONGLOOP the parent is another loop's, -ENOMEM, -EMSGSIZE an argument too large to send, -ESHUTDOWN while
 *         the loop stops, -ETIMEDOUT, -ECANCELED, or the start hook's own
 */
GR_FALLIBLE int gr_actor_spawn(const struct gr_behavior *behavior,
                               const struct gr_actor_options *options, gr_actor *ret_actor);

/**
 * Have an actor stop, once the handler it is in has returned; a wait in it is cancelled.
 *
 * From then on what is left in its mailbox are dead letters, and so is what still comes: asks get
 * -ESTALE at once, though its children or its stop hook may take their time. One that may be
 * restarted keeps its mail for its next life (supervisor.h). Stale or zero is ignored. An actor that
 * has begun to stop keeps its first reason.
 *
 * @param reason  0, or a negative code; for the stop hook
 *
 * @thread any
 * @errors -ENOMEM for the order to another loop, -ESHUTDOWN where that has stopped
 */
GR_FALLIBLE int gr_actor_stop(gr_actor actor, int reason);

/**
 * Have an actor stop, with reason 0, once its mailbox is empty: it handles what is there first.
 *
 * That is also what it sends itself meanwhile, and what others do. If it has a supervisor and fails
 * at some of it, it is restarted, and finishes then; once it has finished it is not. What it has laid
 * aside (stash.h) is not handled. One with a run is stopped when it is to wait for a message and its
 * mailbox is empty (receive.h). Stale or zero is ignored.
 *
 * @thread any
 * @errors as gr_actor_stop()
 */
GR_FALLIBLE int gr_actor_finish(gr_actor actor);

/**
 * Have an actor stop, with #GR_EKILLED, and let nothing of it wait any longer: neither its handler
 * nor its stop hook, which still runs. No hook can trap this, nor does a shield.
 *
 * One that has begun to stop keeps its reason, and is hurried. Its children are killed too.
 *
 * @thread any
 * @errors as gr_actor_stop()
 */
GR_FALLIBLE int gr_actor_kill(gr_actor actor);

/**
 * The actor's own handle.
 *
 * @thread loop, inside the handler or a hook
 */
GR_API gr_actor gr_self_actor(const struct gr_self *self);

/**
 * How many actors live on the calling loop.
 *
 * @thread loop
 */
GR_API size_t gr_actor_count(void);

/**
 * How many messages on the calling loop had no actor to handle them, since it started.
 *
 * @thread loop
 */
GR_API uint64_t gr_dead_letters(void);

GR__END

#endif
