/*
 * A bell is rung from anywhere, a signal handler too; each ring is heard once, by calls that never
 * overlap.
 *
 * (Tornado: add_callback_from_signal.)
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "lib/fixture.h"

static uint64_t heard;
static int calls_made;
static bool overlapped, under_way;

static void hear(uint64_t rings, void *context)
{
    (void)context;
    heard += rings;
    calls_made++;
}

static gr_bell make(gr_bell_fn *run)
{
    gr_bell bell = {0};
    heard = 0;
    calls_made = 0;
    check_equal(gr_bell_make(run, NULL, &bell), 0);
    return bell;
}

static void ring(void *bell)
{
    check_equal(gr_bell_ring(*(gr_bell *)bell), 0);
}

LONE_RUNNER_TEST(is_heard_in_a_later_turn_and_never_inline)
{
    gr_bell bell = make(hear);
    ring(&bell);
    check_equal(calls_made, 0);
    check_soon(calls_made == 1);
    check_equal(heard, 1);
    gr_bell_drop(bell);
}

LONE_RUNNER_TEST(counts_rings_that_come_before_the_call)
{
    gr_bell bell = make(hear);
    for (int i = 0; i < 5; i++)
        ring(&bell);
    on_another_thread(ring, &bell);
    check_soon(calls_made == 1);
    check_equal(heard, 6);
    gr_bell_drop(bell);
}

static void hear_slowly(uint64_t rings, void *context)
{
    overlapped = overlapped || under_way;
    under_way = true;
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    under_way = false;
    hear(rings, context);
}

LONE_RUNNER_TEST(counts_rings_while_a_call_is_under_way_and_makes_one_more_after_it)
{
    overlapped = under_way = false;
    gr_bell bell = make(hear_slowly);
    ring(&bell);
    check_soon(under_way);
    for (int i = 0; i < 3; i++)
        ring(&bell);
    check_soon(calls_made == 2);
    check_equal(heard, 4);
    check(!overlapped);
    gr_bell_drop(bell);
}

static gr_bell signalled;
static int rung;

static void on_signal(int number)
{
    (void)number;
    gr_bell bell = {__atomic_load_n(&signalled.name, __ATOMIC_SEQ_CST)};
    if (gr_bell_ring(bell) == 0)
        __atomic_add_fetch(&rung, 1, __ATOMIC_SEQ_CST);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static int rings(void)
{
    return __atomic_load_n(&rung, __ATOMIC_SEQ_CST);
}

/* The loop sleeps in its poll, and the handler wakes it. */
LONE_RUNNER_TEST(is_rung_by_a_signal_handler)
{
    rung = 0;
    signalled = make(hear);
    handle(SIGUSR1, on_signal);
    raise(SIGUSR1);
    check_soon(calls_made == 1);
    check_equal(heard, (uint64_t)rings());
    gr_bell_drop(signalled);
    handle(SIGUSR1, SIG_DFL);
}

enum { RINGS = 20000, THREADS = 2 };

