/* A watch shows its latest value to whoever has not seen it, on every loop, and nothing twice. */
#include <errno.h>

#include "lib/hand.h"
#include "lib/shortage.h"

enum { THERE = 1 };

static gr_watch make(int value)
{
    gr_watch watch = {0};
    check_equal(gr_watch_make(&value, sizeof value, &watch), 0);
    return watch;
}

static int set(gr_watch watch, int value)
{
    return gr_watch_set(watch, &value, sizeof value);
}

/* The value, or the error. */
static int next_in(gr_watch watch, uint64_t *seen, gr_time length)
{
    int value = 0;
    int rc = gr_watch_next(watch, seen, &value, sizeof value, gr_in(length));
    return rc < 0 ? rc : value;
}

LONE_RUNNER_TEST(shows_each_value_once_and_the_latest_alone)
{
    gr_watch watch = make(1);
    uint64_t seen = 0, other = 0;
    check_equal(next_in(watch, &seen, 0), 1);
    check_equal(next_in(watch, &seen, GR_MILLISECOND), -ETIMEDOUT);
    check_equal(set(watch, 2), 0);
    check_equal(set(watch, 3), 0);
    check_equal(next_in(watch, &seen, 0), 3);
    check_equal(next_in(watch, &other, 0), 3);
    gr_watch_drop(watch);
    check_equal(next_in(watch, &seen, GR_SECOND), GR_EOF);
    check_equal(set(watch, 4), -ESTALE);
    gr_watch_drop(watch);
    gr_watch_drop((gr_watch){0});
}

LONE_RUNNER_TEST(refuses_values_of_another_size)
{
    static char bytes[GR_WATCH_VALUE_MAX + 1];
    gr_watch watch = make(1), refused;
    uint64_t seen = 0;
    check_equal(gr_watch_make(bytes, sizeof bytes, &refused), -EMSGSIZE);
    check_equal(gr_watch_set(watch, bytes, 2), -EMSGSIZE);
    check_equal(gr_watch_next(watch, &seen, bytes, 2, GR_FOREVER), -EMSGSIZE);
    gr_watch_drop(watch);
}

struct watcher {
    gr_watch watch;
    uint64_t seen;
    int value;
    gr_runner runner;
};

static int watch_once(void *context)
{
    struct watcher *watcher = context;
    return gr_watch_next(watcher->watch, &watcher->seen, &watcher->value, sizeof(int),
                         gr_in(10 * GR_SECOND));
}

LONE_RUNNER_TEST(wakes_all_who_wait_and_lets_them_go_when_it_is_dropped)
{
    gr_watch watch = make(1);
    struct watcher watchers[3];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            watchers[i] = (struct watcher){.watch = watch, .seen = (uint64_t)round + 1};
            check_equal(gr_runner_start(watch_once, &watchers[i], NULL, &watchers[i].runner), 0);
        }
        check_equal(gr_yield(), 0);
        gr_runner_cancel(watchers[1].runner);
        if (round == 0)
            check_equal(set(watch, 2), 0);
        else
            gr_watch_drop(watch);
        for (int i = 0; i < 3; i++) {
            int rc = gr_runner_join(watchers[i].runner, gr_in(GR_SECOND));
            check_equal(rc, i == 1 ? -ECANCELED : round == 0 ? 0 : GR_EOF);
            check_equal(watchers[i].value, i != 1 && round == 0 ? 2 : 0);
        }
    }
}

LONE_RUNNER_TEST(can_be_withdrawn_from_at_each_step)
{
    gr_watch watch = make(1);
    struct gr_watch_wait wait;
    struct hand hand;
    uint64_t seen = 1;
    int value = 0;
    struct gr_awaitable *awaitable = gr_watch_awaitable(&wait, watch, &seen, &value, sizeof value);
    hand_subscribe(&hand, awaitable);
    check(hand_cancel(awaitable));
    hand_subscribe(&hand, awaitable);
    check_equal(set(watch, 2), 0);
    check_equal(hand.woken, 1);
    check(hand_cancel(awaitable));
    check_equal(seen, 1);
    check_equal(hand_take(awaitable), 0);
    check_equal(value, 2);
    hand_subscribe(&hand, awaitable);
    gr_watch_drop(watch);
    check(hand_cancel(awaitable));
}

LONE_RUNNER_TEST(is_named_when_it_is_left_behind)
{
    expect_report("1 watches on loop 0 were not dropped");
    make(1);
}

