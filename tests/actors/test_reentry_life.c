/* Handlers that interleave end together: with their actor's stop, its failure, its finish or its move. */
#include "lib/host.h"
#include "lib/shortage.h"

#include "actors/reentry.h"

/* An actor with a handler at each of two gates. */
static gr_actor spawn_with_two(const struct gr_behavior *behavior, gr_promise ret_gates[2])
{
    gr_actor actor = spawn(behavior, NULL);
    for (int i = 0; i < 2; i++)
        ret_gates[i] = shut_gate(actor, GATE, SOON);
    return actor;
}

LONE_RUNNER_TEST(a_stop_cancels_all_handlers_and_none_begins_any_more)
{
    gr_promise gates[2];
    gr_actor actor = spawn_with_two(&open, gates);
    check_equal(gr_actor_stop(actor, 0), 0);
    send(actor, NOTE, "x");
    gr_future asked = start_ask(actor, TAGS(NOTE, 0));
    check_equal(end_of(actor), 0);
    check_trace("((!!s");
    check_equal(reply_of(asked), -ESTALE);
}

/* Waits on behind a shield, which stands longer than the wait. */
static int wait_shielded(struct gr_self *self, const struct gr_message *message)
{
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(20 * GR_SECOND));
    int rc = wait_and_note(self, message);
    gr_shield_lower(&shield);
    return rc;
}

static const struct gr_behavior shielded = {.name = "shielded",
                                            .receive = wait_shielded,
                                            .stop = stop,
                                            .state_bytes = sizeof(struct host),
                                            .reentrancy = GR_REENTRANCY_ALL};

LONE_RUNNER_TEST(the_stop_hook_runs_once_when_the_last_handler_has_ended)
{
    gr_promise gates[2];
    gr_actor actor = spawn_with_two(&shielded, gates);
    check_equal(gr_actor_stop(actor, -ESHUTDOWN), 0);
    settle();
    check_trace("((");
    open_gate(gates[1]);
    settle();
    check_trace("(()");
    open_gate(gates[0]);
    check_equal(end_of(actor), -ESHUTDOWN);
    check_trace("(())S");
}

LONE_RUNNER_TEST(a_kill_reaches_all_handlers)
{
    gr_promise gates[2];
    gr_actor actor = spawn_with_two(&shielded, gates);
    check_equal(gr_actor_kill(actor), 0);
    check_equal(end_of(actor), GR_EKILLED);
    check_trace("((!!S");
}

LONE_RUNNER_TEST(a_failure_cancels_the_other_handlers)
{
    gr_promise gates[2];
    expect_report("actor 'host' on loop 0 failed");
    gr_actor actor = spawn_with_two(&open, gates);
    gr_future asked = start_ask(actor, TAGS(FAIL, 0));
    send(actor, NOTE, "x");
    check_equal(reply_of(asked), -EIO);
    check_equal(end_of(actor), -EIO);
    check_trace("((!!S");
}

static int fail_later(void *context)
{
    (void)context;
    int rc = gr_sleep(gr_in(GR_MILLISECOND));
    return rc < 0 ? rc : -EBADF;
}

static int start_tenant(struct gr_self *self, const struct gr_message *message)
{
    struct gr_scope *scope;
    if (message->tag != LATE)
        return receive(self, message);
    int rc = gr_self_scope(self, &scope);
    return rc < 0 ? rc : gr_scope_start(scope, fail_later, NULL, NULL, NULL);
}

LONE_RUNNER_TEST(a_runner_of_its_scope_that_fails_cancels_all_handlers)
{
    static const struct gr_behavior landlord = {.name = "landlord",
                                                .receive = start_tenant,
                                                .state_bytes = sizeof(struct host),
                                                .reentrancy = GR_REENTRANCY_ALL};
    gr_promise gates[2];
    expect_report("actor 'landlord' on loop 0 failed");
    gr_actor actor = spawn_with_two(&landlord, gates);
    send(actor, LATE, "");
    check_equal(end_of(actor), -EBADF);
    check_trace("((!!");
}

