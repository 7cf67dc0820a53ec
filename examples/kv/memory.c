/*
 * Memory that a test can run out of. The design stands in memory.h.
 */
#include "memory.h"

#include <stdbool.h>
#include <stdlib.h>

static _Thread_local long left = -1; /* how often memory is still given; negative: always */

static bool refused(void)
{
    if (__builtin_expect(left < 0, 1))
        return false;
    if (left == 0)
        return true;
    left--;
    return false;
}

void *memory_take(size_t bytes)
{
    return refused() ? NULL : malloc(bytes);
}

void *memory_resize(void *memory, size_t bytes)
{
    return refused() ? NULL : realloc(memory, bytes);
}

void memory_give(void *memory)
{
    free(memory);
}

void memory_fail_after(long times)
{
    left = times;
}
