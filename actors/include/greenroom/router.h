/**
 * @file router.h
 * @brief One handle for many actors: each message goes to one of them, chosen by a rule.
 *
 *     gr_router_make(&(struct gr_router_options){.kind = GR_ROUTE_LEAST_LOADED}, &router, deadline)
 *     gr_router_add(router, worker, deadline) ...
 *
 *     any loop                                     any loop
 *     gr_router_send(router, JOB, ...) ----------> one of the workers
 *     gr_router_ask(router, JOB, ...)  <---------> the same, and its reply
 *
 * A router is no actor, and nothing goes through it: each loop has its own copy of who is a member,
 * so that to choose one costs a few nanoseconds and no hop. What changes is told to all loops by
 * messages; gr_router_add() and gr_router_remove() return once they all know.
 *
 *     GR_ROUTE_ROUND_ROBIN    the next one; each loop goes round by itself
 *     GR_ROUTE_RANDOM         any, each as likely
 *     GR_ROUTE_LEAST_LOADED   the one with the least to do, as far as the loop knows
 *     GR_ROUTE_HASH           the one that has the message's key; a new member takes over about
 *                             one n-th of the keys, and no other key moves
 *     GR_ROUTE_BROADCAST      all; and whoever asks gets the first good reply
 *
 * Nothing is lost when a member is removed: once gr_router_remove() has returned, all that was sent
 * to it through the router is in its mailbox, and no more comes. gr_actor_finish() (actor.h) then
 * lets it end after the last of that.
 *
 * The load of a member is what is in its mailbox, and the message it handles. A loop sees that of its
 * own members; of others it knows what it was told last, and adds what it has sent since. It has one
 * of them tell it anew with every eighth message, and where the last word is a millisecond old.
 *
 * A member may move (move.h), one of a pool too: what is said of its removal holds wherever it lives.
 *
 * A member that ends stays one until it is removed: what is sent to it is -ESTALE, or a dead
 * letter. One that a supervisor restarts keeps its handle, so that its router need not know
 * (supervisor.h, pool.h).
 */
#ifndef GREENROOM_ROUTER_H
#define GREENROOM_ROUTER_H

#include <greenroom/actor.h>
#include <greenroom/base.h>

GR__BEGIN

/** A router, from any loop. Zero names none. */
typedef struct gr_router {
    uint64_t name; /**< opaque */
} gr_router;

/** Which member gets a message. */
enum gr_routing {
    GR_ROUTE_ROUND_ROBIN = 0, /**< the next one */
    GR_ROUTE_RANDOM,          /**< any */
    GR_ROUTE_LEAST_LOADED,    /**< the one with the least to do */
    GR_ROUTE_HASH,            /**< the one that has the key */
    GR_ROUTE_BROADCAST        /**< all */
};

/** Members that a router may have unless it is told otherwise. */
#define GR_ROUTER_DEFAULT 64

/** Members that a router may have at most. */
#define GR_ROUTER_MAX 65536

/** The key of a message, for #GR_ROUTE_HASH. Runs on any loop, and does not wait. */
typedef uint64_t gr_router_key_fn(uint32_t tag, const void *data, size_t size);

/** How to route. Zero everywhere is the default. */
struct gr_router_options {
    const char *name;      /**< for reports; outlives the router. NULL: "router" */
    enum gr_routing kind;  /**< which member gets a message */
    uint32_t members_max;  /**< 0: #GR_ROUTER_DEFAULT; memory for so many is taken at once */
    gr_router_key_fn *key; /**< NULL: gr_router_key() of all its bytes */
};

