/*
 * Stacks: memory for contexts to run on, each with a guard page below it.
 *
 * A loop keeps a pool of stacks of one size and takes other sizes as they come. The pool is
 * last in, first out, so that it hands out the stack that is most likely in the cache.
 *
 *     slab: one mapping of many slots          slot: |guard|.... usable ....|colour|
 *     |slot|slot|slot|slot| ... |slot|               ^page ^low             ^low + bytes
 *
 * If all tops lay at one place in their page they would share a few sets of the cache, and
 * a loop that goes round a thousand stacks would find none of them there. So each slot
 * shifts its usable part by a colour of its own, taken from its address.
 *
 * A pool and the stacks out of it belong to one thread. gr__stack_guards() only calculates:
 * it is safe in a signal handler.
 */
#ifndef GREENROOM_CORO_STACK_H
#define GREENROOM_CORO_STACK_H

#include <stdbool.h>
#include <stddef.h>

/* The usable part of one stack. All of zero is no stack. */
struct gr__stack {
    char *low;
    size_t bytes;
};

struct gr__slab;

enum { GR__STACKS_WARM = 32 }; /* that trimming leaves alone */

/* A pool. */
struct gr__stacks {
    size_t stack_bytes; /* usable in each; no stack of gr__stack_map() has this many */
    size_t slot_bytes;  /* from one to the next in its slab */
    bool force_mprotect;

    char **free; /* the slots that nobody holds; taken from and given to the end */
    size_t free_count;
    size_t cool_count; /* so many at the front keep at most their topmost pages... */
    size_t cold_count; /* ...and so many of those not even these */

    size_t count; /* all the slots there are, and the room in `free` */
    struct gr__slab *slabs;
};

/*
 * Start a pool of stacks that take `stack_bytes` of address space each, guard and colour
 * included: rounded up to whole pages, and to two at least. Maps nothing yet. With
 * `force_mprotect` guards are made the old way even where the kernel knows the new one. 0,
 * or -EINVAL if there can be no memory as large as that.
 */
int gr__stacks_init(struct gr__stacks *stacks, size_t stack_bytes, bool force_mprotect);

/* Take a stack out of the pool, which grows if need be. 0, or -ENOMEM. */
int gr__stacks_take(struct gr__stacks *stacks, struct gr__stack *ret_stack);

/* Give back a stack that was taken from this pool. */
void gr__stacks_give(struct gr__stacks *stacks, struct gr__stack stack);

/* Whether there is anything to trim. */
static inline bool gr__stacks_untrimmed(const struct gr__stacks *stacks)
{
    return stacks->cold_count + GR__STACKS_WARM < stacks->free_count;
}

/*
 * Give memory of free stacks back to the system, save that of a few which are next to be
 * taken. It goes in two steps: a stack that has cooled loses all but its topmost page, and
 * one that has stayed so until the next call loses that, too. A call takes up to 64 stacks
 * through each step, which is some 0.1 ms. Returns whether a later call has more to do.
 */
bool gr__stacks_trim(struct gr__stacks *stacks);

/* End a pool. All stacks are back in it, or are held by nobody who will run on them. */
void gr__stacks_done(struct gr__stacks *stacks);

/* Map a single stack with at least `bytes` usable ones. 0, -ENOMEM, or -EINVAL if too large. */
int gr__stack_map(size_t bytes, bool force_mprotect, struct gr__stack *ret_stack);

/* Unmap it. No stack is fine. */
void gr__stack_unmap(struct gr__stack stack);

/* Whether the address lies in the guard below this stack. */
bool gr__stack_guards(struct gr__stack stack, const void *address);

/*
 * For tests: have the calling thread's nth step from now fail, once, as if the system had
 * no memory left. A step is a mapping, its guards or an allocation. 0 lets all succeed.
 */
void gr__stack_fail_nth(int nth);

#endif
