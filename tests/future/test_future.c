/* A future gives its result once, to whoever awaits it, and its reader waits no longer than it said. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib/fixture.h"

static int released;

static void count_release(void *data, void *context)
{
    (void)data, (void)context;
    __atomic_add_fetch(&released, 1, __ATOMIC_SEQ_CST);
}

static struct gr_buffer counted(void)
{
    static char bytes[] = "moved";
    return (struct gr_buffer){bytes, sizeof bytes, count_release, NULL};
}

static int releases(void)
{
    return __atomic_exchange_n(&released, 0, __ATOMIC_SEQ_CST);
}

static void make(gr_future *ret_future, gr_promise *ret_promise)
{
    check_equal(gr_future_make(ret_future, ret_promise), 0);
}

static void resolve_with_42(void *promise)
{
    int rc = gr_promise_resolve(*(gr_promise *)promise, &(int){42}, sizeof(int));
    check_equal(rc, 0);
}

RUNNER_TEST(takes_what_another_thread_resolved)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    on_another_thread(resolve_with_42, &promise);

    int answer = 0;
    check_equal(gr_future_await(future, &answer, sizeof answer, GR_FOREVER), 0);
    check_equal(answer, 42);
    check_equal(gr_future_await(future, &answer, sizeof answer, GR_FOREVER), -ESTALE);
}

RUNNER_TEST(takes_what_another_loop_resolved)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    check_equal(gr_post(1, resolve_with_42, &promise, NULL), 0);
    int answer = 0;
    check_equal(gr_future_await(future, &answer, sizeof answer, gr_in(GR_SECOND)), 0);
    check_equal(answer, 42);
}

RUNNER_TEST(takes_values_of_all_sizes_from_everywhere)
{
    static unsigned char sent[GR_FUTURE_VALUE_MAX], got[GR_FUTURE_VALUE_MAX];
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (unsigned char)(i * 7);
    size_t sizes[] = {0, 1, 7, 8, 9, 16, 17, 31, 32, 33, 40, 41, 4000, 5000, GR_FUTURE_VALUE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        gr_future future;
        gr_promise promise;
        make(&future, &promise);
        check_equal(gr_promise_resolve(promise, sent, sizes[i]), 0);
        memset(got, 0, sizeof got);
        check_equal(gr_future_await(future, got, sizes[i], gr_in(GR_SECOND)), 0);
        check(memcmp(sent, got, sizes[i]) == 0);
    }
}

LONE_RUNNER_TEST(outlives_a_passed_deadline)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    check_equal(gr_future_await(future, NULL, 0, gr_now()), -ETIMEDOUT);
    check_equal(gr_future_await(future, NULL, 0, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_promise_reject(promise, -EIO), 0);
    check_equal(gr_future_await(future, NULL, 0, gr_now() - 1), -EIO);
}

LONE_RUNNER_TEST(is_left_be_by_an_await_of_the_wrong_size)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    check_equal(gr_promise_resolve(promise, &(int){3}, sizeof(int)), 0);
    int64_t wide = -1;
    check_equal(gr_future_await(future, &wide, sizeof wide, GR_FOREVER), -EMSGSIZE);
    check_equal(wide, -1);
    int narrow;
    check_equal(gr_future_await(future, &narrow, sizeof narrow, GR_FOREVER), 0);
    check_equal(narrow, 3);
}

LONE_RUNNER_TEST(settles_once)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    struct gr_buffer late = counted();
    check_equal(gr_promise_resolve(promise, &(int){1}, sizeof(int)), 0);
    check_equal(gr_promise_resolve(promise, &(int){2}, sizeof(int)), 0);
    check_equal(gr_promise_reject(promise, -EIO), 0);
    check_equal(gr_promise_resolve_buffer(promise, &late), 0);
    check_equal(releases(), 1);
    int value = 0;
    check_equal(gr_future_await(future, &value, sizeof value, GR_FOREVER), 0);
    check_equal(value, 1);
}

LONE_RUNNER_TEST(ignores_what_comes_after_it_has_gone)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    gr_future_drop(future);
    gr_future_drop(future);
    gr_future_drop((gr_future){0});
    struct gr_buffer late = counted();
    check_equal(gr_promise_resolve(promise, &(int){2}, sizeof(int)), 0);
    check_equal(gr_promise_resolve_buffer(promise, &late), 0);
    check_equal(releases(), 1);

    /* The slot's next life is another future: the old promise does not settle it. */
    gr_future next;
    gr_promise next_promise;
    make(&next, &next_promise);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
    check_equal(gr_future_await(next, NULL, 0, gr_now()), -ETIMEDOUT);
    gr_future_drop(next);
}

