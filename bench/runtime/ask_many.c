/* How long does an ask take when 1,000 runners ask one actor of their loop at once? */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

#define ASKERS 1000u

struct asker {
    gr_actor counter;
    uint64_t asks;
    uint64_t last; /* reply */
};

static int reply_next(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    uint64_t next = *(const uint64_t *)message->data + 1;
    return gr_reply(message, &next, sizeof next);
}

static const struct gr_behavior counts = {.name = "counter", .receive = reply_next};

static int ask_on(void *context)
{
    struct asker *asker = context;
    for (uint64_t i = 0; i < asker->asks; i++) {
        int rc = gr_ask(asker->counter, 0, &asker->last, sizeof asker->last, &asker->last,
                        sizeof asker->last, GR_FOREVER);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int ask_at_once(void *context, uint64_t operations)
{
    static struct asker askers[ASKERS];
    static gr_runner runners[ASKERS];
    for (size_t i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.counter = *(gr_actor *)context, .asks = operations / ASKERS};
        int rc = gr_runner_start(ask_on, &askers[i], NULL, &runners[i]);
        if (rc < 0)
            return rc;
    }

    for (size_t i = 0; i < ASKERS; i++) {
        int rc = gr_runner_join(runners[i], GR_FOREVER);
        if (rc < 0)
            return rc;
        if (askers[i].last != operations / ASKERS)
            return bench_wrong("the replies do not count on");
    }
    return 0;
}

static int run(void *context)
{
    (void)context;
    gr_actor counter;
    int rc = gr_actor_spawn(&counts, NULL, &counter);
    if (rc < 0)
        return rc;

    return bench_measure(&(struct bench_row){
        .name = "ask_many", .work = ask_at_once, .context = &counter, .step = ASKERS});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
