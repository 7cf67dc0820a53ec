/* A channel gives each item to one receiver, in order, holds no more than its bound, and ends cleanly. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"
#include "lib/hand.h"

static gr_channel make(uint32_t items_max)
{
    gr_channel channel = {0};
    check_equal(gr_channel_make(sizeof(int), items_max, &channel), 0);
    return channel;
}

static int try_send(gr_channel channel, int item)
{
    return gr_channel_try_send(channel, &item, sizeof item);
}

static int send_in(gr_channel channel, int item, gr_time length)
{
    return gr_channel_send(channel, &item, sizeof item, gr_in(length));
}

/* The item, or the error. */
static int receive_in(gr_channel channel, gr_time length)
{
    int item = 0;
    int rc = gr_channel_receive(channel, &item, sizeof item, gr_in(length));
    return rc < 0 ? rc : item;
}

static int try_receive(gr_channel channel)
{
    int item = 0;
    int rc = gr_channel_try_receive(channel, &item, sizeof item);
    return rc < 0 ? rc : item;
}

LONE_RUNNER_TEST(gives_items_in_the_order_in_which_they_were_sent)
{
    gr_channel channel = make(100);
    for (int i = 1; i <= 100; i++)
        check_equal(send_in(channel, i, 0), 0);
    for (int i = 1; i <= 100; i++)
        check_equal(receive_in(channel, 0), i);
    check_equal(try_receive(channel), -EAGAIN);
    check_equal(receive_in(channel, GR_MILLISECOND), -ETIMEDOUT);
    gr_channel_drop(channel);
}

LONE_RUNNER_TEST(holds_no_more_than_its_bound)
{
    gr_channel channel = make(2);
    check_equal(try_send(channel, 1), 0);
    check_equal(try_send(channel, 2), 0);
    check_equal(try_send(channel, 3), -EAGAIN);
    check_equal(send_in(channel, 3, GR_MILLISECOND), -ETIMEDOUT);
    check_equal(try_receive(channel), 1);
    check_equal(try_send(channel, 4), 0);
    check_equal(try_receive(channel), 2);
    check_equal(try_receive(channel), 4);
    gr_channel_drop(channel);
}

LONE_RUNNER_TEST(refuses_items_of_another_size)
{
    gr_channel channel = make(1), refused = {0};
    int64_t wide = 0;
    struct gr_buffer buffer = {0};
    check_equal(gr_channel_try_send(channel, &wide, sizeof wide), -EMSGSIZE);
    check_equal(gr_channel_send(channel, &wide, sizeof wide, GR_FOREVER), -EMSGSIZE);
    check_equal(gr_channel_send_buffer(channel, &buffer, GR_FOREVER), -EMSGSIZE);
    check_equal(gr_channel_try_receive(channel, &wide, sizeof wide), -EMSGSIZE);
    check_equal(gr_channel_receive(channel, &wide, sizeof wide, GR_FOREVER), -EMSGSIZE);
    check_equal(gr_channel_make(GR_CHANNEL_ITEM_MAX + 1, 1, &refused), -EMSGSIZE);
    gr_channel_drop(channel);
}

LONE_RUNNER_TEST(copies_items_of_all_sizes)
{
    static unsigned char sent[GR_CHANNEL_ITEM_MAX], got[GR_CHANNEL_ITEM_MAX];
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (unsigned char)(i * 7 + 1);
    size_t sizes[] = {0, 1, 8, 31, 32, 33, 64, 1000, GR_CHANNEL_ITEM_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        gr_channel channel = {0};
        check_equal(gr_channel_make(sizes[i], 1, &channel), 0);
        memset(got, 0, sizeof got);
        check_equal(gr_channel_send(channel, sent, sizes[i], gr_now()), 0);
        check_equal(gr_channel_receive(channel, got, sizes[i], gr_now()), 0);
        check(memcmp(sent, got, sizes[i]) == 0);
        gr_channel_drop(channel);
    }
}

LONE_RUNNER_TEST(is_drained_after_its_close_and_then_at_its_end)
{
    gr_channel channel = make(3);
    check_equal(try_send(channel, 1), 0);
    check_equal(try_send(channel, 2), 0);
    check_equal(gr_channel_close(channel), 0);
    check_equal(gr_channel_close(channel), 0);
    check_equal(try_send(channel, 3), -EPIPE);
    check_equal(send_in(channel, 3, GR_SECOND), -EPIPE);
    check_equal(receive_in(channel, 0), 1);
    check_equal(receive_in(channel, 0), 2);
    check_equal(receive_in(channel, GR_SECOND), GR_EOF);
    check_equal(try_receive(channel), GR_EOF);
    gr_channel_drop(channel);
    check_equal(receive_in(channel, GR_SECOND), GR_EOF);
    check_equal(try_receive(channel), GR_EOF);
    check_equal(send_in(channel, 3, GR_SECOND), -EPIPE);
    check_equal(gr_channel_close(channel), 0);
    gr_channel_drop(channel);
    gr_channel_drop((gr_channel){0});
}

