/* A name stands for one living actor, found from anywhere, and is free once that has ended. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lib/hand.h"
#include "lib/spawned.h"

#define SOON gr_in(10 * GR_SECOND)

enum { NOTHING, FAIL, WATCH, SEEN };

/* What a watcher found under the name "it" when it heard of an end. */
struct seen {
    gr_actor found;
    int registered;
    bool heard;
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    gr_monitor monitor;
    switch (message->tag) {
    case FAIL:
        return -EIO;
    case WATCH:
        return gr_monitor_make(self, *(const gr_actor *)message->data, &monitor);
    case SEEN:
        return gr_reply(message, self->state, sizeof(struct seen));
    }
    return 0;
}

static int note_end(struct gr_self *self, const struct gr_control *control)
{
    struct seen *seen = self->state;
    check_equal(control->kind, GR_DOWN);
    seen->found = gr_whereis("it");
    seen->registered = gr_name_register("it", gr_self_actor(self), SOON);
    seen->heard = true;
    return 0;
}

static const struct gr_behavior plain = {
    .name = "plain", .receive = receive, .control = note_end, .state_bytes = sizeof(struct seen)};

static gr_actor spawn(int loop)
{
    return spawn_at(&plain, loop);
}

static void find_it(void *found)
{
    *(gr_actor *)found = gr_whereis("it");
}

RUNNER_TEST(is_found_from_every_loop_and_from_foreign_threads)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop), there, foreign;
        check_equal(gr_whereis("it").name, 0);
        check_equal(gr_name_register("it", actor, SOON), 0);
        check_equal(gr_whereis("it").name, actor.name);
        on_loop(1, find_it, &there);
        on_another_thread(find_it, &foreign);
        check_equal(there.name, actor.name);
        check_equal(foreign.name, actor.name);
        end(actor);
    }
}

RUNNER_TEST(stands_for_one_actor_which_the_details_name)
{
    gr_actor first = spawn(1), second = spawn(0);
    char text[128], wanted[64];
    check_equal(gr_name_register("it", first, SOON), 0);
    check_equal(gr_name_register("it", first, SOON), 0);
    check_equal(gr_name_register("it", second, SOON), -EEXIST);
    const struct gr_error *error = gr_error_details(-EEXIST);
    snprintf(wanted, sizeof wanted, "%#llx, on loop 1", (unsigned long long)first.name);
    snprintf(text, sizeof text, "%s", error == NULL ? "" : error->message);
    check(strstr(text, "'it'") != NULL);
    check(strstr(text, wanted) != NULL);

    /* From the other actor's loop the details come with the answer. */
    check_equal(gr_name_register("that", second, SOON), 0);
    check_equal(gr_name_register("that", first, SOON), -EEXIST);
    check(gr_error_details(-EEXIST) != NULL);
    check_equal(gr_whereis("it").name, first.name);
}

RUNNER_TEST(is_one_of_several_that_an_actor_may_have)
{
    gr_actor actor = spawn(1);
    check_equal(gr_name_register("it", actor, SOON), 0);
    check_equal(gr_name_register("that", actor, SOON), 0);
    check_equal(gr_whereis("that").name, actor.name);
    check_equal(gr_name_unregister("it", SOON), 0);
    check_equal(gr_whereis("it").name, 0);
    check_equal(gr_whereis("that").name, actor.name);
    end(actor);
    check_equal(gr_whereis("that").name, 0);
}

RUNNER_TEST(is_free_for_another_as_soon_as_its_end_is_told)
{
    expect_report("actor 'plain' on loop 0 failed");
    expect_report("actor 'plain' on loop 1 failed");
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop), watcher = spawn(0);
        check_equal(gr_name_register("it", actor, SOON), 0);
        check_equal(gr_send(watcher, WATCH, &actor, sizeof actor), 0);
        check_equal(gr_ask(watcher, NOTHING, NULL, 0, NULL, 0, SOON), 0);
        check_equal(gr_send(actor, FAIL, NULL, 0), 0);
        struct seen seen = {.heard = false};
        check_soon(gr_ask(watcher, SEEN, NULL, 0, &seen, sizeof seen, SOON) == 0 && seen.heard);
        check_equal(seen.found.name, 0);
        check_equal(seen.registered, 0);
        check_equal(gr_whereis("it").name, watcher.name);
        end(watcher);
    }
}

static int start_with_a_name(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument;
    int rc = gr_name_register("it", gr_self_actor(self), SOON);
    return rc < 0 || size == 0 ? rc : -EPERM;
}

