/**
 * @file entry.h
 * @brief One key with its value, in one piece of memory where it fits.
 *
 *     entry | hash, end, places, sizes | value | key bytes | text of a short value |
 *                                          |               ^
 *                                          +--- points there, or to memory of its own
 *
 * A value is a text, a list or a hash. A text that INCR made is kept as a number.
 * The fields of a large hash are entries too, with texts as values.
 *
 * An entry never moves, so whoever holds it may keep the pointer until the entry
 * is removed. It belongs to its table, and the table to one thread.
 */
#ifndef KV_ENTRY_H
#define KV_ENTRY_H

#include <stdint.h>

#include "number.h"
#include "slice.h"

/** When a key ends that has no time to live. */
#define ENTRY_NEVER INT64_MAX

enum entry_type { ENTRY_TEXT, ENTRY_LIST, ENTRY_HASH };

struct list;
struct fields;

struct entry {
    uint64_t hash;         /* of the key */
    int64_t ends_at;       /* milliseconds of unix time, or ENTRY_NEVER */
    uint32_t place;        /* in its table's array */
    uint32_t ending_place; /* while it has an end: in the store's array of those */
    uint32_t key_bytes;
    uint8_t type;
    bool number;     /* a text kept as a number */
    uint16_t inside; /* bytes of text for which there is room behind the key */
    union {
        char *text; /* of a text that is no number */
        int64_t integer;
        struct list *list;
        struct fields *fields;
    };
    uint32_t size; /* of a text that is no number */
    uint32_t room; /* of a text that stands outside, else 0 */
    char key[];
};

/** A key as a request brings it. */
struct key {
    struct slice bytes;
    uint64_t hash;
};

/** Make an entry with an empty text, soon of about @p value_bytes. NULL for want of memory. */
struct entry *entry_new(const struct key *key, size_t value_bytes);

/** End an entry and its value. */
void entry_free(struct entry *entry);

/** End the value and leave an empty text. */
void entry_clear(struct entry *entry);

static inline struct slice entry_key(const struct entry *entry)
{
    return (struct slice){entry->key, entry->key_bytes};
}

/**
 * The text of an entry.
 *
 * @param digits where a number is written, #NUMBER_BYTES long
 * @return valid until the entry or @p digits changes
 */
static inline struct slice entry_text(const struct entry *entry, char *digits)
{
    if (entry->number)
        return (struct slice){digits, number_print(digits, entry->integer)};
    return (struct slice){entry->text, entry->size};
}

/** Bytes of the text of an entry. */
size_t entry_text_size(const struct entry *entry);

/**
 * Set the value, of whichever type it was, to a text.
 *
 * @errors -ENOMEM, and the value stays what it was
 */
int entry_set_text(struct entry *entry, struct slice text);

/** Set the value, of whichever type it was, to a number. */
void entry_set_integer(struct entry *entry, int64_t number);

/**
 * Append to a text.
 *
 * @errors -ENOMEM, and the text stays what it was
 */
int entry_append(struct entry *entry, struct slice text);

/** Whether a text is a number, and which. */
bool entry_integer(const struct entry *entry, int64_t *ret_number);

#endif
