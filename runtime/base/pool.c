/*
 * Pools: what happens when magazines are empty or full. The design stands in pool.h.
 *
 * Fresh blocks are cut from a chunk, a magazine of them at a time, in whatever class is asked
 * for. The first chunk is 64 KiB, each later one twice the one before, up to a huge page. The
 * end of a chunk that is too small for the block that is wanted is left unused: less than
 * one block.
 *
 *     chunk   |head|64 64 64 64 ...|256 256 ...|64 64 ...|............uncut............|
 *
 * A magazine that leaves the pool, or waits in its reserve, carries its count and the link to
 * the next magazine in its first block.
 */
#include "base/pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAGAZINE_BYTES = 8192, MAGAZINE_MIN = 8, MAGAZINE_MAX = 64 };
enum { CHUNK_HEAD = 64, CHUNK_MIN = 64 << 10, CHUNK_MAX = 2 << 20 };

static int32_t most_blocks(unsigned class)
{
    int32_t fit = (int32_t)(MAGAZINE_BYTES / gr__pool_class_bytes(class));
    if (fit < MAGAZINE_MIN)
        return MAGAZINE_MIN;
    return fit < MAGAZINE_MAX ? fit : MAGAZINE_MAX;
}

static struct gr__magazine empty(const struct gr__pool_class *of)
{
    return (struct gr__magazine){NULL, of->most};
}

/* The blocks in one of its magazines. */
static uint32_t count_in(const struct gr__pool_class *of, const struct gr__magazine *magazine)
{
    return (uint32_t)(of->most - magazine->room);
}

static bool open_chunk(struct gr__pool *pool)
{
    struct gr__chunk *chunk = gr__depot_chunk(pool->depot, pool->chunk_bytes);
    if (chunk == NULL)
        return false;

    pool->uncut = (char *)chunk + CHUNK_HEAD;
    pool->uncut_bytes = chunk->bytes - CHUNK_HEAD;
    if (pool->chunk_bytes < CHUNK_MAX)
        pool->chunk_bytes *= 2;
    return true;
}

int gr__pool_init(struct gr__pool *pool, struct gr__depot *depot)
{
    memset(pool, 0, sizeof *pool);
    pool->depot = depot;
    pool->chunk_bytes = CHUNK_MIN;
    for (unsigned i = 0; i < GR__POOL_CLASSES; i++) {
        struct gr__pool_class *of = &pool->classes[i];
        of->most = most_blocks(i);
        of->loaded = of->previous = empty(of);
    }
    if (!open_chunk(pool)) {
        pool->depot = NULL;
        return -ENOMEM;
    }
    pool->stripe = gr__depot_join(depot);
    return 0;
}

/* Write down in its first block what the depot needs to know of a magazine. */
static struct gr__block *wrap(struct gr__block *first, uint32_t count)
{
    gr__unpoison(first, sizeof *first);
    first->count = count;
    return first;
}

static int64_t bytes_of(unsigned class, uint32_t count)
{
    return (int64_t)(count * gr__pool_class_bytes(class));
}

static void bring(struct gr__pool *pool, unsigned class, struct gr__magazine *magazine)
{
    const struct gr__pool_class *of = &pool->classes[class];
    uint32_t count = count_in(of, magazine);
    if (count > 0)
        gr__depot_give(pool->depot, class, pool->stripe, wrap(magazine->first, count));
    pool->bytes -= bytes_of(class, count);
    *magazine = empty(of);
}

/* Load the first magazine of the reserve. */
static void load_reserve(struct gr__pool *pool, unsigned class)
{
    struct gr__pool_class *of = &pool->classes[class];
    struct gr__block *first = of->reserve;
    pool->bytes += bytes_of(class, first->count);
    of->reserve = first->next_magazine;
    of->loaded = (struct gr__magazine){first, of->most - (int32_t)first->count};
    gr__poison(&first->next_magazine, sizeof *first - sizeof first->next);
}

