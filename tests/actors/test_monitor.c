/* A monitor tells of an actor's end once, whichever the loops and whenever the end. */
#include <errno.h>

#include "base/memory.h"
#include "lib/gate.h"
#include "lib/spawned.h"
#include "loop/loop.h"

enum { WATCH = 1, DROP, HEARD, FAIL, HOLD, COUNT, DROP_HELD, FAIL_IN_CONTROL, FILL };

struct heard {
    uint64_t downs;
    int64_t reason;   /* of the last one */
    uint64_t actor;   /* of the last one */
    uint64_t monitor; /* of the last one */
    uint64_t messages_before;
};

struct watcher {
    struct heard heard;
    uint64_t messages;
    bool fails;
};

static int watcher_control(struct gr_self *self, const struct gr_control *control)
{
    struct watcher *watcher = self->state;
    check_equal(control->kind, GR_DOWN);
    watcher->heard.downs++;
    watcher->heard.reason = control->reason;
    watcher->heard.actor = control->actor.name;
    watcher->heard.monitor = control->monitor.name;
    watcher->heard.messages_before = watcher->messages;
    return watcher->fails ? -EBADF : 0;
}

static int watch(struct gr_self *self, const struct gr_message *message)
{
    gr_monitor monitor = {0};
    int rc = gr_monitor_make(self, *(const gr_actor *)message->data, &monitor);
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, &monitor, sizeof monitor);
}

/* Make monitors until one cannot be had for want of memory, and reply with how many there are. */
static int fill(struct gr_self *self, const struct gr_message *message)
{
    uint64_t made = 0;
    gr_monitor monitor;
    gr__memory_fail_after(0);
    int rc;
    while ((rc = gr_monitor_make(self, *(const gr_actor *)message->data, &monitor)) == 0)
        made++;
    gr__memory_fail_after(-1);
    check_equal(rc, -ENOMEM);
    return gr_reply(message, &made, sizeof made);
}

static int watcher_receive(struct gr_self *self, const struct gr_message *message)
{
    struct watcher *watcher = self->state;
    switch (message->tag) {
    case WATCH:
        return watch(self, message);
    case DROP:
        gr_monitor_drop(*(const gr_monitor *)message->data);
        return 0;
    case HEARD:
        return gr_reply(message, &watcher->heard, sizeof watcher->heard);
    case FAIL:
        return -EIO;
    case HOLD:
        return wait_at_gate(message, gr_in(20 * GR_SECOND));
    case COUNT:
        watcher->messages++;
        return 0;
    case DROP_HELD:
        if (wait_at_gate(message, gr_in(20 * GR_SECOND)) < 0)
            return -EIO;
        gr_monitor_drop(*(const gr_monitor *)message->data);
        return 0;
    case FAIL_IN_CONTROL:
        watcher->fails = true;
        return 0;
    case FILL:
        return fill(self, message);
    }
    return -ENOTSUP;
}

static const struct gr_behavior watcher = {.name = "watcher",
                                           .receive = watcher_receive,
                                           .control = watcher_control,
                                           .state_bytes = sizeof(struct watcher),
                                           .mailbox_max = 8};

static gr_actor spawn(int loop)
{
    return spawn_at(&watcher, loop);
}

static gr_monitor watch_from(gr_actor from, gr_actor actor)
{
    gr_monitor monitor = {0};
    check_equal(
        gr_ask(from, WATCH, &actor, sizeof actor, &monitor, sizeof monitor, gr_in(5 * GR_SECOND)),
        0);
    return monitor;
}

static struct heard heard_by(gr_actor actor)
{
    struct heard heard = {0};
    check_equal(gr_ask(actor, HEARD, NULL, 0, &heard, sizeof heard, gr_in(5 * GR_SECOND)), 0);
    return heard;
}

static gr_promise close_gate(gr_actor actor, uint32_t tag, const void *data, size_t size)
{
    gr_promise open = {0};
    check_equal(gr_ask(actor, tag, data, size, &open, sizeof open, gr_in(5 * GR_SECOND)), 0);
    return open;
}

static void stop(gr_actor actor, int reason)
{
    check_equal(gr_actor_stop(actor, reason), 0);
}

