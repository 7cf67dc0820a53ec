/* Linked actors end together, save with reason 0; who traps exits hears of it instead. */
#include <errno.h>
#include <sched.h>

#include "base/memory.h"
#include "lib/gate.h"
#include "lib/spawned.h"
#include "loop/loop.h"

enum { LINK = 1, UNLINK, TRAP, UNTRAP, HEARD, HOLD_AND_UNLINK, FAIL, LINK_LATE, FILL };

struct heard {
    uint64_t exits;
    int64_t reason; /* of the last one */
    uint64_t actor; /* of the last one */
};

static int control(struct gr_self *self, const struct gr_control *control)
{
    struct heard *heard = self->state;
    check_equal(control->kind, GR_EXIT);
    check_equal(control->monitor.name, 0);
    heard->exits++;
    heard->reason = control->reason;
    heard->actor = control->actor.name;
    return 0;
}

static int hold_and_unlink(struct gr_self *self, const struct gr_message *message)
{
    int rc = wait_at_gate(message, gr_in(20 * GR_SECOND));
    gr_self_unlink(self, *(const gr_actor *)message->data);
    return rc;
}

static bool is_busy, may_link;

/* Keep the loop from all else until the other has made its link, whose half is on its way then. */
static int link_late(struct gr_self *self, const struct gr_message *message)
{
    __atomic_store_n(&is_busy, true, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&may_link, __ATOMIC_SEQ_CST))
        sched_yield();
    return gr_self_link(self, *(const gr_actor *)message->data);
}

/* Link with actors that never were, until there is no memory; reply with how many. */
static int fill(struct gr_self *self, const struct gr_message *message)
{
    uint64_t made = 0;
    int rc;
    gr__memory_fail_after(0);
    while ((rc = gr_self_link(self, (gr_actor){(made + 1) << 33 | 0xfffff0})) == 0)
        made++;
    gr__memory_fail_after(-1);
    check_equal(rc, -ENOMEM);
    return gr_reply(message, &made, sizeof made);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    switch (message->tag) {
    case LINK:
        return gr_reply(message, &(int){gr_self_link(self, *(const gr_actor *)message->data)},
                        sizeof(int));
    case UNLINK:
        gr_self_unlink(self, *(const gr_actor *)message->data);
        return 0;
    case TRAP:
    case UNTRAP:
        return gr_self_trap_exits(self, message->tag == TRAP);
    case HEARD:
        return gr_reply(message, self->state, sizeof(struct heard));
    case HOLD_AND_UNLINK:
        return hold_and_unlink(self, message);
    case FAIL:
        return -EIO;
    case LINK_LATE:
        return link_late(self, message);
    case FILL:
        return fill(self, message);
    }
    return -ENOTSUP;
}

static const struct gr_behavior linked = {
    .name = "linked", .receive = receive, .control = control, .state_bytes = sizeof(struct heard)};

static gr_actor spawn(int loop)
{
    return spawn_at(&linked, loop);
}

/* An order is carried out once the reply to a later question is there. */
static struct heard heard_by(gr_actor actor)
{
    struct heard heard = {0};
    check_equal(gr_ask(actor, HEARD, NULL, 0, &heard, sizeof heard, gr_in(5 * GR_SECOND)), 0);
    return heard;
}

static void order(gr_actor actor, uint32_t tag, gr_actor other)
{
    check_equal(gr_send(actor, tag, &other, sizeof other), 0);
    heard_by(actor);
}

static gr_actor spawn_trapping(int loop)
{
    gr_actor actor = spawn(loop);
    order(actor, TRAP, actor);
    return actor;
}

static void link_them(gr_actor one, gr_actor other)
{
    int rc = -1;
    check_equal(gr_ask(one, LINK, &other, sizeof other, &rc, sizeof rc, gr_in(5 * GR_SECOND)), 0);
    check_equal(rc, 0);
}

static int reason_of_end(gr_actor actor)
{
    int reason = 1;
    check_equal(gr_actor_join(actor, &reason, gr_in(5 * GR_SECOND)), 0);
    return reason;
}

static void stop(gr_actor actor, int reason)
{
    check_equal(gr_actor_stop(actor, reason), 0);
}

#define EACH_PAIR(a, b)                                                                            \
    for (int a = 0; a < 2; a++)                                                                    \
        for (int b = 0; b < 2; b++)

/* Waits for an end before it comes, so that the reason is still there to be told. */
struct join {
    gr_actor actor;
    int reason;
    gr_runner runner;
};

static int join(void *context)
{
    struct join *join = context;
    return gr_actor_join(join->actor, &join->reason, gr_in(5 * GR_SECOND));
}

static void begin_join(struct join *waits, gr_actor actor)
{
    *waits = (struct join){.actor = actor, .reason = 1};
    check_equal(gr_runner_start(join, waits, NULL, &waits->runner), 0);
    check_equal(gr_yield(), 0);
    heard_by(actor); /* the monitor went there before this question */
}

static int joined(struct join *waits)
{
    check_equal(gr_runner_join(waits->runner, gr_in(5 * GR_SECOND)), 0);
    return waits->reason;
}

