/*
 * How long does a message take to each subscriber of a topic?
 *
 *     sent to each       to eight actors in turn, without a topic
 *     published          to a topic that they have subscribed to, which drops what is too much
 *     waited for         the same, where the publisher waits for who is slow
 *
 * All in rounds, after each of which the actors have handled everything; an operation is a message
 * that one of them handles. The first three rows have all eight on the publisher's loop, the others
 * half of them on another one.
 *
 * The floor of a topic is a message sent to each. On one loop a published one takes more than that: it
 * is not copied for each of them, but comes to each by the control lane, where the actor takes one at
 * a time and not as many as there are. On two loops it takes less, as one copy goes to the other loop
 * in the place of four.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { SUBSCRIBERS = 8, ROUND = 256 /* publishes */, NUMBER, COUNT };

/* How the subscribers get what they get. */
enum how { SENT, PUBLISHED, WAITED_FOR };

struct audience {
    gr_actor members[SUBSCRIBERS];
    enum how how;
    uint64_t sent; /* to each */
};

static const char topic[] = "prices";

static int count(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *handled = self->state;
    if (message->tag == NUMBER)
        *handled += *(const uint64_t *)message->data == *handled;
    return gr_reply(message, handled, sizeof *handled);
}

static const struct gr_behavior counter = {
    .name = "counter", .receive = count, .state_bytes = sizeof(uint64_t)};

static int tell_all(struct audience *audience)
{
    uint64_t number = audience->sent++;
    if (audience->how != SENT)
        return gr_publish(topic, NUMBER, &number, sizeof number, GR_FOREVER);
    int rc = 0;
    for (int i = 0; rc == 0 && i < SUBSCRIBERS; i++)
        rc = gr_send(audience->members[i], NUMBER, &number, sizeof number);
    return rc;
}

/* All of them have handled each message that was ever sent, in its order. */
static int check_all(struct audience *audience)
{
    gr_future futures[SUBSCRIBERS];
    int rc = 0;
    for (int i = 0; rc == 0 && i < SUBSCRIBERS; i++)
        rc = gr_ask_start(audience->members[i], COUNT, NULL, 0, &futures[i], GR_FOREVER);
    for (int i = 0; rc == 0 && i < SUBSCRIBERS; i++) {
        uint64_t handled;
        rc = gr_future_await(futures[i], &handled, sizeof handled, GR_FOREVER);
        if (rc == 0 && handled != audience->sent)
            return bench_wrong("a message got lost");
    }
    return rc;
}

static int work(void *context, uint64_t operations)
{
    struct audience *audience = context;
    int rc = 0;
    for (uint64_t i = 1; rc == 0 && i <= operations / SUBSCRIBERS; i++) {
        rc = tell_all(audience);
        if (rc == 0 && i % ROUND == 0)
            rc = check_all(audience);
    }
    return rc;
}

static int open_audience(struct audience *audience, enum how how, int loops)
{
    *audience = (struct audience){.how = how};
    const struct gr_topic_options options = {.when_slow = how == WAITED_FOR ? GR_SLOW_WAIT
                                                                            : GR_SLOW_DROP_NEWEST,
                                             .messages_max = how == WAITED_FOR ? 0 : ROUND};
    int rc = 0;
    for (int i = 0; rc == 0 && i < SUBSCRIBERS; i++) {
        struct gr_actor_options where = {.where = GR_ON_LOOP(i % loops)};
        rc = gr_actor_spawn(&counter, &where, &audience->members[i]);
        if (rc == 0 && how != SENT)
            rc = gr_topic_subscribe(topic, audience->members[i], &options, GR_FOREVER);
    }
    return rc;
}

static int close_audience(struct audience *audience)
{
    int rc = 0;
    for (int i = 0, reason; rc == 0 && i < SUBSCRIBERS; i++) {
        rc = gr_actor_stop(audience->members[i], 0);
        if (rc == 0)
            rc = gr_actor_join(audience->members[i], &reason, GR_FOREVER);
    }
    return rc;
}

static const struct row {
    const char *variant;
    enum how how;
    int loops;
} rows[] = {
    {"sent to each", SENT, 1},
    {"published", PUBLISHED, 1},
    {"waited for", WAITED_FOR, 1},
    {"sent to each, two loops", SENT, 2},
    {"published, two loops", PUBLISHED, 2},
    {"waited for, two loops", WAITED_FOR, 2},
};

static int measure(const struct row *row)
{
    struct audience audience;
    int rc = open_audience(&audience, row->how, row->loops);
    if (rc == 0)
        rc = bench_measure(&(struct bench_row){.name = "publish",
                                               .variant = row->variant,
                                               .work = work,
                                               .context = &audience,
                                               .step = SUBSCRIBERS * ROUND});
    return rc < 0 ? rc : close_audience(&audience);
}

static int run(void *context)
{
    (void)context;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++)
        rc = measure(&rows[i]);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
