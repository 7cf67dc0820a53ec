/* How long does the first touch of a page take? */
#include "bench/lib/bench.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 4096u

/* Map, touch each page once, unmap; the two system calls are spread over thousands of pages. */
static int touch_pages(size_t pages, size_t page_bytes)
{
    volatile char *memory = mmap(NULL, pages * page_bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;

    (void)madvise((void *)memory, pages * page_bytes, MADV_NOHUGEPAGE);
    int rc = 0;
    for (size_t i = 0; i < pages; i++)
        if (memory[i * page_bytes]++ != 0)
            rc = bench_wrong("a fresh page is not zero");
    munmap((void *)memory, pages * page_bytes);
    return rc;
}

static int touch(void *context, uint64_t operations)
{
    const size_t *page_bytes = context;
    for (uint64_t left = operations; left != 0;) {
        size_t pages = left < PAGES ? left : PAGES;
        int rc = touch_pages(pages, *page_bytes);
        if (rc < 0)
            return rc;
        left -= pages;
    }
    return 0;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    return bench_end(bench_measure(
        &(struct bench_row){.name = "page_fault", .work = touch, .context = &page_bytes}));
}
