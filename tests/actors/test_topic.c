/* What is published comes to each subscriber once and in order, and one that is slow gets less by its rule. */
#include <errno.h>
#include <string.h>

#include <greenroom/stash.h>

#include "actors/body.h"
#include "actors/directory.h"
#include "base/memory.h"
#include "lib/shortage.h"
#include "lib/spawned.h"
#include "loop/loop.h"

#define SOON gr_in(10 * GR_SECOND)

enum { NUMBER = 1, SEEN, HOLD, LEAVE, STASH, UNSTASH, FORWARD, TAKE, FAIL, KEPT = 16 };

/* What a subscriber has got. */
struct seen {
    int count;
    int last;
    int bytes;
    int ended;
    int missed;
    int out_of_order;
};

static struct gr_event release;
static gr_actor other;

static int take(const struct gr_message *message, struct seen *seen)
{
    struct gr_buffer buffer;
    int rc = gr_message_take_buffer(message, &buffer);
    if (rc < 0)
        return rc;
    memset(buffer.data, 0, buffer.size);
    seen->bytes = (int)buffer.size;
    gr_buffer_release(&buffer);
    return 0;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct seen *seen = self->state;
    int number = message->size >= sizeof(int) ? *(const int *)message->data : 0;
    switch (message->tag) {
    case NUMBER:
        seen->out_of_order += seen->count > 0 && number <= seen->last;
        seen->count++;
        seen->last = number;
        seen->bytes = (int)message->size;
        return 0;
    case SEEN:
        seen->missed = (int)gr_self_topic_missed(self, "news");
        return gr_reply(message, seen, sizeof *seen);
    case HOLD:
        return gr_event_wait(&release, SOON);
    case LEAVE:
        check_equal(gr_event_wait(&release, SOON), 0);
        return gr_topic_unsubscribe("news", gr_self_actor(self), SOON);
    case STASH:
        return gr_self_stash(self, message);
    case UNSTASH:
        gr_self_unstash(self);
        return gr_self_become(self, NULL);
    case FORWARD:
        if (gr_self_actor(self).name != other.name)
            return gr_forward(message, other);
        seen->count++;
        seen->last = number;
        return 0;
    case TAKE:
        return take(message, seen);
    case FAIL:
        return -EIO;
    }
    return 0;
}

static int note_end(struct gr_self *self, const struct gr_control *control)
{
    struct seen *seen = self->state;
    check_equal(control->kind, GR_UNSUBSCRIBED);
    check(strcmp(control->group, "news") == 0);
    seen->ended++;
    return 0;
}

static const struct gr_behavior reader = {.name = "reader",
                                          .receive = receive,
                                          .control = note_end,
                                          .state_bytes = sizeof(struct seen),
                                          .mailbox_max = 4,
                                          .movable = true};

static gr_actor spawn(int loop)
{
    return spawn_at(&reader, loop);
}

static gr_actor subscribed(int loop, enum gr_when_slow when_slow)
{
    gr_actor actor = spawn(loop);
    struct gr_topic_options options = {.when_slow = when_slow, .messages_max = 4};
    check_equal(gr_topic_subscribe("news", actor, &options, SOON), 0);
    return actor;
}

static struct seen seen_by(gr_actor actor)
{
    struct seen seen = {0};
    check_equal(gr_ask(actor, SEEN, NULL, 0, &seen, sizeof seen, SOON), 0);
    return seen;
}

static void publish_as(uint32_t tag, int number)
{
    check_equal(gr_publish("news", tag, &number, sizeof number, SOON), 0);
}

static void publish(int number)
{
    publish_as(NUMBER, number);
}

RUNNER_TEST(comes_to_all_subscribers_on_all_loops)
{
    gr_actor readers[8];
    for (int i = 0; i < 8; i++)
        readers[i] = subscribed(i % 2, i < 4 ? GR_SLOW_DROP_NEWEST : GR_SLOW_WAIT);
    gr_actor elsewhere = spawn(0);
    check_equal(gr_topic_subscribe("weather", elsewhere, NULL, SOON), 0);
    for (int number = 1; number <= 3; number++)
        publish(number);
    for (int i = 0; i < 8; i++) {
        check_soon(seen_by(readers[i]).count == 3);
        check_equal(seen_by(readers[i]).last, 3);
        check_equal(seen_by(readers[i]).out_of_order, 0);
    }
    check_equal(seen_by(elsewhere).count, 0);
    check_equal(gr_publish("nobody's", NUMBER, NULL, 0, SOON), 0);
}

