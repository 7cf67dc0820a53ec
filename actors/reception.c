/*
 * Receptions: looking a message up in the own mailbox, and offering what comes to who waits. The
 * design stands in reception.h.
 */
#include "actors/reception.h"

#include "actors/dead_letter.h"
#include "actors/pressure.h"
#include "actors/rules.h"
#include "actors/supervision.h"
#include "actors/within.h"
#include "runner/cancel.h"

static struct gr_receive_wait *wait_at(struct gr__list *link)
{
    return gr__container_of(link, struct gr_receive_wait, link);
}

void gr__reception_forget(struct gr__body *body)
{
    struct gr__reception *reception = body->annex->reception;
    reception->searched = (gr_pattern){0};
    reception->resume = reception->unseen = &body->first;
    gr__list_each (link, &reception->granted)
        wait_at(link)->place = &body->first;
}

void gr__reception_init(struct gr__body *body, struct gr__reception *reception)
{
    memset(reception, 0, sizeof *reception);
    gr__list_init(&reception->waiting);
    gr__list_init(&reception->granted);
    body->annex->reception = reception;
    gr__reception_forget(body);
}

static __attribute__((noinline, cold)) bool make(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__reception *reception = gr__pool_take(&loop->pool, sizeof *reception);
    if (reception != NULL)
        gr__reception_init(body, reception);
    return reception != NULL;
}

struct gr__reception *gr__reception_begin(struct gr__loop *loop, struct gr__body *body)
{
    assert((body->stage == GR__SCHEDULED || body->stage == GR__RECEIVING ||
            body->stage == GR__INTERLEAVING) &&
           body->runner != NULL && "only inside the actor's run or handler");
    struct gr__annex *annex = gr__annex_of(loop, body);
    if (annex == NULL || annex->reentrant)
        return NULL;
    if (annex->reception == NULL && !make(loop, body))
        return NULL;

    body->urgent |= GR__RECEIVES;
    return annex->reception;
}

static inline void move_place(struct gr__task ***place, struct gr__task **from,
                              struct gr__task **to)
{
    if (*place == from)
        *place = to;
}

/* Whose link it is; NULL: it is the beginning. */
static struct gr__task *before(struct gr__body *body, struct gr__task **link)
{
    return link == &body->first ? NULL : gr__container_of(link, struct gr__task, next);
}

/* Take the message behind a link out of the mailbox. */
struct gr__envelope *gr__reception_take_out(struct gr__loop *loop, struct gr__body *body,
                                            struct gr__task **link)
{
    struct gr__reception *reception = body->annex->reception;
    struct gr__task *task = *link;
    *link = task->next;
    if (body->last == task)
        body->last = before(body, link);
    move_place(&reception->resume, &task->next, link);
    move_place(&reception->unseen, &task->next, link);
    gr__list_each (node, &reception->granted)
        if (wait_at(node)->place == &task->next)
            wait_at(node)->place = link;
    body->count--;
    gr__mailbox_took(loop, body, gr__envelope_of(task), before(body, link));
    return gr__envelope_of(task);
}

/* In a mailbox with rules, what comes back is the most urgent. */
void gr__reception_put_back(struct gr__body *body, struct gr__task **link, struct gr__task *task)
{
    if (body->max == 0) {
        task->next = NULL;
        gr__rules_put_back(body, task, task);
        link = &body->first;
    }
    task->next = *link;
    *link = task;
    if (task->next == NULL)
        body->last = task;
    body->count++;
}

/* Whether nobody is to see it any more: a timer's that was cancelled, or an ask that has expired. */
static bool is_dead(const struct gr__loop *loop, struct gr__envelope *envelope)
{
    enum gr__envelope_kind kind = gr__envelope_kind(envelope);
    if (kind & GR__KEYED)
        return *gr__envelope_timer(envelope) == NULL;
    return kind & GR__TIMED && gr__envelope_expired(loop, envelope);
}

static void drop_dead(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope)
{
    if (gr__envelope_kind(envelope) & GR__KEYED)
        gr__envelope_end(loop, envelope, -ECANCELED);
    else
        gr__dead_letter_expired(loop, gr__body_name(loop, body), envelope);
}

/* The actor is to stop, and no shield says that what is under way may go on. */
bool gr__reception_is_over(const struct gr__body *body)
{
    return gr__body_stopping(body) && body->runner->interrupted;
}

/* The link behind which the first message stands that fits, or NULL. */
struct gr__task **gr__reception_find(struct gr__loop *loop, struct gr__body *body,
                                     const gr_pattern *pattern)
{
    struct gr__reception *reception = body->annex->reception;
    if (!gr__pattern_same(pattern, &reception->searched)) {
        reception->searched = *pattern;
        reception->resume = &body->first;
    }

    struct gr__task **link = reception->resume;
    while (*link != NULL) {
        struct gr__envelope *envelope = gr__envelope_of(*link);
        if (!gr__pattern_fits(pattern, &envelope->message))
            link = &envelope->task.next;
        else if (is_dead(loop, envelope))
            drop_dead(loop, body, gr__reception_take_out(loop, body, link));
        else
            break;
    }
    reception->resume = link;
    return *link == NULL ? NULL : link;
}

