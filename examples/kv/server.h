/**
 * @file server.h
 * @brief The server as its loops see it: what is shared and constant, and what each has of its own.
 *
 *     loop 0                       loop 1
 *     front 0: connections -----+  front 1: connections
 *        |                       \    |   \
 *     keeper 0: a shard           +-> keeper 1: a shard
 *     crier 0: subscribers            crier 1: subscribers
 *
 * Every loop accepts connections, keeps one shard, and tells its own connections
 * what is published. A connection parses what it reads, sends each shard what is
 * its part, in one message, and writes all replies at once.
 *
 * A struct server is written by main() before it serves, and constant from then
 * on. A front belongs to its loop.
 */
#ifndef KV_SERVER_H
#define KV_SERVER_H

#include <greenroom/greenroom.h>

#include "hub.h"
#include "plan.h"

struct front {
    struct planner planner;
    struct buffer *batches; /* one for each shard; empty between two reads */
    struct hub hub;
    struct facts facts;
    int64_t next_id; /* of a client: this loop's number and steps of the number of loops */
};

struct server {
    uint32_t shards;      /* as many as loops */
    gr_actor *keepers;    /* by loop */
    gr_actor *criers;     /* by loop */
    struct front *fronts; /* by loop */
    struct hash_key hash_key;
    int64_t clock_began; /* milliseconds of unix time when gr_now() was 0 */
    int port;
};

/** What keepers and criers are sent. */
enum server_tag {
    SERVER_EXECUTE, /* a batch of requests; the reply is a batch of answers */
    SERVER_SWEEP,   /* remove keys past their end, again and again */
    SERVER_PUBLISH, /* a channel and a message; the reply is how many heard it */
};

/** Milliseconds of unix time, by the loop's clock. */
int64_t server_now(const struct server *server);

/** Memory of memory_take(), to be moved to another loop; it is given back where it ends. */
struct gr_buffer server_buffer(void *bytes, size_t size);

/** Keeps a shard. Its argument is the struct server's address. */
extern const struct gr_behavior keeper_behavior;

/** Tells the connections of its loop. Its argument is the struct server's address. */
extern const struct gr_behavior crier_behavior;

/** Converse with one client: a gr_serve_fn, with a struct server for its context. */
int server_converse(gr_stream stream, void *server);

/** Publish to all loops, and wait for how many heard it. A negative code on failure. */
int server_publish(const struct server *server, struct slice channel, struct slice message,
                   int64_t *ret_heard);

#endif
