/* Members of a router come and go, on all loops, and nothing that was sent to them is lost. */
#include <errno.h>

#include "lib/team.h"

/* --- Members come and go -------------------------------------------------------------------- */

struct seen {
    gr_router router;
    int count;
};

static void count_here(void *context)
{
    struct seen *seen = context;
    seen->count = (int)gr_router_count(seen->router);
}

static int count_on(int loop, gr_router router)
{
    struct seen seen = {router, 0};
    on_loop(loop, count_here, &seen);
    return seen.count;
}

RUNNER_TEST(all_loops_know_of_a_change_when_it_is_made)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 3);
    check_equal(gr_router_count(team.router), 3);
    check_equal(count_on(1, team.router), 3);
    check_equal(gr_router_remove(team.router, team.workers[0], SOON), 0);
    check_equal(gr_router_count(team.router), 2);
    check_equal(count_on(1, team.router), 2);
    gr_router_drop(team.router);
    check_equal(gr_router_count(team.router), 0);
    check_soon(count_on(1, team.router) == 0);
}

RUNNER_TEST(a_removed_member_gets_nothing_more)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 3);
    check_equal(gr_router_remove(team.router, team.workers[1], SOON), 0);
    send_works(team.router, 30);
    check_equal(works_of(team.workers[1]), 0);
    check_equal(works_of(team.workers[0]), 15);
    check_equal(works_of(team.workers[2]), 15);
    gr_router_drop(team.router);
}

static int send_one(void *router)
{
    return gr_router_send(*(gr_router *)router, WORK, NULL, 0, SOON);
}

static int remove_first(void *context)
{
    struct team *team = context;
    return gr_router_remove(team->router, team->workers[0], SOON);
}

/* A stuck worker with a full mailbox, and a sender that waits for room in it. */
static gr_promise wait_at_a_full_member(struct team *team, gr_runner *ret_sender)
{
    make_router(team, GR_ROUTE_ROUND_ROBIN);
    join_team(team, &small, 0);
    gr_promise promise = get_stuck(team->workers[0]);
    send_works(team->router, 4);
    check_equal(gr_runner_start(send_one, &team->router, NULL, ret_sender), 0);
    check_equal(gr_yield(), 0);
    return promise;
}

RUNNER_TEST(a_removal_waits_for_who_waits_to_send)
{
    struct team team;
    gr_runner sender, remover;
    gr_promise promise = wait_at_a_full_member(&team, &sender);
    check_equal(gr_runner_start(remove_first, &team, NULL, &remover), 0);
    check_equal(gr_runner_join(remover, gr_in(20 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_router_count(team.router), 0);
    open_gate(promise);
    check_equal(gr_runner_join(remover, SOON), 0);
    check_equal(gr_runner_join(sender, SOON), 0);
    check_equal(works_of(team.workers[0]), 5);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_removal_does_not_wait_for_other_members)
{
    struct team team;
    gr_runner sender;
    gr_promise promise = wait_at_a_full_member(&team, &sender);
    join_team(&team, &worker, 1);
    check_equal(gr_router_remove(team.router, team.workers[1], SOON), 0);
    open_gate(promise);
    check_equal(gr_runner_join(sender, SOON), 0);
    gr_router_drop(team.router);
}

RUNNER_TEST(who_waits_to_send_outlasts_the_router)
{
    struct team team;
    gr_runner sender;
    gr_promise promise = wait_at_a_full_member(&team, &sender);
    gr_router_drop(team.router);
    open_gate(promise);
    check_equal(gr_runner_join(sender, SOON), 0);
    check_equal(works_of(team.workers[0]), 5);
}

/* --- What is refused ------------------------------------------------------------------------ */

static int ask_first(gr_router router, size_t most, int *ret_number)
{
    return gr_router_ask_first(router, most, WORK, NULL, 0, ret_number, sizeof *ret_number, SOON);
}

RUNNER_TEST(a_router_without_members_takes_nothing)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 0);
    gr_actor actor;
    int number;
    check_equal(gr_router_send(team.router, WORK, NULL, 0, SOON), -ENOENT);
    check_equal(gr_router_ask(team.router, WORK, NULL, 0, NULL, 0, SOON), -ENOENT);
    check_equal(ask_first(team.router, 0, &number), -ENOENT);
    check_equal(gr_router_choose(team.router, 0, &actor), -ENOENT);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_router_that_was_dropped_is_stale)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 1);
    gr_actor actor;
    int number;
    gr_router_drop(team.router);
    gr_router_drop(team.router);
    gr_router_drop((gr_router){0});
    check_equal(gr_router_send(team.router, WORK, NULL, 0, SOON), -ESTALE);
    check_equal(gr_router_ask(team.router, WORK, NULL, 0, NULL, 0, SOON), -ESTALE);
    check_equal(ask_first(team.router, 0, &number), -ESTALE);
    check_equal(gr_router_choose(team.router, 0, &actor), -ESTALE);
    check_equal(gr_router_add(team.router, team.workers[0], SOON), -ESTALE);
    check_equal(gr_router_remove(team.router, team.workers[0], SOON), -ESTALE);
    check_equal(gr_router_add((gr_router){0}, team.workers[0], SOON), -ESTALE);
}

