/*
 * Random numbers that a seed repeats: the arithmetic. Where it comes from stands in random.h.
 */
#include "base/random.h"

#include <assert.h>

#include "base/hash.h"

__extension__ typedef unsigned __int128 wide;

static uint64_t rotate_left(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

void gr__random_seed(struct gr__random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = gr__mix_next(&seed);
}

uint64_t gr__random_next(struct gr__random *random)
{
    uint64_t *state = random->state;
    uint64_t result = rotate_left(state[0] + state[3], 23) + state[0];
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

/*
 * The product of a random word and the bound, in 128 bits, has the answer in its upper half
 * (Lemire, "Fast Random Integer Generation in an Interval", 2019). Answers are equally likely
 * once the products whose lower half is below 2^64 mod bound are drawn anew; most draws see
 * at once, without a division, that theirs is not among them.
 */
uint64_t gr__random_below(struct gr__random *random, uint64_t bound)
{
    assert(bound > 0);
    wide product = (wide)gr__random_next(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t excess = -bound % bound;
        while ((uint64_t)product < excess)
            product = (wide)gr__random_next(random) * bound;
    }
    return (uint64_t)(product >> 64);
}
