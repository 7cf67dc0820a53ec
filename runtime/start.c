/*
 * The start: from main() to a running fleet with a main runner, and back.
 *
 *     gr_run -> fleet begins -> main runner starts ... ends --> phases of stopping -> gr_run returns
 *                                     ^ cancelled                ^            ^
 *     SIGINT, SIGTERM -- stop task ---+--------------------------+            |
 *             another -- hurry task ------------------------------------------+
 *
 * The handler of the first signal posts a task that lies ready for it, which is an exchange of one
 * word and a write to a descriptor, and so safe in a handler. A later one posts another such task,
 * which ends the phase under way; but if loop 0 has not come to the one posted before, it hangs
 * where no task can help, and the process ends by the signal's default action.
 *
 * Invariants:
 *   1. The main runner ends in the phase DRAIN at the latest, unless its time is up.
 *   2. Each signal's action is as it was before once gr_run() returns.
 */
#include <greenroom/run.h>

#include <ck_pr.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop/fleet.h"
#include "loop/phases.h"
#include "runner/park.h"
#include "runner/spawned.h"

#define STOP_WITHIN (10 * GR_SECOND)

/* What each phase has of the time for stopping, in tenths. */
static const gr_time shares[GR_PHASES] = {
    [GR_PHASE_ACCEPT] = 1, [GR_PHASE_DRAIN] = 4, [GR_PHASE_ACTORS] = 4, [GR_PHASE_CLOSE] = 1};

static const int signals[] = {SIGINT, SIGTERM};
enum { SIGNALS = sizeof signals / sizeof *signals };

/* The run under way; what is unsigned is shared with signal handlers and foreign threads. */
static struct {
    gr_runner_fn *run;
    void *context;
    gr_runner main;
    int status;
    struct sigaction before[SIGNALS];
    struct gr__task stop_task;
    struct gr__task hurry_task;
    unsigned stop_posted;
    unsigned stop_taken;   /* loop 0 has come to it */
    unsigned hurry_posted; /* and loop 0 has not come to it */
} now_running;

/* One that had to be ended by force, in the next phase, did not end in time. */
static void on_main_ended(struct gr__owner *owner, int status)
{
    (void)owner;
    if (gr_run_phase() <= GR_PHASE_DRAIN)
        now_running.status = status;
    gr__phases_begin();
}

static struct gr__owner main_owner = {.ended = on_main_ended, .ends_in = GR_PHASE_DRAIN};

static void stop_main(struct gr__task *task)
{
    (void)task;
    ck_pr_store_uint(&now_running.stop_taken, 1);
    gr_runner_cancel(now_running.main);
    gr__phases_begin();
}

static void hurry(struct gr__task *task)
{
    (void)task;
    ck_pr_store_uint(&now_running.hurry_posted, 0);
    gr__phases_hurry();
}

static void ignore(struct gr__task *task)
{
    (void)task;
}

static const struct gr__task_class stop_class = {"stop", stop_main, ignore, NULL};
static const struct gr__task_class hurry_class = {"hurry", hurry, ignore, NULL};

void gr_stop(void)
{
    /*
     * One caller alone posts the task. Where no inbox is open yet, the next run finds the mark: it
     * opens the inbox and then looks, as here the mark is set and then the inbox looked at, so one
     * of the two sees the other. Pairs with begin().
     */
    if (ck_pr_fas_uint(&now_running.stop_posted, 1) == 0)
        gr__inbox_post_foreign(&gr__inboxes[0], &now_running.stop_task);
}

/* False: loop 0 does not come to what is posted to it, or is gone. */
static bool post_hurry(void)
{
    return ck_pr_load_uint(&now_running.stop_taken) != 0 &&
           ck_pr_fas_uint(&now_running.hurry_posted, 1) == 0 &&
           gr__inbox_post_foreign(&gr__inboxes[0], &now_running.hurry_task);
}

void gr_stop_hurry(void)
{
    bool posted = gr__phase_reached(GR_PHASE_ACCEPT) && post_hurry();
    (void)posted;
}

