/* Between loops a channel keeps its order and its bound, and no cancelled wait loses an item. */
#include <errno.h>
#include <stdatomic.h>

#include "lib/fixture.h"
#include "loop/loop.h"

enum { HERE = 0, THERE = 1 };

static gr_channel make(uint32_t items_max)
{
    gr_channel channel = {0};
    check_equal(gr_channel_make(sizeof(int), items_max, &channel), 0);
    return channel;
}

static int send_in(gr_channel channel, int item, gr_time length)
{
    return gr_channel_send(channel, &item, sizeof item, gr_in(length));
}

static int receive_in(gr_channel channel, gr_time length)
{
    int item = 0;
    int rc = gr_channel_receive(channel, &item, sizeof item, gr_in(length));
    return rc < 0 ? rc : item;
}

/* What another loop does with a channel, in one call. */
struct visit {
    gr_channel channel;
    int first;
    int last;
    int rc;
};

static void send_range(void *context)
{
    struct visit *visit = context;
    for (int i = visit->first; i <= visit->last; i++) {
        visit->rc = send_in(visit->channel, i, 10 * GR_SECOND);
        if (visit->rc < 0)
            return;
    }
}

static int send_visit(void *context)
{
    send_range(context);
    return ((struct visit *)context)->rc;
}

static void receive_range(void *context)
{
    struct visit *visit = context;
    for (int i = visit->first; i <= visit->last; i++)
        check_equal(receive_in(visit->channel, 10 * GR_SECOND), i);
}

RUNNER_TEST(carries_items_from_another_loop_in_order)
{
    gr_channel channel = make(100);
    struct visit visit = {channel, 1, 100, 0};
    on_loop(THERE, send_range, &visit);
    check_equal(visit.rc, 0);
    for (int i = 1; i <= 100; i++)
        check_equal(receive_in(channel, 10 * GR_SECOND), i);
    gr_channel_drop(channel);
}

RUNNER_TEST(carries_items_to_another_loop_in_order)
{
    gr_channel channel = make(100);
    for (int i = 1; i <= 100; i++)
        check_equal(send_in(channel, i, 0), 0);
    on_loop(THERE, receive_range, &(struct visit){channel, 1, 100, 0});
    gr_channel_drop(channel);
}

static void fill(void *context)
{
    struct visit *visit = context;
    int sent = 0;
    while ((visit->rc = send_in(visit->channel, sent, 50 * GR_MILLISECOND)) == 0)
        sent++;
    visit->last = sent;
}

/* As many as it holds, and as many again on their way. */
RUNNER_TEST(makes_senders_of_another_loop_wait)
{
    uint32_t bounds[] = {1, 5, 1000};
    for (int i = 0; i < 3; i++) {
        gr_channel channel = make(bounds[i]);
        struct visit visit = {.channel = channel};
        on_loop(THERE, fill, &visit);
        uint32_t window = bounds[i] < GR_CHANNEL_WINDOW ? bounds[i] : GR_CHANNEL_WINDOW;
        check_equal(visit.rc, -ETIMEDOUT);
        check(visit.last >= (int)bounds[i] && visit.last <= (int)(bounds[i] + window));
        for (int item = 0; item < visit.last; item++)
            check_equal(receive_in(channel, GR_SECOND), item);
        gr_channel_drop(channel);
    }
}

static int keep_sending(void *context)
{
    const struct visit *visit = context;
    for (int i = 0;; i++) {
        int rc = send_in(visit->channel, i, 10 * GR_SECOND);
        if (rc < 0)
            return rc == -EPIPE ? 0 : rc;
    }
}

static void start_sending(void *context)
{
    check_equal(gr_runner_start(keep_sending, context, NULL, NULL), 0);
}

static int send_one(void *context)
{
    const struct visit *visit = context;
    return send_in(visit->channel, -1000, 10 * GR_SECOND);
}

/* Before it there are one item in the channel and one above the bound, at most. */
RUNNER_TEST(lets_its_own_senders_in_though_another_loop_never_stops)
{
    gr_channel channel = make(1);
    static struct visit visit;
    visit = (struct visit){.channel = channel};
    on_loop(THERE, start_sending, &visit);
    check_equal(receive_in(channel, 10 * GR_SECOND), 0);
    gr_runner sender;
    check_equal(gr_runner_start(send_one, &visit, NULL, &sender), 0);
    check_equal(gr_yield(), 0);
    int before = 0;
    for (int item; (item = receive_in(channel, 10 * GR_SECOND)) != -1000; before++)
        check(item >= 0 && before < 10);
    check(before <= 2);
    check_equal(gr_runner_join(sender, gr_in(10 * GR_SECOND)), 0);
    check_equal(gr_channel_close(channel), 0);
    while (receive_in(channel, 10 * GR_SECOND) != GR_EOF)
        continue;
    gr_channel_drop(channel);
}

