/*
 * The wheel: timers by deadline, started and cancelled in constant time.
 *
 * A timer stands at the level of the highest base-64 digit in which its deadline differs
 * from the wheel's time, in the slot of that digit. Time is in nanoseconds; eleven levels
 * hold all of it.
 *
 *     time      ... 3 17  5        level 0: deadlines  ... 3 17 [6..63]
 *     deadline  ... 3 20 44        level 1: deadlines  ... 3 [18..63] *    <- here, slot 20
 *                     ^            level 2: deadlines  ... [4..63] * *
 *
 * Two lists stand outside the levels: `due`, for what is due at the wheel's time, and `late`, for
 * what was started when its deadline had passed; the next advance finds places for those.
 *
 * Time moves from slot to slot. When it reaches the beginning of a slot, the slot's timers are
 * placed anew, which moves them to lower levels, or, where the deadline is the time itself,
 * to `due`. A timer that is alone in the earliest slot fires from there.
 *
 * Why the order is exact. (By deadline:) At level 0 all digits above the lowest are the
 * time's, so all of level 0 is before all of level 1, and so on; within a level slots are in
 * order, and a slot of level 0 is a single nanosecond. So the earliest deadline is in the
 * first slot of the lowest level, and time, which goes there, skips none. (Within one
 * deadline, by start:) Timers of one deadline always stand in the same list: the place is a
 * function of the deadline and the wheel's time, and is computed anew for all in a slot when
 * time enters it, which is the only event that changes it. Lists are appended to at the end and
 * emptied from the front, and when a slot is spread all lists below are empty, so the one
 * that was started first stays first. What is in `late` was started after all of its deadline
 * that stand elsewhere, for those were started before their deadline had passed; and it is
 * placed, in order, before anything else happens. A deadline before the wheel's time counts
 * as that time.
 *
 * Costs: start and cancel are constant; a timer that lives to fire is placed at most once
 * for each level it descends, and seldom more than twice, since it soon is alone. One advance
 * places a limited number, so that a slot of a million timers holds nobody up: it stays the
 * slot that is `spreading`, the time stands at its beginning, and whatever is started within it
 * goes to its end, behind those that were started before, until the last one is placed.
 *
 * (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987.)
 *
 * All of a wheel runs on one thread.
 *
 * Invariants:
 *   1. time <= now; no timer in the levels, but in the slot that is spreading, has a deadline
 *      at or before the wheel's time.
 *   2. While a slot is spreading, only what is in it, or was spread from it, is next.
 *   3. A list that is not empty has its bit set, and only then, save for the slot that is
 *      spreading; a level has its bit set where one of its lists has.
 */
#ifndef GREENROOM_BASE_WHEEL_H
#define GREENROOM_BASE_WHEEL_H

#include <stddef.h>
#include <stdint.h>

#include <greenroom/base.h>
#include <greenroom/links.h>

#include "base/list.h"

enum {
    GR__WHEEL_LEVELS = 11,
    GR__WHEEL_SLOTS = 64,
    GR__WHEEL_DUE = GR__WHEEL_LEVELS * GR__WHEEL_SLOTS, /* behind the levels' lists */
    GR__WHEEL_LATE,
    GR__WHEEL_LISTS,
    GR__WHEEL_NONE = GR__WHEEL_LISTS /* no list */
};

struct gr__wheel {
    gr_time time;       /* up to here all has been fired, but what is in `due` and `late` */
    gr_time now;        /* what advance was last told */
    size_t live;        /* timers started and neither fired nor cancelled */
    unsigned spreading; /* the list whose timers are being placed anew, or GR__WHEEL_NONE */
    unsigned patience;  /* how many timers one advance places */
    uint32_t levels;    /* bit n: level n has timers; the highest is that of `due` and `late` */
    uint64_t occupied[GR__WHEEL_LEVELS + 1]; /* bit n: list n of the level has timers */
    struct gr__list lists[GR__WHEEL_LISTS];
};

/* An empty wheel, at a time that is not negative. */
void gr__wheel_init(struct gr__wheel *wheel, gr_time now);

/*
 * Start a timer that is not started. One whose deadline has passed is due at the next
 * advance. The deadline is not GR_FOREVER.
 */
void gr__wheel_start(struct gr__wheel *wheel, struct gr__timer *timer, gr_time deadline);

/* The list at `head` has become empty. */
void gr__wheel_emptied(struct gr__wheel *wheel, const struct gr__list *head);

/* Cancel a timer. One that has fired, or never started, is left alone. */
static inline void gr__wheel_cancel(struct gr__wheel *wheel, struct gr__timer *timer)
{
    struct gr__list *next = timer->link.next;
    if (next == NULL)
        return;

    struct gr__list *previous = timer->link.previous;
    gr__list_remove(&timer->link);
    wheel->live--;
    if (next == previous)
        gr__wheel_emptied(wheel, next);
}

/*
 * When to advance next: no timer fires earlier, though none may fire then; the advance
 * comes closer to it all the same. GR_FOREVER when no timer is started.
 */
gr_time gr__wheel_next(const struct gr__wheel *wheel);

/*
 * Fire what is due by `now`, which never goes back, `most` timers at most; returns how many.
 * It may fire fewer than are due; gr__wheel_next() tells: all are fired when it is above `now`.
 * A timer may start and cancel any, itself too, and may end its own memory. What is started
 * meanwhile with a deadline up to `now` waits for the next advance.
 */
size_t gr__wheel_advance(struct gr__wheel *wheel, gr_time now, size_t most);

#endif