/* All pairs of loops that two actors may live on, with the main runner on loop 0. */
#define EACH_PAIR(a, b)                                                                            \
    for (int a = 0; a < 2; a++)                                                                    \
        for (int b = 0; b < 2; b++)

RUNNER_TEST(tells_the_reason_of_the_end)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of);
        gr_monitor monitor = watch_from(one, other);
        stop(other, -EPIPE);
        check_soon(heard_by(one).downs == 1);
        struct heard heard = heard_by(one);
        check_equal(heard.reason, -EPIPE);
        check(heard.actor == other.name);
        check(heard.monitor == monitor.name);
        stop(one, 0);
    }
}

RUNNER_TEST(tells_a_normal_end_and_a_failure_alike)
{
    expect_report("actor 'watcher' on loop");
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of), third = spawn(of);
        watch_from(one, other);
        stop(other, 0);
        check_soon(heard_by(one).downs == 1);
        check_equal(heard_by(one).reason, 0);
        watch_from(one, third);
        check_equal(gr_send(third, FAIL, NULL, 0), 0);
        check_soon(heard_by(one).downs == 2);
        check_equal(heard_by(one).reason, -EIO);
        stop(one, 0);
    }
}

RUNNER_TEST(tells_at_once_that_an_actor_had_gone_before)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of);
        int reason = 0;
        stop(other, 0);
        check_equal(gr_actor_join(other, &reason, gr_in(5 * GR_SECOND)), 0);
        watch_from(one, other);
        check_soon(heard_by(one).downs == 1);
        check_equal(heard_by(one).reason, -ESTALE);
        stop(one, 0);
    }
}

RUNNER_TEST(tells_each_monitor_once_however_many_there_are)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of);
        for (int i = 0; i < 100; i++)
            watch_from(one, other);
        stop(other, 0);
        check_soon(heard_by(one).downs == 100);
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
        check_equal(heard_by(one).downs, 100);
        stop(one, 0);
    }
}

RUNNER_TEST(tells_nothing_once_it_was_dropped)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of);
        gr_monitor first = watch_from(one, other), second = watch_from(one, other);
        watch_from(one, other);
        check_equal(gr_send(one, DROP, &first, sizeof first), 0);
        check_equal(gr_send(one, DROP, &second, sizeof second), 0);
        check_equal(heard_by(one).downs, 0);
        stop(other, 0);
        check_soon(heard_by(one).downs == 1);
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
        check_equal(heard_by(one).downs, 1);
        stop(one, 0);
    }
}

/*
 *     runner                  one                      other
 *                             waits in its handler
 *     stops other                                      ends
 *     joins it                (its down is in the lane)
 *     opens the gate
 *                             drops the monitor
 */
RUNNER_TEST(tells_nothing_once_it_was_dropped_though_it_is_in_the_lane)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of);
        gr_monitor monitor = watch_from(one, other);
        gr_promise open = close_gate(one, DROP_HELD, &monitor, sizeof monitor);
        int reason = -1;
        stop(other, 0);
        check_equal(gr_actor_join(other, &reason, gr_in(5 * GR_SECOND)), 0);
        check_equal(reason == 0 || reason == -ESTALE, 1);
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
        check_equal(gr_promise_resolve(open, NULL, 0), 0);
        check_equal(heard_by(one).downs, 0);
        stop(one, 0);
    }
}

static void drop_stale(void *context)
{
    gr_monitor_drop(*(gr_monitor *)context);
}

RUNNER_TEST(may_be_dropped_when_it_has_ended_or_names_nothing)
{
    gr_actor one = spawn(0), other = spawn(0);
    gr_monitor monitor = watch_from(one, other);
    stop(other, 0);
    check_soon(heard_by(one).downs == 1);
    drop_stale(&monitor);
    gr_monitor_drop((gr_monitor){0});
    stop(one, 0);
}

