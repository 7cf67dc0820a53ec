/* How long does a switch from one stack to another take? */
#include "bench/lib/bench.h"

#include <errno.h>
#include <sys/mman.h>

#include "coro/context.h"

#define STACKS 1000u
#define STACK_BYTES (64u * 1024u)
#define FRAME_BYTES (4096u + 64u) /* so that the stacks' tops do not share their place in a cache */

struct fiber {
    struct gr__context context;
    uint64_t arrivals;
};

static struct gr__context here;
static struct fiber fibers[STACKS];

static void come_back(void *argument)
{
    struct fiber *fiber = argument;
    for (;;) {
        fiber->arrivals++;
        gr__context_switch(&fiber->context, &here);
    }
}

static uint64_t count_arrivals(void)
{
    uint64_t arrivals = 0;
    for (size_t i = 0; i < STACKS; i++)
        arrivals += fibers[i].arrivals;
    return arrivals;
}

/* context: among how many stacks, in turn. */
static int go_and_return(void *context, uint64_t operations)
{
    size_t stacks = *(const size_t *)context, next = 0;
    uint64_t before = count_arrivals();
    for (uint64_t i = 0; i < operations; i += 2) {
        gr__context_switch(&here, &fibers[next].context);
        if (++next == stacks)
            next = 0;
    }
    return count_arrivals() - before == operations / 2 ? 0 : bench_wrong("a switch went astray");
}

static void make_fibers(char *memory)
{
    for (size_t i = 0; i < STACKS; i++) {
        size_t stagger = i % 8 * FRAME_BYTES;
        gr__context_make(&fibers[i].context, memory + i * STACK_BYTES, STACK_BYTES - stagger,
                         come_back, &fibers[i]);
    }
}

static int measure(void)
{
    size_t one = 1, many = STACKS;
    int rc = bench_measure(&(struct bench_row){.name = "context_switch",
                                               .variant = "one stack",
                                               .work = go_and_return,
                                               .context = &one,
                                               .step = 2});
    if (rc == 0)
        rc = bench_measure(&(struct bench_row){.name = "context_switch",
                                               .variant = "1,000 stacks in turn",
                                               .work = go_and_return,
                                               .context = &many,
                                               .step = 2});
    return rc;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);
    char *memory = mmap(NULL, (size_t)STACKS * STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return bench_end(-errno);

    gr__context_adopt(&here);
    make_fibers(memory);
    int rc = measure();
    for (size_t i = 0; i < STACKS; i++)
        gr__context_done(&fibers[i].context);
    munmap(memory, (size_t)STACKS * STACK_BYTES);
    return bench_end(rc);
}
