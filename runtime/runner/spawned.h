/*
 * Spawned runners: the functions that were started to run on their own, and whom their end is told.
 */
#ifndef GREENROOM_RUNNER_SPAWNED_H
#define GREENROOM_RUNNER_SPAWNED_H

#include <greenroom/phase.h>
#include <greenroom/runner.h>

struct gr__runner;

/* Hears of a runner's end in the place of a joiner. In memory of its own until then. */
struct gr__owner {
    void (*ended)(struct gr__owner *owner, int status);

    /* The stack is torn down under the runner, which did not end. May not touch any other's. NULL: nothing to do. */
    void (*torn)(struct gr__owner *owner);

    /* Write what else is to be known of it in reports, from a blank on. NULL: nothing. */
    size_t (*describe)(const struct gr__owner *owner, char *text, size_t bytes);

    const char *scope; /* the name of the scope in which it runs, or NULL */

    /*
     * The phase of stopping that waits for its end, and is the first to cancel it: by force, when
     * its time is up. GR_PHASE_RUN: it is cancelled when the last one begins.
     */
    enum gr_phase ends_in;
};

/*
 * Start a runner on this loop that its owner hears of. Nobody joins it; cancel it by the handle. One
 * that has a phase to end in may be started while the loop stops.
 */
int gr__spawn_owned(gr_runner_fn *run, void *context, const struct gr_runner_options *options,
                    struct gr__owner *owner, gr_runner *ret_runner);

/* Tell the user that a runner has failed, of whose status nobody else hears. */
void gr__runner_say_failed(const char *name, int status);

/* The owner of what a runner works on, or NULL. */
const struct gr__owner *gr__runner_owner(const struct gr__runner *runner);

#endif
