/*
 * A run that stops loses no message that was sent before, and stops actors from the leaves up.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "lib/witness.h"

/* --- Drain ------------------------------------------------------------------------------------- */

enum { LOOPS = 3, MEMBERS = 6, BALLS = 100, THROWS = 200 };

static atomic_int caught;
static gr_actor members[MEMBERS];

/* Waits now and then, so that mail, handlers and messages on their way are all there is. */
static int pass_on(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    int left = *(const int *)message->data;
    caught++;
    if (gr_random() % 16 == 0)
        check_equal(gr_sleep(gr_in(10 * GR_MICROSECOND)), 0);
    if (left == 0)
        return 0;
    left--;
    return gr_send(members[gr_random() % MEMBERS], 0, &left, sizeof left);
}

static int throw_balls(void *context)
{
    static const struct gr_behavior member = {.name = "member", .receive = pass_on};
    int loops = *(const int *)context;
    for (int i = 0; i < MEMBERS; i++) {
        struct gr_actor_options options = {.where = GR_ON_LOOP(i % loops)};
        check_equal(gr_actor_spawn(&member, &options, &members[i]), 0);
    }
    for (int i = 0; i < BALLS; i++)
        check_equal(gr_send(members[i % MEMBERS], 0, &(int){THROWS}, sizeof(int)), 0);
    return 0;
}

enum { PASSES = 50000 };

/* The loop's slice is over in the midst of it, again and again; and in the end each takes long. */
static int keep(struct gr_self *self, const struct gr_message *message)
{
    int left = *(const int *)message->data;
    gr_time until = gr_clock() + (left < 200 ? 20 * GR_MICROSECOND : 0);
    while (gr_clock() < until)
        ;
    caught++;
    if (left == 0)
        return 0;
    left--;
    return gr_send(gr_self_actor(self), 0, &left, sizeof left);
}

static int never_rest(void *context)
{
    (void)context;
    int rc;
    do {
        rc = gr_yield();
    } while (rc == 0);
    return rc;
}

static int throw_where_it_is_busy(void *context)
{
    static const struct gr_behavior keeper = {.name = "keeper", .receive = keep};
    gr_actor actor;
    check_equal(gr_runner_start(never_rest, context, NULL, NULL), 0);
    check_equal(gr_actor_spawn(&keeper, NULL, &actor), 0);
    return gr_send(actor, 0, &(int){PASSES}, sizeof(int));
}

static void waits_for_mail_where_the_loop_never_rests(void **state)
{
    (void)state;
    caught = 0;
    assert_int_equal(run_witnessed(throw_where_it_is_busy, NULL, (struct gr_options){.loops = 1}),
                     0);
    assert_int_equal(caught, PASSES + 1);
    assert_string_equal(reports, "");
}

static void loses_no_message_and_none_that_follows_from_one(void **state)
{
    (void)state;
    for (int times = 0; times < 6; times++) {
        int loops = 1 + times % LOOPS;
        caught = 0;
        assert_int_equal(run_witnessed(throw_balls, &loops, (struct gr_options){.loops = loops}),
                         0);
        assert_int_equal(caught, BALLS * (THROWS + 1));
        assert_string_equal(reports, "");
    }
}

static int answer_late(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    while (gr_run_phase() < GR_PHASE_DRAIN)
        check_equal(gr_yield(), 0);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    return gr_reply(message, NULL, 0);
}

static int ask_for_it(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    gr_actor other = *(const gr_actor *)message->data;
    check_equal(gr_ask(other, 0, NULL, 0, NULL, 0, gr_in(10 * GR_SECOND)), 0);

    /* What is spawned now is still there to be drained. */
    static const struct gr_behavior late = {.name = "late", .receive = pass_on};
    gr_actor actor;
    check_equal(gr_actor_spawn(&late, &(struct gr_actor_options){.where = GR_ON_LOOP(1)}, &actor),
                0);
    return gr_send(actor, 0, &(int){0}, sizeof(int));
}

static int begin_to_ask(void *context)
{
    (void)context;
    static const struct gr_behavior answering = {.name = "answering", .receive = answer_late};
    static const struct gr_behavior asking = {.name = "asking", .receive = ask_for_it};
    gr_actor asks, answers;
    check_equal(
        gr_actor_spawn(&answering, &(struct gr_actor_options){.where = GR_ON_LOOP(1)}, &answers),
        0);
    check_equal(gr_actor_spawn(&asking, NULL, &asks), 0);
    return gr_send(asks, 0, &answers, sizeof answers);
}