RUNNER_TEST(passes_a_failure_on_in_both_directions)
{
    EACH_PAIR(a, b)
    {
        for (int dies = 0; dies < 2; dies++) {
            gr_actor pair[2] = {spawn(a), spawn(b)};
            link_them(pair[0], pair[1]);
            struct join waits;
            begin_join(&waits, pair[1 - dies]);
            stop(pair[dies], -EPIPE);
            check_equal(joined(&waits), -EPIPE);
        }
    }
}

RUNNER_TEST(passes_a_failure_on_along_a_chain)
{
    enum { CHAIN = 10 };
    gr_actor chain[CHAIN];
    for (int i = 0; i < CHAIN; i++)
        chain[i] = spawn(i % 2);
    for (int i = 1; i < CHAIN; i++)
        link_them(chain[i], chain[i - 1]);
    struct join waits;
    begin_join(&waits, chain[CHAIN - 1]);
    stop(chain[0], -EXDEV);
    check_equal(joined(&waits), -EXDEV);
    check_soon(gr_actor_count() == 0);
}

RUNNER_TEST(does_not_pass_a_normal_end_on)
{
    EACH_PAIR(a, b)
    {
        gr_actor one = spawn(a), other = spawn(b);
        link_them(one, other);
        stop(other, 0);
        reason_of_end(other);
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
        check_equal(heard_by(one).exits, 0);
        stop(one, 0);
    }
}

RUNNER_TEST(tells_who_traps_exits_instead_whatever_the_reason)
{
    static const int reasons[] = {0, -EPIPE, -ESHUTDOWN};
    EACH_PAIR(a, b)
    {
        gr_actor one = spawn_trapping(a);
        for (uint64_t i = 0; i < 3; i++) {
            gr_actor other = spawn(b);
            link_them(one, other);
            stop(other, reasons[i]);
            check_soon(heard_by(one).exits == i + 1);
            check_equal(heard_by(one).reason, reasons[i]);
            check(heard_by(one).actor == other.name);
        }
        stop(one, 0);
    }
}

RUNNER_TEST(stops_who_traps_exits_no_longer)
{
    gr_actor one = spawn_trapping(0), other = spawn(1);
    order(one, UNTRAP, one);
    link_them(one, other);
    struct join waits;
    begin_join(&waits, one);
    stop(other, -EPIPE);
    check_equal(joined(&waits), -EPIPE);
}

RUNNER_TEST(signals_that_the_other_had_gone_before)
{
    EACH_PAIR(a, b)
    {
        gr_actor one = spawn_trapping(a), other = spawn(b);
        stop(other, 0);
        reason_of_end(other);
        link_them(one, other);
        check_soon(heard_by(one).exits == 1);
        check_equal(heard_by(one).reason, -ESTALE);
        link_them(one, (gr_actor){0});
        check_soon(heard_by(one).exits == 2);
        check_equal(heard_by(one).reason, -ESTALE);
        stop(one, 0);

        gr_actor untrapping = spawn(a);
        struct join waits;
        begin_join(&waits, untrapping);
        check_equal(gr_send(untrapping, LINK, &other, sizeof other), 0);
        check_equal(joined(&waits), -ESTALE);
    }
}

RUNNER_TEST(is_one_whoever_made_it_and_however_often)
{
    EACH_PAIR(a, b)
    {
        gr_actor one = spawn_trapping(a), other = spawn_trapping(b);
        for (int i = 0; i < 3; i++) {
            link_them(one, other);
            link_them(other, one);
            link_them(one, one);
        }
        stop(other, -EPIPE);
        check_soon(heard_by(one).exits == 1);
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
        check_equal(heard_by(one).exits, 1);
        stop(one, 0);
    }
}

/*
 *     one, loop 0                       other, loop 1
 *                                       computes
 *     links with other: half ....
 *                               .       links with one: half ....
 *                               ....>   two links              <.... two links
 */
static void link_at_once(gr_actor one, gr_actor other)
{
    is_busy = may_link = false;
    check_equal(gr_send(other, LINK_LATE, &one, sizeof one), 0);
    check_soon(__atomic_load_n(&is_busy, __ATOMIC_SEQ_CST));
    link_them(one, other);
    __atomic_store_n(&may_link, true, __ATOMIC_SEQ_CST);
    heard_by(other);
    heard_by(one);
}

RUNNER_TEST(signals_once_though_both_made_it_at_once)
{
    for (int dies = 0; dies < 2; dies++) {
        gr_actor pair[] = {spawn_trapping(0), spawn_trapping(1)};
        link_at_once(pair[0], pair[1]);
        stop(pair[dies], -EPIPE);
        check_soon(heard_by(pair[1 - dies]).exits == 1);
        check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
        check_equal(heard_by(pair[1 - dies]).exits, 1);
        stop(pair[1 - dies], 0);
    }
}