RUNNER_TEST(moves_a_buffer_without_releasing_it)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    struct gr_buffer sent = counted(), got;
    const void *data = sent.data;
    check_equal(gr_promise_resolve_buffer(promise, &sent), 0);
    check(sent.data == NULL);
    check_equal(gr_future_await_buffer(future, &got, gr_in(GR_SECOND)), 0);
    check(got.data == data);
    check_equal(releases(), 0);
    gr_buffer_release(&got);
    gr_buffer_release(&got);
    check_equal(releases(), 1);
}

static void resolve_with_buffer(void *promise)
{
    struct gr_buffer sent = counted();
    check_equal(gr_promise_resolve_buffer(*(gr_promise *)promise, &sent), 0);
}

RUNNER_TEST(releases_a_buffer_that_nobody_takes)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    on_loop(1, resolve_with_buffer, &promise);
    check_equal(gr_yield(), 0);
    gr_future_drop(future);
    check_equal(releases(), 1);

    make(&future, &promise);
    gr_future_drop(future);
    on_another_thread(resolve_with_buffer, &promise);
    check_soon(__atomic_load_n(&released, __ATOMIC_SEQ_CST) == 1);
    check_equal(releases(), 1);
}

LONE_RUNNER_TEST(is_taken_as_bytes_or_as_a_buffer_however_it_was_sent)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    struct gr_buffer sent = counted(), got;
    check_equal(gr_promise_resolve_buffer(promise, &sent), 0);
    char bytes[6];
    check_equal(gr_future_await(future, bytes, sizeof bytes, GR_FOREVER), 0);
    check_equal(strcmp(bytes, "moved"), 0);
    check_equal(releases(), 1);

    make(&future, &promise);
    check_equal(gr_promise_resolve(promise, "abc", 3), 0);
    check_equal(gr_future_await_buffer(future, &got, GR_FOREVER), 0);
    check_equal(got.size, 3);
    check_equal(memcmp(got.data, "abc", 3), 0);
    gr_buffer_release(&got);
}

static int await_it(void *future)
{
    return gr_future_await(*(gr_future *)future, NULL, 0, gr_in(10 * GR_SECOND));
}

LONE_RUNNER_TEST(is_awaited_by_one_at_a_time)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    gr_runner first;
    check_equal(gr_runner_start(await_it, &future, NULL, &first), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_future_await(future, NULL, 0, GR_FOREVER), -EBUSY);
    check_equal(gr_future_on_settled(future, NULL, NULL), -EBUSY);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
    check_equal(gr_runner_join(first, gr_in(GR_SECOND)), 0);
}

LONE_RUNNER_TEST(is_left_be_by_a_cancelled_reader)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    gr_runner reader;
    check_equal(gr_runner_start(await_it, &future, NULL, &reader), 0);
    check_equal(gr_yield(), 0);
    gr_runner_cancel(reader);
    check_equal(gr_runner_join(reader, gr_in(GR_SECOND)), -ECANCELED);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
    check_equal(gr_future_await(future, NULL, 0, GR_FOREVER), 0);
}

/*
 *     main                            reader
 *                                     parked in await
 *     resolve: reader is woken
 *     cancel: too late
 *                                     takes the result
 */
