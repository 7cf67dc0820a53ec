/* An executor is bounded, runs each work once at most, and each who awaits one hears exactly once. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "lib/fixture.h"

static int begun, ended, opened;

static int count(int *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static void reset(void)
{
    begun = ended = opened = 0;
}

static gr_executor make(unsigned threads, unsigned queue_max, bool wait_when_full)
{
    gr_executor executor = {0};
    const struct gr_executor_options options = {.name = "test",
                                                .threads = threads,
                                                .queue_max = queue_max,
                                                .wait_when_full = wait_when_full};
    check_equal(gr_executor_make(&options, &executor), 0);
    return executor;
}

static struct gr_executor_counts counts_of(gr_executor executor)
{
    struct gr_executor_counts counts = {0};
    check_equal(gr_executor_count(executor, &counts), 0);
    return counts;
}

static int add_one(const struct gr_work *work, const void *argument, void *result)
{
    (void)work;
    *(int *)result = *(const int *)argument + 1;
    return 0;
}

static int refuse(const struct gr_work *work, const void *argument, void *result)
{
    (void)work, (void)argument, (void)result;
    return -EDOM;
}

/* Runs until the test opens the gate, or it is cancelled. */
static int hold(const struct gr_work *work, const void *argument, void *result)
{
    (void)argument, (void)result;
    __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
    while (!gr_work_cancelled(work) && count(&opened) == 0)
        usleep(100);
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    return gr_work_cancelled(work) ? -EINTR : 0;
}

static gr_future submit(gr_executor executor, gr_work_fn *run)
{
    gr_future future = {0};
    check_equal(gr_executor_submit(executor, run, NULL, 0, 0, &future, gr_in(5 * GR_SECOND)), 0);
    return future;
}

static int await(gr_future future)
{
    return gr_future_await(future, NULL, 0, gr_in(10 * GR_SECOND));
}

RUNNER_TEST(hands_results_back_by_await_by_future_and_by_awaitable)
{
    gr_executor executor = make(2, 0, false);
    int result = 0;
    int one = 1;
    check_equal(
        gr_executor_run(executor, add_one, &one, sizeof one, &result, sizeof result, GR_FOREVER),
        0);
    check_equal(result, 2);

    gr_future future;
    check_equal(gr_executor_submit(executor, add_one, &result, sizeof result, sizeof result,
                                   &future, GR_FOREVER),
                0);
    check_equal(gr_future_await(future, &result, sizeof result, gr_in(10 * GR_SECOND)), 0);
    check_equal(result, 3);

    struct gr_executor_wait wait;
    struct gr_awaitable *awaitable = gr_executor_awaitable(&wait, executor, add_one, &result,
                                                           sizeof result, &result, sizeof result);
    for (int i = 0; i < 2; i++)
        check_equal(gr_await(awaitable, gr_in(10 * GR_SECOND)), 0);
    check_equal(result, 5);

    check_equal(await(submit(executor, refuse)), -EDOM);
    check_equal(gr_executor_close(executor, gr_in(10 * GR_SECOND)), 0);
}

LONE_RUNNER_TEST(turns_work_away_above_its_bound)
{
    reset();
    gr_executor executor = make(1, 2, false);
    gr_future future, held[3];
    held[0] = submit(executor, hold);
    check_soon(count(&begun) == 1);
    held[1] = submit(executor, hold);
    held[2] = submit(executor, hold);
    check_equal(gr_executor_submit(executor, hold, NULL, 0, 0, &future, GR_FOREVER), -EAGAIN);
    check_equal(gr_executor_run(executor, hold, NULL, 0, NULL, 0, GR_FOREVER), -EAGAIN);
    struct gr_executor_counts counts = counts_of(executor);
    check_equal(counts.queued, 2);
    check_equal(counts.running, 1);
    check_equal(counts.refused, 2);
    check_equal(counts.threads, 1);

    __atomic_store_n(&opened, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 3; i++)
        check_equal(await(held[i]), 0);
    check_equal(counts_of(executor).done, 3);
    check(counts_of(executor).longest_wait > 0);
    check_equal(gr_executor_close(executor, gr_in(10 * GR_SECOND)), 0);
}

