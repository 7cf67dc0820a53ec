/* Where memory runs out a router is not made, or not changed, and all that there is goes on. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_changes_a_router_is_told),
    };
    return cmocka_run_group_tests_name("router memory", tests, NULL, NULL);
}