static void default_action(int signal)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal, &action, NULL);
}

static void on_signal(int signal)
{
    int saved = errno;
    if (ck_pr_load_uint(&now_running.stop_posted) == 0) {
        gr_stop();
    } else if (!post_hurry()) {
        default_action(signal);
        raise(signal);
    }
    errno = saved;
}

/* A write to a closed connection is an error of the write, and no signal. */
static void ignore_broken_pipes(struct sigaction *ret_before)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, ret_before);
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &action, &now_running.before[i]);
}

static void restore_signals(void)
{
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &now_running.before[i], NULL);
}

static int begin(void)
{
    int rc = gr__spawn_owned(now_running.run, now_running.context,
                             &(struct gr_runner_options){.name = "main"}, &main_owner,
                             &now_running.main);
    if (rc == 0 && ck_pr_load_uint(&now_running.stop_posted) != 0)
        stop_main(&now_running.stop_task);
    return rc;
}

static void complain(const struct gr_options *options, const char *value)
{
    char line[160];
    snprintf(line, sizeof line, "GREENROOM_LOOPS is '%.32s': it must be a number from 1 to %d",
             value, GR__LOOPS_MAX);
    if (options->report != NULL)
        options->report(options->report_context, line);
}

/* How many loops: as told, as the environment says, or one for each core. */
static int count_loops(const struct gr_options *options)
{
    if (options->loops != 0)
        return options->loops < 0 || options->loops > GR__LOOPS_MAX ? -EINVAL : options->loops;

    const char *value = getenv("GREENROOM_LOOPS");
    if (value != NULL && *value != '\0') {
        char *end;
        long loops = strtol(value, &end, 10);
        if (*end == '\0' && loops >= 1 && loops <= GR__LOOPS_MAX)
            return (int)loops;
        complain(options, value);
        return -EINVAL;
    }

    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 1;
    int cores = CPU_COUNT(&allowed);
    return cores > GR__LOOPS_MAX ? GR__LOOPS_MAX : cores;
}

static void share_time(const struct gr_options *options, gr_time within[GR_PHASES])
{
    gr_time all = options->stop_within > 0 ? options->stop_within : STOP_WITHIN;
    for (int i = 0; i < GR_PHASES; i++)
        within[i] = options->phase_within[i] > 0 ? options->phase_within[i] : all / 10 * shares[i];
}

static int run_fleet(int loops, const struct gr_options *options)
{
    gr_time within[GR_PHASES];
    share_time(options, within);
    struct gr__fleet_options fleet = {
        .loops = (unsigned)loops,
        .pin = options->pin,
        .seed = options->seed,
        .within = within,
        .say = options->report,
        .say_context = options->report_context,
        .begin = begin,
    };
    gr__runners_configure(options->stack_bytes, options->mprotect_guards);
    int rc = gr__fleet_run(&fleet);
    return rc < 0 ? rc : now_running.status;
}

int gr_run(gr_runner_fn *run, void *context, const struct gr_options *options)
{
    static const struct gr_options defaults;
    assert(gr__loop_here() == NULL && "not on a loop");
    if (options == NULL)
        options = &defaults;
    if (gr__fleet_count() != 0)
        return -EALREADY;
    int loops = count_loops(options);
    if (loops < 0)
        return loops;

    now_running.run = run;
    now_running.context = context;
    now_running.status = -ETIMEDOUT;
    now_running.stop_task.class = &stop_class;
    now_running.hurry_task.class = &hurry_class;
    struct sigaction pipe_before;
    ignore_broken_pipes(&pipe_before);
    if (!options->ignore_signals)
        watch_signals();
    int rc = run_fleet(loops, options);
    ck_pr_store_uint(&now_running.stop_posted, 0);
    ck_pr_store_uint(&now_running.stop_taken, 0);
    ck_pr_store_uint(&now_running.hurry_posted, 0);
    if (!options->ignore_signals)
        restore_signals();
    sigaction(SIGPIPE, &pipe_before, NULL);
    return rc;
}

void gr_report_to_stderr(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "greenroom: %s\n", line);
}
