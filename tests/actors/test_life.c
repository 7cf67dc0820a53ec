/* An actor's life ends in order: its children's before its own, in time, and with its reason. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "actors/stop.h"
#include "lib/fixture.h"

enum { SPAWN = 1, HOLD, HOLD_SHIELDED, STOP_SELF, ECHO };

/* What happens when, by the letters of those whom it happens to. */
static char order[32];
static unsigned order_length;

static void note(char who)
{
    unsigned place = __atomic_fetch_add(&order_length, 1, __ATOMIC_SEQ_CST);
    if (check(place + 1 < sizeof order))
        order[place] = who;
}

static void forget_order(void)
{
    memset(order, 0, sizeof order);
    order_length = 0;
}

/* How a child is to be spawned, and how one behaves. */
struct plan {
    char letter;
    char dies_hard; /* 'w': its stop hook waits long; 's': shielded, too */
    int loop;
    gr_time stop_within;
};

static int stop_reason;

static int note_start(struct gr_self *self, const void *argument, size_t size)
{
    struct plan *plan = self->state;
    if (size > 0)
        memcpy(plan, argument, size);
    return 0;
}

static void note_stop(struct gr_self *self, int reason)
{
    const struct plan *plan = self->state;
    if (plan->dies_hard == 'w')
        check_equal(gr_sleep(gr_in(60 * GR_SECOND)), -ECANCELED);
    __atomic_store_n(&stop_reason, reason, __ATOMIC_SEQ_CST);
    note(plan->letter);
}

static int receive(struct gr_self *self, const struct gr_message *message);

static const struct gr_behavior member = {.name = "member",
                                          .receive = receive,
                                          .start = note_start,
                                          .stop = note_stop,
                                          .state_bytes = sizeof(struct plan)};

static int spawn_child(struct gr_self *self, const struct gr_message *message)
{
    const struct plan *plan = message->data;
    struct gr_actor_options options = {.where = GR_ON_LOOP(plan->loop),
                                       .name = "child",
                                       .argument = plan,
                                       .argument_bytes = sizeof *plan,
                                       .parent = gr_self_actor(self),
                                       .stop_within = plan->stop_within};
    gr_actor child;
    int rc = gr_actor_spawn(&member, &options, &child);
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, &child, sizeof child);
}

static int hold(const struct gr_message *message)
{
    int rc = gr_reply(message, NULL, 0);
    return rc < 0 ? rc : gr_sleep(gr_in(60 * GR_SECOND));
}

/* Once is not enough for it. */
static int hold_shielded(const struct gr_message *message)
{
    struct gr_shield shields[2];
    for (int i = 0; i < 2; i++) {
        gr_shield_raise(&shields[i], GR_FOREVER);
        check_equal(i == 0 ? hold(message) : gr_sleep(gr_in(60 * GR_SECOND)), -ECANCELED);
    }
    gr_shield_lower(&shields[1]);
    gr_shield_lower(&shields[0]);
    return 0;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    switch (message->tag) {
    case SPAWN:
        return spawn_child(self, message);
    case HOLD:
        return hold(message) == -ECANCELED ? 0 : -EBADMSG;
    case HOLD_SHIELDED:
        return hold_shielded(message);
    case STOP_SELF:
        return gr_actor_stop(gr_self_actor(self), 0);
    case ECHO:
        return gr_reply(message, NULL, 0);
    }
    return -ENOTSUP;
}

static gr_actor spawn(int loop, struct plan plan)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {
        .where = GR_ON_LOOP(loop), .argument = &plan, .argument_bytes = sizeof plan};
    check_equal(gr_actor_spawn(&member, &options, &actor), 0);
    return actor;
}

static gr_actor child_of(gr_actor parent, struct plan plan)
{
    gr_actor child = {0};
    check_equal(
        gr_ask(parent, SPAWN, &plan, sizeof plan, &child, sizeof child, gr_in(5 * GR_SECOND)), 0);
    return child;
}

static void tell_to_hold(gr_actor actor, uint32_t tag)
{
    check_equal(gr_ask(actor, tag, NULL, 0, NULL, 0, gr_in(5 * GR_SECOND)), 0);
}

static int reason_of_end(gr_actor actor)
{
    int reason = 1;
    check_equal(gr_actor_join(actor, &reason, gr_in(10 * GR_SECOND)), 0);
    return reason;
}

static bool is_gone(gr_actor actor)
{
    return gr_ask(actor, ECHO, NULL, 0, NULL, 0, gr_in(5 * GR_SECOND)) == -ESTALE;
}

