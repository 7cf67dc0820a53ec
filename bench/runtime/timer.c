/*
 * How long does it take to set a timer that sends a message, and to cancel it?
 *
 * An operation is a timer that is set and cancelled: a slot and a line of the cache for the
 * message, both taken and given back, and a list of the wheel that the timer is linked into and out
 * of. It is as long as a message takes that is sent (bench/runtime/message_local.c). As the wheel
 * looks for nothing, it is the same among 100,000 others, and all that is touched is in the first
 * cache: what dominates is the number of instructions, which `tests/run budget` counts (timer). The
 * machine sets no other floor.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

#define OTHERS 100000

static int never(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return bench_wrong("a cancelled message came");
}

static const struct gr_behavior waits = {.name = "waiter", .receive = never};

static int set_and_cancel(void *context, uint64_t operations)
{
    const gr_actor *waiter = context;
    for (uint64_t i = 0; i < operations; i++) {
        gr_send_timer timer;
        int rc = gr_send_after(gr_in(GR_SECOND * (gr_time)(1 + i % 600)), *waiter, 0, &i, sizeof i,
                               &timer);
        if (rc < 0)
            return rc;
        if (!gr_send_cancel(timer))
            return bench_wrong("it was sent already");
    }
    return 0;
}

static int set_others(gr_actor waiter, gr_send_timer timers[OTHERS])
{
    for (int i = 0; i < OTHERS; i++) {
        int rc = gr_send_after(gr_in(GR_SECOND * 600 + GR_MILLISECOND * i), waiter, 0, NULL, 0,
                               &timers[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int measure(struct bench_row *row, const char *variant)
{
    row->variant = variant;
    return bench_measure(row);
}

static int run(void *context)
{
    (void)context;
    static gr_send_timer others[OTHERS];
    gr_actor waiter;
    struct bench_row row = {.name = "timer", .work = set_and_cancel, .context = &waiter};
    int rc = gr_actor_spawn(&waits, NULL, &waiter);
    if (rc == 0)
        rc = measure(&row, "alone");
    if (rc == 0)
        rc = set_others(waiter, others);
    if (rc == 0)
        rc = measure(&row, "among 100,000");

    for (int i = 0; rc == 0 && i < OTHERS; i++)
        if (!gr_send_cancel(others[i]))
            rc = bench_wrong("one of the others was sent");
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
