/*
 * Stacks: the pool, its slabs, and guards.
 *
 *     slab: 32 slots in one mapping            slot: |guard|.... usable ....|colour|
 *
 *     free:  | cold ...... | cool ........ | warm .......... |
 *            0        cold_count       cool_count        free_count   <- take, give
 *            no pages      topmost page    as they were left
 *
 * Slots are taken and given at the right, so what lies at the left has not been used for
 * longest. Trimming moves the two marks to the right and drops pages on the way, the last
 * 32 slots excepted; taking pushes the marks back to the left. The topmost page goes last,
 * since whoever takes the stack touches it at once, and to fault it in again costs more
 * than 1 us; deeper ones may never be needed again. One call drops the pages of a limited
 * number of slots, so that a loop's turn stays short.
 *
 * Fresh stacks are left to fault in their pages. Asking the system for the topmost page of
 * each in advance saves a fifth of the fault at most, be it a call for each or one for a slab.
 *
 * A guard is a mark in the page table where the kernel knows it: then stacks side by side
 * are one mapping and there may be a million of them. Else it is a page without access,
 * which costs two mappings a stack out of the system's limit (65,530 by default).
 * MAP_STACK keeps huge pages away, which would make each stack whole at its first touch.
 *
 * Invariants:
 *   1. cold_count <= cool_count <= free_count <= count, and `free` has room for count: to
 *      give a stack back cannot fail.
 *   2. A slot is in `free` once or is held by somebody.
 *   3. A colour is less than a page, so that `low` tells where its slot begins.
 *   4. Slabs are unmapped only with the pool.
 */
#include "coro/stack.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    SLAB_SLOTS = 32,
    TRIM_SLOTS = 64, /* most slots that a call of trim takes a step further */
    COLOURS = 16,
    LINE_BYTES = 64, /* of the cache */
    COLOUR_STEP = LINE_BYTES,
    TOP_BYTES = 12 * LINE_BYTES, /* that are written when a stack has been taken */
};

/* Headers of today's systems need not know what kernels do. */
enum { ADVICE_POPULATE_READ = 22, ADVICE_GUARD_INSTALL = 102 };

struct gr__slab {
    struct gr__slab *next;
    char *slots;
};

/* How many steps of this thread are left until one is to fail; 0 while none is. */
static _Thread_local int steps_to_failure;

void gr__stack_fail_nth(int nth)
{
    steps_to_failure = nth;
}

static bool told_to_fail(void)
{
    return steps_to_failure > 0 && --steps_to_failure == 0;
}

/* Safe in a signal handler, as is sysconf(). */
static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t round_up(size_t bytes)
{
    size_t page = page_bytes();
    return (bytes + page - 1) / page * page;
}

