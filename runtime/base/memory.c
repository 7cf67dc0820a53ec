/*
 * Memory in large pieces: what the system is told about them.
 *
 * A page that is touched for the first time costs a fault, which under a hypervisor takes
 * microseconds; brought in together with its neighbours it costs a small part of that, and
 * in a huge page less again. So what is committed is populated at once, and what is as large
 * as a huge page asks for huge pages first. A reservation of that size begins on a huge
 * page's boundary: more is mapped than was asked for, and the ends are cut off.
 *
 *     mapped   |---------------------------------------------|
 *     kept           |<------------- bytes ------------->|
 *                    ^ a multiple of 2 MiB
 *
 * Reserving says MAP_NORESERVE, so that a table for the worst case counts against no limit
 * but that of addresses.
 */
#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { NONE_FAILS = -1, ALL_FAIL = -2 };

/* Set by tests, read by any thread; it orders nothing and so pairs with nothing. */
static long calls_until_failure = NONE_FAILS;

void gr__memory_fail_after(long calls)
{
    __atomic_store_n(&calls_until_failure, calls, __ATOMIC_RELAXED);
}

void gr__memory_fail_all(void)
{
    __atomic_store_n(&calls_until_failure, ALL_FAIL, __ATOMIC_RELAXED);
}

static bool told_to_fail(void)
{
    long calls = __atomic_load_n(&calls_until_failure, __ATOMIC_RELAXED);
    if (calls < 0)
        return calls == ALL_FAIL;

    return __atomic_fetch_sub(&calls_until_failure, 1, __ATOMIC_RELAXED) == 0;
}

static void *map(size_t bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *address = mmap(NULL, bytes, PROT_NONE, flags, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

static void *map_at_huge_page(size_t bytes)
{
    char *mapped = map(bytes + GR__HUGE_PAGE_BYTES);
    if (mapped == NULL)
        return NULL;

    size_t before = -(uintptr_t)mapped & (GR__HUGE_PAGE_BYTES - 1);
    if (before > 0)
        munmap(mapped, before);
    munmap(mapped + before + bytes, GR__HUGE_PAGE_BYTES - before);
    return mapped + before;
}

void *gr__memory_reserve(size_t bytes)
{
    if (told_to_fail())
        return NULL;

    return bytes < GR__HUGE_PAGE_BYTES ? map(bytes) : map_at_huge_page(bytes);
}

void *gr__memory_zeroed(size_t bytes)
{
    if (told_to_fail())
        return NULL;

    void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

int gr__memory_commit(void *address, size_t bytes)
{
    if (told_to_fail() || mprotect(address, bytes, PROT_READ | PROT_WRITE) != 0)
        return -ENOMEM;

    /* Both are advice: where the kernel does not take it, first touches bring the pages in. */
    if (bytes >= GR__HUGE_PAGE_BYTES)
        madvise(address, bytes, MADV_HUGEPAGE);
    madvise(address, bytes, MADV_POPULATE_WRITE);
    return 0;
}

void gr__memory_release(void *address, size_t bytes)
{
    munmap(address, bytes);
}
