/*
 * Pressure: waiting for room, telling other loops, and finding rings. The design stands in
 * pressure.h.
 *
 * Invariants:
 *   1. A waiter is in one list: of its target's body, or of this loop's note on a target
 *      elsewhere. It is in none once it is ready.
 *   2. The mark of a sending is its actor's exactly while that one's handler waits here.
 *   3. This loop has a note on an actor elsewhere from the time it was told "pressed" until it is
 *      told "room"; both come from that actor's loop, in that order.
 */
#include "actors/pressure.h"

#include <errno.h>
#include <stdlib.h>

#include "actors/reentry.h"
#include "actors/relay.h"
#include "actors/ring.h"
#include "actors/rules.h"
#include "base/hash.h"
#include "loop/post.h"

enum { BUCKET_BITS = 6, BUCKETS = 1 << BUCKET_BITS, COPIES_MOST = 64 };

/* A sender that waits for room; on its own stack. */
struct gr__sending {
    struct gr_awaitable awaitable;
    struct gr__list link;
    struct gr__list *waiters; /* the list to stand in */
    struct gr_waiter *waiter;
    struct gr__mark mark; /* over: it is ready */
    bool let_in;          /* once ready: because it was found in a ring */
};

/* What this loop knows of an actor of another: it is pressed. */
struct note {
    struct gr__list link; /* in its bucket */
    uint64_t name;
    enum gr_when_full when_full;
    uint64_t relay;          /* an actor of this loop whose guest that is, and passed on to; or 0 */
    struct gr__list waiters; /* of struct gr__sending */
};

/* What loops tell each other: an actor is pressed, or has room again. */
struct notice {
    struct gr__task task;
    uint64_t name;
    enum gr_when_full when_full;
};

/* Follows the marks of a sender's target, from loop to loop. */
struct probe {
    struct gr__task task;
    uint64_t sender;
    uint64_t to;        /* what the sender waits for */
    uint32_t number;    /* of its wait */
    struct gr__mark at; /* where to look next: whom somebody waits for */
    unsigned copies;    /* how many there may be of it, with itself */
};

static struct gr__sending *sending_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr__sending, awaitable);
}

static bool sending_ready(struct gr_awaitable *awaitable)
{
    return sending_of(awaitable)->mark.over;
}

static int sending_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr__sending *sending = sending_of(awaitable);
    sending->waiter = waiter;
    gr__list_append(sending->waiters, &sending->link);
    return 0;
}

static int sending_take(struct gr_awaitable *awaitable)
{
    return sending_of(awaitable)->let_in ? GR__LET_IN : GR__LOOK_AGAIN;
}

static bool sending_cancel(struct gr_awaitable *awaitable)
{
    gr__list_remove(&sending_of(awaitable)->link);
    return !sending_of(awaitable)->mark.over;
}

static const struct gr_awaitable_type sending_type = {
    "room in a mailbox", sending_ready, sending_subscribe, sending_take, sending_cancel};

static void release(struct gr__sending *sending, bool let_in)
{
    gr__list_remove(&sending->link);
    sending->mark.over = true;
    sending->let_in = let_in;
    sending->waiter->wake(sending->waiter);
}

static void release_some(struct gr__list *waiters, size_t most)
{
    while (most-- > 0 && !gr__list_empty(waiters))
        release(gr__container_of(waiters->next, struct gr__sending, link), false);
}

void gr__pressure_let_in(struct gr__mark *mark)
{
    release(gr__container_of(mark, struct gr__sending, mark), true);
}

static void give_probe(struct gr__loop *loop, struct probe *probe)
{
    gr__pool_give(&loop->pool, probe, sizeof *probe);
}

static void discard_probe(struct gr__task *task)
{
    give_probe(gr__loop_here(), gr__container_of(task, struct probe, task));
}

/* A probe has come back: its sender is in a ring. */
static void probe_back(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct probe *probe = gr__container_of(task, struct probe, task);
    struct gr__body *body = gr__body_of(loop, probe->sender);
    if (gr__relay_after(loop, body, task, sizeof *probe))
        return;
    struct gr__mark *mark =
        body == NULL ? NULL : gr__body_mark_for_room(body, probe->to, probe->number);
    if (mark != NULL)
        gr__pressure_let_in(mark);
    give_probe(loop, probe);
}

static const struct gr__task_class probe_back_class = {"a ring found", probe_back, discard_probe,
                                                       NULL};

static void send_probe(struct gr__loop *loop, struct probe *probe, uint64_t to)
{
    gr__loop_send(loop, gr__handle_loop(to), &probe->task, sizeof *probe);
}

