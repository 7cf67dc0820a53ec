/*
 * Shortage: a loop whose pool has no block of one size, and gets no memory for more.
 */
#ifndef GREENROOM_TESTS_SHORTAGE_H
#define GREENROOM_TESTS_SHORTAGE_H

#include <string.h>

#include "base/memory.h"
#include "lib/fixture.h"
#include "loop/loop.h"

/*
 * Uses up what blocks of one size the pool has, beside those that were taken before, and lets the next call
 * for memory fail.
 */
static inline void *take_more(void *first, size_t bytes)
{
    void *block;
    gr__memory_fail_after(0);
    while ((block = gr__pool_take(&gr__loop_here()->pool, bytes)) != NULL) {
        memcpy(block, &first, sizeof first);
        first = block;
    }
    gr__memory_fail_after(0);
    return first;
}

static inline void *take_all(size_t bytes)
{
    return take_more(NULL, bytes);
}

static inline void *give_one(void *first, size_t bytes)
{
    void *next;
    memcpy(&next, first, sizeof next);
    gr__pool_give(&gr__loop_here()->pool, first, bytes);
    return next;
}

/* The same, but the next `left` calls for such a block have one. */
static inline void *take_all_but(size_t bytes, size_t left)
{
    void *first = take_all(bytes);
    for (; left > 0 && first != NULL; left--)
        first = give_one(first, bytes);
    return first;
}

static inline void give_all(void *first, size_t bytes)
{
    gr__memory_fail_after(-1);
    while (first != NULL)
        first = give_one(first, bytes);
}

#endif
