/*
 * Copying few bytes without a call: most messages and results are a word or two.
 */
#ifndef GREENROOM_BASE_COPY_H
#define GREENROOM_BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Two pieces that overlap as much as there are bytes fewer than in two. */
#define GR__COPY_ENDS(to, from, size, piece)                                                       \
    do {                                                                                           \
        unsigned char first_[piece], last_[piece];                                                 \
        memcpy(first_, (from), (piece));                                                           \
        memcpy(last_, (const unsigned char *)(from) + (size) - (piece), (piece));                  \
        memcpy((to), first_, (piece));                                                             \
        memcpy((unsigned char *)(to) + (size) - (piece), last_, (piece));                          \
    } while (0)

/* The bytes do not overlap; either pointer may be NULL where size is 0. */
static inline void gr__copy(void *to, const void *from, size_t size)
{
    if (size == 0)
        return;
    if (size - 8 <= 16 - 8)
        GR__COPY_ENDS(to, from, size, 8);
    else if (size - 16 <= 32 - 16)
        GR__COPY_ENDS(to, from, size, 16);
    else
        memcpy(to, from, size);
}

#endif
