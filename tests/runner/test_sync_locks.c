/* Locks go to those who wait in the order in which they came, and to nobody who has given up. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"
#include "lib/hand.h"

enum { CROWD = 4 };

static char trace[64]; /* what happened, a letter each */

static void note(char letter)
{
    size_t length = strlen(trace);
    check(length + 1 < sizeof trace);
    trace[length] = letter;
    trace[length + 1] = '\0';
}

static void check_trace(const char *wanted)
{
    check_at(strcmp(trace, wanted) == 0, __FILE__, __LINE__, "the trace is '%s', not '%s'", trace,
             wanted);
    trace[0] = '\0';
}

/* A runner that wants a lock, notes when it has it, and lets go. */
struct locker {
    struct gr_mutex *mutex;
    struct gr_rwlock *lock;
    struct gr_condition *condition;
    char letter;
    bool writes;
    gr_time deadline;
    gr_runner runner;
};

static void start(struct locker *locker, gr_runner_fn *run)
{
    if (locker->deadline == 0)
        locker->deadline = gr_in(10 * GR_SECOND);
    check_equal(gr_runner_start(run, locker, NULL, &locker->runner), 0);
    check_equal(gr_yield(), 0);
}

static void check_ends(const struct locker *locker, int wanted)
{
    check_equal(gr_runner_join(locker->runner, gr_in(10 * GR_SECOND)), wanted);
}

static int lock_and_unlock(void *context)
{
    struct locker *locker = context;
    int rc = gr_mutex_lock(locker->mutex, locker->deadline);
    if (rc < 0)
        return rc;
    note(locker->letter);
    rc = gr_yield();
    gr_mutex_unlock(locker->mutex);
    return rc;
}

LONE_RUNNER_TEST(a_mutex_is_held_by_one)
{
    struct gr_mutex mutex = {0};
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), 0);
    struct locker other = {.mutex = &mutex, .letter = 'a', .deadline = gr_in(GR_MILLISECOND)};
    start(&other, lock_and_unlock);
    check_ends(&other, -ETIMEDOUT);
    gr_mutex_unlock(&mutex);
    check_equal(gr_mutex_try_lock(&mutex), 0);
    gr_mutex_unlock(&mutex);
    gr_mutex_done(&mutex);
    check_trace("");
}

static int try_it(void *context)
{
    return gr_mutex_try_lock(context);
}

LONE_RUNNER_TEST(a_mutex_is_refused_to_its_owner_and_to_who_only_tries)
{
    struct gr_mutex mutex = {0};
    struct gr_mutex_wait wait;
    gr_runner other;
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), 0);
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), -EDEADLK);
    check_equal(gr_await(gr_mutex_awaitable(&wait, &mutex), GR_FOREVER), -EDEADLK);
    check_equal(gr_mutex_try_lock(&mutex), -EDEADLK);
    check_equal(gr_runner_start(try_it, &mutex, NULL, &other), 0);
    check_equal(gr_runner_join(other, GR_FOREVER), -EAGAIN);
    gr_mutex_unlock(&mutex);
}

LONE_RUNNER_TEST(a_mutex_goes_to_those_who_wait_in_their_order)
{
    struct gr_mutex mutex = {0};
    struct locker lockers[CROWD];
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), 0);
    for (int i = 0; i < CROWD; i++) {
        lockers[i] = (struct locker){.mutex = &mutex, .letter = (char)('a' + i)};
        start(&lockers[i], lock_and_unlock);
    }
    gr_mutex_unlock(&mutex);
    check_equal(gr_mutex_lock(&mutex, gr_in(10 * GR_SECOND)), 0);
    note('m');
    gr_mutex_unlock(&mutex);
    for (int i = 0; i < CROWD; i++)
        check_ends(&lockers[i], 0);
    check_trace("abcdm");
}

LONE_RUNNER_TEST(who_is_cancelled_in_line_leaves_it)
{
    struct gr_mutex mutex = {0};
    struct locker lockers[3];
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), 0);
    for (int i = 0; i < 3; i++) {
        lockers[i] = (struct locker){.mutex = &mutex, .letter = (char)('a' + i)};
        start(&lockers[i], lock_and_unlock);
    }
    gr_runner_cancel(lockers[1].runner);
    check_ends(&lockers[1], -ECANCELED);
    gr_mutex_unlock(&mutex);
    check_ends(&lockers[0], 0);
    check_ends(&lockers[2], 0);
    check_trace("ac");
    gr_mutex_done(&mutex);
}

