/*
 * Savina's big: every actor pings others at random, and answers all who ping it.
 *
 *     actor --- PING ---> one of 120, at random
 *       ^                   |
 *       +------ PONG -------+        20,000 times for each, one after the other
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a message, a ping or a pong, and a random
 * number for every second one. A message has a tenth more instructions than one of ping pong, and
 * takes half as long again: whom it goes to is random, which neither the branch predictor nor the
 * first cache foresees. On many loops most messages cross over, in batches.
 */
#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define ACTORS 120u

enum { BEGIN, PING, PONG, ANSWERED, FINISHED };

struct crowd {
    gr_actor sink;
    gr_actor actors[ACTORS];
};

struct begin {
    uint64_t number;
    uint64_t pings;
    const struct crowd *crowd; /* read only, and outlives all its actors */
};

struct member {
    const struct crowd *crowd;
    uint64_t left;     /* pings to send */
    uint64_t answered; /* pings of others */
    struct gr__random random;
};

static int ping_one(struct gr_self *self, struct member *member)
{
    if (member->left == 0)
        return gr_send(member->crowd->sink, FINISHED, NULL, 0);
    member->left--;
    gr_actor from = gr_self_actor(self);
    uint64_t other = gr__random_below(&member->random, ACTORS);
    return gr_send(member->crowd->actors[other], PING, &from, sizeof from);
}

static int member_receive(struct gr_self *self, const struct gr_message *message)
{
    struct member *member = self->state;
    switch (message->tag) {
    case PING:
        member->answered++;
        return gr_send(*(const gr_actor *)message->data, PONG, NULL, 0);
    case PONG:
        return ping_one(self, member);
    case ANSWERED:
        return gr_reply(message, &member->answered, sizeof member->answered);
    }

    const struct begin *begin = message->data;
    member->crowd = begin->crowd;
    member->left = begin->pings;
    gr__random_seed(&member->random, begin->number);
    return ping_one(self, member);
}

struct sink {
    gr_promise all;
    uint64_t finished;
};

static int sink_receive(struct gr_self *self, const struct gr_message *message)
{
    (void)message;
    struct sink *sink = self->state;
    if (++sink->finished < ACTORS)
        return 0;
    return gr_promise_resolve(sink->all, &sink->finished, sizeof sink->finished);
}

static const struct gr_behavior members = {
    .name = "member", .receive = member_receive, .state_bytes = sizeof(struct member)};
static const struct gr_behavior sinks = {.name = "sink",
                                         .receive = sink_receive,
                                         .start = bench_argument_is_state,
                                         .state_bytes = sizeof(struct sink)};

static int begin_all(const struct crowd *crowd, uint64_t pings)
{
    for (size_t i = 0; i < ACTORS; i++) {
        struct begin begin = {.number = i, .pings = pings, .crowd = crowd};
        int rc = gr_send(crowd->actors[i], BEGIN, &begin, sizeof begin);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int play(void *context)
{
    const uint64_t *pings = context;
    struct crowd crowd;
    gr_future all;
    gr_promise promise;
    uint64_t answered = 0;
    int rc = gr_future_make(&all, &promise);
    if (rc == 0)
        rc = bench_crew_spawn(&crowd.sink, 1, &sinks, &promise, sizeof promise);
    if (rc == 0)
        rc = bench_crew_spawn(crowd.actors, ACTORS, &members, NULL, 0);
    if (rc == 0)
        rc = begin_all(&crowd, *pings);
    if (rc == 0)
        rc = bench_await_count(all, ACTORS, "actors that got all their pongs");
    if (rc == 0)
        rc = bench_crew_sum(crowd.actors, ACTORS, ANSWERED, &answered);
    if (rc == 0)
        rc = bench_crew_stop(crowd.actors, ACTORS);
    if (rc == 0)
        rc = gr_actor_stop(crowd.sink, 0);
    if (rc < 0)
        return rc;
    return answered == *pings * ACTORS ? 0 : bench_wrong("not every ping was answered");
}

static int run(void *context)
{
    (void)context;
    uint64_t pings = bench_scaled(20000);
    return bench_program(&(struct bench_program){
        .name = "big", .run = play, .context = &pings, .operations = 2 * pings * ACTORS});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
