/*
 * Messages within something: taking it along and bringing it. The design stands in within.h.
 */
#include "actors/within.h"

#include "actors/self_timer.h"

struct gr__envelope *gr__envelope_take_within(struct gr__loop *loop, uint64_t to,
                                              enum gr__envelope_kind kind, gr_time deadline,
                                              uint32_t tag, size_t size)
{
    struct gr__values *values;
    if (gr__ambient_some(loop, gr__handle_loop(to), GR__CARRIED, &values) < 0)
        return NULL;

    kind |= values != NULL ? GR__WITHIN : GR__PLAIN;
    kind |= deadline != GR_FOREVER ? GR__TIMED : GR__PLAIN;
    struct gr__envelope *envelope = gr__envelope_take(loop, kind, tag, size);
    if (envelope == NULL) {
        gr__values_drop(&loop->pool, values);
        return NULL;
    }
    if (kind & GR__TIMED)
        *gr__envelope_deadline(envelope) = deadline;
    if (kind & GR__WITHIN)
        *gr__envelope_values(envelope) = values;
    return envelope;
}

static gr_time deadline_of(struct gr__envelope *envelope)
{
    return gr__envelope_kind(envelope) & GR__TIMED ? *gr__envelope_deadline(envelope) : GR_FOREVER;
}

struct gr__envelope *gr__envelope_move(struct gr__loop *loop, uint64_t to,
                                       struct gr__envelope *from)
{
    enum gr__envelope_kind kind = gr__envelope_kind(from) & GR__ASK_BUFFER;
    size_t size = from->message.size;
    struct gr__envelope *envelope =
        gr__envelope_take_for(loop, to, kind, deadline_of(from), from->message.tag, size);
    if (envelope == NULL)
        return NULL;

    if (kind & GR__ASK)
        *gr__envelope_promise(envelope) = *gr__envelope_promise(from);
    if (kind & GR__BUFFER)
        *gr__envelope_buffer(envelope) = *gr__envelope_buffer(from);
    else if (size > 0)
        memcpy(gr__envelope_content(envelope), from->message.data, size);
    return envelope;
}

int gr__envelope_apart(struct gr__loop *loop, struct gr__envelope *envelope)
{
    if (!(gr__envelope_kind(envelope) & GR__WITHIN))
        return 0;
    struct gr__values **values = gr__envelope_values(envelope);
    struct gr__values *copy;
    int rc = gr__values_some(&loop->pool, *values, GR__CARRIED, true, &copy);
    if (rc < 0)
        return rc;

    gr__values_drop(&loop->pool, *values);
    *values = copy;
    return 0;
}

void gr__envelope_forget(struct gr__envelope *envelope)
{
    enum gr__envelope_kind kind = gr__envelope_kind(envelope);
    if (kind & GR__ASK)
        *gr__envelope_promise(envelope) = (gr_promise){0};
    if (kind & GR__BUFFER)
        gr__envelope_forget_buffer(envelope);
}

void gr__envelope_take_back(struct gr__loop *loop, struct gr__envelope *envelope)
{
    if (gr__envelope_kind(envelope) & GR__WITHIN)
        gr__values_drop(&loop->pool, *gr__envelope_values(envelope));
    if (gr__envelope_kind(envelope) & GR__KEYED)
        gr__self_timer_arrives(loop, envelope);
    gr__envelope_give(loop, envelope);
}

bool gr__envelope_expired(const struct gr__loop *loop, struct gr__envelope *envelope)
{
    return deadline_of(envelope) <= loop->now && gr__envelope_promise(envelope)->name != 0;
}

struct gr__ambient gr__envelope_take_ambient(struct gr__envelope *envelope)
{
    struct gr__ambient ambient = {NULL, deadline_of(envelope)};
    if (gr__envelope_kind(envelope) & GR__WITHIN) {
        ambient.values = *gr__envelope_values(envelope);
        *gr__envelope_values(envelope) = NULL;
    }
    return ambient;
}

bool gr__envelope_begin(struct gr__loop *loop, struct gr__envelope *envelope)
{
    if (gr__envelope_expired(loop, envelope))
        return false;

    gr__ambient_begin(loop, gr__envelope_take_ambient(envelope));
    return true;
}
