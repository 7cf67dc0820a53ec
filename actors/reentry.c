/*
 * Re-entrancy: which handlers begin while others wait, and how they begin and end. The design stands in
 * reentry.h.
 */
#include "actors/reentry.h"

#include <errno.h>

#include <greenroom/error.h>

#include "actors/move.h"
#include "actors/ring.h"
#include "base/text.h"
#include "runner/cancel.h"

/* --- Beginnings and ends of an actor ---------------------------------------------------------- */

/* What a behavior says that cannot be, or NULL. */
static const char *contradiction(const struct gr_behavior *behavior)
{
    bool tags = behavior->reentrancy == GR_REENTRANCY_TAGS;
    if (behavior->run != NULL)
        return "a run, which takes its messages by itself";
    if (behavior->reentrancy > GR_REENTRANCY_TAGS)
        return "a reentrancy that there is not";
    if (tags && (behavior->reentrancy_tags == NULL || behavior->reentrancy_tag_count == 0))
        return "re-entrancy by tags, and none of these";
    if (!tags && behavior->reentrancy_tag_count > 0)
        return "tags, and re-entrancy for all messages";
    if (behavior->reentrancy_tag_count > GR_REENTRANCY_TAGS_MAX)
        return "more tags for its re-entrancy than there may be";
    return NULL;
}

static gr_pattern pattern_of(const struct gr_behavior *behavior)
{
    if (behavior->reentrancy == GR_REENTRANCY_ALL)
        return gr_pattern_any();
    return (gr_pattern){.kind = GR__MATCH_LISTED,
                        .context = behavior->reentrancy_tags,
                        .tag_count = (uint8_t)behavior->reentrancy_tag_count};
}

int gr__reentry_make(struct gr__loop *loop, struct gr__body *body)
{
    const struct gr_behavior *behavior = body->behavior;
    const char *wrong = contradiction(behavior);
    if (wrong != NULL)
        return gr_fail(-EINVAL, "behavior '%s' has %s", behavior->name, wrong);
    struct gr__annex *annex = gr__annex_of(loop, body);
    struct gr__reentry *reentry =
        annex == NULL ? NULL : gr__pool_take(&loop->pool, sizeof *reentry);
    if (reentry == NULL)
        return -ENOMEM;

    uint32_t max = behavior->reentrancy_max;
    *reentry = (struct gr__reentry){.max = max == 0 ? GR_REENTRANCY_DEFAULT : max,
                                    .hears_meanwhile = behavior->reentrancy == GR_REENTRANCY_ALL,
                                    .pattern = pattern_of(behavior)};
    gr__list_init(&reentry->under_way);
    gr__reception_init(body, &reentry->reception);
    annex->reentrant = true;
    body->urgent |= GR__RUNS;
    return 0;
}

void gr__reentry_end(struct gr__loop *loop, struct gr__body *body)
{
    gr__pool_give(&loop->pool, gr__body_reentry(body), sizeof(struct gr__reentry));
    body->annex->reception = NULL;
    body->annex->reentrant = false;
}

/* --- What may begin --------------------------------------------------------------------------- */

/* Whether a control message may. */
static bool may_hear(const struct gr__body *body)
{
    const struct gr__reentry *reentry = gr__body_reentry(body);
    return body->urgent & GR__CONTROL && !reentry->hears &&
           (reentry->count == 0 || reentry->hears_meanwhile);
}

/* The link behind which the message stands that may, or NULL. */
static struct gr__task **next(struct gr__loop *loop, struct gr__body *body)
{
    const struct gr__reentry *reentry = gr__body_reentry(body);
    if (body->first == NULL || reentry->count >= reentry->max)
        return NULL;
    return reentry->count == 0 ? &body->first : gr__reception_find(loop, body, &reentry->pattern);
}

static bool may_begin(struct gr__loop *loop, struct gr__body *body)
{
    return !gr__body_stopping(body) && (may_hear(body) || next(loop, body) != NULL);
}

/* --- Turns ------------------------------------------------------------------------------------ */

/* If another one may begin, its turn comes when this one waits, or has ended. */
void gr__reentry_arrived(struct gr__loop *loop, struct gr__body *body)
{
    if (!may_begin(loop, body))
        return;

    gr__body_move(body, GR__SCHEDULED);
    gr__loop_ready(loop, &body->task);
}

static void enter(struct gr__loop *loop, struct gr__body *body, struct gr__turn *turn)
{
    struct gr__reentry *reentry = gr__body_reentry(body);
    turn->runner = loop->runner;
    gr__list_append(&reentry->under_way, &turn->link);
    if (reentry->count++ == 0)
        body->runner = turn->runner;
    if (body->stage == GR__INTERLEAVING)
        gr__reentry_arrived(loop, body);
}

static void leave(struct gr__body *body, struct gr__turn *turn)
{
    struct gr__reentry *reentry = gr__body_reentry(body);
    gr__list_remove(&turn->link);
    reentry->count--;
    body->runner = reentry->count == 0 ? NULL : gr__turn_at(reentry->under_way.next)->runner;
}

static void hear(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__turn turn = {.envelope = NULL};
    gr__body_reentry(body)->hears = true;
    enter(loop, body, &turn);
    gr__annex_control(loop, body);
    leave(body, &turn);
    gr__body_reentry(body)->hears = false;
}

static void handle(struct gr__loop *loop, struct gr__body *body, struct gr__task **link)
{
    struct gr__envelope *envelope = gr__reception_take_out(loop, body, link);
    struct gr__turn turn = {.envelope = envelope};
    enter(loop, body, &turn);
    gr__body_handle(loop, body, envelope);
    leave(body, &turn);
}