/**
 * Make a router without members, and wait until all loops know it.
 *
 * @param options  or NULL
 *
 * @thread runner
 * @owner  the caller, until gr_router_drop(), on the same loop
 * @errors -EINVAL above #GR_ROUTER_MAX, -ENOMEM, -ESHUTDOWN, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_router_make(const struct gr_router_options *options, gr_router *ret_router,
                               gr_time deadline);

/**
 * Make an actor a member, and wait until all loops know.
 *
 * It is one, too, where the wait ends early.
 *
 * @thread runner, on the loop that made the router
 * @owner  the actor's life is its own
 * @errors -ESTALE, -EEXIST it is one already, -ENOSPC there are members_max, -ENOMEM, -ESHUTDOWN,
 *         -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_router_add(gr_router router, gr_actor member, gr_time deadline);

/**
 * Take a member out, and wait until all that was sent to it has arrived.
 *
 * Asks that were made through the router and are not answered yet are waited for, too. It is no member
 * any more, too, where the wait ends early.
 *
 * @thread runner, on the loop that made the router
 * @errors -ESTALE, -ENOENT it is none, -ENOMEM, -ESHUTDOWN, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_router_remove(gr_router router, gr_actor member, gr_time deadline);

/**
 * End a router. Its members live on, and what is under way to them arrives. Stale or zero is ignored.
 *
 * @thread loop, that made the router
 */
GR_API void gr_router_drop(gr_router router);

/**
 * How many members there are, as far as the calling loop knows.
 *
 * @thread loop
 */
GR_API size_t gr_router_count(gr_router router);

/**
 * Send to the member whose turn it is; wait while its mailbox is full.
 *
 * To all members it is sent one after the other; where one of them cannot get it the others do.
 *
 * @thread runner
 * @owner  @p data stays the caller's; its bytes are copied
 * @errors -ESTALE the router or the member has gone, -ENOENT there is no member, those of
 *         gr_send_by(); of many members the first one's
 */
GR_FALLIBLE int gr_router_send(gr_router router, uint32_t tag, const void *data, size_t size,
                               gr_time deadline);

/**
 * The same for a message that has another key than its options say. Only #GR_ROUTE_HASH looks at it.
 *
 * @thread runner
 * @errors as gr_router_send()
 */
GR_FALLIBLE int gr_router_send_key(gr_router router, uint64_t key, uint32_t tag, const void *data,
                                   size_t size, gr_time deadline);

/**
 * Ask the member whose turn it is, and wait for its reply. Of a broadcast: gr_router_ask_first() of all.
 *
 * @thread runner
 * @errors -ESTALE, -ENOENT there is no member, those of gr_ask()
 */
GR_FALLIBLE int gr_router_ask(gr_router router, uint32_t tag, const void *data, size_t size,
                              void *ret_reply, size_t reply_size, gr_time deadline);

/**
 * The same for a question with this key.
 *
 * @thread runner
 * @errors as gr_router_ask()
 */
GR_FALLIBLE int gr_router_ask_key(gr_router router, uint64_t key, uint32_t tag, const void *data,
                                  size_t size, void *ret_reply, size_t reply_size,
                                  gr_time deadline);

/**
 * Ask several members at once, whatever the router's rule, and take the first reply that is no error.
 *
 * The others are waited for no longer: their replies are dropped where they arrive.
 *
 * @param most  how many, those whose turn it is; 0: all
 *
 * @thread runner
 * @errors -ESTALE, -ENOENT there is no member, -ENOMEM, -ETIMEDOUT, -ECANCELED; where all have
 *         failed, the first one's error
 */
GR_FALLIBLE int gr_router_ask_first(gr_router router, size_t most, uint32_t tag, const void *data,
                                    size_t size, void *ret_reply, size_t reply_size,
                                    gr_time deadline);

/**
 * Choose a member, to forward a message to, to send it a buffer, to ask it together with others.
 *
 * gr_router_remove() does not wait for what it is sent in other ways than by the router.
 *
 * @param key  looked at by #GR_ROUTE_HASH alone
 *
 * @thread runner
 * @errors -ESTALE, -ENOENT there is no member
 */
GR_FALLIBLE int gr_router_choose(gr_router router, uint64_t key, gr_actor *ret_member);

/**
 * A key for some bytes, as a name: the same for the same bytes in every run. Nobody should rely on
 * it against an adversary.
 *
 * @thread any
 */
GR_API uint64_t gr_router_key(const void *data, size_t size);

GR__END

#endif
