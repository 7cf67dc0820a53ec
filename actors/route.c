/*
 * Routes: finding room, here or on the way. The design stands in route.h.
 */
#include "actors/route.h"

#include <errno.h>

#include "actors/dead_letter.h"
#include "actors/mailbox.h"
#include "actors/pressure.h"
#include "actors/rules.h"
#include "actors/way.h"
#include "actors/within.h"
#include "loop/post.h"

/* Waits until fewer messages are on their way to a loop. On the sender's stack. */
struct window {
    struct gr_awaitable awaitable;
    struct gr__outbox_waiter place;
    struct gr__outbox *outbox;
    struct gr_waiter *waiter;
    bool woken;
};

static struct window *window_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct window, awaitable);
}

static bool window_ready(struct gr_awaitable *awaitable)
{
    return window_of(awaitable)->woken || !gr__outbox_slows(window_of(awaitable)->outbox);
}

static bool window_opens(struct gr__outbox_waiter *place)
{
    struct window *window = gr__container_of(place, struct window, place);
    window->woken = true;
    window->waiter->wake(window->waiter);
    return true;
}

static int window_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct window *window = window_of(awaitable);
    window->waiter = waiter;
    window->place.wake = window_opens;
    gr__list_append(&window->outbox->waiters, &window->place.link);
    return 0;
}

static int window_take(struct gr_awaitable *awaitable)
{
    gr__outbox_pass(window_of(awaitable)->outbox);
    return 0;
}

static bool window_cancel(struct gr_awaitable *awaitable)
{
    struct window *window = window_of(awaitable);
    gr__list_remove(&window->place.link);
    if (window->woken)
        gr__outbox_pass(window->outbox);
    window->woken = false;
    return true;
}

static const struct gr_awaitable_type window_type = {"the way to another loop", window_ready,
                                                     window_subscribe, window_take, window_cancel};

/* Whether a sender waits, or is refused, for what is under way already. */
static bool is_shut(const struct gr__outbox *outbox, gr_time deadline)
{
    return deadline == GR__NOT_AT_ALL ? gr__outbox_full(outbox) : gr__outbox_slows(outbox);
}

static int wait_for_window(struct gr__outbox *outbox, gr_time deadline)
{
    if (deadline == GR__NOT_AT_ALL)
        return -EAGAIN;

    struct window window = {.awaitable = {&window_type}, .outbox = outbox};
    return gr_await(&window.awaitable, deadline);
}

/* A message on its way out, and what its sender has waited for so far. */
struct attempt {
    uint64_t to;
    struct gr__envelope *envelope;
    gr_time deadline;
    bool woken;  /* it has waited for room, and need not stand behind others again */
    bool let_in; /* it is in a ring, and so goes in above the bound */
};

/* What an attempt comes to that has waited: the actor may be elsewhere now, or gone. */
enum { AGAIN = 1 };

/* Wait for room in the mailbox of an actor, which is known by a name of its own where it lives. */
static int wait_for_room(struct gr__loop *loop, struct attempt *attempt, uint64_t at,
                         enum gr_when_full when_full)
{
    if (when_full == GR_FULL_FAIL || attempt->deadline == GR__NOT_AT_ALL)
        return -EAGAIN;
    int rc = gr__pressure_wait(loop, attempt->to, at, attempt->deadline);
    attempt->woken = true;
    attempt->let_in = rc == GR__LET_IN;
    return rc < 0 ? rc : AGAIN;
}

static int try_there(struct gr__loop *loop, struct attempt *attempt, uint64_t at)
{
    unsigned target = gr__handle_loop(at);
    struct gr__outbox *outbox = gr__loop_outbox(loop, target);
    enum gr_when_full when_full;
    if (!attempt->let_in && gr__pressure_remote(loop, at, &when_full))
        return wait_for_room(loop, attempt, at, when_full);
    if (is_shut(outbox, attempt->deadline)) {
        int rc = wait_for_window(outbox, attempt->deadline);
        return rc < 0 ? rc : AGAIN;
    }

    gr__envelope_address_from(attempt->envelope, at, loop->id);
    size_t bytes = gr__envelope_block_bytes(attempt->envelope);
    return gr__outbox_add_counted(loop, outbox, &attempt->envelope->task, bytes) ? 0 : -ENOMEM;
}

static bool is_full(const struct attempt *attempt, const struct gr__body *body)
{
    return attempt->woken ? gr__mailbox_full(body) && !attempt->let_in : gr__mailbox_holds_up(body);
}

/* To a body that lives here. */
static int try_here(struct gr__loop *loop, struct attempt *attempt, struct gr__body *body,
                    uint64_t at)
{
    bool full = is_full(attempt, body);
    if (full && body->behavior->when_full <= GR_FULL_FAIL)
        return wait_for_room(loop, attempt, at, body->behavior->when_full);
    if (full)
        gr__body_accept_full(loop, body, attempt->envelope);
    else
        gr__mailbox_put(loop, body, attempt->envelope);
    return 0;
}