RUNNER_TEST(comes_whole_however_large)
{
    static char bytes[GR_MESSAGE_MAX + 1];
    gr_actor readers[2] = {subscribed(0, GR_SLOW_DROP_NEWEST), subscribed(1, GR_SLOW_DROP_NEWEST)};
    const size_t sizes[] = {0, 24, 25, 4096, GR_MESSAGE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_equal(gr_publish("news", NUMBER, bytes, sizes[i], SOON), 0);
        for (int j = 0; j < 2; j++) {
            check_soon(seen_by(readers[j]).count == (int)i + 1);
            check_equal(seen_by(readers[j]).bytes, sizes[i]);
        }
    }
    check_equal(gr_publish("news", NUMBER, bytes, GR_MESSAGE_MAX + 1, SOON), -EMSGSIZE);
}

/* All of them come while their reader is in its handler; the first is in no ring any more. */
static void publish_while_held(gr_actor actor, int most)
{
    gr_event_clear(&release);
    check_equal(gr_send(actor, HOLD, NULL, 0), 0);
    check_equal(gr_yield(), 0);
    for (int number = 1; number <= most; number++)
        publish(number);
    check_equal(gr_yield(), 0);
    gr_event_set(&release);
}

LONE_RUNNER_TEST(is_dropped_where_its_subscriber_is_slow)
{
    gr_actor actor = subscribed(0, GR_SLOW_DROP_NEWEST);
    publish_while_held(actor, 10);
    check_soon(seen_by(actor).count == 4);
    check_equal(seen_by(actor).last, 4);
    check_equal(seen_by(actor).missed, 6);
    check_equal(gr_dead_letters(), 6);
    publish(11);
    check_soon(seen_by(actor).last == 11);
}

LONE_RUNNER_TEST(takes_the_place_of_the_oldest)
{
    gr_actor actor = subscribed(0, GR_SLOW_DROP_OLDEST);
    publish_while_held(actor, 10);
    check_soon(seen_by(actor).count == 4);
    check_equal(seen_by(actor).last, 10);
    check_equal(seen_by(actor).out_of_order, 0);
    check_equal(seen_by(actor).missed, 6);
}

RUNNER_TEST(ends_the_subscription_of_who_is_slow_and_says_so)
{
    gr_actor actor = subscribed(0, GR_SLOW_END), quick = subscribed(1, GR_SLOW_WAIT);
    publish_while_held(actor, 10);
    check_soon(seen_by(actor).ended == 1);
    check_equal(seen_by(actor).count, 0);
    check_equal(seen_by(actor).missed, 1);
    publish(11);
    check_soon(seen_by(quick).count == 11);
    check_equal(seen_by(actor).count, 0);
    check_equal(gr_topic_unsubscribe("news", actor, SOON), -ENOENT);
    check_equal(gr_topic_subscribe("news", actor, NULL, SOON), 0);
    publish(12);
    check_soon(seen_by(actor).last == 12);
    check_equal(seen_by(actor).ended, 1);
}

LONE_RUNNER_TEST(comes_again_to_who_was_too_slow_and_subscribes_again)
{
    gr_actor actor = subscribed(0, GR_SLOW_END);
    publish_while_held(actor, 10);
    check_soon(seen_by(actor).ended == 1);
    check_equal(gr_topic_subscribe("news", actor, NULL, SOON), 0);
    publish(11);
    check_soon(seen_by(actor).last == 11);
    check_equal(seen_by(actor).missed, 0);
    check_equal(seen_by(actor).ended, 1);
}

static bool is_listed(void)
{
    struct gr__key key;
    check_equal(gr__key_make(GR__TOPICS, "news", &key), 0);
    return gr__directory_find(&key) != 0;
}

LONE_RUNNER_TEST(has_no_topic_once_nobody_is_subscribed)
{
    gr_actor leaves = subscribed(0, GR_SLOW_DROP_NEWEST), ends = subscribed(0, GR_SLOW_DROP_OLDEST);
    check_equal(gr_topic_unsubscribe("news", leaves, SOON), 0);
    check(is_listed());
    end(ends);
    check(!is_listed());

    gr_actor slow = subscribed(0, GR_SLOW_END);
    publish_while_held(slow, 10);
    check_soon(seen_by(slow).ended == 1);
    check(!is_listed());
}

static int publish_ten(void *context)
{
    (void)context;
    for (int number = 1; number <= 10; number++)
        publish(number);
    return 0;
}

