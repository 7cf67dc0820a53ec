/*
 * What does it cost to move an idle actor there and back, and to send to one that has moved?
 *
 * A move is several ways between the two loops: room is asked for, a fence goes behind what the actor
 * has sent, its content follows; on the way back its home is told to wait first. Then messages, as in
 * message_remote: to an actor that lives where it was spawned, and to one that has moved to that
 * loop from the sender's own, to which its home passes each message on. The last one has moved to the
 * sender's own loop from the other, and is sent to by the way that this loop has learned.
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
    .name = "adder", .receive = add, .movable = true, .state_bytes = sizeof(uint64_t)};

static int move(void *context, uint64_t operations)
{
    const gr_actor *adder = context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++)
        rc = gr_actor_move(*adder, GR_ON_LOOP(i % 2 == 0 ? 1 : 0), GR_FOREVER);
    return rc;
}

static int stream(void *context, uint64_t operations)
{
    const gr_actor *adder = context;
    int rc = 0;
    for (uint64_t i = 1; rc == 0 && i <= operations; i++)
        rc = gr_send(*adder, ADD, &i, sizeof i);

    uint64_t total = 0;
    if (rc == 0)
        rc = gr_ask(*adder, TOTAL, NULL, 0, &total, sizeof total, GR_FOREVER);
    if (rc < 0)
        return rc;
    return total == operations * (operations + 1) / 2 ? 0 : bench_wrong("a message got lost");
}

/* An actor that was spawned on one loop, and lives on another. */
static int settle(int home, int loop, gr_actor *ret_adder)
{
    struct gr_actor_options options = {.where = GR_ON_LOOP(home)};
    int rc = gr_actor_spawn(&adds, &options, ret_adder);
    return rc < 0 ? rc : gr_actor_move(*ret_adder, GR_ON_LOOP(loop), GR_FOREVER);
}

static int run(void *context)
{
    (void)context;
    gr_actor adders[4];
    const struct {
        const char *variant;
        bench_work_fn *work;
        int home;
        int loop;
    } rows[] = {{"a move", move, 0, 0},
                {"a message there, never moved", stream, 1, 1},
                {"a message there, by its home here", stream, 0, 1},
                {"a message here, its home there", stream, 1, 0}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++) {
        rc = settle(rows[i].home, rows[i].loop, &adders[i]);
        if (rc == 0)
            rc = bench_measure(&(struct bench_row){.name = "move",
                                                   .variant = rows[i].variant,
                                                   .work = rows[i].work,
                                                   .context = &adders[i],
                                                   .step = rows[i].work == move ? 2 : 1});
    }
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
