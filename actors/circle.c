/*
 * Circles: points put in, taken out and found. The design stands in circle.h.
 */
#include "actors/circle.h"

#include <assert.h>
#include <string.h>

/* The first point that is not below, or their number. */
static size_t first_from(const struct gr__circle *circle, uint64_t point)
{
    size_t from = 0, to = circle->count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (circle->points[middle] < point)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static uint64_t place_of(uint64_t hash)
{
    return hash & ~(uint64_t)UINT16_MAX;
}

static void put(struct gr__circle *circle, uint64_t point)
{
    size_t at = first_from(circle, point);
    memmove(&circle->points[at + 1], &circle->points[at],
            (circle->count - at) * sizeof *circle->points);
    circle->points[at] = point;
    circle->count++;
}

void gr__circle_add(struct gr__circle *circle, uint64_t name, uint32_t member)
{
    assert(member <= UINT16_MAX);
    uint64_t hash = gr__mix(name);
    for (int i = 0; i < GR__CIRCLE_POINTS; i++) {
        hash += UINT64_C(0x9E3779B97F4A7C15);
        put(circle, place_of(gr__mix(hash)) | member);
    }
}

void gr__circle_remove(struct gr__circle *circle, uint32_t member, uint32_t last)
{
    size_t kept = 0;
    for (size_t i = 0; i < circle->count; i++) {
        uint64_t point = circle->points[i];
        if (gr__point_member(point) == member)
            continue;
        if (gr__point_member(point) == last)
            point = place_of(point) | member;
        circle->points[kept++] = point;
    }
    circle->count = kept;
}

uint32_t gr__circle_find(const struct gr__circle *circle, uint64_t key)
{
    assert(circle->count > 0);
    size_t at = first_from(circle, place_of(gr__mix(key)));
    return gr__point_member(circle->points[at < circle->count ? at : 0]);
}
