/*
 * Pools: a loop's own memory for messages and other small things, by size class.
 *
 *     class       0    1    2    3     4     5     6      larger
 *     bytes      64  128  256  512  1024  2048  4096      malloc
 *     magazine   64   64   32   16     8     8     8      blocks
 *
 * Free blocks are kept in magazines, as in Bonwick and Adams ("Magazines and Vmem", 2001): one
 * that is loaded, and one that was loaded before. Only when both are empty, or both full, is
 * a magazine fetched from or brought to the depot; so between two ways there lie as many
 * takes, or gives, as a magazine has blocks.
 *
 *     take --+                                    +-- both empty: one from the reserve, else
 *            +--> loaded <--swapped--> previous --+   from the depot, else cut from a chunk
 *     give --+                                    +-- both full: one to the depot
 *
 * Whoever gives a block says how large it was when it was taken, so blocks have no head. A
 * block may be given to any pool of its depot.
 *
 * A pool holds at most 1 + GR__DEPOT_FETCH free magazines of a class: `loaded`, `previous`, and
 * a reserve, of which the first is loaded at once.
 *
 * All of a pool runs on one thread at a time.
 *
 * Invariants:
 *   1. A block is aligned to 64 bytes, so one of class 0 is a cache line.
 *   2. `previous` is empty or full.
 *   3. The depot is asked only when the pool has no free block of the class.
 *   4. What came in, less what went out and what is free here, was taken and not given back: over all
 *      pools of a depot, wherever it was taken and given. For one pool that may be negative.
 */
#ifndef GREENROOM_BASE_POOL_H
#define GREENROOM_BASE_POOL_H

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/depot.h"
#include "base/poison.h"

enum { GR__BLOCK_MIN = 64, GR__BLOCK_MAX = GR__BLOCK_MIN << (GR__POOL_CLASSES - 1) };

/* Counted by what it still takes, so that giving a block counts it and sees that it fits at one look. */
struct gr__magazine {
    struct gr__block *first;
    int32_t room; /* blocks that it takes until it is full */
};

struct gr__pool_class {
    struct gr__magazine loaded;
    struct gr__magazine previous;
    struct gr__block *reserve; /* a chain of magazines that came from the depot, or NULL */
    int32_t most;              /* blocks of a full magazine */
};

/* What most messages need, class 0, is one cache line. Nothing is counted there but blocks. */
struct gr__pool {
    alignas(64) struct gr__pool_class classes[GR__POOL_CLASSES];
    struct gr__depot *depot;
    int64_t bytes; /* cut, loaded from the reserve, or large, less what was brought to the depot */
    unsigned stripe;    /* of the depot */
    char *uncut;        /* what is left of the last chunk */
    size_t uncut_bytes; /* likewise */
    size_t chunk_bytes; /* of the next chunk */
};

/* A pool of the depot, with memory for its first blocks. 0, or -ENOMEM. */
int gr__pool_init(struct gr__pool *pool, struct gr__depot *depot);

/*
 * End a pool: its free blocks go to the depot. Blocks in use stay what they are, and may be
 * given to other pools. Zero is ignored.
 */
void gr__pool_done(struct gr__pool *pool);

/* Bytes taken here less those given here; the same after the pool is done. */
int64_t gr__pool_live_bytes(const struct gr__pool *pool);

/* Take a block of a class that has none loaded; NULL without memory. */
void *gr__pool_refill(struct gr__pool *pool, unsigned class);

/* Give a block of a class whose `loaded` is full, and has counted it all the same. */
__attribute__((noinline)) void gr__pool_drain(struct gr__pool *pool, void *memory, unsigned class);

/* As take and give, for what is larger than any class. */
void *gr__pool_take_large(struct gr__pool *pool, size_t bytes);
void gr__pool_give_large(struct gr__pool *pool, void *memory, size_t bytes);

static inline unsigned gr__pool_class_of(size_t bytes)
{
    return bytes <= GR__BLOCK_MIN ? 0 : 58u - (unsigned)__builtin_clzll(bytes - 1);
}

static inline size_t gr__pool_class_bytes(unsigned class)
{
    return (size_t)GR__BLOCK_MIN << class;
}

static inline __attribute__((always_inline)) void *gr__pool_take_class(struct gr__pool *pool,
                                                                       unsigned class, size_t bytes)
{
    struct gr__magazine *loaded = &pool->classes[class].loaded;
    struct gr__block *block = loaded->first;
    if (__builtin_expect(block == NULL, 0)) {
        block = gr__pool_refill(pool, class);
        if (block == NULL)
            return NULL;
    } else {
        loaded->first = block->next;
        loaded->room++;
    }
    gr__unpoison(block, bytes);
    return block;
}

/* The same, or NULL where the class has none loaded: for a short way that leaves that to another. */
static inline void *gr__pool_take_loaded(struct gr__pool *pool, unsigned class, size_t bytes)
{
    if (pool->classes[class].loaded.first == NULL)
        return NULL;
    return gr__pool_take_class(pool, class, bytes);
}

/*
 * Whether the next block of the class comes from the depot: more are in use than lately, and what
 * comes next is in no near cache.
 */
static inline bool gr__pool_stretched(const struct gr__pool *pool, unsigned class)
{
    const struct gr__pool_class *of = &pool->classes[class];
    return of->loaded.first == NULL && of->previous.first == NULL;
}

/* Put a block into `loaded`, where its place is counted already. */
static inline void gr__pool_load(struct gr__pool_class *of, void *memory, unsigned class)
{
    struct gr__block *block = memory;
    block->next = of->loaded.first;
    of->loaded.first = block;
    gr__poison(&block->next_magazine, gr__pool_class_bytes(class) - sizeof block->next);
}

static inline void gr__pool_give_class(struct gr__pool *pool, void *memory, unsigned class)
{
    struct gr__pool_class *of = &pool->classes[class];
    if (__builtin_expect(--of->loaded.room < 0, 0))
        gr__pool_drain(pool, memory, class);
    else
        gr__pool_load(of, memory, class);
}

/*
 * Memory of so many bytes, undefined, aligned to 64 up to 4096 bytes; NULL without memory. A
 * single line, as for most messages, is a branch of its own, in which the class is a constant.
 */
static inline void *gr__pool_take(struct gr__pool *pool, size_t bytes)
{
    if (bytes <= GR__BLOCK_MIN)
        return gr__pool_take_class(pool, 0, bytes);
    if (bytes <= GR__BLOCK_MAX)
        return gr__pool_take_class(pool, gr__pool_class_of(bytes), bytes);
    return gr__pool_take_large(pool, bytes);
}

/* Give back memory that a pool of this depot gave for so many bytes. */
static inline void gr__pool_give(struct gr__pool *pool, void *memory, size_t bytes)
{
    assert(memory != NULL);
    if (bytes <= GR__BLOCK_MIN)
        gr__pool_give_class(pool, memory, 0);
    else if (bytes <= GR__BLOCK_MAX)
        gr__pool_give_class(pool, memory, gr__pool_class_of(bytes));
    else
        gr__pool_give_large(pool, memory, bytes);
}

#endif