/* Messages fill the mailbox, and more stand behind them; the down comes last and is handled first. */
RUNNER_TEST(comes_before_all_messages_and_beside_a_full_mailbox)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of);
        watch_from(one, other);
        gr_promise open = {0};
        gr_future held;
        check_equal(gr_ask_start(one, HOLD, NULL, 0, &held, GR_FOREVER), 0);
        int sent = 0, rc;
        for (; sent < 4; sent++)
            check_equal(gr_send(one, COUNT, NULL, 0), 0);
        check_equal(gr_future_await(held, &open, sizeof open, gr_in(5 * GR_SECOND)), 0);
        while ((rc = gr_try_send(one, COUNT, NULL, 0)) == 0 && sent < 1000)
            sent++;
        check(rc == -EAGAIN || sent == 1000);
        int reason;
        stop(other, -EPERM);
        check_equal(gr_actor_join(other, &reason, gr_in(5 * GR_SECOND)), 0);
        check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
        check_equal(gr_promise_resolve(open, NULL, 0), 0);
        check_soon(heard_by(one).downs == 1);
        check_equal(heard_by(one).messages_before, 0);
        stop(one, 0);
    }
}

RUNNER_TEST(ends_with_its_watcher)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of);
        watch_from(one, other);
        watch_from(one, one);
        stop(one, 0);
        int reason = -1;
        check_equal(gr_actor_join(one, &reason, gr_in(5 * GR_SECOND)), 0);
        check(reason == 0 || reason == -ESTALE);
        check_equal(heard_by(other).downs, 0);
        stop(other, 0);
    }
}

static const struct gr_behavior deaf = {
    .name = "deaf", .receive = watcher_receive, .state_bytes = sizeof(struct watcher)};

RUNNER_TEST(is_not_heard_by_a_behavior_without_the_hook)
{
    gr_actor one = {0}, other = spawn(0);
    check_equal(gr_actor_spawn(&deaf, NULL, &one), 0);
    watch_from(one, other);
    stop(other, 0);
    check_soon(gr_actor_count() == 1);
    check_equal(heard_by(one).downs, 0);
    stop(one, 0);
}

RUNNER_TEST(fails_its_watcher_whose_hook_fails)
{
    expect_report("actor 'watcher' on loop 0 failed");
    gr_actor one = spawn(0), other = spawn(1);
    watch_from(one, other);
    check_equal(gr_send(one, FAIL_IN_CONTROL, NULL, 0), 0);
    stop(other, 0);
    int reason = 0;
    check_equal(gr_actor_join(one, &reason, gr_in(5 * GR_SECOND)), 0);
    check_equal(reason, -EBADF);
}

static int watch_and_stop(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    gr_monitor monitor;
    check_equal(gr_monitor_make(self, *(const gr_actor *)argument, &monitor), 0);
    return 0;
}

static const struct gr_behavior early = {.name = "early",
                                         .receive = watcher_receive,
                                         .start = watch_and_stop,
                                         .control = watcher_control,
                                         .state_bytes = sizeof(struct watcher)};

RUNNER_TEST(may_be_made_in_a_start_hook)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = {0}, other = spawn(of);
        struct gr_actor_options options = {
            .where = GR_ON_LOOP(at), .argument = &other, .argument_bytes = sizeof other};
        check_equal(gr_actor_spawn(&early, &options, &one), 0);
        stop(other, -EPIPE);
        check_soon(heard_by(one).downs == 1);
        check_equal(heard_by(one).reason, -EPIPE);
        stop(one, 0);
    }
}

RUNNER_TEST(lets_a_runner_wait_for_the_end)
{
    for (int of = 0; of < 2; of++) {
        gr_actor actor = spawn(of);
        int reason = 0;
        check_equal(gr_actor_join(actor, &reason, gr_in(2 * GR_MILLISECOND)), -ETIMEDOUT);
        check_equal(reason, 0);
        stop(actor, -EXDEV);
        struct gr_actor_wait wait;
        check_equal(gr_await(gr_actor_awaitable(&wait, actor, &reason), gr_in(5 * GR_SECOND)), 0);
        check(reason == -EXDEV || reason == -ESTALE);
        check_equal(gr_actor_join(actor, &reason, gr_in(5 * GR_SECOND)), 0);
        check_equal(reason, -ESTALE);
    }
}

struct join {
    gr_actor actor;
    int reason;
};

static int join(void *context)
{
    struct join *join = context;
    return gr_actor_join(join->actor, &join->reason, GR_FOREVER);
}

