/*
 * What does a message cost more where its actor is watched, or its mailbox has rules?
 *
 *     plain               a mailbox bounded by its number of messages, as any is unless it says otherwise
 *     unbounded           it grows
 *     supervised          the actor has a supervisor
 *     monitored           another actor watches it
 *     bounded in bytes    the sizes of its messages are summed up
 *     one priority        a function tells how urgent each message is: all alike
 *     four priorities     each as urgent as its number says, in turn
 *
 * A runner sends to an actor of its own loop in rounds, and lets it handle each round. The first four
 * should be alike: what an actor can be told of others, and they of it, stands beside the path of
 * a message. A mailbox with rules keeps its list sorted and counts what comes and goes.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { ROUND = 512 };

struct counter {
    uint64_t handled;
    uint64_t sum;
};

static int count(struct gr_self *self, const struct gr_message *message)
{
    struct counter *counter = self->state;
    if (message->size == 0)
        return gr_reply(message, counter, sizeof *counter);
    counter->handled++;
    counter->sum += *(const uint64_t *)message->data;
    return 0;
}

static unsigned all_alike(const struct gr_message *message)
{
    (void)message;
    return 1;
}

/* One that asks has no number, and comes behind all others. */
static unsigned by_number(const struct gr_message *message)
{
    return message->size == 0 ? GR_PRIORITIES - 1
                              : (unsigned)*(const uint64_t *)message->data % GR_PRIORITIES;
}

#define COUNTER .name = "counter", .receive = count, .state_bytes = sizeof(struct counter)

static const struct gr_behavior plain = {COUNTER};
static const struct gr_behavior unbounded = {COUNTER, .when_full = GR_FULL_GROW};
static const struct gr_behavior in_bytes = {COUNTER, .mailbox_bytes_max = 1 << 20};
static const struct gr_behavior one_priority = {COUNTER, .priority = all_alike};
static const struct gr_behavior four_priorities = {COUNTER, .priority = by_number};

static int send_rounds(void *context, uint64_t operations)
{
    const gr_actor *actor = context;
    struct counter before, after;
    int rc = gr_ask(*actor, 0, NULL, 0, &before, sizeof before, GR_FOREVER);
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        rc = gr_send(*actor, 0, &i, sizeof i);
        if (rc == 0 && i % ROUND == ROUND - 1)
            rc = gr_yield();
    }
    if (rc == 0)
        rc = gr_ask(*actor, 0, NULL, 0, &after, sizeof after, GR_FOREVER);
    if (rc < 0)
        return rc;
    bool all = after.handled - before.handled == operations &&
               after.sum - before.sum == operations * (operations - 1) / 2;
    return all ? 0 : bench_wrong("a message got lost");
}

static int measure(const char *variant, gr_actor actor)
{
    return bench_measure(&(struct bench_row){.name = "mailbox",
                                             .variant = variant,
                                             .work = send_rounds,
                                             .context = &actor,
                                             .step = ROUND});
}

static int measure_behavior(const char *variant, const struct gr_behavior *behavior)
{
    gr_actor actor;
    int rc = gr_actor_spawn(behavior, NULL, &actor);
    if (rc == 0)
        rc = measure(variant, actor);
    return rc < 0 ? rc : gr_actor_stop(actor, 0);
}

static int measure_supervised(void)
{
    static const struct gr_child child = {.behavior = &plain};
    static const struct gr_supervisor keeper = {
        .name = "keeper", .children = &child, .child_count = 1};
    gr_actor supervisor, actor;
    int rc = gr_supervisor_start(&keeper, NULL, &supervisor);
    if (rc == 0)
        rc = gr_supervisor_find(supervisor, "counter", &actor, GR_FOREVER);
    if (rc == 0)
        rc = measure("supervised", actor);
    return rc < 0 ? rc : gr_actor_stop(supervisor, 0);
}

/* Is asked to watch the actor whose handle it gets. */
static int watch(struct gr_self *self, const struct gr_message *message)
{
    gr_monitor monitor;
    return gr_monitor_make(self, *(const gr_actor *)message->data, &monitor);
}

static int hear(struct gr_self *self, const struct gr_control *control)
{
    (void)control;
    return gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior watcher = {.name = "watcher", .receive = watch, .control = hear};

static int measure_monitored(void)
{
    gr_actor observer, actor;
    int rc = gr_actor_spawn(&watcher, NULL, &observer);
    if (rc == 0)
        rc = gr_actor_spawn(&plain, NULL, &actor);
    if (rc == 0)
        rc = gr_ask(observer, 0, &actor, sizeof actor, NULL, 0, GR_FOREVER);
    if (rc == 0)
        rc = measure("monitored", actor);
    return rc < 0 ? rc : gr_actor_stop(actor, 0);
}

static int run(void *context)
{
    (void)context;
    int rc = measure_behavior("plain", &plain);
    if (rc == 0)
        rc = measure_behavior("unbounded", &unbounded);
    if (rc == 0)
        rc = measure_supervised();
    if (rc == 0)
        rc = measure_monitored();
    if (rc == 0)
        rc = measure_behavior("bounded in bytes", &in_bytes);
    if (rc == 0)
        rc = measure_behavior("one priority", &one_priority);
    return rc < 0 ? rc : measure_behavior("four priorities", &four_priorities);
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
