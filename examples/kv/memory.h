/**
 * @file memory.h
 * @brief The one door through which the key-value server takes memory.
 *
 * It is malloc() and free(), and it can be told to refuse, so that a test can
 * walk through every place that copes with a full machine. The order to refuse
 * belongs to the calling thread alone.
 */
#ifndef KV_MEMORY_H
#define KV_MEMORY_H

#include <stddef.h>

/** Take @p bytes. NULL when there are none. */
void *memory_take(size_t bytes);

/** Change the size of @p memory, which may move. NULL leaves it as it was. */
void *memory_resize(void *memory, size_t bytes);

/** Give @p memory back. NULL is nothing. */
void memory_give(void *memory);

/**
 * Let the calling thread take memory @p times times and then refuse it for good.
 * A negative number ends this.
 */
void memory_fail_after(long times);

#endif