static void lets_handlers_under_way_ask_spawn_and_send(void **state)
{
    (void)state;
    caught = 0;
    assert_int_equal(run_witnessed(begin_to_ask, NULL, (struct gr_options){.loops = 2}), 0);
    assert_int_equal(caught, 1);
    assert_string_equal(reports, "");
}

static void *send_from_outside(void *context)
{
    gr_actor actor = *(const gr_actor *)context;
    int rc = gr_try_send(actor, 0, NULL, 0);
    check_equal(rc, -ESHUTDOWN);
    return NULL;
}

static int try_from_outside(void *context)
{
    pthread_t thread;
    check_equal(pthread_create(&thread, NULL, send_from_outside, context), 0);
    pthread_join(thread, NULL);
    return 0;
}

static int count(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    caught++;
    return 0;
}

static const struct gr_behavior counter = {.name = "counter", .receive = count};

static int try_while_it_drains(void *context)
{
    static gr_actor actor;
    (void)context;
    check_equal(gr_actor_spawn(&counter, NULL, &actor), 0);
    return gr_on_stop(GR_PHASE_DRAIN, "outside", try_from_outside, &actor, NULL);
}

static void turns_away_what_comes_from_outside(void **state)
{
    (void)state;
    caught = 0;
    assert_int_equal(run_witnessed(try_while_it_drains, NULL, (struct gr_options){.loops = 2}), 0);
    assert_int_equal(caught, 0);
}

static int told;

static int wait_for_ever(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    told = gr_sleep(GR_FOREVER);
    return told;
}

static void note_stop(struct gr_self *self, int reason)
{
    (void)self;
    check_equal(reason, -ESHUTDOWN);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    note('s');
}

static int leave_waiting(void *context)
{
    static const struct gr_behavior waiting = {
        .name = "waiting", .receive = wait_for_ever, .stop = note_stop};
    (void)context;
    gr_actor actor;
    check_equal(
        gr_actor_spawn(&waiting, &(struct gr_actor_options){.where = GR_ON_LOOP(1)}, &actor), 0);
    for (int i = 0; i < 3; i++)
        check_equal(gr_send(actor, 0, NULL, 0), 0);
    return 0;
}

static void names_a_handler_that_does_not_return_and_cancels_it(void **state)
{
    (void)state;
    struct gr_options options = {.loops = 2};
    options.phase_within[GR_PHASE_DRAIN] = 10 * GR_MILLISECOND;
    assert_int_equal(run_witnessed(leave_waiting, NULL, options), 0);
    assert_true(was_reported(
        "out of time in phase 'drain' of stopping, on loop 1: actor 'waiting' on loop 1 is not "
        "done, with 2 messages left: it waits for a point in time since "));
    assert_int_equal(told, -ECANCELED);
    assert_string_equal(trace, "s");
}

static int receive_for_ever(struct gr_self *self)
{
    const struct gr_message *message;
    told = gr_receive(self, gr_pattern_tag(1), &message, GR_FOREVER);
    return told;
}

static int leave_receiving(void *context)
{
    static const struct gr_behavior receiving = {.name = "receiving", .run = receive_for_ever};
    (void)context;
    gr_actor actor;
    check_equal(gr_actor_spawn(&receiving, NULL, &actor), 0);
    check_equal(gr_yield(), 0);
    return gr_send(actor, 0, NULL, 0);
}

static void one_that_waits_for_a_message_is_drained(void **state)
{
    (void)state;
    gr_time began = gr_now();
    assert_int_equal(run_witnessed(leave_receiving, NULL, (struct gr_options){.loops = 1}), 0);
    assert_int_equal(told, -ECANCELED);
    assert_true(gr_now() - began < GR_SECOND);
}

/* --- Actors ------------------------------------------------------------------------------------ */

struct plan {
    char letter;
    bool refuses;
    bool hurries; /* may be ended by force */
};

static int start_by_plan(struct gr_self *self, const void *argument, size_t size)
{
    check_equal(size, sizeof(struct plan));
    memcpy(self->state, argument, size);
    return 0;
}

static void stop_by_plan(struct gr_self *self, int reason)
{
    const struct plan *plan = self->state;
    check_equal(reason, -ESHUTDOWN);
    if (plan->refuses) {
        struct gr_shield shield;
        gr_shield_raise(&shield, GR_FOREVER);
        told = gr_sleep(GR_FOREVER);
        gr_shield_lower(&shield);
    } else if (plan->hurries) {
        check(gr_sleep(gr_in(GR_MILLISECOND)) != -ETIMEDOUT);
    } else {
        check_equal(gr_run_phase(), GR_PHASE_ACTORS);
        check_equal(gr_sleep(gr_in((gr_time)(gr_random() % (5 * GR_MILLISECOND)))), 0);
    }
    note(plan->letter);
}

