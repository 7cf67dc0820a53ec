/* An actor whose mailbox senders wait for runs next; one who sends much lets others run. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"
#include "runner/park.h"

enum { COUNT = 1, PLAIN, RELAY, CROWD = 2000, ROOM = 64 };

/* Counts what comes, in any order, one handler at a time; it may give way in each. */
struct counter {
    bool gives_way;
    bool under_way;
    uint64_t stop_at;
    uint64_t counted;
    size_t most_waiting; /* senders, at any time */
};

static int counter_receive(struct gr_self *self, const struct gr_message *message)
{
    struct counter *counter = self->state;
    if (message->tag == COUNT)
        return gr_reply(message, counter, sizeof *counter);

    size_t waiting = gr__runners_waiting(gr__loop_here());
    counter->most_waiting = waiting > counter->most_waiting ? waiting : counter->most_waiting;
    check(!counter->under_way);
    counter->under_way = true;
    int rc = counter->gives_way ? gr_yield() : 0;
    counter->under_way = false;
    if (rc == 0 && ++counter->counted == counter->stop_at)
        rc = gr_actor_stop(gr_self_actor(self), 0);
    return rc;
}

static int counter_start(struct gr_self *self, const void *argument, size_t size)
{
    check_equal(size, sizeof(struct counter));
    memcpy(self->state, argument, size);
    return 0;
}

static const struct gr_behavior counters = {.name = "counter",
                                            .receive = counter_receive,
                                            .start = counter_start,
                                            .state_bytes = sizeof(struct counter),
                                            .mailbox_max = ROOM};

static gr_actor spawn_counter(struct counter counter)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.argument = &counter, .argument_bytes = sizeof counter};
    check_equal(gr_actor_spawn(&counters, &options, &actor), 0);
    return actor;
}

/* Sends one message to whom it is told, and stops. */
static int pass_on(struct gr_self *self, const struct gr_message *message)
{
    int rc = gr_send(*(const gr_actor *)message->data, PLAIN, NULL, 0);
    if (rc == 0 || rc == -ESTALE)
        rc = gr_actor_stop(gr_self_actor(self), 0);
    return rc;
}

static const struct gr_behavior messengers = {.name = "messenger", .receive = pass_on};

static void send_by_crowd(gr_actor to)
{
    for (int i = 0; i < CROWD; i++) {
        gr_actor messenger = {0};
        check_equal(gr_actor_spawn(&messengers, NULL, &messenger), 0);
        check_equal(gr_send(messenger, RELAY, &to, sizeof to), 0);
    }
}

static struct counter ask_counter(gr_actor actor)
{
    struct counter counter = {0};
    check_equal(gr_ask(actor, COUNT, NULL, 0, &counter, sizeof counter, gr_in(20 * GR_SECOND)), 0);
    return counter;
}

/*
 * All are ready before the counter is. One waits each time half of the mailbox is filled again,
 * and some more where a slice ends; without a relief nearly all do.
 */
RUNNER_TEST(runs_next_when_a_sender_waits_so_that_few_do)
{
    gr_actor actor = spawn_counter((struct counter){0});
    send_by_crowd(actor);
    struct counter counter;
    check_soon((counter = ask_counter(actor)).counted == CROWD);
    check(counter.most_waiting < CROWD / 4);
}

/*
 *     queue:  a relief, ..., the counter's own task
 *             the relief's handler gives way:  the own task comes up, and leaves it to the relief
 */
RUNNER_TEST(handles_one_message_at_a_time_though_its_relief_gives_way)
{
    gr_actor actor = spawn_counter((struct counter){.gives_way = true});
    send_by_crowd(actor);
    check_soon(ask_counter(actor).counted == CROWD);
}

RUNNER_TEST(stops_once_though_its_relief_is_under_way)
{
    for (uint64_t at = 1; at < 40; at++) {
        size_t before = gr_actor_count();
        gr_actor actor = spawn_counter((struct counter){.gives_way = at % 2 == 0, .stop_at = at});
        send_by_crowd(actor);
        check_soon(gr_actor_count() == before);
    }
}

enum { RECEIVERS = 60, EACH = 1000 };

static uint64_t under_way;

static int receive_one(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    under_way--;
    return 0;
}

static const struct gr_behavior receivers = {.name = "receiver", .receive = receive_one};

/* None of the mailboxes is ever full, and all together hold a fraction of what was sent. */
RUNNER_TEST(gives_way_to_the_receivers_of_what_it_sends)
{
    gr_actor actors[RECEIVERS] = {0};
    for (int i = 0; i < RECEIVERS; i++)
        check_equal(gr_actor_spawn(&receivers, NULL, &actors[i]), 0);
    uint64_t most = 0;
    under_way = RECEIVERS;
    for (int i = 0; i < RECEIVERS; i++)
        check_equal(gr_send(actors[i], PLAIN, NULL, 0), 0);
    check_soon(under_way == 0);
    for (int i = 0; i < EACH * RECEIVERS; i++) {
        check_equal(gr_send(actors[i % RECEIVERS], PLAIN, NULL, 0), 0);
        under_way++;
        most = under_way > most ? under_way : most;
    }
    check(most < 2000);
    check_soon(under_way == 0);
    for (int i = 0; i < RECEIVERS; i++)
        check_equal(gr_actor_stop(actors[i], 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_next_when_a_sender_waits_so_that_few_do),
        cmocka_unit_test(handles_one_message_at_a_time_though_its_relief_gives_way),
        cmocka_unit_test(stops_once_though_its_relief_is_under_way),
        cmocka_unit_test(gives_way_to_the_receivers_of_what_it_sends),
    };
    return cmocka_run_group_tests_name("relief", tests, NULL, NULL);
}