/*
 *     main            a                     b
 *                     in line               in line
 *     sleeps, and a's deadline passes in the same turn: both are ready, main first
 *     unlock: to a
 *                     runs: -ETIMEDOUT,
 *                     passes it on
 *                                           has it
 */
LONE_RUNNER_TEST(a_grant_that_meets_a_passed_deadline_passes_on)
{
    struct gr_mutex mutex = {0};
    gr_time moment = gr_in(2 * GR_MILLISECOND);
    struct locker a = {.mutex = &mutex, .letter = 'a', .deadline = moment};
    struct locker b = {.mutex = &mutex, .letter = 'b'};
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), 0);
    start(&a, lock_and_unlock);
    start(&b, lock_and_unlock);
    while (gr_clock() < moment)
        continue;
    check_equal(gr_yield(), 0); /* a's timer fires; a is ready, and behind main */
    gr_mutex_unlock(&mutex);
    check_ends(&b, 0);
    int rc = gr_runner_join(a.runner, gr_in(10 * GR_SECOND));
    check_equal(rc, -ETIMEDOUT);
    check_trace("b");
    gr_mutex_done(&mutex);
}

static int hold_until_told(void *context)
{
    struct locker *locker = context;
    int rc = gr_mutex_lock(locker->mutex, locker->deadline);
    if (rc == 0)
        rc = gr_condition_wait(locker->condition, NULL, locker->deadline);
    gr_mutex_unlock(locker->mutex);
    return rc;
}

LONE_RUNNER_TEST(a_mutex_that_was_granted_and_not_taken_passes_on_and_is_free_in_the_end)
{
    struct gr_mutex mutex = {0};
    struct gr_condition told = {0};
    struct locker holder = {.mutex = &mutex, .condition = &told};
    start(&holder, hold_until_told);
    struct gr_mutex_wait waits[2];
    struct hand hands[2];
    for (int i = 0; i < 2; i++)
        hand_subscribe(&hands[i], gr_mutex_awaitable(&waits[i], &mutex));
    gr_condition_notify(&told, 1);
    check_ends(&holder, 0);

    check_equal(hands[0].woken, 1);
    check_equal(hands[1].woken, 0);
    check_equal(gr_mutex_try_lock(&mutex), -EAGAIN);
    check(hand_cancel(&waits[0].awaitable));
    check_equal(hands[1].woken, 1);
    check_equal(gr_mutex_try_lock(&mutex), -EAGAIN);
    check(hand_cancel(&waits[1].awaitable));
    gr_mutex_done(&mutex);

    /* What was withdrawn can be awaited again. */
    check_equal(gr_await(&waits[0].awaitable, GR_FOREVER), 0);
    gr_mutex_unlock(&mutex);
}

static int read_or_write(void *context)
{
    struct locker *locker = context;
    int rc = locker->writes ? gr_rwlock_lock_write(locker->lock, locker->deadline)
                            : gr_rwlock_lock_read(locker->lock, locker->deadline);
    if (rc < 0)
        return rc;
    note(locker->letter);
    rc = gr_yield();
    note((char)(locker->letter - 'a' + 'A'));
    gr_rwlock_unlock(locker->lock);
    return rc;
}

/* Start lockers by letters: r... to read, w... to write. */
static void start_all(struct locker *lockers, struct gr_rwlock *lock, const char *kinds)
{
    for (int i = 0; kinds[i] != '\0'; i++) {
        lockers[i] =
            (struct locker){.lock = lock, .letter = (char)('a' + i), .writes = kinds[i] == 'w'};
        start(&lockers[i], read_or_write);
    }
}

LONE_RUNNER_TEST(readers_share_a_lock_and_writers_do_not)
{
    struct gr_rwlock lock = {0};
    struct locker lockers[5];
    check_equal(gr_rwlock_lock_write(&lock, GR_FOREVER), 0);
    start_all(lockers, &lock, "rrwwr");
    check_trace("");
    gr_rwlock_unlock(&lock);
    for (int i = 0; i < 5; i++)
        check_ends(&lockers[i], 0);
    check_trace("abABcCdDeE");
    gr_rwlock_done(&lock);
}

LONE_RUNNER_TEST(a_reader_stands_behind_a_writer_that_came_before)
{
    struct gr_rwlock lock = {0};
    struct locker lockers[2];
    check_equal(gr_rwlock_lock_read(&lock, GR_FOREVER), 0);
    start_all(lockers, &lock, "wr");
    check_trace("");
    gr_rwlock_unlock(&lock);
    check_ends(&lockers[0], 0);
    check_ends(&lockers[1], 0);
    check_trace("aAbB");
}

