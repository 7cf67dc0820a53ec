/*
 * Mailboxes: how an envelope arrives, and what becomes of one that cannot.
 */
#include <errno.h>
#include <stdlib.h>

#include "actors/body.h"
#include "actors/pressure.h"
#include "loop/post.h"

void gr__dead_letter(struct gr__loop *loop, struct gr__envelope *envelope, int status)
{
    gr__actors_of(loop)->dead_letters++;
    gr__envelope_end(loop, envelope, status);
}

static void drop_oldest(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__task *oldest = body->first;
    if (oldest == NULL)
        return;

    body->first = oldest->next;
    body->count--;
    gr__dead_letter(loop, gr__envelope_of(oldest), -EAGAIN);
}

void gr__body_accept_full(struct gr__loop *loop, struct gr__body *body,
                          struct gr__envelope *envelope)
{
    bool refused =
        body->behavior->when_full == GR_FULL_FAIL && gr__envelope_kind(envelope) & GR__ASK;
    if (refused || body->behavior->when_full == GR_FULL_DROP_NEWEST) {
        gr__dead_letter(loop, envelope, -EAGAIN);
        return;
    }
    if (body->behavior->when_full == GR_FULL_DROP_OLDEST)
        drop_oldest(loop, body);
    gr__body_accept(loop, body, envelope);
}

/* The actor to which an envelope came, or NULL where it has gone. */
static struct gr__body *addressee(struct gr__loop *loop, const struct gr__envelope *envelope)
{
    uint64_t word = gr__envelope_word(envelope);
    return gr__body_find(loop,
                         gr__handle(gr__handle_generation(word), loop->id, gr__handle_index(word)));
}

/* True when the mailbox was full, and whoever sends to it should be slowed. */
static bool arrive_at(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope)
{
    if (body == NULL) {
        gr__dead_letter(loop, envelope, -ESTALE);
        return false;
    }
    if (body->count < body->max) {
        gr__body_accept(loop, body, envelope);
        return false;
    }
    gr__body_accept_full(loop, body, envelope);
    return body->behavior->when_full <= GR_FULL_FAIL;
}

/* Runs on the actor's loop. What comes from elsewhere is let in, and its loop is told. */
static void arrive(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__envelope *envelope = gr__envelope_of(task);
    unsigned source = gr__handle_loop(gr__envelope_word(envelope));
    struct gr__body *body = addressee(loop, envelope);
    if (arrive_at(loop, body, envelope))
        gr__pressure_tell(loop, body, source);
}

static void discard(struct gr__task *task)
{
    gr__dead_letter(gr__loop_here(), gr__envelope_of(task), -ESHUTDOWN);
}

#define MESSAGE                                                                                    \
    {                                                                                              \
        "a message", arrive, discard, NULL                                                         \
    }

const struct gr__task_class gr__envelope_classes[GR__KINDS] = {
    [GR__PLAIN] = MESSAGE,
    [GR__BUFFER] = MESSAGE,
    [GR__ASK] = MESSAGE,
    [GR__ASK_BUFFER] = MESSAGE,
    [GR__WITHIN] = MESSAGE,
    [GR__WITHIN | GR__BUFFER] = MESSAGE,
    [GR__WITHIN | GR__ASK] = MESSAGE,
    [GR__WITHIN | GR__ASK_BUFFER] = MESSAGE,
    [GR__TIMED | GR__ASK] = MESSAGE,
    [GR__TIMED | GR__ASK_BUFFER] = MESSAGE,
    [GR__TIMED | GR__WITHIN | GR__ASK] = MESSAGE,
    [GR__TIMED | GR__WITHIN | GR__ASK_BUFFER] = MESSAGE,
    [GR__KEYED] = MESSAGE,
    [GR__KEYED | GR__WITHIN] = MESSAGE,
};

static void discard_foreign(struct gr__task *task)
{
    gr__foreign_window_leave(gr__loop_here()->id, 1);
    free(gr__envelope_of(task));
}

/* False: the message counts as on its way still, since it was let in above the bound. */
static bool has_arrived(struct gr__loop *loop, const struct gr__envelope *foreign)
{
    struct gr__envelope *envelope =
        gr__envelope_take(loop, GR__PLAIN, foreign->message.tag, foreign->message.size);
    if (envelope == NULL) {
        gr__actors_of(loop)->dead_letters++;
        return true;
    }

    memcpy(envelope->payload, foreign->payload, foreign->message.size);
    struct gr__body *body = addressee(loop, foreign);
    return !arrive_at(loop, body, envelope) || !gr__pressure_hold_foreign(loop, body);
}

/* A foreign thread's envelope is malloc's. What it says is copied into one of ours. */
static void arrive_foreign(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    if (has_arrived(loop, gr__envelope_of(task)))
        gr__foreign_window_leave(loop->id, 1);
    free(gr__envelope_of(task));
}

const struct gr__task_class gr__envelope_foreign_class = {"a message", arrive_foreign,
                                                          discard_foreign, NULL};
