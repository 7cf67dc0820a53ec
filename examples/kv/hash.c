/*
 * SipHash-1-3, after the paper of Aumasson and Bernstein.
 *
 * Four words of state start from the key, take in the bytes eight at a time, and
 * are stirred at each step. The last word carries the length in its top byte, so
 * that zeros at the end count.
 */
#include "hash.h"

struct state {
    uint64_t a, b, c, d;
};

static inline uint64_t turn(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void stir(struct state *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = turn(s->b, 13) ^ s->a;
    s->d = turn(s->d, 16) ^ s->c;
    s->a = turn(s->a, 32) + s->d;
    s->c += s->b;
    s->d = turn(s->d, 21) ^ s->a;
    s->b = turn(s->b, 17) ^ s->c;
    s->c = turn(s->c, 32);
}

static inline void take(struct state *s, uint64_t word)
{
    s->d ^= word;
    stir(s);
    s->a ^= word;
}

/* The fewer than eight bytes at the end, with the length above them. */
static inline uint64_t last_word(const char *at, size_t left, size_t size)
{
    uint64_t word = (uint64_t)size << 56;
    for (size_t i = 0; i < left; i++)
        word |= (uint64_t)(unsigned char)at[i] << i * 8;
    return word;
}

uint64_t hash_bytes(const struct hash_key *key, struct slice bytes)
{
    struct state s = {
        key->words[0] ^ UINT64_C(0x736f6d6570736575),
        key->words[1] ^ UINT64_C(0x646f72616e646f6d),
        key->words[0] ^ UINT64_C(0x6c7967656e657261),
        key->words[1] ^ UINT64_C(0x7465646279746573),
    };

    const char *at = bytes.data;
    size_t left = bytes.size;
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        take(&s, word);
    }
    take(&s, last_word(at, left, bytes.size));

    s.c ^= 0xff;
    stir(&s);
    stir(&s);
    stir(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