/* A runner with one operation on a channel. */
struct errand {
    gr_channel channel;
    int item;
    gr_runner runner;
};

static int send_item(void *context)
{
    const struct errand *errand = context;
    return send_in(errand->channel, errand->item, 10 * GR_SECOND);
}

static int receive_item(void *context)
{
    struct errand *errand = context;
    return gr_channel_receive(errand->channel, &errand->item, sizeof errand->item,
                              gr_in(10 * GR_SECOND));
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

LONE_RUNNER_TEST(lets_senders_in_in_the_order_in_which_they_came)
{
    gr_channel channel = make(1);
    struct errand senders[4];
    check_equal(try_send(channel, 100), 0);
    for (int i = 0; i < 4; i++) {
        senders[i] = (struct errand){.channel = channel, .item = i};
        start(&senders[i], send_item);
    }
    gr_runner_cancel(senders[2].runner);
    check_equal(join(&senders[2]), -ECANCELED);
    check_equal(receive_in(channel, 0), 100);
    check_equal(receive_in(channel, GR_SECOND), 0);
    check_equal(receive_in(channel, GR_SECOND), 1);
    check_equal(receive_in(channel, GR_SECOND), 3);
    for (int i = 0; i < 4; i++)
        if (i != 2)
            check_equal(join(&senders[i]), 0);
    gr_channel_drop(channel);
}

LONE_RUNNER_TEST(serves_receivers_in_the_order_in_which_they_came)
{
    gr_channel channel = make(8);
    struct errand receivers[4];
    for (int i = 0; i < 4; i++) {
        receivers[i] = (struct errand){.channel = channel};
        start(&receivers[i], receive_item);
    }
    gr_runner_cancel(receivers[1].runner);
    check_equal(join(&receivers[1]), -ECANCELED);
    for (int i = 1; i <= 3; i++)
        check_equal(try_send(channel, i), 0);
    check_equal(join(&receivers[0]), 0);
    check_equal(join(&receivers[2]), 0);
    check_equal(join(&receivers[3]), 0);
    check_equal(receivers[0].item, 1);
    check_equal(receivers[2].item, 2);
    check_equal(receivers[3].item, 3);
    gr_channel_drop(channel);
}

LONE_RUNNER_TEST(sends_those_away_who_wait_when_it_is_closed_or_dropped)
{
    for (int dropped = 0; dropped < 2; dropped++) {
        gr_channel full = make(1), empty = make(1);
        struct errand sender = {.channel = full}, receiver = {.channel = empty};
        check_equal(try_send(full, 1), 0);
        start(&sender, send_item);
        start(&receiver, receive_item);
        if (dropped) {
            gr_channel_drop(full);
            gr_channel_drop(empty);
        } else {
            check_equal(gr_channel_close(full), 0);
            check_equal(gr_channel_close(empty), 0);
        }
        check_equal(join(&sender), -EPIPE);
        check_equal(join(&receiver), GR_EOF);
        check_equal(receive_in(full, 0), dropped ? GR_EOF : 1);
        gr_channel_drop(full);
        gr_channel_drop(empty);
    }
}

/* --- Step by step -------------------------------------------------------------------------- */

LONE_RUNNER_TEST(passes_an_item_on_that_was_granted_and_not_taken)
{
    gr_channel channel = make(4);
    struct gr_channel_wait waits[2];
    struct hand hands[2];
    int items[2] = {0};
    struct gr_awaitable *first =
        gr_channel_receive_awaitable(&waits[0], channel, &items[0], sizeof(int));
    struct gr_awaitable *second =
        gr_channel_receive_awaitable(&waits[1], channel, &items[1], sizeof(int));
    hand_subscribe(&hands[0], first);
    hand_subscribe(&hands[1], second);
    check_equal(try_send(channel, 1), 0);
    check_equal(hands[0].woken, 1);
    check_equal(try_receive(channel), -EAGAIN); /* it is set aside */
    check(hand_cancel(first));
    check_equal(hands[1].woken, 1);
    check_equal(try_receive(channel), -EAGAIN);
    check(hand_cancel(second));
    check_equal(try_receive(channel), 1);

    /* What was withdrawn can be awaited again. */
    check_equal(try_send(channel, 2), 0);
    check_equal(gr_await(first, gr_now()), 0);
    check_equal(items[0], 2);
    gr_channel_drop(channel);
}

/* Two are granted; whoever takes first has the first item, though he came second. */
LONE_RUNNER_TEST(keeps_the_order_when_who_was_granted_first_gives_up)
{
    gr_channel channel = make(4);
    struct gr_channel_wait waits[2];
    struct hand hands[2];
    int items[2] = {0};
    for (int i = 0; i < 2; i++)
        hand_subscribe(&hands[i],
                       gr_channel_receive_awaitable(&waits[i], channel, &items[i], sizeof(int)));
    check_equal(try_send(channel, 1), 0);
    check_equal(try_send(channel, 2), 0);
    check_equal(hand_take(&waits[1].awaitable), 0);
    check_equal(items[1], 1);
    check(hand_cancel(&waits[0].awaitable));
    check_equal(try_receive(channel), 2);
    gr_channel_drop(channel);
}

LONE_RUNNER_TEST(passes_room_on_that_was_granted_and_not_taken)
{
    gr_channel channel = make(1);
    struct gr_channel_wait waits[2];
    struct hand hands[2];
    int items[2] = {5, 6};
    check_equal(try_send(channel, 4), 0);
    for (int i = 0; i < 2; i++)
        hand_subscribe(&hands[i],
                       gr_channel_send_awaitable(&waits[i], channel, &items[i], sizeof(int)));
    check_equal(try_receive(channel), 4);
    check_equal(hands[0].woken, 1);
    check_equal(hands[1].woken, 0);
    check_equal(try_send(channel, 7), -EAGAIN); /* the room is set aside */
    check(hand_cancel(&waits[0].awaitable));
    check_equal(hands[1].woken, 1);
    check_equal(hand_take(&waits[1].awaitable), 0);
    check_equal(try_receive(channel), 6);
    check_equal(try_receive(channel), -EAGAIN);
    gr_channel_drop(channel);
}

/* Each step of a wait, and the channel's end between it and the next. */
LONE_RUNNER_TEST(ends_under_who_was_granted_and_has_not_taken_yet)
{
    for (int dropped = 0; dropped < 2; dropped++) {
        gr_channel channel = make(1);
        struct gr_channel_wait receive, send;
        struct hand hands[2];
        int got = 0, item = 2;
        hand_subscribe(&hands[0],
                       gr_channel_receive_awaitable(&receive, channel, &got, sizeof got));
        check_equal(try_send(channel, 1), 0);
        hand_subscribe(&hands[1], gr_channel_send_awaitable(&send, channel, &item, sizeof item));
        if (dropped)
            gr_channel_drop(channel);
        else
            check_equal(gr_channel_close(channel), 0);
        check_equal(hands[1].woken, 1);
        check_equal(hand_take(&receive.awaitable), dropped ? GR_EOF : 0);
        check_equal(hand_take(&send.awaitable), -EPIPE);
        check_equal(got, dropped ? 0 : 1);
        check_equal(receive_in(channel, GR_SECOND), GR_EOF);
        gr_channel_drop(channel);
    }
}

LONE_RUNNER_TEST(can_be_dropped_under_waits_that_are_withdrawn_after)
{
    gr_channel channel = make(1);
    struct gr_channel_wait waits[2];
    struct hand hands[2];
    int item = 0;
    hand_subscribe(&hands[0], gr_channel_receive_awaitable(&waits[0], channel, &item, sizeof item));
    check_equal(try_send(channel, 1), 0);
    hand_subscribe(&hands[1], gr_channel_send_awaitable(&waits[1], channel, &item, sizeof item));
    gr_channel_drop(channel);
    check(hand_cancel(&waits[0].awaitable));
    check(hand_cancel(&waits[1].awaitable));
}

/* --- Buffers ------------------------------------------------------------------------------- */

static int released;

static void count_release(void *data, void *context)
{
    (void)data, (void)context;
    __atomic_add_fetch(&released, 1, __ATOMIC_SEQ_CST);
}

static struct gr_buffer counted(void)
{
    static char bytes[] = "moved";
    return (struct gr_buffer){bytes, sizeof bytes, count_release, NULL};
}

static int releases(void)
{
    return __atomic_exchange_n(&released, 0, __ATOMIC_SEQ_CST);
}

LONE_RUNNER_TEST(moves_buffers_and_releases_those_that_nobody_receives)
{
    gr_channel channel;
    check_equal(gr_channel_make(GR_CHANNEL_BUFFERS, 2, &channel), 0);
    struct gr_buffer buffers[3] = {counted(), counted(), counted()}, got;
    check_equal(gr_channel_try_send_buffer(channel, &buffers[0]), 0);
    check_equal(gr_channel_send_buffer(channel, &buffers[1], GR_FOREVER), 0);
    check(buffers[0].data == NULL && buffers[1].data == NULL);
    check_equal(gr_channel_send_buffer(channel, &buffers[2], gr_now()), -ETIMEDOUT);
    check_equal(gr_channel_try_send_buffer(channel, &buffers[2]), -EAGAIN);
    check(buffers[2].data != NULL);
    check_equal(gr_channel_try_send(channel, &buffers[2], sizeof buffers[2]), -EMSGSIZE);

    check_equal(gr_channel_receive(channel, &got, sizeof got, gr_now()), 0);
    check_equal(strcmp(got.data, "moved"), 0);
    check_equal(releases(), 0);
    gr_buffer_release(&got);
    gr_buffer_release(&buffers[2]);
    check_equal(releases(), 2);
    gr_channel_drop(channel);
    check_equal(releases(), 1);
}

LONE_RUNNER_TEST(is_named_when_it_is_left_behind)
{
    expect_report("1 channels on loop 0 were not dropped");
    gr_channel channel;
    check_equal(gr_channel_make(GR_CHANNEL_BUFFERS, 1, &channel), 0);
    struct gr_buffer buffer = counted();
    check_equal(gr_channel_try_send_buffer(channel, &buffer), 0);
}

static void released_what_was_left_in_it(void **state)
{
    (void)state;
    assert_int_equal(releases(), 1);
}

/* --- Foreign threads ----------------------------------------------------------------------- */

static void send_three(void *context)
{
    gr_channel channel = *(gr_channel *)context;
    for (int i = 1; i <= 3; i++)
        check_equal(try_send(channel, i), 0);
    check_equal(gr_channel_try_send(channel, &channel, sizeof channel), -EMSGSIZE);
    check_equal(gr_channel_close(channel), 0);
}

/* Items of a thread that come to a full channel wait above the bound. */
RUNNER_TEST(takes_items_and_its_close_from_a_foreign_thread)
{
    gr_channel channel = make(1);
    on_another_thread(send_three, &channel);
    for (int i = 1; i <= 3; i++)
        check_equal(receive_in(channel, 10 * GR_SECOND), i);
    check_equal(receive_in(channel, 10 * GR_SECOND), GR_EOF);
    gr_channel_drop(channel);
}

static void send_too_much(void *context)
{
    int sent = 0;
    while (try_send(*(gr_channel *)context, sent) == 0)
        sent++;
    check(sent > 0 && sent < 100000);
    check_equal(try_send(*(gr_channel *)context, sent), -EAGAIN);
}

RUNNER_TEST(bounds_what_a_foreign_thread_has_under_way)
{
    for (int round = 0; round < 2; round++) {
        gr_channel channel = make(1);
        on_another_thread(send_too_much, &channel);
        check_equal(receive_in(channel, GR_SECOND), 0);
        check_equal(receive_in(channel, GR_SECOND), 1);
        gr_channel_drop(channel);
    }
}

static gr_channel outlived;

static int make_and_drop(void *context)
{
    (void)context;
    outlived = make(1);
    gr_channel_drop(outlived);
    return 0;
}

static void is_sent_to_in_vain_after_its_loop_has_gone(void **state)
{
    (void)state;
    assert_int_equal(gr_run(make_and_drop, NULL, &(struct gr_options){.loops = 1}), 0);
    assert_int_equal(try_send(outlived, 1), -ESHUTDOWN);
    assert_int_equal(gr_channel_close(outlived), -ESHUTDOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_items_in_the_order_in_which_they_were_sent),
        cmocka_unit_test(holds_no_more_than_its_bound),
        cmocka_unit_test(refuses_items_of_another_size),
        cmocka_unit_test(copies_items_of_all_sizes),
        cmocka_unit_test(is_drained_after_its_close_and_then_at_its_end),
        cmocka_unit_test(lets_senders_in_in_the_order_in_which_they_came),
        cmocka_unit_test(serves_receivers_in_the_order_in_which_they_came),
        cmocka_unit_test(sends_those_away_who_wait_when_it_is_closed_or_dropped),
        cmocka_unit_test(passes_an_item_on_that_was_granted_and_not_taken),
        cmocka_unit_test(keeps_the_order_when_who_was_granted_first_gives_up),
        cmocka_unit_test(passes_room_on_that_was_granted_and_not_taken),
        cmocka_unit_test(ends_under_who_was_granted_and_has_not_taken_yet),
        cmocka_unit_test(can_be_dropped_under_waits_that_are_withdrawn_after),
        cmocka_unit_test(moves_buffers_and_releases_those_that_nobody_receives),
        cmocka_unit_test(is_named_when_it_is_left_behind),
        cmocka_unit_test(released_what_was_left_in_it),
        cmocka_unit_test(takes_items_and_its_close_from_a_foreign_thread),
        cmocka_unit_test(bounds_what_a_foreign_thread_has_under_way),
        cmocka_unit_test(is_sent_to_in_vain_after_its_loop_has_gone),
    };
    return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
