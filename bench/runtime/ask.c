/*
 * How long does it take to ask an actor and await its reply?
 *
 *     main runner      asker                counter
 *      ASKS ---------> ask, number -------->            100,000 times, one after the other
 *                          <--------------- number + 1
 *       <------------- last number
 *
 * An operation is an ask. On one loop the machine's floor is two switches of stacks, from the
 * asker to the loop and back (bench/floors/context_switch.c), a twelfth of it; what dominates is a
 * message, a future, and two places in the loop's queue. On two loops the two are apart, and an
 * ask is a hop there and one back (bench/runtime/hop.c).
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

static int reply_next(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    uint64_t next = *(const uint64_t *)message->data + 1;
    return gr_reply(message, &next, sizeof next);
}

/* The asker's message is how often; its state, whom. */
static int ask_on(struct gr_self *self, const struct gr_message *message)
{
    gr_actor counter = *(const gr_actor *)self->state;
    uint64_t asks = *(const uint64_t *)message->data, number = 0;
    for (uint64_t i = 0; i < asks; i++) {
        int rc = gr_ask(counter, 0, &number, sizeof number, &number, sizeof number, GR_FOREVER);
        if (rc < 0)
            return rc;
    }
    return gr_reply(message, &number, sizeof number);
}

static const struct gr_behavior counts = {.name = "counter", .receive = reply_next};
static const struct gr_behavior asks_on = {.name = "asker",
                                           .receive = ask_on,
                                           .start = bench_argument_is_state,
                                           .state_bytes = sizeof(gr_actor)};

static int play(void *context)
{
    const uint64_t *asks = context;
    gr_actor counter = {0}, asker = {0};
    gr_future last;
    int rc = bench_crew_spawn(&counter, 1, &counts, NULL, 0);
    if (rc == 0)
        rc = bench_crew_spawn(&asker, 1, &asks_on, &counter, sizeof counter);
    if (rc == 0)
        rc = gr_ask_start(asker, 0, asks, sizeof *asks, &last, GR_FOREVER);
    if (rc == 0)
        rc = bench_await_count(last, *asks, "the last number");
    if (rc == 0)
        rc = gr_actor_stop(asker, 0);
    if (rc == 0)
        rc = gr_actor_stop(counter, 0);
    return rc;
}

static int run(void *context)
{
    (void)context;
    uint64_t asks = bench_scaled(100000);
    return bench_program(
        &(struct bench_program){.name = "ask", .run = play, .context = &asks, .operations = asks});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
