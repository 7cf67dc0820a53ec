/*
 * Mailboxes: how an envelope arrives, and what becomes of one that cannot.
 */
#include <errno.h>
#include <stdlib.h>

#include "actors/dead_letter.h"
#include "actors/mailbox.h"
#include "actors/pressure.h"
#include "actors/reception.h"
#include "actors/relay.h"
#include "actors/rules.h"
#include "loop/post.h"

/* It is full, so there is one. */
static struct gr__task *take_oldest(struct gr__body *body)
{
    struct gr__task *oldest = body->first;
    body->first = oldest->next;
    body->count--;
    return oldest;
}

/* Drop what is older and no more urgent than the envelope. False: that does not make room. */
static bool drop_oldest(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope)
{
    bool ruled = body->max == 0;
    unsigned level = ruled ? gr__rules_level(body, envelope) : 0;
    while (gr__mailbox_full(body)) {
        struct gr__task *oldest = ruled ? gr__rules_take_least(body, level) : take_oldest(body);
        if (oldest == NULL)
            return false;
        gr__reception_reset(body);
        gr__dead_letter(loop, gr__body_name(loop, body), gr__envelope_of(oldest), GR_DEAD_OLDEST);
    }
    return true;
}

static bool is_refused(const struct gr__body *body, const struct gr__envelope *envelope)
{
    enum gr_when_full when_full = body->behavior->when_full;
    return when_full == GR_FULL_DROP_NEWEST ||
           (when_full == GR_FULL_FAIL && gr__envelope_kind(envelope) & GR__ASK);
}

bool gr__body_accept_full(struct gr__loop *loop, struct gr__body *body,
                          struct gr__envelope *envelope)
{
    if (body->closed) {
        gr__dead_letter(loop, gr__body_name(loop, body), envelope, GR_DEAD_STOPPED);
        return false;
    }
    if (!gr__mailbox_full(body)) {
        gr__mailbox_put(loop, body, envelope);
        return false;
    }
    if (is_refused(body, envelope)) {
        gr__dead_letter(loop, gr__body_name(loop, body), envelope, GR_DEAD_NEWEST);
        return true;
    }
    if (body->behavior->when_full == GR_FULL_DROP_OLDEST && !drop_oldest(loop, body, envelope))
        gr__dead_letter(loop, gr__body_name(loop, body), envelope, GR_DEAD_OLDEST);
    else
        gr__mailbox_put(loop, body, envelope);
    return true;
}

/* Whom an envelope came for. */
static uint64_t addressee(const struct gr__loop *loop, const struct gr__envelope *envelope)
{
    uint64_t word = gr__envelope_word(envelope);
    return gr__handle(gr__handle_generation(word), loop->id, gr__handle_index(word));
}

/*
 * The actor whose mailbox was full, so that whoever sends to it should be slowed; or NULL. `source`
 * is the loop from which it came, this one for what a foreign thread has sent.
 */
static struct gr__body *arrive_at(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope,
                                  unsigned source)
{
    struct gr__body *body = gr__body_find(loop, to);
    if (body == NULL) {
        gr__dead_letter(loop, to, envelope, GR_DEAD_NO_ACTOR);
        return NULL;
    }
    if (body->count < body->max) {
        gr__body_accept(loop, body, envelope);
        return NULL;
    }
    if (body->stage == GR__AWAY)
        return gr__relay_message(loop, body, envelope, source) ? body : NULL;
    bool full = gr__body_accept_full(loop, body, envelope);
    return full && body->behavior->when_full <= GR_FULL_FAIL ? body : NULL;
}

void gr__mailbox_arrive(struct gr__loop *loop, uint64_t at, struct gr__envelope *envelope)
{
    arrive_at(loop, at, envelope, loop->id);
}

/* Runs on the actor's loop. What comes from elsewhere is let in, and its loop is told. */
static void arrive(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__envelope *envelope = gr__envelope_of(task);
    unsigned source = gr__handle_loop(gr__envelope_word(envelope));
    struct gr__body *full = arrive_at(loop, addressee(loop, envelope), envelope, source);
    if (full != NULL)
        gr__pressure_tell(loop, full, source);
}

static void discard(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__envelope *envelope = gr__envelope_of(task);
    gr__dead_letter(loop, addressee(loop, envelope), envelope, GR_DEAD_SHUTDOWN);
}

/*
 * To an actor with room there is nothing more to a message than that it is put in. The first one of
 * all has the actor go behind what is ready, and not ahead of it: who takes mail may have chosen
 * already what to run next.
 */
static bool arrive_at_once(struct gr__loop *loop, struct gr__task *task)
{
    struct gr__envelope *envelope = gr__envelope_of(task);
    struct gr__body *body = gr__body_find(loop, addressee(loop, envelope));
    if (body == NULL || body->count >= body->max)
        return false;

    if (body->stage == GR__NEW) {
        gr__body_move(body, GR__SCHEDULED);
        gr__loop_ready(loop, &body->task);
    }
    if (task->class == &gr__envelope_classes[GR__PLAIN])
        gr__body_accept_kind(loop, body, envelope, GR__PLAIN);
    else
        gr__body_accept(loop, body, envelope);
    return true;
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
    [GR__HEARD] = MESSAGE,
};

#define AHEAD(kind)                                                                                \
    [kind] = ((kind)&GR__ASK ? sizeof(gr_promise) : 0) +                                           \
             ((kind)&GR__TIMED ? sizeof(gr_time) : 0) +                                            \
             ((kind)&GR__KEYED ? sizeof(struct gr__self_timer *) : 0) +                            \
             ((kind)&GR__WITHIN ? sizeof(struct gr__values *) : 0)

const uint8_t gr__envelope_aheads[GR__KINDS] = {
    AHEAD(GR__ASK),
    AHEAD(GR__ASK_BUFFER),
    AHEAD(GR__WITHIN),
    AHEAD(GR__WITHIN | GR__BUFFER),
    AHEAD(GR__WITHIN | GR__ASK),
    AHEAD(GR__WITHIN | GR__ASK_BUFFER),
    AHEAD(GR__TIMED | GR__ASK),
    AHEAD(GR__TIMED | GR__ASK_BUFFER),
    AHEAD(GR__TIMED | GR__WITHIN | GR__ASK),
    AHEAD(GR__TIMED | GR__WITHIN | GR__ASK_BUFFER),
    AHEAD(GR__KEYED),
    AHEAD(GR__KEYED | GR__WITHIN),
};

__attribute__((constructor)) static void add_prompt(void)
{
    gr__prompt_add((struct gr__prompt){arrive, arrive_at_once});
}

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
        gr__dead_letter_note(loop, addressee(loop, foreign), &foreign->message, GR_DEAD_NO_MEMORY);
        return true;
    }

    memcpy(envelope->payload, foreign->payload, foreign->message.size);
    struct gr__body *full = arrive_at(loop, addressee(loop, foreign), envelope, loop->id);
    return full == NULL || !gr__pressure_hold_foreign(loop, full);
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
