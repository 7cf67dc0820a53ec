/*
 * A run stops in phases, all loops together, each in its time, and names what does not.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lib/witness.h"

enum { LOOPS = 3 };

static const enum gr_phase phases[] = {GR_PHASE_ACCEPT, GR_PHASE_DRAIN, GR_PHASE_ACTORS,
                                       GR_PHASE_CLOSE};
enum { STOPPING = sizeof phases / sizeof *phases };

static gr_time random_time(void)
{
    return (gr_time)(gr_random() % (2 * GR_MILLISECOND));
}

static char letter_of(enum gr_phase phase)
{
    return "-adsc"[phase];
}

/* A small letter for its beginning, and a large one for its end. */
static int take_part(void *context)
{
    enum gr_phase phase = *(const enum gr_phase *)context;
    check_equal(gr_run_phase(), phase);
    note(letter_of(phase));
    check_equal(gr_sleep(gr_in(random_time())), 0);
    note((char)(letter_of(phase) - 'a' + 'A'));
    return 0;
}

static void register_all(void *context)
{
    (void)context;
    for (int i = 0; i < STOPPING; i++)
        check_equal(gr_on_stop(phases[i], "part", take_part, (void *)(uintptr_t)&phases[i], NULL),
                    0);
}

static int register_on_all_loops(void *context)
{
    (void)context;
    check_equal(gr_run_phase(), GR_PHASE_RUN);
    for (int loop = 0; loop < gr_loop_count(); loop++)
        on_loop(loop, register_all, NULL);
    return 0;
}

/* The letters of one phase, all small ones of all loops before or among the large ones. */
static void check_phase(const char *part, char small, int loops)
{
    int begun = 0, ended = 0;
    for (int i = 0; i < 2 * loops; i++) {
        begun += part[i] == small;
        ended += part[i] == small - 'a' + 'A';
        assert_true(begun >= ended);
    }
    assert_int_equal(begun, loops);
    assert_int_equal(ended, loops);
}

static void are_entered_by_no_loop_before_all_are_done_with_the_one_before(void **state)
{
    (void)state;
    for (int times = 0; times < 20; times++) {
        int loops = 1 + times % LOOPS;
        assert_int_equal(
            run_witnessed(register_on_all_loops, NULL, (struct gr_options){.loops = loops}), 0);
        assert_string_equal(reports, "");
        assert_int_equal(strlen(trace), STOPPING * 2 * loops);
        for (int i = 0; i < STOPPING; i++)
            check_phase(trace + 2 * loops * i, letter_of(phases[i]), loops);
    }
}

static int note_letter(void *context)
{
    note(*(const char *)context);
    return 0;
}

static int register_three(void *context)
{
    (void)context;
    gr_stop_hook hook;
    check_equal(gr_on_stop(GR_PHASE_DRAIN, "a", note_letter, "a", NULL), 0);
    check_equal(gr_on_stop(GR_PHASE_DRAIN, "x", note_letter, "x", &hook), 0);
    check_equal(gr_on_stop(GR_PHASE_ACCEPT, "b", note_letter, "b", NULL), 0);
    check_equal(gr_on_stop(GR_PHASE_DRAIN, "c", note_letter, "c", NULL), 0);
    gr_stop_hook_drop(hook);
    gr_stop_hook_drop(hook);
    gr_stop_hook_drop((gr_stop_hook){0});
    return 0;
}

static void begin_with_the_hook_registered_last_and_leave_out_what_was_dropped(void **state)
{
    (void)state;
    assert_int_equal(run_witnessed(register_three, NULL, (struct gr_options){.loops = 1}), 0);
    assert_string_equal(trace, "bca");
}

static gr_stop_hook early;

static int register_too_late(void *context)
{
    (void)context;
    check_equal(gr_on_stop(GR_PHASE_ACCEPT, "late", note_letter, "x", NULL), -ESHUTDOWN);
    check_equal(gr_on_stop(GR_PHASE_DRAIN, "late", note_letter, "x", NULL), -ESHUTDOWN);
    check_equal(gr_on_stop(GR_PHASE_CLOSE, "in time", note_letter, "c", NULL), 0);
    gr_stop_hook_drop(early);
    note('d');
    return 0;
}

static int register_badly(void *context)
{
    (void)context;
    check_equal(gr_on_stop(GR_PHASE_RUN, "bad", note_letter, "x", NULL), -EINVAL);
    check_equal(gr_on_stop(GR_PHASES, "bad", note_letter, "x", NULL), -EINVAL);
    return gr_on_stop(GR_PHASE_DRAIN, "late", register_too_late, NULL, &early);
}

