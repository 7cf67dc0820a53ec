/* An ask ends once: with its reply, with an error, or at its deadline; and a late reply vanishes. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { ECHO, ECHO_BUFFER, REFUSE, FAIL_WITH, SILENT, TWICE, KEEP, STOP };

#define SOON gr_in(5 * GR_SECOND)

static gr_promise kept;

static int receive(struct gr_self *self, const struct gr_message *message)
{
    check(gr_message_is_ask(message));
    struct gr_buffer buffer;
    int rc;
    switch (message->tag) {
    case ECHO:
        return gr_reply(message, message->data, message->size);
    case ECHO_BUFFER:
        rc = gr_message_take_buffer(message, &buffer);
        return rc < 0 ? rc : gr_reply_buffer(message, &buffer);
    case REFUSE:
        return gr_reply_error(message, -EACCES);
    case FAIL_WITH:
        return -EDOM;
    case SILENT:
        return 0;
    case TWICE:
        rc = gr_reply(message, &(int){1}, sizeof(int));
        check(!gr_message_is_ask(message));
        return rc < 0 ? rc : gr_reply(message, &(int){2}, sizeof(int));
    case KEEP:
        kept = gr_message_take_promise(message);
        return 0;
    case STOP:
        return gr_actor_stop(gr_self_actor(self), 0);
    }
    return -ENOTSUP;
}

static int start(struct gr_self *self, const void *argument, size_t size)
{
    if (size > 0)
        memcpy(self->state, argument, size);
    return 0;
}

static const struct gr_behavior oracle = {
    .name = "oracle", .receive = receive, .start = start, .state_bytes = sizeof(gr_actor)};

static gr_actor spawn(int loop, const gr_actor *next)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP(loop),
                                       .argument = next,
                                       .argument_bytes = next == NULL ? 0 : sizeof *next};
    check_equal(gr_actor_spawn(&oracle, &options, &actor), 0);
    return actor;
}

RUNNER_TEST(is_replied_to_with_bytes_of_any_size)
{
    static char question[GR_MESSAGE_MAX], reply[GR_MESSAGE_MAX];
    for (size_t i = 0; i < sizeof question; i++)
        question[i] = (char)(i * 31);
    size_t sizes[] = {0, 1, 8, 16, 24, 40, 41, 100, 5000, GR_MESSAGE_MAX};
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop, NULL);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_equal(gr_ask(actor, ECHO, question, sizes[i], reply, sizes[i], SOON), 0);
            check_equal(memcmp(question, reply, sizes[i]), 0);
        }
        check_equal(gr_ask(actor, ECHO, question, GR_MESSAGE_MAX + 1, reply, 1, SOON), -EMSGSIZE);
        check_equal(gr_ask(actor, ECHO, question, 8, reply, 4, SOON), -EMSGSIZE);
    }
}

static int released;

static void count_release(void *data, void *context)
{
    (void)data, (void)context;
    __atomic_add_fetch(&released, 1, __ATOMIC_SEQ_CST);
}

RUNNER_TEST(moves_a_buffer_there_and_back)
{
    static char bytes[100000];
    for (int loop = 0; loop < 2; loop++) {
        released = 0;
        struct gr_buffer buffer = {bytes, sizeof bytes, count_release, NULL};
        gr_future future;
        check_equal(gr_ask_start_buffer(spawn(loop, NULL), ECHO_BUFFER, &buffer, &future, SOON), 0);
        check(buffer.data == NULL);
        check_equal(gr_future_await_buffer(future, &buffer, SOON), 0);
        check(buffer.data == bytes);
        check_equal(released, 0);
        gr_buffer_release(&buffer);
        check_equal(released, 1);
    }
}

/* Hands each question on to the actor that its state names, as an ECHO would be answered. */
static int hand_on(struct gr_self *self, const struct gr_message *message)
{
    return gr_forward(message, *(const gr_actor *)self->state);
}

static const struct gr_behavior clerk = {
    .name = "clerk", .receive = hand_on, .start = start, .state_bytes = sizeof(gr_actor)};

RUNNER_TEST(is_replied_to_by_whom_it_was_passed_on_to)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor last = spawn(1 - loop, NULL), first;
        struct gr_actor_options options = {
            .where = GR_ON_LOOP(loop), .argument = &last, .argument_bytes = sizeof last};
        check_equal(gr_actor_spawn(&clerk, &options, &first), 0);
        int64_t reply = 0;
        check_equal(gr_ask(first, ECHO, &(int64_t){5}, 8, &reply, 8, SOON), 0);
        check_equal(reply, 5);
        check_equal(gr_actor_stop(last, 0), 0);
        check_soon(gr_ask(last, ECHO, NULL, 0, NULL, 0, SOON) == -ESTALE);
    }
}