RUNNER_TEST(members_are_added_once_and_removed_once)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 2);
    check_equal(gr_router_add(team.router, team.workers[0], SOON), -EEXIST);
    check_equal(gr_router_remove(team.router, team.workers[0], SOON), 0);
    check_equal(gr_router_remove(team.router, team.workers[0], SOON), -ENOENT);
    gr_router_drop(team.router);
}

RUNNER_TEST(there_are_no_more_members_than_there_may_be)
{
    gr_router router = {0};
    struct gr_router_options options = {.members_max = GR_ROUTER_MAX + 1};
    check_equal(gr_router_make(&options, &router, SOON), -EINVAL);
    options.members_max = 1;
    check_equal(gr_router_make(&options, &router, SOON), 0);
    gr_actor first = spawn_at(&worker, 0), second = spawn_at(&worker, 1);
    check_equal(gr_router_add(router, first, SOON), 0);
    check_equal(gr_router_add(router, second, SOON), -ENOSPC);
    check_equal(gr_router_remove(router, first, SOON), 0);
    check_equal(gr_router_add(router, second, SOON), 0);
    gr_router_drop(router);
}

static void change_from_elsewhere(void *context)
{
    struct team *team = context;
    check_equal(gr_router_add(team->router, team->workers[0], SOON), GR_EWRONGLOOP);
    check_equal(gr_router_remove(team->router, team->workers[0], SOON), GR_EWRONGLOOP);
}

static void use_on_no_loop(void *context)
{
    struct team *team = context;
    gr_actor actor;
    int number;
    check_equal(gr_router_make(NULL, &team->router, SOON), GR_ENOTRUNNER);
    check_equal(gr_router_add(team->router, team->workers[0], SOON), GR_ENOTRUNNER);
    check_equal(gr_router_remove(team->router, team->workers[0], SOON), GR_ENOTRUNNER);
    check_equal(gr_router_send(team->router, WORK, NULL, 0, SOON), GR_ENOTRUNNER);
    check_equal(gr_router_send_key(team->router, 0, WORK, NULL, 0, SOON), GR_ENOTRUNNER);
    check_equal(gr_router_ask(team->router, WORK, NULL, 0, NULL, 0, SOON), GR_ENOTRUNNER);
    check_equal(gr_router_ask_key(team->router, 0, WORK, NULL, 0, NULL, 0, SOON), GR_ENOTRUNNER);
    check_equal(ask_first(team->router, 0, &number), GR_ENOTRUNNER);
    check_equal(gr_router_choose(team->router, 0, &actor), GR_ENOTRUNNER);
}

RUNNER_TEST(it_is_changed_at_home_alone_and_used_by_runners)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 1);
    on_loop(1, change_from_elsewhere, &team);
    on_another_thread(use_on_no_loop, &team);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_removal_tells_where_the_loop_of_the_member_has_stopped)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 1);
    gr_actor nowhere = {(uint64_t)1 << 32 | (uint64_t)200 << 24};
    check_equal(gr_router_add(team.router, nowhere, SOON), 0);
    check_equal(gr_router_remove(team.router, nowhere, SOON), -ESHUTDOWN);
    check_equal(gr_router_count(team.router), 1);
    gr_router_drop(team.router);
}

