/*
 * Spawned runners: the functions that were started to run on their own.
 */
#ifndef GREENROOM_RUNNER_SPAWNED_H
#define GREENROOM_RUNNER_SPAWNED_H

#include <greenroom/runner.h>

struct gr__loop;

/*
 * Start the run's main runner on a loop, and tell `ended` what it returned. Nobody joins it;
 * cancel it by the handle.
 */
int gr__spawn_main(gr_runner_fn *run, void *context, void (*ended)(int status),
                   gr_runner *ret_runner);

#endif
