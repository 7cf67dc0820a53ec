/*
 * Ways: opening and shutting them, at both ends. The design stands in way.h.
 */
#include "actors/way.h"

#include <errno.h>

#include "actors/dead_letter.h"
#include "actors/mailbox.h"
#include "actors/relay.h"
#include "actors/route.h"
#include "loop/post.h"

enum { WAYS_MAX = 1 << 12 };

/* What the two ends of a way, and the home, tell each other. */
struct ticket {
    struct gr__task task;
    struct gr__list link; /* among those of the guest, while it rests there */
    uint64_t home;
    uint64_t guest;
    struct ticket *answer; /* for `open`; NULL once that was given */
    unsigned loop;         /* whose way it is */
};

static struct ticket *ticket_of(struct gr__task *task)
{
    return gr__container_of(task, struct ticket, task);
}

static void give(struct gr__loop *loop, struct ticket *ticket)
{
    if (ticket->answer != NULL)
        gr__pool_give(&loop->pool, ticket->answer, sizeof *ticket->answer);
    gr__pool_give(&loop->pool, ticket, sizeof *ticket);
}

static void give_up(struct gr__task *task)
{
    give(gr__loop_here(), ticket_of(task));
}

static void send(struct gr__loop *loop, unsigned to, struct ticket *ticket,
                 const struct gr__task_class *class)
{
    ticket->task.class = class;
    gr__loop_send(loop, to, &ticket->task, sizeof *ticket);
}

/* --- The sender's end ------------------------------------------------------------------------ */

struct gr__way *gr__way_find(struct gr__loop *loop, uint64_t home)
{
    struct gr__moves *moves = gr__actors_of(loop)->moves;
    if (moves == NULL || moves->way_count == 0)
        return NULL;
    gr__list_each (link, &moves->ways[gr__bucket_of(home)]) {
        struct gr__way *way = gr__container_of(link, struct gr__way, link);
        if (way->home == home)
            return way;
    }
    return NULL;
}

struct gr__way *gr__way_shut_before(struct gr__moves *moves, uint64_t number)
{
    for (unsigned i = 0; i < GR__GUEST_BUCKETS && moves->way_count > 0; i++)
        gr__list_each (link, &moves->ways[i]) {
            struct gr__way *way = gr__container_of(link, struct gr__way, link);
            if (!way->open && way->number <= number)
                return way;
        }
    return NULL;
}

void gr__way_hold(struct gr__way *way, struct gr__task *task)
{
    gr__queue_append(&way->held, task);
    way->count++;
}

/* Waits until a way is open, or is none. On the sender's stack. */
struct pause {
    struct gr_awaitable awaitable;
    struct gr__list link;
    struct gr__list *waiters;
    struct gr_waiter *waiter;
    bool over;
};

static struct pause *pause_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct pause, awaitable);
}

static bool pause_ready(struct gr_awaitable *awaitable)
{
    return pause_of(awaitable)->over;
}

static int pause_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct pause *pause = pause_of(awaitable);
    pause->waiter = waiter;
    gr__list_append(pause->waiters, &pause->link);
    return 0;
}

static int pause_take(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return 0;
}

static bool pause_cancel(struct gr_awaitable *awaitable)
{
    gr__list_remove(&pause_of(awaitable)->link);
    return !pause_of(awaitable)->over;
}

static const struct gr_awaitable_type pause_type = {
    "the way to an actor that has moved", pause_ready, pause_subscribe, pause_take, pause_cancel};

int gr__way_wait(struct gr__way *way, gr_time deadline)
{
    struct pause pause = {.awaitable = {&pause_type}, .waiters = &way->waiters};
    return gr_await(&pause.awaitable, deadline);
}

static void shut(struct gr__moves *moves, struct gr__way *way)
{
    way->open = false;
    way->number = ++moves->ways_shut;
}

static struct gr__way *make(struct gr__loop *loop, const struct ticket *ticket)
{
    struct gr__moves *moves = gr__moves_of(loop);
    if (moves == NULL || moves->way_count == WAYS_MAX || gr__way_find(loop, ticket->home) != NULL)
        return NULL;
    struct gr__way *way = gr__pool_take(&loop->pool, sizeof *way);
    if (way == NULL)
        return NULL;

    *way = (struct gr__way){.home = ticket->home, .guest = ticket->guest};
    gr__list_init(&way->waiters);
    gr__list_append(&moves->ways[gr__bucket_of(way->home)], &way->link);
    moves->way_count++;
    shut(moves, way);
    return way;
}

/* From here on there is no such way. */
static void take_off(struct gr__loop *loop, struct gr__way *way)
{
    gr__actors_of(loop)->moves->way_count--;
    gr__list_remove(&way->link);
}

/* Let go what waited: messages to where it lives now, other tasks to where they want. */
static void let_go(struct gr__loop *loop, struct gr__way *way, uint64_t to)
{
    struct gr__queue held = way->held;
    way->held.first = NULL;
    way->count = 0;
    for (struct gr__task *task; (task = gr__queue_shift(&held)) != NULL;) {
        if (!gr__task_is_envelope(task))
            task->class->run(task);
        else if (gr__handle_loop(to) == loop->id)
            gr__mailbox_arrive(loop, to, gr__envelope_of(task));
        else
            gr__route_straight(loop, to, gr__envelope_of(task));
    }
    for (struct gr__list *link; (link = gr__list_shift(&way->waiters)) != NULL;) {
        struct pause *pause = gr__container_of(link, struct pause, link);
        pause->over = true;
        pause->waiter->wake(pause->waiter);
    }
}

