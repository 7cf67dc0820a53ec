/*
 * A post runs once on the loop it was made to, in its order, or is discarded once.
 *
 * (Tornado: add_callback.)
 */
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/fixture.h"

static int ran, discarded;

static void count_run(void *context)
{
    (void)context;
    __atomic_add_fetch(&ran, 1, __ATOMIC_SEQ_CST);
}

static void count_discard(void *context)
{
    (void)context;
    __atomic_add_fetch(&discarded, 1, __ATOMIC_SEQ_CST);
}

static int runs(void)
{
    return __atomic_load_n(&ran, __ATOMIC_SEQ_CST);
}

RUNNER_TEST(runs_later_and_never_inline)
{
    ran = 0;
    for (int loop = -1; loop < 2; loop++)
        check_equal(gr_post(loop, count_run, NULL, NULL), 0);
    check_equal(gr_loop_here(), 0);
    check_soon(runs() == 3);
}

RUNNER_TEST(is_refused_where_there_is_no_loop)
{
    check_equal(gr_post(2, count_run, NULL, NULL), -EINVAL);
    check_equal(gr_post(-2, count_run, NULL, NULL), -EINVAL);
    check_equal(gr_loop_count(), 2);
}

static void is_refused_while_no_fleet_runs(void **state)
{
    (void)state;
    assert_int_equal(gr_post(0, count_run, NULL, NULL), -ESHUTDOWN);
    assert_int_equal(gr_post(-1, count_run, NULL, NULL), -EINVAL);
    assert_int_equal(gr_loop_count(), 0);
    assert_int_equal(gr_loop_here(), -1);
    assert_true(gr_now() > 0);
}

/* Each producer's numbers come in its order, however the producers' posts mix. */
enum { PRODUCERS = 4, NUMBERS = 20000 };

static int next_number[PRODUCERS];
static bool ordered;

static void take_number(void *context)
{
    uintptr_t word = (uintptr_t)context;
    ordered = ordered && (int)(word >> 8) == next_number[word & 255]++;
    __atomic_add_fetch(&ran, 1, __ATOMIC_SEQ_CST);
}

static void *produce(void *context)
{
    for (uintptr_t i = 0; i < NUMBERS; i++)
        check_equal(gr_post(1, take_number, (void *)(i << 8 | (uintptr_t)context), NULL), 0);
    return NULL;
}

RUNNER_TEST(keeps_each_producers_order)
{
    ran = 0;
    ordered = true;
    pthread_t threads[PRODUCERS - 1];
    for (uintptr_t i = 0; i < PRODUCERS - 1; i++) {
        next_number[i] = 0;
        check_equal(pthread_create(&threads[i], NULL, produce, (void *)i), 0);
    }
    next_number[PRODUCERS - 1] = 0;
    produce((void *)(uintptr_t)(PRODUCERS - 1));
    for (int i = 0; i < PRODUCERS - 1; i++)
        pthread_join(threads[i], NULL);
    check_soon(runs() == PRODUCERS * NUMBERS);
    check(ordered);
}

static bool stop_posting;
static int accepted;