static void receive_the_end(void *context)
{
    struct visit *visit = context;
    visit->rc = receive_in(visit->channel, 10 * GR_SECOND);
}

static void close_it(void *context)
{
    struct visit *visit = context;
    visit->rc = gr_channel_close(visit->channel);
}

RUNNER_TEST(is_closed_for_all_loops_from_any)
{
    for (int there = 0; there < 2; there++) {
        gr_channel channel = make(10);
        struct visit visit = {channel, 1, 3, 0};
        on_loop(THERE, send_range, &visit);
        if (there) {
            on_loop(THERE, close_it, &visit);
            check_equal(visit.rc, 0);
        } else {
            check_equal(gr_channel_close(channel), 0);
        }
        for (int i = 1; i <= 3; i++)
            check_equal(receive_in(channel, 10 * GR_SECOND), i);
        check_equal(receive_in(channel, 10 * GR_SECOND), GR_EOF);
        on_loop(THERE, send_range, &visit);
        check_equal(visit.rc, -EPIPE);
        on_loop(THERE, receive_the_end, &visit);
        check_equal(visit.rc, GR_EOF);
        gr_channel_drop(channel);
        on_loop(THERE, send_range, &visit);
        check_equal(visit.rc, -EPIPE);
        on_loop(THERE, receive_the_end, &visit);
        check_equal(visit.rc, GR_EOF);
    }
}

/* A loop that first uses a channel after its end learns of it at once. */
RUNNER_TEST(tells_a_loop_that_comes_late)
{
    for (int dropped = 0; dropped < 2; dropped++) {
        gr_channel channel = make(10);
        check_equal(gr_channel_close(channel), 0);
        if (dropped)
            gr_channel_drop(channel);
        struct visit visit = {channel, 1, 1, 0};
        on_loop(THERE, send_range, &visit);
        check_equal(visit.rc, -EPIPE);
        on_loop(THERE, receive_the_end, &visit);
        check_equal(visit.rc, GR_EOF);
        gr_channel_drop(channel);
    }
}

struct patience {
    gr_channel channel;
    gr_promise started;
    gr_promise over;
};

static int wait_long(void *context)
{
    struct patience *patience = context;
    int rc = receive_in(patience->channel, 10 * GR_SECOND);
    check_equal(gr_promise_resolve(patience->over, &rc, sizeof rc), 0);
    return 0;
}

static void start_waiting(void *context)
{
    check_equal(gr_runner_start(wait_long, context, NULL, NULL), 0);
}

RUNNER_TEST(lets_those_go_who_wait_on_other_loops)
{
    for (int dropped = 0; dropped < 2; dropped++) {
        gr_channel channel = make(1);
        gr_future over;
        struct patience patience = {.channel = channel};
        check_equal(gr_future_make(&over, &patience.over), 0);
        on_loop(THERE, start_waiting, &patience);
        if (dropped)
            gr_channel_drop(channel);
        else
            check_equal(gr_channel_close(channel), 0);
        int rc = 0;
        check_equal(gr_future_await(over, &rc, sizeof rc, gr_in(10 * GR_SECOND)), 0);
        check_equal(rc, GR_EOF);
        gr_channel_drop(channel);
    }
}

static void receive_in_vain(void *context)
{
    struct visit *visit = context;
    visit->rc = receive_in(visit->channel, GR_MILLISECOND);
}

/*
 *     loop 1                           loop 0, the channel's
 *     wants one            ------->
 *     its deadline passes:
 *     wants one less       ------->
 *                                      an item is sent: nobody else wants it
 */
RUNNER_TEST(forgets_a_receiver_of_another_loop_that_has_given_up)
{
    gr_channel channel = make(4);
    struct visit visit = {.channel = channel};
    on_loop(THERE, receive_in_vain, &visit);
    check_equal(visit.rc, -ETIMEDOUT);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(send_in(channel, 1, 0), 0);
    check_equal(send_in(channel, 2, 0), 0);
    check_equal(receive_in(channel, 10 * GR_SECOND), 1);
    check_equal(receive_in(channel, 10 * GR_SECOND), 2);
    gr_channel_drop(channel);
}

/* Two waits of the other loop, by hand; the first is cancelled once an item was granted to it. */
struct pair {
    gr_channel channel;
    int items[2];
};

