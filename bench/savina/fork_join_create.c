/*
 * Savina's fork join, actor creation: 40,000 actors, each spawned, sent one message, and ended.
 *
 *     main runner --- spawn, 37.2 ---> worker --- DONE ---> collector --- count ---> main runner
 *                                        | ends
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is an actor, on the main runner's loop. That gives
 * way now and then, and workers run ahead of it, so that some hundreds live at once. What dominates
 * is an actor's life with one message, six to seven tenths (bench/runtime/actor_life.c). The sine
 * is the machine's floor, and nearly a quarter (bench/floors/sine.c); the rest is a message to the
 * collector, as in counting. The collector, which senders would have to wait for, is relieved each
 * time its mailbox is full.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"
#include "bench/lib/work.h"

enum { WORK, DONE };

struct work {
    double angle;
    gr_actor collector;
};

struct collector {
    uint64_t wanted;
    uint64_t done;
    gr_promise counted;
};

static int work(struct gr_self *self, const struct gr_message *message)
{
    const struct work *given = message->data;
    int rc = bench_sine(given->angle);
    if (rc == 0)
        rc = gr_send(given->collector, DONE, NULL, 0);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static int collect(struct gr_self *self, const struct gr_message *message)
{
    (void)message;
    struct collector *collector = self->state;
    if (++collector->done < collector->wanted)
        return 0;
    int rc = gr_promise_resolve(collector->counted, &collector->done, sizeof collector->done);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior works = {.name = "worker", .receive = work};
static const struct gr_behavior collects = {.name = "collector",
                                            .receive = collect,
                                            .start = bench_argument_is_state,
                                            .state_bytes = sizeof(struct collector)};

static int fork_all(uint64_t actors, gr_actor collector)
{
    struct work work = {.angle = BENCH_ANGLE, .collector = collector};
    for (uint64_t i = 0; i < actors; i++) {
        gr_actor worker;
        int rc = gr_actor_spawn(&works, NULL, &worker);
        if (rc == 0)
            rc = gr_send(worker, WORK, &work, sizeof work);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int play(void *context)
{
    const uint64_t *actors = context;
    struct collector argument = {.wanted = *actors};
    struct gr_actor_options options = {.argument = &argument, .argument_bytes = sizeof argument};
    gr_future counted;
    gr_actor collector = {0};
    int rc = gr_future_make(&counted, &argument.counted);
    if (rc == 0)
        rc = gr_actor_spawn(&collects, &options, &collector);
    if (rc == 0)
        rc = fork_all(*actors, collector);
    if (rc == 0)
        rc = bench_await_count(counted, *actors, "workers done");
    return rc;
}

static int run(void *context)
{
    (void)context;
    uint64_t actors = bench_scaled(40000);
    return bench_program(&(struct bench_program){
        .name = "fork_join_create", .run = play, .context = &actors, .operations = actors});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
