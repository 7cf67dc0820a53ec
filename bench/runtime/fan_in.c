/*
 * How long does a message take when eight actors send to one?
 *
 *     sender 0 --- 0, 1, 2, ... 124,999 ---+
 *     sender 1 --- 0, 1, 2, ... -----------+--> collector ---> main runner
 *     ...                                  |
 *
 * An operation is a message. Each sender sends until the mailbox is full and waits, so senders
 * take turns of a mailbox each. On one loop that keeps all in the cache, and what dominates is the
 * message itself: a line taken, filled, handled and given back, which is why it takes less than
 * one that goes back and forth (bench/runtime/message_local.c). On two loops half of the messages
 * cross over, in a lane, and those set the pace: the machine's floor is a line through a ring
 * (bench/floors/ring.c).
 */
#include <greenroom/greenroom.h>

#include <errno.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define SENDERS 8u

struct order {
    gr_actor collector;
    uint64_t sender;
    uint64_t messages;
};

struct item {
    uint64_t sender;
    uint64_t number;
};

struct collector {
    gr_promise all;
    uint64_t wanted;
    uint64_t next[SENDERS]; /* number of the next from each */
    uint64_t seen;
};

static int send_all(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    const struct order *order = message->data;
    struct item item = {.sender = order->sender};
    for (; item.number < order->messages; item.number++) {
        int rc = gr_send(order->collector, 0, &item, sizeof item);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Let who waits know, too. */
static int fail(gr_promise all, const char *what)
{
    int rc = gr_promise_reject(all, -EBADMSG);
    return rc < 0 ? rc : bench_wrong(what);
}

static int collect(struct gr_self *self, const struct gr_message *message)
{
    struct collector *collector = self->state;
    const struct item *item = message->data;
    if (collector->next[item->sender]++ != item->number)
        return fail(collector->all, "a message out of order");
    if (++collector->seen < collector->wanted)
        return 0;
    return gr_promise_resolve(collector->all, &collector->seen, sizeof collector->seen);
}

static const struct gr_behavior sends = {.name = "sender", .receive = send_all};
static const struct gr_behavior collects = {.name = "collector",
                                            .receive = collect,
                                            .start = bench_argument_is_state,
                                            .state_bytes = sizeof(struct collector)};

static int order_all(const gr_actor senders[SENDERS], gr_actor collector, uint64_t messages)
{
    for (uint64_t i = 0; i < SENDERS; i++) {
        struct order order = {collector, i, messages};
        int rc = gr_send(senders[i], 0, &order, sizeof order);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int play(void *context)
{
    uint64_t each = *(const uint64_t *)context;
    struct collector argument = {.wanted = each * SENDERS};
    gr_actor senders[SENDERS], collector = {0};
    gr_future all;
    int rc = gr_future_make(&all, &argument.all);
    if (rc == 0)
        rc = bench_crew_spawn(&collector, 1, &collects, &argument, sizeof argument);
    if (rc == 0)
        rc = bench_crew_spawn(senders, SENDERS, &sends, NULL, 0);
    if (rc == 0)
        rc = order_all(senders, collector, each);
    if (rc == 0)
        rc = bench_await_count(all, each * SENDERS, "messages");
    if (rc == 0)
        rc = bench_crew_stop(senders, SENDERS);
    if (rc == 0)
        rc = gr_actor_stop(collector, 0);
    return rc;
}

static int run(void *context)
{
    (void)context;
    uint64_t each = bench_scaled(125000);
    return bench_program(&(struct bench_program){
        .name = "fan_in", .run = play, .context = &each, .operations = each * SENDERS});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