static void wake(struct gr_waiter *waiter)
{
    *(bool *)(waiter + 1) = true;
}

struct flag {
    struct gr_waiter waiter;
    bool woken;
};

/* By hand, on the other loop: what was granted is given up, with nobody there to pass it to. */
static void be_granted_and_give_up(void *context)
{
    struct pair *pair = context;
    struct gr_channel_wait wait;
    struct flag flag = {{wake}, false};
    struct gr_awaitable *awaitable =
        gr_channel_receive_awaitable(&wait, pair->channel, &pair->items[0], sizeof(int));
    check(!awaitable->type->ready(awaitable));
    check_equal(awaitable->type->subscribe(awaitable, &flag.waiter), 0);
    check_soon(flag.woken);
    check(awaitable->type->ready(awaitable));
    check(awaitable->type->cancel(awaitable));
}

static void do_nothing(void *context)
{
    (void)context;
}

/* To the other loop and back takes as long as the item takes to come back, which is sent before. */
RUNNER_TEST(takes_an_item_back_to_its_place_that_was_granted_on_another_loop_and_given_up)
{
    gr_channel channel = make(4);
    struct pair pair = {.channel = channel};
    for (int i = 1; i <= 3; i++)
        check_equal(send_in(channel, i, 0), 0);
    on_loop(THERE, be_granted_and_give_up, &pair);
    on_loop(THERE, do_nothing, NULL);
    for (int i = 1; i <= 3; i++)
        check_equal(receive_in(channel, 10 * GR_SECOND), i);

    /* The other loop is owed nothing, and owes nothing. */
    check_equal(send_in(channel, 4, 0), 0);
    on_loop(THERE, receive_range, &(struct visit){channel, 4, 4, 0});
    check_equal(gr_channel_close(channel), 0);
    check_equal(receive_in(channel, 10 * GR_SECOND), GR_EOF);
    gr_channel_drop(channel);
}

/* An item that was given up and is still there goes to the next who comes; so does the one after. */
static void give_up_and_come_again(void *context)
{
    struct pair *pair = context;
    be_granted_and_give_up(context);
    check_equal(receive_in(pair->channel, 10 * GR_SECOND), 1);
    check_equal(receive_in(pair->channel, 10 * GR_SECOND), 2);
}

RUNNER_TEST(gives_an_item_that_was_given_up_to_the_next_of_that_loop)
{
    gr_channel channel = make(4);
    struct pair pair = {.channel = channel};
    check_equal(send_in(channel, 1, 0), 0);
    check_equal(send_in(channel, 2, 0), 0);
    on_loop(THERE, give_up_and_come_again, &pair);
    gr_channel_drop(channel);
}

/* Granted on the other loop, and not taken: until that is given up the channel is not at its end. */
static struct gr_channel_wait granted;
static struct flag granted_flag;

static void be_granted(void *context)
{
    struct pair *pair = context;
    granted_flag = (struct flag){{wake}, false};
    struct gr_awaitable *awaitable =
        gr_channel_receive_awaitable(&granted, pair->channel, &pair->items[0], sizeof(int));
    check_equal(awaitable->type->subscribe(awaitable, &granted_flag.waiter), 0);
    check_soon(granted_flag.woken);
}

static void give_up(void *context)
{
    (void)context;
    check(granted.awaitable.type->cancel(&granted.awaitable));
}

RUNNER_TEST(is_not_at_its_end_while_an_item_may_come_back)
{
    gr_channel channel = make(4);
    struct pair pair = {.channel = channel};
    check_equal(send_in(channel, 1, 0), 0);
    on_loop(THERE, be_granted, &pair);
    check_equal(gr_channel_close(channel), 0);
    check_equal(receive_in(channel, GR_MILLISECOND), -ETIMEDOUT);
    on_loop(THERE, give_up, NULL);
    check_equal(receive_in(channel, 10 * GR_SECOND), 1);
    check_equal(receive_in(channel, 10 * GR_SECOND), GR_EOF);
    gr_channel_drop(channel);
}

static bool all_sent;

static void send_and_say(void *context)
{
    send_range(context);
    check_equal(gr_yield(), 0); /* what was sent is on its way */
    __atomic_store_n(&all_sent, true, __ATOMIC_RELEASE);
}

/*
 *     loop 1                           loop 0, the channel's
 *     sends three items  ---------->   stands still
 *                                      closes, and only then takes the mail
 *     hears of the close
 */
