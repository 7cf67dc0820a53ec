/* A broadcast's items come to all subscribers, and who misses some learns how many. */
#include <errno.h>

#include "lib/shortage.h"

enum { THERE = 1 };

static int send_in(struct gr_broadcast *broadcast, int item, gr_time length)
{
    return gr_broadcast_send(broadcast, &item, sizeof item, gr_in(length));
}

static struct gr_subscription subscribe(struct gr_broadcast *broadcast, uint32_t items_max,
                                        enum gr_broadcast_slow slow)
{
    struct gr_subscription subscription = {0};
    check_equal(gr_subscription_make(&subscription, sizeof(int), items_max), 0);
    check_equal(gr_broadcast_add(broadcast, subscription.channel, slow, gr_in(GR_SECOND)), 0);
    return subscription;
}

/* The item, or the error. */
static int receive(struct gr_subscription *subscription, uint64_t *ret_missed)
{
    int item = 0;
    int rc = gr_subscription_receive(subscription, &item, sizeof item, ret_missed,
                                     gr_in(GR_MILLISECOND));
    return rc < 0 ? rc : item;
}

LONE_RUNNER_TEST(gives_each_item_to_each_subscriber)
{
    struct gr_broadcast broadcast = {0};
    check_equal(send_in(&broadcast, 1, 0), 0);
    struct gr_subscription subscriptions[3];
    for (int i = 0; i < 3; i++)
        subscriptions[i] = subscribe(&broadcast, 10, GR_BROADCAST_WAIT);
    for (int item = 2; item < 10; item++)
        check_equal(send_in(&broadcast, item, 0), 0);
    gr_broadcast_done(&broadcast);
    for (int i = 0; i < 3; i++) {
        for (int item = 2; item < 10; item++)
            check_equal(receive(&subscriptions[i], NULL), item);
        check_equal(receive(&subscriptions[i], NULL), GR_EOF);
        gr_subscription_drop(&subscriptions[i]);
    }
}

LONE_RUNNER_TEST(tells_a_slow_subscriber_how_many_it_missed)
{
    struct gr_broadcast broadcast = {0};
    struct gr_subscription slow = subscribe(&broadcast, 2, GR_BROADCAST_MISS);
    for (int item = 1; item <= 5; item++)
        check_equal(send_in(&broadcast, item, 0), 0);
    uint64_t missed = 0;
    check_equal(receive(&slow, &missed), 1);
    check_equal(receive(&slow, &missed), 2);
    check_equal(receive(&slow, &missed), -ETIMEDOUT);
    check_equal(missed, 0);
    check_equal(send_in(&broadcast, 6, 0), 0);
    check_equal(send_in(&broadcast, 7, 0), 0);
    check_equal(receive(&slow, &missed), -EOVERFLOW);
    check_equal(missed, 3);
    check_equal(receive(&slow, &missed), 6);
    check_equal(receive(&slow, &missed), 7);
    gr_broadcast_done(&broadcast);
    gr_subscription_drop(&slow);
}

/* It is sent to all or to none. */
LONE_RUNNER_TEST(waits_for_a_slow_subscriber_where_it_was_asked_to)
{
    struct gr_broadcast broadcast = {0};
    struct gr_subscription quick = subscribe(&broadcast, 10, GR_BROADCAST_MISS);
    struct gr_subscription slow = subscribe(&broadcast, 1, GR_BROADCAST_WAIT);
    check_equal(send_in(&broadcast, 1, 0), 0);
    check_equal(send_in(&broadcast, 2, GR_MILLISECOND), -ETIMEDOUT);
    check_equal(receive(&slow, NULL), 1);
    check_equal(send_in(&broadcast, 3, 0), 0);
    check_equal(receive(&slow, NULL), 3);
    check_equal(receive(&quick, NULL), 1);
    check_equal(receive(&quick, NULL), 3);
    check_equal(receive(&quick, NULL), -ETIMEDOUT);
    gr_broadcast_done(&broadcast);
    gr_subscription_drop(&slow);
    gr_subscription_drop(&quick);
}

struct errand {
    struct gr_broadcast *broadcast;
    gr_runner runner;
};

static int send_one(void *context)
{
    const struct errand *errand = context;
    return send_in(errand->broadcast, 2, 10 * GR_SECOND);
}

LONE_RUNNER_TEST(goes_on_without_a_subscriber_that_ends)
{
    struct gr_broadcast broadcast = {0};
    struct gr_subscription slow = subscribe(&broadcast, 1, GR_BROADCAST_WAIT);
    struct gr_subscription other = subscribe(&broadcast, 4, GR_BROADCAST_WAIT);
    check_equal(send_in(&broadcast, 1, 0), 0);
    struct errand errand = {.broadcast = &broadcast};
    check_equal(gr_runner_start(send_one, &errand, NULL, &errand.runner), 0);
    check_equal(gr_yield(), 0);
    gr_subscription_drop(&slow);
    check_equal(gr_runner_join(errand.runner, gr_in(GR_SECOND)), 0);
    check_equal(receive(&other, NULL), 1);
    check_equal(receive(&other, NULL), 2);
    check_equal(gr_broadcast_add(&broadcast, (gr_channel){0}, GR_BROADCAST_WAIT, GR_FOREVER),
                -EPIPE);
    gr_broadcast_done(&broadcast);
    gr_subscription_drop(&other);
}