RUNNER_TEST(is_ended_as_one_though_both_made_it_at_once)
{
    gr_actor one = spawn_trapping(0), other = spawn_trapping(1);
    link_at_once(one, other);
    order(one, UNLINK, other);
    heard_by(other);
    stop(other, -EPIPE);
    reason_of_end(other);
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    check_equal(heard_by(one).exits, 0);
    stop(one, 0);
}

RUNNER_TEST(takes_no_more_memory_however_often_it_is_made)
{
    gr_actor one = spawn_trapping(0), other = spawn(0);
    link_them(one, other);
    int64_t before = gr__pool_live_bytes(&gr__loop_here()->pool);
    for (int i = 0; i < 100; i++)
        link_them(one, other);
    check_equal(gr__pool_live_bytes(&gr__loop_here()->pool), before);
    stop(one, 0);
    stop(other, 0);
}

RUNNER_TEST(is_refused_without_memory_and_those_there_are_are_signalled)
{
    gr_actor one = spawn_trapping(0);
    uint64_t made = 0;
    check_equal(gr_ask(one, FILL, NULL, 0, &made, sizeof made, gr_in(10 * GR_SECOND)), 0);
    check(made > 0);
    check_soon(heard_by(one).exits == made);
    stop(one, 0);
}

RUNNER_TEST(is_ended_by_either)
{
    EACH_PAIR(a, b)
    {
        for (int ends = 0; ends < 2; ends++) {
            gr_actor pair[2] = {spawn(a), spawn(b)};
            link_them(pair[0], pair[1]);
            heard_by(pair[1]);
            order(pair[ends], UNLINK, pair[1 - ends]);
            heard_by(pair[1 - ends]);
            stop(pair[1], -EPIPE);
            reason_of_end(pair[1]);
            check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
            check_equal(heard_by(pair[0]).exits, 0);
            stop(pair[0], 0);
        }
    }
}

RUNNER_TEST(may_be_made_anew_once_it_was_ended)
{
    EACH_PAIR(a, b)
    {
        gr_actor one = spawn_trapping(a), other = spawn(b);
        link_them(one, other);
        order(one, UNLINK, other);
        link_them(one, other);
        stop(other, -EPIPE);
        check_soon(heard_by(one).exits == 1);
        stop(one, 0);
    }
}

/*
 *     runner                  one                      other
 *                             waits in its handler
 *     stops other                                      ends
 *     joins it                (its exit is in the lane)
 *     opens the gate
 *                             unlinks
 */
RUNNER_TEST(signals_nothing_once_it_was_ended_though_the_signal_is_in_the_lane)
{
    EACH_PAIR(a, b)
    {
        gr_actor one = spawn_trapping(a), other = spawn(b);
        link_them(one, other);
        gr_promise open = {0};
        check_equal(gr_ask(one, HOLD_AND_UNLINK, &other, sizeof other, &open, sizeof open,
                           gr_in(5 * GR_SECOND)),
                    0);
        stop(other, -EPIPE);
        reason_of_end(other);
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
        check_equal(gr_promise_resolve(open, NULL, 0), 0);
        check_equal(heard_by(one).exits, 0);
        stop(one, 0);
    }
}

RUNNER_TEST(cancels_the_wait_of_whom_it_stops)
{
    EACH_PAIR(a, b)
    {
        gr_actor one = spawn(a), other = spawn(b);
        link_them(one, other);
        struct join waits;
        begin_join(&waits, one);
        gr_promise open = {0};
        check_equal(gr_ask(one, HOLD_AND_UNLINK, &one, sizeof one, &open, sizeof open,
                           gr_in(5 * GR_SECOND)),
                    0);
        stop(other, -EPIPE);
        check_equal(joined(&waits), -EPIPE);
    }
}

RUNNER_TEST(leaves_nothing_behind_when_the_run_ends)
{
    gr_actor actors[8];
    for (int i = 0; i < 8; i++)
        actors[i] = spawn(i % 2);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++)
            check_equal(gr_send(actors[i], LINK, &actors[j], sizeof actors[j]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_a_failure_on_in_both_directions),
        cmocka_unit_test(passes_a_failure_on_along_a_chain),
        cmocka_unit_test(does_not_pass_a_normal_end_on),
        cmocka_unit_test(tells_who_traps_exits_instead_whatever_the_reason),
        cmocka_unit_test(stops_who_traps_exits_no_longer),
        cmocka_unit_test(signals_that_the_other_had_gone_before),
        cmocka_unit_test(is_one_whoever_made_it_and_however_often),
        cmocka_unit_test(signals_once_though_both_made_it_at_once),
        cmocka_unit_test(is_ended_as_one_though_both_made_it_at_once),
        cmocka_unit_test(takes_no_more_memory_however_often_it_is_made),
        cmocka_unit_test(is_refused_without_memory_and_those_there_are_are_signalled),
        cmocka_unit_test(is_ended_by_either),
        cmocka_unit_test(may_be_made_anew_once_it_was_ended),
        cmocka_unit_test(signals_nothing_once_it_was_ended_though_the_signal_is_in_the_lane),
        cmocka_unit_test(cancels_the_wait_of_whom_it_stops),
        cmocka_unit_test(leaves_nothing_behind_when_the_run_ends),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