static void opens(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct ticket *ticket = ticket_of(task);
    struct gr__way *way = gr__way_find(loop, ticket->home);
    way->open = true;
    let_go(loop, way, way->guest);
    give(loop, ticket);
}

static const struct gr__task_class open_class = {"an open way", opens, give_up, NULL};

static void is_void(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct ticket *ticket = ticket_of(task);
    struct gr__way *way = gr__way_find(loop, ticket->home);
    take_off(loop, way);
    let_go(loop, way, way->home);
    gr__pool_give(&loop->pool, way, sizeof *way);
    give(loop, ticket);
}

static const struct gr__task_class void_class = {"a void way", is_void, give_up, NULL};

/* --- The guest's end ------------------------------------------------------------------------- */

/* A marker has come after all that its loop has sent by the other way. */
static void wants_open(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct ticket *ticket = ticket_of(task);
    struct gr__body *body = gr__body_find(loop, ticket->guest);
    if (body == NULL || body->stage == GR__LEAVING) {
        send(loop, ticket->loop, ticket, &void_class);
        return;
    }
    struct ticket *answer = ticket->answer;
    ticket->answer = NULL;
    gr__list_append(&body->annex->lodging->ways, &ticket->link);
    *answer = (struct ticket){.home = ticket->home, .guest = ticket->guest};
    send(loop, ticket->loop, answer, &open_class);
}

static void is_closed(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct ticket *ticket = ticket_of(task);
    struct gr__body *body = gr__body_find(loop, ticket->guest);
    send(loop, ticket->loop, ticket, &void_class);
    if (body != NULL && --body->annex->lodging->open == 0)
        gr__guest_ways_shut(loop, body);
}

static const struct gr__task_class closed_class = {"a closed way", is_closed, give_up, NULL};

/* On the sender's loop. */
static void closes(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct ticket *ticket = ticket_of(task);
    shut(gr__moves_of(loop), gr__way_find(loop, ticket->home));
    send(loop, gr__handle_loop(ticket->guest), ticket, &closed_class);
}

static const struct gr__task_class close_class = {"a way to close", closes, give_up, NULL};

void gr__ways_close(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__lodging *lodging = body->annex->lodging;
    lodging->open = 0;
    for (struct gr__list *link; (link = gr__list_shift(&lodging->ways)) != NULL;) {
        struct ticket *ticket = gr__container_of(link, struct ticket, link);
        lodging->open++;
        send(loop, ticket->loop, ticket, &close_class);
    }
    if (lodging->open == 0)
        gr__guest_ways_shut(loop, body);
}

void gr__ways_void(struct gr__loop *loop, struct gr__lodging *lodging)
{
    for (struct gr__list *link; (link = gr__list_shift(&lodging->ways)) != NULL;) {
        struct ticket *ticket = gr__container_of(link, struct ticket, link);
        send(loop, ticket->loop, ticket, &void_class);
    }
}

/* --- The home's end -------------------------------------------------------------------------- */

static const struct gr__task_class wants_open_class = {"a way to open", wants_open, give_up, NULL};

static void asks_home(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct ticket *ticket = ticket_of(task);
    const struct gr__annex *annex = gr__annex_find(loop, ticket->home);
    struct gr__home *home = annex == NULL ? NULL : annex->home;
    if (home != NULL && home->holding) {
        gr__queue_append(&home->held, task);
        return;
    }
    if (home != NULL && home->guest == ticket->guest) {
        send(loop, gr__handle_loop(ticket->guest), ticket, &wants_open_class);
        return;
    }
    if (home != NULL)
        home->told[ticket->loop / 64] &= ~(UINT64_C(1) << ticket->loop % 64);
    send(loop, ticket->loop, ticket, &void_class);
}

static const struct gr__task_class ask_class = {"a way to open", asks_home, give_up, NULL};

/* On the sender's loop, which goes on to send by the home if it cannot have a way. */
static void is_told(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct ticket *ticket = ticket_of(task);
    if (make(loop, ticket) == NULL)
        give(loop, ticket);
    else
        send(loop, gr__handle_loop(ticket->home), ticket, &ask_class);
}

static const struct gr__task_class told_class = {"where an actor lives", is_told, give_up, NULL};

bool gr__way_tell(struct gr__loop *loop, const struct gr__home *home, unsigned to)
{
    struct ticket *ticket = gr__pool_take(&loop->pool, sizeof *ticket);
    if (ticket == NULL)
        return false;
    *ticket = (struct ticket){.home = home->name, .guest = home->guest, .loop = to};
    ticket->answer = gr__pool_take(&loop->pool, sizeof *ticket);
    if (ticket->answer == NULL) {
        give(loop, ticket);
        return false;
    }
    send(loop, to, ticket, &told_class);
    return true;
}

/* Before the bodies go, whose trips may wait here. */
void gr__ways_done(struct gr__loop *loop)
{
    struct gr__moves *moves = gr__actors_of(loop)->moves;
    for (unsigned i = 0; moves != NULL && i < GR__GUEST_BUCKETS; i++)
        while (!gr__list_empty(&moves->ways[i])) {
            struct gr__way *way = gr__container_of(moves->ways[i].next, struct gr__way, link);
            for (struct gr__task *task; (task = gr__queue_shift(&way->held)) != NULL;)
                if (gr__task_is_envelope(task))
                    gr__dead_letter(loop, way->home, gr__envelope_of(task), GR_DEAD_SHUTDOWN);
                else if (task->class->discard != NULL)
                    task->class->discard(task);
            take_off(loop, way);
            gr__pool_give(&loop->pool, way, sizeof *way);
        }
}
