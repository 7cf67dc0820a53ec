/*
 * Map: some functions (function.h) that take items off one list until there are no more, awaited as
 * a set that fails fast. So all that is to be said of failures, deadlines and cancelling is said
 * there.
 */
#include <greenroom/map.h>

#include <assert.h>
#include <errno.h>

#include <greenroom/combine.h>
#include <greenroom/function.h>

#include "runner/park.h"

struct work {
    const struct gr_mapping *map;
    size_t next; /* the first item that nobody has begun with */
};

static int work_off(void *context)
{
    struct work *work = context;
    const struct gr_mapping *map = work->map;
    int rc = 0;
    while (rc >= 0 && work->next < map->count) {
        size_t at = work->next++;
        rc = map->run(map->context, (const char *)map->items + at * map->item_bytes,
                      (char *)map->results + at * map->result_bytes);
    }

    /* Whoever fails leaves the others nothing to begin with. */
    if (rc < 0)
        work->next = map->count;
    return rc < 0 ? rc : 0;
}

int gr_map(const struct gr_mapping *map, gr_time deadline)
{
    assert(map->at_once > 0);
    struct gr__loop *loop = gr__loop_to_wait_on();
    size_t workers = map->at_once < map->count ? map->at_once : map->count;
    size_t bytes = workers * (sizeof(struct gr_member) + sizeof(struct gr_function_wait));
    if (loop == NULL)
        return GR_ENOTRUNNER;
    if (workers == 0)
        return 0;
    struct gr_function_wait *functions = gr__pool_take(&loop->pool, bytes);
    if (functions == NULL)
        return -ENOMEM;

    struct gr_member *members = (struct gr_member *)(void *)(functions + workers);
    struct work work = {map, 0};
    for (size_t i = 0; i < workers; i++)
        members[i] = (struct gr_member){
            .awaitable = gr_function_awaitable(&functions[i], work_off, &work, NULL)};
    int rc = gr_all_fail_fast(members, workers, deadline);
    gr__pool_give(&loop->pool, functions, bytes);
    return rc;
}