/* On the other loop: sees values that only grow, up to the last, and then the end. */
struct follower {
    gr_watch watch;
    gr_promise saw_last;
    gr_promise saw_end;
    int last;
};

static int follow(void *context)
{
    const struct follower *follower = context;
    uint64_t seen = 0;
    int before = 0, value;
    while (before < follower->last) {
        value = next_in(follower->watch, &seen, 10 * GR_SECOND);
        if (!check(value > before))
            break;
        before = value;
    }
    check_equal(gr_promise_resolve(follower->saw_last, NULL, 0), 0);
    value = next_in(follower->watch, &seen, 10 * GR_SECOND);
    check_equal(value, GR_EOF);
    value = next_in(follower->watch, &seen, 10 * GR_SECOND);
    check_equal(value, GR_EOF);
    return gr_promise_resolve(follower->saw_end, NULL, 0);
}

static void start_following(void *context)
{
    check_equal(gr_runner_start(follow, context, NULL, NULL), 0);
}

RUNNER_TEST(shows_the_last_value_on_every_loop_however_often_it_changes)
{
    enum { FOLLOWERS = 4, LAST = 5000 };
    static struct follower followers[FOLLOWERS];
    gr_future saw_last[FOLLOWERS], saw_end[FOLLOWERS];
    gr_watch watch = make(1);
    for (int i = 0; i < FOLLOWERS; i++) {
        followers[i] = (struct follower){.watch = watch, .last = LAST};
        check_equal(gr_future_make(&saw_last[i], &followers[i].saw_last), 0);
        check_equal(gr_future_make(&saw_end[i], &followers[i].saw_end), 0);
        check_equal(gr_post(i % 2, start_following, &followers[i], NULL), 0);
    }
    for (int value = 2; value <= LAST; value++) {
        check_equal(set(watch, value), 0);
        if (value % 7 == 0)
            check_equal(gr_yield(), 0);
    }
    for (int i = 0; i < FOLLOWERS; i++)
        check_equal(gr_future_await(saw_last[i], NULL, 0, gr_in(10 * GR_SECOND)), 0);
    gr_watch_drop(watch);
    for (int i = 0; i < FOLLOWERS; i++)
        check_equal(gr_future_await(saw_end[i], NULL, 0, gr_in(10 * GR_SECOND)), 0);
}

LONE_RUNNER_TEST(is_not_made_without_memory)
{
    char value[200] = {0};
    gr_watch watch = {0};
    void *held = take_all(sizeof value + 1);
    check_equal(gr_watch_make(value, sizeof value, &watch), -ENOMEM);
    give_all(held, sizeof value + 1);
    check_equal(watch.name, 0);
    check_equal(gr_watch_make(value, sizeof value, &watch), 0);
    gr_watch_drop(watch);
}

/* So many blocks are left for the copy, and for the sheet that fetches it. */
static int watch_without_memory(void *context)
{
    gr_watch watch = *(const gr_watch *)context;
    char value[200];
    uint64_t seen = 0;
    int told = 0;
    for (size_t left = 0; left < 2; left++) {
        void *held = take_all_but(sizeof value + 1, left);
        int rc = gr_watch_next(watch, &seen, value, sizeof value, gr_in(GR_SECOND));
        told += rc == -ENOMEM;
        give_all(held, sizeof value + 1);
    }
    check_equal(told, 2);
    return gr_watch_next(watch, &seen, value, sizeof value, gr_in(10 * GR_SECOND));
}

RUNNER_TEST(is_shown_on_another_loop_once_there_is_memory)
{
    char value[200] = {0};
    gr_watch watch;
    struct gr_scope scope;
    check_equal(gr_watch_make(value, sizeof value, &watch), 0);
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, THERE, watch_without_memory, &watch, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), 0);
    gr_watch_drop(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_each_value_once_and_the_latest_alone),
        cmocka_unit_test(refuses_values_of_another_size),
        cmocka_unit_test(wakes_all_who_wait_and_lets_them_go_when_it_is_dropped),
        cmocka_unit_test(can_be_withdrawn_from_at_each_step),
        cmocka_unit_test(is_named_when_it_is_left_behind),
        cmocka_unit_test(shows_the_last_value_on_every_loop_however_often_it_changes),
        cmocka_unit_test(is_not_made_without_memory),
        cmocka_unit_test(is_shown_on_another_loop_once_there_is_memory),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
