/*
 * The depot: where pools leave full magazines of free blocks, and fetch them from.
 *
 * A magazine is a list of free blocks of one class. Messages that stream one way are taken by
 * the pool of the loop that sends and given to that of the loop that receives; one fills and
 * the other runs dry. The depot lets magazines flow back:
 *
 *     loop 1: takes, takes ...  --messages-->  loop 2: gives, gives ...
 *        ^                                        |
 *        +--------- depot: magazines <------------+
 *
 * Each class has several stripes, each of them a stack of magazines on a cache line of its
 * own. A pool pushes to the stripe of its number and fetches from there first, so that two
 * pools seldom meet.
 *
 *     push    compare-and-swap a magazine, or a chain of them, on top
 *     fetch   exchange the whole stack for NULL; keep the first few, exchange the rest back;
 *             whatever that displaces was pushed in between, and is pushed again
 *
 * Why this is right. A fetch never asks whether the top is still the same, so there is no ABA
 * to fall for: it takes whatever is there, and then owns it. A push asks, but reads nothing
 * below the top: if the top is the same magazine again, it is again the top. Nobody reads a
 * magazine that he does not own.
 *
 * Nothing is lost: a magazine is in one stripe, or on one thread between two of the steps
 * above, each of which ends in a stripe or in a pool. Nobody hoards: a fetch keeps
 * GR__DEPOT_FETCH magazines at most, and a pool fetches when it has none left, so what a pool
 * holds is bounded, and all else can be had by everyone. While a thread is between exchange
 * and exchange back, others may find a stripe empty that is not; each then looks into the
 * other stripes, and at worst cuts one magazine afresh.
 *
 * Chunks, from which pools cut blocks, are registered here too, and only the depot ends them:
 * a block may be given back anywhere, so no pool can know when a chunk is free.
 *
 * Any thread may call all of this but init and done.
 */
#ifndef GREENROOM_BASE_DEPOT_H
#define GREENROOM_BASE_DEPOT_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

enum { GR__POOL_CLASSES = 7, GR__DEPOT_STRIPES = 4, GR__DEPOT_FETCH = 4 };

/* A free block. */
struct gr__block {
    struct gr__block *next;          /* in its magazine */
    struct gr__block *next_magazine; /* in the first of a magazine that is not loaded */
    uint32_t count;                  /* likewise: how many blocks the magazine has */
};

/* Written by every pool that brings or fetches a magazine. */
struct gr__stripe {
    alignas(64) struct gr__block *top;
};

/* The head of a piece of memory from which blocks are cut. */
struct gr__chunk {
    struct gr__chunk *next;
    size_t bytes;
};

struct gr__depot {
    struct gr__stripe stripes[GR__POOL_CLASSES][GR__DEPOT_STRIPES];

    /* Written by every pool that begins, ends or needs a chunk. */
    alignas(64) struct gr__chunk *chunks;
    unsigned pools;
};

/* An empty depot. 0. */
int gr__depot_init(struct gr__depot *depot);

/* Give all memory back to the system. All pools are done. */
void gr__depot_done(struct gr__depot *depot);

/* One pool more: the stripe that it goes to first. */
unsigned gr__depot_join(struct gr__depot *depot);

/* One pool less. */
void gr__depot_leave(struct gr__depot *depot);

/* Bring one magazine. */
void gr__depot_give(struct gr__depot *depot, unsigned class, unsigned stripe,
                    struct gr__block *magazine);

/* Fetch a chain of up to GR__DEPOT_FETCH magazines; NULL when there is none. */
struct gr__block *gr__depot_take(struct gr__depot *depot, unsigned class, unsigned stripe);

/* A piece of memory for blocks, usable behind its head; NULL without memory. */
struct gr__chunk *gr__depot_chunk(struct gr__depot *depot, size_t bytes);

/* How much memory all chunks are together. */
size_t gr__depot_bytes(const struct gr__depot *depot);

#endif