static void *ring_often(void *context)
{
    (void)context;
    for (int i = 0; i < RINGS; i++)
        if (gr_bell_ring(signalled) == 0)
            __atomic_add_fetch(&rung, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* An alarm that is under way still is ignored, where the default would end the process. */
static void ignore_alarms(void)
{
    handle(SIGALRM, SIG_IGN);
}

static void every_100_us(bool on)
{
    struct itimerval interval = {0};
    if (on)
        interval.it_value.tv_usec = interval.it_interval.tv_usec = 100;
    setitimer(ITIMER_REAL, &interval, NULL);
}

static void ring_here(void *context)
{
    (void)context;
    for (int i = 0; i < 1000; i++)
        ring(&signalled);
}

/*
 *     loop 0              loop 1       foreign threads     an alarm every 100 us, in any of them
 *     hears, and waits    rings        ring, ring ...      interrupts, rings
 */
RUNNER_TEST(loses_no_ring_of_threads_and_handlers_that_interrupt_them)
{
    rung = 1000;
    overlapped = under_way = false;
    signalled = make(hear_slowly);
    handle(SIGALRM, on_signal);
    every_100_us(true);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        check_equal(pthread_create(&threads[i], NULL, ring_often, NULL), 0);
    check_equal(gr_post(1, ring_here, NULL, NULL), 0);
    check_soon(rings() >= THREADS * RINGS + 1000);
    every_100_us(false);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check_soon(heard == (uint64_t)rings());
    check(!overlapped);
    gr_bell_drop(signalled);
    ignore_alarms();
}

LONE_RUNNER_TEST(is_refused_when_there_are_too_many)
{
    static gr_bell bells[GR_BELLS_MAX];
    gr_bell one_more;
    for (int i = 0; i < GR_BELLS_MAX; i++)
        bells[i] = make(hear);
    check_equal(gr_bell_make(hear, NULL, &one_more), -ENOSPC);
    gr_bell_drop(bells[7]);
    one_more = make(hear);
    check_equal(gr_bell_ring(bells[7]), -ESTALE);
    ring(&one_more);
    check_soon(heard == 1);
}

static bool stop_ringing;

static void *ring_for_ever(void *context)
{
    (void)context;
    while (!__atomic_load_n(&stop_ringing, __ATOMIC_SEQ_CST)) {
        gr_bell bell = {__atomic_load_n(&signalled.name, __ATOMIC_SEQ_CST)};
        int rc = gr_bell_ring(bell);
        check(rc == 0 || rc == -ESTALE || rc == -ESHUTDOWN);
    }
    return NULL;
}

static int ring_and_end(void *context)
{
    bool drops = *(bool *)context;
    gr_bell bell = make(hear);
    __atomic_store_n(&signalled.name, bell.name, __ATOMIC_SEQ_CST);
    check_soon(calls_made > 0);
    if (drops)
        gr_bell_drop(bell);
    return 0;
}

/* Rings race with drops, with loops that end, and with the bell's next life. */
static void is_never_heard_by_another_when_it_ends_while_it_is_rung(void **state)
{
    (void)state;
    signalled.name = 0;
    stop_ringing = false;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ring_for_ever, NULL), 0);
    handle(SIGALRM, on_signal);
    every_100_us(true);
    for (int i = 0; i < 100; i++) {
        bool drops = i % 2 == 0;
        assert_int_equal(gr_run(ring_and_end, &drops, &(struct gr_options){.loops = 1}), 0);
    }
    every_100_us(false);
    ignore_alarms();
    __atomic_store_n(&stop_ringing, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(gr_bell_ring(signalled), -ESTALE);
    is_refused_when_there_are_too_many(state); /* so all are free */
}

LONE_RUNNER_TEST(is_not_heard_once_it_was_dropped)
{
    gr_bell bell = make(hear);
    ring(&bell);
    gr_bell_drop(bell);
    gr_bell_drop(bell);
    gr_bell_drop((gr_bell){0});
    check_equal(gr_bell_ring(bell), -ESTALE);
    check_equal(gr_bell_ring((gr_bell){0}), -ESTALE);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(calls_made, 0);
}

static void drop_and_wait(uint64_t rings, void *context)
{
    gr_bell_drop(signalled);
    check_equal(gr_bell_ring(signalled), -ESTALE);
    hear_slowly(rings, context);
}

LONE_RUNNER_TEST(ends_the_call_under_way_when_it_is_dropped_from_within)
{
    overlapped = under_way = false;
    signalled = make(drop_and_wait);
    ring(&signalled);
    check_soon(calls_made == 1);
    check_equal(heard, 1);
}

static void leave_ringing(uint64_t rings, void *context)
{
    (void)rings, (void)context;
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    check_equal(gr_sleep(GR_FOREVER), 0);
    gr_shield_lower(&shield);
}

static int be_cut_off(void *context)
{
    (void)context;
    signalled = make(leave_ringing);
    ring(&signalled);
    return gr_yield();
}

/* As often as there are bells: each must be free again after its loop. */
static void is_free_again_when_its_loop_was_cut_off_in_a_call(void **state)
{
    (void)state;
    struct gr_options options = {.loops = 1, .stop_within = GR_MICROSECOND};
    for (int i = 0; i < GR_BELLS_MAX + 1; i++)
        assert_int_equal(gr_run(be_cut_off, NULL, &options), 0);
    assert_int_equal(gr_bell_ring(signalled), -ESTALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_heard_in_a_later_turn_and_never_inline),
        cmocka_unit_test(counts_rings_that_come_before_the_call),
        cmocka_unit_test(counts_rings_while_a_call_is_under_way_and_makes_one_more_after_it),
        cmocka_unit_test(is_rung_by_a_signal_handler),
        cmocka_unit_test(loses_no_ring_of_threads_and_handlers_that_interrupt_them),
        cmocka_unit_test(is_never_heard_by_another_when_it_ends_while_it_is_rung),
        cmocka_unit_test(is_not_heard_once_it_was_dropped),
        cmocka_unit_test(ends_the_call_under_way_when_it_is_dropped_from_within),
        cmocka_unit_test(is_free_again_when_its_loop_was_cut_off_in_a_call),
        cmocka_unit_test(is_refused_when_there_are_too_many),
    };
    return cmocka_run_group_tests_name("bell", tests, NULL, NULL);
}
