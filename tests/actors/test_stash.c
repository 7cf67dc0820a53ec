/* What an actor lays aside comes back in its order, whole, once; or its sender hears of the end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shortage.h"

enum { BEGIN, END, ITEM, LOG, STOP, FAIL };

#define SOON gr_in(10 * GR_SECOND)

enum { LOG_MAX = 16, STASH_MAX = 4 };

/* The items that were handled, in that order. */
struct door {
    int log[LOG_MAX];
    int count;
};

static int receive_shut(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag == STOP)
        return gr_actor_stop(gr_self_actor(self), 0);
    if (message->tag == FAIL)
        return -EIO;
    if (message->tag != END) {
        int rc = gr_self_stash(self, message);
        return rc == -ENOSPC ? gr_reply_error(message, rc) : rc;
    }
    check_equal(gr_self_become(self, NULL), 0);
    int back = (int)gr_self_unstash(self);
    check_equal(gr_self_unstash(self), 0);
    return gr_reply(message, &back, sizeof back);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct door *door = self->state;
    switch (message->tag) {
    case BEGIN:
        return gr_self_become(self, receive_shut);
    case ITEM:
        check(door->count < LOG_MAX);
        memcpy(&door->log[door->count++], message->data, sizeof(int));
        return gr_reply(message, message->data, message->size);
    case LOG:
        return gr_reply(message, door, sizeof *door);
    }
    return -ENOTSUP;
}

static const struct gr_behavior behavior = {
    .name = "door", .receive = receive, .state_bytes = sizeof(struct door), .stash_max = STASH_MAX};

static gr_actor spawn_shut(void)
{
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(&behavior, NULL, &actor), 0);
    check_equal(gr_ask(actor, BEGIN, NULL, 0, NULL, 0, SOON), 0);
    return actor;
}

static void send_items(gr_actor actor, int from, int to)
{
    for (int i = from; i <= to; i++)
        check_equal(gr_send(actor, ITEM, &i, sizeof i), 0);
}

static void check_log(gr_actor actor, int count)
{
    struct door door = {0};
    check_equal(gr_ask(actor, LOG, NULL, 0, &door, sizeof door, SOON), 0);
    check_equal(door.count, count);
    for (int i = 0; i < count; i++)
        check_equal(door.log[i], i + 1);
}

LONE_RUNNER_TEST(comes_back_ahead_of_the_mailbox_in_order)
{
    gr_actor actor = spawn_shut();
    int back = 0;
    gr_future end;
    send_items(actor, 1, 3);
    check_equal(gr_yield(), 0);
    check_equal(gr_ask_start(actor, END, NULL, 0, &end, SOON), 0);
    send_items(actor, 4, 5);
    check_equal(gr_future_await(end, &back, sizeof back, SOON), 0);
    check_equal(back, 3);
    check_log(actor, 5);
}

LONE_RUNNER_TEST(keeps_an_ask_open_until_it_is_handled)
{
    gr_actor actor = spawn_shut();
    gr_future future;
    int value = 1, back = 0;
    check_equal(gr_ask_start(actor, ITEM, &value, sizeof value, &future, SOON), 0);
    check_equal(gr_future_await(future, &value, sizeof value, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_ask(actor, END, NULL, 0, &back, sizeof back, SOON), 0);
    check_equal(gr_future_await(future, &value, sizeof value, SOON), 0);
    check_log(actor, 1);
}

LONE_RUNNER_TEST(is_bounded)
{
    gr_actor actor = spawn_shut();
    int value = 5, back = 0;
    send_items(actor, 1, STASH_MAX);
    check_equal(gr_ask(actor, ITEM, &value, sizeof value, &value, sizeof value, SOON), -ENOSPC);
    check_equal(gr_ask(actor, END, NULL, 0, &back, sizeof back, SOON), 0);
    check_log(actor, STASH_MAX);
}

static int released;

static void count_release(void *data, void *context)
{
    (void)context;
    free(data);
    released++;
}

LONE_RUNNER_TEST(ends_with_its_actor_and_answers_its_asks)
{
    released = 0;
    gr_actor actor = spawn_shut();
    struct gr_buffer buffer = {malloc(100), 100, count_release, NULL};
    gr_future future;
    check_equal(gr_ask_start_buffer(actor, ITEM, &buffer, &future, SOON), 0);
    send_items(actor, 1, 1);
    check_equal(gr_yield(), 0);
    check_equal(gr_send(actor, STOP, NULL, 0), 0);
    check_equal(gr_future_await(future, NULL, 0, SOON), -ESTALE);
    check_equal(released, 1);
    check_equal(gr_dead_letters(), 2);
}

LONE_RUNNER_TEST(is_the_first_mail_of_the_next_life_which_has_the_first_handler)
{
    static const struct gr_child child = {.name = "door", .behavior = &behavior};
    static const struct gr_supervisor family = {.name = "family",
                                                .strategy = GR_ONE_FOR_ONE,
                                                .children = &child,
                                                .child_count = 1,
                                                .restarts_max = 1};
    gr_actor supervisor, actor;
    expect_report("failed");
    check_equal(gr_supervisor_start(&family, NULL, &supervisor), 0);
    check_equal(gr_supervisor_find(supervisor, "door", &actor, SOON), 0);
    check_equal(gr_ask(actor, BEGIN, NULL, 0, NULL, 0, SOON), 0);
    send_items(actor, 1, 3);
    check_equal(gr_send(actor, FAIL, NULL, 0), 0);
    send_items(actor, 4, 4);
    check_log(actor, 4);
    check_equal(gr_actor_stop(supervisor, 0), 0);
}

enum { LARGE = 3000 };

static int run_short(struct gr_self *self, const struct gr_message *message)
{
    void *blocks = take_all(LARGE + 40);
    check_equal(gr_self_stash(self, message), -ENOMEM);
    give_all(blocks, LARGE + 40);
    check_equal(message->size, LARGE);
    check_equal(gr_self_unstash(self), 0);
    return 0;
}

LONE_RUNNER_TEST(leaves_a_message_as_it_was_without_memory)
{
    static const struct gr_behavior poor = {.name = "poor", .receive = run_short};
    static const char bytes[LARGE];
    gr_actor actor;
    check_equal(gr_actor_spawn(&poor, NULL, &actor), 0);
    check_equal(gr_ask(actor, ITEM, bytes, sizeof bytes, NULL, 0, SOON), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_ahead_of_the_mailbox_in_order),
        cmocka_unit_test(keeps_an_ask_open_until_it_is_handled),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(ends_with_its_actor_and_answers_its_asks),
        cmocka_unit_test(is_the_first_mail_of_the_next_life_which_has_the_first_handler),
        cmocka_unit_test(leaves_a_message_as_it_was_without_memory),
    };
    return cmocka_run_group_tests_name("stash", tests, NULL, NULL);
}