static char *map(size_t bytes)
{
    if (told_to_fail())
        return NULL;

    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Marks a page and looks whether it is guarded indeed: emulators say yes and do nothing. */
static bool probe_marks(void)
{
    size_t page = page_bytes();
    char *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;

    bool guarded = madvise(memory, page, ADVICE_GUARD_INSTALL) == 0 &&
                   madvise(memory, page, ADVICE_POPULATE_READ) < 0 && errno == EFAULT;
    munmap(memory, page);
    return guarded;
}

/*
 * Whether the kernel knows marks. Threads may find out at once; all find the same, and
 * nothing else hangs on the answer, so its loads and stores order nothing.
 */
static bool has_marks(void)
{
    enum { UNKNOWN, ABSENT, PRESENT };
    static _Atomic int answer = UNKNOWN;

    int known = atomic_load_explicit(&answer, memory_order_relaxed);
    if (known == UNKNOWN) {
        known = probe_marks() ? PRESENT : ABSENT;
        atomic_store_explicit(&answer, known, memory_order_relaxed);
    }
    return known == PRESENT;
}

/* Locked memory takes no marks in some kernels, and is guarded by mprotect, too. */
static int guard(char *page, bool force_mprotect)
{
    if (told_to_fail())
        return -ENOMEM;
    if (!force_mprotect && has_marks() && madvise(page, page_bytes(), ADVICE_GUARD_INSTALL) == 0)
        return 0;
    return mprotect(page, page_bytes(), PROT_NONE) == 0 ? 0 : -ENOMEM;
}

static size_t slab_bytes(const struct gr__stacks *stacks)
{
    return SLAB_SLOTS * stacks->slot_bytes;
}

/* Map a slab, guards and all; NULL if that failed. */
static char *map_slab(const struct gr__stacks *stacks)
{
    char *slots = map(slab_bytes(stacks));
    for (size_t i = 0; slots != NULL && i < SLAB_SLOTS; i++) {
        if (guard(slots + i * stacks->slot_bytes, stacks->force_mprotect) < 0) {
            munmap(slots, slab_bytes(stacks));
            slots = NULL;
        }
    }
    return slots;
}

/* Make room in `free` for the slots of one more slab. */
static int reserve(struct gr__stacks *stacks)
{
    size_t room = stacks->count + SLAB_SLOTS;
    char **larger = told_to_fail() ? NULL : realloc(stacks->free, room * sizeof *larger);
    if (larger == NULL)
        return -ENOMEM;

    stacks->free = larger;
    return 0;
}

/* The lowest slot is taken first, so that stacks in use lie close together. */
static void add_slab(struct gr__stacks *stacks, struct gr__slab *slab)
{
    slab->next = stacks->slabs;
    stacks->slabs = slab;
    for (size_t i = SLAB_SLOTS; i > 0; i--)
        stacks->free[stacks->free_count++] = slab->slots + (i - 1) * stacks->slot_bytes;
    stacks->count += SLAB_SLOTS;
}

static int grow(struct gr__stacks *stacks)
{
    if (reserve(stacks) < 0)
        return -ENOMEM;

    struct gr__slab *slab = told_to_fail() ? NULL : malloc(sizeof *slab);
    if (slab == NULL)
        return -ENOMEM;

    slab->slots = map_slab(stacks);
    if (slab->slots == NULL) {
        free(slab);
        return -ENOMEM;
    }
    add_slab(stacks, slab);
    return 0;
}

int gr__stacks_init(struct gr__stacks *stacks, size_t stack_bytes, bool force_mprotect)
{
    if (stack_bytes > PTRDIFF_MAX / SLAB_SLOTS - page_bytes())
        return -EINVAL;

    size_t guard_and_one = 2 * page_bytes();
    memset(stacks, 0, sizeof *stacks);
    stacks->force_mprotect = force_mprotect;
    stacks->slot_bytes = round_up(stack_bytes < guard_and_one ? guard_and_one : stack_bytes);
    stacks->stack_bytes = stacks->slot_bytes - page_bytes() - COLOURS * COLOUR_STEP;
    return 0;
}

static struct gr__stack stack_in(const struct gr__stacks *stacks, char *slot)
{
    size_t colour = (uintptr_t)slot / stacks->slot_bytes % COLOURS * COLOUR_STEP;
    return (struct gr__stack){slot + page_bytes() + colour, stacks->stack_bytes};
}

/* Have the top of the next stack brought in, which is far away where many are in use. */
static void fetch_next(const struct gr__stacks *stacks)
{
    if (stacks->free_count == 0)
        return;
    struct gr__stack next = stack_in(stacks, stacks->free[stacks->free_count - 1]);
    for (size_t bytes = LINE_BYTES; bytes <= TOP_BYTES; bytes += LINE_BYTES)
        __builtin_prefetch(next.low + next.bytes - bytes, 1);
}

/* Where the guard below a stack begins; in a pool that is where its slot does. */
static char *guard_of(struct gr__stack stack)
{
    return stack.low - (uintptr_t)stack.low % page_bytes() - page_bytes();
}

int gr__stacks_take(struct gr__stacks *stacks, struct gr__stack *ret_stack)
{
    if (stacks->free_count == 0 && grow(stacks) < 0)
        return -ENOMEM;

    *ret_stack = stack_in(stacks, stacks->free[--stacks->free_count]);
    fetch_next(stacks);
    if (stacks->cool_count > stacks->free_count)
        stacks->cool_count = stacks->free_count;
    if (stacks->cold_count > stacks->free_count)
        stacks->cold_count = stacks->free_count;
    return 0;
}

void gr__stacks_give(struct gr__stacks *stacks, struct gr__stack stack)
{
    assert(stack.bytes == stacks->stack_bytes);
    assert(stacks->free_count < stacks->count);
    stacks->free[stacks->free_count++] = guard_of(stack);
}

static char *topmost_page(const struct gr__stacks *stacks, char *slot)
{
    return slot + stacks->slot_bytes - page_bytes();
}

static void drop_topmost(const struct gr__stacks *stacks, char *slot)
{
    madvise(topmost_page(stacks, slot), page_bytes(), MADV_DONTNEED);
}

static void drop_below_topmost(const struct gr__stacks *stacks, char *slot)
{
    char *first = slot + page_bytes();
    size_t bytes = (size_t)(topmost_page(stacks, slot) - first);
    if (bytes > 0)
        madvise(first, bytes, MADV_DONTNEED);
}

/* How far a mark moves in one call, on its way to `end`. */
static size_t next_mark(size_t mark, size_t end)
{
    if (end <= mark)
        return mark;
    return end - mark > TRIM_SLOTS ? mark + TRIM_SLOTS : end;
}

bool gr__stacks_trim(struct gr__stacks *stacks)
{
    size_t end = stacks->free_count > GR__STACKS_WARM ? stacks->free_count - GR__STACKS_WARM : 0;

    size_t cold = next_mark(stacks->cold_count, stacks->cool_count);
    while (stacks->cold_count < cold)
        drop_topmost(stacks, stacks->free[stacks->cold_count++]);

    size_t cool = next_mark(stacks->cool_count, end);
    while (stacks->cool_count < cool)
        drop_below_topmost(stacks, stacks->free[stacks->cool_count++]);

    assert(stacks->cold_count <= stacks->cool_count && stacks->cool_count <= stacks->free_count);
    return gr__stacks_untrimmed(stacks);
}

void gr__stacks_done(struct gr__stacks *stacks)
{
    while (stacks->slabs != NULL) {
        struct gr__slab *slab = stacks->slabs;
        stacks->slabs = slab->next;
        munmap(slab->slots, slab_bytes(stacks));
        free(slab);
    }
    free(stacks->free);
    memset(stacks, 0, sizeof *stacks);
}

int gr__stack_map(size_t bytes, bool force_mprotect, struct gr__stack *ret_stack)
{
    if (bytes > PTRDIFF_MAX - 2 * page_bytes())
        return -EINVAL;

    size_t usable = round_up(bytes == 0 ? 1 : bytes);
    char *memory = map(page_bytes() + usable);
    if (memory == NULL)
        return -ENOMEM;

    if (guard(memory, force_mprotect) < 0) {
        munmap(memory, page_bytes() + usable);
        return -ENOMEM;
    }
    *ret_stack = (struct gr__stack){memory + page_bytes(), usable};
    return 0;
}

void gr__stack_unmap(struct gr__stack stack)
{
    if (stack.low != NULL)
        munmap(guard_of(stack), page_bytes() + stack.bytes);
}

bool gr__stack_guards(struct gr__stack stack, const void *address)
{
    return stack.low != NULL && (uintptr_t)address - (uintptr_t)guard_of(stack) < page_bytes();
}
