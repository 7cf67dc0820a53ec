/*
 * Messages within something: values that go along, and the deadline of an ask.
 *
 *     sender                                      the actor's loop
 *     its ambient: user=ann, until 12:00
 *        | those that are carried                 expired: answered -ETIMEDOUT, and not handled
 *        v                                           ^
 *     envelope, values, deadline ................> begin ---> its handler, within the same
 *
 * On the sender's loop the envelope shares a record of values, to another it takes a copy of its
 * own. Loops have one clock, so a deadline goes over as it is. A message that has neither, as most
 * have, is of a plain kind and takes the shorter ways of send.c and ask.c.
 */
#ifndef GREENROOM_ACTORS_WITHIN_H
#define GREENROOM_ACTORS_WITHIN_H

#include "actors/envelope.h"
#include "loop/ambient.h"

/* As gr__envelope_take_for(), where there is an ambient or a deadline. */
struct gr__envelope *gr__envelope_take_within(struct gr__loop *loop, uint64_t to,
                                              enum gr__envelope_kind kind, gr_time deadline,
                                              uint32_t tag, size_t size);

/*
 * An envelope of a kind for an actor, together with those values of the sender that are carried; an
 * ask of one with its deadline. NULL without memory.
 */
static inline struct gr__envelope *gr__envelope_take_for(struct gr__loop *loop, uint64_t to,
                                                         enum gr__envelope_kind kind,
                                                         gr_time deadline, uint32_t tag,
                                                         size_t size)
{
    if (loop->has_ambient || deadline != GR_FOREVER)
        return gr__envelope_take_within(loop, to, kind, deadline, tag, size);
    return gr__envelope_take(loop, kind, tag, size);
}

/*
 * A second envelope with the same contents. What was moved is in the new one alone, once the first
 * was made to forget. The values are those around the handler now; the deadline is the asker's.
 */
struct gr__envelope *gr__envelope_move(struct gr__loop *loop, uint64_t to,
                                       struct gr__envelope *from);

/*
 * Make an envelope, which is to leave the loop after all, one that has nothing in common with what
 * stays. 0, or -ENOMEM.
 */
int gr__envelope_apart(struct gr__loop *loop, struct gr__envelope *envelope);

/* What was moved out of an envelope is no longer its own. */
void gr__envelope_forget(struct gr__envelope *envelope);

/* One that could not be sent: its memory and its values go, what else is in it is the caller's. */
void gr__envelope_take_back(struct gr__loop *loop, struct gr__envelope *envelope);

/* Whether it is an ask that nobody awaits any more, since its deadline has passed. */
bool gr__envelope_expired(const struct gr__loop *loop, struct gr__envelope *envelope);

/* What it brings, which is the caller's from here on. */
struct gr__ambient gr__envelope_take_ambient(struct gr__envelope *envelope);

/*
 * Begin the ambient of a message, which is to be handled. False: it is an ask that has expired, and
 * there is nothing to begin.
 */
bool gr__envelope_begin(struct gr__loop *loop, struct gr__envelope *envelope);

#endif
