/*
 * A context follows a piece of work wherever it goes on, and touches nothing beside it: Tornado's
 * StackContext, and what it did to callbacks.
 */
#include <errno.h>
#include <string.h>

#include "lib/shortage.h"
#include "loop/loop.h"

/* Goes everywhere, to what is started, along with messages, and nowhere. */
static const struct gr_context_key user = {.name = "user", .inherit = true, .carry = true};
static const struct gr_context_key place = {.name = "place", .inherit = true};
static const struct gr_context_key parcel = {.name = "parcel", .carry = true};
static const struct gr_context_key secret = {.name = "secret"};

/* What a key's value is as a number; 0 where there is none. */
static int number_of(const struct gr_context_key *key)
{
    int number = 0;
    int rc = gr_context_get(key, &number, sizeof number);
    check(rc == 0 || rc == -ENOENT);
    return number;
}

static void set(const struct gr_context_key *key, int number)
{
    check_equal(gr_context_set(key, &number, sizeof number), 0);
}

static void set_all(void)
{
    set(&user, 1);
    set(&place, 2);
    set(&parcel, 3);
    set(&secret, 4);
}

struct seen {
    int user, place, parcel, secret;
    gr_time deadline;
    gr_promise over;
};

static void look(struct seen *seen)
{
    seen->user = number_of(&user);
    seen->place = number_of(&place);
    seen->parcel = number_of(&parcel);
    seen->secret = number_of(&secret);
    seen->deadline = gr_deadline();
}

static int look_in_runner(void *context)
{
    look(context);
    return 0;
}

/* One that inherits sees what is inherited. */
static void check_inherited(const struct seen *seen)
{
    check_equal(seen->user, 1);
    check_equal(seen->place, 2);
    check_equal(seen->parcel, 0);
    check_equal(seen->secret, 0);
}

static void check_nothing(const struct seen *seen)
{
    check(seen->user == 0 && seen->place == 0 && seen->parcel == 0 && seen->secret == 0);
}

LONE_RUNNER_TEST(has_no_values_to_begin_with)
{
    char text[8] = "x";
    int number = 5;
    check_equal(gr_context_get(&user, &number, sizeof number), -ENOENT);
    check_equal(number, 5);
    check_equal(gr_context_text(text, sizeof text), 0);
    check_equal(strcmp(text, ""), 0);
    check_equal(gr_deadline(), GR_FOREVER);
}

LONE_RUNNER_TEST(gives_back_what_was_set_last)
{
    set(&user, 1);
    set(&place, 2);
    set(&user, 7);
    check_equal(number_of(&user), 7);
    check_equal(number_of(&place), 2);
    char short_of_it[2];
    check_equal(gr_context_get(&user, short_of_it, sizeof short_of_it), -EMSGSIZE);
    check_equal(gr_context_set(&user, NULL, 0), 0);
    check_equal(number_of(&user), 0);
    check_equal(number_of(&place), 2);
    check_equal(gr_context_set(&place, NULL, 0), 0);
    check(!gr__loop_here()->has_ambient);
}

LONE_RUNNER_TEST(has_bounds_for_each_value_and_for_all)
{
    static const struct gr_context_key keys[GR_CONTEXT_VALUES_MAX + 1];
    unsigned char bytes[GR_CONTEXT_VALUE_MAX + 1] = {0};
    check_equal(gr_context_set(&user, bytes, sizeof bytes), -EMSGSIZE);
    check_equal(gr_context_run(&user, bytes, sizeof bytes, look_in_runner, NULL), -EMSGSIZE);
    for (int i = 0; i < GR_CONTEXT_VALUES_MAX; i++)
        check_equal(gr_context_set(&keys[i], bytes, GR_CONTEXT_VALUE_MAX), 0);
    check_equal(gr_context_set(&keys[GR_CONTEXT_VALUES_MAX], bytes, 1), -ENOSPC);
    check_equal(gr_context_run(&keys[GR_CONTEXT_VALUES_MAX], bytes, 1, look_in_runner, NULL),
                -ENOSPC);
    for (int i = 0; i < 1000; i++)
        check_equal(gr_context_set(&keys[i % GR_CONTEXT_VALUES_MAX], &i, sizeof i), 0);
    check_equal(number_of(&keys[999 % GR_CONTEXT_VALUES_MAX]), 999);
}

static void set_on_no_loop(void *context)
{
    check_equal(gr_context_set(&user, "ann", 3), GR_ENOTRUNNER);
    check_equal(gr_context_run(&user, "ann", 3, look_in_runner, context), GR_ENOTRUNNER);
    check_equal(gr_context_run_without(look_in_runner, context), GR_ENOTRUNNER);
    check_equal(gr_context_get(&user, NULL, 0), -ENOENT);
    check_equal(gr_deadline(), GR_FOREVER);
}

