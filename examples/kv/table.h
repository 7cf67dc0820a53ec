/**
 * @file table.h
 * @brief Entries by key, and all of them in a row.
 *
 *     key -> hash -> part (a ck_hs) -> entry          to find one
 *     entries: | e0 | e1 | e2 | ... | e(n-1) |        to walk over all, or pick any
 *
 * A table owns its entries. One thread uses it.
 */
#ifndef KV_TABLE_H
#define KV_TABLE_H

#include <ck_hs.h>

#include "entry.h"

struct part {
    ck_hs_t set;
    uint64_t removed; /* since it was last built anew */
};

struct table {
    struct part *parts;
    uint32_t part_mask;
    uint32_t count; /* entries there are */
    uint32_t room;  /* of the array below */
    struct entry **entries;
};

/**
 * Make an empty table of @p parts parts, a power of two up to 64.
 *
 * @errors -ENOMEM
 */
int table_init(struct table *table, uint32_t parts);

/** End a table and its entries. A struct of zeros is nothing. */
void table_done(struct table *table);

/** The entry of a key, or NULL. */
struct entry *table_find(const struct table *table, const struct key *key);

/**
 * The entry of a key, which is made with an empty text if there is none.
 *
 * @param value_bytes about how long its text will be
 * @errors -ENOMEM
 */
int table_obtain(struct table *table, const struct key *key, size_t value_bytes,
                 struct entry **ret_entry, bool *ret_created);

/** End an entry of this table. The last of the row takes its place. */
void table_remove(struct table *table, struct entry *entry);

#endif