LONE_RUNNER_TEST(has_senders_wait_for_room_and_lets_them_go_at_their_deadline)
{
    reset();
    gr_executor executor = make(1, 1, true);
    gr_future future = {0}, held[2];
    held[0] = submit(executor, hold);
    check_soon(count(&begun) == 1);
    held[1] = submit(executor, hold);
    check_equal(gr_executor_submit(executor, hold, NULL, 0, 0, &future, gr_in(5 * GR_MILLISECOND)),
                -ETIMEDOUT);
    check_equal(gr_executor_run(executor, hold, NULL, 0, NULL, 0, gr_in(5 * GR_MILLISECOND)),
                -ETIMEDOUT);
    check_equal(counts_of(executor).waiting, 0);
    check_equal(counts_of(executor).cancelled, 2);

    __atomic_store_n(&opened, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 50; i++)
        check_equal(await(submit(executor, hold)), 0);
    for (int i = 0; i < 2; i++)
        check_equal(await(held[i]), 0);
    check_equal(count(&begun), 52);
    check_equal(gr_executor_close(executor, gr_in(10 * GR_SECOND)), 0);
}

LONE_RUNNER_TEST(takes_a_work_back_that_has_not_begun_and_tells_one_that_has)
{
    reset();
    gr_executor executor = make(1, 0, false);
    gr_future running = submit(executor, hold);
    check_soon(count(&begun) == 1);
    gr_future queued = submit(executor, hold);
    check(gr_executor_cancel(executor, queued));
    check(!gr_executor_cancel(executor, queued));
    check_equal(await(queued), -ECANCELED);
    check_equal(count(&ended), 0);
    check(gr_executor_cancel(executor, running));
    check_equal(await(running), -ECANCELED);
    check_soon(count(&ended) == 1);
    check_equal(gr_executor_close(executor, gr_in(10 * GR_SECOND)), 0);
    check_equal(count(&begun), 1);
    check(!gr_executor_cancel(executor, running));
}

LONE_RUNNER_TEST(does_what_it_has_before_it_is_closed)
{
    reset();
    gr_executor executor = make(2, 0, false);
    __atomic_store_n(&opened, 1, __ATOMIC_SEQ_CST);
    gr_future futures[20];
    for (int i = 0; i < 20; i++)
        futures[i] = submit(executor, hold);
    check_equal(gr_executor_close(executor, gr_in(10 * GR_SECOND)), 0);
    check_equal(count(&ended), 20);
    for (int i = 0; i < 20; i++)
        check_equal(await(futures[i]), 0);
    struct gr_executor_counts counts;
    check_equal(gr_executor_close(executor, GR_FOREVER), -ESTALE);
    check_equal(gr_executor_count(executor, &counts), -ESTALE);
    check_equal(gr_executor_resize(executor, 1, 1), -ESTALE);
    check_equal(gr_executor_run(executor, hold, NULL, 0, NULL, 0, GR_FOREVER), -ESTALE);
}

static int close_it(void *context)
{
    return gr_executor_close(*(gr_executor *)context, gr_in(50 * GR_MILLISECOND));
}

/* What runs hears of it; what has not begun, and who would send more, gets its code. */
LONE_RUNNER_TEST(cancels_what_is_left_at_the_deadline_of_its_closing)
{
    reset();
    gr_executor executor = make(1, 0, false);
    gr_future running = submit(executor, hold);
    check_soon(count(&begun) == 1);
    gr_future queued = submit(executor, hold);
    gr_runner closer;
    check_equal(gr_runner_start(close_it, &executor, NULL, &closer), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_executor_run(executor, hold, NULL, 0, NULL, 0, GR_FOREVER), -ESHUTDOWN);
    check_equal(gr_executor_close(executor, GR_FOREVER), -EBUSY);
    check_equal(gr_runner_join(closer, gr_in(10 * GR_SECOND)), -ETIMEDOUT);
    check_equal(await(queued), -ECANCELED);
    check_equal(await(running), -EINTR);
    struct gr_executor_counts counts;
    check_soon(gr_executor_count(executor, &counts) == -ESTALE);
}

static void wait_for_room(void *context)
{
    gr_future future;
    check_equal(gr_executor_submit(*(gr_executor *)context, hold, NULL, 0, 0, &future,
                                   gr_in(10 * GR_SECOND)),
                0);
    check_equal(await(future), -ECANCELED);
}

