/* An actor's runners live as long as it does at most, and their failure is its own. */
#include <errno.h>
#include <stdatomic.h>

#include "lib/fixture.h"

enum { START, START_THERE, START_FAILING, WAIT, WAIT_SHIELDED, PING, DEFER };

static struct {
    int told;
    int told_in_handler;
    int reason;
    bool running_at_stop;
    bool running;
    int deferred;
} seen;

static int live(void *context)
{
    (void)context;
    seen.running = true;
    seen.told = gr_sleep(GR_FOREVER);
    seen.running = false;
    return seen.told;
}

static atomic_bool is_there;

static int live_there(void *context)
{
    atomic_store(&is_there, true);
    *(int *)context = gr_sleep(GR_FOREVER);
    return -ECANCELED;
}

static int fail_soon(void *context)
{
    (void)context;
    int rc = gr_sleep(gr_in(GR_MILLISECOND));
    return rc < 0 ? rc : -EPROTO;
}

static void note_deferred(void *context)
{
    (void)context;
    seen.deferred += gr_yield() == 0;
}

/* The handler goes on until the runner has been told, whatever happens to it itself. */
static int wait_for_the_runner(void)
{
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    int rc = 0;
    while (rc == 0 && seen.told == 1)
        rc = gr_sleep(gr_in(GR_MILLISECOND));
    gr_shield_lower(&shield);
    return seen.told_in_handler = rc;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct gr_scope *scope;
    int rc = gr_self_scope(self, &scope);
    if (rc < 0)
        return rc;

    switch (message->tag) {
    case START:
        return gr_scope_start(scope, live, NULL, NULL, NULL);
    case START_THERE:
        return gr_scope_start_on(scope, 1, live_there, &seen.told, NULL, NULL);
    case START_FAILING:
        return gr_scope_start(scope, fail_soon, NULL, NULL, NULL);
    case WAIT:
        return seen.told_in_handler = gr_sleep(GR_FOREVER);
    case WAIT_SHIELDED:
        return wait_for_the_runner();
    case DEFER:
        return gr_scope_defer(scope, note_deferred, NULL);
    default:
        return gr_reply(message, NULL, 0);
    }
}

static void stop(struct gr_self *self, int reason)
{
    (void)self;
    seen.reason = reason;
    seen.running_at_stop = seen.running;
}

static const struct gr_behavior landlord = {.name = "landlord", .receive = receive, .stop = stop};

static gr_actor spawn(void)
{
    gr_actor actor = {0};
    seen.told = seen.told_in_handler = seen.reason = 1;
    seen.running = seen.running_at_stop = false;
    seen.deferred = 0;
    atomic_store(&is_there, false);
    check_equal(gr_actor_spawn(&landlord, NULL, &actor), 0);
    return actor;
}

static void tell(gr_actor actor, uint32_t tag)
{
    check_equal(gr_send(actor, tag, NULL, 0), 0);
}

static void ping(gr_actor actor)
{
    check_equal(gr_ask(actor, PING, NULL, 0, NULL, 0, gr_in(10 * GR_SECOND)), 0);
}

LONE_RUNNER_TEST(live_on_when_the_handler_has_returned)
{
    gr_actor actor = spawn();
    tell(actor, START);
    ping(actor);
    check_soon(seen.running);
    ping(actor);
    check_equal(seen.told, 1);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_soon(gr_actor_count() == 0);
}

LONE_RUNNER_TEST(have_ended_before_the_stop_hook_runs)
{
    gr_actor actor = spawn();
    tell(actor, START);
    tell(actor, DEFER);
    check_soon(seen.running);
    check_equal(gr_actor_stop(actor, 7), 0);
    check_soon(gr_actor_count() == 0);
    check_equal(seen.told, -ECANCELED);
    check_equal(seen.reason, 7);
    check(!seen.running_at_stop);
    check_equal(seen.deferred, 1);
}