/* Send a probe to all that it has led to, in copies. False: that are too many, or memory is short. */
static bool spread(struct gr__loop *loop, const struct probe *probe,
                   const struct gr__ring_ends *ends)
{
    unsigned copies = probe->copies * ends->count;
    if (copies > COPIES_MOST)
        return false;
    for (uint32_t i = 0; i < ends->count; i++) {
        struct probe *copy = gr__pool_take(&loop->pool, sizeof *copy);
        if (copy == NULL)
            return false;
        *copy = *probe;
        copy->at = ends->waits[i];
        copy->copies = copies;
        send_probe(loop, copy, copy->at.to);
    }
    return true;
}

static void probe_on(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct probe *probe = gr__container_of(task, struct probe, task);
    struct gr__ring_ends ends;
    bool back = gr__ring_follow(loop, &probe->at, probe->sender, NULL, &ends);
    if (!back && ends.count == 1) {
        probe->at = ends.waits[0];
        send_probe(loop, probe, probe->at.to);
    } else if (back || !spread(loop, probe, &ends)) {
        probe->task.class = &probe_back_class;
        send_probe(loop, probe, probe->sender);
    } else {
        give_probe(loop, probe);
    }
}

static const struct gr__task_class probe_class = {"a probe", probe_on, discard_probe, NULL};

/* Whether waiting for `to` closes a ring. What cannot be told here, a probe finds out. */
static bool closes_ring(struct gr__loop *loop, uint64_t sender, uint64_t to, uint32_t number)
{
    struct gr__ring_ends ends;
    if (gr__ring_follow(loop, &(struct gr__mark){.to = to}, sender, loop->runner, &ends))
        return true;

    /* Without a probe nobody would find the ring, so none must close. */
    struct probe probe = {
        .task.class = &probe_class, .sender = sender, .to = to, .number = number, .copies = 1};
    return ends.count > 0 && !spread(loop, &probe, &ends);
}

static struct gr__pressure *pressure_of(struct gr__task *relief)
{
    return gr__container_of(relief, struct gr__pressure, relief);
}

/* The actor that is still under this pressure, and whose messages can be handled; or NULL. */
static struct gr__body *to_relieve(struct gr__loop *loop, const struct gr__pressure *pressure)
{
    struct gr__body *body = gr__body_find(loop, pressure->name);
    bool can = body != NULL && body->pressure == pressure && body->stage == GR__SCHEDULED &&
               body->runner == NULL && body->urgent == 0 && gr__mailbox_over_half(body);
    return can ? body : NULL;
}

static void end_relief(struct gr__task *relief)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__pressure *pressure = pressure_of(relief);
    const struct gr__body *body = gr__body_find(loop, pressure->name);
    if (body != NULL && body->pressure == pressure)
        pressure->relief_due = false;
    else
        gr__pool_give(&loop->pool, pressure, sizeof *pressure);
}

static void relieve(struct gr__task *relief)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = to_relieve(loop, pressure_of(relief));
    if (body != NULL)
        gr__body_relieve(loop, body);
    if (to_relieve(loop, pressure_of(relief)) == NULL)
        end_relief(relief);
    else
        gr__queue_push(&loop->ready, relief); /* the slice is over */
}

static const struct gr__task_class relief_class = {"a relief", relieve, end_relief, NULL};

static void relieve_next(struct gr__loop *loop, struct gr__pressure *pressure)
{
    if (pressure->relief_due)
        return;

    pressure->relief_due = true;
    gr__loop_ready_first(loop, &pressure->relief);
}

static void begin_pressure(struct gr__loop *loop, struct gr__body *body,
                           struct gr__pressure *pressure)
{
    memset(pressure, 0, sizeof *pressure);
    pressure->relief.class = &relief_class;
    pressure->name = gr__slots_name(&gr__actors_of(loop)->bodies, body);
    gr__list_init(&pressure->waiters);
    body->pressure = pressure;
}

static struct gr__pressure *make_pressure(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__pressure *pressure = gr__pool_take(&loop->pool, sizeof *pressure);
    if (pressure != NULL)
        begin_pressure(loop, body, pressure);
    return pressure;
}

static struct gr__pressure *press(struct gr__loop *loop, struct gr__body *body)
{
    if (body->pressure == NULL && make_pressure(loop, body) == NULL)
        return NULL;

    body->pressure->pressed = true;
    relieve_next(loop, body->pressure);
    return body->pressure;
}

static void give_pressure(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__pressure *pressure = body->pressure;
    pressure->pressed = false;
    if (pressure->stays)
        return;

    body->pressure = NULL;
    if (!pressure->relief_due)
        gr__pool_give(&loop->pool, pressure, sizeof *pressure);
}

bool gr__pressure_make(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__pressure *pressure = make_pressure(loop, body);
    if (pressure != NULL)
        pressure->stays = true;
    return pressure != NULL;
}

