/*
 * Savina's ping pong: two actors send one message to and fro.
 *
 *     main runner        ping                 pong
 *      START, pings ---> PING -------------->
 *                            <-------------- PONG       40,000 times
 *                        ENOUGH ------------>
 *       <------------------------------------ pings seen
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a message. On one loop each is a send to an
 * idle actor, which dominates, and what bench/runtime/message_local.c says of it holds here: some
 * 200 instructions, all in the first cache, done nearly as fast as the processor can. On two loops
 * each message goes alone to the other one (bench/runtime/hop.c).
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { START, PING, PONG, ENOUGH };

struct start {
    uint64_t pings;
    gr_actor pong;
    gr_promise seen;
};

struct ping {
    gr_actor from;
};

static int ping_receive(struct gr_self *self, const struct gr_message *message)
{
    struct start *state = self->state;
    if (message->tag == START)
        *state = *(const struct start *)message->data;
    if (state->pings == 0)
        return gr_send(state->pong, ENOUGH, &state->seen, sizeof state->seen);
    state->pings--;
    struct ping ping = {gr_self_actor(self)};
    return gr_send(state->pong, PING, &ping, sizeof ping);
}

static int pong_receive(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *seen = self->state;
    if (message->tag == ENOUGH)
        return gr_promise_resolve(*(const gr_promise *)message->data, seen, sizeof *seen);
    ++*seen;
    return gr_send(((const struct ping *)message->data)->from, PONG, NULL, 0);
}

static const struct gr_behavior pings = {
    .name = "ping", .receive = ping_receive, .state_bytes = sizeof(struct start)};
static const struct gr_behavior pongs = {
    .name = "pong", .receive = pong_receive, .state_bytes = sizeof(uint64_t)};

static int play(void *context)
{
    const uint64_t *wanted = context;
    struct gr_actor_options spread = {.where = GR_SPREAD};
    gr_actor ping = {0}, pong = {0};
    gr_future seen;
    struct start start = {.pings = *wanted};
    int rc = gr_future_make(&seen, &start.seen);
    if (rc == 0)
        rc = gr_actor_spawn(&pings, &spread, &ping);
    if (rc == 0)
        rc = gr_actor_spawn(&pongs, &spread, &pong);
    start.pong = pong;
    if (rc == 0)
        rc = gr_send(ping, START, &start, sizeof start);
    uint64_t count = 0;
    if (rc == 0)
        rc = gr_future_await(seen, &count, sizeof count, GR_FOREVER);
    if (rc == 0)
        rc = gr_actor_stop(ping, 0);
    if (rc == 0)
        rc = gr_actor_stop(pong, 0);
    if (rc < 0)
        return rc;
    return count == *wanted ? 0 : bench_wrong("not as many pings as there should be");
}

static int run(void *context)
{
    (void)context;
    uint64_t count = bench_scaled(40000);
    return bench_program(&(struct bench_program){
        .name = "ping_pong", .run = play, .context = &count, .operations = 2 * count});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