/* Begin what comes next, and return when it has ended. False: nothing may begin. */
static bool begin(struct gr__loop *loop, struct gr__body *body)
{
    if (gr__body_stopping(body))
        return false;
    if (may_hear(body)) {
        hear(loop, body);
        return true;
    }
    struct gr__task **link = next(loop, body);
    if (link != NULL)
        handle(loop, body, link);
    return link != NULL;
}

/* Nothing of it is under way, nothing may begin, and its task is in no queue. */
static void rest(struct gr__loop *loop, struct gr__body *body)
{
    gr__body_move(body, GR__SCHEDULED);
    gr__body_finish(loop, body);
    if (gr__body_stopping(body)) {
        gr__body_end(loop, body);
        return;
    }
    if (gr__body_is_to_go(body) && gr__body_sets_out(loop, body))
        return;
    if (body->first != NULL || body->urgent != GR__RUNS)
        gr__loop_ready(loop, &body->task);
    else
        gr__body_move(body, GR__IDLE);
}

/* Something has ended: see to what comes then, unless the task does when it comes up. */
static void go_on(struct gr__loop *loop, struct gr__body *body)
{
    if (body->stage == GR__INTERLEAVING)
        gr__reentry_arrived(loop, body);
    if (body->stage == GR__INTERLEAVING && gr__body_reentry(body)->count == 0)
        rest(loop, body);
}

/* Where one has waited others have begun in another activation, which goes on in the place of this. */
void gr__reentry_run(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__reentry *reentry = gr__body_reentry(body);
    uint32_t activation = ++reentry->activations;
    uint32_t quantum = (uint32_t)loop->quantum;
    uint32_t most = body->count < quantum ? body->count : quantum;
    loop->budget -= (int32_t)most;
    gr__body_move(body, GR__INTERLEAVING);
    while (begin(loop, body)) {
        gr__ambient_settle(loop);
        if (reentry->activations != activation || most <= 1)
            break;
        most--;
    }
    go_on(loop, body);
}

/* --- Who waits -------------------------------------------------------------------------------- */

/* Whether that is the question, and this handler may still reply. */
static bool is_question(struct gr__envelope *envelope, uint64_t future)
{
    return envelope != NULL && gr__envelope_kind(envelope) & GR__ASK &&
           gr__envelope_promise(envelope)->name == future;
}

static struct gr__turn *turn_for(const struct gr__body *body, uint64_t future)
{
    gr__list_each (link, gr__body_turns(body))
        if (is_question(gr__turn_at(link)->envelope, future))
            return gr__turn_at(link);
    return NULL;
}

enum gr__reentry_wait gr__reentry_wait(const struct gr__body *body, uint64_t future, uint32_t tag,
                                       struct gr__turn **ret_only)
{
    const struct gr__reentry *reentry = gr__body_reentry(body);
    struct gr_message question = {.tag = tag};
    *ret_only = future == 0 ? NULL : turn_for(body, future);
    if (*ret_only != NULL)
        return GR__FOR_ALL;
    if (gr__body_stopping(body))
        return GR__FOR_NONE;
    if (future == 0 || !gr__pattern_fits(&reentry->pattern, &question))
        return GR__FOR_ALL;
    return reentry->count < reentry->max ? GR__FOR_NONE : GR__FOR_ONE;
}

struct gr__mark **gr__body_mark_place(const struct gr__loop *loop, struct gr__body *body)
{
    if (gr__body_reentrant(body))
        gr__list_each (link, gr__body_turns(body))
            if (gr__turn_at(link)->runner == loop->runner)
                return &gr__turn_at(link)->mark;
    return &body->mark;
}

static bool is_for_room(const struct gr__mark *mark, uint64_t to, uint32_t number)
{
    return mark != NULL && mark->future == 0 && mark->to == to && mark->tag == number &&
           !mark->over;
}

struct gr__mark *gr__body_mark_for_room(const struct gr__body *body, uint64_t to, uint32_t number)
{
    if (gr__body_reentrant(body))
        gr__list_each (link, gr__body_turns(body))
            if (is_for_room(gr__turn_at(link)->mark, to, number))
                return gr__turn_at(link)->mark;
    return is_for_room(body->mark, to, number) ? body->mark : NULL;
}

void gr__reentry_each(const struct gr__body *body, void (*visit)(struct gr__runner *runner))
{
    gr__list_each (link, gr__body_turns(body))
        visit(gr__turn_at(link)->runner);
}

static size_t append_wait(const struct gr__loop *loop, const struct gr__runner *runner, char *text,
                          size_t bytes, size_t length)
{
    char wait[128];
    gr__runner_describe_wait(loop, runner, wait, sizeof wait);
    length = gr__text_append(text, bytes, length, "for ");
    return gr__text_append(text, bytes, length, wait);
}

size_t gr__body_describe_waits(const struct gr__loop *loop, const struct gr__body *body, char *text,
                               size_t bytes)
{
    uint32_t count = gr__body_under_way(body);
    const char *idle = body->stage == GR__LEAVING
                           ? "for what it has sent to arrive, before it moves"
                           : "for its turn";
    if (count == 0)
        return gr__text_append(text, bytes, 0, idle);
    if (count == 1)
        return append_wait(loop, body->runner, text, bytes, 0);

    size_t length = gr__text_append(text, bytes, 0, "in ");
    length = gr__text_append_number(text, bytes, length, count);
    const char *before = " handlers: ";
    gr__list_each (link, gr__body_turns(body)) {
        length = gr__text_append(text, bytes, length, before);
        length = append_wait(loop, gr__turn_at(link)->runner, text, bytes, length);
        before = ", ";
    }
    return length;
}