LONE_RUNNER_TEST(frees_who_waits_for_room_when_it_is_cancelled_whole)
{
    reset();
    gr_executor executor = make(1, 1, true);
    gr_future running = submit(executor, hold);
    check_soon(count(&begun) == 1);
    gr_future queued = submit(executor, hold);
    check_equal(gr_post(-1, wait_for_room, &executor, NULL), 0);
    check_soon(counts_of(executor).waiting == 1);
    check_equal(gr_executor_close(executor, gr_now()), -ETIMEDOUT);
    check_equal(await(queued), -ECANCELED);
    check_equal(await(running), -EINTR);
}

LONE_RUNNER_TEST(ends_idle_threads_and_starts_them_again)
{
    gr_executor executor;
    struct gr_executor_options options = {.threads = 3, .idle = 2 * GR_MILLISECOND};
    check_equal(gr_executor_make(&options, &executor), 0);
    for (int i = 0; i < 3; i++) {
        check_equal(await(submit(executor, refuse)), -EDOM);
        check_soon(counts_of(executor).threads == 0);
    }
    check_equal(gr_executor_close(executor, gr_in(10 * GR_SECOND)), 0);
}

LONE_RUNNER_TEST(can_be_given_another_size)
{
    reset();
    gr_executor executor = make(1, 1, false);
    gr_future held[4];
    held[0] = submit(executor, hold);
    check_soon(count(&begun) == 1);
    check_equal(gr_executor_resize(executor, 2, 3), 0);
    for (int i = 1; i < 4; i++)
        held[i] = submit(executor, hold);
    check_soon(count(&begun) == 2);
    check_equal(gr_executor_resize(executor, 1, 0), 0);
    __atomic_store_n(&opened, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 4; i++)
        check_equal(await(held[i]), 0);
    check_soon(counts_of(executor).threads == 1);
    check_equal(gr_executor_close(executor, gr_in(10 * GR_SECOND)), 0);
    check_equal(gr_executor_close(gr_executor_default(), GR_FOREVER), -EPERM);
}

static int name_thread(const struct gr_work *work, const void *argument, void *result)
{
    (void)work, (void)argument;
    return -pthread_getname_np(pthread_self(), result, 16);
}

LONE_RUNNER_TEST(names_its_threads)
{
    char name[16] = "";
    check_equal(gr_blocking(name_thread, NULL, 0, name, sizeof name, gr_in(10 * GR_SECOND)), 0);
    check(strcmp(name, "blocking") == 0);
}

LONE_RUNNER_TEST(refuses_what_cannot_be)
{
    gr_executor executor, all[GR_EXECUTORS_MAX];
    gr_future future;
    int made = 0;
    while (made < GR_EXECUTORS_MAX && gr_executor_make(NULL, &all[made]) == 0)
        made++;
    check_equal(gr_executor_make(NULL, &executor), -EMFILE);
    check_equal(
        gr_executor_submit(all[0], refuse, NULL, 0, GR_FUTURE_VALUE_MAX + 1, &future, GR_FOREVER),
        -EMSGSIZE);
    for (int i = 0; i < made; i++)
        check_equal(gr_executor_close(all[i], GR_FOREVER), 0);
}

static gr_executor left_open;

static int leave_works_behind(void *context)
{
    (void)context;
    left_open = make(1, 0, false);
    gr_future running = submit(left_open, hold);
    check_soon(count(&begun) == 1);
    gr_future queued = submit(left_open, hold);
    gr_future_drop(running);
    gr_future_drop(queued);
    return 0;
}

static void ends_with_the_fleet(void **state)
{
    (void)state;
    reset();
    run_in_fleet(leave_works_behind, &(struct gr_options){.loops = 2});
    assert_int_equal(count(&begun), 1);
    assert_int_equal(count(&ended), 1);
}

/* --- two loops that send, cancel and give up at random -------------------------------------- */

enum { STRESS_WORKS = 1500, STRESS_AT_ONCE = 30 };

static gr_executor stressed;
static int runs[2 * STRESS_WORKS];

static int run_once(const struct gr_work *work, const void *argument, void *result)
{
    int number = *(const int *)argument;
    check_equal(__atomic_add_fetch(&runs[number], 1, __ATOMIC_SEQ_CST), 1);
    for (int i = 0; i < number % 7 && !gr_work_cancelled(work); i++)
        usleep(10);
    *(int *)result = number;
    return 0;
}