RUNNER_TEST(stops_its_children_first_and_the_youngest_first)
{
    for (int of = 0; of < 2; of++) {
        forget_order();
        gr_actor parent = spawn(of, (struct plan){.letter = 'P'});
        gr_actor middle = child_of(parent, (struct plan){.letter = 'a', .loop = 0});
        child_of(middle, (struct plan){.letter = '1', .loop = 1});
        child_of(parent, (struct plan){.letter = 'b', .loop = 1});
        child_of(middle, (struct plan){.letter = '2', .loop = 0});
        child_of(parent, (struct plan){.letter = 'c', .loop = 0});
        check_equal(gr_actor_stop(parent, 0), 0);
        reason_of_end(parent);
        check(strcmp(order, "cb21aP") == 0);
    }
}

RUNNER_TEST(stops_its_children_when_it_fails)
{
    expect_report("actor 'member' on loop 0 failed");
    forget_order();
    gr_actor parent = spawn(0, (struct plan){.letter = 'P'});
    gr_actor child = child_of(parent, (struct plan){.letter = 'a', .loop = 1});
    check_equal(gr_send(parent, 99, NULL, 0), 0);
    check_equal(reason_of_end(parent), -ENOTSUP);
    check(strcmp(order, "aP") == 0);
    check(is_gone(child));
}

RUNNER_TEST(lives_on_when_a_child_ends)
{
    forget_order();
    gr_actor parent = spawn(0, (struct plan){.letter = 'P'});
    for (int loop = 0; loop < 2; loop++) {
        gr_actor child = child_of(parent, (struct plan){.letter = 'a', .loop = loop});
        check_equal(gr_send(child, STOP_SELF, NULL, 0), 0);
        reason_of_end(child);
    }
    check_equal(gr_ask(parent, ECHO, NULL, 0, NULL, 0, gr_in(5 * GR_SECOND)), 0);
    check_equal(gr_actor_stop(parent, 0), 0);
    reason_of_end(parent);
    check(strcmp(order, "aaP") == 0);
}

RUNNER_TEST(tells_its_children_that_it_shuts_down)
{
    forget_order();
    gr_actor parent = spawn(0, (struct plan){.letter = 'P'});
    gr_actor child = child_of(parent, (struct plan){.letter = 'a', .loop = 0});
    check_equal(gr_actor_stop(parent, -EPIPE), 0);
    reason_of_end(child);
    check_equal(stop_reason, -ESHUTDOWN);
    check_equal(reason_of_end(parent) == -EPIPE || is_gone(parent), 1);
    check_equal(stop_reason, -EPIPE);
}

RUNNER_TEST(ends_a_childs_wait_at_once)
{
    forget_order();
    for (int loop = 0; loop < 2; loop++) {
        gr_actor parent = spawn(0, (struct plan){.letter = 'P'});
        gr_actor child =
            child_of(parent, (struct plan){.letter = 'a', .loop = loop, .stop_within = GR_SECOND});
        tell_to_hold(child, HOLD);
        gr_time began = gr_clock();
        check_equal(gr_actor_stop(parent, 0), 0);
        reason_of_end(parent);
        check(gr_clock() - began < GR_SECOND);
    }
    check(strcmp(order, "aPaP") == 0);
}

RUNNER_TEST(forces_a_child_that_does_not_stop_within_its_time)
{
    static const gr_time within = 20 * GR_MILLISECOND;
    for (int loop = 0; loop < 2; loop++) {
        forget_order();
        gr_actor parent = spawn(0, (struct plan){.letter = 'P'});
        gr_actor shielded =
            child_of(parent, (struct plan){.letter = 's', .loop = loop, .stop_within = within});
        child_of(parent, (struct plan){
                             .letter = 'w', .dies_hard = 'w', .loop = loop, .stop_within = within});
        tell_to_hold(shielded, HOLD_SHIELDED);
        gr_time began = gr_clock();
        check_equal(gr_actor_stop(parent, 0), 0);
        reason_of_end(parent);
        check(gr_clock() - began >= 2 * within);
        check(strcmp(order, "wsP") == 0);
    }
}

/* A stop hook that computes, and never waits: nothing can end it, and its loop stands still. */
static bool may_go;

static void compute(struct gr_self *self, int reason)
{
    (void)self, (void)reason;
    while (!__atomic_load_n(&may_go, __ATOMIC_SEQ_CST))
        sched_yield();
}

static const struct gr_behavior stubborn = {
    .name = "stubborn", .receive = receive, .stop = compute};

static int spawn_stubborn(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    gr_actor child;
    return gr_actor_spawn(&stubborn,
                          &(struct gr_actor_options){.where = GR_ON_LOOP(1),
                                                     .parent = gr_self_actor(self),
                                                     .stop_within = 5 * GR_MILLISECOND},
                          &child);
}

static const struct gr_behavior patient = {
    .name = "patient", .receive = receive, .start = spawn_stubborn};

