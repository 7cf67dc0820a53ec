/*
 * How long does a message take to an actor of another loop, streamed?
 *
 * One that sends without a pause uses up its window; the slower of the two sides sets the pace, and
 * they are about as slow. The sender writes a message into its cell, whose line it has to get from
 * the other's cache; the receiver gets it back, takes the message out into an envelope, puts that
 * into the mailbox, and handles it: twice what a message on its own loop is to its receiver. The
 * machine's floor is a line through a ring, 64 at a time (bench/floors/ring.c), which nobody handles:
 * a message takes three of those.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { ADD, TOTAL };

static int add(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *sum = self->state;
    if (message->tag == ADD) {
        *sum += *(const uint64_t *)message->data;
        return 0;
    }

    uint64_t total = *sum;
    *sum = 0;
    return gr_reply(message, &total, sizeof total);
}

static const struct gr_behavior adds = {
    .name = "adder", .receive = add, .state_bytes = sizeof(uint64_t)};

static int stream(void *context, uint64_t operations)
{
    const gr_actor *adder = context;
    for (uint64_t i = 1; i <= operations; i++) {
        int rc = gr_send(*adder, ADD, &i, sizeof i);
        if (rc < 0)
            return rc;
    }

    uint64_t total;
    int rc = gr_ask(*adder, TOTAL, NULL, 0, &total, sizeof total, GR_FOREVER);
    if (rc < 0)
        return rc;
    return total == operations * (operations + 1) / 2 ? 0 : bench_wrong("a message got lost");
}

static int run(void *context)
{
    (void)context;
    gr_actor adder;
    int rc = gr_actor_spawn(&adds, &(struct gr_actor_options){.where = GR_ON_LOOP(1)}, &adder);
    if (rc < 0)
        return rc;

    return bench_measure(
        &(struct bench_row){.name = "message_remote", .work = stream, .context = &adder});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
