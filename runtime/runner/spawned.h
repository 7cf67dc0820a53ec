/*
 * Spawned runners: the functions that were started to run on their own, and whom their end is told.
 */
#ifndef GREENROOM_RUNNER_SPAWNED_H
#define GREENROOM_RUNNER_SPAWNED_H

#include <greenroom/runner.h>

struct gr__runner;

/* Hears of a runner's end in the place of a joiner. In memory of its own until then. */
struct gr__owner {
    void (*ended)(struct gr__owner *owner, int status);

    /* The stack is torn down under the runner, which did not end. May not touch any other's. NULL: nothing to do. */
    void (*torn)(struct gr__owner *owner);

    const char *scope; /* the name of the scope in which it runs, or NULL */
};

/* Start a runner on this loop that its owner hears of. Nobody joins it; cancel it by the handle. */
int gr__spawn_owned(gr_runner_fn *run, void *context, const struct gr_runner_options *options,
                    struct gr__owner *owner, gr_runner *ret_runner);

/* The owner of what a runner works on, or NULL. */
const struct gr__owner *gr__runner_owner(const struct gr__runner *runner);

#endif