LONE_RUNNER_TEST(is_not_there_on_a_foreign_thread)
{
    set_all();
    on_another_thread(set_on_no_loop, NULL);
}

static int set_inside(void *context)
{
    look(context);
    set(&user, 8);
    set(&place, 9);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(number_of(&user), 8);
    return -EDOM;
}

LONE_RUNNER_TEST(is_what_it_was_after_a_call_within_another)
{
    struct seen seen;
    set(&user, 1);
    check_equal(gr_context_run(&user, &(int){5}, sizeof(int), set_inside, &seen), -EDOM);
    check_equal(seen.user, 5);
    check_equal(number_of(&user), 1);
    check_equal(number_of(&place), 0);
    check_equal(gr_context_run(&user, NULL, 0, set_inside, &seen), -EDOM);
    check_equal(seen.user, 0);
    check_equal(number_of(&user), 1);
}

LONE_RUNNER_TEST(can_be_left_behind_for_a_call)
{
    struct seen seen;
    set_all();
    check_equal(gr_context_run_without(look_in_runner, &seen), 0);
    check_nothing(&seen);
    check_equal(number_of(&secret), 4);
}

static size_t print_roman(const void *value, size_t size, char *text, size_t bytes)
{
    (void)value, (void)size;
    memcpy(text, "iv", bytes < 3 ? bytes : 3);
    return 2;
}

LONE_RUNNER_TEST(can_be_printed_for_a_log)
{
    static const struct gr_context_key roman = {.name = "chapter", .print = print_roman};
    char text[64], cut[8];
    check_equal(gr_context_set(&user, "ann", 3), 0);
    check_equal(gr_context_set(&secret, "\1\xff", 2), 0);
    check_equal(gr_context_set(&roman, "4", 1), 0);
    check_equal(gr_context_text(text, sizeof text), strlen("user=ann secret=01ff chapter=iv"));
    check_equal(strcmp(text, "user=ann secret=01ff chapter=iv"), 0);
    check_equal(gr_context_text(cut, sizeof cut), 7);
    check_equal(strcmp(cut, "user=an"), 0);
}

LONE_RUNNER_TEST(is_inherited_by_a_runner_as_each_key_says)
{
    for (size_t stack = 0; stack <= 128 << 10; stack += 128 << 10) {
        struct seen seen;
        gr_runner runner;
        set_all();
        check_equal(gr_runner_start(look_in_runner, &seen,
                                    &(struct gr_runner_options){.stack_bytes = stack}, &runner),
                    0);
        set(&user, 10); /* too late for it */
        check_equal(gr_runner_join(runner, gr_in(GR_SECOND)), 0);
        check_inherited(&seen);
        check_equal(number_of(&secret), 4);
    }
}

static int set_and_fail(void *context)
{
    (void)context;
    set(&user, 3);
    check_equal(gr_context_set(&place, "here", 4), 0);
    return -EIO;
}

/* The second runs on the stack that the first has left. */
LONE_RUNNER_TEST(ends_with_the_runner_that_set_it)
{
    struct seen seen;
    gr_runner first, second;
    for (size_t stack = 0; stack <= 128 << 10; stack += 128 << 10) {
        const struct gr_runner_options options = {.stack_bytes = stack};
        check_equal(gr_runner_start(set_and_fail, NULL, &options, &first), 0);
        check_equal(gr_runner_start(look_in_runner, &seen, NULL, &second), 0);
        check_equal(gr_runner_join(first, gr_in(GR_SECOND)), -EIO);
        check_equal(gr_runner_join(second, gr_in(GR_SECOND)), 0);
        check_nothing(&seen);
    }
}

struct turns {
    int number;
    int wrong;
};

static int keep_own(void *context)
{
    struct turns *turns = context;
    for (int i = 0; i < 100; i++) {
        set(&user, turns->number + i);
        check_equal(i % 2 == 0 ? gr_yield() : gr_sleep(gr_in(GR_MICROSECOND)), 0);
        turns->wrong += number_of(&user) != turns->number + i;
    }
    return 0;
}

/*
 *     first                 second                third
 *     sets 1000, waits
 *                           sets 2000, waits
 *                                                 has none, waits
 *     has 1000 ...
 */
LONE_RUNNER_TEST(is_its_own_again_after_each_wait)
{
    struct turns turns[] = {{1000, 0}, {2000, 0}, {3000, 0}};
    gr_runner runners[3];
    for (int i = 0; i < 3; i++)
        check_equal(gr_runner_start(keep_own, &turns[i], NULL, &runners[i]), 0);
    for (int i = 0; i < 3; i++) {
        check_equal(gr_runner_join(runners[i], gr_in(10 * GR_SECOND)), 0);
        check_equal(turns[i].wrong, 0);
    }
    check_equal(number_of(&user), 0);
}

