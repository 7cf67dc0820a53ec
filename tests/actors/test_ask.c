/* An ask ends once: with its reply, with an error, or at its deadline; and a late reply vanishes. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { ECHO, ECHO_BUFFER, REFUSE, FAIL_WITH, SILENT, TWICE, KEEP, STOP, TOO_LARGE, TAIL, COUNT };

#define SOON gr_in(5 * GR_SECOND)

static gr_promise kept;

/* A reply that cannot be given leaves the right to reply where it was. */
static int reply_too_much(const struct gr_message *message)
{
    static const char bytes[GR_FUTURE_VALUE_MAX + 1];
    check_equal(gr_reply(message, bytes, sizeof bytes), -EMSGSIZE);
    check(gr_message_is_ask(message));
    return gr_reply_error(message, -EFBIG);
}

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
        check_equal(gr_reply_error(message, -EIO), 0);
        check_equal(gr_message_take_promise(message).name, 0);
        return rc < 0 ? rc : gr_reply(message, &(int){2}, sizeof(int));
    case KEEP:
        kept = gr_message_take_promise(message);
        check(!gr_message_is_ask(message));
        return 0;
    case STOP:
        return gr_actor_stop(gr_self_actor(self), 0);
    case TOO_LARGE:
        return reply_too_much(message);
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

/* Replies in vain, in all ways; the buffer among them is released. */
static int saw_plain;

static int plain_receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    check(!gr_message_is_ask(message));
    check_equal(gr_message_take_promise(message).name, 0);
    check_equal(gr_reply(message, "x", 1), 0);
    check_equal(gr_reply_error(message, -EIO), 0);
    static char byte;
    struct gr_buffer buffer = {&byte, 1, count_release, NULL};
    check_equal(gr_reply_buffer(message, &buffer), 0);
    check(buffer.data == NULL);
    __atomic_add_fetch(&saw_plain, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static const struct gr_behavior plain = {.name = "plain", .receive = plain_receive};

RUNNER_TEST(is_no_ask_that_was_only_sent)
{
    for (int loop = 0; loop < 2; loop++) {
        released = saw_plain = 0;
        gr_actor actor;
        check_equal(
            gr_actor_spawn(&plain, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)}, &actor),
            0);
        check_equal(gr_send(actor, ECHO, NULL, 0), 0);
        check_soon(__atomic_load_n(&saw_plain, __ATOMIC_SEQ_CST) == 1);
        check_equal(released, 1);
    }
}

RUNNER_TEST(may_be_replied_to_with_an_error_after_too_large_a_reply)
{
    for (int loop = 0; loop < 2; loop++)
        check_equal(gr_ask(spawn(loop, NULL), TOO_LARGE, NULL, 0, NULL, 0, SOON), -EFBIG);
}

RUNNER_TEST(takes_no_reply_of_another_size_and_can_be_awaited_again)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_future future;
        int64_t value = 3;
        check_equal(gr_ask_start(spawn(loop, NULL), ECHO, &value, 8, &future, SOON), 0);
        check_equal(gr_future_await(future, &(int){0}, 4, SOON), -EMSGSIZE);
        check_equal(gr_future_await(future, &value, 8, SOON), 0);
        check_equal(value, 3);
    }
}

RUNNER_TEST(leaves_the_buffer_of_a_question_that_cannot_be_sent)
{
    static char byte;
    released = 0;
    gr_actor actor = spawn(0, NULL), nowhere = spawn(1, NULL);
    check_equal(gr_ask(actor, STOP, NULL, 0, NULL, 0, SOON), 0);
    check_soon(gr_ask(actor, ECHO, NULL, 0, NULL, 0, SOON) == -ESTALE);
    nowhere.name |= UINT64_C(7) << 24;
    struct gr_buffer buffer = {&byte, 1, count_release, NULL};
    gr_future future = {0};
    check_equal(gr_ask_start_buffer(actor, ECHO, &buffer, &future, SOON), -ESTALE);
    check_equal(gr_ask_start_buffer(nowhere, ECHO, &buffer, &future, SOON), -ESHUTDOWN);
    check_equal(gr_ask(nowhere, ECHO, NULL, 0, NULL, 0, SOON), -ESHUTDOWN);
    buffer.size = (size_t)UINT32_MAX + 1;
    check_equal(gr_ask_start_buffer(nowhere, ECHO, &buffer, &future, SOON), -EMSGSIZE);
    check_equal(future.name, 0);
    check(buffer.data == &byte);
    check_equal(released, 0);
}

