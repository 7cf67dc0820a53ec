/*
 * Receptions: the place of an actor that receives in its own mailbox, and who waits for what in it.
 *
 *     first                                         last
 *       |                                             |
 *      DATA --> DATA --> LOGIN --> DATA --> LOGIN --> DATA --> (what comes next)
 *                        ^                                     ^
 *                        resume: what stands before it         unseen: who waits has been offered
 *                        does not fit `searched`               all that stands before it
 *
 * The mailbox is the body's list, as for a handler. A place in it is the link behind which the message
 * stands, so that a message can be taken out there, and one that comes at the end is behind the
 * place that was the end.
 *
 * While somebody waits the body is RECEIVING, and what arrives is offered at once, in the midst of
 * the send: its tag is looked at, or the match function is called, which does nothing but look. So a
 * message that nobody waits for costs its receiver no switch, and nothing is looked at twice.
 *
 *     ready: find ........... take: out of the mailbox, held
 *     subscribe: WAITING -- fits --> GRANTED, out of the mailbox -- take --> held
 *                  | cancel             | cancel
 *                  v                    v
 *              forgotten            back to its place, and offered to whoever waits still
 *
 * What was taken is held until the next receive, or the end of the run or handler; then it ends as any
 * message does. A control message is taken out of its lane, and its notice's memory becomes
 * the envelope in which it is held.
 *
 * Invariants:
 *   1. body->stage is RECEIVING exactly while `waiting` is not empty; the task is in no queue for it.
 *   2. No message before `resume` fits `searched`, and none before `unseen` fits who is in `waiting`.
 *   3. Each place is that of a link in the mailbox: who takes a message out moves the places that were
 *      behind it, and who changes the mailbox otherwise than at its end sets them all to the
 *      beginning (gr__reception_reset()).
 *   4. Of a re-entrant actor, nobody receives: its places are those of reentry.h.
 *   5. GR__RECEIVES is set from the first look into the mailbox until gr__reception_end().
 */
#ifndef GREENROOM_ACTORS_RECEPTION_H
#define GREENROOM_ACTORS_RECEPTION_H

#include "actors/pattern.h"
#include "loop/ambient.h"

struct gr__reception {
    struct gr__list waiting; /* of struct gr_receive_wait, who came first first */
    struct gr__list granted; /* of the same */
    struct gr__task **unseen;
    struct gr__task **resume;
    gr_pattern searched;
    struct gr__task *held; /* the last that was received, and those before it; or NULL */
    int32_t in_a_row;      /* were received since somebody waited, or gave way */
};

/* Give an actor, which has an annex and none yet, a reception in memory of the caller's. */
void gr__reception_init(struct gr__body *body, struct gr__reception *reception);

/* The reception of an actor, which begins to receive; NULL without memory, or if it is re-entrant. */
struct gr__reception *gr__reception_begin(struct gr__loop *loop, struct gr__body *body);

/* Something has come for an actor that is RECEIVING. */
void gr__reception_arrived(struct gr__loop *loop, struct gr__body *body);

/* The link behind which the first message stands that fits, and that somebody is still to see; or NULL. */
struct gr__task **gr__reception_find(struct gr__loop *loop, struct gr__body *body,
                                     const gr_pattern *pattern);

/* The first control message that is wanted, or NULL. */
struct gr__notice *gr__reception_find_control(const struct gr__body *body,
                                              const gr_pattern *pattern);

/* Take the message behind a link out of the mailbox. */
struct gr__envelope *gr__reception_take_out(struct gr__loop *loop, struct gr__body *body,
                                            struct gr__task **link);

/* Put one back; in a mailbox with rules, what comes back is the most urgent. */
void gr__reception_put_back(struct gr__body *body, struct gr__task **link, struct gr__task *task);

/* Whether the actor is to stop, and no shield says that what is under way may go on. */
bool gr__reception_is_over(const struct gr__body *body);

/* Whether a run that is to finish has done so: it is to wait, and its mailbox is empty. */
bool gr__reception_has_finished(const struct gr__body *body);
void gr__reception_finish(struct gr__loop *loop, struct gr__body *body);

/* Whether what was received is all that this runner works on; else it works on what its handler has. */
bool gr__reception_is_run(const struct gr__loop *loop, const struct gr__body *body);

/* Put an ambient around a run, within the scopes and shields that it is in. */
void gr__reception_surround(struct gr__loop *loop, struct gr__ambient ambient);

/* The mailbox was changed elsewhere than at its end. */
void gr__reception_forget(struct gr__body *body);

static inline void gr__reception_reset(struct gr__body *body)
{
    if (body->annex != NULL && body->annex->reception != NULL)
        gr__reception_forget(body);
}

/* End what is held, with a status for those that have no reply. */
void gr__reception_release(struct gr__loop *loop, struct gr__body *body, int status);

/* The run or handler is over: the same, and the next one begins anew. */
void gr__reception_end(struct gr__loop *loop, struct gr__body *body, int status);

/* What was received last, and has not ended; or NULL. */
const struct gr_message *gr__reception_held(const struct gr__body *body);

/* The annex goes, and with it the reception that is in it. */
void gr__reception_give(struct gr__loop *loop, struct gr__body *body);

#endif
