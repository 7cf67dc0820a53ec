/**
 * @file set.h
 * @brief Setting a key to a text, for the commands that do.
 */
#ifndef KV_SET_H
#define KV_SET_H

#include "store.h"

/**
 * Set a key to a text, whatever it was, and let it never end.
 *
 * @errors -ENOMEM, and the key stays what it was
 */
int set_text(struct store *store, const struct key *key, struct slice text, int64_t now);

#endif