LONE_RUNNER_TEST(are_cancelled_at_once_though_a_handler_goes_on)
{
    gr_actor actor = spawn();
    tell(actor, START);
    tell(actor, WAIT_SHIELDED);
    check_soon(seen.running);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_soon(gr_actor_count() == 0);
    check_equal(seen.told, -ECANCELED);
    check_equal(seen.told_in_handler, 0);
}

RUNNER_TEST(are_cancelled_on_other_loops_too)
{
    gr_actor actor = spawn();
    tell(actor, START_THERE);
    check_soon(atomic_load(&is_there));
    check_equal(gr_actor_stop(actor, 0), 0);
    check_soon(gr_actor_count() == 0);
    check_equal(seen.told, -ECANCELED);
}

LONE_RUNNER_TEST(fail_their_actor_when_they_fail)
{
    expect_report("actor 'landlord' on loop 0 failed");
    gr_actor actor = spawn();
    tell(actor, START);
    tell(actor, START_FAILING);
    check_soon(gr_actor_count() == 0);
    check_equal(seen.reason, -EPROTO);
    check_equal(seen.told, -ECANCELED);
}

LONE_RUNNER_TEST(end_the_wait_of_a_handler_when_they_fail)
{
    expect_report("actor 'landlord' on loop 0 failed");
    gr_actor actor = spawn();
    tell(actor, START_FAILING);
    tell(actor, WAIT);
    check_soon(gr_actor_count() == 0);
    check_equal(seen.told_in_handler, -ECANCELED);
    check_equal(seen.reason, -EPROTO);
}

static int start_and_fail(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    struct gr_scope *scope;
    int rc = gr_self_scope(self, &scope);
    if (rc == 0)
        rc = gr_scope_start(scope, live, NULL, NULL, NULL);
    if (rc == 0)
        rc = gr_sleep(gr_in(GR_MILLISECOND));
    return rc < 0 ? rc : -EIO;
}

LONE_RUNNER_TEST(have_ended_when_the_start_hook_fails)
{
    static const struct gr_behavior fails = {
        .name = "fails", .receive = receive, .start = start_and_fail};
    gr_actor actor;
    seen.told = 1;
    check_equal(gr_actor_spawn(&fails, NULL, &actor), -EIO);
    check_equal(seen.told, -ECANCELED);
    check_equal(gr_actor_count(), 0);
}

static void start_when_stopping(struct gr_self *self, int reason)
{
    (void)reason;
    struct gr_scope *scope;
    check_equal(gr_self_scope(self, &scope), 0);
    check_equal(gr_scope_start(scope, live, NULL, NULL, NULL), -ECANCELED);
    seen.reason = 0;
}

LONE_RUNNER_TEST(are_no_longer_taken_when_the_actor_stops)
{
    static const struct gr_behavior late = {
        .name = "late", .receive = receive, .stop = start_when_stopping};
    gr_actor actor;
    seen.reason = 1;
    check_equal(gr_actor_spawn(&late, NULL, &actor), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_soon(gr_actor_count() == 0);
    check_equal(seen.reason, 0);
}

static int leave_one(void *context)
{
    (void)context;
    tell(spawn(), START);
    return gr_sleep(gr_in(GR_MILLISECOND));
}

static void end_with_the_run(void **state)
{
    (void)state;
    assert_int_equal(gr_run(leave_one, NULL, &(struct gr_options){.loops = 2}), 0);
    assert_int_equal(seen.told, -ECANCELED);
    assert_false(seen.running_at_stop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_on_when_the_handler_has_returned),
        cmocka_unit_test(have_ended_before_the_stop_hook_runs),
        cmocka_unit_test(are_cancelled_at_once_though_a_handler_goes_on),
        cmocka_unit_test(are_cancelled_on_other_loops_too),
        cmocka_unit_test(fail_their_actor_when_they_fail),
        cmocka_unit_test(end_the_wait_of_a_handler_when_they_fail),
        cmocka_unit_test(have_ended_when_the_start_hook_fails),
        cmocka_unit_test(are_no_longer_taken_when_the_actor_stops),
        cmocka_unit_test(end_with_the_run),
    };
    return cmocka_run_group_tests_name("tenants", tests, NULL, NULL);
}
