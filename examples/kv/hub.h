/**
 * @file hub.h
 * @brief Who on this loop is subscribed to which channel.
 *
 * A hub belongs to its loop, and so do all its subscribers.
 */
#ifndef KV_HUB_H
#define KV_HUB_H

#include <ck_hs.h>

#include "hash.h"
#include "slice.h"

/** A subscriber: told by a function what was published. */
struct listener {
    void (*hear)(struct listener *listener, struct slice channel, struct slice message);
};

struct hub {
    ck_hs_t channels; /* of those that have a listener */
    struct hash_key hash_key;
};

/**
 * Make an empty hub.
 *
 * @errors -ENOMEM
 */
int hub_init(struct hub *hub, const struct hash_key *hash_key);

/** End it. A struct of zeros is nothing. */
void hub_done(struct hub *hub);

/**
 * Let a listener hear a channel, which it does not yet.
 *
 * @errors -ENOMEM
 */
int hub_add(struct hub *hub, struct slice channel, struct listener *listener);

/** Let it hear the channel no more. */
void hub_remove(struct hub *hub, struct slice channel, struct listener *listener);

/** Tell all who listen to a channel; returns how many. */
int64_t hub_tell(struct hub *hub, struct slice channel, struct slice message);

#endif
