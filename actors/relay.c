/*
 * Relays: passing on, and telling of pressure. The design stands in relay.h.
 */
#include "actors/relay.h"

#include "actors/dead_letter.h"
#include "actors/pressure.h"
#include "actors/way.h"
#include "actors/within.h"

static bool is_told(const struct gr__home *home, unsigned loop)
{
    return home->told[loop / 64] >> loop % 64 & 1;
}

/* Whoever sends by way of here is to have a way of its own. */
static void tell(struct gr__loop *loop, struct gr__home *home, unsigned source)
{
    if (source == loop->id || is_told(home, source))
        return;
    if (gr__way_tell(loop, home, source))
        home->told[source / 64] |= UINT64_C(1) << source % 64;
}

static bool window_opens(struct gr__outbox_waiter *waiter)
{
    gr__relay_room(gr__loop_here(), gr__container_of(waiter, struct gr__home, window)->name);
    return false;
}

bool gr__relay_pressed(struct gr__loop *loop, uint64_t guest)
{
    enum gr_when_full when_full;
    return gr__outbox_slows(gr__loop_outbox(loop, gr__handle_loop(guest))) ||
           gr__pressure_remote(loop, guest, &when_full);
}

/* See to it that gr__relay_room() is called when that may be over. */
static void await_room(struct gr__loop *loop, struct gr__home *home)
{
    struct gr__outbox *outbox = gr__loop_outbox(loop, gr__handle_loop(home->guest));
    gr__pressure_watch(loop, home->guest, home->name);
    if (gr__outbox_slows(outbox) && !gr__list_linked(&home->window.link)) {
        home->window.wake = window_opens;
        gr__list_append(&outbox->waiters, &home->window.link);
    }
}

/* Above the bound of the home's own mailbox, as what comes from other loops is let in. */
static bool hold(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope)
{
    gr__body_accept(loop, body, envelope);
    return body->count > body->annex->home->max;
}

bool gr__relay_message(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope,
                       unsigned source)
{
    struct gr__home *home = body->annex->home;
    if (home->holding)
        return hold(loop, body, envelope);

    struct gr__outbox *outbox = gr__loop_outbox(loop, gr__handle_loop(home->guest));
    size_t bytes = gr__envelope_block_bytes(envelope);
    if (gr__envelope_apart(loop, envelope) < 0) {
        gr__dead_letter(loop, home->name, envelope, GR_DEAD_NO_MEMORY);
        return false;
    }
    gr__envelope_address_from(envelope, home->guest, loop->id);
    if (!gr__outbox_add_counted(loop, outbox, &envelope->task, bytes)) {
        gr__dead_letter(loop, home->name, envelope, GR_DEAD_NO_MEMORY);
        return false;
    }
    tell(loop, home, source);
    if (!gr__relay_pressed(loop, home->guest))
        return false;
    await_room(loop, home);
    return true;
}

void gr__relay_task(struct gr__loop *loop, struct gr__body *body, struct gr__task *task,
                    size_t bytes)
{
    struct gr__home *home = body->annex->home;
    if (home->holding)
        gr__queue_append(&home->held, task);
    else
        gr__loop_send(loop, gr__handle_loop(home->guest), task, bytes);
}

void gr__relay_room(struct gr__loop *loop, uint64_t name)
{
    struct gr__body *body = gr__body_find(loop, name);
    if (body == NULL || body->stage != GR__AWAY || body->pressure == NULL)
        return;
    struct gr__home *home = body->annex->home;
    if (home->holding)
        return; /* it is told when the actor is here */
    if (gr__relay_pressed(loop, home->guest))
        await_room(loop, home);
    else
        gr__pressure_end(loop, body);
}
