/*
 * Members are given one by one as they become ready, and nothing of the rest is touched.
 *
 * TORNADO: WaitIterator.
 */
#include <errno.h>

#include "lib/several.h"

static void resolve_backwards(void *context)
{
    for (int i = SEVERAL - 1; i >= 0; i--)
        several_resolve(context, i);
}

LONE_RUNNER_TEST(gives_members_in_the_order_in_which_they_are_ready_and_then_ends)
{
    struct several several;
    struct gr_each each;
    struct gr_member *member = NULL;
    several_make(&several);
    check_equal(gr_post(-1, resolve_backwards, &several, NULL), 0);
    gr_each_open(&each, several.members, SEVERAL);
    for (int i = SEVERAL - 1; i >= 0; i--) {
        check_equal(gr_each_next(&each, &member, gr_in(GR_SECOND)), 0);
        check_equal(member - several.members, i);
        check(member->key == &several.values[i]);
        check_equal(member->status, 0);
        check_equal(several.values[i], i);
    }
    check_equal(gr_each_next(&each, &member, gr_in(GR_SECOND)), GR_EOF);
    check_equal(gr_each_next(&each, &member, gr_in(GR_SECOND)), GR_EOF);
    gr_each_close(&each);
    check_equal(gr_each_next(&each, &member, gr_in(GR_SECOND)), GR_EOF);
}

LONE_RUNNER_TEST(gives_failures_refusals_and_what_is_ready_at_once)
{
    struct several several;
    struct gr_each each;
    struct gr_member *member = NULL;
    several_make(&several);
    several.members[0].awaitable = NULL;
    several_reject(&several, 2, -EIO);
    gr_each_open(&each, several.members, 3);
    check_equal(gr_each_next(&each, &member, gr_now()), 0);
    check(member == &several.members[0]);
    check_equal(member->status, GR_ENOTAWAITABLE);
    check_equal(gr_each_next(&each, &member, gr_now()), 0);
    check(member == &several.members[2]);
    check_equal(member->status, -EIO);
    check_equal(gr_each_next(&each, &member, gr_now()), -ETIMEDOUT);
    several_resolve(&several, 1);
    check_equal(gr_each_next(&each, &member, gr_now()), 0);
    check(member == &several.members[1]);
    check_equal(gr_each_next(&each, &member, gr_now()), GR_EOF);
    gr_each_close(&each);
    several_drop(&several);
}

LONE_RUNNER_TEST(unhooks_all_when_it_is_closed_early)
{
    struct several several;
    struct gr_each each;
    struct gr_member *member = NULL;
    several_make(&several);
    gr_each_open(&each, several.members, SEVERAL);
    several_resolve(&several, 3);
    several_resolve(&several, 2);
    check_equal(gr_each_next(&each, &member, gr_now()), 0);
    check(member == &several.members[3]);
    gr_each_close(&each);
    gr_each_close(&each);

    /* 2 was ready and not given; it is there still. */
    check_equal(several.members[2].status, GR_PENDING);
    check_equal(gr_await(several.members[2].awaitable, gr_now()), 0);
    several_check_untouched(&several, 0);
    several_check_untouched(&several, 1);
}

LONE_RUNNER_TEST(an_empty_one_ends_at_once)
{
    struct gr_each each;
    struct gr_member *member = NULL;
    gr_each_open(&each, NULL, 0);
    check_equal(gr_each_next(&each, &member, gr_now()), GR_EOF);
    gr_each_close(&each);
}

struct asking {
    struct gr_each *each;
    struct gr_member *member;
};

static int ask(void *context)
{
    struct asking *asking = context;
    return gr_each_next(asking->each, &asking->member, gr_in(10 * GR_SECOND));
}

/*
 *     main                            first
 *                                     parked in next
 *     asks: refused
 *     settles 1: first is woken
 *     asks: refused, it is first's
 *                                     gets 1
 */
LONE_RUNNER_TEST(is_asked_by_one_at_a_time_who_gets_what_it_was_woken_for)
{
    struct several several;
    struct gr_each each;
    struct gr_member *member = NULL;
    several_make(&several);
    gr_each_open(&each, several.members, SEVERAL);
    struct asking first = {&each, NULL};
    gr_runner runner;
    check_equal(gr_runner_start(ask, &first, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_each_next(&each, &member, gr_now()), -EBUSY);
    several_resolve(&several, 1);
    check_equal(gr_each_next(&each, &member, gr_now()), -EBUSY);
    check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), 0);
    check(first.member == &several.members[1]);
    gr_each_close(&each);
    several_drop(&several);
}

LONE_RUNNER_TEST(loses_nothing_to_an_asker_that_is_cancelled)
{
    struct several several;
    struct gr_each each;
    struct gr_member *member = NULL;
    several_make(&several);
    gr_each_open(&each, several.members, SEVERAL);
    struct asking first = {&each, NULL};
    gr_runner runner;
    check_equal(gr_runner_start(ask, &first, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(runner);
    check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), -ECANCELED);
    several_resolve(&several, 0);
    check_equal(gr_each_next(&each, &member, gr_now()), 0);
    check(member == &several.members[0]);
    gr_each_close(&each);
    several_drop(&several);
}

LONE_RUNNER_TEST(its_next_is_a_member_of_other_sets)
{
    struct several several;
    struct gr_each each;
    struct gr_member *next = NULL, *picked = NULL;
    struct gr_sleep_wait moment;
    several_make(&several);
    gr_each_open(&each, several.members, SEVERAL);
    struct gr_member members[] = {
        {.awaitable = gr_each_awaitable(&each, &next)},
        {.awaitable = gr_sleep_awaitable(&moment, gr_in(GR_MILLISECOND))},
    };
    check_equal(gr_pick(members, 2, &picked, gr_in(GR_SECOND)), 0);
    check(picked == &members[1]);
    check_equal(gr_post(-1, resolve_backwards, &several, NULL), 0);
    check_equal(gr_pick(members, 1, &picked, gr_in(GR_SECOND)), 0);
    check(picked == &members[0]);
    check(next == &several.members[SEVERAL - 1]);
    gr_each_close(&each);
    several_drop(&several);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_members_in_the_order_in_which_they_are_ready_and_then_ends),
        cmocka_unit_test(gives_failures_refusals_and_what_is_ready_at_once),
        cmocka_unit_test(unhooks_all_when_it_is_closed_early),
        cmocka_unit_test(an_empty_one_ends_at_once),
        cmocka_unit_test(is_asked_by_one_at_a_time_who_gets_what_it_was_woken_for),
        cmocka_unit_test(loses_nothing_to_an_asker_that_is_cancelled),
        cmocka_unit_test(its_next_is_a_member_of_other_sets),
    };
    return cmocka_run_group_tests_name("each", tests, NULL, NULL);
}
