/**
 * @file fields.h
 * @brief The fields of a hash: each a name with a text.
 *
 * A hash with few short fields is one run of bytes in the order in which they
 * came; one that has grown beyond that is a table in no order. It does not go back.
 *
 * Slices that come out point into the fields, or to the digits given, and hold
 * until either changes. Fields belong to one thread.
 */
#ifndef KV_FIELDS_H
#define KV_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "hash.h"
#include "slice.h"

struct fields;

/** The most fields, and the most bytes of a name or a value, of a hash that keeps their order. */
enum { FIELDS_ORDERED_MAX = 128, FIELDS_ORDERED_BYTES_MAX = 64 };

/** A place in front of a field. Zeros stand before the first. */
struct fields_cursor {
    size_t at;
};

/** Empty fields, whose names are hashed with @p key; it outlives them. NULL for want of memory. */
struct fields *fields_new(const struct hash_key *key);

/** End fields. NULL is nothing. */
void fields_free(struct fields *fields);

size_t fields_count(const struct fields *fields);

/** Find a field. @p ret_value is untouched if there is none. */
bool fields_get(const struct fields *fields, struct slice name, struct slice *ret_value);

/**
 * Set a field, new or not.
 *
 * @param ret_created whether it is new
 * @errors -ENOMEM, and the fields stay what they were
 */
int fields_set(struct fields *fields, struct slice name, struct slice value, bool *ret_created);

/** Remove a field. False if there is none. */
bool fields_remove(struct fields *fields, struct slice name);

/** Read the next field and move past it. False behind the last. */
bool fields_next(const struct fields *fields, struct fields_cursor *cursor, struct slice *ret_name,
                 struct slice *ret_value);

#endif
