/* The deadline of an ask goes with it: to its handler, to what that asks, and no further. */
#include <errno.h>
#include <string.h>

#include "actors/envelope.h"
#include "lib/fixture.h"

#define SOON gr_in(10 * GR_SECOND)

enum { TELL, TELL_RUNNERS, TELL_POSTS, ASK_ON, HOLD, PASS_ON, KEEP_AND_PASS_ON, COUNT };

/* Whom to ask or to pass on to, and how many messages it has handled. */
struct clerk {
    gr_actor next;
    int64_t handled;
};

static int note_deadline(void *context)
{
    *(gr_time *)context = gr_deadline();
    return 0;
}

static gr_time deadline_in_runner(void)
{
    gr_time deadline = 0;
    gr_runner runner;
    check_equal(gr_runner_start(note_deadline, &deadline, NULL, &runner), 0);
    check_equal(gr_runner_join(runner, SOON), 0);
    return deadline;
}

static void resolve_with_deadline(void *context)
{
    gr_time deadline = gr_deadline();
    check_equal(gr_promise_resolve(*(gr_promise *)context, &deadline, sizeof deadline), 0);
}

static gr_time deadline_in_post(void)
{
    gr_time deadline = 0;
    gr_future future;
    gr_promise promise;
    check_equal(gr_future_make(&future, &promise), 0);
    check_equal(gr_post(1, resolve_with_deadline, &promise, NULL), 0);
    check_equal(gr_future_await(future, &deadline, sizeof deadline, SOON), 0);
    return deadline;
}

/* Asks whom it knows without a deadline of its own, or with an earlier one that it was told. */
static int ask_on(const struct clerk *clerk, const struct gr_message *message)
{
    gr_time own = GR_FOREVER, found = 0;
    if (message->size == sizeof own)
        memcpy(&own, message->data, sizeof own);
    int rc = gr_ask(clerk->next, TELL, NULL, 0, &found, sizeof found, own);
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, &found, sizeof found);
}

/* Replies with the promise that lets it go on. */
static int hold_on(const struct gr_message *message)
{
    gr_future open;
    gr_promise gate;
    check_equal(gr_future_make(&open, &gate), 0);
    check_equal(gr_reply(message, &gate, sizeof gate), 0);
    return gr_future_await(open, NULL, 0, SOON);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct clerk *clerk = self->state;
    gr_time deadline = gr_deadline();
    clerk->handled++;
    switch (message->tag) {
    case TELL_RUNNERS:
        deadline = deadline_in_runner();
        break;
    case TELL_POSTS:
        deadline = deadline_in_post();
        break;
    case ASK_ON:
        return ask_on(clerk, message);
    case HOLD:
        return hold_on(message);
    case KEEP_AND_PASS_ON:
        check_equal(gr_promise_resolve(gr_message_take_promise(message), NULL, 0), 0);
        return gr_forward(message, clerk->next);
    case PASS_ON:
        if (clerk->next.name == 0)
            break;
        return gr_forward(message, clerk->next);
    case COUNT:
        return gr_reply(message, &clerk->handled, sizeof clerk->handled);
    }
    return gr_reply(message, &deadline, sizeof deadline);
}

static int start(struct gr_self *self, const void *argument, size_t size)
{
    struct clerk *clerk = self->state;
    if (size > 0)
        memcpy(&clerk->next, argument, sizeof clerk->next);
    return 0;
}

static const struct gr_behavior clerk = {
    .name = "clerk", .receive = receive, .start = start, .state_bytes = sizeof(struct clerk)};

static gr_actor spawn(int loop, const gr_actor *next)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP(loop),
                                       .argument = next,
                                       .argument_bytes = next == NULL ? 0 : sizeof *next};
    check_equal(gr_actor_spawn(&clerk, &options, &actor), 0);
    return actor;
}

static gr_time ask(gr_actor actor, uint32_t tag, gr_time deadline)
{
    gr_time found = 0;
    check_equal(gr_ask(actor, tag, NULL, 0, &found, sizeof found, deadline), 0);
    return found;
}

