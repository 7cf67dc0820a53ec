/*
 * Actors that are scripts: a function of the test is the run, and says what it receives in which order.
 */
#ifndef GREENROOM_TESTS_PROCESS_H
#define GREENROOM_TESTS_PROCESS_H

#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { ONE = 1, TWO, THREE, GO, FULL };

#define SOON gr_in(10 * GR_SECOND)

struct script {
    int (*run)(struct gr_self *self);
};

static inline int start_script(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

static inline int run_script(struct gr_self *self)
{
    return ((struct script *)self->state)->run(self);
}

static const struct gr_behavior scripted = {.name = "scripted",
                                            .run = run_script,
                                            .start = start_script,
                                            .state_bytes = sizeof(struct script),
                                            .mailbox_max = 8};

static inline gr_actor spawn_on(int where, int (*run)(struct gr_self *self))
{
    struct script script = {.run = run};
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(&scripted,
                               &(struct gr_actor_options){.where = where,
                                                          .argument = &script,
                                                          .argument_bytes = sizeof script},
                               &actor),
                0);
    return actor;
}

static inline gr_actor spawn(int (*run)(struct gr_self *self))
{
    return spawn_on(GR_HERE, run);
}

/* Wait for its end. One that has ended before did so with 0, or the run has reported why not. */
static inline int end_of(gr_actor actor)
{
    int reason = 1;
    check_equal(gr_actor_join(actor, &reason, SOON), 0);
    return reason == -ESTALE ? 0 : reason;
}

static inline void send(gr_actor actor, uint32_t tag, int value)
{
    check_equal(gr_send(actor, tag, &value, sizeof value), 0);
}

static inline void send_tags(gr_actor actor, int count, const uint32_t tags[])
{
    for (int i = 0; i < count; i++)
        send(actor, tags[i], i);
}

static inline int value_of(const struct gr_message *message)
{
    int value = -1;
    if (check_equal(message->size, sizeof value))
        memcpy(&value, message->data, sizeof value);
    return value;
}

/* Receive what must be there or come soon, with that value. */
static inline void expect(struct gr_self *self, gr_pattern pattern, uint32_t tag, int value)
{
    const struct gr_message *message = NULL;
    if (!check_equal(gr_receive(self, pattern, &message, SOON), 0))
        return;
    check_equal(message->tag, tag);
    check_equal(value_of(message), value);
}

static inline void expect_none(struct gr_self *self, gr_pattern pattern)
{
    const struct gr_message *message = NULL;
    check_equal(gr_receive(self, pattern, &message, gr_now()), -ETIMEDOUT);
    check(message == NULL);
}

#endif
