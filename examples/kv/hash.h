/**
 * @file hash.h
 * @brief A keyed hash: who does not know its key cannot choose collisions.
 *
 * It is SipHash with one round a word and three at the end. A key's hash is
 * computed once, where the request is read, and serves everything after that,
 * each use taking bits of its own:
 *
 *     63            48 47   46 45      40 39                            0
 *     | tag in table  |       | part     | place within the part       |
 *     | shard (its upper half, scaled)   |
 */
#ifndef KV_HASH_H
#define KV_HASH_H

#include <stdint.h>

#include "slice.h"

/** 128 secret bits, drawn at random when the server starts and shared by all its shards. */
struct hash_key {
    uint64_t words[2];
};

/** The hash of some bytes under a key. */
uint64_t hash_bytes(const struct hash_key *key, struct slice bytes);

/** Which of @p shards a hash belongs to. */
static inline uint32_t hash_shard(uint64_t hash, uint32_t shards)
{
    return (uint32_t)((hash >> 32) * shards >> 32);
}

#endif
