/*
 * Memory in large pieces, straight from the system: reserved first, given substance later.
 *
 *     reserve      |..................................|   addresses only
 *     commit       |##########........................|   usable, and its pages are there
 *     release                                             gone, whatever of it was committed
 *
 * Any thread may call any of these. Sizes and committed pieces are whole pages.
 */
#ifndef GREENROOM_BASE_MEMORY_H
#define GREENROOM_BASE_MEMORY_H

#include <stddef.h>

enum { GR__PAGE_BYTES = 4096, GR__HUGE_PAGE_BYTES = 2 << 20 };

/* `bytes` made whole pages. */
static inline size_t gr__memory_whole_pages(size_t bytes)
{
    return (bytes + GR__PAGE_BYTES - 1) & ~(size_t)(GR__PAGE_BYTES - 1);
}

/* Addresses that nothing else will use, and that hold nothing yet; NULL when there are none. */
void *gr__memory_reserve(size_t bytes);

/* Usable memory that is zero, whose pages come when they are touched; NULL when there is none. */
void *gr__memory_zeroed(size_t bytes);

/* Make pages of a reservation usable, and bring them in at once. 0, or -ENOMEM. */
int gr__memory_commit(void *address, size_t bytes);

/* Give a reservation, or zeroed memory, of so many bytes back. */
void gr__memory_release(void *address, size_t bytes);

/* For tests: of the calls to reserve or commit, the one after `calls` more fails. -1: none. */
void gr__memory_fail_after(long calls);

/* For tests: all such calls fail, until that is said otherwise. */
void gr__memory_fail_all(void);

#endif
