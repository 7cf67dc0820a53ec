/*
 * Savina's counting actor: one actor sends increments, another counts them.
 *
 *     main runner      producer                 counter
 *      START --------> INCREMENT -------------> + 1        1,000,000 times
 *                      COUNT -----------------> count
 *        <--------------------------------------- count
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is an increment. The producer fills the counter's
 * mailbox and waits for room, so what dominates is writing and reading envelopes, 1,024 at a time:
 * that is six tenths of a message to an idle actor (bench/runtime/message_local.c), as the counter
 * seldom has to stand in the loop's queue. The machine's floor is such a line written by one and
 * read by the other (bench/floors/ring.c, 64 at a time), and an increment takes about two of those.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { START, INCREMENT, COUNT };

struct start {
    uint64_t increments;
    gr_actor counter;
    gr_promise counted;
};

static int produce(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    const struct start *start = message->data;
    for (uint64_t i = 0; i < start->increments; i++) {
        int rc = gr_send(start->counter, INCREMENT, NULL, 0);
        if (rc < 0)
            return rc;
    }
    return gr_send(start->counter, COUNT, &start->counted, sizeof start->counted);
}

static int count(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *counter = self->state;
    if (message->tag == COUNT)
        return gr_promise_resolve(*(const gr_promise *)message->data, counter, sizeof *counter);
    ++*counter;
    return 0;
}

static const struct gr_behavior produces = {.name = "producer", .receive = produce};
static const struct gr_behavior counts = {
    .name = "counter", .receive = count, .state_bytes = sizeof(uint64_t)};

static int play(void *context)
{
    const uint64_t *increments = context;
    struct start start = {.increments = *increments};
    gr_future counted;
    gr_actor producer = {0};
    int rc = gr_future_make(&counted, &start.counted);
    if (rc == 0)
        rc = bench_crew_spawn(&producer, 1, &produces, NULL, 0);
    if (rc == 0)
        rc = bench_crew_spawn(&start.counter, 1, &counts, NULL, 0);
    if (rc == 0)
        rc = gr_send(producer, START, &start, sizeof start);
    if (rc == 0)
        rc = bench_await_count(counted, *increments, "increments");
    if (rc == 0)
        rc = gr_actor_stop(producer, 0);
    if (rc == 0)
        rc = gr_actor_stop(start.counter, 0);
    return rc;
}

static int run(void *context)
{
    (void)context;
    uint64_t increments = bench_scaled(1000000);
    return bench_program(&(struct bench_program){
        .name = "counting", .run = play, .context = &increments, .operations = increments});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
