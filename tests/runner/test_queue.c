/* A queue of one loop gives its items in its order, waits with who must, and loses none. */
#include <errno.h>
#include <stdlib.h>

#include "lib/fixture.h"
#include "lib/hand.h"

static int by_value(const void *one, const void *other)
{
    /* The last digit only tells items apart. */
    return *(const int *)one / 10 - *(const int *)other / 10;
}

static struct gr_queue make(enum gr_queue_order order, uint32_t items_max)
{
    struct gr_queue queue;
    gr_queue_init(&queue, order, sizeof(int), items_max,
                  order == GR_QUEUE_PRIORITY ? by_value : NULL);
    return queue;
}

static int put(struct gr_queue *queue, int item)
{
    return gr_queue_try_put(queue, &item);
}

static int get(struct gr_queue *queue)
{
    int item = 0;
    int rc = gr_queue_try_get(queue, &item);
    return rc < 0 ? rc : item;
}

static void put_all(struct gr_queue *queue, const int *items, int count)
{
    for (int i = 0; i < count; i++)
        check_equal(put(queue, items[i]), 0);
}

static void get_all(struct gr_queue *queue, const int *items, int count)
{
    for (int i = 0; i < count; i++)
        check_equal(get(queue), items[i]);
    check_equal(get(queue), -EAGAIN);
}

LONE_RUNNER_TEST(gives_what_was_put_first_or_last_or_is_before_the_others)
{
    int put_so[] = {30, 10, 51, 20, 52, 11, 53};
    int reversed[] = {53, 11, 52, 20, 51, 10, 30};
    int sorted[] = {10, 11, 20, 30, 51, 52, 53};
    const int *wanted[] = {put_so, reversed, sorted};
    for (int order = GR_QUEUE_FIFO; order <= GR_QUEUE_PRIORITY; order++) {
        struct gr_queue queue = make((enum gr_queue_order)order, 0);
        put_all(&queue, put_so, 7);
        check_equal(gr_queue_count(&queue), 7);
        get_all(&queue, wanted[order], 7);
        gr_queue_done(&queue);
    }
}

LONE_RUNNER_TEST(keeps_its_order_while_it_grows_and_goes_round)
{
    struct gr_queue queue = make(GR_QUEUE_FIFO, 0);
    int next = 0, wanted = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < round + 3; i++)
            check_equal(put(&queue, next++), 0);
        for (int i = 0; i < round; i++)
            check_equal(get(&queue), wanted++);
    }
    while (wanted < next)
        check_equal(get(&queue), wanted++);
    gr_queue_done(&queue);
}

LONE_RUNNER_TEST(sorts_many)
{
    struct gr_queue queue = make(GR_QUEUE_PRIORITY, 0);
    for (int i = 0; i < 1000; i++)
        check_equal(put(&queue, (int)(gr_random() % 100000)), 0);
    for (int i = 0, before = 0; i < 1000; i++) {
        int item = get(&queue);
        check(item / 10 >= before / 10);
        before = item;
    }
    gr_queue_done(&queue);
}

struct errand {
    struct gr_queue *queue;
    int item;
    gr_runner runner;
};

static int put_item(void *context)
{
    const struct errand *errand = context;
    return gr_queue_put(errand->queue, &errand->item, gr_in(10 * GR_SECOND));
}

static int get_item(void *context)
{
    struct errand *errand = context;
    return gr_queue_get(errand->queue, &errand->item, gr_in(10 * GR_SECOND));
}

static int join_queue(void *context)
{
    const struct errand *errand = context;
    return gr_queue_join(errand->queue, gr_in(10 * GR_SECOND));
}

static void start(struct errand *errand, gr_runner_fn *run)
{
    check_equal(gr_runner_start(run, errand, NULL, &errand->runner), 0);
    check_equal(gr_yield(), 0);
}

static int join(const struct errand *errand)
{
    return gr_runner_join(errand->runner, gr_in(10 * GR_SECOND));
}