/* From now on it handles nothing, until it is let go. */
static gr_promise hold(gr_actor actor)
{
    gr_promise gate = {0};
    check_equal(gr_ask(actor, HOLD, NULL, 0, &gate, sizeof gate, SOON), 0);
    return gate;
}

static void let_go(gr_promise gate)
{
    check_equal(gr_promise_resolve(gate, NULL, 0), 0);
}

static int64_t handled_by(gr_actor actor)
{
    int64_t handled = -1;
    check_equal(gr_ask(actor, COUNT, NULL, 0, &handled, sizeof handled, SOON), 0);
    return handled;
}

RUNNER_TEST(is_known_to_the_handler_of_the_ask)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop, NULL);
        gr_time deadline = SOON, found;
        check_equal(ask(actor, TELL, deadline), deadline);
        check_equal(ask(actor, TELL, GR_FOREVER), GR_FOREVER);

        struct gr_buffer buffer;
        gr_future future;
        check_equal(gr_buffer_copy("page", 4, &buffer), 0);
        check_equal(gr_ask_start_buffer(actor, TELL, &buffer, &future, deadline), 0);
        check_equal(gr_future_await(future, &found, sizeof found, SOON), 0);
        check_equal(found, deadline);
    }
    check_equal(gr_deadline(), GR_FOREVER);
}

RUNNER_TEST(bounds_what_its_handler_asks)
{
    for (int run = 0; run < 4; run++) {
        gr_actor last = spawn(run % 2, NULL), first = spawn(run / 2, &last);
        gr_time deadline = SOON, earlier = deadline - GR_SECOND, later = deadline + GR_SECOND,
                found;
        check_equal(ask(first, ASK_ON, deadline), deadline);
        check_equal(gr_ask(first, ASK_ON, &earlier, sizeof earlier, &found, sizeof found, deadline),
                    0);
        check_equal(found, earlier);
        check_equal(gr_ask(first, ASK_ON, &later, sizeof later, &found, sizeof found, deadline), 0);
        check_equal(found, deadline);
    }
}

/* The handler would wait for ever; nobody tells it that its asker has given up. */
RUNNER_TEST(ends_the_waits_of_asks_within_asks)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor last = spawn(loop, NULL), first = spawn(0, &last);
        gr_promise gate = hold(last);
        gr_future future;
        check_equal(gr_ask_start(first, ASK_ON, NULL, 0, &future, gr_in(5 * GR_MILLISECOND)), 0);
        check_equal(gr_future_await(future, NULL, 0, SOON), -ETIMEDOUT);
        let_go(gate);
    }
}

RUNNER_TEST(is_inherited_by_runners_and_by_no_posts)
{
    gr_actor actor = spawn(0, NULL);
    gr_time deadline = SOON;
    check_equal(ask(actor, TELL_RUNNERS, deadline), deadline);
    check_equal(ask(actor, TELL_POSTS, deadline), GR_FOREVER);
}

RUNNER_TEST(is_that_of_the_scope_in_which_an_ask_is_made)
{
    for (int loop = 0; loop < 2; loop++) {
        struct gr_scope scope;
        gr_actor actor = spawn(loop, NULL);
        gr_time deadline = SOON, earlier = deadline - GR_SECOND;
        gr_scope_open(&scope, NULL, deadline);
        check_equal(ask(actor, TELL, GR_FOREVER), deadline);
        check_equal(ask(actor, TELL, earlier), earlier);
        check_equal(gr_scope_close(&scope, 0), 0);
        check_equal(ask(actor, TELL, GR_FOREVER), GR_FOREVER);
    }
}

static void add_expired(void *context)
{
    *(int64_t *)context += (int64_t)gr_asks_expired();
}

static int64_t expired_on(int loop)
{
    int64_t expired = 0;
    on_loop(loop, add_expired, &expired);
    return expired;
}

/*
 *     asker                                actor
 *     hold ............................>   waits
 *     ask until 1 ms ..................>   in its mailbox
 *     -ETIMEDOUT at 1 ms
 *     let go ..........................>   answers it -ETIMEDOUT, unhandled
 */
