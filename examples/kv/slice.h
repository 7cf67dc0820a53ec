/**
 * @file slice.h
 * @brief Bytes that lie somewhere else: a pointer and a count.
 *
 * A slice owns nothing and lives as long as what it points into. Its bytes may
 * be any, zero included.
 */
#ifndef KV_SLICE_H
#define KV_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t size;
};

/** The bytes of a C string, without the zero that ends it. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/** Whether a slice is this word, which is in lower case; the slice may be in any. */
static inline bool slice_is(struct slice slice, const char *word)
{
    for (size_t i = 0; i < slice.size; i++) {
        char byte = slice.data[i];
        char lower = byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
        if (word[i] == '\0' || lower != word[i])
            return false;
    }
    return word[slice.size] == '\0';
}

#endif
