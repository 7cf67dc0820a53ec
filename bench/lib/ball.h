/*
 * Two actors that throw a ball to each other until it has flown as often as it should.
 *
 *     main runner            thrower 0            thrower 1
 *     bench_ball_throw() ---> ball, left 4
 *         waits               left 3 -----------> ball
 *                             ball <------------- left 2
 *                             left 1 -----------> ball
 *                             ball <------------- left 0
 *         0 <---- done ------ flown 4
 */
#ifndef GREENROOM_BENCH_LIB_BALL_H
#define GREENROOM_BENCH_LIB_BALL_H

#include <stdint.h>

#include <greenroom/actor.h>

struct bench_ball {
    gr_actor throwers[2];
};

/* Spawn thrower 0 here and thrower 1 as `where` says, and tell each of the other. */
int bench_ball_open(struct bench_ball *ball, int where);

/* Let the ball fly so often, an even number, and wait until it has. */
int bench_ball_throw(const struct bench_ball *ball, uint64_t flights);

#endif