RUNNER_TEST(releases_a_buffer_reply_that_comes_too_late)
{
    for (int loop = 0; loop < 2; loop++) {
        released = 0;
        static char byte;
        struct gr_buffer buffer = {&byte, 1, count_release, NULL};
        gr_actor actor = spawn(loop, NULL);
        gr_future future;
        check_equal(gr_ask_start_buffer(actor, ECHO_BUFFER, &buffer, &future, SOON), 0);
        gr_future_drop(future);
        check_soon(__atomic_load_n(&released, __ATOMIC_SEQ_CST) == 1);
        check_equal(gr_future_await(future, NULL, 0, SOON), -ESTALE);
    }
}

/*
 * Passes TAIL on to the actor of its state, and looks at what is left to it then; asks that actor
 * for whatever else it is asked itself.
 */
static int deputize(struct gr_self *self, const struct gr_message *message)
{
    gr_actor next = *(const gr_actor *)self->state;
    int64_t value = 0;
    int rc;
    switch (message->tag) {
    case TAIL:
        rc = gr_forward(message, next);
        check_equal(rc, 0);
        check(message->size == 6 || (message->data == NULL && message->size == 0));
        check(!gr_message_is_ask(message));
        check_equal(gr_reply(message, "mine", 4), 0);
        return rc;
    case COUNT:
        return gr_reply(message, "here", 4);
    }
    rc = gr_ask(next, message->tag, message->data, message->size, &value, sizeof value, SOON);
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, &value, sizeof value);
}

static const struct gr_behavior deputy = {
    .name = "deputy", .receive = deputize, .start = start, .state_bytes = sizeof(gr_actor)};

static gr_actor spawn_deputy(int loop, gr_actor next)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {
        .where = GR_ON_LOOP(loop), .argument = &next, .argument_bytes = sizeof next};
    check_equal(gr_actor_spawn(&deputy, &options, &actor), 0);
    return actor;
}

static int tail_receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    check_equal(message->tag, TAIL);
    check(gr_message_is_ask(message));
    struct gr_buffer buffer;
    bool moved = message->size > GR_MESSAGE_MAX;
    int rc = gr_message_take_buffer(message, &buffer);
    check(!moved || (message->data == NULL && message->size == 0));
    return rc < 0 ? rc : gr_reply_buffer(message, &buffer);
}

static const struct gr_behavior tail = {.name = "tail", .receive = tail_receive};

RUNNER_TEST(is_passed_on_with_its_buffer_and_the_right_to_reply)
{
    static char bytes[70000];
    for (int loop = 0; loop < 2; loop++) {
        released = 0;
        gr_actor last;
        check_equal(
            gr_actor_spawn(&tail, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)}, &last), 0);
        gr_actor first = spawn_deputy(1 - loop, last);
        struct gr_buffer buffer = {bytes, sizeof bytes, count_release, NULL};
        gr_future future;
        check_equal(gr_ask_start_buffer(first, TAIL, &buffer, &future, SOON), 0);
        check_equal(gr_future_await_buffer(future, &buffer, SOON), 0);
        check(buffer.data == bytes);
        check_equal(buffer.size, sizeof bytes);
        check_equal(released, 0);
        gr_buffer_release(&buffer);
        check_equal(gr_ask(first, TAIL, "seven", 6, bytes, 6, SOON), 0);
        check_equal(memcmp(bytes, "seven", 6), 0);
    }
}

RUNNER_TEST(is_stale_when_it_is_passed_on_to_one_that_is_gone)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor last = spawn(1 - loop, NULL), first;
        check_equal(gr_ask(last, STOP, NULL, 0, NULL, 0, SOON), 0);
        check_soon(gr_ask(last, ECHO, NULL, 0, NULL, 0, SOON) == -ESTALE);
        struct gr_actor_options options = {
            .where = GR_ON_LOOP(loop), .argument = &last, .argument_bytes = sizeof last};
        check_equal(gr_actor_spawn(&clerk, &options, &first), 0);
        check_equal(gr_ask(first, ECHO, NULL, 0, NULL, 0, SOON), -ESTALE);
    }
}

/* What was not passed on is the handler's still, to fail with as here. */
RUNNER_TEST(gets_the_error_with_which_it_could_not_be_passed_on)
{
    expect_report("actor 'clerk' on loop 0 failed: ");
    gr_actor last = spawn(0, NULL), first;
    check_equal(gr_ask(last, STOP, NULL, 0, NULL, 0, SOON), 0);
    check_soon(gr_ask(last, ECHO, NULL, 0, NULL, 0, SOON) == -ESTALE);
    struct gr_actor_options options = {.argument = &last, .argument_bytes = sizeof last};
    check_equal(gr_actor_spawn(&clerk, &options, &first), 0);
    static char byte;
    released = 0;
    struct gr_buffer buffer = {&byte, 1, count_release, NULL};
    gr_future future;
    check_equal(gr_ask_start_buffer(first, ECHO_BUFFER, &buffer, &future, SOON), 0);
    check_equal(gr_future_await(future, NULL, 0, SOON), -ESTALE);
    check_equal(released, 1);
}

