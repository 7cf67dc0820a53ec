/* A function is applied to all items, so many at a time, and none is in work when that is over. */
#include <errno.h>

#include "lib/shortage.h"

enum { ITEMS = 30 };

struct crew {
    int in_work, most, begun;
    int fail_at; /* this item fails; -1: none */
    int stop_at; /* this item and those behind it never end by themselves */
};

static int square(void *context, const void *item, void *ret_result)
{
    struct crew *crew = context;
    int number = *(const int *)item;
    crew->begun++;
    crew->in_work++;
    if (crew->in_work > crew->most)
        crew->most = crew->in_work;
    int rc = 0;
    for (int i = 0; rc == 0 && i < number % 4 + 1; i++)
        rc = gr_yield();
    if (rc == 0 && number >= crew->stop_at)
        rc = gr_sleep(GR_FOREVER);
    if (rc == 0)
        *(int64_t *)ret_result = (int64_t)number * number;
    crew->in_work--;
    return number == crew->fail_at ? -EIO : rc;
}

static int apply(struct crew *crew, size_t at_once, int64_t *results, gr_time deadline)
{
    int items[ITEMS];
    for (int i = 0; i < ITEMS; i++) {
        items[i] = i;
        results[i] = -1;
    }
    struct gr_mapping map = {.run = square,
                             .context = crew,
                             .items = items,
                             .item_bytes = sizeof *items,
                             .count = ITEMS,
                             .results = results,
                             .result_bytes = sizeof *results,
                             .at_once = at_once};
    return gr_map(&map, deadline);
}

LONE_RUNNER_TEST(results_lie_in_order_and_no_more_are_in_work_than_was_said)
{
    for (size_t at_once = 1; at_once <= ITEMS * 2; at_once += 7) {
        struct crew crew = {.fail_at = -1, .stop_at = ITEMS};
        int64_t results[ITEMS];
        check_equal(apply(&crew, at_once, results, gr_in(10 * GR_SECOND)), 0);
        for (int i = 0; i < ITEMS; i++)
            check_equal(results[i], i * i);
        check_equal(crew.most, at_once < ITEMS ? at_once : ITEMS);
        check_equal(crew.begun, ITEMS);
    }
}

LONE_RUNNER_TEST(the_first_failure_is_returned_and_nothing_begins_any_more)
{
    struct crew crew = {.fail_at = 5, .stop_at = 6};
    int64_t results[ITEMS];
    check_equal(apply(&crew, 4, results, gr_in(10 * GR_SECOND)), -EIO);
    check_equal(crew.in_work, 0);
    check(crew.begun < ITEMS);
    check_equal(results[ITEMS - 1], -1);
}

LONE_RUNNER_TEST(the_deadline_ends_all_that_are_in_work)
{
    struct crew crew = {.fail_at = -1, .stop_at = 10};
    int64_t results[ITEMS];
    check_equal(apply(&crew, 3, results, gr_in(2 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(crew.in_work, 0);
}

LONE_RUNNER_TEST(no_items_are_no_work)
{
    struct gr_mapping map = {.run = square, .at_once = 1};
    check_equal(gr_map(&map, gr_now()), 0);
}

LONE_RUNNER_TEST(without_memory_no_item_is_begun)
{
    enum { AT_ONCE = 3 };
    size_t bytes = AT_ONCE * (sizeof(struct gr_member) + sizeof(struct gr_function_wait));
    struct crew crew = {.fail_at = -1, .stop_at = ITEMS};
    int64_t results[ITEMS];
    void *held = take_all(bytes);
    check_equal(apply(&crew, AT_ONCE, results, gr_in(10 * GR_SECOND)), -ENOMEM);
    give_all(held, bytes);
    check_equal(crew.begun, 0);
    check_equal(apply(&crew, AT_ONCE, results, gr_in(10 * GR_SECOND)), 0);
    check_equal(crew.begun, ITEMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_lie_in_order_and_no_more_are_in_work_than_was_said),
        cmocka_unit_test(the_first_failure_is_returned_and_nothing_begins_any_more),
        cmocka_unit_test(the_deadline_ends_all_that_are_in_work),
        cmocka_unit_test(no_items_are_no_work),
        cmocka_unit_test(without_memory_no_item_is_begun),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
