/* How long does the first touch of a page take? */
#include "bench/lib/bench.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define HUGE_BYTES ((size_t)2 << 20)
#define HUGE_MOST 32u /* huge pages in a sample, or as many bytes in small ones */

/* A way for a page to come into being. */
struct way {
    const char *variant;
    int advice;    /* to the system, about huge pages */
    bool populate; /* all of them in one call, before they are touched */

    char *mapping; /* while a run is not cleared, or NULL */
    size_t mapping_bytes;
};

static size_t page_bytes;

/* Map so many bytes, which begin where a huge page may. NULL, with errno set, if that fails. */
static char *map(struct way *way, size_t bytes)
{
    way->mapping_bytes = bytes + HUGE_BYTES;
    char *mapping = mmap(NULL, way->mapping_bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
        return NULL;

    way->mapping = mapping;
    return mapping + (HUGE_BYTES - (uintptr_t)mapping % HUGE_BYTES) % HUGE_BYTES;
}

static int touch(void *context, uint64_t operations)
{
    struct way *way = context;
    size_t bytes = operations * page_bytes;
    char *memory = map(way, bytes);
    if (memory == NULL)
        return -errno;

    /* A kernel that has no huge pages refuses either advice; is_there() sees what came of it. */
    (void)madvise(memory, bytes, way->advice);
    if (way->populate && madvise(memory, bytes, MADV_POPULATE_WRITE) < 0)
        return -errno;

    for (volatile char *page = memory; page != memory + bytes; page += page_bytes)
        if ((*page)++ != 0)
            return bench_wrong("a fresh page is not zero");
    return 0;
}

static void unmap(void *context)
{
    struct way *way = context;
    if (way->mapping != NULL)
        munmap(way->mapping, way->mapping_bytes);
    way->mapping = NULL;
}

static long count_faults(void)
{
    struct rusage usage = {.ru_minflt = 0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

/* Whether this machine has this way: huge pages that take a fault for each small one are none. */
static bool is_there(struct way *way)
{
    size_t pages = HUGE_BYTES / page_bytes;
    long before = count_faults();
    int rc = touch(way, pages);
    long faults = count_faults() - before;
    unmap(way);
    return rc == 0 && (way->advice != MADV_HUGEPAGE || (size_t)faults < pages / 2);
}

static int measure(struct way *way)
{
    uint64_t step = HUGE_BYTES / page_bytes;
    if (!is_there(way)) {
        fprintf(stderr, "page_fault: this machine does not do it %s\n", way->variant);
        return 0;
    }
    return bench_measure(&(struct bench_row){.name = "page_fault",
                                             .variant = way->variant,
                                             .work = touch,
                                             .clear = unmap,
                                             .context = way,
                                             .step = step,
                                             .most = HUGE_MOST * step});
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);

    struct way ways[] = {
        {.variant = "by a fault", .advice = MADV_NOHUGEPAGE},
        {.variant = "populated", .advice = MADV_NOHUGEPAGE, .populate = true},
        {.variant = "in a huge page", .advice = MADV_HUGEPAGE},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof ways / sizeof *ways; i++)
        rc = measure(&ways[i]);
    return bench_end(rc);
}
