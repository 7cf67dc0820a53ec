/*
 * Witnesses: what a run reports, and in which order things happen in it, on whichever thread.
 */
#ifndef GREENROOM_TESTS_WITNESS_H
#define GREENROOM_TESTS_WITNESS_H

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/fixture.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char trace[256];
static char reports[4096];

/* Something happened. */
static inline void note(char what)
{
    pthread_mutex_lock(&lock);
    size_t length = strlen(trace);
    if (check(length + 1 < sizeof trace)) {
        trace[length] = what;
        trace[length + 1] = '\0';
    }
    pthread_mutex_unlock(&lock);
}

static inline void keep_report(void *context, const char *line)
{
    (void)context;
    pthread_mutex_lock(&lock);
    strncat(reports, line, sizeof reports - strlen(reports) - 2);
    strcat(reports, "\n");
    pthread_mutex_unlock(&lock);
}

static inline bool was_reported(const char *part)
{
    bool found = strstr(reports, part) != NULL;
    if (!found)
        fprintf(stderr, "not reported: %s; but:\n%s", part, reports);
    return found;
}

/* Run, with an empty trace and no reports at first. */
static inline int run_witnessed(gr_runner_fn *body, void *context, struct gr_options options)
{
    trace[0] = reports[0] = '\0';
    options.report = keep_report;
    return run_reporting(body, context, &options);
}

#endif