void gr__pressure_give(struct gr__loop *loop, struct gr__body *body)
{
    body->pressure->stays = false;
    give_pressure(loop, body);
}

static struct gr__list *bucket_of(struct gr__loop *loop, uint64_t name)
{
    return &gr__actors_of(loop)->pressed[gr__bucket(name, BUCKET_BITS)];
}

static struct note *find_note(struct gr__loop *loop, uint64_t name)
{
    struct gr__list *bucket = bucket_of(loop, name);
    gr__list_each (link, bucket) {
        struct note *note = gr__container_of(link, struct note, link);
        if (note->name == name)
            return note;
    }
    return NULL;
}

bool gr__pressure_remote(struct gr__loop *loop, uint64_t to, enum gr_when_full *ret_when_full)
{
    if (gr__actors_of(loop)->pressed_count == 0)
        return false;
    const struct note *note = find_note(loop, to);
    if (note == NULL)
        return false;

    *ret_when_full = note->when_full;
    return true;
}

void gr__pressure_watch(struct gr__loop *loop, uint64_t guest, uint64_t home)
{
    struct note *note = find_note(loop, guest);
    if (note != NULL)
        note->relay = home;
}

/* The list in which to wait for an actor, here or elsewhere; NULL: it need not be waited for. */
static int waiters_of(struct gr__loop *loop, uint64_t to, struct gr__list **ret_waiters)
{
    *ret_waiters = NULL;
    if (gr__handle_loop(to) != loop->id) {
        struct note *note = find_note(loop, to);
        if (note != NULL)
            *ret_waiters = &note->waiters;
        return 0;
    }

    struct gr__body *body = gr__body_find(loop, to);
    if (body == NULL)
        return 0;
    struct gr__pressure *pressure = press(loop, body);
    if (pressure == NULL)
        return -ENOMEM;
    *ret_waiters = &pressure->waiters;
    return 0;
}

/* A pressure that nobody waits under, and of which no loop was told, must not stay. */
static void ease(struct gr__loop *loop, uint64_t to)
{
    struct gr__body *body = gr__handle_loop(to) == loop->id ? gr__body_find(loop, to) : NULL;
    if (body == NULL || body->stage == GR__AWAY)
        return;
    if (gr__mailbox_pressed(body) && !gr__mailbox_full(body))
        gr__pressure_relieve(loop, body);
}

int gr__pressure_wait(struct gr__loop *loop, uint64_t to, uint64_t at, gr_time deadline)
{
    struct gr__body *sender = gr__body_here(loop);
    uint32_t number = ++gr__actors_of(loop)->room_waits;
    if (sender != NULL && closes_ring(loop, gr__body_name(loop, sender), to, number))
        return GR__LET_IN;

    struct gr__sending sending = {.awaitable = {&sending_type}, .mark = {.to = to, .tag = number}};
    int rc = waiters_of(loop, at, &sending.waiters);
    if (rc < 0 || sending.waiters == NULL)
        return rc;

    struct gr__mark **place = sender == NULL ? NULL : gr__body_mark_place(loop, sender);
    if (place != NULL)
        *place = &sending.mark;
    rc = gr_await(&sending.awaitable, deadline);
    if (place != NULL)
        *place = NULL;
    if (rc < 0)
        ease(loop, at);
    return rc;
}

static void tell(struct gr__loop *loop, unsigned to, const struct gr__task_class *class,
                 const struct gr__body *body)
{
    struct notice *notice = gr__pool_take(&loop->pool, sizeof *notice);
    if (notice == NULL)
        return;

    uint64_t name = gr__slots_name(&gr__actors_of(loop)->bodies, body);
    *notice = (struct notice){{NULL, class}, name, body->behavior->when_full};
    gr__loop_send(loop, to, &notice->task, sizeof *notice);
}

static struct notice open_notice(struct gr__task *task)
{
    struct notice notice = *gr__container_of(task, struct notice, task);
    gr__pool_give(&gr__loop_here()->pool, gr__container_of(task, struct notice, task),
                  sizeof notice);
    return notice;
}

static void discard_notice(struct gr__task *task)
{
    open_notice(task);
}

static void told_room(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct note *note = find_note(loop, open_notice(task).name);
    if (note == NULL)
        return;

    uint64_t relay = note->relay;
    release_some(&note->waiters, SIZE_MAX);
    gr__list_remove(&note->link);
    gr__actors_of(loop)->pressed_count--;
    gr__pool_give(&loop->pool, note, sizeof *note);
    if (relay != 0)
        gr__relay_room(loop, relay);
}

static const struct gr__task_class room_class = {"room", told_room, discard_notice, NULL};

