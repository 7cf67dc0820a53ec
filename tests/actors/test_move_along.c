/* An actor that is moved takes along what it has: its mailbox's rules, timers, supervisor, and monitors. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "actors/notice.h"
#include "actors/rules.h"
#include "lib/gate.h"
#include "lib/shortage.h"
#include "lib/spawned.h"

/* Those up to LEAST are logged, in this order of urgency. */
enum {
    FIRST,
    MIDDLE,
    LEAST,
    GATE,
    LOG,
    WHERE,
    TIMER,
    REPLACE,
    CANCEL,
    DUE,
    FAIL,
    HEAR,
    WATCH,
    DROP,
    DROP_MOVED
};
enum { LOOPS = 3, LOG_MAX = 64, BYTES_MAX = 100, SIZE = 40 };

#define SOON gr_in(10 * GR_SECOND)

struct porter {
    gr_actor watched;
    gr_monitor monitor;
    bool drops_when_moved;
    int count;
    char log[LOG_MAX];
};

struct where {
    int loop;
    uint64_t restarts;
    int reason;
};

static int note(struct porter *porter, char what)
{
    if (porter->count < LOG_MAX - 1)
        porter->log[porter->count++] = what;
    return 0;
}

static int tell_where(struct gr_self *self, const struct gr_message *message)
{
    struct gr_failure failure;
    gr_self_failure(self, &failure);
    struct where where = {gr_loop_here(), failure.restarts, failure.reason};
    return gr_reply(message, &where, sizeof where);
}

