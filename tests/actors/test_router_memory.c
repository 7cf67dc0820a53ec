/* Where memory runs out a router or a pool is not made, or not changed, and all that there is goes on. */
#include <errno.h>
#include <string.h>

#include "lib/shortage.h"
#include "lib/team.h"

enum { MANY = 400, LIMIT = 24 };

static long spared; /* calls for memory before the one that fails */
static int told;

static bool again(int rc)
{
    check(rc == 0 || rc == -ENOMEM);
    told += rc == -ENOMEM;
    return rc == -ENOMEM;
}

/* Many, each with a room so large that new memory is needed for it now and then. */
static int scenario(void *context)
{
    static gr_router routers[MANY];
    (void)context;
    memset(routers, 0, sizeof routers);
    gr_actor actor = spawn_at(&worker, 1), other = spawn_at(&worker, 0);
    struct gr_router_options options = {.kind = GR_ROUTE_BROADCAST, .members_max = 300};
    gr__memory_fail_after(spared);
    for (int i = 0; i < MANY; i++) {
        while (again(gr_router_make(&options, &routers[i], SOON)))
            check_equal(routers[i].name, 0);
        while (again(gr_router_add(routers[i], actor, SOON)))
            check_equal(gr_router_count(routers[i]), 0);
        while (again(gr_router_add(routers[i], other, SOON)))
            check_equal(gr_router_count(routers[i]), 1);
        while (again(gr_router_send(routers[i], WORK, NULL, 0, SOON)))
            continue;
        while (again(gr_router_remove(routers[i], other, SOON)))
            check_equal(gr_router_count(routers[i]), 2);
    }
    gr__memory_fail_after(-1);
    check(works_of(actor) >= MANY);
    for (int i = 0; i < MANY; i++)
        gr_router_drop(routers[i]);
    return 0;
}

static void whoever_changes_a_router_is_told(void **state)
{
    (void)state;
    for (spared = 0; spared < LIMIT; spared++)
        run_in_fleet(scenario, &(struct gr_options){.loops = 2});
    assert_true(told > 3);
}

/* How many children the supervisor of a pool knows of. */
static int supervised(gr_pool pool)
{
    struct gr_buffer text = {0};
    int lines = 0;
    while (again(gr_supervisor_describe(pool.supervisor, &text, SOON)))
        check_equal(text.size, 0);
    for (size_t i = 0; i < text.size; i++)
        lines += ((const char *)text.data)[i] == '\n';
    gr_buffer_release(&text);
    return lines - 1;
}

static int resize_often(void *context)
{
    (void)context;
    gr_pool pool = {.router = {0}};
    struct gr_pool_options options = {
        .behavior = &worker, .members = 2, .members_max = 200, .where = GR_SPREAD};
    gr__memory_fail_after(spared);
    while (again(gr_pool_start(&options, &pool, SOON)))
        check_equal(pool.router.name, 0);
    for (size_t size = 1; size <= 200; size += 33) {
        while (again(gr_pool_resize(pool, size, SOON)))
            check_equal(supervised(pool), gr_router_count(pool.router));
        check_equal(gr_router_count(pool.router), size);
        while (again(gr_pool_resize(pool, 1, SOON)))
            check_equal(supervised(pool), gr_router_count(pool.router));
        check_equal(gr_router_count(pool.router), 1);
    }
    gr__memory_fail_after(-1);
    check_equal(supervised(pool), 1);
    check_equal(gr_pool_stop(pool, SOON), 0);
    return 0;
}

static void whoever_resizes_a_pool_is_told(void **state)
{
    (void)state;
    told = 0;
    for (spared = 0; spared < LIMIT; spared++)
        run_in_fleet(resize_often, &(struct gr_options){.loops = 2});
    assert_true(told > 3);
}

/* With so many blocks of a size left, for the group, the bids and the asks. */
static void ask_the_first(const struct team *team, size_t bytes, size_t left)
{
    uint64_t member = 0;
    void *held = take_all_but(bytes, left);
    int rc = gr_router_ask_first(team->router, 0, WORK, NULL, 0, &member, sizeof member, SOON);
    give_all(held, bytes);
    check_equal(again(rc), member == 0);
    check_equal(gr_router_ask_first(team->router, 2, WORK, NULL, 0, &member, sizeof member, SOON),
                0);
    check(member != 0);
}

RUNNER_TEST(whoever_asks_for_the_first_answer_is_told)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 3);
    told = 0;
    for (size_t bytes = GR__BLOCK_MIN; bytes <= GR__BLOCK_MAX; bytes *= 2)
        for (size_t left = 0; left < 6; left++)
            ask_the_first(&team, bytes, left);
    check(told > 2);
    gr_router_drop(team.router);
}

/* As if there were another loop, which has stopped. Nothing waits meanwhile. */
LONE_RUNNER_TEST(whoever_changes_a_router_is_told_that_a_loop_has_stopped)
{
    struct gr__loop *loop = gr__loop_here();
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 1);
    gr_router router = {0};
    gr_actor actor = spawn_at(&worker, 0);
    loop->loop_count++;
    check_equal(gr_router_make(NULL, &router, SOON), -ESHUTDOWN);
    check_equal(gr_router_add(team.router, actor, SOON), -ESHUTDOWN);
    loop->loop_count--;
    check_equal(router.name, 0);
    send_works(team.router, 4);
    check_equal(works_of(team.workers[0]), 2);
    check_equal(works_of(actor), 2);
    gr_router_drop(team.router);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_changes_a_router_is_told),
        cmocka_unit_test(whoever_resizes_a_pool_is_told),
        cmocka_unit_test(whoever_asks_for_the_first_answer_is_told),
        cmocka_unit_test(whoever_changes_a_router_is_told_that_a_loop_has_stopped),
    };
    return cmocka_run_group_tests_name("router memory", tests, NULL, NULL);
}
