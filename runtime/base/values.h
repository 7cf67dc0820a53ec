/*
 * Records of values: what a context holds, in one piece that never changes.
 *
 *     | references, count ... | key, size, bytes | key, size, bytes | ...
 *
 * To set a value is to make another record, in which the new value stands in place of the old
 * one. So a record may be shared by all who have that context, and grows no longer than there
 * are keys. It belongs to one loop; what goes to another takes a copy of its own along, of which
 * it has the only reference, and which is that loop's once it has arrived.
 *
 * NULL is the record without a value.
 *
 * Invariants:
 *   1. A record holds one value at least, and each key once.
 *   2. `some` of a record are on its own loop: a copy that crosses has none.
 */
#ifndef GREENROOM_BASE_VALUES_H
#define GREENROOM_BASE_VALUES_H

#include <greenroom/context.h>

#include "base/pool.h"

struct gr__value {
    const struct gr_context_key *key;
    size_t size;
    unsigned char bytes[]; /* filled up to a multiple of eight */
};

/* Which values of a record. */
enum gr__some { GR__INHERITED, GR__CARRIED, GR__SOMES };

struct gr__values {
    uint32_t references;
    uint32_t bytes; /* of the entries */
    uint16_t count;
    uint16_t counts[GR__SOMES];
    struct gr__values
        *some[GR__SOMES]; /* once asked for, and where they are not all: these alone */
    unsigned char entries[];
};

/* What is around the code that runs. Who holds one holds a reference to its values. */
struct gr__ambient {
    struct gr__values *values; /* NULL: none */
    gr_time deadline;          /* GR_FOREVER: none */
};

const struct gr__value *gr__values_find(const struct gr__values *values,
                                        const struct gr_context_key *key);

/* The first entry, or the one behind `after`; NULL behind the last. */
const struct gr__value *gr__values_next(const struct gr__values *values,
                                        const struct gr__value *after);

/* A record in which a key has another value, or none: errors as gr_context_set(). */
int gr__values_with(struct gr__pool *pool, const struct gr__values *values,
                    const struct gr_context_key *key, const void *value, size_t size,
                    struct gr__values **ret_values);

/*
 * A reference to some of the values; NULL where there are none of them. For another loop to have
 * they are `apart`, in a record of their own. 0, or -ENOMEM.
 */
int gr__values_some(struct gr__pool *pool, struct gr__values *values, enum gr__some which,
                    bool apart, struct gr__values **ret_values);

/* Write the values as "user=ann trace=4bf9", as gr_context_text() does; returns the length. */
size_t gr__values_print(const struct gr__values *values, char *text, size_t bytes);

static inline struct gr__values *gr__values_keep(struct gr__values *values)
{
    if (values != NULL)
        values->references++;
    return values;
}

void gr__values_end(struct gr__pool *pool, struct gr__values *values);

static inline void gr__values_drop(struct gr__pool *pool, struct gr__values *values)
{
    if (values != NULL && --values->references == 0)
        gr__values_end(pool, values);
}

#endif