LONE_RUNNER_TEST(gives_its_result_to_a_reader_that_was_cancelled_too_late)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    gr_runner reader;
    check_equal(gr_runner_start(await_it, &future, NULL, &reader), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
    gr_runner_cancel(reader);
    check_equal(gr_runner_join(reader, gr_in(GR_SECOND)), 0);
    check_equal(gr_future_await(future, NULL, 0, GR_FOREVER), -ESTALE);
}

struct settled {
    int calls;
    int value;
};

static void note_settled(gr_future future, void *context)
{
    struct settled *settled = context;
    settled->calls++;
    check_equal(gr_future_await(future, &settled->value, sizeof(int), GR_FOREVER), 0);
}

LONE_RUNNER_TEST(calls_back_in_a_later_turn_and_never_inline)
{
    for (int before = 0; before < 2; before++) {
        gr_future future;
        gr_promise promise;
        struct settled settled = {0};
        make(&future, &promise);
        if (before)
            check_equal(gr_promise_resolve(promise, &(int){5}, sizeof(int)), 0);
        check_equal(gr_future_on_settled(future, note_settled, &settled), 0);
        if (!before)
            check_equal(gr_promise_resolve(promise, &(int){5}, sizeof(int)), 0);
        check_equal(settled.calls, 0);
        check_equal(gr_yield(), 0);
        check_equal(settled.calls, 1);
        check_equal(settled.value, 5);
        check_equal(gr_future_on_settled(future, note_settled, &settled), -ESTALE);
    }
}

LONE_RUNNER_TEST(calls_nobody_back_once_it_is_dropped)
{
    gr_future future;
    gr_promise promise;
    struct settled settled = {0};
    make(&future, &promise);
    check_equal(gr_future_on_settled(future, note_settled, &settled), 0);
    gr_future_drop(future);
    check_equal(gr_promise_resolve(promise, &(int){5}, sizeof(int)), 0);
    check_equal(gr_yield(), 0);
    check_equal(settled.calls, 0);
}

LONE_RUNNER_TEST(refuses_a_value_that_is_too_large)
{
    static char bytes[GR_FUTURE_VALUE_MAX + 1];
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    check_equal(gr_promise_resolve(promise, bytes, sizeof bytes), -EMSGSIZE);
    gr_future_drop(future);
}

LONE_RUNNER_TEST(is_named_when_it_is_left_behind)
{
    expect_report("1 futures on loop 0 were neither awaited nor dropped");
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
}

static gr_promise outlived;

static int make_and_leave(void *context)
{
    (void)context;
    gr_future future;
    check_equal(gr_future_make(&future, &outlived), 0);
    return 0;
}

static void is_settled_in_vain_after_its_loop_has_gone(void **state)
{
    (void)state;
    int rc = gr_run(make_and_leave, NULL, &(struct gr_options){.loops = 1});
    assert_int_equal(rc, 0);
    assert_int_equal(gr_promise_resolve(outlived, NULL, 0), -ESHUTDOWN);
    assert_int_equal(gr_promise_reject(outlived, -EIO), -ESHUTDOWN);
    struct gr_buffer buffer = counted();
    assert_int_equal(gr_promise_resolve_buffer(outlived, &buffer), -ESHUTDOWN);
    assert_non_null(buffer.data);
}

static int find_stale(void *context)
{
    (void)context;
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    check_equal(gr_future_await((gr_future){outlived.name}, NULL, 0, GR_FOREVER), -ESTALE);
    check_equal(gr_promise_resolve(outlived, NULL, 0), 0);
    check_equal(gr_future_await(future, NULL, 0, gr_now()), -ETIMEDOUT);
    gr_future_drop(future);
    return 0;
}

static void is_stale_in_the_next_fleet(void **state)
{
    (void)state;
    assert_int_equal(gr_run(make_and_leave, NULL, &(struct gr_options){.loops = 1}), 0);
    run_in_fleet(find_stale, &(struct gr_options){.loops = 1});
}

/*
 * Settlers on foreign threads and on the other loop race readers that wait for moments only, and
 * give up or drop. Whatever wins, each buffer is released once, and nothing else happens.
 */
