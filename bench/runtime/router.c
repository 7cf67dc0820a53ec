/*
 * How long does a message take through a router, by each of its rules?
 *
 * A runner sends to eight actors of its own loop in rounds, and lets them handle each round, so that
 * all rows but for the rule do the same; a broadcast counts each of its messages. The first row sends
 * to the same actors in turn without a router. What a rule costs is a row less the first. The last
 * two send to eight actors of another loop.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { MEMBERS = 8, ROUND = 64 * MEMBERS };

struct crowd {
    gr_actor members[MEMBERS];
    gr_router router; /* zero: there is none */
    uint64_t each;    /* messages for each send */
    uint64_t sent;
};

static int count(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *handled = self->state;
    if (message->size > 0)
        ++*handled;
    return gr_reply(message, handled, sizeof *handled);
}

static const struct gr_behavior counter = {
    .name = "counter", .receive = count, .state_bytes = sizeof(uint64_t)};

static int send_one(struct crowd *crowd, uint64_t number)
{
    if (crowd->router.name == 0)
        return gr_send(crowd->members[number % MEMBERS], 0, &number, sizeof number);
    return gr_router_send(crowd->router, 0, &number, sizeof number, GR_FOREVER);
}

/* All that was ever sent has been handled. */
static int check_all(struct crowd *crowd)
{
    uint64_t handled = 0;
    for (int i = 0; i < MEMBERS; i++) {
        uint64_t some;
        int rc = gr_ask(crowd->members[i], 0, NULL, 0, &some, sizeof some, GR_FOREVER);
        if (rc < 0)
            return rc;
        handled += some;
    }
    return handled == crowd->sent ? 0 : bench_wrong("a message got lost");
}

static int send_many(void *context, uint64_t operations)
{
    struct crowd *crowd = context;
    for (uint64_t i = 0; i < operations; i += crowd->each) {
        int rc = send_one(crowd, i);
        if (rc == 0 && i % ROUND == ROUND - crowd->each)
            rc = gr_yield();
        if (rc < 0)
            return rc;
    }
    crowd->sent += operations;
    return check_all(crowd);
}

static int open_router(struct crowd *crowd, enum gr_routing kind)
{
    int rc = gr_router_make(&(struct gr_router_options){.kind = kind}, &crowd->router, GR_FOREVER);
    for (int i = 0; rc == 0 && i < MEMBERS; i++)
        rc = gr_router_add(crowd->router, crowd->members[i], GR_FOREVER);
    return rc;
}

static int open_crowd(struct crowd *crowd, int loop)
{
    *crowd = (struct crowd){.each = 1};
    int rc = 0;
    for (int i = 0; rc == 0 && i < MEMBERS; i++)
        rc = gr_actor_spawn(&counter, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)},
                            &crowd->members[i]);
    return rc;
}

static int measure(struct crowd *crowd, const char *variant)
{
    return bench_measure(&(struct bench_row){
        .name = "router", .variant = variant, .work = send_many, .context = crowd, .step = ROUND});
}

/* To actors of this loop or of another; by all rules, or by one. */
static const struct row {
    const char *variant;
    int loop;
    bool routed;
    enum gr_routing kind;
} rows[] = {
    {"none", 0, false, 0},
    {"round robin", 0, true, GR_ROUTE_ROUND_ROBIN},
    {"random", 0, true, GR_ROUTE_RANDOM},
    {"least loaded", 0, true, GR_ROUTE_LEAST_LOADED},
    {"hash", 0, true, GR_ROUTE_HASH},
    {"broadcast", 0, true, GR_ROUTE_BROADCAST},
    {"none, remote", 1, false, 0},
    {"round robin, remote", 1, true, GR_ROUTE_ROUND_ROBIN},
    {"least loaded, remote", 1, true, GR_ROUTE_LEAST_LOADED},
};

static int measure_row(const struct row *row)
{
    struct crowd crowd;
    int rc = open_crowd(&crowd, row->loop);
    if (rc == 0 && row->routed)
        rc = open_router(&crowd, row->kind);
    if (row->kind == GR_ROUTE_BROADCAST)
        crowd.each = MEMBERS;
    if (rc == 0)
        rc = measure(&crowd, row->variant);
    gr_router_drop(crowd.router);
    return rc;
}

static int run(void *context)
{
    (void)context;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++)
        rc = measure_row(&rows[i]);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
