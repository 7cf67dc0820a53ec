/*
 * Hashing: bits well mixed, from a word, from bytes, and from a handle to a bucket.
 *
 * The mixing is the end of splitmix64, by Vigna (prng.di.unimi.it), after MurmurHash3's by Appleby.
 * A bucket is chosen by Fibonacci hashing (Knuth, "The Art of Computer Programming", volume 3, 6.4): handles
 * of one loop differ in few bits, and a multiplication spreads them over the upper ones.
 */
#ifndef GREENROOM_BASE_HASH_H
#define GREENROOM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* 2^64 over the golden ratio, made odd. */
#define GR__GOLDEN UINT64_C(0x9E3779B97F4A7C15)

static inline uint64_t gr__mix(uint64_t bits)
{
    bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
    return bits ^ bits >> 31;
}

/* splitmix64: the next of a row of words that the first one determines. */
static inline uint64_t gr__mix_next(uint64_t *state)
{
    *state += GR__GOLDEN;
    return gr__mix(*state);
}

static inline uint64_t gr__hash_word(uint64_t hash, uint64_t word)
{
    return gr__mix(hash ^ word) + GR__GOLDEN;
}

static inline uint64_t gr__hash(uint64_t seed, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    uint64_t hash = seed ^ size, word;
    for (; size >= sizeof word; size -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = gr__hash_word(hash, word);
    }
    if (size == 0)
        return hash;
    word = 0;
    memcpy(&word, bytes, size);
    return gr__hash_word(hash, word);
}

/* Which of 2^bits buckets a handle is in. */
static inline unsigned gr__bucket(uint64_t name, unsigned bits)
{
    return (unsigned)((name * GR__GOLDEN) >> (64 - bits));
}

#endif
