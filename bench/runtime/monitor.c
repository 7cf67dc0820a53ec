/*
 * What does it cost to hear of an actor's end, by its last message or by a monitor? And a restart?
 *
 * The first two rows are an actor's life: spawned, sent one message, ended, and the next one spawned
 * when its spawner has heard of it. The third is a supervised actor that ends after one question, and
 * is restarted in place before the next.
 */
#include <errno.h>
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { BEGIN, ENDS };

struct breeder {
    uint64_t left;
    bool monitors;
    gr_promise over;
};

/* The mayfly tells its breeder, unless that hears of it anyway. */
struct errand {
    gr_actor breeder;
    bool tells;
};

static int end_self(struct gr_self *self, const struct gr_message *message)
{
    const struct errand *errand = message->data;
    int rc = errand->tells ? gr_send(errand->breeder, ENDS, NULL, 0) : 0;
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior mayfly = {
    .name = "mayfly", .receive = end_self, .state_bytes = sizeof(uint64_t)};

static int breed(struct gr_self *self)
{
    struct breeder *breeder = self->state;
    if (breeder->left-- == 0)
        return gr_promise_resolve(breeder->over, NULL, 0);

    struct errand errand = {gr_self_actor(self), !breeder->monitors};
    gr_actor child;
    gr_monitor monitor;
    int rc = gr_actor_spawn(&mayfly, NULL, &child);
    if (rc == 0 && breeder->monitors)
        rc = gr_monitor_make(self, child, &monitor);
    return rc < 0 ? rc : gr_send(child, 0, &errand, sizeof errand);
}

static int breeder_receive(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag == BEGIN)
        *(struct breeder *)self->state = *(const struct breeder *)message->data;
    return breed(self);
}

static int breeder_control(struct gr_self *self, const struct gr_control *control)
{
    return control->kind == GR_DOWN ? breed(self) : -EBADMSG;
}

static const struct gr_behavior breeds = {.name = "breeder",
                                          .receive = breeder_receive,
                                          .control = breeder_control,
                                          .state_bytes = sizeof(struct breeder)};

static int live_and_be_heard_of(void *monitors, uint64_t operations)
{
    struct breeder breeder = {.left = operations, .monitors = monitors != NULL};
    gr_future over;
    gr_actor actor;
    int rc = gr_future_make(&over, &breeder.over);
    if (rc == 0)
        rc = gr_actor_spawn(&breeds, NULL, &actor);
    if (rc == 0)
        rc = gr_send(actor, BEGIN, &breeder, sizeof breeder);
    if (rc == 0)
        rc = gr_future_await(over, NULL, 0, GR_FOREVER);
    return rc < 0 ? rc : gr_actor_stop(actor, 0);
}

static int reply_and_end(struct gr_self *self, const struct gr_message *message)
{
    int rc = gr_reply(message, NULL, 0);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior phoenix = {.name = "phoenix", .receive = reply_and_end};
static const struct gr_child child = {.behavior = &phoenix};
static const struct gr_supervisor keeper = {.name = "keeper",
                                            .children = &child,
                                            .child_count = 1,
                                            .restarts_max = 1024,
                                            .restarts_within = 1};

static int restart(void *context, uint64_t operations)
{
    (void)context;
    gr_actor supervisor, actor;
    int rc = gr_supervisor_start(&keeper, NULL, &supervisor);
    if (rc == 0)
        rc = gr_supervisor_find(supervisor, "phoenix", &actor, GR_FOREVER);
    for (; rc == 0 && operations > 0; operations--)
        rc = gr_ask(actor, 0, NULL, 0, NULL, 0, GR_FOREVER);
    return rc < 0 ? rc : gr_actor_stop(supervisor, 0);
}

static int run(void *context)
{
    (void)context;
    static int monitors;
    const struct bench_row rows[] = {
        {.name = "monitor", .variant = "told by a message", .work = live_and_be_heard_of},
        {.name = "monitor",
         .variant = "monitored",
         .work = live_and_be_heard_of,
         .context = &monitors},
        {.name = "monitor", .variant = "restarted", .work = restart},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++)
        rc = bench_measure(&rows[i]);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
