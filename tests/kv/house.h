/**
 * @file house.h
 * Shards and one client that talks to them, all on one thread: what the tests of batches live in.
 *
 *     lines ──▶ dialog ──▶ batches ──▶ shard_execute() ──▶ answers ──▶ dialog ──▶ output
 *                                      in the order asked for
 *
 * A step that must not fail is asserted here.
 */
#ifndef KV_HOUSE_H
#define KV_HOUSE_H

#include "dialog.h"
#include "store.h"

/** The most shards of a house. */
enum { SHARDS = 8 };

/** How the shards answer what they were asked together: by number, against it, or in any order,
 *  and then some only after more was asked. */
enum answer_order { FORWARDS, BACKWARDS, ANY_ORDER };

/** Shards, and one client that talks to them. */
struct house {
    uint32_t shards;
    enum answer_order order;
    int64_t now;
    struct facts facts;
    struct store stores[SHARDS];
    struct planner planner;
    struct dialog dialog;
    struct buffer batches[SHARDS];
    struct buffer output;
    int served; /* commands that the server was given */
    uint32_t dice;
};

/** Opens a house, empty, at the time 1000000. @owner the caller, until close_house() */
struct house *open_house(uint32_t shards, enum answer_order order);

void close_house(struct house *house);

/** Sends bytes, `step` at a time, and waits for all replies.
 *  @return 0, or -ENOMEM where the connection would be closed */
int talk_bytes(struct house *house, struct slice bytes, size_t step);

/** Sends a line, or several, and gives what was replied as a C string, good until the next. */
const char *talk(struct house *house, const char *lines);

#endif