static void refuse_what_is_no_phase_and_what_comes_too_late(void **state)
{
    (void)state;
    assert_int_equal(run_witnessed(register_badly, NULL, (struct gr_options){.loops = 1}), 0);
    assert_string_equal(trace, "dc");
}

LONE_RUNNER_TEST(refuse_a_hook_without_memory)
{
    enum { MANY = 20000 };
    static gr_stop_hook hooks[MANY];
    int made = 0, rc = 0;
    gr__memory_fail_after(0);
    while (rc == 0 && made < MANY)
        rc = gr_on_stop(GR_PHASE_DRAIN, "many", note_letter, "x", &hooks[made++]);
    gr__memory_fail_after(-1);
    check_equal(rc, -ENOMEM);
    while (--made > 0)
        gr_stop_hook_drop(hooks[made - 1]);
}

static int go_wrong(void *context)
{
    (void)context;
    return gr_fail(-EPROTO, "nobody is there");
}

static int register_failing(void *context)
{
    (void)context;
    check_equal(gr_on_stop(GR_PHASE_ACTORS, "unlucky", go_wrong, NULL, NULL), 0);
    return gr_on_stop(GR_PHASE_CLOSE, "lucky", note_letter, "c", NULL);
}

static void name_a_hook_that_fails_and_go_on(void **state)
{
    (void)state;
    assert_int_equal(run_witnessed(register_failing, NULL, (struct gr_options){.loops = 2}), 0);
    assert_true(was_reported("'unlucky', in phase 'actors' of stopping on loop 0, failed: "));
    assert_true(was_reported("nobody is there"));
    assert_string_equal(trace, "c");
}

/* --- Deadlines -------------------------------------------------------------------------------- */

static sem_t hanging;
static int told;

static int hang(void *context)
{
    (void)context;
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    sem_post(&hanging);
    told = gr_sleep(GR_FOREVER);
    gr_shield_lower(&shield);
    note('h');
    return told;
}

static enum gr_phase hangs_in;

static void register_hanging(void *context)
{
    (void)context;
    check_equal(gr_on_stop(hangs_in, "hanging", hang, NULL, NULL), 0);
}

static int let_one_hang(void *context)
{
    on_loop(1, register_hanging, context);
    return gr_on_stop(GR_PHASE_CLOSE, "last", note_letter, "l", NULL);
}

static void name_and_cancel_a_hook_that_hangs_when_their_time_is_up(void **state)
{
    (void)state;
    sem_init(&hanging, 0, 0);
    for (int i = 0; i < STOPPING; i++) {
        struct gr_options options = {.loops = 2, .stop_within = 100 * GR_SECOND};
        char line[128];
        hangs_in = phases[i];
        told = 0;
        options.phase_within[hangs_in] = 10 * GR_MILLISECOND;
        assert_int_equal(run_witnessed(let_one_hang, NULL, options), 0);
        snprintf(line, sizeof line,
                 "out of time in phase '%s' of stopping, on loop 1: runner 'hanging' still waits "
                 "for a point in time since ",
                 gr_phase_name(hangs_in));
        assert_true(was_reported(line));
        assert_int_equal(told, -ECANCELED);
        assert_true(strcmp(trace, "lh") == 0 || strcmp(trace, "hl") == 0);
        if (hangs_in < GR_PHASE_ACTORS) /* there is a phase before the last that waits for it */
            assert_string_equal(trace, "hl");
    }
}

/* --- Signals ---------------------------------------------------------------------------------- */

/*
 * The signals are its own thread's: one that meets a runner of a loop is kept by ThreadSanitizer until
 * that runner goes on, and here it hangs until the signal has been handled.
 */
static void *hurry_it(void *context)
{
    bool by_signal = *(const bool *)context;
    for (int i = 0; i < STOPPING; i++) {
        sem_wait(&hanging);
        if (by_signal)
            raise(i % 2 == 0 ? SIGTERM : SIGINT);
        else
            gr_stop_hurry();
    }
    return NULL;
}

static int hang_in_all(void *context)
{
    (void)context;
    gr_stop_hurry(); /* does nothing yet */
    for (int i = 0; i < STOPPING; i++)
        check_equal(gr_on_stop(phases[i], "hanging", hang, NULL, NULL), 0);
    raise(SIGTERM);
    return gr_sleep(gr_in(30 * GR_SECOND));
}

