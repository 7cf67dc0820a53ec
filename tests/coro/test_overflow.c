/* A stack that runs over is named before the process dies of it; no other fault is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coro/context.h"
#include "coro/overflow.h"
#include "coro/stack.h"

#define REPORT "stack overflow: the test's own\n"

enum { STACK_BYTES = 64 * 1024, OUTPUT_MAX = 64 * 1024 };

/* How a child that ran some body ended, and what it wrote to its standard error. */
struct ending {
    int status;
    char output[OUTPUT_MAX];
};

static struct ending ending;

static void collect_output(int descriptor)
{
    size_t length = 0;
    ssize_t count;
    do {
        count = read(descriptor, ending.output + length, OUTPUT_MAX - 1 - length);
        length += count > 0 ? (size_t)count : 0;
    } while (count > 0 && length < OUTPUT_MAX - 1);
    ending.output[length] = '\0';
}

/* Run the body in a child that has no handlers from anybody and leaves no core behind. */
static void run_in_child(void (*body)(void))
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(20);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        body();
        _exit(0);
    }
    close(ends[1]);
    collect_output(ends[0]);
    close(ends[0]);
    assert_int_equal(waitpid(child, &ending.status, 0), child);
}

static bool reported(void)
{
    return strstr(ending.output, REPORT) != NULL;
}

static bool killed_by(int signal_number)
{
    return WIFSIGNALED(ending.status) && WTERMSIG(ending.status) == signal_number;
}

static _Thread_local struct gr__stack running;

static size_t describe(const void *address, char *text, size_t bytes)
{
    if (!gr__stack_guards(running, address) || bytes < sizeof REPORT)
        return 0;

    memcpy(text, REPORT, sizeof REPORT);
    return sizeof REPORT - 1;
}

static void watch_or_exit(void)
{
    gr__overflow_describe(describe);
    if (gr__overflow_watch() < 0)
        _exit(99);
}

static volatile long depth_max = 1000000000;

static __attribute__((noinline)) long descend(long depth)
{
    volatile char frame[200];
    frame[depth % 200] = (char)depth;
    if (depth >= depth_max)
        return 0;
    return descend(depth + 1) + frame[depth % 200];
}

static void descend_forever(void *argument)
{
    descend(0);
    (void)argument;
    _exit(98);
}

/* Runs over a fresh stack; does not return. */
static void overflow_a_stack(bool force_mprotect)
{
    struct gr__context here, there;
    if (gr__stack_map(STACK_BYTES, force_mprotect, &running) < 0)
        _exit(99);

    gr__context_adopt(&here);
    gr__context_make(&there, running.low, running.bytes, descend_forever, NULL);
    gr__context_switch(&here, &there);
}

static void overflow_watched(void)
{
    watch_or_exit();
    overflow_a_stack(false);
}

static void names_the_stack_and_dies_of_the_fault(void **state)
{
    (void)state;
    run_in_child(overflow_watched);
    assert_true(reported());
    assert_true(killed_by(SIGSEGV));
}

static void overflow_watched_mprotect(void)
{
    watch_or_exit();
    overflow_a_stack(true);
}

static void knows_guards_made_by_mprotect(void **state)
{
    (void)state;
    run_in_child(overflow_watched_mprotect);
    assert_true(reported());
    assert_true(killed_by(SIGSEGV));
}

static void overflow_out_of_a_pool(void)
{
    struct gr__stacks stacks;
    struct gr__context here, there;
    watch_or_exit();
    if (gr__stacks_init(&stacks, STACK_BYTES, false) < 0 || gr__stacks_take(&stacks, &running) < 0)
        _exit(99);

    gr__context_adopt(&here);
    gr__context_make(&there, running.low, running.bytes, descend_forever, NULL);
    gr__context_switch(&here, &there);
}

static void knows_guards_of_pooled_stacks(void **state)
{
    (void)state;
    run_in_child(overflow_out_of_a_pool);
    assert_true(reported());
    assert_true(killed_by(SIGSEGV));
}

static void *overflow_on_a_thread(void *argument)
{
    watch_or_exit();
    overflow_a_stack(false);
    return argument;
}

static void start_a_thread_that_overflows(void)
{
    pthread_t thread;
    watch_or_exit();
    if (pthread_create(&thread, NULL, overflow_on_a_thread, NULL) != 0)
        _exit(99);
    pthread_join(thread, NULL);
}

static void watches_each_thread_that_asks(void **state)
{
    (void)state;
    run_in_child(start_a_thread_that_overflows);
    assert_true(reported());
    assert_true(killed_by(SIGSEGV));
}

/* NULL, unknown to the compiler. */
static volatile char *nowhere(void)
{
    static char *volatile none;
    return none;
}

/* No sanitizer looks at the address before the processor does. */
static __attribute__((no_sanitize("undefined"))) void write_to_null(void)
{
    *nowhere() = 1;
}

static void write_to_null_watched(void)
{
    watch_or_exit();
    write_to_null();
}

static void takes_a_null_pointer_for_no_overflow(void **state)
{
    (void)state;
    run_in_child(write_to_null_watched);
    assert_false(reported());
    assert_true(killed_by(SIGSEGV));
}

static void overflow_undescribed(void)
{
    watch_or_exit();
    gr__overflow_describe(NULL);
    overflow_a_stack(false);
}

static void dies_without_a_word_where_nobody_describes(void **state)
{
    (void)state;
    run_in_child(overflow_undescribed);
    assert_false(reported());
    assert_true(killed_by(SIGSEGV));
}

