/**
 * @file plan.h
 * @brief Decides where a request goes, and writes it into the shards' batches.
 *
 *     GET a            to the shard of a
 *     MGET a b c       to the shards of a, b and c, each with its own keys
 *     KEYS *           to all shards
 *     SCAN 17          to the shard the cursor names
 *     PING             nowhere: answered here
 *     SUBSCRIBE x      to whoever serves the connection
 *
 * A planner serves all connections of one loop and belongs to its thread. A plan
 * lasts until the planner makes the next.
 */
#ifndef KV_PLAN_H
#define KV_PLAN_H

#include "batch.h"
#include "facts.h"
#include "hash.h"
#include "reply.h"
#include "session.h"

/** The most shards there may be. */
#define SHARDS_MAX 256

enum plan_kind {
    PLAN_ANSWERED, /* the reply has been written */
    PLAN_SHARDS,   /* some shards are to be asked: plan_write() */
    PLAN_SERVER,   /* the server's own business */
};

struct plan {
    enum plan_kind kind;
    const struct command *command; /* unless it is answered */
    const struct slice *argv;
    size_t argc;
    size_t keys;
    const uint64_t *hashes; /* keys of them */
    const uint16_t *shards; /* the shards to be asked, in no order, or NULL for all */
    size_t shard_count;     /* how many that are */
    const uint16_t *turns; /* if shard_count > 1: for each key the index of its shard in `shards` */
};

struct planner {
    struct command_index index;
    struct hash_key hash_key;
    uint32_t shards;
    const struct facts *facts;
    uint64_t random; /* state, to pick a key */

    /* For the plan under way: */
    struct share *shares; /* of each shard */
    uint16_t *asked;      /* the shards that have a share */
    size_t shared;        /* how many those are */
    uint64_t one_hash;    /* of a request on one key */
    uint16_t one_shard;   /* and its shard */
    uint64_t *hashes;
    uint16_t *turns;
    size_t room; /* of hashes and turns */
};

/**
 * Make a planner for this many shards, whose stores have the same hash key.
 *
 * @param facts stays the caller's and outlives the planner
 * @errors -ENOMEM
 */
int planner_init(struct planner *planner, const struct hash_key *hash_key, uint32_t shards,
                 const struct facts *facts, uint64_t seed);

/** End a planner. A struct of zeros is nothing. */
void planner_done(struct planner *planner);

/**
 * Decide where a request goes. What is wrong with it, and what needs no shard, is
 * answered into @p reply.
 */
void plan_request(struct planner *planner, struct session *session, int64_t now,
                  const struct slice *argv, size_t argc, struct reply *reply,
                  struct plan *ret_plan);

/**
 * Append the plan's requests to the batches of the shards, one batch each.
 *
 * @errors -ENOMEM, and the batches stay what they were
 */
int plan_write(struct planner *planner, const struct plan *plan, uint64_t tag, int protocol,
               struct buffer *batches);

#endif