LONE_RUNNER_TEST(a_restart_begins_with_the_mail_that_had_not_begun)
{
    static const struct gr_child child = {.name = "host", .behavior = &tagged};
    static const struct gr_supervisor keeper = {.name = "keeper",
                                                .children = &child,
                                                .child_count = 1,
                                                .restarts_max = 4,
                                                .restarts_within = GR_SECOND};
    gr_actor supervisor, actor;
    struct gr_failure failure;
    struct gr_buffer bytes;
    trace[0] = '\0';
    expect_report("failed");
    check_equal(gr_supervisor_start(&keeper, NULL, &supervisor), 0);
    check_equal(gr_supervisor_find(supervisor, "host", &actor, SOON), 0);
    shut_gate(actor, GATE, SOON);
    shut_gate(actor, GATE, SOON);
    send(actor, LATE, "x");
    check_equal(gr_ask(actor, ASK, NULL, 0, NULL, 0, SOON), -EINVAL);
    check_soon(strcmp(trace, "((!!Sx") == 0);
    check_equal(gr_actor_failure(actor, &failure, &bytes, SOON), 0);
    check(failure.by_message);
    check_equal(failure.tag, ASK);
    gr_buffer_release(&bytes);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    send(actor, NOTE, "a");
    settle();
    open_gate(gate);
    settle();
    check_trace("((!!Sx(a)");
    check_equal(gr_actor_stop(supervisor, 0), 0);
    check_equal(gr_actor_join(supervisor, &(int){0}, SOON), 0);
}

LONE_RUNNER_TEST(a_finish_lets_handlers_end_and_what_is_there_begin)
{
    gr_promise gates[2];
    gr_actor actor = spawn_with_two(&tagged, gates);
    send(actor, LATE, "x");
    check_equal(gr_actor_finish(actor), 0);
    send(actor, NOTE, "a");
    settle();
    open_gate(gates[0]);
    settle();
    check_trace("((a)");
    open_gate(gates[1]);
    check_equal(end_of(actor), 0);
    check_trace("((a))xs");
}

/* An actor whose end it is to hear of. */
static gr_actor link_with(gr_actor actor)
{
    gr_actor other = {0};
    check_equal(gr_actor_spawn(&plain, NULL, &other), 0);
    check_equal(gr_send(actor, LINK, &other, sizeof other), 0);
    settle();
    return other;
}

static void end_linked(gr_actor other)
{
    check_equal(gr_actor_kill(other), 0);
    check_equal(gr_actor_join(other, &(int){0}, SOON), 0);
    settle();
}

LONE_RUNNER_TEST(a_control_message_begins_while_handlers_wait_where_all_may)
{
    gr_actor actor = spawn(&open_hearing, NULL), other = link_with(actor);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    end_linked(other);
    check_trace("(Sc");
    open_gate(gate);
    end(actor);
}

LONE_RUNNER_TEST(a_control_message_waits_for_all_handlers_where_only_some_tags_may_begin)
{
    gr_actor actor = spawn(&tagged_hearing, NULL), other = link_with(actor);
    gr_promise gates[2] = {shut_gate(actor, GATE, SOON), shut_gate(actor, GATE, SOON)};
    end_linked(other);
    send(actor, LATE, "x");
    send(actor, NOTE, "a");
    open_gate(gates[0]);
    settle();
    check_trace("((Sa)");
    open_gate(gates[1]);
    settle();
    check_trace("((Sa))cx");
    end(actor);
}

static int control_waits(struct gr_self *self, const struct gr_control *heard)
{
    (void)self, (void)heard;
    note('<');
    int rc = gr_sleep(gr_in(20 * GR_MILLISECOND));
    note('>');
    return rc;
}