static void *post_for_ever(void *context)
{
    (void)context;
    while (!__atomic_load_n(&stop_posting, __ATOMIC_SEQ_CST))
        if (gr_post(0, count_run, NULL, count_discard) == 0)
            __atomic_add_fetch(&accepted, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static int end_soon(void *context)
{
    (void)context;
    return gr_sleep(gr_in(2 * GR_MILLISECOND));
}

/*
 *     foreign threads                 the fleet
 *     post, post, post ...            starts, runs, closes its inbox, frees its hosts ...
 *
 * What was accepted ran or was discarded, and no post met memory that had gone.
 */
static void is_run_or_discarded_when_the_loop_goes(void **state)
{
    (void)state;
    ran = discarded = accepted = 0;
    stop_posting = false;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_for_ever, NULL), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(gr_run(end_soon, NULL, &(struct gr_options){.loops = 2}), 0);
    __atomic_store_n(&stop_posting, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(accepted > 0);
    assert_int_equal(runs() + discarded, accepted);
}

static bool reposting;

static void repost(void *context)
{
    if (__atomic_load_n(&reposting, __ATOMIC_SEQ_CST))
        check_equal(gr_post(-1, repost, context, NULL), 0);
}

LONE_RUNNER_TEST(does_not_starve_timers_by_posting_itself_again)
{
    reposting = true;
    check_equal(gr_post(-1, repost, NULL, NULL), 0);
    gr_time before = gr_now();
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    check(gr_now() - before < GR_SECOND);
    reposting = false;
    check_equal(gr_yield(), 0);
}

static void write_byte(void *fd)
{
    check_equal(write(*(int *)fd, "x", 1), 1);
}

/* Only a poll can find out that the byte is there, since it is written after the wait has begun. */
LONE_RUNNER_TEST(does_not_starve_io_by_posting_itself_again)
{
    int fds[2];
    check_equal(pipe(fds), 0);
    reposting = true;
    check_equal(gr_post(-1, repost, NULL, NULL), 0);
    for (int i = 0; i < 10; i++) {
        char byte = 0;
        check_equal(gr_post(-1, write_byte, &fds[1], NULL), 0);
        check_equal(gr_fd_await(fds[0], GR_FD_READ, NULL, gr_in(5 * GR_SECOND)), 0);
        check_equal(read(fds[0], &byte, 1), 1);
    }
    reposting = false;
    check_equal(gr_yield(), 0);
    close(fds[0]);
    close(fds[1]);
}

/* In microseconds. */
static long cpu_of(const struct rusage *usage)
{
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
           usage->ru_stime.tv_usec;
}

/* Stands for a handler that keeps its loop for long. */
static void hold(void *context)
{
    (void)context;
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
}

static void settle(void *context)
{
    check_equal(gr_promise_resolve(*(const gr_promise *)context, NULL, 0), 0);
}

/*
 *     loop 0                                  loop 1
 *     posts far more than the lane holds      is held
 *     asks to be told of room, and sleeps
 *                                             takes the lane; tells loop 0
 *     puts the rest in                        ...
 */
RUNNER_TEST(sleeps_while_a_held_loop_has_no_room_and_loses_nothing)
{
    struct rusage before, after;
    ran = 0;
    getrusage(RUSAGE_SELF, &before);
    check_equal(gr_post(1, hold, NULL, NULL), 0);
    for (int i = 0; i < 5000; i++)
        check_equal(gr_post(1, count_run, NULL, NULL), 0);
    gr_future all;
    gr_promise promise;
    check_equal(gr_future_make(&all, &promise), 0);
    check_equal(gr_post(1, settle, &promise, NULL), 0);
    check_equal(gr_future_await(all, NULL, 0, gr_in(5 * GR_SECOND)), 0);
    check_equal(runs(), 5000);
    getrusage(RUSAGE_SELF, &after);
    check(cpu_of(&after) - cpu_of(&before) < 100000);
}

static int post_and_leave(void *context)
{
    (void)context;
    check_equal(gr_post(1, hold, NULL, NULL), 0);
    for (int i = 0; i < 5000; i++)
        check_equal(gr_post(1, count_run, NULL, count_discard), 0);
    return 0;
}

/* It may not wait until the other has room, and what it has not put into the lane goes over still. */
static void loses_nothing_when_it_ends_before_a_held_loop_has_room(void **state)
{
    (void)state;
    ran = discarded = 0;
    struct gr_options options = {.loops = 2, .stop_within = 20 * GR_MILLISECOND};
    assert_int_equal(gr_run(post_and_leave, NULL, &options), 0);
    assert_int_equal(runs() + discarded, 5000);
}

/* Nothing but the idle: over two seconds a fleet uses next to no CPU, and is not woken. */
RUNNER_TEST(costs_nothing_while_there_is_nothing_to_do)
{
    struct rusage before, after;
    check_equal(gr_sleep(gr_in(100 * GR_MILLISECOND)), 0);
    getrusage(RUSAGE_SELF, &before);
    check_equal(gr_sleep(gr_in(2 * GR_SECOND)), 0);
    getrusage(RUSAGE_SELF, &after);
    long spent = cpu_of(&after) - cpu_of(&before);
    check_at(spent < 20000, __FILE__, __LINE__, "%ld us of CPU in two idle seconds", spent);
    long switches = after.ru_nvcsw - before.ru_nvcsw;
    check_at(switches < 40, __FILE__, __LINE__, "%ld switches in two idle seconds", switches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_later_and_never_inline),
        cmocka_unit_test(is_refused_where_there_is_no_loop),
        cmocka_unit_test(is_refused_while_no_fleet_runs),
        cmocka_unit_test(keeps_each_producers_order),
        cmocka_unit_test(is_run_or_discarded_when_the_loop_goes),
        cmocka_unit_test(does_not_starve_timers_by_posting_itself_again),
        cmocka_unit_test(does_not_starve_io_by_posting_itself_again),
        cmocka_unit_test(sleeps_while_a_held_loop_has_no_room_and_loses_nothing),
        cmocka_unit_test(loses_nothing_when_it_ends_before_a_held_loop_has_room),
        cmocka_unit_test(costs_nothing_while_there_is_nothing_to_do),
    };
    return cmocka_run_group_tests_name("post", tests, NULL, NULL);
}