/*
 *     runner                    first                    last
 *     ask KEEP            -->   asks KEEP         -->    takes the promise
 *     ask COUNT, COUNT          waits, its mailbox fills
 *     neither has its reply
 *     settles the promise -->   replies, handles COUNT, COUNT
 */
LONE_RUNNER_TEST(is_asked_from_a_handler_which_handles_nothing_else_meanwhile)
{
    kept = (gr_promise){0};
    gr_actor first = spawn_deputy(0, spawn(0, NULL));
    gr_future question, behind[2];
    check_equal(gr_ask_start(first, KEEP, NULL, 0, &question, SOON), 0);
    for (int i = 0; i < 2; i++)
        check_equal(gr_ask_start(first, COUNT, NULL, 0, &behind[i], SOON), 0);
    check_soon(kept.name != 0);
    char here[4];
    for (int i = 0; i < 2; i++)
        check_equal(gr_future_await(behind[i], here, 4, gr_in(GR_MILLISECOND)), -ETIMEDOUT);

    int64_t value = 11;
    check_equal(gr_promise_resolve(kept, &value, sizeof value), 0);
    value = 0;
    check_equal(gr_future_await(question, &value, sizeof value, SOON), 0);
    check_equal(value, 11);
    for (int i = 0; i < 2; i++)
        check_equal(gr_future_await(behind[i], here, 4, SOON), 0);
}

/* Stopped while its handler asks, it replies with that: -ECANCELED. */
RUNNER_TEST(is_cancelled_with_the_handler_that_asks)
{
    for (int loop = 0; loop < 2; loop++) {
        __atomic_store_n(&kept.name, 0, __ATOMIC_SEQ_CST);
        gr_actor first = spawn_deputy(loop, spawn(0, NULL));
        gr_future question;
        check_equal(gr_ask_start(first, KEEP, NULL, 0, &question, SOON), 0);
        check_soon(kept.name != 0);
        check_equal(gr_actor_stop(first, 0), 0);
        check_equal(gr_future_await(question, NULL, 0, SOON), -ECANCELED);
    }
}

struct questioner {
    gr_actor to;
    int rc;
};

static int ask_for_long(void *context)
{
    struct questioner *questioner = context;
    return questioner->rc = gr_ask(questioner->to, KEEP, NULL, 0, NULL, 0, GR_FOREVER);
}

RUNNER_TEST(is_cancelled_with_the_runner_that_asks)
{
    struct questioner questioner = {.to = spawn(0, NULL)};
    kept = (gr_promise){0};
    gr_runner runner;
    check_equal(gr_runner_start(ask_for_long, &questioner, NULL, &runner), 0);
    check_soon(kept.name != 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, SOON), -ECANCELED);
    check_equal(questioner.rc, -ECANCELED);
    settle_kept(NULL);
}

/* Whoever is asked while the fleet ends is told, or cancelled; and nothing is left over. */
static int ask_into_the_end(void *context)
{
    (void)context;
    gr_actor actors[2] = {spawn(0, NULL), spawn(1, NULL)};
    for (int i = 0; i < 200; i++) {
        gr_future future;
        check_equal(gr_ask_start(actors[i % 2], ECHO, &i, sizeof i, &future, SOON), 0);
        gr_future_drop(future);
    }
    return 0;
}

static void leaves_nothing_behind_when_the_fleet_ends(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        run_in_fleet(ask_into_the_end, &(struct gr_options){.loops = 2});
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
        cmocka_unit_test(is_no_ask_that_was_only_sent),
        cmocka_unit_test(may_be_replied_to_with_an_error_after_too_large_a_reply),
        cmocka_unit_test(takes_no_reply_of_another_size_and_can_be_awaited_again),
        cmocka_unit_test(leaves_the_buffer_of_a_question_that_cannot_be_sent),
        cmocka_unit_test(releases_a_buffer_reply_that_comes_too_late),
        cmocka_unit_test(is_passed_on_with_its_buffer_and_the_right_to_reply),
        cmocka_unit_test(is_stale_when_it_is_passed_on_to_one_that_is_gone),
        cmocka_unit_test(gets_the_error_with_which_it_could_not_be_passed_on),
        cmocka_unit_test(is_asked_from_a_handler_which_handles_nothing_else_meanwhile),
        cmocka_unit_test(is_cancelled_with_the_handler_that_asks),
        cmocka_unit_test(is_cancelled_with_the_runner_that_asks),
        cmocka_unit_test(leaves_nothing_behind_when_the_fleet_ends),
    };
    return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
