/*
 * Errands: something to be done for an actor on the actor's loop, and what comes of it.
 *
 *     caller's loop                      the actor's
 *     errand ........................--> act(errand)
 *     waits for a future <-- its status, with details
 */
#ifndef GREENROOM_ACTORS_ERRAND_H
#define GREENROOM_ACTORS_ERRAND_H

#include <greenroom/registry.h>

#include "loop/loop.h"

struct gr__errand;

/* 0, or a negative code, which becomes that of gr__errand_run(). */
typedef int gr__errand_fn(struct gr__loop *loop, const struct gr__errand *errand);

struct gr__errand {
    gr__errand_fn *act;
    gr_actor actor;   /* on whose loop it is done */
    const char *name; /* #GR_NAME_MAX bytes at most */
};

/*
 * Do it here, or have it done there and wait. -ENOMEM, -ESHUTDOWN, and a wait's errors, or its own;
 * GR_ENOTRUNNER.
 */
int gr__errand_run(const struct gr__errand *errand, gr_time deadline);

#endif
