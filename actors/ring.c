/*
 * Rings: following marks, and telling of asks in a circle. The design stands in ring.h.
 */
#include "actors/ring.h"

#include <errno.h>

#include <greenroom/error.h>

#include "actors/move.h"
#include "actors/pressure.h"
#include "base/text.h"
#include "future/slot.h"

/* The mark of an actor that waits still, or NULL. */
static struct gr__mark *mark_of(const struct gr__body *body)
{
    struct gr__mark *mark = body == NULL ? NULL : body->mark;
    if (mark == NULL || mark->over)
        return NULL;
    if (mark->future == 0)
        return mark;
    const struct gr__future_slot *slot = gr__future_find(mark->future);
    return slot == NULL || slot->state != GR__FUTURE_WAITING ? NULL : mark;
}

uint64_t gr__ring_follow(struct gr__loop *loop, uint64_t name, uint64_t sender)
{
    for (uint32_t steps = gr__actors_of(loop)->bodies.live; steps > 0 && name != sender; steps--) {
        struct gr__body *body = gr__body_of(loop, name);
        if (body == NULL)
            return gr__handle_loop(name) != loop->id ? name : 0;
        if (body->stage == GR__AWAY)
            return gr__home_guest(body);
        const struct gr__mark *mark = mark_of(body);
        if (mark == NULL)
            return 0;
        name = mark->to;
    }
    return name == sender || gr__handle_loop(name) != loop->id ? name : 0;
}

/* What there is to know of a ring that an ask would close. */
struct ring {
    struct gr__mark *for_room; /* the first mark of a wait for room, or NULL */
    bool certain;              /* who was asked is the only one to reply, all round */
};

/* The marks from `name` on lead to `self`. */
static struct ring look_round(struct gr__loop *loop, uint64_t name, const struct gr__body *self)
{
    struct ring ring = {NULL, true};
    const struct gr__body *body = gr__body_of(loop, name);
    bool asked = true;
    for (;;) {
        if (asked && body->keeps)
            ring.certain = false;
        if (body == self)
            return ring;
        asked = body->mark->future != 0;
        if (!asked && ring.for_room == NULL)
            ring.for_room = body->mark;
        body = gr__body_of(loop, body->mark->to);
    }
}

static size_t append_name(char *text, size_t bytes, size_t length, const char *name)
{
    length = gr__text_append(text, bytes, length, "'");
    length = gr__text_append(text, bytes, length, name);
    return gr__text_append(text, bytes, length, "'");
}

/* Say who asks whom, in the report and in the details of the error. */
static int tell(struct gr__loop *loop, uint64_t name, const struct gr__body *self)
{
    char text[256];
    size_t length = append_name(text, sizeof text, 0, self->name);
    const struct gr__body *body = gr__body_of(loop, name);
    for (;; body = gr__body_of(loop, body->mark->to)) {
        length = gr__text_append(text, sizeof text, length, " asks ");
        length = append_name(text, sizeof text, length, body->name);
        if (body == self)
            break;
    }
    gr__loop_say(loop, "actors on loop %u ask in a circle: %s", loop->id, text);
    return gr_fail(-EDEADLK, "asking in a circle: %s", text);
}

int gr__ring_open(struct gr__loop *loop, const struct gr__body *self, uint64_t to)
{
    uint64_t sender = gr__body_name(loop, self);
    if (to == sender)
        return -EDEADLK;
    if (gr__ring_follow(loop, to, sender) != sender)
        return 0;

    struct ring ring = look_round(loop, to, self);
    if (ring.for_room != NULL)
        gr__pressure_let_in(ring.for_room);
    else if (ring.certain)
        return tell(loop, to, self);
    return 0;
}

void gr__ring_not_by(struct gr__loop *loop)
{
    struct gr__body *body = gr__body_here(loop);
    if (body != NULL)
        body->keeps = true;
}
