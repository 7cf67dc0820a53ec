/*
 * A signal is heard by all who asked for it, on every loop, and none is lost between two waits.
 *
 * raise() returns when the handler has: so what was raised has been delivered, once each time.
 */
#include <errno.h>
#include <signal.h>

#include "lib/fixture.h"

#define SOON gr_in(10 * GR_SECOND)

static gr_signal make(int number)
{
    gr_signal signal = {0};
    check_equal(gr_signal_make(number, &signal), 0);
    return signal;
}

static uint64_t awaited(gr_signal signal, gr_time deadline)
{
    uint64_t count = 0;
    check_equal(gr_signal_await(signal, &count, deadline), 0);
    return count;
}

static void raise_usr1(void *context)
{
    (void)context;
    raise(SIGUSR1);
}

LONE_RUNNER_TEST(counts_what_comes_between_two_waits)
{
    gr_signal signal = make(SIGUSR1);
    check_equal(gr_signal_await(signal, NULL, gr_now()), -ETIMEDOUT);
    for (int i = 0; i < 3; i++)
        raise(SIGUSR1);
    check_equal(awaited(signal, gr_now()), 3);
    check_equal(gr_signal_await(signal, NULL, gr_now()), -ETIMEDOUT);
    raise(SIGUSR1);
    check_equal(awaited(signal, gr_now()), 1);
    gr_signal_drop(signal);
}

LONE_RUNNER_TEST(wakes_who_waits_while_it_comes_on_another_thread)
{
    gr_signal signal = make(SIGUSR1);
    check_equal(gr_post(-1, raise_usr1, NULL, NULL), 0);
    check_equal(awaited(signal, SOON), 1);
    on_another_thread(raise_usr1, NULL);
    check_equal(awaited(signal, SOON), 1);
    gr_signal_drop(signal);
}

LONE_RUNNER_TEST(tells_each_of_many_and_each_number_apart)
{
    gr_signal one = make(SIGUSR1), late, other = make(SIGUSR2), real = make(SIGRTMIN + 1);
    raise(SIGUSR1);
    late = make(SIGUSR1);
    raise(SIGUSR1);
    raise(SIGRTMIN + 1);
    check_equal(awaited(one, gr_now()), 2);
    check_equal(awaited(late, gr_now()), 1);
    check_equal(awaited(real, gr_now()), 1);
    check_equal(gr_signal_await(other, NULL, gr_now()), -ETIMEDOUT);
    gr_signal_drop(one);
    raise(SIGUSR1); /* would end the process, were it not for the late one */
    check_equal(awaited(late, gr_now()), 1);
    gr_signal_drop(late);
    gr_signal_drop(other);
    gr_signal_drop(real);
}

/* --- on all loops, from all threads --------------------------------------------------------- */

enum { STORM = 5000, LISTENERS = 4 };

static gr_promise promises[LISTENERS];
static int ready_count;

/* Hears all of the storm, however many a wait gives it. */
static int hear_all(void *promise)
{
    gr_signal signal = make(SIGUSR1);
    __atomic_add_fetch(&ready_count, 1, __ATOMIC_RELEASE);
    uint64_t heard = 0;
    while (heard < STORM) {
        uint64_t count = awaited(signal, SOON);
        if (!check(count > 0))
            break;
        heard += count;
    }
    gr_signal_drop(signal);
    check_equal(gr_promise_resolve(*(gr_promise *)promise, &heard, sizeof heard), 0);
    return 0;
}

static void start_listener(void *promise)
{
    check_equal(gr_runner_start(hear_all, promise, NULL, NULL), 0);
}

static void raise_storm(void *context)
{
    (void)context;
    for (int i = 0; i < STORM; i++)
        raise(SIGUSR1);
}

RUNNER_TEST(loses_none_of_a_storm_on_any_loop)
{
    gr_future futures[LISTENERS];
    ready_count = 0;
    for (int i = 0; i < LISTENERS; i++) {
        check_equal(gr_future_make(&futures[i], &promises[i]), 0);
        check_equal(gr_post(i % 2, start_listener, &promises[i], NULL), 0);
    }
    check_soon(__atomic_load_n(&ready_count, __ATOMIC_ACQUIRE) == LISTENERS);
    on_another_thread(raise_storm, NULL);
    for (int i = 0; i < LISTENERS; i++) {
        uint64_t heard = 0;
        check_equal(gr_future_await(futures[i], &heard, sizeof heard, SOON), 0);
        check_equal(heard, STORM);
    }
}

