/* A message that nobody handled is kept with the reason, told to whom asks, and answered. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { PLAIN = 1, LETTER, SEEN, HOLD, STOP };

#define SOON gr_in(10 * GR_SECOND)

/* What a subscriber has heard of. */
struct seen {
    struct gr_dead_letter last;
    int count;
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct seen *seen = self->state;
    switch (message->tag) {
    case PLAIN:
        return 0;
    case LETTER:
        check_equal(message->size, sizeof seen->last);
        memcpy(&seen->last, message->data, sizeof seen->last);
        seen->count++;
        return 0;
    case SEEN:
        return gr_reply(message, seen, sizeof *seen);
    case HOLD:
        return gr_sleep(gr_in(5 * GR_MILLISECOND));
    case STOP:
        return gr_actor_stop(gr_self_actor(self), 0);
    }
    return -ENOTSUP;
}

#define BEHAVIOR(policy)                                                                           \
    {                                                                                              \
        .name = "mortal", .receive = receive, .state_bytes = sizeof(struct seen),                  \
        .mailbox_max = 2, .when_full = (policy)                                                    \
    }

static const struct gr_behavior waits = BEHAVIOR(GR_FULL_WAIT);
static const struct gr_behavior drops_newest = BEHAVIOR(GR_FULL_DROP_NEWEST);
static const struct gr_behavior drops_oldest = BEHAVIOR(GR_FULL_DROP_OLDEST);

static gr_actor spawn(const struct gr_behavior *behavior)
{
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(behavior, NULL, &actor), 0);
    return actor;
}

/* The last dead letter is for an actor, and so many there are. */
static void check_last(gr_actor to, enum gr_dead_why why, uint32_t tag, size_t count)
{
    struct gr_dead_letter letters[GR_DEAD_LETTERS_KEPT + 1];
    memset(letters, 0, sizeof letters);
    check_equal(gr_dead_letters_last(letters, GR_DEAD_LETTERS_KEPT + 1), count);
    check_equal(letters[0].to.name, to.name);
    check_equal(letters[0].why, why);
    check_equal(letters[0].tag, tag);
    check(letters[0].at <= gr_now());
}

LONE_RUNNER_TEST(says_that_there_was_no_such_actor)
{
    gr_actor actor = spawn(&waits);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_soon(gr_actor_count() == 0);
    check_equal(gr_dead_letters_last(&(struct gr_dead_letter){.tag = 0}, 1), 0);
    check_equal(gr_send(actor, PLAIN, NULL, 0), -ESTALE);
    check_last(actor, GR_DEAD_NO_ACTOR, PLAIN, 1);
}

LONE_RUNNER_TEST(says_that_its_actor_stopped)
{
    gr_actor actor = spawn(&waits);
    check_equal(gr_send(actor, STOP, NULL, 0), 0);
    check_equal(gr_send(actor, PLAIN, NULL, 0), 0);
    check_soon(gr_actor_count() == 0);
    check_last(actor, GR_DEAD_STOPPED, PLAIN, 1);
}

LONE_RUNNER_TEST(says_that_the_mailbox_was_full)
{
    gr_actor actor = spawn(&drops_newest);
    for (int i = 0; i < 3; i++)
        check_equal(gr_send(actor, i == 2 ? SEEN : PLAIN, NULL, 0), 0);
    check_last(actor, GR_DEAD_NEWEST, SEEN, 1);
    actor = spawn(&drops_oldest);
    for (int i = 0; i < 3; i++)
        check_equal(gr_send(actor, i == 0 ? SEEN : PLAIN, NULL, 0), 0);
    check_last(actor, GR_DEAD_OLDEST, SEEN, 2);
    check_equal(gr_dead_letters(), 2);
}

LONE_RUNNER_TEST(says_that_an_ask_came_too_late)
{
    gr_actor actor = spawn(&waits);
    check_equal(gr_send(actor, HOLD, NULL, 0), 0);
    check_equal(gr_ask(actor, SEEN, NULL, 0, NULL, 0, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_soon(gr_asks_expired() == 1);
    check_last(actor, GR_DEAD_EXPIRED, SEEN, 1);
    check_equal(gr_dead_letters(), 0);
}

LONE_RUNNER_TEST(is_kept_as_one_of_the_last)
{
    gr_actor actor = spawn(&drops_newest);
    for (uint32_t i = 0; i < 3 * GR_DEAD_LETTERS_KEPT; i++)
        check_equal(gr_send(actor, 100 + i, NULL, 0), 0);
    check_last(actor, GR_DEAD_NEWEST, 100 + 3 * GR_DEAD_LETTERS_KEPT - 1, GR_DEAD_LETTERS_KEPT);
    expect_report("actor 'mortal' on loop 0 failed");
}

/* The subscriber's own are not sent to it, or each would lead to the next. */
RUNNER_TEST(comes_to_its_subscriber_wherever_that_is)
{
    for (int loop = 0; loop < 2; loop++) {
        static const struct gr_behavior curious = {
            .name = "curious", .receive = receive, .state_bytes = sizeof(struct seen)};
        gr_actor actor = spawn(&drops_newest), subscriber;
        check_equal(gr_actor_spawn(&curious, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)},
                                   &subscriber),
                    0);
        check_equal(gr_dead_letters_subscribe(subscriber, LETTER), 0);
        for (int i = 0; i < 3; i++)
            check_equal(gr_send(actor, PLAIN, NULL, 0), 0);
        struct seen seen = {.count = 0};
        check_equal(gr_ask(subscriber, SEEN, NULL, 0, &seen, sizeof seen, SOON), 0);
        check_equal(seen.count, 1);
        check_equal(seen.last.to.name, actor.name);
        check_equal(seen.last.why, GR_DEAD_NEWEST);
        check_equal(gr_actor_stop(subscriber, 0), 0);
        check_equal(gr_actor_join(subscriber, &(int){0}, SOON), 0);
        check(gr_send(subscriber, PLAIN, NULL, 0) == (loop == 0 ? -ESTALE : 0));
    }
}

LONE_RUNNER_TEST(is_in_the_report_once_in_a_while)
{
    expect_report("1 dead letters on loop 0, the last with tag 1: the mailbox was full");
    check_equal(gr_dead_letters_report(GR_SECOND * 3600), 0);
    gr_actor actor = spawn(&drops_newest);
    for (int i = 0; i < 10; i++)
        check_equal(gr_send(actor, PLAIN, NULL, 0), 0);
    check_equal(gr_dead_letters(), 8);
}

static void each_reason_has_words(void **state)
{
    (void)state;
    for (int why = GR_DEAD_NO_ACTOR; why <= GR_DEAD_NO_MEMORY; why++)
        assert_non_null(gr_dead_why_text((enum gr_dead_why)why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_that_there_was_no_such_actor),
        cmocka_unit_test(says_that_its_actor_stopped),
        cmocka_unit_test(says_that_the_mailbox_was_full),
        cmocka_unit_test(says_that_an_ask_came_too_late),
        cmocka_unit_test(is_kept_as_one_of_the_last),
        cmocka_unit_test(comes_to_its_subscriber_wherever_that_is),
        cmocka_unit_test(is_in_the_report_once_in_a_while),
        cmocka_unit_test(each_reason_has_words),
    };
    return cmocka_run_group_tests_name("dead_letter", tests, NULL, NULL);
}