RUNNER_TEST(goes_without_a_child_that_nothing_can_stop_and_the_run_hears_of_it)
{
    expect_report("goes without its child 'stubborn' on loop 1, which did not stop");
    __atomic_store_n(&may_go, false, __ATOMIC_SEQ_CST);
    gr_actor parent = {0};
    check_equal(gr_actor_spawn(&patient, NULL, &parent), 0);
    check_equal(gr_actor_stop(parent, 0), 0);
    check(reason_of_end(parent) <= 0);
    __atomic_store_n(&may_go, true, __ATOMIC_SEQ_CST);
}

RUNNER_TEST(is_named_with_what_it_waits_for_when_it_was_to_stop_in_vain)
{
    expect_report("actor 'member' on loop 1 was to stop and has not: it waits for a point in time");
    gr_actor actor = spawn(1, (struct plan){.letter = 'a'});
    tell_to_hold(actor, HOLD);
    check_equal(gr__actor_stop(actor, GR__STOP_IN_VAIN, 0), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    check(reason_of_end(actor) <= 0);
}

RUNNER_TEST(is_killed_whatever_it_waits_for)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actors[] = {spawn(loop, (struct plan){.letter = 'a'}),
                             spawn(loop, (struct plan){.letter = 'b', .dies_hard = 'w'}),
                             spawn(loop, (struct plan){.letter = 'c'})};
        tell_to_hold(actors[0], HOLD);
        tell_to_hold(actors[2], HOLD_SHIELDED);
        for (int i = 0; i < 3; i++) {
            forget_order();
            check_equal(gr_actor_kill(actors[i]), 0);
            check(reason_of_end(actors[i]) < 0);
            check_equal(stop_reason, GR_EKILLED);
            check_equal(order[0], 'a' + i);
        }
    }
}

RUNNER_TEST(is_hurried_by_a_kill_and_keeps_its_reason)
{
    gr_actor actor = spawn(0, (struct plan){.letter = 'a', .dies_hard = 'w'});
    check_equal(gr_actor_stop(actor, -EPIPE), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_actor_kill(actor), 0);
    check_equal(reason_of_end(actor), -EPIPE);
}

RUNNER_TEST(is_killed_with_its_children)
{
    forget_order();
    gr_actor parent = spawn(0, (struct plan){.letter = 'P'});
    child_of(parent, (struct plan){.letter = 'a', .dies_hard = 'w', .loop = 0});
    child_of(parent, (struct plan){.letter = 'b', .dies_hard = 'w', .loop = 1});
    gr_time began = gr_clock();
    check_equal(gr_actor_stop(parent, 0), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_actor_kill(parent), 0);
    reason_of_end(parent);
    check(gr_clock() - began < 4 * GR_SECOND);
    check(strcmp(order, "baP") == 0);
}

static void kill_it(void *actor)
{
    check_equal(gr_actor_kill(*(gr_actor *)actor), 0);
}

RUNNER_TEST(is_killed_from_a_foreign_thread_and_a_stale_one_ignored)
{
    gr_actor actor = spawn(1, (struct plan){.letter = 'a'});
    on_another_thread(kill_it, &actor);
    check(reason_of_end(actor) < 0);
    check_equal(gr_actor_kill(actor), 0);
    check_equal(gr_actor_kill((gr_actor){0}), 0);
}

RUNNER_TEST(is_no_child_of_one_that_has_gone_is_elsewhere_or_is_to_stop)
{
    gr_actor gone = spawn(0, (struct plan){.letter = 'a'}), actor = {0};
    check_equal(gr_actor_stop(gone, 0), 0);
    check(reason_of_end(gone) <= 0);
    check_equal(gr_actor_spawn(&member, &(struct gr_actor_options){.parent = gone}, &actor),
                -ESTALE);
    gr_actor elsewhere = spawn(1, (struct plan){.letter = 'b'});
    check_equal(gr_actor_spawn(&member, &(struct gr_actor_options){.parent = elsewhere}, &actor),
                GR_EWRONGLOOP);
    gr_actor stopping = spawn(0, (struct plan){.letter = 'c'});
    check_equal(gr_actor_stop(stopping, 0), 0);
    check_equal(gr_actor_spawn(&member, &(struct gr_actor_options){.parent = stopping}, &actor),
                -ESTALE);
    check_equal(actor.name, 0);
}

static int slow_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)self, (void)argument, (void)size;
    return gr_sleep(gr_in(5 * GR_MILLISECOND));
}

static const struct gr_behavior slow = {.name = "slow", .receive = receive, .start = slow_start};

static void add_count(void *count)
{
    *(size_t *)count += gr_actor_count();
}

static size_t count_actors(void)
{
    size_t count = 0;
    for (int loop = 0; loop < 2; loop++)
        on_loop(loop, add_count, &count);
    return count;
}

