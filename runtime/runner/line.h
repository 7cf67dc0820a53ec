/*
 * Lines: standing in one, being served, and leaving it. Once, for all that runners of a loop
 * wait for among themselves.
 *
 *     OUT -- append --> IN LINE -- grant --> GRANTED -- take --> OUT
 *      ^                   |                    |
 *      +----- leave -------+                    +-- leave: passed on to the next --> OUT
 *
 * To grant is to set something aside for a place and to wake who stands there. What is set
 * aside, and how it is passed on, each concept says itself; so a wait's cancel says true where
 * that can be done, and nobody else notices that it was ever granted.
 *
 * Invariants:
 *   1. A place is in line, or granted, or neither.
 *   2. A line has only places that are in line, and those were never granted since they came.
 */
#ifndef GREENROOM_RUNNER_LINE_H
#define GREENROOM_RUNNER_LINE_H

#include <assert.h>
#include <stddef.h>

#include <greenroom/line.h>

static inline bool gr__line_empty(const struct gr_line *line)
{
    return line->first == NULL;
}

/* Stand at the end of the line. */
static inline void gr__line_append(struct gr_line *line, struct gr_place *place,
                                   struct gr_waiter *waiter)
{
    assert(!place->in_line && !place->granted);
    *place = (struct gr_place){NULL, line->last, waiter, true, false};
    if (line->first == NULL) {
        place->previous = NULL;
        line->first = place;
    } else {
        line->last->next = place;
    }
    line->last = place;
}

static inline void gr__line_remove(struct gr_line *line, struct gr_place *place)
{
    assert(place->in_line);
    place->in_line = false;
    if (place->previous == NULL)
        line->first = place->next;
    else
        place->previous->next = place->next;
    if (place->next != NULL)
        place->next->previous = place->previous;
    else
        line->last = place->previous;
}

/* Serve the first in line, of which there is one. */
static inline struct gr_place *gr__line_grant(struct gr_line *line)
{
    struct gr_place *place = line->first;
    gr__line_remove(line, place);
    place->granted = true;
    place->waiter->wake(place->waiter);
    return place;
}

/* Serve all who are in line now. */
static inline void gr__line_grant_all(struct gr_line *line)
{
    while (!gr__line_empty(line))
        gr__line_grant(line);
}

/* Take what was granted. False where nothing was. */
static inline bool gr__place_take(struct gr_place *place)
{
    bool granted = place->granted;
    place->granted = false;
    return granted;
}

/* Leave, whether in line or granted. True: it was granted, and that is to be passed on. */
static inline bool gr__line_leave(struct gr_line *line, struct gr_place *place)
{
    if (place->in_line)
        gr__line_remove(line, place);
    return gr__place_take(place);
}

#endif
