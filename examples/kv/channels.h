/**
 * @file channels.h
 * @brief The channels one connection is subscribed to, and what it is told of them.
 *
 * Who else is subscribed, and how a message gets there, is the server's business.
 * Channels belong to the connection's thread.
 */
#ifndef KV_CHANNELS_H
#define KV_CHANNELS_H

#include "hash.h"
#include "reply.h"
#include "table.h"

/** A struct of zeros is no channels. */
struct channels {
    struct table names;
};

/** Give back what they hold. */
void channels_done(struct channels *channels);

size_t channels_count(const struct channels *channels);

/** One of them, by a number below the count. */
struct slice channels_at(const struct channels *channels, size_t number);

/**
 * Add a channel.
 *
 * @return 1 if it is new, 0 if not
 * @errors -ENOMEM
 */
int channels_add(struct channels *channels, const struct hash_key *key, struct slice name);

/** Remove a channel. False if it was not there. */
bool channels_remove(struct channels *channels, const struct hash_key *key, struct slice name);

/**
 * Append what a client is told for each channel it names.
 *
 * @param kind  "subscribe" or "unsubscribe"
 * @param name  NULL when it left all and there were none
 * @param count of channels it is subscribed to now
 */
void channels_confirm(struct reply *reply, const char *kind, const struct slice *name,
                      size_t count);

/** Append a message that came over a channel. */
void channels_message(struct reply *reply, struct slice channel, struct slice message);

#endif