static int stop_it(void *actor)
{
    return gr_actor_stop(*(gr_actor *)actor, 0);
}

/* It is told to while its child starts, by a spawner that is another, and may take long. */
RUNNER_TEST(takes_no_child_once_it_is_to_stop)
{
    for (int round = 0; round < 4; round++) {
        int loop = round % 2;
        char dies_hard = round < 2 ? 'w' : 0;
        gr_actor parent = spawn(0, (struct plan){.letter = 'P', .dies_hard = dies_hard});
        gr_actor child = {0};
        gr_runner stops;
        check_equal(gr_runner_start(stop_it, &parent, NULL, &stops), 0);
        struct gr_actor_options options = {.where = GR_ON_LOOP(loop), .parent = parent};
        check_equal(gr_actor_spawn(&slow, &options, &child), -ESTALE);
        check_equal(gr_runner_join(stops, gr_in(5 * GR_SECOND)), 0);
        check_equal(gr_actor_kill(parent), 0);
        check_soon(count_actors() == 0);
    }
}

/* Its start hook has spawned one when it fails. */
static int spawn_and_fail(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    gr_actor child;
    struct gr_actor_options options = {.where = GR_ON_LOOP(*(const int *)argument),
                                       .argument = &(struct plan){.letter = 'a'},
                                       .argument_bytes = sizeof(struct plan),
                                       .parent = gr_self_actor(self)};
    check_equal(gr_actor_spawn(&member, &options, &child), 0);
    return gr_sleep(gr_in(GR_MILLISECOND)) < 0 ? -EBADMSG : -EPERM;
}

static const struct gr_behavior false_start = {
    .name = "false start", .receive = receive, .start = spawn_and_fail};

RUNNER_TEST(stops_the_children_of_one_whose_start_hook_fails_after_a_wait)
{
    for (int where = 0; where < 2; where++)
        for (int loop = 0; loop < 2; loop++) {
            forget_order();
            gr_actor actor = {0};
            struct gr_actor_options options = {
                .where = GR_ON_LOOP(where), .argument = &loop, .argument_bytes = sizeof loop};
            check_equal(gr_actor_spawn(&false_start, &options, &actor), -EPERM);
            check(strcmp(order, "a") == 0);
        }
}

static char order_at_end[8];

static void note_order(struct gr_self *self, int reason)
{
    note_stop(self, reason);
    memcpy(order_at_end, order, sizeof order_at_end);
}

static const struct gr_behavior root = {.name = "root",
                                        .receive = receive,
                                        .start = note_start,
                                        .stop = note_order,
                                        .state_bytes = sizeof(struct plan)};

static int leave_a_tree(void *context)
{
    (void)context;
    gr_actor parent = {0};
    struct plan plan = {.letter = 'P'};
    struct gr_actor_options options = {.argument = &plan, .argument_bytes = sizeof plan};
    check_equal(gr_actor_spawn(&root, &options, &parent), 0);
    child_of(parent, (struct plan){.letter = 'a', .loop = 1});
    child_of(parent, (struct plan){.letter = 'b', .loop = 0});
    child_of(parent, (struct plan){.letter = 'c', .loop = 1});
    return 0;
}

static void stops_its_children_in_order_when_the_run_ends(void **state)
{
    (void)state;
    forget_order();
    run_in_fleet(leave_a_tree, &(struct gr_options){.loops = 2});
    assert_string_equal(order_at_end, "cbaP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_its_children_first_and_the_youngest_first),
        cmocka_unit_test(stops_its_children_when_it_fails),
        cmocka_unit_test(lives_on_when_a_child_ends),
        cmocka_unit_test(tells_its_children_that_it_shuts_down),
        cmocka_unit_test(ends_a_childs_wait_at_once),
        cmocka_unit_test(forces_a_child_that_does_not_stop_within_its_time),
        cmocka_unit_test(goes_without_a_child_that_nothing_can_stop_and_the_run_hears_of_it),
        cmocka_unit_test(is_named_with_what_it_waits_for_when_it_was_to_stop_in_vain),
        cmocka_unit_test(is_killed_whatever_it_waits_for),
        cmocka_unit_test(is_hurried_by_a_kill_and_keeps_its_reason),
        cmocka_unit_test(is_killed_with_its_children),
        cmocka_unit_test(is_killed_from_a_foreign_thread_and_a_stale_one_ignored),
        cmocka_unit_test(is_no_child_of_one_that_has_gone_is_elsewhere_or_is_to_stop),
        cmocka_unit_test(takes_no_child_once_it_is_to_stop),
        cmocka_unit_test(stops_the_children_of_one_whose_start_hook_fails_after_a_wait),
        cmocka_unit_test(stops_its_children_in_order_when_the_run_ends),
    };
    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
