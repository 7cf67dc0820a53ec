/* An actor hears itself when it is time, once for each key, and never of what it has cancelled. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "lib/fixture.h"
#include "loop/loop.h"

enum { COME, START, REPLACE_LATE, CANCEL_LATE, SEEN, STOP, LEAVE, STALE, SHORT };
enum { KEY = 7, OTHER };

struct clock {
    int came;      /* how many messages of timers */
    uint32_t last; /* what the last one said */
};

/* What a message of a timer says. */
static int come(struct gr_self *self, const struct gr_message *message)
{
    struct clock *clock = self->state;
    clock->came++;
    memcpy(&clock->last, message->data, sizeof clock->last);
    return 0;
}

static void set(struct gr_self *self, uint64_t key, gr_time at, uint32_t says)
{
    check_equal(gr_self_send_after(self, key, at, COME, &says, sizeof says), 0);
}

/* Have the message of a timer stand in the mailbox, behind the message that is handled. */
static void set_and_let_come(struct gr_self *self)
{
    set(self, KEY, gr_now(), 1);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(((struct clock *)self->state)->came, 0);
}

/* Timers are cancelled at the end, so a stopped actor gets no more. */
static int leave_some(struct gr_self *self)
{
    set(self, KEY, gr_now(), 1);
    set(self, OTHER, GR_FOREVER, 2);
    return gr_actor_stop(gr_self_actor(self), 0);
}

static int check_errors(struct gr_self *self)
{
    static const char bytes[GR_MESSAGE_MAX + 1];
    check_equal(gr_self_send_after(self, KEY, gr_now(), COME, bytes, sizeof bytes), -EMSGSIZE);
    check_equal(gr_actor_stop(gr_self_actor(self), 0), 0);
    check_equal(gr_self_send_after(self, KEY, gr_now(), COME, NULL, 0), -ESTALE);
    check(!gr_self_send_cancel(self, KEY));
    return 0;
}

/* Uses up what the pool has, timer by timer; the one that was there is there still. */
static int run_short(struct gr_self *self)
{
    static char large[GR_MESSAGE_MAX];
    uint32_t says = 5;
    memcpy(large, &says, sizeof says);
    set(self, KEY, gr_in(5 * GR_MILLISECOND), says);
    gr__memory_fail_after(0);
    uint64_t key = 100;
    int rc = 0;
    while (rc == 0 && key < 100000)
        rc = gr_self_send_after(self, key++, GR_FOREVER, COME, large, sizeof large);
    check_equal(rc, -ENOMEM);
    gr__memory_fail_after(0);
    check_equal(gr_self_send_after(self, KEY, GR_FOREVER, COME, large, sizeof large), -ENOMEM);
    gr__memory_fail_after(-1);
    while (--key >= 100)
        gr_self_send_cancel(self, key);
    return 0;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    switch (message->tag) {
    case COME:
        return come(self, message);
    case START:
        set(self, KEY, gr_in(GR_MILLISECOND), 1);
        set(self, KEY, gr_in(2 * GR_MILLISECOND), 2);
        set(self, OTHER, GR_FOREVER, 3);
        set(self, OTHER, gr_in(GR_MILLISECOND), 4);
        check(gr_self_send_cancel(self, OTHER));
        check(!gr_self_send_cancel(self, OTHER));
        return 0;
    case REPLACE_LATE:
        set_and_let_come(self);
        set(self, KEY, gr_in(GR_MILLISECOND), 9);
        return 0;
    case CANCEL_LATE:
        set_and_let_come(self);
        check(gr_self_send_cancel(self, KEY));
        check(!gr_self_send_cancel(self, KEY));
        return 0;
    case SEEN:
        return gr_reply(message, self->state, sizeof(struct clock));
    case STOP:
        return gr_actor_stop(gr_self_actor(self), 0);
    case LEAVE:
        return leave_some(self);
    case STALE:
        return check_errors(self);
    case SHORT:
        return run_short(self);
    }
    return -ENOTSUP;
}

/* While the stop hook waits, nothing comes that it would have to bury. */
static void wait_at_the_end(struct gr_self *self, int reason)
{
    (void)self, (void)reason;
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
}

static const struct gr_behavior clock_behavior = {.name = "clock",
                                                  .receive = receive,
                                                  .stop = wait_at_the_end,
                                                  .state_bytes = sizeof(struct clock)};

static gr_actor spawn_told(uint32_t tag)
{
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(&clock_behavior, NULL, &actor), 0);
    check_equal(gr_ask(actor, tag, NULL, 0, NULL, 0, gr_in(10 * GR_SECOND)), 0);
    return actor;
}