LONE_RUNNER_TEST(readers_go_on_when_the_writer_before_them_gives_up)
{
    struct gr_rwlock lock = {0};
    struct locker lockers[3];
    check_equal(gr_rwlock_lock_read(&lock, GR_FOREVER), 0);
    start_all(lockers, &lock, "wrr");
    gr_runner_cancel(lockers[0].runner);
    check_ends(&lockers[0], -ECANCELED);
    check_ends(&lockers[1], 0);
    check_ends(&lockers[2], 0);
    check_trace("bcBC");
    gr_rwlock_unlock(&lock);
    gr_rwlock_done(&lock);
}

LONE_RUNNER_TEST(a_writer_is_refused_its_own_lock)
{
    struct gr_rwlock lock = {0};
    check_equal(gr_rwlock_lock_write(&lock, GR_FOREVER), 0);
    check_equal(gr_rwlock_lock_write(&lock, GR_FOREVER), -EDEADLK);
    check_equal(gr_rwlock_lock_read(&lock, GR_FOREVER), -EDEADLK);
    gr_rwlock_unlock(&lock);
}

LONE_RUNNER_TEST(a_wait_for_a_read_write_lock_ends_at_its_deadline)
{
    struct gr_rwlock lock = {0};
    struct locker reader = {.lock = &lock, .deadline = gr_in(GR_MILLISECOND)};
    struct locker writer = {.lock = &lock, .deadline = gr_in(GR_MILLISECOND), .writes = true};
    check_equal(gr_rwlock_lock_write(&lock, GR_FOREVER), 0);
    start(&reader, read_or_write);
    start(&writer, read_or_write);
    check_ends(&reader, -ETIMEDOUT);
    check_ends(&writer, -ETIMEDOUT);
    gr_rwlock_unlock(&lock);
}

/* The grants to a writer and to readers, given up before they are taken, in turn. */
LONE_RUNNER_TEST(a_read_write_lock_that_was_granted_and_not_taken_passes_on)
{
    struct gr_rwlock lock = {0};
    struct gr_rwlock_wait waits[3];
    struct hand hands[3];
    check_equal(gr_rwlock_lock_read(&lock, GR_FOREVER), 0);
    struct gr_awaitable *writer = gr_rwlock_write_awaitable(&waits[0], &lock);
    hand_subscribe(&hands[0], writer);
    struct gr_awaitable *reader = gr_rwlock_read_awaitable(&waits[1], &lock);
    hand_subscribe(&hands[1], reader);
    struct gr_awaitable *last = gr_rwlock_write_awaitable(&waits[2], &lock);
    hand_subscribe(&hands[2], last);

    gr_rwlock_unlock(&lock);
    check_equal(hands[0].woken, 1);
    check_equal(hands[1].woken, 0);
    check(hand_ready(writer));
    check(hand_cancel(writer));
    check_equal(hands[1].woken, 1);
    check_equal(hands[2].woken, 0);
    check(hand_cancel(reader));
    check_equal(hands[2].woken, 1);
    check_equal(hand_take(last), 0);
    gr_rwlock_unlock(&lock);
    gr_rwlock_done(&lock);
}

static int wait_for_change(void *context)
{
    struct locker *locker = context;
    int rc = gr_mutex_lock(locker->mutex, locker->deadline);
    if (rc < 0)
        return rc;
    rc = gr_condition_wait(locker->condition, locker->mutex, locker->deadline);
    note(rc == 0 ? locker->letter : '!');
    check(locker->mutex->locked);
    gr_mutex_unlock(locker->mutex); /* asserts that this one holds it */
    return rc;
}

static void start_waiting(struct locker *lockers, int count, struct gr_mutex *mutex,
                          struct gr_condition *condition)
{
    for (int i = 0; i < count; i++) {
        lockers[i] =
            (struct locker){.mutex = mutex, .condition = condition, .letter = (char)('a' + i)};
        start(&lockers[i], wait_for_change);
    }
}

LONE_RUNNER_TEST(a_condition_wakes_as_many_as_it_is_told_in_their_order)
{
    struct gr_mutex mutex = {0};
    struct gr_condition condition = {0};
    struct locker lockers[CROWD];
    gr_condition_notify(&condition, 5); /* nobody is there yet: it is not kept */
    start_waiting(lockers, CROWD, &mutex, &condition);
    check_trace("");
    gr_condition_notify(&condition, 1);
    check_ends(&lockers[0], 0);
    check_trace("a");
    gr_condition_notify_all(&condition);
    for (int i = 1; i < CROWD; i++)
        check_ends(&lockers[i], 0);
    check_trace("bcd");
    gr_condition_done(&condition);
    gr_mutex_done(&mutex);
}

