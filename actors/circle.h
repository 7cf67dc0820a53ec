/*
 * Circles: which of several members has a key, by consistent hashing, as in Karger et al.
 * ("Consistent Hashing and Random Trees", STOC 1997).
 *
 *            0 . . A . B . . A . C . . B . A . . C . 2^48
 *                          ^             |
 *                     key  |------------>B has it: the first point behind the key
 *
 * Each member has GR__CIRCLE_POINTS points, whose places hang on its name alone. So a new one takes
 * some keys over from each of the others, and one that leaves gives its own to all of them; no other
 * key moves. With 64 points the largest share of the keys is about a quarter above the mean.
 *
 *     63                   16 15        0
 *    +-----------------------+-----------+
 *    |         place         |  member   |    a point, so that points sort as numbers
 *    +-----------------------+-----------+
 *
 * To find a key's point an index of equal parts of the circle says where in the points each part
 * begins. There are as many parts as there may be points, so few points lie in one; to halve the
 * points would take a step of several nanoseconds for each power of two.
 *
 * Invariants:
 *   1. The points are sorted.
 *   2. There are GR__CIRCLE_POINTS of each member.
 *   3. parts[i] is the number of points before part i.
 */
#ifndef GREENROOM_ACTORS_CIRCLE_H
#define GREENROOM_ACTORS_CIRCLE_H

#include <stddef.h>
#include <stdint.h>

enum { GR__CIRCLE_POINTS = 64 };

struct gr__circle {
    uint64_t *points;
    uint32_t *parts; /* behind the room for points */
    uint32_t count;  /* of points */
    uint8_t shift;   /* from a place to its part */
};

/* The memory that a circle of so many members needs. */
size_t gr__circle_bytes(uint32_t members_max);

/* Begin an empty one in so much memory, which is zero, and aligned for a word. */
void gr__circle_init(struct gr__circle *circle, void *memory, uint32_t members_max);

static inline uint32_t gr__point_member(uint64_t point)
{
    return point & UINT16_MAX;
}

/* Add a member, whose number is below 2^16, under a name that no other has. */
void gr__circle_add(struct gr__circle *circle, uint64_t name, uint32_t member);

/* Take a member out; the one with the number `last` has its number from then on. */
void gr__circle_remove(struct gr__circle *circle, uint32_t member, uint32_t last);

/* Who has a key, of a circle that is not empty. */
uint32_t gr__circle_find(const struct gr__circle *circle, uint64_t key);

#endif
