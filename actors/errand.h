/*
 * Errands: something to be done about a name on an actor's loop, and what comes of it.
 *
 *     caller's loop                      the actor's
 *     errand ........................--> act(errand)
 *     waits for a future <-- its status, with details
 */
#ifndef GREENROOM_ACTORS_ERRAND_H
#define GREENROOM_ACTORS_ERRAND_H

#include <greenroom/topic.h>

#include "actors/directory.h"

struct gr__errand;

/* 0, or a negative code, which becomes that of gr__errand_run(). */
typedef int gr__errand_fn(struct gr__loop *loop, const struct gr__errand *errand);

struct gr__errand {
    gr__errand_fn *act;
    gr_actor actor;                        /* on whose loop it is done */
    struct gr__key key;                    /* filled when it is run */
    struct gr_topic_options topic_options; /* of one that subscribes */
};

/*
 * Do it here, or have it done there and wait. -EINVAL and -ENAMETOOLONG for the name, -ENOMEM,
 * -ESHUTDOWN, a wait's errors, GR_ENOTRUNNER, or its own.
 */
int gr__errand_run(struct gr__errand errand, enum gr__directory kind, const char *name,
                   gr_time deadline);

#endif