static void are_hurried_on_by_each_further_signal(void **state)
{
    (void)state;
    for (int times = 0; times < 2; times++) {
        bool by_signal = times == 0;
        sem_init(&hanging, 0, 0);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, hurry_it, &by_signal), 0);
        struct gr_options options = {.loops = 2, .stop_within = 1000 * GR_SECOND};
        assert_int_equal(run_witnessed(hang_in_all, NULL, options), -ECANCELED);
        pthread_join(thread, NULL);
        assert_string_equal(trace, "hhhh");
        for (int i = 0; i < STOPPING; i++) {
            char line[64];
            snprintf(line, sizeof line, "out of time in phase '%s' of stopping, on loop 0",
                     gr_phase_name(phases[i]));
            assert_true(was_reported(line));
        }
    }
}

/* --- What ends in which phase ------------------------------------------------------------------ */

static int go_on_until_told(void *context)
{
    int rc = gr_sleep(GR_FOREVER);
    *(enum gr_phase *)context = gr_run_phase();
    return rc;
}

static enum gr_phase main_told_in, other_told_in;

static int be_told(void *context)
{
    (void)context;
    check_equal(gr_runner_start(go_on_until_told, &other_told_in, NULL, NULL), 0);
    raise(SIGTERM);
    int rc = gr_sleep(GR_FOREVER);
    main_told_in = gr_run_phase();
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    while (gr_run_phase() < GR_PHASE_DRAIN)
        check_equal(gr_yield(), 0);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    check_equal(gr_run_phase(), GR_PHASE_DRAIN);
    gr_shield_lower(&shield);
    return rc;
}

static void give_the_main_runner_until_drain_is_over_and_others_until_close(void **state)
{
    (void)state;
    main_told_in = other_told_in = GR_PHASE_RUN;
    assert_int_equal(run_witnessed(be_told, NULL, (struct gr_options){.loops = 2}), -ECANCELED);
    assert_true(main_told_in <= GR_PHASE_ACCEPT);
    assert_int_equal(other_told_in, GR_PHASE_CLOSE);
    assert_string_equal(reports, "");
}

static atomic_int ended;

static void wait_for_ever(void *context)
{
    (void)context;
    check_equal(gr_sleep(GR_FOREVER), -ECANCELED);
    check_equal(gr_run_phase(), GR_PHASE_CLOSE);
    ended++;
}

static void handle_for_ever(int fd, unsigned events, void *context)
{
    (void)fd, (void)events;
    wait_for_ever(context);
}

/* Once the other loop has begun to close, and has cancelled what waited. */
static int post_from_the_last_phase(void *context)
{
    (void)context;
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    for (int i = 0; i < 10; i++)
        check_equal(gr_post(1, wait_for_ever, NULL, NULL), 0);
    return 0;
}

static int leave_waiting(void *context)
{
    int *fds = context;
    check_equal(gr_post(-1, wait_for_ever, NULL, NULL), 0);
    check_equal(gr_post(1, wait_for_ever, NULL, NULL), 0);
    check_equal(gr_call_at(gr_now(), wait_for_ever, NULL, NULL, NULL), 0);
    check_equal(gr_fd_add(fds[0], GR_FD_WRITE, handle_for_ever, NULL), 0);
    check_equal(gr_on_stop(GR_PHASE_CLOSE, "more", post_from_the_last_phase, NULL, NULL), 0);
    return gr_sleep(gr_in(10 * GR_MILLISECOND));
}

static void end_calls_and_handlers_that_would_wait_for_ever(void **state)
{
    (void)state;
    static int fds[2];
    ended = 0;
    assert_int_equal(pipe(fds), 0);
    int writing = fds[1];
    fds[0] = dup(writing);
    struct gr_options options = {.loops = 2, .report = keep_report};
    reports[0] = '\0';
    assert_int_equal(run_reporting(leave_waiting, fds, &options), 0);
    assert_int_equal(ended, 14);
    assert_false(strstr(reports, "out of time") != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_entered_by_no_loop_before_all_are_done_with_the_one_before),
        cmocka_unit_test(begin_with_the_hook_registered_last_and_leave_out_what_was_dropped),
        cmocka_unit_test(refuse_what_is_no_phase_and_what_comes_too_late),
        cmocka_unit_test(refuse_a_hook_without_memory),
        cmocka_unit_test(name_a_hook_that_fails_and_go_on),
        cmocka_unit_test(name_and_cancel_a_hook_that_hangs_when_their_time_is_up),
        cmocka_unit_test(are_hurried_on_by_each_further_signal),
        cmocka_unit_test(give_the_main_runner_until_drain_is_over_and_others_until_close),
        cmocka_unit_test(end_calls_and_handlers_that_would_wait_for_ever),
    };
    return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
