/*
 * How long does an ask take when 1,000 actors ask one at once?
 *
 *     asker   0 --- ask, number --->
 *     ...                            counter
 *     asker 999 --- ask, number --->
 *         all <--- number + 1 ------             100 times each, one after the other
 *
 * An operation is an ask. Each asker waits on a stack of its own, a thousand in turn. The
 * machine's floor is two switches of stacks (bench/floors/context_switch.c); what dominates is, as
 * in bench/runtime/ask.c, a message, a future, and two places in the loop's queue, of which a
 * thousand are in use at once and lie in the second cache. On two loops half of the askers are
 * apart from the counter, and their asks cross over in batches.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define ASKERS 1000u

struct collector {
    uint64_t wanted;  /* last number of each asker */
    uint64_t correct; /* so many have it */
    uint64_t finished;
    gr_promise all; /* settled with how many were correct */
};

struct order {
    gr_actor counter;
    gr_actor collector;
    uint64_t asks;
};

static int reply_next(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    uint64_t next = *(const uint64_t *)message->data + 1;
    return gr_reply(message, &next, sizeof next);
}

static int ask_on(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    struct order order = *(const struct order *)message->data;
    uint64_t number = 0;
    for (uint64_t i = 0; i < order.asks; i++) {
        int rc =
            gr_ask(order.counter, 0, &number, sizeof number, &number, sizeof number, GR_FOREVER);
        if (rc < 0)
            return rc;
    }
    return gr_send(order.collector, 0, &number, sizeof number);
}

static int collect(struct gr_self *self, const struct gr_message *message)
{
    struct collector *collector = self->state;
    if (*(const uint64_t *)message->data == collector->wanted)
        collector->correct++;
    if (++collector->finished < ASKERS)
        return 0;
    return gr_promise_resolve(collector->all, &collector->correct, sizeof collector->correct);
}

static const struct gr_behavior counts = {.name = "counter", .receive = reply_next};
static const struct gr_behavior asks_on = {.name = "asker", .receive = ask_on};
static const struct gr_behavior collects = {.name = "collector",
                                            .receive = collect,
                                            .start = bench_argument_is_state,
                                            .state_bytes = sizeof(struct collector)};

static int play(void *context)
{
    gr_actor askers[ASKERS];
    struct order order = {.asks = *(const uint64_t *)context};
    struct collector collector = {.wanted = order.asks};
    gr_future all;
    int rc = gr_future_make(&all, &collector.all);
    if (rc == 0)
        rc = bench_crew_spawn(&order.counter, 1, &counts, NULL, 0);
    if (rc == 0)
        rc = bench_crew_spawn(&order.collector, 1, &collects, &collector, sizeof collector);
    if (rc == 0)
        rc = bench_crew_spawn(askers, ASKERS, &asks_on, NULL, 0);
    if (rc == 0)
        rc = bench_crew_send(askers, ASKERS, 0, &order, sizeof order);
    if (rc == 0)
        rc = bench_await_count(all, ASKERS, "askers with the right last number");
    if (rc == 0)
        rc = bench_crew_stop(askers, ASKERS);
    if (rc == 0)
        rc = bench_crew_stop((gr_actor[]){order.counter, order.collector}, 2);
    return rc;
}

static int run(void *context)
{
    (void)context;
    uint64_t each = bench_scaled(100);
    return bench_program(&(struct bench_program){
        .name = "ask_many", .run = play, .context = &each, .operations = each * ASKERS});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
