/* How long does it take to ask an actor of the same loop and await its reply? */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

static int reply_next(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    uint64_t next = *(const uint64_t *)message->data + 1;
    return gr_reply(message, &next, sizeof next);
}

static const struct gr_behavior counts = {.name = "counter", .receive = reply_next};

static int ask_on(void *context, uint64_t operations)
{
    const gr_actor *counter = context;
    uint64_t number = 0;
    for (uint64_t i = 0; i < operations; i++) {
        int rc = gr_ask(*counter, 0, &number, sizeof number, &number, sizeof number, GR_FOREVER);
        if (rc < 0)
            return rc;
    }
    return number == operations ? 0 : bench_wrong("the replies do not count on");
}

static int run(void *context)
{
    (void)context;
    gr_actor counter;
    int rc = gr_actor_spawn(&counts, NULL, &counter);
    if (rc < 0)
        return rc;

    return bench_measure(&(struct bench_row){.name = "ask", .work = ask_on, .context = &counter});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
