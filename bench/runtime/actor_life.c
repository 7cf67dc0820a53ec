/*
 * How long does an actor's life take: spawned, sent one message, ended?
 *
 * An operation is a life. It takes as long as three messages (bench/runtime/message_local.c), of
 * which it has one; the rest is to take a slot and a body, fill them in, and give them back. As 256
 * live at a time, they are in a near cache, and the processor waits for hardly anything: what
 * dominates is the number of instructions, which `tests/run budget` counts (spawn). The machine
 * sets no other floor.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

#define GENERATION 256u

/* How many of a generation still live; the last one to go settles the promise. */
struct generation {
    uint64_t alive;
    gr_promise over;
};

static int end_self(struct gr_self *self, const struct gr_message *message)
{
    *(struct generation **)self->state = *(struct generation *const *)message->data;
    return gr_actor_stop(gr_self_actor(self), 0);
}

static void count_down(struct gr_self *self, int reason)
{
    (void)reason;
    struct generation *generation = *(struct generation **)self->state;
    if (--generation->alive == 0 && gr_promise_resolve(generation->over, NULL, 0) < 0)
        (void)bench_wrong("nobody awaits the end");
}

static const struct gr_behavior mayfly = {.name = "mayfly",
                                          .receive = end_self,
                                          .stop = count_down,
                                          .state_bytes = sizeof(struct generation *)};

static int live(struct generation *generation)
{
    gr_actor actor;
    int rc = gr_actor_spawn(&mayfly, NULL, &actor);
    return rc < 0 ? rc : gr_send(actor, 0, &generation, sizeof generation);
}

static int live_and_die(void *context, uint64_t operations)
{
    (void)context;
    for (uint64_t left = operations; left != 0; left -= GENERATION) {
        struct generation generation = {.alive = GENERATION};
        gr_future over;
        int rc = gr_future_make(&over, &generation.over);
        for (size_t i = 0; rc == 0 && i < GENERATION; i++)
            rc = live(&generation);
        if (rc == 0)
            rc = gr_future_await(over, NULL, 0, GR_FOREVER);
        if (rc < 0)
            return rc;
    }
    return gr_actor_count() <= 1 ? 0 : bench_wrong("some actors live on");
}

static int run(void *context)
{
    (void)context;
    return bench_measure(
        &(struct bench_row){.name = "actor_life", .work = live_and_die, .step = GENERATION});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
