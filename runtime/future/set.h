/*
 * Sets: how several awaitables are waited for by one waiter. What is done with the outcomes, and
 * when it is enough, stands with each kind: all.c, pick.c, eager.c, each.c.
 *
 *     IDLE -- hooked: ready, refused, nothing there -----------------> TAKEN, with its status
 *      ^  \                                                             ^   ^
 *      |   +- hooked: not ready -> WAITING -- woken --> WOKEN -- taken -+   |
 *      |                              |                   |                 |
 *      +------- withdrawn: true ------+-------------------+-- false -> KEPT +
 *
 * The woken members stand in a line, in the order in which they were woken; so what a wake-up
 * costs does not depend on how many members there are.
 *
 * Taking from a member and withdrawing from one may wait (await.h), as where a function has to be
 * joined. Meanwhile other members may be woken: these only join the line. The set's own waiter is
 * forgotten first, and kept last, so that nobody wakes a runner that waits for something else.
 *
 * A set that is done before it could be waited for wakes its waiter all the same, in a later turn,
 * by a timer that is due at once: that takes no memory, and can be cancelled.
 *
 * Invariants:
 *   1. set->open is the number of members that are IDLE or WAITING.
 *   2. A member is in the line exactly while it is WOKEN; in a set that gives its members one by
 *      one (each.c), while it is WOKEN, or TAKEN and not given.
 *   3. set->waiter is set only while the set is WAITING itself, and is woken once.
 *   4. While set->closing, whoever is woken does not join the line.
 */
#ifndef GREENROOM_FUTURE_SET_H
#define GREENROOM_FUTURE_SET_H

#include <greenroom/combine.h>

enum gr__member_state {
    GR__MEMBER_IDLE,
    GR__MEMBER_WAITING,
    GR__MEMBER_WOKEN,
    GR__MEMBER_TAKEN,
    GR__MEMBER_KEPT, /* too late to withdraw: its outcome is still in the awaitable */
};

/*
 * Fill a set whose members have their awaitables; `woken` is called when a member was woken and
 * stands in the line. It runs nothing.
 */
void gr__set_fill(struct gr_set *set, const struct gr_awaitable_type *type,
                  struct gr_member *members, size_t count, void (*woken)(struct gr_set *set));

/* Whether a member could be taken from at once. */
bool gr__set_is_ready(const struct gr_set *set, const struct gr_member *member);

/* Take from a member what is ready, or begin to wait for it. Whether it is TAKEN now. */
bool gr__set_hook(struct gr_set *set, struct gr_member *member);

/* Begin to wait for a member that is not ready. Whether it was refused, and is TAKEN. */
bool gr__set_subscribe(struct gr_set *set, struct gr_member *member);

/* Keep the waiter of a set whose members are hooked. `done`: wake it in a later turn. */
void gr__set_wait(struct gr_set *set, struct gr_waiter *waiter, bool done);

/* Wake who waits for the set, if somebody does. */
void gr__set_wake(struct gr_set *set);

/* The first of the line, out of it; or NULL. */
struct gr_member *gr__set_shift(struct gr_set *set);

/* Put a member at the end of the line. */
void gr__set_append(struct gr_set *set, struct gr_member *member);

/* Take from a member that is WOKEN, KEPT or ready, which is TAKEN then; returns its status. */
int gr__set_take(struct gr_set *set, struct gr_member *member);

/*
 * Forget the waiter, and withdraw from all members that are WAITING or WOKEN. Whether nothing is
 * IDLE then: it came too late for all.
 */
bool gr__set_withdraw(struct gr_set *set);

/* The first failure by place, or 0. */
int gr__set_failure(const struct gr_set *set);

/* Whether a list of codes, 0 behind the last, or NULL, has this one. */
bool gr__is_quiet(const int *quiet, int status);

static inline struct gr_set *gr__set_of(struct gr_awaitable *awaitable)
{
    return (struct gr_set *)(void *)awaitable; /* its first member */
}

#endif