LONE_RUNNER_TEST(slows_its_publisher_where_that_is_asked_for)
{
    gr_actor actor = subscribed(0, GR_SLOW_WAIT), quick = subscribed(0, GR_SLOW_DROP_NEWEST);
    gr_runner runner;
    gr_event_clear(&release);
    check_equal(gr_send(actor, HOLD, NULL, 0), 0);
    check_equal(gr_runner_start(publish_ten, NULL, NULL, &runner), 0);
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    check_equal(gr_runner_join(runner, gr_now()), -ETIMEDOUT);
    check(seen_by(quick).count < 10);
    check_equal(gr_publish("news", NUMBER, &(int){100}, sizeof(int), gr_now()), -ETIMEDOUT);
    check_soon(seen_by(quick).last == 100);
    gr_event_set(&release);
    check_equal(gr_runner_join(runner, SOON), 0);
    check_soon(seen_by(actor).count == 10);
    check_equal(seen_by(actor).out_of_order, 0);
    check_equal(seen_by(actor).missed, 0);
}

RUNNER_TEST(comes_no_more_once_the_subscriber_has_left)
{
    gr_actor actor = subscribed(0, GR_SLOW_DROP_NEWEST), stays = subscribed(0, GR_SLOW_DROP_NEWEST);
    publish(1);
    check_soon(seen_by(actor).count == 1 && seen_by(stays).count == 1);
    gr_event_clear(&release);
    check_equal(gr_send(actor, LEAVE, NULL, 0), 0);
    check_equal(gr_yield(), 0);
    publish(2);
    publish(3);
    check_equal(gr_yield(), 0);
    gr_event_set(&release);
    check_soon(seen_by(stays).count == 3);
    publish(4);
    check_soon(seen_by(stays).count == 4);
    check_equal(seen_by(actor).count, 1);
    check_equal(gr_topic_unsubscribe("news", actor, SOON), -ENOENT);

    /* The last one of a loop, from another. */
    gr_actor there = subscribed(1, GR_SLOW_DROP_NEWEST);
    publish(5);
    check_soon(seen_by(there).count == 1);
    check_equal(gr_topic_unsubscribe("news", there, SOON), 0);
    publish(6);
    check_soon(seen_by(stays).count == 6);
    check_equal(seen_by(there).count, 1);
}

RUNNER_TEST(comes_to_nobody_who_has_ended)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = subscribed(loop, GR_SLOW_DROP_NEWEST);
        gr_actor waits = subscribed(loop, GR_SLOW_WAIT), stays = subscribed(0, GR_SLOW_WAIT);
        publish(1);
        end(actor);
        end(waits);
        publish(2);
        check_soon(seen_by(stays).count == 2);
        end(stays);
    }
}

RUNNER_TEST(comes_once_however_often_an_actor_subscribes)
{
    struct gr_topic_options waits = {.when_slow = GR_SLOW_WAIT};
    gr_actor actor = subscribed(1, GR_SLOW_DROP_NEWEST), second = subscribed(1, GR_SLOW_WAIT);
    for (int i = 0; i < 2; i++) {
        check_equal(gr_topic_subscribe("news", actor, i == 0 ? NULL : &waits, SOON), 0);
        check_equal(gr_topic_subscribe("news", second, i == 0 ? NULL : &waits, SOON), 0);
    }
    publish(1);
    publish(2);
    check_soon(seen_by(actor).last == 2 && seen_by(second).last == 2);
    check_equal(seen_by(actor).count, 2);
    check_equal(seen_by(second).count, 2);
    check_equal(gr_topic_unsubscribe("news", second, SOON), 0);
    check_equal(gr_topic_unsubscribe("news", second, SOON), -ENOENT);
}

static void publish_outside(void *status)
{
    *(int *)status = gr_publish("news", NUMBER, NULL, 0, SOON);
}

RUNNER_TEST(is_refused_where_it_cannot_be)
{
    char longer[GR_NAME_MAX + 2];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    gr_actor actor = spawn(0), gone = spawn(1);
    end(gone);
    check_equal(gr_topic_subscribe("", actor, NULL, SOON), -EINVAL);
    check_equal(gr_topic_subscribe(longer, actor, NULL, SOON), -ENAMETOOLONG);
    check_equal(gr_topic_subscribe("news", gone, NULL, SOON), -ESTALE);
    check_equal(gr_topic_subscribe("news", (gr_actor){UINT64_C(1) << 32 | 200u << 24}, NULL, SOON),
                -ESHUTDOWN);
    check_equal(gr_topic_subscribe("news", spawn(1), NULL, gr_now()), -ETIMEDOUT);
    check_equal(gr_topic_unsubscribe("news", gone, SOON), -ENOENT);
    check_equal(gr_topic_unsubscribe(longer, actor, SOON), -ENAMETOOLONG);
    check_equal(gr_publish("", NUMBER, NULL, 0, SOON), -EINVAL);
    check_equal(gr_publish(longer, NUMBER, NULL, 0, SOON), -ENAMETOOLONG);
    int status = 0;
    on_another_thread(publish_outside, &status);
    check_equal(status, GR_ENOTRUNNER);
}