struct sender {
    struct gr__random random;
    int next;
    int end;
};

static void hear(int rc, int number, int result)
{
    check(rc == 0 || rc == -ECANCELED || rc == -ETIMEDOUT || rc == -EAGAIN);
    if (rc == 0)
        check(result == number && runs[number] == 1);
    if (rc == -EAGAIN)
        check_equal(runs[number], 0);
}

static void submit_one(struct sender *sender, int number)
{
    gr_future future;
    int result = -1;
    gr_time deadline = gr_in((gr_time)(gr__random_next(&sender->random) % 3) * GR_MILLISECOND / 4);
    int rc = gr_executor_submit(stressed, run_once, &number, sizeof number, sizeof result, &future,
                                deadline);
    if (rc == 0) {
        if (gr__random_next(&sender->random) % 2 == 0)
            check_equal(gr_sleep(gr_in(GR_MICROSECOND * 50)), 0);
        bool cancelled =
            gr__random_next(&sender->random) % 2 == 0 && gr_executor_cancel(stressed, future);
        rc = gr_future_await(future, &result, sizeof result, gr_in(30 * GR_SECOND));
        check_equal(cancelled, rc == -ECANCELED);
    }
    hear(rc, number, result);
}

static void run_one(struct sender *sender, int number)
{
    int result = -1;
    gr_time deadline = gr_in((gr_time)(gr__random_next(&sender->random) % 4) * GR_MILLISECOND / 3);
    int rc = gr_executor_run(stressed, run_once, &number, sizeof number, &result, sizeof result,
                             deadline);
    hear(rc, number, result);
}

static int send_some(void *context)
{
    struct sender *sender = context;
    while (sender->next < sender->end) {
        int number = sender->next++;
        if (gr__random_next(&sender->random) % 2 == 0)
            submit_one(sender, number);
        else
            run_one(sender, number);
    }
    return 0;
}

static void send_many(void *context)
{
    gr_runner runners[STRESS_AT_ONCE];
    for (int i = 0; i < STRESS_AT_ONCE; i++)
        check_equal(gr_runner_start(send_some, context, NULL, &runners[i]), 0);
    for (int i = 0; i < STRESS_AT_ONCE; i++)
        check_equal(gr_runner_join(runners[i], GR_FOREVER), 0);
}

static void stress(bool wait_when_full)
{
    struct sender ours = {.next = 0, .end = STRESS_WORKS};
    struct sender theirs = {.next = STRESS_WORKS, .end = 2 * STRESS_WORKS};
    gr__random_seed(&ours.random, 11);
    gr__random_seed(&theirs.random, 12);
    memset(runs, 0, sizeof runs);
    stressed = make(2, 8, wait_when_full);
    gr_runner here;
    check_equal(gr_runner_start(send_some, &ours, NULL, &here), 0);
    on_loop(1, send_many, &theirs);
    send_many(&ours);
    check_equal(gr_runner_join(here, gr_in(30 * GR_SECOND)), 0);
    check_equal(gr_executor_close(stressed, gr_in(30 * GR_SECOND)), 0);
}

RUNNER_TEST(runs_each_work_once_at_most_when_it_turns_away)
{
    stress(false);
}

RUNNER_TEST(runs_each_work_once_at_most_when_it_has_senders_wait)
{
    stress(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_results_back_by_await_by_future_and_by_awaitable),
        cmocka_unit_test(turns_work_away_above_its_bound),
        cmocka_unit_test(has_senders_wait_for_room_and_lets_them_go_at_their_deadline),
        cmocka_unit_test(takes_a_work_back_that_has_not_begun_and_tells_one_that_has),
        cmocka_unit_test(does_what_it_has_before_it_is_closed),
        cmocka_unit_test(cancels_what_is_left_at_the_deadline_of_its_closing),
        cmocka_unit_test(frees_who_waits_for_room_when_it_is_cancelled_whole),
        cmocka_unit_test(ends_idle_threads_and_starts_them_again),
        cmocka_unit_test(can_be_given_another_size),
        cmocka_unit_test(names_its_threads),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(ends_with_the_fleet),
        cmocka_unit_test(runs_each_work_once_at_most_when_it_turns_away),
        cmocka_unit_test(runs_each_work_once_at_most_when_it_has_senders_wait),
    };
    return cmocka_run_group_tests_name("executor", tests, NULL, NULL);
}
