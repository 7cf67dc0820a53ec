/*
 * How a handle's 64 bits are cut: which loop, which slot, which of its lives.
 *
 *      63            32 31      24 23             0
 *     +----------------+----------+----------------+
 *     |   generation   |   loop   |     index      |
 *     +----------------+----------+----------------+
 *
 * A slot's generation counts its takings and givings, so it is odd while the
 * slot is taken: a live handle is never zero.
 *
 * No handle ever meets its own bits again. A generation only grows; a slot whose
 * generation is used up is retired and never taken again. One slot has 2^31
 * lives: at 14 ns a life that is half a minute of nothing else, after which 128
 * bytes are retired: 8 MB in a day of it, and a loop's 2^24 indices last sixteen
 * years. A fleet that starts again in the same process begins above every
 * generation of the one before (slots.h).
 */
#ifndef GREENROOM_BASE_HANDLE_H
#define GREENROOM_BASE_HANDLE_H

#include <stdint.h>

enum { GR__LOOPS_MAX = 1 << 8, GR__INDICES_MAX = 1 << 24 };

static inline uint64_t gr__handle(uint32_t generation, unsigned loop, uint32_t index)
{
    return (uint64_t)generation << 32 | (uint64_t)loop << 24 | index;
}

static inline uint32_t gr__handle_generation(uint64_t name)
{
    return (uint32_t)(name >> 32);
}

static inline unsigned gr__handle_loop(uint64_t name)
{
    return (unsigned)(name >> 24) & (GR__LOOPS_MAX - 1);
}

static inline uint32_t gr__handle_index(uint64_t name)
{
    return (uint32_t)name & (GR__INDICES_MAX - 1);
}

/* Loop and index together: all but the generation. */
static inline uint32_t gr__handle_place(uint64_t name)
{
    return (uint32_t)name;
}

#endif
