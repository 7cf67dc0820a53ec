/**
 * @file call.h
 * @brief A function to be called at a time, as long as nobody cancels it.
 *
 *     gr_call_at(gr_in(GR_SECOND), remind, note, free, &call)
 *
 *     waiting -- its time --> ready -- its turn --> run(context)
 *        |                      |
 *        +-- gr_call_cancel() --+--> nothing; the context is the caller's again
 *        |
 *        +-- the loop stops -------> discard(context)
 *
 * What is called runs as a post does, on the loop that asked for it: it may wait
 * there, as a runner may. A call belongs to that loop; another one asks it to
 * cancel by a post.
 */
#ifndef GREENROOM_CALL_H
#define GREENROOM_CALL_H

#include <greenroom/base.h>
#include <greenroom/loop.h>

GR__BEGIN

/** A call to come. Zero names none, and so does that of one that has begun. */
typedef struct gr_call {
    uint64_t name; /**< opaque */
} gr_call;

/**
 * Have @p run(@p context) called at a time: in a turn of the loop at or after it, never from here.
 *
 * Calls for one time are made in the order in which they were asked for.
 *
 * @param at        nanoseconds on gr_now()'s clock; one that has passed is now; #GR_FOREVER: never
 * @param discard   what to call instead when the loop stops first; or NULL
 * @param ret_call  to cancel it by; or NULL
 *
 * @thread loop
 * @owner  @p context is @p run's, or @p discard's; on an error, or cancelled, the caller's
 * @errors -ENOMEM, -ESHUTDOWN while the loop stops
 */
GR_FALLIBLE int gr_call_at(gr_time at, gr_task_fn *run, void *context, gr_task_fn *discard,
                           gr_call *ret_call);

/**
 * Cancel a call, also when its time has come but not its turn: then it is never made.
 *
 * Returns whether it was; false for one that has begun, and for a stale or zero handle.
 *
 * @thread loop, that of the call
 */
GR_API bool gr_call_cancel(gr_call call);

GR__END

#endif