static const struct gr_behavior named = {
    .name = "named", .receive = receive, .start = start_with_a_name};

RUNNER_TEST(is_free_where_the_start_fails)
{
    gr_actor actor;
    check_equal(gr_actor_spawn(&named,
                               &(struct gr_actor_options){.argument = "", .argument_bytes = 1},
                               &actor),
                -EPERM);
    check_equal(gr_whereis("it").name, 0);
}

LONE_RUNNER_TEST(stays_over_a_restart_in_place)
{
    static const struct gr_child child = {.behavior = &named};
    static const struct gr_supervisor spec = {
        .name = "keeper", .children = &child, .child_count = 1};
    gr_actor supervisor;
    expect_report("actor 'named' on loop 0 failed");
    check_equal(gr_supervisor_start(&spec, NULL, &supervisor), 0);
    gr_actor actor = gr_whereis("it");
    check(actor.name != 0);
    check_equal(gr_ask(actor, FAIL, NULL, 0, NULL, 0, SOON), -EIO);
    check_equal(gr_whereis("it").name, actor.name);
    check_equal(gr_ask(actor, NOTHING, NULL, 0, NULL, 0, SOON), 0);
    check_equal(gr_whereis("it").name, actor.name);
}

static void register_here(void *context)
{
    *(int *)context = gr_name_register("it", (gr_actor){1}, SOON);
}

RUNNER_TEST(is_refused_where_it_is_none_or_there_is_nobody_to_have_it)
{
    static char longest[GR_NAME_MAX + 1], longer[GR_NAME_MAX + 2];
    memset(longest, 'x', GR_NAME_MAX);
    memset(longer, 'x', GR_NAME_MAX + 1);
    gr_actor actor = spawn(0), gone = spawn(1), found;
    end(gone);
    check_equal(gr_name_register("", actor, SOON), -EINVAL);
    check_equal(gr_name_register(longer, actor, SOON), -ENAMETOOLONG);
    check_equal(gr_name_register(longest, actor, SOON), 0);
    check_equal(gr_whereis(longest).name, actor.name);
    check_equal(gr_whereis(longer).name, 0);
    check_equal(gr_name_await("", &found, SOON), -EINVAL);
    check_equal(gr_name_await(longer, &found, SOON), -ENAMETOOLONG);
    check_equal(gr_name_register("it", gone, SOON), -ESTALE);
    check_equal(gr_name_register("it", (gr_actor){0}, SOON), -ESTALE);
    check_equal(gr_name_register("it", (gr_actor){UINT64_C(1) << 32 | 200u << 24}, SOON),
                -ESHUTDOWN);
    check_equal(gr_name_unregister("it", SOON), -ENOENT);
    check_equal(gr_name_unregister("", SOON), -ENOENT);
    int rc = 0;
    on_another_thread(register_here, &rc);
    check_equal(rc, GR_ENOTRUNNER);
}

/* The loop of the actor comes to it after the deadline, and does as it was told. */
RUNNER_TEST(may_be_had_though_nobody_waited_for_it)
{
    gr_actor actor = spawn(1), found = {0};
    check_equal(gr_name_register("it", actor, gr_now()), -ETIMEDOUT);
    check_equal(gr_name_await("it", &found, SOON), 0);
    check_equal(found.name, actor.name);
    check_equal(gr_name_unregister("it", gr_now()), -ETIMEDOUT);
    check_soon(gr_whereis("it").name == 0);
}

static int register_forever(void *actor)
{
    return gr_name_register("it", *(gr_actor *)actor, GR_FOREVER);
}

RUNNER_TEST(is_waited_for_no_longer_by_a_cancelled_runner)
{
    gr_actor actor = spawn(1);
    gr_runner runner;
    check_equal(gr_runner_start(register_forever, &actor, NULL, &runner), 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, SOON), -ECANCELED);
}

struct wait {
    gr_actor found;
    int rc;
};

static int await_it(void *context)
{
    struct wait *wait = context;
    wait->rc = gr_name_await("it", &wait->found, SOON);
    return 0;
}

static void await_it_there(void *context)
{
    await_it(context);
}

static int await_it_elsewhere(void *context)
{
    on_loop(1, await_it_there, context);
    return 0;
}

