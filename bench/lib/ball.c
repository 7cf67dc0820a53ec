/* Two actors that throw a ball to each other until it has flown as often as it should. */
#include "bench/lib/ball.h"

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"

enum { MEET, BALL };

struct thrower {
    gr_actor other;
};

struct ball {
    uint64_t left;
    uint64_t flown;
    gr_promise done;
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct thrower *thrower = self->state;
    if (message->tag == MEET) {
        thrower->other = *(const gr_actor *)message->data;
        return 0;
    }

    struct ball ball = *(const struct ball *)message->data;
    if (ball.left == 0)
        return gr_promise_resolve(ball.done, &ball.flown, sizeof ball.flown);
    ball.left--;
    ball.flown++;
    return gr_send(thrower->other, BALL, &ball, sizeof ball);
}

static const struct gr_behavior throws = {
    .name = "thrower", .receive = receive, .state_bytes = sizeof(struct thrower)};

int bench_ball_open(struct bench_ball *ball, int where)
{
    struct gr_actor_options other = {.where = where};
    gr_actor *throwers = ball->throwers;
    int rc = gr_actor_spawn(&throws, NULL, &throwers[0]);
    if (rc == 0)
        rc = gr_actor_spawn(&throws, &other, &throwers[1]);
    if (rc == 0)
        rc = gr_send(throwers[0], MEET, &throwers[1], sizeof throwers[1]);
    if (rc == 0)
        rc = gr_send(throwers[1], MEET, &throwers[0], sizeof throwers[0]);
    return rc;
}

int bench_ball_throw(const struct bench_ball *ball, uint64_t flights)
{
    gr_future done;
    struct ball thrown = {.left = flights};
    int rc = gr_future_make(&done, &thrown.done);
    if (rc < 0)
        return rc;

    uint64_t flown = 0;
    rc = gr_send(ball->throwers[0], BALL, &thrown, sizeof thrown);
    if (rc == 0)
        rc = gr_future_await(done, &flown, sizeof flown, GR_FOREVER);
    if (rc < 0)
        return rc;
    return flown == flights ? 0 : bench_wrong("the ball got lost");
}
