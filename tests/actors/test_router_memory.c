/* Where memory runs out a router or a pool is not made, or not changed, and all that there is goes on. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
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
    gr_actor actor = spawn(&worker, 1), other = spawn(&worker, 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_changes_a_router_is_told),
        cmocka_unit_test(whoever_resizes_a_pool_is_told),
    };
    return cmocka_run_group_tests_name("router memory", tests, NULL, NULL);
}
