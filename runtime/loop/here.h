/*
 * Where am I: the loop of the calling thread.
 *
 * The variable is reached without a call (initial-exec). A runner never changes its
 * thread, so whoever read it before a wait may use it after.
 */
#ifndef GREENROOM_LOOP_HERE_H
#define GREENROOM_LOOP_HERE_H

#include <stddef.h>

struct gr__loop;

extern _Thread_local struct gr__loop *gr__loop_current
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* NULL on a foreign thread. */
static inline struct gr__loop *gr__loop_here(void)
{
    return gr__loop_current;
}

#endif