/* --- what was there before ------------------------------------------------------------------ */

static volatile sig_atomic_t called, informed;

static void call(int number)
{
    (void)number;
    called++;
}

static void inform(int number, siginfo_t *info, void *context)
{
    (void)context;
    informed += info->si_signo == number;
}

static void handle(int number, struct sigaction *action)
{
    sigemptyset(&action->sa_mask);
    check_equal(sigaction(number, action, NULL), 0);
}

LONE_RUNNER_TEST(calls_the_handler_that_was_before_and_puts_it_back)
{
    called = informed = 0;
    handle(SIGUSR1, &(struct sigaction){.sa_handler = call});
    handle(SIGUSR2, &(struct sigaction){.sa_sigaction = inform, .sa_flags = SA_SIGINFO});
    gr_signal one = make(SIGUSR1), other = make(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR2);
    check_equal(called, 1);
    check_equal(informed, 1);
    check_equal(awaited(one, gr_now()), 1);
    check_equal(awaited(other, gr_now()), 1);
    gr_signal_drop(one);
    gr_signal_drop(other);
    raise(SIGUSR1);
    raise(SIGUSR2);
    check_equal(called, 2);
    check_equal(informed, 2);
    handle(SIGUSR1, &(struct sigaction){.sa_handler = SIG_DFL});
    handle(SIGUSR2, &(struct sigaction){.sa_handler = SIG_DFL});
}

static bool has_handler(int number, void (*handler)(int))
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == handler;
}

LONE_RUNNER_TEST(puts_back_a_default_and_an_ignored_action)
{
    handle(SIGHUP, &(struct sigaction){.sa_handler = SIG_IGN});
    gr_signal ignored = make(SIGHUP), defaulted = make(SIGUSR1), another = make(SIGUSR1);
    raise(SIGHUP);
    check_equal(awaited(ignored, gr_now()), 1);
    gr_signal_drop(ignored);
    gr_signal_drop(defaulted);
    check(has_handler(SIGHUP, SIG_IGN));
    check(!has_handler(SIGUSR1, SIG_DFL));
    gr_signal_drop(another);
    check(has_handler(SIGUSR1, SIG_DFL));
    handle(SIGHUP, &(struct sigaction){.sa_handler = SIG_DFL});
}

/* --- together with what stops the run ------------------------------------------------------- */

static int be_terminated(void *context)
{
    (void)context;
    gr_signal signal = make(SIGTERM);
    raise(SIGTERM);
    check_equal(gr_sleep(SOON), -ECANCELED);
    check_equal(gr_run_phase() != GR_PHASE_RUN, true);
    check_equal(awaited(signal, gr_now()), 1);
    gr_signal_drop(signal);
    return 0;
}

static void stops_the_run_and_is_heard_as_well(void **state)
{
    (void)state;
    run_in_fleet(be_terminated, &(struct gr_options){.loops = 2});
    assert_true(has_handler(SIGTERM, SIG_DFL));
}

static int go_on(void *context)
{
    (void)context;
    gr_signal signal = make(SIGTERM);
    raise(SIGTERM);
    check_equal(awaited(signal, SOON), 1);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(gr_run_phase(), GR_PHASE_RUN);
    gr_signal_drop(signal);
    return 0;
}

static void is_the_programs_own_where_the_run_ignores_it(void **state)
{
    (void)state;
    run_in_fleet(go_on, &(struct gr_options){.loops = 1, .ignore_signals = true});
}

/* --- errors --------------------------------------------------------------------------------- */

LONE_RUNNER_TEST(refuses_what_no_program_can_await)
{
    static const int numbers[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, 0, -1, 65, 32};
    gr_signal signal;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        check_equal(gr_signal_make(numbers[i], &signal), -EINVAL);
}

static void count_wake(struct gr_waiter *waiter)
{
    (void)waiter;
    called++;
}

