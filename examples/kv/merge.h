/**
 * @file merge.h
 * @brief Makes one reply of the replies several shards gave to one request.
 */
#ifndef KV_MERGE_H
#define KV_MERGE_H

#include <stdint.h>

#include "commands.h"
#include "facts.h"
#include "reply.h"

/** What is to become one reply. */
struct merge {
    enum command_merge how;
    const struct slice *parts; /* whole replies, as each shard wrote them */
    size_t count;
    const uint16_t *turns;     /* for values: for each key the part its value is in */
    size_t keys;               /* for values: how many keys there are */
    uint32_t sections;         /* for INFO: which are asked for */
    const struct facts *facts; /* for INFO */
    int64_t now;               /* for INFO */
    uint64_t *random;          /* for a random key: state of the choice */
};

/** Append the merged reply. If a part is an error, that is the reply. */
void merge_replies(const struct merge *merge, struct reply *reply);

#endif
