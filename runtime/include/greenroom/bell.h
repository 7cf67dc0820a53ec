/**
 * @file bell.h
 * @brief A call that lies ready and can be asked for from anywhere, a signal handler too.
 *
 *     any thread, any signal handler           the loop that made the bell
 *     gr_bell_ring(bell)  --- first ring --->  run(1, context)
 *     gr_bell_ring(bell)                          ... under way, perhaps waiting
 *     gr_bell_ring(bell)                          ... returns
 *                                              run(2, context)
 *
 * All that a ring needs lies ready before: it takes no memory and no lock, only a few
 * atomic instructions and, where the loop sleeps, a write to a descriptor. So it is
 * safe in a signal handler, which gr_post() is not.
 *
 * Rings are counted, and none is lost: those that come before the call has begun, or
 * while one is under way, are heard together by one call. Calls of one bell never overlap.
 * They run as posts do, and may wait.
 *
 * A bell ends when it is dropped, or with its loop.
 */
#ifndef GREENROOM_BELL_H
#define GREENROOM_BELL_H

#include <greenroom/base.h>

GR__BEGIN

/** Bells that may exist at once, in the whole process. */
#define GR_BELLS_MAX 256

/** A bell, to ring from any thread. Zero names none. */
typedef struct gr_bell {
    uint64_t name; /**< opaque */
} gr_bell;

/** Hears that a bell was rung so often since the last call began. */
typedef void gr_bell_fn(uint64_t rings, void *context);

/**
 * Make a bell, whose rings the calling thread's loop hears.
 *
 * @thread loop
 * @owner  the bell is the caller's to drop; @p context is used until it is, or the loop ends
 * @errors -ENOSPC #GR_BELLS_MAX of them exist
 */
GR_FALLIBLE int gr_bell_make(gr_bell_fn *run, void *context, gr_bell *ret_bell);

/**
 * Ring a bell: its function is called in a later turn of its loop, never from here.
 *
 * Leaves errno as it is.
 *
 * @thread any, and signal handlers
 * @errors -ESTALE it was dropped or its loop has ended, -ESHUTDOWN its loop has stopped
 */
GR_FALLIBLE int gr_bell_ring(gr_bell bell);

/**
 * End a bell: no call begins any more, though rings were not heard yet. One under way goes on, and
 * uses the context until it has returned. A stale or zero handle is ignored.
 *
 * @thread loop, that of the bell
 */
GR_API void gr_bell_drop(gr_bell bell);

GR__END

#endif
