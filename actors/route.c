/*
 * Routes: finding room, here or on the way. The design stands in route.h.
 */
#include "actors/route.h"

#include <errno.h>

#include "actors/dead_letter.h"
#include "actors/pressure.h"
#include "actors/rules.h"
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
    return window_of(awaitable)->woken || !gr__outbox_full(window_of(awaitable)->outbox);
}

static void window_opens(struct gr__outbox_waiter *place)
{
    struct window *window = gr__container_of(place, struct window, place);
    window->woken = true;
    window->waiter->wake(window->waiter);
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
    (void)awaitable;
    return 0;
}

static bool window_cancel(struct gr_awaitable *awaitable)
{
    gr__list_remove(&window_of(awaitable)->place.link);
    return !window_of(awaitable)->woken;
}

static const struct gr_awaitable_type window_type = {"the way to another loop", window_ready,
                                                     window_subscribe, window_take, window_cancel};

static int wait_for_window(struct gr__outbox *outbox, gr_time deadline)
{
    if (deadline == GR__NOT_AT_ALL)
        return -EAGAIN;

    struct window window = {.awaitable = {&window_type}, .outbox = outbox};
    return gr_await(&window.awaitable, deadline);
}

/* Wait for room in the mailbox of an actor whose behavior is `when_full`. */
static int wait_for_room(struct gr__loop *loop, uint64_t to, enum gr_when_full when_full,
                         gr_time deadline)
{
    if (when_full == GR_FULL_FAIL || deadline == GR__NOT_AT_ALL)
        return -EAGAIN;
    return gr__pressure_wait(loop, to, deadline);
}

/* The actor, if it is here and has not closed. */
static struct gr__body *find_open(struct gr__loop *loop, uint64_t to)
{
    struct gr__body *body = gr__body_find(loop, to);
    return body == NULL || body->closed ? NULL : body;
}

/* An actor that is not here, or perhaps has no room. Kept out of the path to one that has. */
static __attribute__((noinline, cold)) int
route_late(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope, gr_time deadline)
{
    struct gr__body *body = find_open(loop, to);
    bool full = body != NULL && gr__mailbox_holds_up(body);
    while (full && body->behavior->when_full <= GR_FULL_FAIL) {
        int rc = wait_for_room(loop, to, body->behavior->when_full, deadline);
        if (rc < 0)
            return rc;

        /* The actor may have gone meanwhile. Who was woken need not stand behind others again. */
        body = find_open(loop, to);
        full = body != NULL && gr__mailbox_full(body) && rc != GR__LET_IN;
    }

    if (body == NULL) {
        gr__actors_of(loop)->dead_letters++;
        gr__dead_letter_note(loop, to, &envelope->message, GR_DEAD_NO_ACTOR);
        return -ESTALE;
    }
    if (full)
        gr__body_accept_full(loop, body, envelope);
    else
        gr__mailbox_put(loop, body, envelope);
    return 0;
}

static inline int route_here(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope,
                             gr_time deadline)
{
    struct gr__body *body = gr__body_find(loop, to);
    if (body == NULL || gr__body_full(body))
        return route_late(loop, to, envelope, deadline);

    gr__body_accept(loop, body, envelope);
    return 0;
}

/* Loops that never were look closed too. */
static bool is_closed(unsigned loop)
{
    return ck_pr_load_ptr(&gr__inboxes[loop].word) == GR__INBOX_CLOSED;
}

static int route_there(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope,
                       gr_time deadline)
{
    unsigned target = gr__handle_loop(to);
    if (is_closed(target))
        return -ESHUTDOWN;

    struct gr__outbox *outbox = gr__loop_outbox(loop, target);
    enum gr_when_full when_full;
    for (bool let_in = false; !let_in && gr__pressure_remote(loop, to, &when_full);) {
        int rc = wait_for_room(loop, to, when_full, deadline);
        if (rc < 0)
            return rc;
        let_in = rc == GR__LET_IN;
    }
    while (gr__outbox_full(outbox)) {
        int rc = wait_for_window(outbox, deadline);
        if (rc < 0)
            return rc;
    }

    gr__envelope_address(envelope,
                         gr__handle(gr__handle_generation(to), loop->id, gr__handle_index(to)));
    size_t bytes = gr__envelope_block_bytes(envelope);
    return gr__outbox_add_counted(loop, outbox, &envelope->task, bytes) ? 0 : -ENOMEM;
}

int gr__route(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope, gr_time deadline)
{
    if (gr__handle_loop(to) == loop->id)
        return route_here(loop, to, envelope, deadline);
    return route_there(loop, to, envelope, deadline);
}

void gr__route_above(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope)
{
    unsigned target = gr__handle_loop(to);
    gr__envelope_address(envelope,
                         gr__handle(gr__handle_generation(to), loop->id, gr__handle_index(to)));
    if (is_closed(target))
        gr__dead_letter(loop, to, envelope, GR_DEAD_SHUTDOWN);
    else
        gr__loop_send(loop, target, &envelope->task, gr__envelope_block_bytes(envelope));
}
