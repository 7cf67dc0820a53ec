/* Who sends to another loop is slowed before more is under way than the lane holds; none is forgotten. */
#include <errno.h>

#include "lib/fixture.h"
#include "loop/loop.h"

enum { NUMBER = 1, COUNT };
enum { SENDERS = 3000 };

static int count_numbers(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *count = self->state;
    if (message->tag == COUNT)
        return gr_reply(message, count, sizeof *count);
    (*count)++;
    return 0;
}

static const struct gr_behavior counter = {
    .name = "counter", .receive = count_numbers, .state_bytes = sizeof(uint64_t)};

static gr_actor spawn_there(void)
{
    gr_actor actor = {0};
    struct gr_actor_options there = {.where = GR_ON_LOOP(1)};
    check_equal(gr_actor_spawn(&counter, &there, &actor), 0);
    return actor;
}

static uint64_t counted_by(gr_actor actor)
{
    uint64_t count = 0;
    check_equal(gr_ask(actor, COUNT, NULL, 0, &count, sizeof count, gr_in(10 * GR_SECOND)), 0);
    return count;
}

static struct gr__outbox *way_there(void)
{
    return gr__loop_outbox(gr__loop_here(), 1);
}

/* Loop 1 stands still, and takes nothing, from when it is held until it is let go; for a while at most. */
static bool held, let_go;

static void stand_still(void *context)
{
    (void)context;
    __atomic_store_n(&held, true, __ATOMIC_SEQ_CST);
    gr_time end = gr_clock() + 20 * GR_SECOND;
    while (!__atomic_load_n(&let_go, __ATOMIC_SEQ_CST) && gr_clock() < end)
        ;
}

static void hold_there(void)
{
    held = let_go = false;
    check_equal(gr_post(1, stand_still, NULL, NULL), 0);
    check_soon(__atomic_load_n(&held, __ATOMIC_SEQ_CST));
}

static void let_go_there(void)
{
    __atomic_store_n(&let_go, true, __ATOMIC_SEQ_CST);
}

/* Send without a wait until that is refused; how many were sent. */
static uint64_t send_all_that_can_be(gr_actor actor)
{
    uint64_t count = 0;
    int rc;
    while ((rc = gr_try_send(actor, NUMBER, NULL, 0)) == 0)
        count++;
    check_equal(rc, -EAGAIN);
    return count;
}

static void fill_pace(gr_actor actor)
{
    while (!gr__outbox_slows(way_there()))
        check_equal(gr_send(actor, NUMBER, NULL, 0), 0);
}

RUNNER_TEST(lets_who_cannot_wait_send_up_to_the_window)
{
    gr_actor actor = spawn_there();
    hold_there();
    uint64_t sent = send_all_that_can_be(actor);
    check_equal(way_there()->under_way, GR__OUTBOX_WINDOW);
    check(sent > GR__OUTBOX_WINDOW - GR__OUTBOX_PACE);
    let_go_there();
    check_equal(counted_by(actor), sent);
}

/* What a sender does; where it was cancelled, that is what it returns. */
static int send_one(void *context)
{
    return gr_send(*(const gr_actor *)context, NUMBER, NULL, 0);
}

static gr_runner start_sender(gr_actor *actor)
{
    gr_runner runner = {0};
    check_equal(gr_runner_start(send_one, actor, NULL, &runner), 0);
    return runner;
}

static bool somebody_waits(void)
{
    return !gr__list_empty(&way_there()->waiters);
}

RUNNER_TEST(refuses_who_cannot_wait_what_others_wait_for)
{
    gr_actor actor = spawn_there();
    hold_there();
    fill_pace(actor);
    check_equal(gr_try_send(actor, NUMBER, NULL, 0), 0);
    gr_runner sender = start_sender(&actor);
    check_soon(somebody_waits());
    check_equal(gr_try_send(actor, NUMBER, NULL, 0), -EAGAIN);
    let_go_there();
    check_equal(gr_runner_join(sender, gr_in(10 * GR_SECOND)), 0);
    check_equal(gr_try_send(actor, NUMBER, NULL, 0), 0);
}

RUNNER_TEST(wakes_all_who_wait_for_the_way_though_each_sends_but_one)
{
    gr_actor actor = spawn_there();
    static gr_runner senders[SENDERS];
    hold_there();
    for (int i = 0; i < SENDERS; i++)
        senders[i] = start_sender(&actor);
    check_soon(somebody_waits());
    let_go_there();
    for (int i = 0; i < SENDERS; i++)
        check_equal(gr_runner_join(senders[i], gr_in(10 * GR_SECOND)), 0);
    check_equal(counted_by(actor), SENDERS);
}

/*
 *     first    waits                          cancelled                  runs: passes the word on
 *     second            waits                                                                     sends
 *     room                        for one: first woken
 */
RUNNER_TEST(wakes_the_next_where_one_that_was_woken_is_cancelled)
{
    gr_actor actor = spawn_there();
    hold_there();
    fill_pace(actor);
    gr_runner first = start_sender(&actor);
    gr_runner second = start_sender(&actor);
    check_soon(somebody_waits() && way_there()->waiters.next != way_there()->waiters.previous);

    gr_runner_cancel(first);
    way_there()->under_way--;
    gr__outbox_pass(way_there());
    check_equal(gr_runner_join(first, gr_in(5 * GR_SECOND)), -ECANCELED);
    check_equal(gr_runner_join(second, gr_in(5 * GR_SECOND)), 0);
    way_there()->under_way++;
    let_go_there();
}

/* Those that wait where the actor has gone meanwhile do not need the room that they are given. */
RUNNER_TEST(wakes_all_who_wait_for_the_way_though_some_do_not_send)
{
    gr_actor actor = spawn_there();
    struct gr_actor_options there = {.where = GR_ON_LOOP(1)};
    static const struct gr_behavior narrow = {.name = "narrow",
                                              .receive = count_numbers,
                                              .state_bytes = sizeof(uint64_t),
                                              .mailbox_max = 4};
    gr_actor small = {0};
    check_equal(gr_actor_spawn(&narrow, &there, &small), 0);
    static gr_runner senders[SENDERS];
    hold_there();
    fill_pace(small);
    for (int i = 0; i < SENDERS; i++)
        senders[i] = start_sender(i % 2 == 0 ? &actor : &small);
    check_soon(somebody_waits());
    let_go_there();
    for (int i = 0; i < SENDERS; i++)
        check_equal(gr_runner_join(senders[i], gr_in(10 * GR_SECOND)), 0);
    check_equal(counted_by(actor), SENDERS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_who_cannot_wait_send_up_to_the_window),
        cmocka_unit_test(refuses_who_cannot_wait_what_others_wait_for),
        cmocka_unit_test(wakes_all_who_wait_for_the_way_though_each_sends_but_one),
        cmocka_unit_test(wakes_the_next_where_one_that_was_woken_is_cancelled),
        cmocka_unit_test(wakes_all_who_wait_for_the_way_though_some_do_not_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
