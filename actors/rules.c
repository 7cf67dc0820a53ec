/*
 * Rules: keeping a mailbox sorted, and its bytes counted. The design stands in rules.h.
 */
#include "actors/rules.h"

#include <errno.h>

#include "actors/reception.h"

static struct gr__rules *rules_of(const struct gr__body *body)
{
    return body->annex->rules;
}

int gr__rules_make(struct gr__loop *loop, struct gr__body *body, uint32_t max)
{
    const struct gr_behavior *behavior = body->behavior;
    struct gr__annex *annex = gr__annex_of(loop, body);
    struct gr__rules *rules = annex == NULL ? NULL : gr__pool_take(&loop->pool, sizeof *rules);
    if (rules == NULL)
        return -ENOMEM;

    size_t bytes_max = behavior->mailbox_bytes_max;
    *rules = (struct gr__rules){.max = max, .bytes_max = bytes_max == 0 ? SIZE_MAX : bytes_max};
    annex->rules = rules;
    body->max = 0;
    return gr__pressure_make(loop, body) ? 0 : -ENOMEM;
}

void gr__rules_end(struct gr__loop *loop, struct gr__body *body)
{
    if (body->pressure != NULL)
        gr__pressure_give(loop, body);
    gr__pool_give(&loop->pool, rules_of(body), sizeof(struct gr__rules));
    body->annex->rules = NULL;
}

bool gr__rules_full(const struct gr__body *body)
{
    const struct gr__rules *rules = rules_of(body);
    return body->count >= rules->max || rules->bytes >= rules->bytes_max;
}

static bool is_over_half(const struct gr__rules *rules, uint32_t count, size_t bytes)
{
    return count > rules->max / 2 || bytes > rules->bytes_max / 2;
}

bool gr__rules_over_half(const struct gr__body *body)
{
    return is_over_half(rules_of(body), body->count, rules_of(body)->bytes);
}

unsigned gr__rules_level(const struct gr__body *body, struct gr__envelope *envelope)
{
    if (body->behavior->priority == NULL)
        return 0;
    gr__envelope_deliver(envelope, gr__envelope_kind(envelope));
    unsigned level = body->behavior->priority(&envelope->message);
    return level < GR_PRIORITIES ? level : GR_PRIORITIES - 1;
}

/* The last of all that are of the first so many levels, or NULL: there is none. */
static struct gr__task *last_above(const struct gr__rules *rules, unsigned levels)
{
    while (levels > 0 && rules->levels[levels - 1].count == 0)
        levels--;
    return levels > 0 ? rules->levels[levels - 1].last : NULL;
}

/* Where the pointer to the one behind `previous` is; NULL is ahead of all. */
static struct gr__task **behind(struct gr__body *body, struct gr__task *previous)
{
    return previous == NULL ? &body->first : &previous->next;
}

__attribute__((noinline)) void gr__rules_put(struct gr__loop *loop, struct gr__body *body,
                                             struct gr__envelope *envelope)
{
    struct gr__rules *rules = rules_of(body);
    gr__envelope_deliver(envelope, gr__envelope_kind(envelope));
    unsigned level = gr__rules_level(body, envelope);
    struct gr__task **place = behind(body, last_above(rules, level + 1));
    envelope->task.next = *place;
    *place = &envelope->task;
    if (envelope->task.next == NULL)
        body->last = &envelope->task;
    rules->levels[level].last = &envelope->task;
    rules->levels[level].count++;
    rules->bytes += envelope->message.size;
    body->count++;
    if (envelope->task.next != NULL)
        gr__reception_reset(body);
    if (body->stage <= GR__IDLE)
        gr__body_schedule(loop, body);
}

void gr__rules_put_back(struct gr__body *body, struct gr__task *first, struct gr__task *last)
{
    struct gr__rules *rules = rules_of(body);
    if (rules->levels[0].last == NULL)
        rules->levels[0].last = last;
    for (const struct gr__task *task = first; task != NULL; task = task->next) {
        rules->levels[0].count++;
        rules->bytes += gr__envelope_of(task)->message.size;
    }
}

static void count_out(struct gr__rules *rules, unsigned level, const struct gr__envelope *envelope)
{
    rules->bytes -= envelope->message.size;
    if (--rules->levels[level].count == 0)
        rules->levels[level].last = NULL;
}

static unsigned first_level(const struct gr__rules *rules)
{
    unsigned level = 0;
    while (rules->levels[level].count == 0)
        level++;
    return level;
}

/* Of one that is in the list, or was, and knows what stands behind it. */
static unsigned level_of(const struct gr__rules *rules, const struct gr__task *task)
{
    for (;; task = task->next)
        for (unsigned level = 0; level < GR_PRIORITIES; level++)
            if (rules->levels[level].last == task)
                return level;
}

bool gr__rules_took(struct gr__body *body, const struct gr__envelope *envelope,
                    struct gr__task *previous)
{
    struct gr__rules *rules = rules_of(body);
    bool was_over_half = is_over_half(rules, body->count + 1, rules->bytes);
    unsigned level = previous == NULL ? first_level(rules) : level_of(rules, &envelope->task);
    if (rules->levels[level].last == &envelope->task)
        rules->levels[level].last = previous;
    count_out(rules, level, envelope);
    return body->count == 0 || (was_over_half && !gr__rules_over_half(body));
}

struct gr__task *gr__rules_take_least(struct gr__body *body, unsigned level)
{
    struct gr__rules *rules = rules_of(body);
    unsigned least = GR_PRIORITIES - 1;
    while (least > level && rules->levels[least].count == 0)
        least--;
    if (rules->levels[least].count == 0)
        return NULL;

    struct gr__task *previous = last_above(rules, least);
    struct gr__task *oldest = *behind(body, previous);
    *behind(body, previous) = oldest->next;
    if (oldest->next == NULL)
        body->last = previous;
    body->count--;
    count_out(rules, least, gr__envelope_of(oldest));
    return oldest;
}
