/* An actor that is to finish handles all that is in its mailbox, and then ends for good. */
#include <errno.h>

#include "lib/fixture.h"

enum { ADD = 1, SLOW, FAIL, AGAIN, MANY = 300 };

#define SOON gr_in(10 * GR_SECOND)

/* Counted by actors of all loops. */
static int64_t handled, starts, ends, last_reason;

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int64_t total(int64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static int add(struct gr_self *self, const struct gr_message *message)
{
    count(&handled);
    switch (message->tag) {
    case SLOW:
        return gr_sleep(gr_in(5 * GR_MILLISECOND));
    case FAIL:
        return -EIO;
    case AGAIN: {
        int left = *(const int *)message->data - 1;
        return left == 0 ? 0 : gr_send(gr_self_actor(self), AGAIN, &left, sizeof left);
    }
    }
    return 0;
}

static int start(struct gr_self *self, const void *argument, size_t size)
{
    (void)self, (void)argument, (void)size;
    count(&starts);
    return 0;
}

static void stop(struct gr_self *self, int reason)
{
    (void)self;
    count(&ends);
    __atomic_store_n(&last_reason, reason, __ATOMIC_SEQ_CST);
}

static const struct gr_behavior adder = {
    .name = "adder", .receive = add, .start = start, .stop = stop, .mailbox_max = MANY + 1};

static gr_actor spawn(int loop)
{
    gr_actor actor = {0};
    handled = starts = ends = last_reason = 0;
    check_equal(
        gr_actor_spawn(&adder, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)}, &actor), 0);
    return actor;
}

static void send_many(gr_actor actor, uint32_t tag, int times)
{
    for (int i = 0; i < times; i++)
        check_equal(gr_send(actor, tag, &i, sizeof i), 0);
}

static void has_finished(gr_actor actor, int64_t wanted)
{
    int reason = -1;
    check_equal(gr_actor_join(actor, &reason, SOON), 0);
    check(reason == 0 || reason == -ESTALE);
    check_equal(total(&handled), wanted);
    check_equal(total(&ends), 1);
    check_equal(total(&last_reason), 0);
}

static void finishes_its_mailbox(int loop)
{
    gr_actor actor = spawn(loop);
    send_many(actor, SLOW, 1);
    send_many(actor, ADD, MANY);
    check_equal(gr_actor_finish(actor), 0);
    has_finished(actor, MANY + 1);
}

RUNNER_TEST(handles_what_is_in_its_mailbox)
{
    finishes_its_mailbox(0);
}

RUNNER_TEST(handles_what_was_sent_from_another_loop_before)
{
    finishes_its_mailbox(1);
}

RUNNER_TEST(ends_at_once_where_there_is_nothing)
{
    gr_actor actor = spawn(0);
    check_equal(gr_actor_finish(actor), 0);
    has_finished(actor, 0);
    check_equal(gr_actor_finish(actor), 0);
    check_equal(gr_actor_finish((gr_actor){0}), 0);
}

RUNNER_TEST(handles_what_it_sends_itself_meanwhile)
{
    gr_actor actor = spawn(0);
    check_equal(gr_send(actor, AGAIN, &(int){20}, sizeof(int)), 0);
    check_equal(gr_actor_finish(actor), 0);
    has_finished(actor, 20);
}

static int send_more(void *actor)
{
    return gr_send(*(gr_actor *)actor, ADD, NULL, 0);
}

RUNNER_TEST(lets_in_who_waits_for_room)
{
    gr_actor actor = spawn(0);
    gr_runner sender;
    send_many(actor, SLOW, MANY + 1);
    check_equal(gr_runner_start(send_more, &actor, NULL, &sender), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_finish(actor), 0);
    check_equal(gr_runner_join(sender, SOON), 0);
    has_finished(actor, MANY + 2);
}

static void finish_from_outside(void *actor)
{
    check_equal(gr_actor_finish(*(gr_actor *)actor), 0);
}

RUNNER_TEST(any_thread_may_ask_for_it)
{
    gr_actor actor = spawn(1);
    on_another_thread(finish_from_outside, &actor);
    has_finished(actor, 0);
}

RUNNER_TEST(a_stop_overtakes_it)
{
    gr_actor actor = spawn(0);
    send_many(actor, SLOW, MANY);
    check_equal(gr_actor_finish(actor), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_stop(actor, -EPERM), 0);
    int reason = 0;
    check_equal(gr_actor_join(actor, &reason, SOON), 0);
    check_equal(reason, -EPERM);
    check(total(&handled) < MANY);
}

/* --- Under a supervisor --------------------------------------------------------------------- */

static const struct gr_child children[] = {
    {.name = "near", .behavior = &adder},
    {.name = "far", .behavior = &adder, .where = GR_ON_LOOP(1)},
};
static const struct gr_supervisor keeper = {
    .name = "keeper", .children = children, .child_count = 2, .restarts_max = 100};

static void finishes_supervised(const char *name, int failures)
{
    gr_actor supervisor = {0}, child = {0};
    handled = starts = ends = last_reason = 0;
    check_equal(gr_supervisor_start(&keeper, NULL, &supervisor), 0);
    check_equal(gr_supervisor_find(supervisor, name, &child, SOON), 0);
    for (int i = 0; i < failures; i++) {
        send_many(child, FAIL, 1);
        send_many(child, ADD, 10);
    }
    check_equal(gr_actor_finish(child), 0);
    int reason = -1;
    check_equal(gr_actor_join(child, &reason, SOON), 0);
    check(reason == 0 || reason == -ESTALE);
    check_equal(total(&handled), failures * 11);
    check_equal(total(&starts), 2 + failures);
    check_equal(total(&ends), 1 + failures);
    check_equal(gr_supervisor_remove(supervisor, child, SOON), 0);
    check_equal(gr_supervisor_find(supervisor, name, &child, SOON), -ENOENT);
    check_equal(gr_actor_stop(supervisor, 0), 0);
    check_equal(gr_actor_join(supervisor, &reason, SOON), 0);
}

RUNNER_TEST(nobody_restarts_it_once_it_has_finished)
{
    finishes_supervised("near", 0);
    finishes_supervised("far", 0);
}

RUNNER_TEST(is_restarted_to_finish_where_it_fails_before)
{
    expect_report("failed: Input/output error");
    finishes_supervised("near", 5);
    finishes_supervised("far", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_what_is_in_its_mailbox),
        cmocka_unit_test(handles_what_was_sent_from_another_loop_before),
        cmocka_unit_test(ends_at_once_where_there_is_nothing),
        cmocka_unit_test(handles_what_it_sends_itself_meanwhile),
        cmocka_unit_test(lets_in_who_waits_for_room),
        cmocka_unit_test(any_thread_may_ask_for_it),
        cmocka_unit_test(a_stop_overtakes_it),
        cmocka_unit_test(nobody_restarts_it_once_it_has_finished),
        cmocka_unit_test(is_restarted_to_finish_where_it_fails_before),
    };
    return cmocka_run_group_tests_name("finish", tests, NULL, NULL);
}
