/*
 * Chains: the listings of a directory whose names have one hash, the newest first.
 */
#ifndef GREENROOM_ACTORS_CHAIN_H
#define GREENROOM_ACTORS_CHAIN_H

#include "actors/directory.h"

enum { GR__CHAINS = 1 << 13 };

/* Written by all loops, and the clock by foreign threads too. */
struct gr__chain {
    struct gr__listing *first;
    uint64_t changes; /* how often something was added or dropped */
    uint64_t clock;   /* how often somebody looked at all that one name stands for */
};

extern struct gr__chain gr__chains[GR__DIRECTORIES][GR__CHAINS];

static inline struct gr__chain *gr__chain_of(unsigned kind, uint64_t hash)
{
    return &gr__chains[kind][hash % GR__CHAINS];
}

/*
 * Acquire: what was written before the listing was added is seen. And in one order with the looks
 * for who listens: pairs with put_ahead() and with gr__news_listen().
 */
static inline struct gr__listing *gr__chain_first(const struct gr__chain *chain)
{
    return __atomic_load_n(&chain->first, __ATOMIC_SEQ_CST);
}

/* Acquire: an older listing than the one before may have taken its place. Pairs with take_out(). */
static inline struct gr__listing *gr__chain_next(const struct gr__listing *listing)
{
    return __atomic_load_n(&listing->next, __ATOMIC_ACQUIRE);
}

#endif