static void look_in_post(void *context)
{
    struct seen *seen = context;
    look(seen);
    set(&secret, 5); /* gone with the call */
    check_equal(gr_promise_resolve(seen->over, NULL, 0), 0);
}

static void post_and_wait(int loop, struct seen *seen)
{
    gr_future over;
    check_equal(gr_future_make(&over, &seen->over), 0);
    check_equal(gr_post(loop, look_in_post, seen, NULL), 0);
    check_equal(gr_future_await(over, NULL, 0, gr_in(10 * GR_SECOND)), 0);
}

RUNNER_TEST(is_inherited_by_a_post_to_this_loop_and_to_another)
{
    for (int loop = 0; loop < 2; loop++) {
        struct seen seen;
        set_all();
        post_and_wait(loop, &seen);
        check_inherited(&seen);
        check_equal(gr_context_set(&user, NULL, 0), 0);
        check_equal(gr_context_set(&place, NULL, 0), 0);
        post_and_wait(loop, &seen); /* nothing is left that it could inherit */
        check_nothing(&seen);
    }
}

static void look_when_settled(gr_future future, void *context)
{
    check_equal(gr_future_await(future, NULL, 0, gr_in(GR_SECOND)), 0);
    look_in_post(context);
}

LONE_RUNNER_TEST(is_around_a_callback_that_of_who_asked_for_it)
{
    struct seen seen;
    gr_future future, over;
    gr_promise promise;
    set_all();
    check_equal(gr_future_make(&over, &seen.over), 0);
    check_equal(gr_future_make(&future, &promise), 0);
    check_equal(gr_future_on_settled(future, look_when_settled, &seen), 0);
    set(&user, 20);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
    check_equal(gr_future_await(over, NULL, 0, gr_in(GR_SECOND)), 0);
    check_inherited(&seen);
}

static void let_go(void *context)
{
    (void)context;
}

static int look_once(void *context)
{
    look_in_post(context);
    return 1;
}

static int look_once_and_stop(void *context)
{
    look_once(context);
    return -ECANCELED;
}

LONE_RUNNER_TEST(is_around_a_call_at_a_time_that_of_who_asked_for_it)
{
    struct seen seen;
    gr_future over;
    gr_call call;
    set_all();
    check_equal(gr_future_make(&over, &seen.over), 0);
    check_equal(gr_call_at(gr_in(GR_MILLISECOND), look_in_post, &seen, NULL, &call), 0);
    set(&user, 20);
    check_equal(gr_future_await(over, NULL, 0, gr_in(GR_SECOND)), 0);
    check_inherited(&seen);
    set(&user, 1);
    check_equal(gr_call_at(gr_in(GR_SECOND), let_go, NULL, NULL, &call), 0);
    check(gr_call_cancel(call));
    check_equal(gr_call_at(gr_in(GR_SECOND), let_go, NULL, let_go, NULL), 0);
}

LONE_RUNNER_TEST(is_around_each_periodic_call_that_of_who_started_them)
{
    static const struct gr_periodic_options options = {.name = "look", .stop_on_failure = true};
    expect_report("periodic 'look' on loop 0 failed: ");
    struct seen seen;
    set_all();
    for (int i = 0; i < 2; i++) {
        gr_future over;
        gr_periodic periodic;
        check_equal(gr_future_make(&over, &seen.over), 0);
        check_equal(gr_periodic_start(GR_MILLISECOND, i == 0 ? look_once : look_once_and_stop,
                                      &seen, &options, &periodic),
                    0);
        check_equal(gr_future_await(over, NULL, 0, gr_in(GR_SECOND)), 0);
        check_inherited(&seen);
        gr_periodic_stop(periodic);
    }
}

LONE_RUNNER_TEST(is_given_back_by_a_callback_that_is_never_called)
{
    struct seen seen;
    gr_future future;
    gr_promise promise;
    set_all();
    check_equal(gr_future_make(&future, &promise), 0);
    check_equal(gr_future_on_settled(future, look_when_settled, &seen), 0);
    gr_future_drop(future);
}

LONE_RUNNER_TEST(is_named_where_a_runner_failed_that_nobody_joins)
{
    expect_report("(EIO) [user=03000000 place=here]");
    check_equal(
        gr_runner_start(set_and_fail, NULL, &(struct gr_runner_options){.name = "clerk"}, NULL), 0);
    check_equal(gr_yield(), 0);
}

