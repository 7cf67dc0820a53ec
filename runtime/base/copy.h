/*
 * Copying few bytes without a call: most messages and results are a word or two.
 */
#ifndef GREENROOM_BASE_COPY_H
#define GREENROOM_BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The bytes do not overlap; either pointer may be NULL where size is 0. */
static inline void gr__copy(void *to, const void *from, size_t size)
{
    if (size == 0)
        return;
    if (size < sizeof(uint64_t) || size > 2 * sizeof(uint64_t)) {
        memcpy(to, from, size);
        return;
    }

    /* Two words that overlap as much as there are bytes fewer than in two. */
    uint64_t first, last;
    memcpy(&first, from, sizeof first);
    memcpy(&last, (const char *)from + size - sizeof last, sizeof last);
    memcpy(to, &first, sizeof first);
    memcpy((char *)to + size - sizeof last, &last, sizeof last);
}

#endif
