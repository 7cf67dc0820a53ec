/**
 * @file run.h
 * @brief The whole program: loops on all cores, a main runner, and an orderly end.
 *
 *     int main(void) { return gr_run(run, NULL, NULL); }
 *
 * gr_run() starts the loops, runs @c run as the main runner on loop 0, and, when
 * that returns, stops everything and returns what it returned.
 *
 *     run() returns --+
 *                     +--> the phases of stopping --> loops end --> gr_run() returns
 *     SIGINT, SIGTERM +     (phase.h)
 *       cancels run()
 *
 * The first SIGINT or SIGTERM cancels the main runner, whose waits end with -ECANCELED, and begins
 * the phases of stopping, which phase.h draws. It has until the end of DRAIN: that is where a
 * service says goodbye. Each later signal ends the time of the phase under way; where loop 0 does
 * not even come to that, the process ends at once, as if nobody had caught it.
 *
 * While it runs, SIGPIPE is ignored: a write to a closed connection fails instead.
 *
 * What is left when the loops end (a future nobody awaited, a stream nobody
 * closed, a runner that did not stop and what it waits for) is named to the
 * report function, one line each.
 */
#ifndef GREENROOM_RUN_H
#define GREENROOM_RUN_H

#include <greenroom/base.h>
#include <greenroom/phase.h>
#include <greenroom/runner.h>

GR__BEGIN

/** Gets one line about something that went wrong and has no caller to tell. Runs on any thread. */
typedef void gr_report_fn(void *context, const char *line);

/** How to run. Zero everywhere is the default. */
struct gr_options {
    int loops;           /**< 0: what GREENROOM_LOOPS says, or one for each core; 256 at most */
    bool pin;            /**< keep loop i on the i-th core that the process may use */
    bool ignore_signals; /**< leave SIGINT and SIGTERM as they are */
    gr_time stop_within; /**< how long stopping may take, nanoseconds; 0: ten seconds */

    /** Of that, each phase's own time, by enum gr_phase; 0: a tenth for the first and last, else four. */
    gr_time phase_within[GR_PHASES];
    size_t stack_bytes;   /**< of a runner; 0: 64 KiB */
    bool mprotect_guards; /**< guard stacks by mprotect() even where the kernel knows better */
    uint64_t seed;        /**< of all random numbers; 0: from the system */
    gr_report_fn *report; /**< NULL: nobody hears of it; gr_report_to_stderr() prints it */
    void *report_context; /**< for report */
};

/**
 * Run the program: @p run(@p context) as the main runner, on as many loops as asked for.
 *
 * @param options  or NULL
 *
 * @thread a foreign one, which becomes loop 0 until the call returns; one at a time
 * @errors -EINVAL bad options, or a bad GREENROOM_LOOPS, named to report; -EALREADY while a fleet
 *         runs; -ENOMEM, -EAGAIN and what else starting threads may give; -ETIMEDOUT when the
 *         main runner did not end in time; else what @p run returned
 */
GR_FALLIBLE int gr_run(gr_runner_fn *run, void *context, const struct gr_options *options);

/**
 * A report function that prints "greenroom: " and the line to standard error.
 *
 * @thread any
 */
GR_API void gr_report_to_stderr(void *context, const char *line);

GR__END

#endif