static const struct gr_behavior planned = {.name = "planned",
                                           .receive = count,
                                           .start = start_by_plan,
                                           .stop = stop_by_plan,
                                           .state_bytes = sizeof(struct plan)};

static gr_actor spawn_planned(int loop, gr_actor parent, struct plan plan)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP(loop),
                                       .argument = &plan,
                                       .argument_bytes = sizeof plan,
                                       .parent = parent,
                                       .stop_within = 60 * GR_SECOND};
    check_equal(gr_actor_spawn(&planned, &options, &actor), 0);
    return actor;
}

static int grow_a_tree(void *context)
{
    (void)context;
    gr_actor root = spawn_planned(0, (gr_actor){0}, (struct plan){.letter = 'r'});
    gr_actor branch = spawn_planned(0, root, (struct plan){.letter = 'b'});
    spawn_planned(1, branch, (struct plan){.letter = 'x'});
    spawn_planned(0, branch, (struct plan){.letter = 'y'});
    spawn_planned(2, root, (struct plan){.letter = 'z'});
    return 0;
}

static void stops_actors_from_the_leaves_up_over_all_loops(void **state)
{
    (void)state;
    for (int times = 0; times < 10; times++) {
        assert_int_equal(run_witnessed(grow_a_tree, NULL, (struct gr_options){.loops = 3}), 0);
        assert_string_equal(trace, "zyxbr");
        assert_string_equal(reports, "");
    }
}

static int spawn_too_late(void *context)
{
    gr_actor actor;
    (void)context;
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_spawn(&counter, NULL, &actor), -ESHUTDOWN);
    check_equal(
        gr_actor_spawn(&counter, &(struct gr_actor_options){.where = GR_ON_LOOP(1)}, &actor),
        -ESHUTDOWN);
    check_equal(gr_runner_start(spawn_too_late, NULL, NULL, NULL), -ESHUTDOWN);
    note('e');
    return 0;
}

static int hold_on(void *context)
{
    (void)context;
    note('h');
    return gr_sleep(gr_in(5 * GR_MILLISECOND));
}

static void register_hold(void *context)
{
    (void)context;
    check_equal(gr_on_stop(GR_PHASE_ACTORS, "hold", hold_on, NULL, NULL), 0);
}

static int spawn_while_actors_stop(void *context)
{
    on_loop(1, register_hold, NULL);
    return gr_on_stop(GR_PHASE_CLOSE, "late", spawn_too_late, context, NULL);
}

static void begins_no_actor_once_they_stop(void **state)
{
    (void)state;
    assert_int_equal(run_witnessed(spawn_while_actors_stop, NULL, (struct gr_options){.loops = 2}),
                     0);
    assert_string_equal(trace, "he");
}

static int leave_one_that_refuses(void *context)
{
    gr_actor parent =
        spawn_planned(0, (gr_actor){0}, (struct plan){.letter = 'p', .hurries = true});
    spawn_planned(1, *(bool *)context ? parent : (gr_actor){0},
                  (struct plan){.letter = 'q', .refuses = true});
    return 0;
}

static void names_an_actor_that_refuses_and_ends_it_by_force(void **state)
{
    (void)state;
    for (int times = 0; times < 2; times++) {
        bool is_child = times == 1;
        struct gr_options options = {.loops = 2};
        options.phase_within[GR_PHASE_ACTORS] = 20 * GR_MILLISECOND;
        told = 0;
        assert_int_equal(run_witnessed(leave_one_that_refuses, &is_child, options), 0);
        assert_true(was_reported("out of time in phase 'actors' of stopping, on loop 1: actor "
                                 "'planned' on loop 1 did not stop, with 0 messages left: it waits "
                                 "for a point in time since "));
        assert_int_equal(told, -ECANCELED);
        assert_non_null(strchr(trace, 'q'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loses_no_message_and_none_that_follows_from_one),
        cmocka_unit_test(waits_for_mail_where_the_loop_never_rests),
        cmocka_unit_test(lets_handlers_under_way_ask_spawn_and_send),
        cmocka_unit_test(turns_away_what_comes_from_outside),
        cmocka_unit_test(one_that_waits_for_a_message_is_drained),
        cmocka_unit_test(names_a_handler_that_does_not_return_and_cancels_it),
        cmocka_unit_test(stops_actors_from_the_leaves_up_over_all_loops),
        cmocka_unit_test(begins_no_actor_once_they_stop),
        cmocka_unit_test(names_an_actor_that_refuses_and_ends_it_by_force),
    };
    return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