RUNNER_TEST(keeps_its_subscriber_where_it_is_unless_that_is_waited_for)
{
    gr_actor stays = subscribed(0, GR_SLOW_DROP_NEWEST), moves = subscribed(0, GR_SLOW_WAIT);
    gr_actor moved = spawn(0);
    check_equal(gr_actor_move(stays, GR_ON_LOOP(1), SOON), -EBUSY);
    check_equal(gr_actor_move(moves, GR_ON_LOOP(1), SOON), 0);
    check_equal(gr_actor_move(moved, GR_ON_LOOP(1), SOON), 0);
    check_equal(gr_topic_subscribe("news", moved, NULL, SOON), -EBUSY);
    check_equal(gr_topic_subscribe("news", moved,
                                   &(struct gr_topic_options){.when_slow = GR_SLOW_WAIT}, SOON),
                0);
    publish(1);
    check_soon(seen_by(stays).count == 1);
    check_soon(seen_by(moves).count == 1);
    check_soon(seen_by(moved).count == 1);
}

static int move_to_1(void *actor)
{
    return gr_actor_move(*(gr_actor *)actor, GR_ON_LOOP(1), SOON);
}

RUNNER_TEST(has_no_subscriber_that_is_about_to_move)
{
    gr_actor actor = spawn(0);
    gr_runner mover;
    check_equal(gr_runner_start(move_to_1, &actor, NULL, &mover), 0);
    const struct gr__body *body = gr__body_find(gr__loop_here(), actor.name);
    gr_time give_up = SOON;
    while (body->stage != GR__LEAVING && body->stage != GR__AWAY && gr_now() < give_up)
        check_equal(gr_yield(), 0);
    check_equal(body->stage, GR__LEAVING);
    check_equal(gr_topic_subscribe("news", actor, NULL, SOON), -EBUSY);
    check_equal(gr_runner_join(mover, SOON), 0);
    publish(1);
    check_equal(seen_by(actor).count, 0);
}

static int come_back_later(struct gr_self *self, const struct gr_message *message)
{
    return message->tag == NUMBER ? gr_self_stash(self, message) : receive(self, message);
}

static int stash_at_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    return gr_self_become(self, come_back_later);
}

/* What one does with it is nothing to the others, who have the same bytes. */
RUNNER_TEST(is_a_message_like_any_other_to_its_handler)
{
    static const struct gr_behavior stashes = {.name = "stasher",
                                               .receive = receive,
                                               .start = stash_at_start,
                                               .state_bytes = sizeof(struct seen)};
    gr_actor later = {0}, reads = subscribed(0, GR_SLOW_DROP_NEWEST);
    other = spawn(1);
    check_equal(gr_actor_spawn(&stashes, NULL, &later), 0);
    check_equal(gr_topic_subscribe("news", later, NULL, SOON), 0);
    publish(7);
    check_soon(seen_by(reads).last == 7);
    check_equal(seen_by(later).count, 0);
    check_equal(gr_send(later, UNSTASH, NULL, 0), 0);
    check_soon(seen_by(later).last == 7);
    publish_as(FORWARD, 8);
    check_soon(seen_by(other).count == 2);
    check_equal(seen_by(other).last, 8);
    publish_as(TAKE, 9);
    check_soon(seen_by(reads).bytes == sizeof(int) && seen_by(later).bytes == sizeof(int));
}

LONE_RUNNER_TEST(fails_its_handler_as_any_message)
{
    static const struct gr_child child = {.behavior = &reader};
    static const struct gr_supervisor spec = {
        .name = "keeper", .children = &child, .child_count = 1};
    expect_report("actor 'reader' on loop 0 failed");
    gr_actor supervisor, actor;
    check_equal(gr_supervisor_start(&spec, NULL, &supervisor), 0);
    check_equal(gr_supervisor_find(supervisor, "reader", &actor, SOON), 0);
    check_equal(gr_topic_subscribe("news", actor, NULL, SOON), 0);
    publish(1);
    publish_as(FAIL, 2);
    publish(3);
    check_soon(seen_by(actor).last == 3);
    check_equal(seen_by(actor).count, 1);

    struct gr_failure failure;
    struct gr_buffer bytes;
    check_equal(gr_actor_failure(actor, &failure, &bytes, SOON), 0);
    check(failure.by_message && failure.tag == FAIL && failure.size == sizeof(int));
    check_equal(failure.data == NULL ? 0 : *(const int *)failure.data, 2);
    gr_buffer_release(&bytes);
}