LONE_RUNNER_TEST(has_one_waiter_and_tells_him_once_that_it_was_dropped)
{
    gr_signal signal = make(SIGUSR1);
    struct gr_signal_wait wait;
    struct gr_waiter waiter = {count_wake};
    struct gr_awaitable *awaitable = gr_signal_awaitable(&wait, signal, NULL);
    called = 0;
    check(!awaitable->type->ready(awaitable));
    check_equal(awaitable->type->subscribe(awaitable, &waiter), 0);
    check_equal(gr_signal_await(signal, NULL, SOON), -EBUSY);
    check_equal(gr_await(awaitable, SOON), -EBUSY);
    raise(SIGUSR1);
    check_soon(called == 1);
    check_equal(gr_signal_await(signal, NULL, SOON), -EBUSY);
    gr_signal_drop(signal);
    check_equal(called, 1);
    check(!awaitable->type->cancel(awaitable));
    check_equal(gr_await(awaitable, gr_now()), -ECANCELED);
    check_equal(gr_await(awaitable, gr_now()), -ESTALE);
    gr_signal_drop(signal);
}

static void ignore_rings(uint64_t rings, void *context)
{
    (void)rings, (void)context;
}

/* One that was dropped is free once its rings have been heard. */
static int make_bell_soon(gr_bell *ret_bell)
{
    gr_time until = SOON;
    int rc;
    while ((rc = gr_bell_make(ignore_rings, NULL, ret_bell)) == -ENOSPC && gr_now() < until)
        check_equal(gr_yield(), 0);
    return rc;
}

LONE_RUNNER_TEST(wants_a_bell_for_the_first_on_a_loop)
{
    gr_bell bells[GR_BELLS_MAX];
    int count = 0;
    gr_signal signal, second;
    while (count < GR_BELLS_MAX && gr_bell_make(ignore_rings, NULL, &bells[count]) == 0)
        count++;
    check_equal(gr_signal_make(SIGUSR1, &signal), -ENOSPC);
    check(has_handler(SIGUSR1, SIG_DFL));
    gr_bell_drop(bells[--count]);
    signal = make(SIGUSR1);
    second = make(SIGUSR2);
    raise(SIGUSR2);
    check_equal(awaited(second, gr_now()), 1);
    gr_signal_drop(signal);
    gr_signal_drop(second);
    check_equal(make_bell_soon(&bells[count]), 0);
    for (; count >= 0; count--)
        gr_bell_drop(bells[count]);
}

static void make_elsewhere(void *promise)
{
    gr_signal signal = make(SIGUSR1);
    check_equal(gr_promise_resolve(*(gr_promise *)promise, &signal, sizeof signal), 0);
}

static void drop_elsewhere(void *signal)
{
    gr_signal_drop(*(gr_signal *)signal);
}

RUNNER_TEST(is_awaited_on_its_own_loop_alone)
{
    gr_future future;
    gr_promise promise;
    static gr_signal signal;
    check_equal(gr_future_make(&future, &promise), 0);
    check_equal(gr_post(1, make_elsewhere, &promise, NULL), 0);
    check_equal(gr_future_await(future, &signal, sizeof signal, SOON), 0);
    check_equal(gr_signal_await(signal, NULL, SOON), GR_EWRONGLOOP);
    check_equal(gr_post(1, drop_elsewhere, &signal, NULL), 0);
    check_soon(has_handler(SIGUSR1, SIG_DFL));
}

LONE_RUNNER_TEST(is_named_when_it_is_never_dropped)
{
    expect_report("what hears signal 10 on loop 0 was never dropped");
    make(SIGUSR1);
}

static void leaves_no_handler_with_the_loop(void **state)
{
    (void)state;
    assert_true(has_handler(SIGUSR1, SIG_DFL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_comes_between_two_waits),
        cmocka_unit_test(wakes_who_waits_while_it_comes_on_another_thread),
        cmocka_unit_test(tells_each_of_many_and_each_number_apart),
        cmocka_unit_test(loses_none_of_a_storm_on_any_loop),
        cmocka_unit_test(calls_the_handler_that_was_before_and_puts_it_back),
        cmocka_unit_test(puts_back_a_default_and_an_ignored_action),
        cmocka_unit_test(stops_the_run_and_is_heard_as_well),
        cmocka_unit_test(is_the_programs_own_where_the_run_ignores_it),
        cmocka_unit_test(refuses_what_no_program_can_await),
        cmocka_unit_test(has_one_waiter_and_tells_him_once_that_it_was_dropped),
        cmocka_unit_test(wants_a_bell_for_the_first_on_a_loop),
        cmocka_unit_test(is_awaited_on_its_own_loop_alone),
        cmocka_unit_test(is_named_when_it_is_never_dropped),
        cmocka_unit_test(leaves_no_handler_with_the_loop),
    };
    return cmocka_run_group_tests_name("signal", tests, NULL, NULL);
}