LONE_RUNNER_TEST(a_condition_gives_the_lock_back_to_who_is_cancelled_or_late)
{
    struct gr_mutex mutex = {0};
    struct gr_condition condition = {0};
    struct locker lockers[2];
    start_waiting(lockers, 1, &mutex, &condition);
    lockers[1] = (struct locker){
        .mutex = &mutex, .condition = &condition, .letter = 'b', .deadline = gr_in(GR_MILLISECOND)};
    start(&lockers[1], wait_for_change);
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), 0);
    gr_runner_cancel(lockers[0].runner);
    check_equal(gr_sleep(gr_in(3 * GR_MILLISECOND)), 0);
    check_trace(""); /* both are in line for the lock */
    gr_mutex_unlock(&mutex);
    check_ends(&lockers[0], -ECANCELED);
    check_ends(&lockers[1], -ETIMEDOUT);
    check_trace("!!");
    gr_mutex_done(&mutex);
}

LONE_RUNNER_TEST(a_condition_gives_the_lock_back_to_who_comes_too_late_to_wait)
{
    struct gr_mutex mutex = {0};
    struct gr_condition condition = {0};
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), 0);
    check_equal(gr_condition_wait(&condition, &mutex, gr_now()), -ETIMEDOUT);
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), -EDEADLK);
    gr_mutex_unlock(&mutex);
}

LONE_RUNNER_TEST(a_notice_that_was_granted_and_not_taken_passes_on)
{
    struct gr_condition condition = {0};
    struct gr_condition_wait waits[2];
    struct hand hands[2];
    struct gr_awaitable *first = gr_condition_awaitable(&waits[0], &condition);
    struct gr_awaitable *second = gr_condition_awaitable(&waits[1], &condition);
    hand_subscribe(&hands[0], first);
    hand_subscribe(&hands[1], second);
    gr_condition_notify(&condition, 1);
    check_equal(hands[1].woken, 0);
    check(hand_cancel(first));
    check_equal(hands[1].woken, 1);
    check(hand_ready(second));
    check_equal(hand_take(second), 0);
    check_equal(gr_condition_wait(&condition, NULL, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
}

static int leave_locked(void *context)
{
    return gr_mutex_lock(context, GR_FOREVER);
}

LONE_RUNNER_TEST(a_runner_that_ends_with_a_lock_is_reported)
{
    static struct gr_mutex mutex;
    gr_runner runner;
    expect_report("runner 'forgetful' on loop 0 ended while it held 1 locks");
    check_equal(gr_runner_start(leave_locked, &mutex,
                                &(struct gr_runner_options){.name = "forgetful"}, &runner),
                0);
    check_equal(gr_runner_join(runner, GR_FOREVER), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mutex_is_held_by_one),
        cmocka_unit_test(a_mutex_is_refused_to_its_owner_and_to_who_only_tries),
        cmocka_unit_test(a_mutex_goes_to_those_who_wait_in_their_order),
        cmocka_unit_test(who_is_cancelled_in_line_leaves_it),
        cmocka_unit_test(a_grant_that_meets_a_passed_deadline_passes_on),
        cmocka_unit_test(a_mutex_that_was_granted_and_not_taken_passes_on_and_is_free_in_the_end),
        cmocka_unit_test(readers_share_a_lock_and_writers_do_not),
        cmocka_unit_test(a_reader_stands_behind_a_writer_that_came_before),
        cmocka_unit_test(readers_go_on_when_the_writer_before_them_gives_up),
        cmocka_unit_test(a_writer_is_refused_its_own_lock),
        cmocka_unit_test(a_wait_for_a_read_write_lock_ends_at_its_deadline),
        cmocka_unit_test(a_read_write_lock_that_was_granted_and_not_taken_passes_on),
        cmocka_unit_test(a_condition_wakes_as_many_as_it_is_told_in_their_order),
        cmocka_unit_test(a_condition_gives_the_lock_back_to_who_is_cancelled_or_late),
        cmocka_unit_test(a_condition_gives_the_lock_back_to_who_comes_too_late_to_wait),
        cmocka_unit_test(a_notice_that_was_granted_and_not_taken_passes_on),
        cmocka_unit_test(a_runner_that_ends_with_a_lock_is_reported),
    };
    return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