/* Four values take a block of two lines, as do the two of them that are inherited. */
LONE_RUNNER_TEST(stays_as_it_was_where_memory_is_short)
{
    enum { BYTES = 2 * GR__BLOCK_MIN };
    struct seen seen;
    gr_runner runner;
    gr_future future;
    gr_promise promise;
    set_all();
    check_equal(gr_future_make(&future, &promise), 0);
    void *taken = take_all(BYTES);
    int number = 9;

    gr__memory_fail_after(0);
    check_equal(gr_context_set(&user, &number, sizeof number), -ENOMEM);
    gr__memory_fail_after(0);
    check_equal(gr_context_run(&user, &number, sizeof number, look_in_runner, &seen), -ENOMEM);
    gr__memory_fail_after(0);
    check_equal(gr_runner_start(look_in_runner, &seen, NULL, &runner), -ENOMEM);
    gr__memory_fail_after(0);
    check_equal(gr_post(0, look_in_post, &seen, NULL), -ENOMEM);
    gr__memory_fail_after(0);
    check_equal(gr_future_on_settled(future, look_when_settled, &seen), -ENOMEM);
    gr__memory_fail_after(0);
    check_equal(gr_call_at(GR_FOREVER, let_go, NULL, NULL, NULL), -ENOMEM);
    gr__memory_fail_after(0);
    check_equal(gr_periodic_start(GR_SECOND, look_once, NULL, NULL, NULL), -ENOMEM);

    give_all(taken, BYTES);
    gr_future_drop(future);
    check_equal(number_of(&user), 1);
    check_equal(number_of(&secret), 4);
}

static long hops;

/* Goes from loop to loop until one of them has stopped, with the values it began with. */
static void hop_on(void *context)
{
    struct seen seen;
    look(&seen);
    check_inherited(&seen);
    set(&secret, 7);
    __atomic_add_fetch(&hops, 1, __ATOMIC_RELAXED);
    int rc = gr_post((gr_loop_here() + 1) % 2, hop_on, context, let_go);
    check(rc == 0 || rc == -ESHUTDOWN);
}

static int sleep_for_ever(void *context)
{
    (void)context;
    check_equal(gr_sleep(GR_FOREVER), -ECANCELED);
    check_equal(number_of(&user), 1);
    return -ECANCELED;
}

/* What is left under way, waiting or not begun when the loops end is ended with its values. */
RUNNER_TEST(leaves_nothing_behind_when_the_loops_end)
{
    set_all();
    for (int i = 0; i < 100; i++) {
        check_equal(gr_post(i % 2, hop_on, NULL, let_go), 0);
        check_equal(gr_runner_start(sleep_for_ever, NULL, NULL, NULL), 0);
    }
    check_soon(__atomic_load_n(&hops, __ATOMIC_RELAXED) > 10000);
    for (int i = 0; i < 100; i++)
        check_equal(gr_runner_start(sleep_for_ever, NULL, NULL, NULL), 0);
}

static int discarded;

static void count_discard(void *context)
{
    (void)context;
    __atomic_add_fetch(&discarded, 1, __ATOMIC_RELAXED);
}

/* Never ends but with its loop. */
static void stay(void *context)
{
    check_equal(number_of(&user), 1);
    check_equal(gr_post(-1, stay, context, count_discard), 0);
}

static int leave_some_behind(void *context)
{
    (void)context;
    set_all();
    for (int i = 0; i < 10; i++)
        check_equal(gr_post(i % 2, stay, NULL, NULL), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    return 0;
}

static void is_given_back_by_posts_that_are_discarded(void **state)
{
    (void)state;
    run_in_fleet(leave_some_behind, &(struct gr_options){.loops = 2});
    assert_int_equal(discarded, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_no_values_to_begin_with),
        cmocka_unit_test(gives_back_what_was_set_last),
        cmocka_unit_test(has_bounds_for_each_value_and_for_all),
        cmocka_unit_test(is_not_there_on_a_foreign_thread),
        cmocka_unit_test(is_what_it_was_after_a_call_within_another),
        cmocka_unit_test(can_be_left_behind_for_a_call),
        cmocka_unit_test(can_be_printed_for_a_log),
        cmocka_unit_test(is_inherited_by_a_runner_as_each_key_says),
        cmocka_unit_test(ends_with_the_runner_that_set_it),
        cmocka_unit_test(is_its_own_again_after_each_wait),
        cmocka_unit_test(is_inherited_by_a_post_to_this_loop_and_to_another),
        cmocka_unit_test(is_around_a_callback_that_of_who_asked_for_it),
        cmocka_unit_test(is_around_a_call_at_a_time_that_of_who_asked_for_it),
        cmocka_unit_test(is_around_each_periodic_call_that_of_who_started_them),
        cmocka_unit_test(is_given_back_by_a_callback_that_is_never_called),
        cmocka_unit_test(is_named_where_a_runner_failed_that_nobody_joins),
        cmocka_unit_test(stays_as_it_was_where_memory_is_short),
        cmocka_unit_test(leaves_nothing_behind_when_the_loops_end),
        cmocka_unit_test(is_given_back_by_posts_that_are_discarded),
    };
    return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
