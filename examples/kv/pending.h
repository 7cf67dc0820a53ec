/**
 * @file pending.h
 * @brief Brings a connection's replies into the order of its requests.
 *
 * Requests go to several shards, whose answers come in any order among shards; but
 * each shard answers one connection in the order in which it was asked. So it is
 * enough to know, for each request, which shards it went to:
 *
 *     requests   GET a   GET b   PING   MGET a b           lanes   0: | a | a of MGET |
 *     asked        0       1      own     0, 1                     1: | b of MGET |
 *                  ^ first                                       own: | PONG | who MGET asked |
 *
 * The reply to the first request comes from its lane; what comes early waits there.
 * The connection's own answers have a lane, and the server's (publish and
 * subscribe) have one, too.
 *
 * It belongs to the connection's thread.
 */
#ifndef KV_PENDING_H
#define KV_PENDING_H

#include "plan.h"

struct pending {
    struct planner *planner;
    struct lane *lanes;   /* of the shards, then the two others */
    struct slot *slots;   /* a ring: what is asked and not yet replied to */
    uint32_t first, last; /* numbers of the first and behind the last; room is a power of two */
    uint32_t room;
};

/**
 * Make an empty one.
 *
 * @errors -ENOMEM
 */
int pending_init(struct pending *pending, struct planner *planner);

/** End it. A struct of zeros is nothing. */
void pending_done(struct pending *pending);

/** How many requests have had no reply. */
static inline size_t pending_count(const struct pending *pending)
{
    return pending->last - pending->first;
}

/**
 * Note that a request goes to shards. Before it is sent, so that it can still be given up.
 *
 * @param muted its reply is to be dropped
 * @errors -ENOMEM, and nothing is noted
 */
int pending_ask(struct pending *pending, const struct plan *plan, int protocol, bool muted);

/**
 * Note that the server is to reply, by pending_serve().
 *
 * @errors -ENOMEM, and nothing is noted
 */
int pending_ask_server(struct pending *pending, bool muted);

/**
 * Queue a reply that is there already, behind those still awaited. If none are,
 * write it to the output instead: it need not come here.
 *
 * @errors -ENOMEM, and nothing is noted
 */
int pending_answer(struct pending *pending, struct slice reply);

/**
 * A shard has answered. What can be replied now is appended to @p output.
 *
 * @errors -ENOMEM, and the connection is beyond help
 */
int pending_arrive(struct pending *pending, uint32_t shard, struct slice reply, int64_t now,
                   struct buffer *output);

/**
 * The server has answered what it was asked first.
 *
 * @errors -ENOMEM, and the connection is beyond help
 */
int pending_serve(struct pending *pending, struct slice reply, int64_t now, struct buffer *output);

#endif