RUNNER_TEST(is_awaited_on_every_loop)
{
    struct wait waits[4] = {0};
    gr_runner runners[4];
    for (int i = 0; i < 4; i++)
        check_equal(
            gr_runner_start(i % 2 ? await_it : await_it_elsewhere, &waits[i], NULL, &runners[i]),
            0);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    gr_actor other = spawn(0), actor = spawn(1);
    check_equal(gr_name_register("other", other, SOON), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_name_register("it", actor, SOON), 0);
    for (int i = 0; i < 4; i++) {
        check_equal(gr_runner_join(runners[i], SOON), 0);
        check_equal(waits[i].rc, 0);
        check_equal(waits[i].found.name, actor.name);
    }
}

RUNNER_TEST(is_awaited_until_the_deadline_or_not_at_all)
{
    gr_actor found = {0}, actor = spawn(1);
    check_equal(gr_name_await("it", &found, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(found.name, 0);
    check_equal(gr_name_register("it", actor, SOON), 0);
    check_equal(gr_name_await("it", &found, gr_now()), 0);
    check_equal(found.name, actor.name);
}

/* To be woken is to have what was there then; an awaitable that was left alone looks anew. */
RUNNER_TEST(is_what_its_waiter_was_woken_for)
{
    gr_actor found = {0}, actor = spawn(0);
    struct gr_name_wait wait;
    struct gr_awaitable *awaitable = gr_name_awaitable(&wait, "it", &found);
    struct hand hand;
    hand_subscribe(&hand, awaitable);
    check_equal(gr_name_register("it", actor, SOON), 0);
    check_soon(hand.woken == 1);
    end(actor);
    check_equal(hand_take(awaitable), 0);
    check_equal(found.name, actor.name);
    check(!hand_ready(awaitable));

    hand_subscribe(&hand, awaitable);
    check(hand_cancel(awaitable));
    actor = spawn(0);
    check_equal(gr_name_register("it", actor, SOON), 0);
    check(hand_ready(awaitable));
    end(actor);
    check(!hand_ready(awaitable));
    check_equal(hand.woken, 0);
}

/*
 *     who waits                 another loop
 *     looks: not there
 *                               registers it, and sees nobody who waits
 *     subscribes
 */
RUNNER_TEST(is_not_missed_between_a_look_and_the_wait)
{
    gr_actor found = {0}, actor = spawn(1);
    struct gr_name_wait wait;
    struct gr_awaitable *awaitable = gr_name_awaitable(&wait, "it", &found);
    struct hand hand = {{hand_wake}, 0};
    check(!hand_ready(awaitable));
    check_equal(gr_name_register("it", actor, SOON), 0);
    check_equal(awaitable->type->subscribe(awaitable, &hand.waiter), 0);
    check_equal(hand.woken, 0);
    check_soon(hand.woken == 1);
    check_equal(hand_take(awaitable), 0);
    check_equal(found.name, actor.name);
}

static bool is_among(const struct gr_named *names, size_t count, const char *name, gr_actor actor)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].actor.name == actor.name;
    return false;
}

static void count_names(void *count)
{
    *(size_t *)count = gr_names(NULL, 0);
}

RUNNER_TEST(is_listed_with_all_others)
{
    struct gr_named names[4] = {{{0}, ""}};
    gr_actor first = spawn(0), second = spawn(1);
    check_equal(gr_names(names, 4), 0);
    check_equal(gr_name_register("a", first, SOON), 0);
    check_equal(gr_name_register("b", second, SOON), 0);
    check_equal(gr_name_register("c", second, SOON), 0);
    check_equal(gr_name_unregister("b", SOON), 0);
    check_equal(gr_names(names, 4), 2);
    check(is_among(names, 2, "a", first));
    check(is_among(names, 2, "c", second));
    names[1].name[0] = '\0';
    check_equal(gr_names(names, 1), 2);
    check_equal(names[1].name[0], 0);
    size_t count = 0;
    on_another_thread(count_names, &count);
    check_equal(count, 2);
}

static int leave_a_name(void *context)
{
    (void)context;
    check_equal(gr_whereis("it").name, 0);
    check_equal(gr_name_register("it", spawn(0), SOON), 0);
    check_equal(gr_name_register("that", spawn(1), SOON), 0);
    return 0;
}

static void ends_with_the_run(void **state)
{
    (void)state;
    check_equal(gr_whereis("it").name, 0);
    for (int i = 0; i < 3; i++)
        run_in_fleet(leave_a_name, &(struct gr_options){.loops = 2});
    assert_int_equal(gr_whereis("it").name, 0);
    assert_int_equal(gr_names(NULL, 0), 0);
}

