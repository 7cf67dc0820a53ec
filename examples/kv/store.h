/**
 * @file store.h
 * @brief One shard's keys and values.
 *
 * A store knows nothing of threads, loops or clocks: whoever calls it says what
 * time it is, in milliseconds of unix time. A key past its end is removed when
 * somebody asks for it, and by store_expire_some() when nobody does.
 *
 * A store belongs to one thread.
 */
#ifndef KV_STORE_H
#define KV_STORE_H

#include "hash.h"
#include "table.h"

/** What a store is told when it is made. */
struct store_spec {
    struct hash_key hash_key; /* the same for all shards of a server */
    uint64_t seed;            /* of its choices at random */
    uint32_t shard;           /* its number */
    uint32_t shards;          /* of how many */
};

struct store {
    struct store_spec spec;
    struct table keys;
    struct entry **ending; /* the entries that have an end */
    size_t ending_count, ending_room;
    size_t sweep;       /* all ending entries from here on have been looked at this time round */
    uint64_t expired;   /* how many keys came to their end */
    uint64_t random;    /* state */
    struct slice *argv; /* where the arguments of the request under way are laid out */
    size_t argv_room;
};

/**
 * Make an empty store.
 *
 * @errors -ENOMEM
 */
int store_init(struct store *store, const struct store_spec *spec);

/** End a store and all in it. A struct of zeros is nothing. */
void store_done(struct store *store);

/**
 * Remove all keys.
 *
 * @errors -ENOMEM, and they are still there
 */
int store_clear(struct store *store);

/** The entry of a key that has not come to its end, or NULL. */
struct entry *store_find(struct store *store, const struct key *key, int64_t now);

/**
 * The entry of a key, made with an empty text if there is none.
 *
 * @param value_bytes about how long its text will be
 * @errors -ENOMEM
 */
int store_obtain(struct store *store, const struct key *key, size_t value_bytes, int64_t now,
                 struct entry **ret_entry, bool *ret_created);

/** Remove an entry. */
void store_remove(struct store *store, struct entry *entry);

/**
 * Make sure that the next store_set_end() has the memory it needs.
 *
 * @errors -ENOMEM
 */
int store_prepare_end(struct store *store);

/** Give an entry an end, or another one. There must have been a store_prepare_end() before. */
void store_set_end(struct store *store, struct entry *entry, int64_t ends_at);

/** Take an entry's end away. False if it has none. */
bool store_persist(struct store *store, struct entry *entry);

/**
 * Look at up to @p most keys that have an end and remove those past it.
 *
 * Calls in a row go through all of them, however they come and go meanwhile.
 *
 * @return how many were removed
 */
size_t store_expire_some(struct store *store, int64_t now, size_t most);

/** Some entry that has not come to its end, each as likely as the others, or NULL. */
struct entry *store_pick(struct store *store, int64_t now);

/** Whether an entry is past its end: it does not exist any more, and only has not been removed. */
static inline bool store_ended(const struct entry *entry, int64_t now)
{
    return entry->ends_at < now;
}

#endif
