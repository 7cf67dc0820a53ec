/*
 * The wheel: starting, and moving its time forward. The design stands in wheel.h.
 */
#include "base/wheel.h"

#include <assert.h>

/* How many timers of a slot to look at for the earliest of them. */
enum { DIGIT_BITS = 6, GLANCE = 4, PATIENCE = 4096 };

void gr__wheel_init(struct gr__wheel *wheel, gr_time now)
{
    assert(now >= 0);
    wheel->time = now;
    wheel->now = now;
    wheel->live = 0;
    wheel->spreading = GR__WHEEL_NONE;
    wheel->patience = PATIENCE;
    wheel->levels = 0;
    for (unsigned level = 0; level <= GR__WHEEL_LEVELS; level++)
        wheel->occupied[level] = 0;
    for (unsigned i = 0; i < GR__WHEEL_LISTS; i++)
        gr__list_init(&wheel->lists[i]);
}

static void append(struct gr__wheel *wheel, unsigned list, struct gr__timer *timer)
{
    unsigned level = list / GR__WHEEL_SLOTS;
    gr__list_append(&wheel->lists[list], &timer->link);
    wheel->occupied[level] |= UINT64_C(1) << list % GR__WHEEL_SLOTS;
    wheel->levels |= UINT32_C(1) << level;
}

static void clear(struct gr__wheel *wheel, unsigned list)
{
    unsigned level = list / GR__WHEEL_SLOTS;
    wheel->occupied[level] &= ~(UINT64_C(1) << list % GR__WHEEL_SLOTS);
    if (wheel->occupied[level] == 0)
        wheel->levels &= ~(UINT32_C(1) << level);
}

void gr__wheel_emptied(struct gr__wheel *wheel, const struct gr__list *head)
{
    clear(wheel, (unsigned)(head - wheel->lists));
}

static unsigned shift_of(unsigned list)
{
    return list / GR__WHEEL_SLOTS * DIGIT_BITS;
}

/* Put a timer where its deadline belongs, seen from the wheel's time. */
static void place(struct gr__wheel *wheel, struct gr__timer *timer)
{
    if (timer->deadline <= wheel->time) {
        append(wheel, GR__WHEEL_DUE, timer);
        return;
    }

    uint64_t differing = (uint64_t)timer->deadline ^ (uint64_t)wheel->time;
    unsigned level = (unsigned)(63 - __builtin_clzll(differing)) / DIGIT_BITS;
    unsigned slot = (unsigned)(timer->deadline >> level * DIGIT_BITS) % GR__WHEEL_SLOTS;
    append(wheel, level * GR__WHEEL_SLOTS + slot, timer);
}

/* As place(), for a timer that must not overtake those that are yet to be spread. */
static void place_behind(struct gr__wheel *wheel, struct gr__timer *timer)
{
    if (wheel->spreading == GR__WHEEL_NONE) {
        place(wheel, timer);
        return;
    }

    unsigned shift = shift_of(wheel->spreading);
    if (timer->deadline >> shift <= wheel->time >> shift)
        append(wheel, wheel->spreading, timer);
    else
        place(wheel, timer);
}

void gr__wheel_start(struct gr__wheel *wheel, struct gr__timer *timer, gr_time deadline)
{
    assert(!gr__list_linked(&timer->link));
    assert(deadline != GR_FOREVER);
    timer->deadline = deadline;
    wheel->live++;
    if (deadline <= wheel->now)
        append(wheel, GR__WHEEL_LATE, timer);
    else
        place_behind(wheel, timer);
}

/* The list of the earliest slot. Some level has timers. */
static unsigned first_list(const struct gr__wheel *wheel)
{
    unsigned level = (unsigned)__builtin_ctz(wheel->levels);
    return level * GR__WHEEL_SLOTS + (unsigned)__builtin_ctzll(wheel->occupied[level]);
}

/* When a slot begins: the time's digits above the level, the slot's digit, and zeros. */
static gr_time beginning(const struct gr__wheel *wheel, unsigned list)
{
    unsigned shift = shift_of(list);
    gr_time above = wheel->time >> shift & ~(gr_time)(GR__WHEEL_SLOTS - 1);
    return (above | list % GR__WHEEL_SLOTS) << shift;
}