static void told_pressed(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct notice notice = open_notice(task);
    struct note *note = gr__pool_take(&loop->pool, sizeof *note);
    if (note == NULL)
        return;

    note->name = notice.name;
    note->when_full = notice.when_full;
    note->relay = 0;
    gr__list_init(&note->waiters);
    gr__list_append(bucket_of(loop, notice.name), &note->link);
    gr__actors_of(loop)->pressed_count++;
}

static const struct gr__task_class pressed_class = {"pressed", told_pressed, discard_notice, NULL};

/* Who is woken by what comes after it must find it. */
__attribute__((constructor)) static void add_prompts(void)
{
    gr__prompt_add((struct gr__prompt){told_room, gr__prompt_run});
    gr__prompt_add((struct gr__prompt){told_pressed, gr__prompt_run});
}

void gr__pressure_tell(struct gr__loop *loop, struct gr__body *body, unsigned source)
{
    struct gr__pressure *pressure = press(loop, body);
    if (pressure == NULL)
        return;

    uint64_t bit = UINT64_C(1) << source % 64;
    if (pressure->told[source / 64] & bit)
        return;
    pressure->told[source / 64] |= bit;
    tell(loop, source, &pressed_class, body);
}

bool gr__pressure_hold_foreign(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__pressure *pressure = press(loop, body);
    if (pressure == NULL)
        return false;

    pressure->foreign++;
    return true;
}

static void let_foreign_go(struct gr__loop *loop, struct gr__pressure *pressure)
{
    gr__foreign_window_leave(loop->id, pressure->foreign);
    pressure->foreign = 0;
}

static void tell_room(struct gr__loop *loop, const struct gr__body *body)
{
    for (unsigned i = 0; i < loop->loop_count; i++)
        if (body->pressure->told[i / 64] & UINT64_C(1) << i % 64)
            tell(loop, i, &room_class, body);
    memset(body->pressure->told, 0, sizeof body->pressure->told);
}

/* Kept out of the path of a message to an actor without a pressure. */
__attribute__((noinline)) void gr__pressure_took(struct gr__loop *loop, struct gr__body *body,
                                                 const struct gr__envelope *envelope,
                                                 struct gr__task *previous)
{
    bool eased = body->max != 0 || gr__rules_took(body, envelope, previous);
    if (eased && body->pressure->pressed)
        gr__pressure_relieve(loop, body);
}

static void let_go(struct gr__loop *loop, struct gr__body *body, size_t most)
{
    struct gr__pressure *pressure = body->pressure;
    release_some(&pressure->waiters, most);
    tell_room(loop, body);
    let_foreign_go(loop, pressure);
    if (gr__list_empty(&pressure->waiters))
        give_pressure(loop, body);
}

void gr__pressure_relieve(struct gr__loop *loop, struct gr__body *body)
{
    let_go(loop, body, gr__body_stopping(body) ? SIZE_MAX : gr__mailbox_room(body));
}

void gr__pressure_end(struct gr__loop *loop, struct gr__body *body)
{
    let_go(loop, body, SIZE_MAX);
}

void gr__pressure_leave(struct gr__loop *loop, struct gr__body *body)
{
    body->pressure->stays = false;
    let_go(loop, body, SIZE_MAX);
}

/* It may be under one already: at its home, of what was to be passed on to it. */
void gr__pressure_stay(struct gr__loop *loop, struct gr__body *body, struct gr__pressure *spare)
{
    if (body->pressure == NULL)
        begin_pressure(loop, body, spare);
    else
        gr__pool_give(&loop->pool, spare, sizeof *spare);
    body->pressure->stays = true;
}

void gr__pressure_drop(struct gr__loop *loop, struct gr__body *body)
{
    if (body->pressure == NULL)
        return;

    let_foreign_go(loop, body->pressure);
    give_pressure(loop, body);
}

int gr__pressure_start(struct gr__loop *loop)
{
    struct gr__list *buckets = malloc(BUCKETS * sizeof *buckets);
    if (buckets == NULL)
        return -ENOMEM;

    for (int i = 0; i < BUCKETS; i++)
        gr__list_init(&buckets[i]);
    gr__actors_of(loop)->pressed = buckets;
    gr__actors_of(loop)->pressed_count = 0;
    return 0;
}

void gr__pressure_done(struct gr__loop *loop)
{
    struct gr__list *buckets = gr__actors_of(loop)->pressed;
    for (int i = 0; i < BUCKETS; i++)
        for (struct gr__list *link; (link = gr__list_shift(&buckets[i])) != NULL;)
            gr__pool_give(&loop->pool, gr__container_of(link, struct note, link),
                          sizeof(struct note));
    free(buckets);
}