RUNNER_TEST(gets_the_errors_of_the_handler)
{
    for (int loop = 0; loop < 2; loop++) {
        expect_report("actor 'oracle' on loop");
        gr_actor actor = spawn(loop, NULL);
        check_equal(gr_ask(actor, REFUSE, NULL, 0, NULL, 0, SOON), -EACCES);
        check_equal(gr_ask(actor, FAIL_WITH, NULL, 0, NULL, 0, SOON), -EDOM);
        check_equal(gr_ask(actor, ECHO, NULL, 0, NULL, 0, SOON), -ESTALE);
    }
}

LONE_RUNNER_TEST(is_acknowledged_by_a_handler_that_says_nothing)
{
    gr_actor actor = spawn(0, NULL);
    check_equal(gr_ask(actor, SILENT, NULL, 0, NULL, 0, SOON), 0);
    int value = 7;
    check_equal(gr_ask(actor, SILENT, NULL, 0, &value, sizeof value, SOON), -EMSGSIZE);
    check_equal(value, 7);
}

LONE_RUNNER_TEST(takes_the_first_of_two_replies)
{
    int value = 0;
    check_equal(gr_ask(spawn(0, NULL), TWICE, NULL, 0, &value, sizeof value, SOON), 0);
    check_equal(value, 1);
}

static void settle_kept(void *context)
{
    (void)context;
    check_equal(gr_promise_resolve(kept, &(int){9}, sizeof(int)), 0);
}

LONE_RUNNER_TEST(may_be_replied_to_later_and_from_elsewhere)
{
    gr_actor actor = spawn(0, NULL);
    gr_future future;
    check_equal(gr_ask_start(actor, KEEP, NULL, 0, &future, SOON), 0);
    int value = 0;
    check_equal(gr_future_await(future, &value, sizeof value, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    on_another_thread(settle_kept, NULL);
    check_equal(gr_future_await(future, &value, sizeof value, SOON), 0);
    check_equal(value, 9);
}

LONE_RUNNER_TEST(ends_at_its_deadline_and_ignores_what_comes_later)
{
    gr_actor actor = spawn(0, NULL);
    int value = 7;
    check_equal(gr_ask(actor, KEEP, NULL, 0, &value, sizeof value, gr_in(GR_MILLISECOND)),
                -ETIMEDOUT);
    settle_kept(NULL);
    check_equal(gr_yield(), 0);
    check_equal(value, 7);
}

RUNNER_TEST(is_told_at_once_when_nobody_will_reply)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop, NULL);
        gr_future stops, behind;
        check_equal(gr_ask_start(actor, STOP, NULL, 0, &stops, SOON), 0);
        check_equal(gr_ask_start(actor, ECHO, NULL, 0, &behind, SOON), 0);
        check_equal(gr_future_await(stops, NULL, 0, SOON), 0);
        check_equal(gr_future_await(behind, NULL, 0, SOON), -ESTALE);
        check_equal(gr_ask(actor, ECHO, NULL, 0, NULL, 0, SOON), -ESTALE);
    }
}

enum { MANY = 500 };

RUNNER_TEST(is_one_of_many_at_once)
{
    static gr_future futures[MANY];
    gr_actor actors[2] = {spawn(0, NULL), spawn(1, NULL)};
    for (int i = 0; i < MANY; i++)
        check_equal(gr_ask_start(actors[i % 2], ECHO, &i, sizeof i, &futures[i], SOON), 0);
    for (int i = MANY - 1; i >= 0; i--) {
        int value = -1;
        check_equal(gr_future_await(futures[i], &value, sizeof value, SOON), 0);
        check_equal(value, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_replied_to_with_bytes_of_any_size),
        cmocka_unit_test(moves_a_buffer_there_and_back),
        cmocka_unit_test(is_replied_to_by_whom_it_was_passed_on_to),
        cmocka_unit_test(gets_the_errors_of_the_handler),
        cmocka_unit_test(is_acknowledged_by_a_handler_that_says_nothing),
        cmocka_unit_test(takes_the_first_of_two_replies),
        cmocka_unit_test(may_be_replied_to_later_and_from_elsewhere),
        cmocka_unit_test(ends_at_its_deadline_and_ignores_what_comes_later),
        cmocka_unit_test(is_told_at_once_when_nobody_will_reply),
        cmocka_unit_test(is_one_of_many_at_once),
    };
    return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