RUNNER_TEST(tells_each_runner_that_waits_and_lets_one_that_is_cancelled_go)
{
    for (int of = 0; of < 2; of++) {
        struct join joins[3];
        gr_runner runners[3];
        gr_actor actor = spawn(of);
        for (int i = 0; i < 3; i++) {
            joins[i] = (struct join){actor, 0};
            check_equal(gr_runner_start(join, &joins[i], NULL, &runners[i]), 0);
        }
        check_equal(gr_yield(), 0);
        gr_runner_cancel(runners[1]);
        check_equal(gr_runner_join(runners[1], gr_in(5 * GR_SECOND)), -ECANCELED);
        stop(actor, -EXDEV);
        for (int i = 0; i < 3; i += 2) {
            check_equal(gr_runner_join(runners[i], gr_in(5 * GR_SECOND)), 0);
            check_equal(joins[i].reason, -EXDEV);
        }
    }
}

static void add_live_bytes(void *bytes)
{
    *(int64_t *)bytes += gr__pool_live_bytes(&gr__loop_here()->pool);
}

/* On both loops; what is taken on one may be given on the other. */
static int64_t live_bytes(void)
{
    int64_t bytes = 0;
    for (int loop = 0; loop < 2; loop++)
        on_loop(loop, add_live_bytes, &bytes);
    return bytes;
}

RUNNER_TEST(leaves_nothing_at_the_watched_one_once_it_was_dropped)
{
    EACH_PAIR(at, of)
    {
        gr_actor one = spawn(at), other = spawn(of);
        watch_from(one, other);
        int64_t before = live_bytes();
        for (int i = 0; i < 500; i++) {
            gr_monitor monitor = watch_from(one, other);
            check_equal(gr_send(one, DROP, &monitor, sizeof monitor), 0);
        }
        check_soon(live_bytes() < before + 20 * 64);
        stop(one, 0);
        stop(other, 0);
    }
}

RUNNER_TEST(is_refused_without_memory_and_those_there_are_are_told)
{
    for (int of = 0; of < 2; of++) {
        gr_actor one = spawn(0), other = spawn(of);
        uint64_t made = 0;
        watch_from(one, other); /* so that there is room for some more */
        check_equal(
            gr_ask(one, FILL, &other, sizeof other, &made, sizeof made, gr_in(10 * GR_SECOND)), 0);
        check(made > 0);
        stop(other, 0);
        check_soon(heard_by(one).downs == made + 1);
        stop(one, 0);
    }
}

/* Both actors are left with monitors on each other, made and on their way, when the run ends. */
RUNNER_TEST(leaves_nothing_behind_when_the_run_ends)
{
    gr_actor actors[2] = {spawn(0), spawn(1)};
    for (int i = 0; i < 20; i++)
        for (int from = 0; from < 2; from++)
            check_equal(gr_send(actors[from], WATCH, &actors[1 - from], sizeof actors[0]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_reason_of_the_end),
        cmocka_unit_test(tells_a_normal_end_and_a_failure_alike),
        cmocka_unit_test(tells_at_once_that_an_actor_had_gone_before),
        cmocka_unit_test(tells_each_monitor_once_however_many_there_are),
        cmocka_unit_test(tells_nothing_once_it_was_dropped),
        cmocka_unit_test(tells_nothing_once_it_was_dropped_though_it_is_in_the_lane),
        cmocka_unit_test(may_be_dropped_when_it_has_ended_or_names_nothing),
        cmocka_unit_test(comes_before_all_messages_and_beside_a_full_mailbox),
        cmocka_unit_test(ends_with_its_watcher),
        cmocka_unit_test(is_not_heard_by_a_behavior_without_the_hook),
        cmocka_unit_test(fails_its_watcher_whose_hook_fails),
        cmocka_unit_test(may_be_made_in_a_start_hook),
        cmocka_unit_test(lets_a_runner_wait_for_the_end),
        cmocka_unit_test(tells_each_runner_that_waits_and_lets_one_that_is_cancelled_go),
        cmocka_unit_test(leaves_nothing_at_the_watched_one_once_it_was_dropped),
        cmocka_unit_test(is_refused_without_memory_and_those_there_are_are_told),
        cmocka_unit_test(leaves_nothing_behind_when_the_run_ends),
    };
    return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
