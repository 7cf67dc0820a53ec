/*
 * Several futures and what awaits them: for tests of what waits for many things at once.
 */
#ifndef GREENROOM_TESTS_SEVERAL_H
#define GREENROOM_TESTS_SEVERAL_H

#include "lib/fixture.h"

enum { SEVERAL = 4 };

/* Each future carries an int; once its member was taken it lies in values. */
struct several {
    gr_future futures[SEVERAL];
    gr_promise promises[SEVERAL];
    int values[SEVERAL];
    struct gr_future_wait waits[SEVERAL];
    struct gr_member members[SEVERAL];
};

static inline void several_make(struct several *several)
{
    for (int i = 0; i < SEVERAL; i++) {
        check_equal(gr_future_make(&several->futures[i], &several->promises[i]), 0);
        several->values[i] = -1;
        several->members[i] = (struct gr_member){
            .awaitable = gr_future_awaitable(&several->waits[i], several->futures[i],
                                             &several->values[i], sizeof(int)),
            .key = &several->values[i],
            .status = GR_PENDING,
        };
    }
}

/* Settle one with its number. */
static inline void several_resolve(struct several *several, int which)
{
    check_equal(gr_promise_resolve(several->promises[which], &which, sizeof which), 0);
}

static inline void several_reject(struct several *several, int which, int status)
{
    check_equal(gr_promise_reject(several->promises[which], status), 0);
}

static inline void several_drop(struct several *several)
{
    for (int i = 0; i < SEVERAL; i++)
        gr_future_drop(several->futures[i]);
}

/* That one has neither been taken nor settled: it can be awaited as if nothing had been. */
static inline void several_check_untouched(struct several *several, int which)
{
    check_equal(several->members[which].status, GR_PENDING);
    several_resolve(several, which);
    check_equal(gr_await(several->members[which].awaitable, gr_now()), 0);
    check_equal(several->values[which], which);
}

#endif
