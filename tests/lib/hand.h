/*
 * Awaitables driven by hand, step by step: what a runner would do, cancelled at any point.
 */
#ifndef GREENROOM_TESTS_HAND_H
#define GREENROOM_TESTS_HAND_H

#include "lib/fixture.h"

/* A waiter that counts how often it was woken. */
struct hand {
    struct gr_waiter waiter;
    int woken;
};

static inline void hand_wake(struct gr_waiter *waiter)
{
    ((struct hand *)(void *)waiter)->woken++;
}

/* Stand in line for what is not ready. */
static inline void hand_subscribe(struct hand *hand, struct gr_awaitable *awaitable)
{
    *hand = (struct hand){{hand_wake}, 0};
    check(!awaitable->type->ready(awaitable));
    check_equal(awaitable->type->subscribe(awaitable, &hand->waiter), 0);
}

static inline bool hand_ready(struct gr_awaitable *awaitable)
{
    return awaitable->type->ready(awaitable);
}

static inline bool hand_cancel(struct gr_awaitable *awaitable)
{
    return awaitable->type->cancel(awaitable);
}

/* Take what is ready. */
static inline int hand_take(struct gr_awaitable *awaitable)
{
    check(awaitable->type->ready(awaitable));
    return awaitable->type->take(awaitable);
}

#endif