static int await_in_vain(void *context)
{
    (void)context;
    gr_actor found;
    return gr_name_await("it", &found, GR_FOREVER);
}

static int leave_a_waiter(void *context)
{
    (void)context;
    gr_runner runner;
    check_equal(gr_runner_start(await_in_vain, NULL, NULL, &runner), 0);
    gr_runner_drop(runner);
    return gr_yield();
}

static void ends_its_waits_with_the_run(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        run_in_fleet(leave_a_waiter, &(struct gr_options){.loops = 2});
}

static int register_number(gr_actor actor, unsigned number)
{
    char name[16];
    snprintf(name, sizeof name, "%u", number);
    return gr_name_register(name, actor, SOON);
}

/* What has gone leaves its place to others in a while. */
static int register_soon(gr_actor actor, unsigned number)
{
    int rc;
    gr_time give_up = SOON;
    while ((rc = register_number(actor, number)) == -ENOSPC && gr_now() < give_up)
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    return rc;
}

LONE_RUNNER_TEST(is_one_of_as_many_as_there_may_be_at_once)
{
    gr_actor actor = spawn(0);
    unsigned count = 0;
    int rc = 0;
    while (rc == 0 && count <= GR_NAMES_MAX)
        rc = register_number(actor, count++);
    check_equal(rc, -ENOSPC);
    check_equal(count, GR_NAMES_MAX + 1);
    check_equal(gr_whereis("77").name, actor.name);
    check_equal(gr_names(NULL, 0), GR_NAMES_MAX);

    /* And of as many again: neither those that have gone nor who was refused count any more. */
    end(actor);
    actor = spawn(0);
    for (unsigned i = 0; i < GR_NAMES_MAX; i++)
        check_equal(register_soon(actor, i), 0);
    check_equal(gr_names(NULL, 0), GR_NAMES_MAX);
    end(actor);
}

/* More names than there may be at once, but one after the other. */
static void churn(void)
{
    gr_actor actor = spawn(0);
    for (unsigned i = 0; i < 2 * GR_NAMES_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        if (!check_equal(gr_name_register(name, actor, SOON), 0) ||
            !check_equal(gr_name_unregister(name, SOON), 0))
            return;
        if (i % 64 == 0)
            check_equal(gr_yield(), 0);
    }
}

LONE_RUNNER_TEST(leaves_its_memory_to_the_next_on_one_loop)
{
    churn();
}

RUNNER_TEST(leaves_its_memory_to_the_next_on_two_loops)
{
    churn();
}

LONE_RUNNER_TEST(is_refused_where_memory_is_short_and_had_later)
{
    gr_actor actor = spawn(0);
    unsigned number = 0, refused = 0;
    gr__memory_fail_after(0);
    while (refused == 0 && number < GR_NAMES_MAX) {
        int rc = register_number(actor, number);
        refused += check(rc == 0 || rc == -ENOMEM) && rc < 0;
        number += rc == 0;
    }
    gr__memory_fail_after(-1);
    check_equal(refused, 1);
    check_equal(register_number(actor, number), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_found_from_every_loop_and_from_foreign_threads),
        cmocka_unit_test(stands_for_one_actor_which_the_details_name),
        cmocka_unit_test(is_one_of_several_that_an_actor_may_have),
        cmocka_unit_test(is_free_for_another_as_soon_as_its_end_is_told),
        cmocka_unit_test(is_free_where_the_start_fails),
        cmocka_unit_test(stays_over_a_restart_in_place),
        cmocka_unit_test(is_refused_where_it_is_none_or_there_is_nobody_to_have_it),
        cmocka_unit_test(may_be_had_though_nobody_waited_for_it),
        cmocka_unit_test(is_waited_for_no_longer_by_a_cancelled_runner),
        cmocka_unit_test(is_awaited_on_every_loop),
        cmocka_unit_test(is_awaited_until_the_deadline_or_not_at_all),
        cmocka_unit_test(is_what_its_waiter_was_woken_for),
        cmocka_unit_test(is_not_missed_between_a_look_and_the_wait),
        cmocka_unit_test(is_listed_with_all_others),
        cmocka_unit_test(ends_with_the_run),
        cmocka_unit_test(ends_its_waits_with_the_run),
        cmocka_unit_test(is_one_of_as_many_as_there_may_be_at_once),
        cmocka_unit_test(leaves_its_memory_to_the_next_on_one_loop),
        cmocka_unit_test(leaves_its_memory_to_the_next_on_two_loops),
        cmocka_unit_test(is_refused_where_memory_is_short_and_had_later),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