static const struct gr_context_key mark = {.name = "mark"};

/* Sets a value, and counts who finds one. */
static int find_mark(struct gr_self *self, const struct gr_message *message)
{
    struct seen *seen = self->state;
    int found = 0;
    if (message->tag == SEEN)
        return gr_reply(message, seen, sizeof *seen);
    seen->count++;
    seen->bytes += gr_context_get(&mark, &found, sizeof found) == 0;
    return gr_context_set(&mark, &seen->count, sizeof seen->count);
}

LONE_RUNNER_TEST(finds_nothing_around_its_handler_that_the_one_before_has_left)
{
    static const struct gr_behavior marks = {
        .name = "marks", .receive = find_mark, .state_bytes = sizeof(struct seen)};
    gr_actor actor;
    check_equal(gr_actor_spawn(&marks, NULL, &actor), 0);
    check_equal(gr_topic_subscribe("news", actor, NULL, SOON), 0);
    for (int number = 1; number <= 3; number++)
        publish(number);
    check_soon(seen_by(actor).count == 3);
    check_equal(seen_by(actor).bytes, 0);
}

LONE_RUNNER_TEST(says_so_where_memory_is_short)
{
    static const char bytes[1000];
    gr_actor actor = subscribed(0, GR_SLOW_DROP_NEWEST), second = spawn(0);
    void *held = take_all(sizeof bytes);
    check_equal(gr_publish("news", NUMBER, bytes, sizeof bytes, SOON), -ENOMEM);
    check_equal(gr_publish("news", NUMBER, bytes, sizeof bytes, SOON), 0);
    give_all(held, sizeof bytes);
    check_soon(seen_by(actor).count == 1);
    held = take_all(2000);
    check_equal(gr_topic_subscribe("news", second, NULL, SOON), -ENOMEM);
    give_all(held, 2000);
    check_equal(gr_topic_subscribe("news", second, NULL, SOON), 0);
}

/* Whichever of the two loops comes first. */
RUNNER_TEST(comes_to_the_others_where_there_is_no_memory_for_one_loop)
{
    static const char bytes[1000];
    gr_actor readers[2] = {subscribed(0, GR_SLOW_DROP_NEWEST), subscribed(1, GR_SLOW_DROP_NEWEST)};
    void *held = take_all(sizeof bytes);
    check_equal(gr_publish("news", NUMBER, bytes, sizeof bytes, SOON), -ENOMEM);
    give_all(held, sizeof bytes);
    check_equal(gr_publish("news", NUMBER, bytes, 1, SOON), 0);
    check_soon(seen_by(readers[0]).bytes == 1 && seen_by(readers[1]).bytes == 1);
    check_equal(seen_by(readers[0]).count + seen_by(readers[1]).count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_to_all_subscribers_on_all_loops),
        cmocka_unit_test(comes_whole_however_large),
        cmocka_unit_test(is_dropped_where_its_subscriber_is_slow),
        cmocka_unit_test(takes_the_place_of_the_oldest),
        cmocka_unit_test(ends_the_subscription_of_who_is_slow_and_says_so),
        cmocka_unit_test(comes_again_to_who_was_too_slow_and_subscribes_again),
        cmocka_unit_test(has_no_topic_once_nobody_is_subscribed),
        cmocka_unit_test(slows_its_publisher_where_that_is_asked_for),
        cmocka_unit_test(comes_no_more_once_the_subscriber_has_left),
        cmocka_unit_test(comes_to_nobody_who_has_ended),
        cmocka_unit_test(comes_once_however_often_an_actor_subscribes),
        cmocka_unit_test(is_refused_where_it_cannot_be),
        cmocka_unit_test(keeps_its_subscriber_where_it_is_unless_that_is_waited_for),
        cmocka_unit_test(has_no_subscriber_that_is_about_to_move),
        cmocka_unit_test(is_a_message_like_any_other_to_its_handler),
        cmocka_unit_test(fails_its_handler_as_any_message),
        cmocka_unit_test(finds_nothing_around_its_handler_that_the_one_before_has_left),
        cmocka_unit_test(says_so_where_memory_is_short),
        cmocka_unit_test(comes_to_the_others_where_there_is_no_memory_for_one_loop),
    };
    return cmocka_run_group_tests_name("topic", tests, NULL, NULL);
}
