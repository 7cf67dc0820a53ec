/*
 * Circles: points put in, taken out and found. The design stands in circle.h.
 */
#include "actors/circle.h"

#include <assert.h>

#include "base/hash.h"

/* How many bits a part's number has, so that there are as many as there may be points, or more. */
static unsigned part_bits(uint32_t members_max)
{
    return 64 - (unsigned)__builtin_clzll((uint64_t)members_max * GR__CIRCLE_POINTS - 1);
}

static size_t points_bytes(uint32_t members_max)
{
    return (size_t)members_max * GR__CIRCLE_POINTS * sizeof(uint64_t);
}

size_t gr__circle_bytes(uint32_t members_max)
{
    return points_bytes(members_max) + (sizeof(uint32_t) << part_bits(members_max));
}

void gr__circle_init(struct gr__circle *circle, void *memory, uint32_t members_max)
{
    circle->points = memory;
    circle->parts = (uint32_t *)(void *)((char *)memory + points_bytes(members_max));
    circle->count = 0;
    circle->shift = (uint8_t)(64 - part_bits(members_max));
}

/* The first point that is not below, or their number. */
static uint32_t first_from(const struct gr__circle *circle, uint64_t point)
{
    uint32_t at = circle->parts[point >> circle->shift];
    while (at < circle->count && circle->points[at] < point)
        at++;
    return at;
}

static uint64_t place_of(uint64_t hash)
{
    return hash & ~(uint64_t)UINT16_MAX;
}

/* Find out anew where the parts begin: the points have changed. */
static void divide(struct gr__circle *circle)
{
    uint32_t at = 0;
    for (uint64_t part = 0; part <= UINT64_MAX >> circle->shift; part++) {
        while (at < circle->count && circle->points[at] >> circle->shift < part)
            at++;
        circle->parts[part] = at;
    }
}

/* The points of a member, sorted. */
static void draw(uint64_t name, uint32_t member, uint64_t ret_points[GR__CIRCLE_POINTS])
{
    uint64_t hash = gr__mix(name);
    for (int i = 0; i < GR__CIRCLE_POINTS; i++) {
        uint64_t point = place_of(gr__mix_next(&hash)) | member;
        int at = i;
        for (; at > 0 && ret_points[at - 1] > point; at--)
            ret_points[at] = ret_points[at - 1];
        ret_points[at] = point;
    }
}

/* From behind, so that what is there moves out of the way. */
void gr__circle_add(struct gr__circle *circle, uint64_t name, uint32_t member)
{
    assert(member <= UINT16_MAX);
    uint64_t drawn[GR__CIRCLE_POINTS];
    draw(name, member, drawn);
    uint32_t old = circle->count, fresh = GR__CIRCLE_POINTS;
    circle->count += fresh;
    while (fresh > 0) {
        uint64_t *end = &circle->points[old + fresh - 1];
        if (old > 0 && circle->points[old - 1] > drawn[fresh - 1])
            *end = circle->points[--old];
        else
            *end = drawn[--fresh];
    }
    divide(circle);
}

void gr__circle_remove(struct gr__circle *circle, uint32_t member, uint32_t last)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < circle->count; i++) {
        uint64_t point = circle->points[i];
        if (gr__point_member(point) == member)
            continue;
        if (gr__point_member(point) == last)
            point = place_of(point) | member;
        circle->points[kept++] = point;
    }
    circle->count = kept;
    divide(circle);
}

uint32_t gr__circle_find(const struct gr__circle *circle, uint64_t key)
{
    assert(circle->count > 0);
    uint32_t at = first_from(circle, place_of(gr__mix(key)));
    return gr__point_member(circle->points[at < circle->count ? at : 0]);
}