static int hear_nothing(struct gr_self *self)
{
    const struct gr_message *message;
    int rc =
        gr_receive(self, gr_pattern_or_control((gr_pattern){0}), &message, gr_in(GR_MILLISECOND));
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int porter_receive(struct gr_self *self, const struct gr_message *message)
{
    struct porter *porter = self->state;
    gr_time after = 0;
    if (message->size == sizeof after)
        memcpy(&after, message->data, sizeof after);
    gr_time at = after == 0 ? GR_FOREVER : gr_in(after);
    switch (message->tag) {
    case GATE:
        return wait_at_gate(message, SOON);
    case LOG:
        return gr_reply(message, porter->log, sizeof porter->log);
    case WHERE:
        return tell_where(self, message);
    case TIMER:
    case REPLACE:
        return gr_self_send_after(self, 1, at, DUE, message->tag == TIMER ? "t" : "r", 1);
    case CANCEL:
        return gr_self_send_cancel(self, 1) ? note(porter, 'c') : -ENOENT;
    case FAIL:
        return -EIO;
    case HEAR:
        return hear_nothing(self);
    case WATCH:
        porter->watched = *(const gr_actor *)message->data;
        return gr_monitor_make(self, porter->watched, &porter->monitor);
    case DROP:
        gr_monitor_drop(porter->monitor);
        return 0;
    case DROP_MOVED:
        porter->drops_when_moved = true;
        return 0;
    }
    return note(porter, *(const char *)message->data);
}

static int porter_control(struct gr_self *self, const struct gr_control *control)
{
    struct porter *porter = self->state;
    check_equal(control->kind, GR_DOWN);
    check(control->monitor.name == porter->monitor.name);
    check(control->actor.name == porter->watched.name);
    return note(porter, 'd');
}

static int porter_moved(struct gr_self *self, int from)
{
    struct porter *porter = self->state;
    (void)from;
    if (porter->drops_when_moved)
        gr_monitor_drop(porter->monitor);
    return 0;
}

static unsigned urgency(const struct gr_message *message)
{
    if (message->tag <= LEAST)
        return message->tag;
    return message->tag == LOG || message->tag == DUE ? LEAST : FIRST;
}

#define PORTER                                                                                     \
    .receive = porter_receive, .control = porter_control, .moved = porter_moved, .movable = true,  \
    .state_bytes = sizeof(struct porter)

static const struct gr_behavior plain = {.name = "plain", PORTER};
static const struct gr_behavior sorted = {.name = "sorted", .priority = urgency, PORTER};
static const struct gr_behavior weighed = {
    .name = "weighed", .mailbox_bytes_max = BYTES_MAX, PORTER};
static const struct gr_behavior fails = {.name = "fails",
                                         .mailbox_bytes_max = BYTES_MAX,
                                         .when_full = GR_FULL_FAIL,
                                         .priority = urgency,
                                         PORTER};

static void send(gr_actor actor, uint32_t tag, char what)
{
    check_equal(gr_send(actor, tag, &what, 1), 0);
}

static void order(gr_actor actor, uint32_t tag, gr_time after)
{
    check_equal(gr_send(actor, tag, &after, sizeof after), 0);
}

static struct porter log_of(gr_actor actor)
{
    struct porter porter = {0};
    check_equal(gr_ask(actor, LOG, NULL, 0, porter.log, sizeof porter.log, SOON), 0);
    return porter;
}

static bool has_logged(gr_actor actor, const char *log)
{
    struct porter porter = log_of(actor);
    return strcmp(porter.log, log) == 0;
}

#define check_logged(actor, wanted)                                                                \
    do {                                                                                           \
        struct porter logged_ = log_of(actor);                                                     \
        check_at(strcmp(logged_.log, wanted) == 0, __FILE__, __LINE__, "logged '%s', not '%s'",    \
                 logged_.log, wanted);                                                             \
    } while (0)

static struct where where(gr_actor actor)
{
    struct where where = {.loop = -1};
    check_equal(gr_ask(actor, WHERE, NULL, 0, &where, sizeof where, SOON), 0);
    return where;
}

struct mover {
    gr_actor actor;
    int loop;
};

static int move_it(void *context)
{
    const struct mover *mover = context;
    return move(mover->actor, mover->loop);
}

static gr_runner start_moving(struct mover *mover)
{
    gr_runner runner;
    check_equal(gr_runner_start(move_it, mover, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    return runner;
}

static void await(gr_runner runner)
{
    check_equal(gr_runner_join(runner, SOON), 0);
}

/* --- Rules ----------------------------------------------------------------------------------- */

FLEET_TEST(stays_sorted_on_its_way, LOOPS)
{
    for (int home = 0; home < LOOPS; home++) {
        gr_actor actor = spawn_at(&sorted, home);
        for (int i = 1; i <= LOOPS; i++) {
            struct mover mover = {actor, (home + i) % LOOPS};
            gr_promise open = shut_gate(actor, GATE, SOON);
            send(actor, LEAST, 'l');
            send(actor, MIDDLE, 'm');
            gr_runner runner = start_moving(&mover);
            send(actor, FIRST, 'f');
            send(actor, MIDDLE, 'n');
            open_gate(open);
            await(runner);
        }
        struct porter logged = log_of(actor);
        check_equal(strlen(logged.log), 4 * LOOPS);
        for (int i = 0; i < LOOPS; i++) {
            check(strchr(logged.log + 4 * i, 'm') < strchr(logged.log + 4 * i, 'n'));
            check(strchr(logged.log + 4 * i, 'm') < strchr(logged.log + 4 * i, 'l'));
        }
        end(actor);
    }
}

FLEET_TEST(sorts_where_it_has_come_to, LOOPS)
{
    for (int to = 0; to < LOOPS; to++) {
        gr_actor actor = spawn_at(&sorted, 0);
        check_equal(move(actor, 1), 0);
        check_equal(move(actor, to), 0);
        gr_promise open = shut_gate(actor, GATE, SOON);
        send(actor, LEAST, 'l');
        send(actor, MIDDLE, 'm');
        send(actor, FIRST, 'f');
        send(actor, MIDDLE, 'n');
        open_gate(open);
        check_soon(has_logged(actor, "fmnl"));
        end(actor);
    }
}

/* Its senders are told as they are where it was spawned: from elsewhere after what is under way. */
static void fill_with_bytes(gr_actor actor)
{
    char bytes[SIZE] = {'b'};
    int rc = 0;
    gr_promise open = shut_gate(actor, GATE, SOON);
    for (int i = 0; i < LOG_MAX / 4 && rc == 0; i++) {
        rc = gr_try_send(actor, MIDDLE, bytes, sizeof bytes);
        check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    }
    check_equal(rc, -EAGAIN);
    open_gate(open);
    check_soon(gr_try_send(actor, MIDDLE, bytes, sizeof bytes) == 0);
}

FLEET_TEST(counts_its_bytes_where_it_has_come_to, LOOPS)
{
    for (int to = 0; to < LOOPS; to++) {
        gr_actor actor = spawn_at(&fails, 0);
        check_equal(move(actor, 1), 0);
        check_equal(move(actor, to), 0);
        fill_with_bytes(actor);
        end(actor);
    }
}

struct sender {
    gr_actor actor;
    int sent;
};

static int send_many(void *context)
{
    struct sender *sender = context;
    char bytes[SIZE] = {'b'};
    for (; sender->sent < LOG_MAX / 2; sender->sent++) {
        int rc = gr_send_by(sender->actor, MIDDLE, bytes, sizeof bytes, SOON);
        if (rc < 0)
            return rc;
    }
    return 0;
}

FLEET_TEST(lets_those_go_on_that_wait_for_room_when_it_moves, LOOPS)
{
    for (int from = 0; from < LOOPS; from++) {
        gr_actor actor = spawn_at(&weighed, from);
        for (int to = 1; to <= LOOPS; to++) {
            struct sender sender = {actor, 0};
            struct mover mover = {actor, (from + to) % LOOPS};
            gr_runner runner;
            gr_promise open = shut_gate(actor, GATE, SOON);
            check_equal(gr_runner_start(send_many, &sender, NULL, &runner), 0);
            gr_runner moving = start_moving(&mover);
            check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
            open_gate(open);
            await(moving);
            await(runner);
            check_equal(sender.sent, LOG_MAX / 2);
        }
        end(actor);
    }
}

static void stays_without(size_t bytes, gr_actor actor)
{
    struct mover mover = {actor, 1};
    gr_promise open = shut_gate(actor, GATE, SOON);
    gr_runner runner = start_moving(&mover);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    open_gate(open);
    void *all = take_all(bytes);
    check_equal(gr_yield(), 0);
    check_equal(gr_yield(), 0);
    give_all(all, bytes);
    check_equal(gr_runner_join(runner, SOON), -ENOMEM);
    check_equal(where(actor).loop, 0);
}

FLEET_TEST(stays_where_there_is_no_memory_for_its_rules, LOOPS)
{
    gr_actor actor = spawn_at(&sorted, 0);
    stays_without(sizeof(struct gr__pressure), actor);
    check_equal(move(actor, 2), 0);
    check_equal(where(actor).loop, 2);
    end(actor);
}

/* --- Timers ---------------------------------------------------------------------------------- */

FLEET_TEST(is_sent_where_it_is_then_what_its_timers_send, LOOPS)
{
    for (int to = 0; to < LOOPS; to++) {
        gr_actor actor = spawn_at(to == 1 ? &sorted : &plain, 0);
        order(actor, TIMER, 20 * GR_MILLISECOND);
        check_equal(move(actor, 1), 0);
        check_equal(move(actor, to), 0);
        check_soon(has_logged(actor, "t"));
        order(actor, TIMER, GR_MILLISECOND);
        check_soon(has_logged(actor, "tt"));
        end(actor);
    }
}

FLEET_TEST(finds_its_timers_by_key_where_it_has_come_to, LOOPS)
{
    for (int to = 0; to < LOOPS; to++) {
        gr_actor actor = spawn_at(&plain, 0);
        order(actor, TIMER, 0);
        check_equal(move(actor, 1), 0);
        order(actor, REPLACE, GR_MILLISECOND);
        check_soon(has_logged(actor, "r"));
        order(actor, TIMER, 0);
        check_equal(move(actor, to), 0);
        send(actor, CANCEL, 0);
        check_logged(actor, "rc");
        end(actor);
    }
}

/* The message of its timer is in the mailbox when it moves, and cancelled where it comes to. */
FLEET_TEST(passes_over_what_was_cancelled_on_another_loop, LOOPS)
{
    for (int to = 1; to < LOOPS; to++) {
        gr_actor actor = spawn_at(&sorted, 0);
        struct mover mover = {actor, to};
        gr_promise open = shut_gate(actor, GATE, SOON);
        order(actor, TIMER, GR_MICROSECOND);
        open_gate(open);
        open = shut_gate(actor, GATE, SOON);
        gr_runner runner = start_moving(&mover);
        check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
        send(actor, CANCEL, 0);
        open_gate(open);
        await(runner);
        check_logged(actor, "c");
        end(actor);
    }
}

FLEET_TEST(takes_no_timer_anywhere_that_ends_with_it, LOOPS)
{
    gr_actor actor = spawn_at(&plain, 0);
    order(actor, TIMER, 5 * GR_MILLISECOND);
    check_equal(move(actor, 1), 0);
    end(actor);
    check_equal(gr_sleep(gr_in(10 * GR_MILLISECOND)), 0);
}

FLEET_TEST(hears_in_its_handler_where_it_has_come_to, LOOPS)
{
    gr_actor actor = spawn_at(&plain, 0);
    send(actor, HEAR, 0);
    for (int i = 1; i <= LOOPS; i++) {
        check_equal(move(actor, i % LOOPS), 0);
        send(actor, HEAR, 0);
        check_logged(actor, "");
    }
    end(actor);
}

/* --- Supervisors ----------------------------------------------------------------------------- */

static const struct gr_child children[] = {{.name = "one", .behavior = &plain},
                                           {.name = "two", .behavior = &sorted}};
static const struct gr_supervisor one_for_one = {
    .name = "one for one", .children = children, .child_count = 2, .restarts_max = 100};
static const struct gr_supervisor one_for_all = {.name = "one for all",
                                                 .strategy = GR_ONE_FOR_ALL,
                                                 .children = children,
                                                 .child_count = 2,
                                                 .restarts_max = 100};
static const struct gr_supervisor slow = {
    .name = "slow", .children = children, .child_count = 2, .backoff_min = 40 * GR_MILLISECOND};
static const struct gr_supervisor dynamic = {
    .name = "dynamic", .strategy = GR_DYNAMIC, .children = children, .child_count = 1};

static gr_actor start(const struct gr_supervisor *supervisor, gr_actor *ret_one, gr_actor *ret_two)
{
    gr_actor actor = {0};
    check_equal(gr_supervisor_start(supervisor, NULL, &actor), 0);
    check_equal(gr_supervisor_find(actor, "one", ret_one, SOON), 0);
    check_equal(gr_supervisor_find(actor, "two", ret_two, SOON), 0);
    return actor;
}

FLEET_TEST(is_restarted_where_it_lives, LOOPS)
{
    expect_report("failed");
    gr_actor one, two;
    gr_actor supervisor = start(&one_for_one, &one, &two);
    for (int i = 1; i <= 2 * LOOPS; i++) {
        check_equal(move(one, i % LOOPS), 0);
        send(one, FAIL, 0);
        send(one, MIDDLE, 'a');
        check_soon(has_logged(one, "a"));
        check_equal(where(one).loop, i % LOOPS);
        check_equal(where(one).restarts, i);
        check_equal(where(one).reason, -EIO);
        check_equal(where(two).restarts, 0);
    }
    end(supervisor);
}

FLEET_TEST(is_restarted_with_others_wherever_they_live, LOOPS)
{
    expect_report("failed");
    gr_actor one, two;
    gr_actor supervisor = start(&one_for_all, &one, &two);
    check_equal(move(one, 1), 0);
    check_equal(move(two, 2), 0);
    send(one, MIDDLE, 'a');
    check_logged(one, "a");
    send(two, FAIL, 0);
    check_soon(where(one).restarts == 1 && where(two).restarts == 1);
    check_equal(where(one).loop, 1);
    check_equal(where(two).loop, 2);
    check_logged(one, "");
    end(supervisor);
}

FLEET_TEST(moves_once_it_is_restarted, LOOPS)
{
    expect_report("failed");
    for (int home = 0; home < 2; home++) {
        gr_actor one, two;
        gr_actor supervisor = start(&slow, &one, &two);
        check_equal(move(one, home), 0);
        send(one, FAIL, 0);
        check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
        check_equal(move(one, 2), 0);
        check_equal(where(one).loop, 2);
        check_equal(where(one).restarts, 1);
        end(supervisor);
    }
}

FLEET_TEST(is_ended_by_its_supervisor_while_it_rests_elsewhere, LOOPS)
{
    expect_report("failed");
    gr_actor one, two;
    gr_actor supervisor = start(&slow, &one, &two);
    struct mover mover = {one, 2};
    check_equal(move(one, 1), 0);
    send(one, FAIL, 0);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    gr_runner runner = start_moving(&mover);
    end(supervisor);
    check_equal(gr_runner_join(runner, SOON), -ESTALE);
    check_equal(gr_send(one, MIDDLE, "a", 1), -ESTALE);
}

FLEET_TEST(is_removed_by_its_supervisor_wherever_it_lives, LOOPS)
{
    gr_actor supervisor = {0};
    check_equal(gr_supervisor_start(&dynamic, NULL, &supervisor), 0);
    for (int to = 0; to < LOOPS; to++) {
        gr_actor child;
        check_equal(gr_supervisor_add(supervisor, NULL, 0, &child, SOON), 0);
        check_equal(move(child, to), 0);
        check_equal(gr_supervisor_remove(supervisor, child, SOON), 0);
        check_equal(gr_send(child, MIDDLE, "a", 1), -ESTALE);
    }
    end(supervisor);
}

FLEET_TEST(tells_what_it_failed_at_from_where_it_lives, LOOPS)
{
    expect_report("failed");
    gr_actor one, two;
    gr_actor supervisor = start(&one_for_one, &one, &two);
    check_equal(move(one, 1), 0);
    send(one, FAIL, 'x');
    check_soon(where(one).restarts == 1);
    struct gr_failure failure;
    struct gr_buffer bytes;
    check_equal(gr_actor_failure(one, &failure, &bytes, SOON), 0);
    check_equal(failure.tag, FAIL);
    check(failure.size == 1 && *(const char *)failure.data == 'x');
    gr_buffer_release(&bytes);
    end(supervisor);
}

/* --- Monitors -------------------------------------------------------------------------------- */

static void watch(gr_actor watcher, gr_actor watched)
{
    check_equal(gr_send(watcher, WATCH, &watched, sizeof watched), 0);
    check_equal(where(watcher).loop >= 0, true);
}

static void count_monitors(void *count)
{
    *(size_t *)count += gr__actors_of(gr__loop_here())->monitors.live;
}

static bool has_monitors(void)
{
    size_t count = 0;
    for (int loop = 0; loop < LOOPS; loop++)
        on_loop(loop, count_monitors, &count);
    return count > 0;
}

/* Made at home, then away, then at home again; the watched one lives on each loop. */
FLEET_TEST(hears_once_of_an_end_wherever_it_is, LOOPS)
{
    for (int i = 0; i < LOOPS * LOOPS; i++) {
        gr_actor watcher = spawn_at(&plain, 0);
        for (int round = 1; round <= 3; round++) {
            gr_actor watched = spawn_at(&plain, i % LOOPS);
            watch(watcher, watched);
            check_equal(move(watcher, (i / LOOPS + round) % LOOPS), 0);
            check_equal(move(watched, (i + round) % LOOPS), 0);
            end(watched);
            check_soon(strlen(log_of(watcher).log) == (size_t)round);
        }
        end(watcher);
        check_soon(!has_monitors());
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    }
}

FLEET_TEST(hears_what_came_before_it_was_to_go, LOOPS)
{
    for (int to = 1; to < LOOPS; to++) {
        gr_actor watcher = spawn_at(&plain, 0);
        gr_actor watched = spawn_at(&plain, to);
        struct mover mover = {watcher, to};
        watch(watcher, watched);
        gr_promise open = shut_gate(watcher, GATE, SOON);
        end(watched);
        check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
        gr_runner runner = start_moving(&mover);
        open_gate(open);
        await(runner);
        check_logged(watcher, "d");
        end(watcher);
    }
}

FLEET_TEST(drops_its_monitors_from_elsewhere, LOOPS)
{
    for (int i = 0; i < LOOPS * LOOPS; i++) {
        gr_actor watcher = spawn_at(&plain, 0);
        gr_actor watched = spawn_at(&plain, i % LOOPS);
        watch(watcher, watched);
        check_equal(move(watcher, 1), 0);
        check_equal(move(watcher, i / LOOPS), 0);
        send(watcher, DROP, 0);
        check_soon(!has_monitors());
        end(watched);
        check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
        check_logged(watcher, "");
        end(watcher);
    }
}

static void get_stuck(void *stuck)
{
    while (__atomic_load_n((bool *)stuck, __ATOMIC_SEQ_CST))
        sched_yield();
}

/*
 * A loop that does not turn keeps the actor, which is to go, and so hears nothing more where it is:
 *
 *     loop 0, watcher           loop 1, watched      loop 2
 *     fence ............................................> stuck
 *     lane <-------- a down ----- ends
 *     goes <............................................. let go
 *                               hears that it moved: drops the monitor
 *                               looks into the lane
 */
FLEET_TEST(hears_nothing_of_what_it_drops_as_it_comes, LOOPS)
{
    static bool stuck;
    gr_actor watcher = spawn_at(&plain, 0);
    gr_actor watched = spawn_at(&plain, 1);
    struct mover mover = {watcher, 1};
    watch(watcher, watched);
    send(watcher, DROP_MOVED, 0);
    __atomic_store_n(&stuck, true, __ATOMIC_SEQ_CST);
    check_equal(gr_post(2, get_stuck, &stuck, NULL), 0);
    gr_runner runner = start_moving(&mover);
    check_equal(gr_sleep(gr_in(20 * GR_MILLISECOND)), 0);
    end(watched);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    __atomic_store_n(&stuck, false, __ATOMIC_SEQ_CST);
    await(runner);
    check_equal(where(watcher).loop, 1);
    check_logged(watcher, "");
    check_soon(!has_monitors());
    end(watcher);
}

FLEET_TEST(ends_its_monitors_wherever_it_ends, LOOPS)
{
    gr_actor watcher = spawn_at(&plain, 0);
    gr_actor watched[LOOPS];
    for (int i = 0; i < LOOPS; i++) {
        watched[i] = spawn_at(&plain, i);
        watch(watcher, watched[i]);
        check_equal(move(watcher, (i + 1) % LOOPS), 0);
    }
    check(has_monitors());
    end(watcher);
    check_soon(!has_monitors());
    for (int i = 0; i < LOOPS; i++)
        end(watched[i]);
}

FLEET_TEST(stays_where_there_is_no_memory_to_hear_of_others, LOOPS)
{
    gr_actor watched = spawn_at(&plain, 1);
    gr_actor watcher = spawn_at(&plain, 0);
    watch(watcher, watched);
    stays_without(sizeof(struct gr__notice), watcher);
    end(watched);
    check_soon(has_logged(watcher, "d"));
    check_equal(move(watcher, 2), 0);
    end(watcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_sorted_on_its_way),
        cmocka_unit_test(sorts_where_it_has_come_to),
        cmocka_unit_test(counts_its_bytes_where_it_has_come_to),
        cmocka_unit_test(lets_those_go_on_that_wait_for_room_when_it_moves),
        cmocka_unit_test(stays_where_there_is_no_memory_for_its_rules),
        cmocka_unit_test(is_sent_where_it_is_then_what_its_timers_send),
        cmocka_unit_test(finds_its_timers_by_key_where_it_has_come_to),
        cmocka_unit_test(passes_over_what_was_cancelled_on_another_loop),
        cmocka_unit_test(takes_no_timer_anywhere_that_ends_with_it),
        cmocka_unit_test(hears_in_its_handler_where_it_has_come_to),
        cmocka_unit_test(is_restarted_where_it_lives),
        cmocka_unit_test(is_restarted_with_others_wherever_they_live),
        cmocka_unit_test(moves_once_it_is_restarted),
        cmocka_unit_test(is_ended_by_its_supervisor_while_it_rests_elsewhere),
        cmocka_unit_test(is_removed_by_its_supervisor_wherever_it_lives),
        cmocka_unit_test(tells_what_it_failed_at_from_where_it_lives),
        cmocka_unit_test(hears_once_of_an_end_wherever_it_is),
        cmocka_unit_test(hears_what_came_before_it_was_to_go),
        cmocka_unit_test(drops_its_monitors_from_elsewhere),
        cmocka_unit_test(hears_nothing_of_what_it_drops_as_it_comes),
        cmocka_unit_test(ends_its_monitors_wherever_it_ends),
        cmocka_unit_test(stays_where_there_is_no_memory_to_hear_of_others),
    };
    return cmocka_run_group_tests_name("moving along", tests, NULL, NULL);
}