static struct gr__timer *timer_of(struct gr__list *link)
{
    return gr__container_of(link, struct gr__timer, link);
}

/* The earliest deadline in a slot, or, where it has more than a few timers, its beginning. */
static gr_time earliest(const struct gr__wheel *wheel, unsigned list)
{
    const struct gr__list *head = &wheel->lists[list];
    struct gr__list *link = head->next;
    gr_time deadline = GR_FOREVER;
    for (int i = 0; i < GLANCE && link != head; i++) {
        if (timer_of(link)->deadline < deadline)
            deadline = timer_of(link)->deadline;
        link = link->next;
    }
    return link == head ? deadline : beginning(wheel, list);
}

gr_time gr__wheel_next(const struct gr__wheel *wheel)
{
    if (wheel->live == 0)
        return GR_FOREVER;
    if (wheel->occupied[GR__WHEEL_LEVELS] != 0 || wheel->spreading != GR__WHEEL_NONE)
        return wheel->time;

    unsigned list = first_list(wheel);
    return list < GR__WHEEL_SLOTS ? beginning(wheel, list) : earliest(wheel, list);
}

/* Place the first timer of a list; false when it has none. */
static bool shift_first(struct gr__wheel *wheel, unsigned list,
                        void (*to)(struct gr__wheel *, struct gr__timer *))
{
    struct gr__list *link = gr__list_shift(&wheel->lists[list]);
    if (link == NULL) {
        clear(wheel, list);
        return false;
    }
    to(wheel, timer_of(link));
    return true;
}

static void place_late(struct gr__wheel *wheel)
{
    while (shift_first(wheel, GR__WHEEL_LATE, place_behind))
        ;
}

/* Place timers of the slot that is spreading, `most` at most; returns how many. */
static unsigned spread(struct gr__wheel *wheel, unsigned most)
{
    for (unsigned placed = 0; placed < most; placed++)
        if (!shift_first(wheel, wheel->spreading, place)) {
            wheel->spreading = GR__WHEEL_NONE;
            return placed;
        }
    return most;
}

static bool holds(const struct gr__wheel *wheel, unsigned list)
{
    return !gr__list_empty(&wheel->lists[list]);
}

static bool alone(const struct gr__wheel *wheel, unsigned list)
{
    return wheel->lists[list].next == wheel->lists[list].previous;
}

/*
 * Take time forward to where a slot begins by `now`. If a timer is due there and alone,
 * return it; else the slot is spreading. NULL and none spreading: time is at `now`.
 */
static struct gr__timer *enter_slot(struct gr__wheel *wheel, gr_time now)
{
    /* With empty levels there are timers in `late` at most, which is last. */
    unsigned list = wheel->live == 0 ? GR__WHEEL_LATE : first_list(wheel);
    if (list == GR__WHEEL_LATE || beginning(wheel, list) > now) {
        wheel->time = now;
        return NULL;
    }

    struct gr__timer *first = timer_of(wheel->lists[list].next);
    if (alone(wheel, list) && first->deadline <= now) {
        wheel->time = first->deadline;
        return first;
    }
    wheel->time = beginning(wheel, list);
    wheel->spreading = list;
    return NULL;
}

/* The earliest timer that is due, with time taken forward to it. NULL: none, or no patience. */
static struct gr__timer *find_due(struct gr__wheel *wheel, gr_time now, unsigned *patience)
{
    while (!holds(wheel, GR__WHEEL_DUE)) {
        if (wheel->spreading == GR__WHEEL_NONE) {
            struct gr__timer *timer = enter_slot(wheel, now);
            if (timer != NULL || wheel->spreading == GR__WHEEL_NONE)
                return timer;
        }
        if (*patience == 0)
            return NULL;
        *patience -= spread(wheel, *patience);
    }
    return timer_of(wheel->lists[GR__WHEEL_DUE].next);
}

size_t gr__wheel_advance(struct gr__wheel *wheel, gr_time now, size_t most)
{
    assert(now >= wheel->now);
    wheel->now = now;
    place_late(wheel);

    unsigned patience = wheel->patience;
    size_t fired = 0;
    while (fired < most) {
        struct gr__timer *timer = find_due(wheel, now, &patience);
        if (timer == NULL)
            break;

        gr__wheel_cancel(wheel, timer);
        fired++;
        timer->fire(timer);
    }
    return fired;
}