LONE_RUNNER_TEST(one_control_message_is_handled_at_a_time_and_messages_begin_meanwhile)
{
    static const struct gr_behavior slow_to_hear = {HOST, .start = start, .control = control_waits,
                                                    .reentrancy = GR_REENTRANCY_ALL};
    gr_actor actor = spawn(&slow_to_hear, NULL);
    gr_actor others[2] = {link_with(actor), link_with(actor)};
    end_linked(others[0]);
    check_trace("S<");
    end_linked(others[1]);
    send(actor, NOTE, "a");
    settle();
    check_trace("S<Sa");
    check_soon(strcmp(trace, "S<Sa><>") == 0);
    end(actor);
}

static int moved(struct gr_self *self, int from)
{
    (void)self, (void)from;
    note('m');
    return 0;
}

FLEET_TEST(a_move_waits_until_no_handler_is_under_way, 2)
{
    static const struct gr_behavior moving = {HOST, BY_TAGS, .moved = moved};
    gr_promise gates[2];
    gr_actor actor = spawn_with_two(&moving, gates);
    check_equal(gr_actor_move(actor, GR_ON_LOOP(1), gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    send(actor, NOTE, "a");
    open_gate(gates[0]);
    settle();
    check_trace("((a)");
    open_gate(gates[1]);
    check_soon(strcmp(trace, "((a))m") == 0);
    gr_promise gate = shut_gate(actor, GATE, SOON);
    send(actor, LATE, "x");
    send(actor, NOTE, "b");
    check_equal(gr_ask(actor, NOTE, "c", 1, NULL, 0, SOON), 0);
    check_trace("((a))m(bc");
    open_gate(gate);
    check_equal(gr_ask(actor, COUNT, NULL, 0, &(int){0}, sizeof(int), SOON), 0);
    check_trace("((a))m(bc)x");
    check_equal(gr_actor_move(actor, GR_ON_LOOP(0), SOON), 0);
    gates[0] = shut_gate(actor, GATE, SOON);
    send(actor, NOTE, "d");
    settle();
    open_gate(gates[0]);
    end(actor);
}

LONE_RUNNER_TEST(a_report_says_what_each_handler_waits_for)
{
    gr_promise gates[2];
    gr_actor actor = spawn_with_two(&open, gates);
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = gr__body_find(loop, actor.name);
    char text[256];
    gr__body_describe_waits(loop, body, text, sizeof text);
    check(strstr(text, "in 2 handlers: for a future since ") == text);
    check(strstr(text, " ms, for a future since ") != NULL);
    open_gate(gates[1]);
    settle();
    gr__body_describe_waits(loop, body, text, sizeof text);
    check(strstr(text, "for a future since ") == text);
    open_gate(gates[0]);
    end(actor);
}

static int leave_two_waiting(void *context)
{
    (void)context;
    gr_promise gates[2];
    spawn_with_two(&open, gates);
    return 0;
}

static void the_report_of_a_phase_says_how_many_handlers_wait_and_on_what(void **state)
{
    (void)state;
    struct gr_options options = {.loops = 1, .stop_within = 200 * GR_MILLISECOND};
    assert_int_equal(run_witnessed(leave_two_waiting, NULL, options), 0);
    assert_true(
        was_reported("actor 'host' on loop 0 is not done, with 0 messages left: it waits in 2 "
                     "handlers: for a future since "));
}

LONE_RUNNER_TEST(a_handler_that_waits_counts_as_load)
{
    gr_promise gates[2];
    gr_actor actor = spawn_with_two(&open, gates);
    const struct gr__body *body = gr__body_find(gr__loop_here(), actor.name);
    check_equal(gr__body_under_way(body), 2);
    open_gate(gates[0]);
    open_gate(gates[1]);
    settle();
    check_equal(gr__body_under_way(body), 0);
    end(actor);
}

static int run_nothing(struct gr_self *self)
{
    (void)self;
    return 0;
}

static void is_refused(const struct gr_behavior *behavior, const char *why)
{
    gr_actor actor = {0};
    int rc = gr_actor_spawn(behavior, NULL, &actor);
    check_equal(rc, -EINVAL);
    const struct gr_error *error = gr_error_details(rc);
    check(error != NULL && strstr(error->message, why) != NULL);
    check_equal(actor.name, 0);
    check_equal(gr_actor_count(), 0);
}

LONE_RUNNER_TEST(what_contradicts_itself_is_refused_with_details)
{
    static const uint32_t many[GR_REENTRANCY_TAGS_MAX + 1];
    is_refused(
        &(struct gr_behavior){.name = "host", .run = run_nothing, .reentrancy = GR_REENTRANCY_ALL},
        "a run");
    is_refused(&(struct gr_behavior){HOST, .reentrancy = (enum gr_reentrancy)7}, "there is not");
    is_refused(&(struct gr_behavior){HOST, .reentrancy = GR_REENTRANCY_TAGS}, "none of these");
    is_refused(
        &(struct gr_behavior){HOST, .reentrancy = GR_REENTRANCY_TAGS, .reentrancy_tags = many},
        "none of these");
    is_refused(&(struct gr_behavior){HOST, .reentrancy = GR_REENTRANCY_ALL, .reentrancy_tags = many,
                                     .reentrancy_tag_count = 1},
               "for all messages");
    is_refused(&(struct gr_behavior){HOST, .reentrancy = GR_REENTRANCY_TAGS,
                                     .reentrancy_tags = many,
                                     .reentrancy_tag_count = GR_REENTRANCY_TAGS_MAX + 1},
               "more tags");
}

FLEET_TEST(it_is_refused_on_another_loop_too, 2)
{
    gr_actor actor;
    static const struct gr_behavior wrong = {HOST, .reentrancy = GR_REENTRANCY_TAGS};
    int rc = gr_actor_spawn(&wrong, &(struct gr_actor_options){.where = GR_ON_LOOP(1)}, &actor);
    check_equal(rc, -EINVAL);
    check(gr_error_details(rc) != NULL);
}

LONE_RUNNER_TEST(without_memory_it_is_not_spawned)
{
    gr_actor actor = {0};
    const size_t sizes[] = {sizeof(struct gr__annex), sizeof(struct gr__reentry)};
    for (int i = 0; i < 2; i++) {
        void *all = take_all(sizes[i]);
        check_equal(gr_actor_spawn(&open, NULL, &actor), -ENOMEM);
        give_all(all, sizes[i]);
        check_equal(gr_actor_count(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_cancels_all_handlers_and_none_begins_any_more),
        cmocka_unit_test(the_stop_hook_runs_once_when_the_last_handler_has_ended),
        cmocka_unit_test(a_kill_reaches_all_handlers),
        cmocka_unit_test(a_failure_cancels_the_other_handlers),
        cmocka_unit_test(a_runner_of_its_scope_that_fails_cancels_all_handlers),
        cmocka_unit_test(a_restart_begins_with_the_mail_that_had_not_begun),
        cmocka_unit_test(a_finish_lets_handlers_end_and_what_is_there_begin),
        cmocka_unit_test(a_control_message_begins_while_handlers_wait_where_all_may),
        cmocka_unit_test(a_control_message_waits_for_all_handlers_where_only_some_tags_may_begin),
        cmocka_unit_test(one_control_message_is_handled_at_a_time_and_messages_begin_meanwhile),
        cmocka_unit_test(a_move_waits_until_no_handler_is_under_way),
        cmocka_unit_test(a_report_says_what_each_handler_waits_for),
        cmocka_unit_test(the_report_of_a_phase_says_how_many_handlers_wait_and_on_what),
        cmocka_unit_test(a_handler_that_waits_counts_as_load),
        cmocka_unit_test(what_contradicts_itself_is_refused_with_details),
        cmocka_unit_test(it_is_refused_on_another_loop_too),
        cmocka_unit_test(without_memory_it_is_not_spawned),
    };
    return cmocka_run_group_tests_name("reentry life", tests, NULL, NULL);
}
