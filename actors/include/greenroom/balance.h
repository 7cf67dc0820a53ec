/**
 * @file balance.h
 * @brief Moving actors from the loop that has most to do to the one that has least.
 *
 *     gr_runner_start(gr_balance, NULL, NULL, &balancer) ... gr_runner_cancel(balancer)
 *
 *     loop 0: a b c d e f   busy        loop 0: a b c   busy
 *     loop 1:               idle   -->  loop 1: d e f   busy
 *
 * Nobody balances unless a runner does. It looks at the loads of all loops (gr_loop_load()); where the
 * greatest is far above the least, twice in a row, it has some actors move from the one loop to the
 * other. Only actors of movable behaviors move (move.h), only those that have messages to
 * handle, and never more than half of them: the work of a single actor is not passed to and fro.
 */
#ifndef GREENROOM_BALANCE_H
#define GREENROOM_BALANCE_H

#include <greenroom/base.h>

GR__BEGIN

/** How to balance. Zero everywhere is the default. */
struct gr_balance_options {
    gr_time period; /**< between two looks, nanoseconds; 0: ten milliseconds */
    int margin;     /**< of load, up to which the loops count as equal; 0: 250 */
    int moves_max;  /**< in a second; 0: a hundred */
};

/**
 * Balance until the runner is cancelled: a function for gr_runner_start().
 *
 * @param options  of struct gr_balance_options, or NULL; stays while it runs
 *
 * @thread runner
 * @errors -ECANCELED in the end, -ENOMEM
 */
GR_FALLIBLE int gr_balance(void *options);

GR__END

#endif