static int64_t free_bytes(const struct gr__pool *pool, unsigned class)
{
    const struct gr__pool_class *of = &pool->classes[class];
    return bytes_of(class, count_in(of, &of->loaded) + count_in(of, &of->previous));
}

int64_t gr__pool_live_bytes(const struct gr__pool *pool)
{
    int64_t bytes = pool->bytes;
    for (unsigned i = 0; i < GR__POOL_CLASSES; i++)
        bytes -= free_bytes(pool, i);
    return bytes;
}

static void empty_class(struct gr__pool *pool, unsigned class)
{
    struct gr__pool_class *of = &pool->classes[class];
    bring(pool, class, &of->loaded);
    bring(pool, class, &of->previous);
    while (of->reserve != NULL) {
        load_reserve(pool, class);
        bring(pool, class, &of->loaded);
    }
}

void gr__pool_done(struct gr__pool *pool)
{
    if (pool->depot == NULL)
        return;

    for (unsigned i = 0; i < GR__POOL_CLASSES; i++)
        empty_class(pool, i);
    gr__depot_leave(pool->depot);
    pool->depot = NULL;
}

/* Cut blocks of a class into `loaded`, as many as a magazine holds or the chunk has left. */
static bool cut(struct gr__pool *pool, unsigned class)
{
    size_t bytes = gr__pool_class_bytes(class);
    if (pool->uncut_bytes < bytes && !open_chunk(pool))
        return false;

    struct gr__magazine *loaded = &pool->classes[class].loaded;
    size_t fit = pool->uncut_bytes / bytes;
    size_t count = fit < (size_t)loaded->room ? fit : (size_t)loaded->room;
    for (size_t i = count; i-- > 0;) {
        struct gr__block *block = (struct gr__block *)(void *)(pool->uncut + i * bytes);
        block->next = loaded->first;
        loaded->first = block;
        gr__poison(&block->next_magazine, bytes - sizeof block->next);
    }
    loaded->room -= (int32_t)count;
    pool->uncut += count * bytes;
    pool->uncut_bytes -= count * bytes;
    pool->bytes += bytes_of(class, (uint32_t)count);
    return true;
}

/* Fill `loaded`, which is empty, from wherever blocks are nearest. */
static bool load(struct gr__pool *pool, unsigned class)
{
    struct gr__pool_class *of = &pool->classes[class];
    if (count_in(of, &of->previous) > 0) {
        of->loaded = of->previous;
        of->previous = empty(of);
        return true;
    }
    if (of->reserve == NULL)
        of->reserve = gr__depot_take(pool->depot, class, pool->stripe);
    if (of->reserve == NULL)
        return cut(pool, class);

    load_reserve(pool, class);
    return true;
}

void *gr__pool_refill(struct gr__pool *pool, unsigned class)
{
    struct gr__magazine *loaded = &pool->classes[class].loaded;
    assert(loaded->room == pool->classes[class].most);
    if (!load(pool, class))
        return NULL;

    struct gr__block *block = loaded->first;
    loaded->first = block->next;
    loaded->room++;
    return block;
}

void gr__pool_drain(struct gr__pool *pool, void *memory, unsigned class)
{
    struct gr__pool_class *of = &pool->classes[class];
    assert(of->previous.room == 0 || of->previous.room == of->most);
    bring(pool, class, &of->previous);
    of->previous = (struct gr__magazine){of->loaded.first, 0};
    of->loaded = (struct gr__magazine){NULL, of->most - 1};
    gr__pool_load(of, memory, class);
}

void *gr__pool_take_large(struct gr__pool *pool, size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory != NULL)
        pool->bytes += (int64_t)bytes;
    return memory;
}

void gr__pool_give_large(struct gr__pool *pool, void *memory, size_t bytes)
{
    pool->bytes -= (int64_t)bytes;
    free(memory);
}