static void hold_up(void *until)
{
    while (!__atomic_load_n((bool *)until, __ATOMIC_ACQUIRE))
        continue;
}

/* Loop 1 looks at nothing until it is told to. */
static void hold_loop_up(bool *until)
{
    *until = false;
    check_equal(gr_post(1, hold_up, until, NULL), 0);
}

static void go_on(bool *until)
{
    __atomic_store_n(until, true, __ATOMIC_RELEASE);
}

RUNNER_TEST(a_change_that_takes_too_long_is_made_all_the_same)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 1);
    static bool until;
    gr_actor actor = spawn_at(&worker, 0);
    hold_loop_up(&until);
    check_equal(gr_router_add(team.router, actor, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_router_remove(team.router, team.workers[0], gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_router_count(team.router), 1);
    go_on(&until);
    check_equal(count_on(1, team.router), 1);
    uint64_t name = 0;
    check_equal(gr_router_ask(team.router, WHO, NULL, 0, &name, sizeof name, SOON), 0);
    check_equal(name, actor.name);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_router_that_takes_too_long_to_make_is_none)
{
    static bool until;
    gr_router router = {0};
    hold_loop_up(&until);
    check_equal(gr_router_make(NULL, &router, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(router.name, 0);
    go_on(&until);
    on_loop(1, count_here, &(struct seen){router, 0});
}

static int make_one(void *router)
{
    return gr_router_make(NULL, router, GR_FOREVER);
}

RUNNER_TEST(waits_for_a_change_can_be_cancelled)
{
    struct team team;
    static bool until;
    gr_runner sender, remover, maker;
    gr_promise promise = wait_at_a_full_member(&team, &sender);
    gr_router router = {0};
    hold_loop_up(&until);
    check_equal(gr_runner_start(remove_first, &team, NULL, &remover), 0);
    check_equal(gr_runner_start(make_one, &router, NULL, &maker), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(remover);
    gr_runner_cancel(maker);
    check_equal(gr_runner_join(remover, SOON), -ECANCELED);
    check_equal(gr_runner_join(maker, SOON), -ECANCELED);
    check_equal(gr_router_count(team.router), 0);
    go_on(&until);
    open_gate(promise);
    check_equal(gr_runner_join(sender, SOON), 0);
    gr_router_drop(team.router);
}

RUNNER_TEST(one_that_nobody_dropped_is_reported)
{
    expect_report("router 'left over' on loop 0 was not dropped");
    struct team team = {{0}, 0, {{0}}};
    struct gr_router_options options = {.name = "left over"};
    check_equal(gr_router_make(&options, &team.router, SOON), 0);
    join_team(&team, &worker, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_loops_know_of_a_change_when_it_is_made),
        cmocka_unit_test(a_removed_member_gets_nothing_more),
        cmocka_unit_test(a_removal_waits_for_who_waits_to_send),
        cmocka_unit_test(a_removal_does_not_wait_for_other_members),
        cmocka_unit_test(who_waits_to_send_outlasts_the_router),
        cmocka_unit_test(a_router_without_members_takes_nothing),
        cmocka_unit_test(a_router_that_was_dropped_is_stale),
        cmocka_unit_test(members_are_added_once_and_removed_once),
        cmocka_unit_test(there_are_no_more_members_than_there_may_be),
        cmocka_unit_test(it_is_changed_at_home_alone_and_used_by_runners),
        cmocka_unit_test(a_removal_tells_where_the_loop_of_the_member_has_stopped),
        cmocka_unit_test(a_change_that_takes_too_long_is_made_all_the_same),
        cmocka_unit_test(a_router_that_takes_too_long_to_make_is_none),
        cmocka_unit_test(waits_for_a_change_can_be_cancelled),
        cmocka_unit_test(one_that_nobody_dropped_is_reported),
    };
    return cmocka_run_group_tests_name("router members", tests, NULL, NULL);
}