LONE_RUNNER_TEST(a_cancelled_send_reaches_nobody)
{
    struct gr_broadcast broadcast = {0};
    struct gr_subscription other = subscribe(&broadcast, 4, GR_BROADCAST_WAIT);
    struct gr_subscription slow = subscribe(&broadcast, 1, GR_BROADCAST_WAIT);
    check_equal(send_in(&broadcast, 1, 0), 0);
    struct errand errand = {.broadcast = &broadcast};
    check_equal(gr_runner_start(send_one, &errand, NULL, &errand.runner), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(errand.runner);
    check_equal(gr_runner_join(errand.runner, gr_in(GR_SECOND)), -ECANCELED);
    check_equal(receive(&other, NULL), 1);
    check_equal(receive(&other, NULL), -ETIMEDOUT);
    gr_broadcast_done(&broadcast);
    gr_subscription_drop(&slow);
    gr_subscription_drop(&other);
}

LONE_RUNNER_TEST(refuses_items_that_are_too_large_or_of_another_size)
{
    static char bytes[GR_BROADCAST_ITEM_MAX + 1];
    struct gr_broadcast broadcast = {0};
    struct gr_subscription subscription = {0};
    check_equal(gr_broadcast_send(&broadcast, bytes, sizeof bytes, GR_FOREVER), -EMSGSIZE);
    check_equal(gr_subscription_make(&subscription, sizeof bytes, 1), -EMSGSIZE);
    check_equal(gr_subscription_make(&subscription, 8, 1), 0);
    check_equal(gr_subscription_receive(&subscription, bytes, 4, NULL, GR_FOREVER), -EMSGSIZE);
    gr_subscription_drop(&subscription);
}

/* What a subscriber of another loop does. */
struct reader {
    gr_promise channel;
    gr_promise over;
    int items;
};

static int read_all(void *context)
{
    struct reader *reader = context;
    struct gr_subscription subscription = {0};
    check_equal(gr_subscription_make(&subscription, sizeof(int), 3), 0);
    check_equal(
        gr_promise_resolve(reader->channel, &subscription.channel, sizeof subscription.channel), 0);
    int item = 0, rc, wanted = 1;
    while ((rc = gr_subscription_receive(&subscription, &item, sizeof item, NULL,
                                         gr_in(10 * GR_SECOND))) == 0)
        check_equal(item, wanted++);
    check_equal(rc, GR_EOF);
    check_equal(wanted, reader->items + 1);
    gr_subscription_drop(&subscription);
    check_equal(gr_promise_resolve(reader->over, NULL, 0), 0);
    return 0;
}

static void start_reading(void *context)
{
    check_equal(gr_runner_start(read_all, context, NULL, NULL), 0);
}

RUNNER_TEST(reaches_subscribers_of_other_loops)
{
    struct gr_broadcast broadcast = {0};
    struct reader readers[2];
    gr_future channels[2], overs[2];
    for (int i = 0; i < 2; i++) {
        readers[i].items = 1000;
        check_equal(gr_future_make(&channels[i], &readers[i].channel), 0);
        check_equal(gr_future_make(&overs[i], &readers[i].over), 0);
        check_equal(gr_post(i, start_reading, &readers[i], NULL), 0);
        gr_channel channel;
        gr_time deadline = gr_in(10 * GR_SECOND);
        check_equal(gr_future_await(channels[i], &channel, sizeof channel, deadline), 0);
        check_equal(gr_broadcast_add(&broadcast, channel, GR_BROADCAST_WAIT, deadline), 0);
    }
    for (int item = 1; item <= 1000; item++)
        check_equal(send_in(&broadcast, item, 10 * GR_SECOND), 0);
    gr_broadcast_done(&broadcast);
    for (int i = 0; i < 2; i++)
        check_equal(gr_future_await(overs[i], NULL, 0, gr_in(10 * GR_SECOND)), 0);
}

LONE_RUNNER_TEST(has_no_subscriber_without_memory_for_its_channel)
{
    int told = 0;
    for (size_t bytes = GR__BLOCK_MIN; bytes <= GR__BLOCK_MAX; bytes *= 2) {
        struct gr_subscription subscription = {0};
        void *held = take_all(bytes);
        int rc = gr_subscription_make(&subscription, sizeof(int), 4);
        give_all(held, bytes);
        check(rc == 0 || rc == -ENOMEM);
        told += rc < 0;
        check_equal(subscription.item == NULL, rc < 0);
        if (rc == 0)
            gr_subscription_drop(&subscription);
    }
    check(told > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_item_to_each_subscriber),
        cmocka_unit_test(tells_a_slow_subscriber_how_many_it_missed),
        cmocka_unit_test(waits_for_a_slow_subscriber_where_it_was_asked_to),
        cmocka_unit_test(goes_on_without_a_subscriber_that_ends),
        cmocka_unit_test(a_cancelled_send_reaches_nobody),
        cmocka_unit_test(refuses_items_that_are_too_large_or_of_another_size),
        cmocka_unit_test(reaches_subscribers_of_other_loops),
        cmocka_unit_test(has_no_subscriber_without_memory_for_its_channel),
    };
    return cmocka_run_group_tests_name("broadcast", tests, NULL, NULL);
}