/* To one whose home is here, and that lives elsewhere, or is on its way home. */
static int try_away(struct gr__loop *loop, struct attempt *attempt, struct gr__body *body)
{
    const struct gr__home *home = body->annex->home;
    if (!home->holding) {
        int rc = gr__envelope_apart(loop, attempt->envelope);
        return rc < 0 ? rc : try_there(loop, attempt, home->guest);
    }
    if (body->count >= home->max && !attempt->let_in)
        return wait_for_room(loop, attempt, attempt->to, body->behavior->when_full);
    gr__body_accept(loop, body, attempt->envelope);
    return 0;
}

static int try_by_body(struct gr__loop *loop, struct attempt *attempt, uint64_t at)
{
    struct gr__body *body = gr__body_find(loop, at);
    if (body == NULL || body->closed) {
        gr__actors_of(loop)->dead_letters++;
        gr__dead_letter_note(loop, attempt->to, &attempt->envelope->message, GR_DEAD_NO_ACTOR);
        return -ESTALE;
    }
    return body->stage == GR__AWAY ? try_away(loop, attempt, body)
                                   : try_here(loop, attempt, body, at);
}

/* With a way that is shut at the moment. */
static int try_held(struct attempt *attempt, struct gr__way *way)
{
    if (gr__way_full(way)) {
        int rc =
            attempt->deadline == GR__NOT_AT_ALL ? -EAGAIN : gr__way_wait(way, attempt->deadline);
        return rc < 0 ? rc : AGAIN;
    }
    gr__way_hold(way, &attempt->envelope->task);
    return 0;
}

static int try_elsewhere(struct gr__loop *loop, struct attempt *attempt)
{
    struct gr__way *way = gr__way_find(loop, attempt->to);
    if (way != NULL && !way->open)
        return try_held(attempt, way);
    uint64_t at = way != NULL ? way->guest : attempt->to;
    if (gr__handle_loop(at) == loop->id)
        return try_by_body(loop, attempt, at);
    return gr__loop_is_closed(gr__handle_loop(at)) ? -ESHUTDOWN : try_there(loop, attempt, at);
}

/* An actor that is not here, or perhaps has no room. Kept out of the path to one that has. */
static __attribute__((noinline)) int route_late(struct gr__loop *loop, uint64_t to,
                                                struct gr__envelope *envelope, gr_time deadline)
{
    struct attempt attempt = {.to = to, .envelope = envelope, .deadline = deadline};
    bool here = gr__handle_loop(to) == loop->id;
    int rc;
    do
        rc = here ? try_by_body(loop, &attempt, to) : try_elsewhere(loop, &attempt);
    while (rc == AGAIN);
    return rc;
}

int gr__route_open(struct gr__loop *loop, unsigned target, gr_time deadline)
{
    if (target == loop->id)
        return 0;
    if (gr__loop_is_closed(target))
        return -ESHUTDOWN;

    struct gr__outbox *outbox = gr__loop_outbox(loop, target);
    int rc = 0;
    while (rc == 0 && is_shut(outbox, deadline))
        rc = wait_for_window(outbox, deadline);
    return rc;
}

int gr__route(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope, gr_time deadline)
{
    struct gr__body *body = gr__body_find(loop, to);
    if (body == NULL || gr__body_full(body))
        return route_late(loop, to, envelope, deadline);

    gr__body_accept(loop, body, envelope);
    return 0;
}

void gr__route_straight(struct gr__loop *loop, uint64_t at, struct gr__envelope *envelope)
{
    unsigned target = gr__handle_loop(at);
    gr__envelope_address_from(envelope, at, loop->id);
    if (gr__loop_is_closed(target))
        gr__dead_letter(loop, at, envelope, GR_DEAD_SHUTDOWN);
    else
        gr__loop_send(loop, target, &envelope->task, gr__envelope_block_bytes(envelope));
}

/* Into the mailbox of an actor of this loop, whatever its bound and its behavior say. */
static void put_above(struct gr__loop *loop, uint64_t at, struct gr__envelope *envelope)
{
    struct gr__body *body = gr__body_find(loop, at);
    if (body == NULL || body->closed || body->stage == GR__AWAY)
        gr__mailbox_arrive(loop, at, envelope);
    else
        gr__mailbox_put(loop, body, envelope);
}

void gr__route_above(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope)
{
    struct gr__way *way = gr__handle_loop(to) == loop->id ? NULL : gr__way_find(loop, to);
    uint64_t at = way == NULL ? to : way->guest;
    if (way != NULL && !way->open)
        gr__way_hold(way, &envelope->task);
    else if (gr__handle_loop(at) == loop->id)
        put_above(loop, at, envelope);
    else
        gr__route_straight(loop, at, envelope);
}