LONE_RUNNER_TEST(makes_those_wait_who_find_it_full_or_empty)
{
    struct gr_queue queue = make(GR_QUEUE_FIFO, 1);
    int item = 0;
    check_equal(gr_queue_get(&queue, &item, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(put(&queue, 1), 0);
    check_equal(put(&queue, 2), -EAGAIN);
    check_equal(gr_queue_put(&queue, &item, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    struct errand putters[3] = {{&queue, 2, {0}}, {&queue, 3, {0}}, {&queue, 4, {0}}};
    for (int i = 0; i < 3; i++)
        start(&putters[i], put_item);
    gr_runner_cancel(putters[1].runner);
    check_equal(join(&putters[1]), -ECANCELED);
    check_equal(get(&queue), 1);
    check_equal(join(&putters[0]), 0);
    check_equal(get(&queue), 2);
    check_equal(join(&putters[2]), 0);
    check_equal(get(&queue), 4);

    struct errand getters[2] = {{&queue, 0, {0}}, {&queue, 0, {0}}};
    start(&getters[0], get_item);
    start(&getters[1], get_item);
    gr_runner_cancel(getters[0].runner);
    check_equal(join(&getters[0]), -ECANCELED);
    check_equal(put(&queue, 5), 0);
    check_equal(join(&getters[1]), 0);
    check_equal(getters[1].item, 5);
    gr_queue_done(&queue);
}

/* The getter was woken for the less urgent item, and has the more urgent one. */
LONE_RUNNER_TEST(gives_who_was_woken_what_is_first_when_he_takes_it)
{
    struct gr_queue queue = make(GR_QUEUE_PRIORITY, 0);
    struct gr_queue_wait wait;
    struct hand hand;
    int item = 0;
    hand_subscribe(&hand, gr_queue_get_awaitable(&wait, &queue, &item));
    check_equal(put(&queue, 50), 0);
    check_equal(get(&queue), -EAGAIN);
    check_equal(put(&queue, 10), 0);
    check_equal(hand_take(&wait.awaitable), 0);
    check_equal(item, 10);
    check_equal(get(&queue), 50);
    gr_queue_done(&queue);
}

LONE_RUNNER_TEST(passes_on_what_was_granted_and_not_taken)
{
    struct gr_queue queue = make(GR_QUEUE_FIFO, 1);
    struct gr_queue_wait gets[2], puts[2];
    struct hand hands[2];
    int items[2] = {0};
    for (int i = 0; i < 2; i++)
        hand_subscribe(&hands[i], gr_queue_get_awaitable(&gets[i], &queue, &items[i]));
    check_equal(put(&queue, 1), 0);
    check(hand_cancel(&gets[0].awaitable));
    check_equal(hands[1].woken, 1);
    for (int i = 0; i < 2; i++) {
        items[i] = 7 + i;
        hand_subscribe(&hands[i], gr_queue_put_awaitable(&puts[i], &queue, &items[i]));
    }
    check(hand_cancel(&gets[1].awaitable));
    check_equal(get(&queue), 1);
    check_equal(hands[0].woken, 1);
    check_equal(hands[1].woken, 0);
    check(hand_cancel(&puts[0].awaitable));
    check_equal(hands[1].woken, 1);
    check_equal(hand_take(&puts[1].awaitable), 0);
    check_equal(get(&queue), 8);
    gr_queue_done(&queue);
}

LONE_RUNNER_TEST(is_joined_when_all_that_was_put_is_finished)
{
    struct gr_queue queue = make(GR_QUEUE_LIFO, 0);
    check_equal(gr_queue_join(&queue, gr_now()), 0);
    check_equal(put(&queue, 1), 0);
    check_equal(put(&queue, 2), 0);
    check_equal(gr_queue_join(&queue, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    struct errand joins = {.queue = &queue}, gives_up = {.queue = &queue};
    start(&joins, join_queue);
    start(&gives_up, join_queue);
    gr_runner_cancel(gives_up.runner);
    check_equal(join(&gives_up), -ECANCELED);
    check_equal(get(&queue), 2);
    gr_queue_finish(&queue);
    check_equal(get(&queue), 1);
    check_equal(gr_queue_join(&queue, gr_now()), -ETIMEDOUT);
    gr_queue_finish(&queue);
    check_equal(put(&queue, 3), 0);
    check_equal(join(&joins), 0);
    gr_queue_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_was_put_first_or_last_or_is_before_the_others),
        cmocka_unit_test(keeps_its_order_while_it_grows_and_goes_round),
        cmocka_unit_test(sorts_many),
        cmocka_unit_test(makes_those_wait_who_find_it_full_or_empty),
        cmocka_unit_test(gives_who_was_woken_what_is_first_when_he_takes_it),
        cmocka_unit_test(passes_on_what_was_granted_and_not_taken),
        cmocka_unit_test(is_joined_when_all_that_was_put_is_finished),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