RUNNER_TEST(gives_what_was_on_its_way_when_it_was_closed)
{
    gr_channel channel = make(10);
    struct visit visit = {channel, 1, 1, 0};
    on_loop(THERE, send_range, &visit);
    check_equal(receive_in(channel, 10 * GR_SECOND), 1);
    visit = (struct visit){channel, 2, 4, 0};
    __atomic_store_n(&all_sent, false, __ATOMIC_RELEASE);
    check_equal(gr_post(THERE, send_and_say, &visit, NULL), 0);
    check_equal(gr_yield(), 0);
    gr_time give_up_at = gr_in(10 * GR_SECOND);
    while (!__atomic_load_n(&all_sent, __ATOMIC_ACQUIRE) && gr_clock() < give_up_at)
        continue;
    check_equal(gr_channel_close(channel), 0);
    for (int i = 2; i <= 4; i++)
        check_equal(receive_in(channel, 10 * GR_SECOND), i);
    check_equal(receive_in(channel, 10 * GR_SECOND), GR_EOF);
    gr_channel_drop(channel);
}

/* Another runner of the loop waits: he has it, and nothing more comes for him. */
static void be_granted_and_pass_on(void *context)
{
    struct pair *pair = context;
    struct gr_channel_wait waits[2];
    struct flag flags[2] = {{{wake}, false}, {{wake}, false}};
    for (int i = 0; i < 2; i++) {
        struct gr_awaitable *awaitable =
            gr_channel_receive_awaitable(&waits[i], pair->channel, &pair->items[i], sizeof(int));
        check_equal(awaitable->type->subscribe(awaitable, &flags[i].waiter), 0);
    }
    check_soon(flags[0].woken);
    check(!flags[1].woken);
    check(waits[0].awaitable.type->cancel(&waits[0].awaitable));
    check(flags[1].woken);
    check_equal(waits[1].awaitable.type->take(&waits[1].awaitable), 0);
    check_equal(pair->items[1], 1);
}

RUNNER_TEST(passes_an_item_on_within_the_loop_to_which_it_was_lent)
{
    gr_channel channel = make(4);
    struct pair pair = {.channel = channel};
    check_equal(send_in(channel, 1, 0), 0);
    on_loop(THERE, be_granted_and_pass_on, &pair);
    check_equal(send_in(channel, 2, 0), 0);
    check_equal(receive_in(channel, 10 * GR_SECOND), 2);
    check_equal(gr_channel_close(channel), 0);
    check_equal(receive_in(channel, 10 * GR_SECOND), GR_EOF);
    gr_channel_drop(channel);
}

/* One is picked each time, and from the other nothing is taken. */
static void pick_all(void *context)
{
    const gr_channel *channels = context;
    struct gr_channel_wait waits[2];
    int next[2] = {0, 0}, item = -1;
    while (next[0] + next[1] < 200) {
        struct gr_member members[2], *picked = NULL;
        for (int i = 0; i < 2; i++)
            members[i] = (struct gr_member){.awaitable = gr_channel_receive_awaitable(
                                                &waits[i], channels[i], &item, sizeof item)};
        if (!check_equal(gr_pick(members, 2, &picked, gr_in(10 * GR_SECOND)), 0))
            return;
        check_equal(picked->status, 0);
        int which = picked == &members[1];
        check_equal(item, next[which]++);
    }
}

RUNNER_TEST(can_be_picked_from_with_another_and_loses_nothing)
{
    gr_channel channels[2] = {make(3), make(2)};
    struct visit visits[2] = {{channels[0], 0, 99, 0}, {channels[1], 0, 99, 0}};
    gr_runner senders[2];
    for (int loop = 0; loop < 2; loop++) {
        for (int i = 0; i < 2; i++)
            check_equal(gr_runner_start(send_visit, &visits[i], NULL, &senders[i]), 0);
        on_loop(loop, pick_all, channels);
        for (int i = 0; i < 2; i++)
            check_equal(gr_runner_join(senders[i], gr_in(10 * GR_SECOND)), 0);
    }
    gr_channel_drop(channels[0]);
    gr_channel_drop(channels[1]);
}

/* Of two full channels, the one that has room gets the item, and the other does not. */
LONE_RUNNER_TEST(can_be_picked_to_send_into_with_another)
{
    gr_channel channels[2] = {make(1), make(1)};
    for (int i = 0; i < 2; i++)
        check_equal(send_in(channels[i], i, 0), 0);
    check_equal(receive_in(channels[1], 0), 1);
    struct gr_channel_wait waits[2];
    struct gr_member members[2], *picked = NULL;
    int item = 5;
    for (int i = 0; i < 2; i++)
        members[i] = (struct gr_member){
            .awaitable = gr_channel_send_awaitable(&waits[i], channels[i], &item, sizeof item)};
    check_equal(gr_pick(members, 2, &picked, gr_in(GR_SECOND)), 0);
    check(picked == &members[1]);
    check_equal(receive_in(channels[0], 0), 0);
    check_equal(receive_in(channels[1], 0), 5);
    check_equal(receive_in(channels[0], GR_MILLISECOND), -ETIMEDOUT);
    gr_channel_drop(channels[0]);
    gr_channel_drop(channels[1]);
}

