/**
 * @file shard.h
 * @brief Runs requests on a shard's store.
 *
 * Nothing here waits or looks at a clock: what comes out depends on the store, the
 * time it is told, and the requests.
 */
#ifndef KV_SHARD_H
#define KV_SHARD_H

#include "batch.h"
#include "store.h"

/**
 * Run all requests of a batch and append their answers to @p answers.
 *
 * What runs out of memory answers so and the next is run.
 *
 * @param now      milliseconds of unix time
 * @param ret_used how many bytes of requests were run
 * @errors -ENOMEM when there is no memory even for that answer; what is behind
 *         *ret_used has not been run and may be run later
 */
int shard_execute(struct store *store, int64_t now, struct slice requests, struct buffer *answers,
                  size_t *ret_used);

#endif
