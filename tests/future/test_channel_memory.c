/* A channel between loops loses nothing and leaves nobody waiting when there is no memory for a word. */
#include <errno.h>
#include <stdatomic.h>

#include "future/port.h"
#include "lib/shortage.h"

enum { THERE = 1, LARGE = 100 /* bytes of an item that crosses in its own block */ };

static atomic_int sending;

static int send_large_ones(void *context)
{
    static const char item[LARGE];
    for (int i = 0; i < 4; i++) {
        if (i == 1)
            check_soon(atomic_load(&sending) == 1);
        int rc = gr_channel_send(*(gr_channel *)context, item, LARGE, gr_in(10 * GR_SECOND));
        if (rc < 0)
            return rc;
    }
    return 0;
}

/*
 *     the port                       the channel, of one item
 *     credit 0: item ------------->  is let in; no memory to say so
 *     waits for credit               the item is received, its memory is free
 *              <-------------------  room
 */
RUNNER_TEST(lets_a_sender_go_on_whom_it_could_not_tell_of_its_room)
{
    char item[LARGE];
    gr_channel channel;
    struct gr_scope scope;
    atomic_store(&sending, 0);
    check_equal(gr_channel_make(LARGE, 1, &channel), 0);
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, THERE, send_large_ones, &channel, NULL, NULL), 0);
    check_equal(gr_channel_receive(channel, item, LARGE, gr_in(10 * GR_SECOND)), 0);
    void *held = take_all(GR__BLOCK_MIN);
    atomic_store(&sending, 1);
    check_equal(gr_channel_receive(channel, item, LARGE, gr_in(10 * GR_SECOND)), 0);
    give_all(held, GR__BLOCK_MIN);
    for (int i = 2; i < 4; i++)
        check_equal(gr_channel_receive(channel, item, LARGE, gr_in(10 * GR_SECOND)), 0);
    check_equal(gr_scope_close(&scope, 0), 0);
    gr_channel_drop(channel);
}

static atomic_int stage;

enum { POOR = 1, SERVED };

static int receive_in_vain(void *context)
{
    char item[LARGE];
    return gr_channel_receive(*(gr_channel *)context, item, LARGE, gr_in(10 * GR_SECOND));
}

/* Wait in vain, and give up; without memory from then on, until an item comes all the same. */
static int give_up_and_be_poor(void *context)
{
    const gr_channel *channel = context;
    gr_runner receiver;
    char item[LARGE] = {1};
    check_equal(gr_channel_send(*channel, item, LARGE, gr_in(10 * GR_SECOND)), 0);
    check_equal(gr_runner_start(receive_in_vain, context, NULL, &receiver), 0);
    const struct gr__port *port = gr__port_find(channel->name);
    check_soon(port->credit == 1);
    void *held = take_all(GR__BLOCK_MIN);
    gr_runner_cancel(receiver);
    check_equal(gr_runner_join(receiver, gr_in(10 * GR_SECOND)), -ECANCELED);
    atomic_store(&stage, POOR);
    while (port->count == 0 && atomic_load(&stage) != SERVED) {
        held = take_more(held, GR__BLOCK_MIN);
        check_equal(gr_yield(), 0);
    }
    check_soon(atomic_load(&stage) == SERVED);
    give_all(held, GR__BLOCK_MIN);
    return 0;
}

/*
 *     the port                       the channel
 *     item ----------------------->  is received
 *              <-------------------  room: no more is under way then
 *     +1 ------------------------->  wants one
 *     gives up; no memory to say so
 *              <-------------------  item
 *     nobody waits: asks, with what it kept to ask with, and says so then
 *     item ----------------------->  is back
 */
RUNNER_TEST(has_an_item_back_from_a_loop_that_could_not_say_that_it_wants_no_more)
{
    char item[LARGE];
    gr_channel channel;
    struct gr_scope scope;
    atomic_store(&stage, 0);
    check_equal(gr_channel_make(LARGE, 1, &channel), 0);
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, THERE, give_up_and_be_poor, &channel, NULL, NULL), 0);
    check_equal(gr_channel_receive(channel, item, LARGE, gr_in(10 * GR_SECOND)), 0);
    check_soon(atomic_load(&stage) == POOR);
    check_equal(gr_channel_try_send(channel, item, LARGE), 0);
    check_equal(gr_channel_receive(channel, item, LARGE, gr_in(8 * GR_SECOND)), 0);
    atomic_store(&stage, SERVED);
    check_equal(gr_scope_close(&scope, 0), 0);
    gr_channel_drop(channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_a_sender_go_on_whom_it_could_not_tell_of_its_room),
        cmocka_unit_test(has_an_item_back_from_a_loop_that_could_not_say_that_it_wants_no_more),
    };
    return cmocka_run_group_tests_name("channel without memory", tests, NULL, NULL);
}