static int released;

static void count_release(void *data, void *context)
{
    (void)data, (void)context;
    __atomic_add_fetch(&released, 1, __ATOMIC_SEQ_CST);
}

static void send_buffers(void *context)
{
    struct visit *visit = context;
    for (int i = 0; i < 3; i++) {
        struct gr_buffer buffer = {"b", 2, count_release, NULL};
        visit->rc = gr_channel_send_buffer(visit->channel, &buffer, gr_in(GR_SECOND));
        check_equal(visit->rc, 0);
        check(buffer.data == NULL);
    }
}

static void receive_buffer(void *context)
{
    struct visit *visit = context;
    struct gr_buffer buffer;
    check_equal(gr_channel_receive(visit->channel, &buffer, sizeof buffer, gr_in(GR_SECOND)), 0);
    gr_buffer_release(&buffer);
}

RUNNER_TEST(moves_buffers_between_loops_and_releases_each_once)
{
    released = 0;
    gr_channel channel;
    check_equal(gr_channel_make(GR_CHANNEL_BUFFERS, 10, &channel), 0);
    struct visit visit = {.channel = channel};
    on_loop(THERE, send_buffers, &visit);
    on_loop(THERE, receive_buffer, &visit);
    check_equal(gr_channel_close(channel), 0);
    on_loop(THERE, receive_buffer, &visit);
    check_equal(__atomic_load_n(&released, __ATOMIC_SEQ_CST), 2);
    gr_channel_drop(channel);
    check_equal(__atomic_load_n(&released, __ATOMIC_SEQ_CST), 3);
}

static void use_and_leave(void *context)
{
    struct visit *visit = context;
    for (int i = 0; i < 3; i++) {
        struct gr_buffer buffer = {"b", 2, count_release, NULL};
        check_equal(gr_channel_send_buffer(visit->channel, &buffer, gr_in(GR_SECOND)), 0);
    }
}

static int leave_all_behind(void *context)
{
    (void)context;
    struct visit visit = {0};
    check_equal(gr_channel_make(GR_CHANNEL_BUFFERS, 2, &visit.channel), 0);
    on_loop(THERE, use_and_leave, &visit);
    return 0;
}

static void leaks_nothing_when_its_loops_stop(void **state)
{
    (void)state;
    __atomic_store_n(&released, 0, __ATOMIC_SEQ_CST);
    int rc = gr_run(leave_all_behind, NULL, &(struct gr_options){.loops = 2});
    assert_int_equal(rc, 0);
    assert_int_equal(__atomic_load_n(&released, __ATOMIC_SEQ_CST), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_items_from_another_loop_in_order),
        cmocka_unit_test(carries_items_to_another_loop_in_order),
        cmocka_unit_test(makes_senders_of_another_loop_wait),
        cmocka_unit_test(lets_its_own_senders_in_though_another_loop_never_stops),
        cmocka_unit_test(is_closed_for_all_loops_from_any),
        cmocka_unit_test(tells_a_loop_that_comes_late),
        cmocka_unit_test(lets_those_go_who_wait_on_other_loops),
        cmocka_unit_test(forgets_a_receiver_of_another_loop_that_has_given_up),
        cmocka_unit_test(
            takes_an_item_back_to_its_place_that_was_granted_on_another_loop_and_given_up),
        cmocka_unit_test(gives_an_item_that_was_given_up_to_the_next_of_that_loop),
        cmocka_unit_test(is_not_at_its_end_while_an_item_may_come_back),
        cmocka_unit_test(gives_what_was_on_its_way_when_it_was_closed),
        cmocka_unit_test(passes_an_item_on_within_the_loop_to_which_it_was_lent),
        cmocka_unit_test(can_be_picked_from_with_another_and_loses_nothing),
        cmocka_unit_test(can_be_picked_to_send_into_with_another),
        cmocka_unit_test(moves_buffers_between_loops_and_releases_each_once),
        cmocka_unit_test(leaks_nothing_when_its_loops_stop),
    };
    return cmocka_run_group_tests_name("channel between loops", tests, NULL, NULL);
}