enum { ROUNDS = 4000, SETTLERS = 2 };

static gr_promise board[64]; /* by atomic exchange, settled by who gets it */

static void settle_from_board(void)
{
    for (int i = 0; i < 64; i++) {
        gr_promise promise = {__atomic_exchange_n(&board[i].name, 0, __ATOMIC_SEQ_CST)};
        if (promise.name != 0)
            resolve_with_buffer(&promise);
    }
}

static bool over;

static void *settle_on_thread(void *context)
{
    (void)context;
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST))
        settle_from_board();
    settle_from_board();
    return NULL;
}

static void settle_on_loop(void *context)
{
    settle_from_board();
    if (!__atomic_load_n(&over, __ATOMIC_SEQ_CST))
        check_equal(gr_post(-1, settle_on_loop, context, NULL), 0);
    else
        resolve_with_42(context);
}

static int read_impatiently(int round)
{
    gr_future future;
    gr_promise promise;
    make(&future, &promise);
    gr_promise before = {
        __atomic_exchange_n(&board[round % 64].name, promise.name, __ATOMIC_SEQ_CST)};
    if (before.name != 0)
        resolve_with_buffer(&before);

    struct gr_buffer buffer;
    gr_time patience = (round % 3) * 20 * GR_MICROSECOND;
    int rc = gr_future_await_buffer(future, &buffer, gr_in(patience));
    if (rc == 0)
        gr_buffer_release(&buffer);
    gr_future_drop(future);
    return rc;
}

RUNNER_TEST(settles_once_however_many_race)
{
    over = false;
    gr_future ended;
    gr_promise end;
    make(&ended, &end);
    pthread_t threads[SETTLERS];
    for (int i = 0; i < SETTLERS; i++)
        check_equal(pthread_create(&threads[i], NULL, settle_on_thread, NULL), 0);
    check_equal(gr_post(1, settle_on_loop, &end, NULL), 0);

    for (int round = 0; round < ROUNDS; round++) {
        int rc = read_impatiently(round);
        check(rc == 0 || rc == -ETIMEDOUT);
    }
    __atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < SETTLERS; i++)
        pthread_join(threads[i], NULL);
    check_equal(gr_future_await(ended, &(int){0}, sizeof(int), gr_in(10 * GR_SECOND)), 0);
    check_soon(__atomic_load_n(&released, __ATOMIC_SEQ_CST) == ROUNDS);
    check_equal(releases(), ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_another_thread_resolved),
        cmocka_unit_test(takes_what_another_loop_resolved),
        cmocka_unit_test(takes_values_of_all_sizes_from_everywhere),
        cmocka_unit_test(outlives_a_passed_deadline),
        cmocka_unit_test(is_left_be_by_an_await_of_the_wrong_size),
        cmocka_unit_test(settles_once),
        cmocka_unit_test(ignores_what_comes_after_it_has_gone),
        cmocka_unit_test(moves_a_buffer_without_releasing_it),
        cmocka_unit_test(releases_a_buffer_that_nobody_takes),
        cmocka_unit_test(is_taken_as_bytes_or_as_a_buffer_however_it_was_sent),
        cmocka_unit_test(is_awaited_by_one_at_a_time),
        cmocka_unit_test(is_left_be_by_a_cancelled_reader),
        cmocka_unit_test(gives_its_result_to_a_reader_that_was_cancelled_too_late),
        cmocka_unit_test(calls_back_in_a_later_turn_and_never_inline),
        cmocka_unit_test(calls_nobody_back_once_it_is_dropped),
        cmocka_unit_test(refuses_a_value_that_is_too_large),
        cmocka_unit_test(is_named_when_it_is_left_behind),
        cmocka_unit_test(is_settled_in_vain_after_its_loop_has_gone),
        cmocka_unit_test(is_stale_in_the_next_fleet),
        cmocka_unit_test(settles_once_however_many_race),
    };
    return cmocka_run_group_tests_name("future", tests, NULL, NULL);
}