RUNNER_TEST(has_an_ask_dropped_before_it_is_handled_once_it_has_passed)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop, NULL);
        gr_future bytes, moved;
        struct gr_buffer buffer;
        gr_promise gate = hold(actor);
        check_equal(gr_buffer_copy("page", 4, &buffer), 0);
        check_equal(gr_ask_start_buffer(actor, TELL, &buffer, &moved, gr_in(GR_MILLISECOND)), 0);
        check_equal(gr_ask_start(actor, TELL, NULL, 0, &bytes, gr_in(GR_MILLISECOND)), 0);
        check_equal(gr_ask(actor, TELL, NULL, 0, NULL, 0, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
        let_go(gate);
        check_equal(gr_future_await(bytes, NULL, 0, SOON), -ETIMEDOUT);
        check_equal(gr_future_await(moved, NULL, 0, SOON), -ETIMEDOUT);
        check_equal(handled_by(actor), 2);
        check_equal(expired_on(loop), 3);
    }
}

RUNNER_TEST(stays_with_an_ask_that_is_passed_on)
{
    for (int run = 0; run < 4; run++) {
        gr_actor last = spawn(run % 2, NULL), first = spawn(run / 2, &last);
        gr_time deadline = SOON;
        check_equal(ask(first, PASS_ON, deadline), deadline);
        check_equal(ask(first, PASS_ON, GR_FOREVER), GR_FOREVER);

        gr_promise gate = hold(last);
        check_equal(gr_ask(first, PASS_ON, NULL, 0, NULL, 0, gr_in(5 * GR_MILLISECOND)),
                    -ETIMEDOUT);
        let_go(gate);
        check_equal(handled_by(last), 4);
    }
}

/* What is passed on after the reply is no ask any more, and is handled however late. */
RUNNER_TEST(drops_nothing_that_has_been_replied_to)
{
    gr_actor last = spawn(1, NULL), first = spawn(0, &last);
    gr_promise gate = hold(last);
    gr_time deadline = gr_in(200 * GR_MILLISECOND);
    check_equal(gr_ask(first, KEEP_AND_PASS_ON, NULL, 0, NULL, 0, deadline), 0);
    check_equal(gr_sleep(deadline + GR_MILLISECOND), 0);
    let_go(gate);
    check_soon(handled_by(last) >= 3);
    check_equal(expired_on(1), 0);
}

RUNNER_TEST(ends_an_ask_to_a_full_mailbox)
{
    static const struct gr_behavior narrow = {.name = "narrow",
                                              .receive = receive,
                                              .state_bytes = sizeof(struct clerk),
                                              .mailbox_max = 1};
    gr_actor full, asks;
    check_equal(gr_actor_spawn(&narrow, NULL, &full), 0);
    asks = spawn(0, &full);
    gr_promise gate = hold(full);
    check_equal(gr_send(full, COUNT, NULL, 0), 0);
    gr_future future;
    check_equal(gr_ask_start(asks, ASK_ON, NULL, 0, &future, gr_in(5 * GR_MILLISECOND)), 0);
    check_equal(gr_future_await(future, NULL, 0, SOON), -ETIMEDOUT);
    let_go(gate);
}

static void costs_no_line_more_than_it_fills(void **state)
{
    (void)state;
    assert_int_equal(gr__envelope_bytes(GR__PLAIN, 32), 64);
    assert_int_equal(gr__envelope_bytes(GR__ASK, 24), 64);
    assert_int_equal(gr__envelope_bytes(GR__TIMED | GR__ASK, 16), 64);
    assert_int_equal(gr__envelope_bytes(GR__WITHIN, 24), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_known_to_the_handler_of_the_ask),
        cmocka_unit_test(bounds_what_its_handler_asks),
        cmocka_unit_test(ends_the_waits_of_asks_within_asks),
        cmocka_unit_test(is_inherited_by_runners_and_by_no_posts),
        cmocka_unit_test(is_that_of_the_scope_in_which_an_ask_is_made),
        cmocka_unit_test(has_an_ask_dropped_before_it_is_handled_once_it_has_passed),
        cmocka_unit_test(stays_with_an_ask_that_is_passed_on),
        cmocka_unit_test(drops_nothing_that_has_been_replied_to),
        cmocka_unit_test(ends_an_ask_to_a_full_mailbox),
        cmocka_unit_test(costs_no_line_more_than_it_fills),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