/* An end that no tool changes, as it might an exit status. */
static void end_well(void)
{
    raise(SIGUSR1);
}

static bool ended_well(void)
{
    return killed_by(SIGUSR1);
}

static void end_well_on_fault(int signal_number)
{
    if (signal_number == SIGSEGV)
        end_well();
}

static void write_to_null_behind_a_plain_handler(void)
{
    signal(SIGSEGV, end_well_on_fault);
    write_to_null_watched();
}

static void passes_other_faults_to_an_earlier_handler(void **state)
{
    (void)state;
    run_in_child(write_to_null_behind_a_plain_handler);
    assert_false(reported());
    assert_true(ended_well());
}

static void overflow_behind_a_plain_handler(void)
{
    signal(SIGSEGV, end_well_on_fault);
    overflow_watched();
}

static void keeps_overflows_from_an_earlier_handler(void **state)
{
    (void)state;
    run_in_child(overflow_behind_a_plain_handler);
    assert_true(reported());
    assert_true(killed_by(SIGSEGV));
}

static char *closed_page;

static void open_page(int signal_number, siginfo_t *info, void *registers)
{
    (void)registers;
    if (signal_number != SIGSEGV || info->si_addr != closed_page)
        _exit(41);
    mprotect(closed_page, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE);
}

static void write_to_a_page_that_a_handler_opens(void)
{
    struct sigaction action = {.sa_sigaction = open_page, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    closed_page =
        mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    watch_or_exit();

    *(volatile char *)closed_page = 43;
    if (*closed_page == 43)
        end_well();
}

static void goes_on_once_an_earlier_handler_mended_the_fault(void **state)
{
    (void)state;
    run_in_child(write_to_a_page_that_a_handler_opens);
    assert_true(ended_well());
}

static void return_at_once(int signal_number)
{
    (void)signal_number;
}

static void write_to_null_behind_a_handler_for_once(void)
{
    struct sigaction action = {.sa_handler = return_at_once, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGSEGV, &action, NULL);
    write_to_null_watched();
}

static void calls_an_earlier_handler_for_once_but_once(void **state)
{
    (void)state;
    run_in_child(write_to_null_behind_a_handler_for_once);
    assert_false(reported());
    assert_true(killed_by(SIGSEGV));
}

static void send_bus_error(void)
{
    watch_or_exit();
    raise(SIGBUS);
}

static void dies_of_a_signal_that_was_sent(void **state)
{
    (void)state;
    run_in_child(send_bus_error);
    assert_false(reported());
    assert_true(killed_by(SIGBUS));
}

static void send_what_is_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    watch_or_exit();
    raise(SIGSEGV);
    raise(SIGSEGV);
    end_well();
}

static void ignores_a_sent_signal_that_was_ignored_before(void **state)
{
    (void)state;
    run_in_child(send_what_is_ignored);
    assert_true(ended_well());
}

static void write_to_null_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    write_to_null_watched();
}

static void dies_of_a_fault_even_if_it_was_ignored_before(void **state)
{
    (void)state;
    run_in_child(write_to_null_ignored);
    assert_true(killed_by(SIGSEGV));
}

/* Where the calling thread's signal stack begins; NULL if it has none. */
static void *signal_stack(void)
{
    stack_t now;
    assert_int_equal(sigaltstack(NULL, &now), 0);
    return now.ss_flags & SS_DISABLE ? NULL : now.ss_sp;
}

static void puts_back_the_signal_stack_that_the_thread_had(void **state)
{
    (void)state;
    void *before = signal_stack();
    for (int round = 0; round < 3; round++) {
        assert_int_equal(gr__overflow_watch(), 0);
        assert_ptr_not_equal(signal_stack(), before);
        gr__overflow_unwatch();
        gr__overflow_unwatch();
        assert_ptr_equal(signal_stack(), before);
    }
}

static void answers_when_there_is_no_memory_for_its_stack(void **state)
{
    (void)state;
    void *before = signal_stack();
    gr__stack_fail_nth(1);
    assert_int_equal(gr__overflow_watch(), -ENOMEM);
    assert_ptr_equal(signal_stack(), before);
    gr__overflow_unwatch();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_stack_and_dies_of_the_fault),
        cmocka_unit_test(knows_guards_made_by_mprotect),
        cmocka_unit_test(knows_guards_of_pooled_stacks),
        cmocka_unit_test(watches_each_thread_that_asks),
        cmocka_unit_test(takes_a_null_pointer_for_no_overflow),
        cmocka_unit_test(dies_without_a_word_where_nobody_describes),
        cmocka_unit_test(passes_other_faults_to_an_earlier_handler),
        cmocka_unit_test(keeps_overflows_from_an_earlier_handler),
        cmocka_unit_test(goes_on_once_an_earlier_handler_mended_the_fault),
        cmocka_unit_test(calls_an_earlier_handler_for_once_but_once),
        cmocka_unit_test(dies_of_a_signal_that_was_sent),
        cmocka_unit_test(ignores_a_sent_signal_that_was_ignored_before),
        cmocka_unit_test(dies_of_a_fault_even_if_it_was_ignored_before),
        cmocka_unit_test(puts_back_the_signal_stack_that_the_thread_had),
        cmocka_unit_test(answers_when_there_is_no_memory_for_its_stack),
    };
    return cmocka_run_group_tests_name("overflow", tests, NULL, NULL);
}
