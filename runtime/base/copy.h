/*
 * Copying few bytes without a call: most messages and results are a word or two.
 */
#ifndef GREENROOM_BASE_COPY_H
#define GREENROOM_BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One piece from the front and one from the back, which overlap where the size is less than both. */
#define GR__COPY_ENDS(to, from, size, front, back)                                                 \
    do {                                                                                           \
        unsigned char front_[front], back_[back];                                                  \
        memcpy(front_, (from), (front));                                                           \
        memcpy(back_, (const unsigned char *)(from) + (size) - (back), (back));                    \
        memcpy((to), front_, (front));                                                             \
        memcpy((unsigned char *)(to) + (size) - (back), back_, (back));                            \
    } while (0)

/* Less than a word, and not nothing. */
static inline void gr__copy_part(void *to, const void *from, size_t size)
{
    if (size >= 4)
        GR__COPY_ENDS(to, from, size, 4, 4);
    else if (size >= 2)
        GR__COPY_ENDS(to, from, size, 2, 2);
    else
        memcpy(to, from, 1);
}

/*
 * At most 32 bytes. They do not overlap; either pointer may be NULL where size is 0.
 *
 * Pieces of whole words do not overlap: who soon reads a struct back, sixteen bytes and then eight,
 * finds each in one store, and need not wait until both have reached the cache.
 */
static inline __attribute__((always_inline)) void gr__copy_line(void *to, const void *from,
                                                                size_t size)
{
    if (size == 0)
        return;
    if (size == 8)
        memcpy(to, from, 8);
    else if (size - 9 <= 16 - 9)
        GR__COPY_ENDS(to, from, size, 8, 8);
    else if (size - 17 <= 24 - 17)
        GR__COPY_ENDS(to, from, size, 16, 8);
    else if (size - 25 <= 32 - 25)
        GR__COPY_ENDS(to, from, size, 16, 16);
    else
        gr__copy_part(to, from, size);
}

/* As many as there are. */
static inline void gr__copy(void *to, const void *from, size_t size)
{
    if (size <= 32)
        gr__copy_line(to, from, size);
    else
        memcpy(to, from, size);
}

#endif