static struct clock seen_of(gr_actor actor)
{
    struct clock seen = {0};
    check_equal(gr_ask(actor, SEEN, NULL, 0, &seen, sizeof seen, gr_in(5 * GR_SECOND)), 0);
    return seen;
}

LONE_RUNNER_TEST(comes_once_for_a_key_that_was_set_twice)
{
    gr_actor actor = spawn_told(START);
    check_soon(seen_of(actor).came > 0);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    check_equal(seen_of(actor).came, 1);
    check_equal(seen_of(actor).last, 2);
}

LONE_RUNNER_TEST(does_not_come_after_a_cancel_though_it_was_in_the_mailbox)
{
    gr_actor actor = spawn_told(CANCEL_LATE);
    check_equal(seen_of(actor).came, 0);
    check_equal(gr_dead_letters(), 0);
}

LONE_RUNNER_TEST(is_replaced_though_it_was_in_the_mailbox)
{
    gr_actor actor = spawn_told(REPLACE_LATE);
    check_soon(seen_of(actor).came > 0);
    check_equal(seen_of(actor).came, 1);
    check_equal(seen_of(actor).last, 9);
}

LONE_RUNNER_TEST(ends_with_its_actor)
{
    size_t before = gr__loop_here()->wheel.live;
    spawn_told(LEAVE);
    check_soon(gr_actor_count() == 0);
    check_equal(gr__loop_here()->wheel.live, before);
    check_equal(gr_dead_letters(), 0);
}

LONE_RUNNER_TEST(is_not_begun_by_one_that_is_to_stop)
{
    spawn_told(STALE);
    check_soon(gr_actor_count() == 0);
}

LONE_RUNNER_TEST(is_still_there_when_another_could_not_take_its_place)
{
    gr_actor actor = spawn_told(SHORT);
    check_soon(seen_of(actor).came == 1);
    check_equal(seen_of(actor).last, 5);
}

static const struct gr_context_key colour = {.name = "colour", .carry = true};

static int pass_colour(struct gr_self *self, const struct gr_message *message)
{
    int value = 0;
    if (message->tag == START)
        return gr_self_send_after(self, KEY, gr_now(), COME, &value, sizeof value);

    int rc = gr_context_get(&colour, &value, sizeof value);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), -value);
}

LONE_RUNNER_TEST(comes_with_what_was_around_when_it_was_set)
{
    static const struct gr_behavior painter = {.name = "painter", .receive = pass_colour};
    gr_actor actor;
    int value = 3, reason = 0;
    check_equal(gr_actor_spawn(&painter, NULL, &actor), 0);
    check_equal(gr_context_set(&colour, &value, sizeof value), 0);
    check_equal(gr_send(actor, START, NULL, 0), 0);
    check_equal(gr_actor_join(actor, &reason, gr_in(5 * GR_SECOND)), 0);
    check_equal(reason, -3);
}

/* Its mailbox is for one message, and drops the older: the timer's goes, and its timer with it. */
static int be_narrow(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag == START) {
        set_and_let_come(self);
        check_equal(gr_send(gr_self_actor(self), SEEN, NULL, 0), 0);
        check(!gr_self_send_cancel(self, KEY));
        return 0;
    }
    check_equal(message->tag, SEEN);
    return gr_actor_stop(gr_self_actor(self), 0);
}

LONE_RUNNER_TEST(has_gone_when_its_message_was_dropped)
{
    static const struct gr_behavior narrow = {.name = "narrow",
                                              .receive = be_narrow,
                                              .state_bytes = sizeof(struct clock),
                                              .mailbox_max = 1,
                                              .when_full = GR_FULL_DROP_OLDEST};
    gr_actor actor;
    check_equal(gr_actor_spawn(&narrow, NULL, &actor), 0);
    check_equal(gr_send(actor, START, NULL, 0), 0);
    check_soon(gr_actor_count() == 0);
    check_equal(gr_dead_letters(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_once_for_a_key_that_was_set_twice),
        cmocka_unit_test(does_not_come_after_a_cancel_though_it_was_in_the_mailbox),
        cmocka_unit_test(is_replaced_though_it_was_in_the_mailbox),
        cmocka_unit_test(ends_with_its_actor),
        cmocka_unit_test(is_not_begun_by_one_that_is_to_stop),
        cmocka_unit_test(is_still_there_when_another_could_not_take_its_place),
        cmocka_unit_test(comes_with_what_was_around_when_it_was_set),
        cmocka_unit_test(has_gone_when_its_message_was_dropped),
    };
    return cmocka_run_group_tests_name("self_timer", tests, NULL, NULL);
}