/* The first control message that is wanted, or NULL. */
struct gr__notice *gr__reception_find_control(const struct gr__body *body,
                                              const gr_pattern *pattern)
{
    if (pattern->control == GR__HEAR_NONE)
        return NULL;
    gr__list_each (link, &body->annex->control)
        if (gr__pattern_hears(pattern, gr__notice_at(link)))
            return gr__notice_at(link);
    return NULL;
}

static void grant(struct gr__reception *reception, struct gr_receive_wait *wait)
{
    gr__list_remove(&wait->link);
    gr__list_append(&reception->granted, &wait->link);
    wait->woken = true;
    wait->waiter->wake(wait->waiter);
}

/* Offer the message behind the next link to who waits. False: nobody wants it. */
static bool offer(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__reception *reception = body->annex->reception;
    struct gr__envelope *envelope = gr__envelope_of(*reception->unseen);
    gr__list_each (link, &reception->waiting) {
        struct gr_receive_wait *wait = wait_at(link);
        if (!gr__pattern_fits(&wait->pattern, &envelope->message))
            continue;
        bool dead = is_dead(loop, envelope);
        gr__reception_take_out(loop, body, reception->unseen);
        if (dead) {
            drop_dead(loop, body, envelope);
        } else {
            wait->granted = envelope;
            wait->place = reception->unseen;
            grant(reception, wait);
        }
        return true;
    }
    return false;
}

static void offer_control(struct gr__body *body)
{
    struct gr__reception *reception = body->annex->reception;
    struct gr__list *next;
    for (struct gr__list *link = reception->waiting.next; link != &reception->waiting;
         link = next) {
        next = link->next;
        struct gr_receive_wait *wait = wait_at(link);
        struct gr__notice *notice = gr__reception_find_control(body, &wait->pattern);
        if (notice == NULL)
            continue;
        gr__list_remove(&notice->link);
        gr__list_append(&wait->heard, &notice->link);
        grant(reception, wait);
    }
    body->urgent &= (uint8_t)~GR__CONTROL;
}

/* A run that is to finish has done so when it is to wait, and its mailbox is empty. */
bool gr__reception_has_finished(const struct gr__body *body)
{
    return body->urgent & GR__FINISH && body->urgent & GR__RUNS && body->first == NULL;
}

void gr__reception_finish(struct gr__loop *loop, struct gr__body *body)
{
    gr__supervision_end(loop, body);
    gr__body_stop(loop, body, 0);
}

void gr__reception_arrived(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__reception *reception = body->annex->reception;
    if (gr__reception_is_over(body))
        return;

    if (body->urgent & GR__CONTROL)
        offer_control(body);
    while (*reception->unseen != NULL && !gr__list_empty(&reception->waiting))
        if (!offer(loop, body))
            reception->unseen = &(*reception->unseen)->next;
    if (gr__list_empty(&reception->waiting))
        gr__body_move(body, GR__SCHEDULED);
    else if (gr__reception_has_finished(body))
        gr__reception_finish(loop, body);
}

/* Whether what was received is all that this runner works on; else it works on what its handler has. */
bool gr__reception_is_run(const struct gr__loop *loop, const struct gr__body *body)
{
    return body->urgent & GR__RUNS && body->runner == loop->runner;
}

/* Put an ambient around a run, within the scopes and shields that it is in. */
void gr__reception_surround(struct gr__loop *loop, struct gr__ambient ambient)
{
    gr_time bound = gr__runner_bound(loop->runner);
    if (bound < ambient.deadline)
        ambient.deadline = bound;
    gr__ambient_restore(loop, ambient);
}

void gr__reception_release(struct gr__loop *loop, struct gr__body *body, int status)
{
    struct gr__reception *reception = body->annex->reception;
    while (reception->held != NULL) {
        struct gr__task *task = reception->held;
        reception->held = task->next;
        gr__envelope_end(loop, gr__envelope_of(task), status);
    }
    if (loop->has_ambient && gr__reception_is_run(loop, body))
        gr__reception_surround(loop, gr__ambient_none);
}

void gr__reception_end(struct gr__loop *loop, struct gr__body *body, int status)
{
    assert(gr__list_empty(&body->annex->reception->waiting));
    assert(gr__list_empty(&body->annex->reception->granted));
    gr__reception_release(loop, body, status);
    gr__reception_forget(body);
    body->urgent &= (uint8_t)~GR__RECEIVES;
    if (!gr__list_empty(&body->annex->control))
        body->urgent |= GR__CONTROL;
}

const struct gr_message *gr__reception_held(const struct gr__body *body)
{
    const struct gr__reception *reception = body->annex->reception;
    return reception->held == NULL ? NULL : &gr__envelope_of(reception->held)->message;
}

void gr__reception_give(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__reception *reception = body->annex->reception;
    gr__reception_release(loop, body, -ESHUTDOWN);
    body->annex->reception = NULL;
    gr__pool_give(&loop->pool, reception, sizeof *reception);
}
