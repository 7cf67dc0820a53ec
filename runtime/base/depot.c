/*
 * The depot: bringing, fetching, and chunks. The design stands in depot.h.
 *
 * Every write to a stripe is an atomic read-modify-write, so the releases of all who pushed
 * what is now in the stripe lead up to the one acquire of whoever exchanges it away.
 *
 * Invariants:
 *   1. The last magazine of a chain that somebody owns has next_magazine == NULL.
 *   2. A stripe's memory is read beyond its top only by who has exchanged it away.
 */
#include "base/depot.h"

#include <assert.h>
#include <ck_pr.h>
#include <string.h>

#include "base/memory.h"
#include "base/poison.h"

int gr__depot_init(struct gr__depot *depot)
{
    memset(depot, 0, sizeof *depot);
    return 0;
}

void gr__depot_done(struct gr__depot *depot)
{
    assert(depot->pools == 0);
    struct gr__chunk *chunk = depot->chunks;
    while (chunk != NULL) {
        struct gr__chunk *next = chunk->next;
        gr__unpoison(chunk, chunk->bytes);
        gr__memory_release(chunk, chunk->bytes);
        chunk = next;
    }
    memset(depot, 0, sizeof *depot);
}

/* The number orders nothing: any stripe will do. */
unsigned gr__depot_join(struct gr__depot *depot)
{
    return ck_pr_faa_uint(&depot->pools, 1) % GR__DEPOT_STRIPES;
}

/* What the pool did comes before gr__depot_done() by the joining of its thread. */
void gr__depot_leave(struct gr__depot *depot)
{
    ck_pr_dec_uint(&depot->pools);
}

/* Put the chain from `first` to `last` on top. */
static void push(struct gr__stripe *stripe, struct gr__block *first, struct gr__block *last)
{
    void *top = ck_pr_load_ptr(&stripe->top);
    do {
        last->next_magazine = top;

        /* Release: the chain's links, and all that was done with its blocks before they
         * were given. Pairs with the acquires in pull() and put_back(). */
        ck_pr_fence_release();
    } while (!ck_pr_cas_ptr_value(&stripe->top, top, first, &top));
}

/* All of the stripe, or NULL. */
static struct gr__block *pull(struct gr__stripe *stripe)
{
    /* A glance, so that an empty stripe's line stays shared. It orders nothing. */
    if (ck_pr_load_ptr(&stripe->top) == NULL)
        return NULL;

    struct gr__block *chain = ck_pr_fas_ptr(&stripe->top, NULL);

    /* Acquire: pairs with the releases in push() and put_back(). */
    ck_pr_fence_acquire();
    return chain;
}

static struct gr__block *last_of(struct gr__block *chain)
{
    while (chain->next_magazine != NULL)
        chain = chain->next_magazine;
    return chain;
}

/* Put a chain back into the stripe that was emptied, without looking for its end. */
static void put_back(struct gr__stripe *stripe, struct gr__block *chain)
{
    /* Release: pairs with the acquire in pull(). */
    ck_pr_fence_release();
    struct gr__block *displaced = ck_pr_fas_ptr(&stripe->top, chain);

    /* Acquire: pairs with the release in push(). */
    ck_pr_fence_acquire();
    if (displaced != NULL)
        push(stripe, displaced, last_of(displaced));
}

static struct gr__block *fetch(struct gr__stripe *stripe)
{
    struct gr__block *chain = pull(stripe);
    if (chain == NULL)
        return NULL;

    struct gr__block *last = chain;
    for (int kept = 1; kept < GR__DEPOT_FETCH && last->next_magazine != NULL; kept++)
        last = last->next_magazine;
    struct gr__block *rest = last->next_magazine;
    last->next_magazine = NULL;
    if (rest != NULL)
        put_back(stripe, rest);
    return chain;
}

void gr__depot_give(struct gr__depot *depot, unsigned class, unsigned stripe,
                    struct gr__block *magazine)
{
    push(&depot->stripes[class][stripe], magazine, magazine);
}

struct gr__block *gr__depot_take(struct gr__depot *depot, unsigned class, unsigned stripe)
{
    for (unsigned i = 0; i < GR__DEPOT_STRIPES; i++) {
        struct gr__block *chain = fetch(&depot->stripes[class][(stripe + i) % GR__DEPOT_STRIPES]);
        if (chain != NULL)
            return chain;
    }
    return NULL;
}

static void enter(struct gr__depot *depot, struct gr__chunk *chunk)
{
    void *top = ck_pr_load_ptr(&depot->chunks);
    do {
        chunk->next = top;

        /* Release: the chunk's head. Pairs with the acquire in gr__depot_bytes(). */
        ck_pr_fence_release();
    } while (!ck_pr_cas_ptr_value(&depot->chunks, top, chunk, &top));
}

struct gr__chunk *gr__depot_chunk(struct gr__depot *depot, size_t bytes)
{
    struct gr__chunk *chunk = gr__memory_reserve(bytes);
    if (chunk == NULL)
        return NULL;
    if (gr__memory_commit(chunk, bytes) < 0) {
        gr__memory_release(chunk, bytes);
        return NULL;
    }

    chunk->bytes = bytes;
    enter(depot, chunk);
    return chunk;
}

size_t gr__depot_bytes(const struct gr__depot *depot)
{
    size_t bytes = 0;
    const struct gr__chunk *chunk = ck_pr_load_ptr(&depot->chunks);

    /* Acquire: pairs with the release in enter(). */
    ck_pr_fence_acquire();
    for (; chunk != NULL; chunk = chunk->next)
        bytes += chunk->bytes;
    return bytes;
}
