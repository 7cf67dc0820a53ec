/*
 * Savina's fork join, throughput: many messages, each with a little to compute, to 60 actors.
 *
 *     main runner --- 37.2 ---> actor 0       10,000 to each, one to each in turn
 *                 --- 37.2 ---> actor 1
 *                     ...         ...
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a message. Its floor is the sine
 * (bench/floors/sine.c), nearly half of the row; the rest is a send to an actor that has mail
 * already, from one that gives way before what is under way outgrows a near cache. The best peer
 * takes four sines: no runtime could be further ahead of it than that on one core.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"
#include "bench/lib/work.h"

#define ACTORS 60u

enum { WORK, COUNT };

static int work(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *worked = self->state;
    if (message->tag == COUNT)
        return gr_reply(message, worked, sizeof *worked);
    ++*worked;
    return bench_sine(*(const double *)message->data);
}

static const struct gr_behavior works = {
    .name = "worker", .receive = work, .state_bytes = sizeof(uint64_t)};

static int play(void *context)
{
    const uint64_t *each = context;
    gr_actor actors[ACTORS];
    double angle = BENCH_ANGLE;
    int rc = bench_crew_spawn(actors, ACTORS, &works, NULL, 0);
    for (uint64_t i = 0; i < *each && rc == 0; i++)
        rc = bench_crew_send(actors, ACTORS, WORK, &angle, sizeof angle);
    if (rc == 0)
        rc = bench_crew_check(actors, ACTORS, COUNT, *each, "messages that an actor has worked on");
    return rc < 0 ? rc : bench_crew_stop(actors, ACTORS);
}

static int run(void *context)
{
    (void)context;
    uint64_t each = bench_scaled(10000);
    return bench_program(&(struct bench_program){
        .name = "fork_join_throughput",
        .run = play,
        .context = &each,
        .operations = each * ACTORS,
    });
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
