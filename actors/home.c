/*
 * Homes: an actor sets out, is away, and comes back. The design stands in move.h.
 */
#include <errno.h>

#include "actors/monitor.h"
#include "actors/move.h"
#include "actors/pressure.h"
#include "actors/rules.h"
#include "actors/self_timer.h"
#include "actors/stash.h"
#include "actors/way.h"
#include "actors/within.h"

/* --- Setting out ----------------------------------------------------------------------------- */

/* Let the envelopes of a chain have nothing in common with what stays. Those done already stay so. */
static int set_apart(struct gr__loop *loop, struct gr__task *first)
{
    for (struct gr__task *task = first; task != NULL; task = task->next) {
        int rc = gr__envelope_apart(loop, gr__envelope_of(task));
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int set_content_apart(struct gr__loop *loop, struct gr__body *body)
{
    int rc = set_apart(loop, body->first);
    if (rc == 0)
        rc = set_apart(loop, gr__stash_first(body->annex));
    return rc < 0 ? rc : gr__self_timers_apart(loop, body->annex);
}

/* A prepared actor cannot go: it stays, and its room there is given back. */
static void stay(struct gr__loop *loop, struct gr__home *home, int status)
{
    struct gr__trip *trip = home->trip;
    home->trip = NULL;
    home->moves = false;
    gr__trip_tell(trip, status);
    if (home->spare != NULL)
        gr__pool_give(&loop->pool, home->spare, sizeof *home->spare);
    home->spare = NULL;
    gr__trip_send(loop, gr__handle_loop(trip->guest), trip, &gr__cancel_class);
}

static void prepared(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = gr__body_find(loop, trip->home);
    struct gr__home *home = body == NULL ? NULL : body->annex->home;
    if (trip->status < 0) {
        if (home != NULL)
            home->moves = false;
        gr__trip_end(loop, trip, trip->status);
        return;
    }
    if (home == NULL) {
        gr__trip_tell(trip, -ESTALE);
        gr__trip_send(loop, gr__handle_loop(trip->guest), trip, &gr__cancel_class);
        return;
    }
    home->trip = trip;
    home->spare = gr__annex_take(loop);
    if (home->spare == NULL)
        stay(loop, home, -ENOMEM);
    else
        gr__body_urge(loop, body, GR__MOVE);
}

const struct gr__task_class gr__prepared_class = {"room for an actor", prepared,
                                                  gr__trip_discard_empty, NULL};

/* A mailbox with rules is always under a pressure, also where it comes to. */
static int take_pressure(struct gr__loop *loop, struct gr__body *body)
{
    if (body->annex->rules == NULL)
        return 0;
    struct gr__trip *trip = gr__body_trip(body);
    trip->pressure = gr__pool_take(&loop->pool, sizeof *trip->pressure);
    return trip->pressure == NULL ? -ENOMEM : 0;
}

static int get_ready(struct gr__loop *loop, struct gr__body *body)
{
    int rc = gr__body_ties(body);
    if (rc == 0 && !body->is_guest)
        rc = set_content_apart(loop, body);
    if (rc == 0)
        rc = take_pressure(loop, body);
    if (rc == 0)
        rc = gr__monitors_leave(loop, body);
    return rc == 0 ? gr__fence(loop, body) : rc;
}

static void cannot_go(struct gr__loop *loop, struct gr__body *body, int status)
{
    if (!body->is_guest) {
        stay(loop, body->annex->home, status);
        return;
    }
    struct gr__trip *trip = body->annex->lodging->order;
    body->annex->lodging->order = NULL;
    gr__trip_tell(trip, status);
    gr__trip_send(loop, gr__handle_loop(trip->home), trip, &gr__stays_class);
}

bool gr__body_sets_out(struct gr__loop *loop, struct gr__body *body)
{
    body->urgent &= (uint8_t)~GR__MOVE;
    int rc = get_ready(loop, body);
    if (rc < 0) {
        cannot_go(loop, body, rc);
        return false;
    }
    if (body->pressure != NULL)
        gr__pressure_end(loop, body);
    gr__body_move(body, GR__LEAVING);
    return true;
}

/* It has not gone, and goes on as if nothing had been. */
static void go_on(struct gr__loop *loop, struct gr__body *body)
{
    gr__body_move(body, GR__IDLE);
    if (body->first != NULL || body->urgent != 0)
        gr__body_schedule(loop, body);
}

static void move_all(struct gr__list *from, struct gr__list *to)
{
    for (struct gr__list *link; (link = gr__list_shift(from)) != NULL;)
        gr__list_append(to, link);
}

/* Those who watch an actor do so at its home, and there it has its names and its groups. */
static void leave_at_home(struct gr__annex *from, struct gr__annex *to)
{
    move_all(&from->watchers, &to->watchers);
    move_all(&from->names, &to->names);
    move_all(&from->memberships, &to->memberships);
}

/* From here on the body is where the actor's home is, and nothing else. */
static void become_home(struct gr__body *body, struct gr__home *home)
{
    home->behavior = *body->behavior;
    home->behavior.state_bytes = 0;
    home->behavior.start = NULL;
    home->behavior.stop = NULL;
    home->behavior.moved = NULL;
    body->behavior = &home->behavior;
    body->self.state = body->state;
    body->max = 0;
    body->urgent = 0;
    gr__body_move(body, GR__AWAY);
}

static void go_out(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__annex *annex = body->annex;
    struct gr__home *home = annex->home;
    struct gr__trip *trip = home->trip;
    home->max = body->max != 0 ? body->max : annex->rules->max;
    gr__body_pack(loop, body, trip);
    annex->home = NULL;
    body->annex = home->spare;
    body->annex->home = home;
    leave_at_home(annex, body->annex);
    become_home(body, home);

    home->spare = NULL;
    home->trip = NULL;
    home->moves = false;
    home->guest = trip->guest;
    memset(home->told, 0, sizeof home->told);
    gr__moves_of(loop)->homes++;
    gr__moves_of(loop)->passes_to[trip->to]++;
    gr__trip_send(loop, trip->to, trip, &gr__fill_class);
}

void gr__body_fenced(struct gr__loop *loop, struct gr__body *body)
{
    if (body->is_guest) {
        gr__ways_close(loop, body);
        return;
    }

    /* Others may have tied it meanwhile, and sent with values of this loop. */
    int rc = gr__body_ties(body);
    if (rc == 0)
        rc = set_content_apart(loop, body);
    if (rc == 0) {
        go_out(loop, body);
        return;
    }
    stay(loop, body->annex->home, rc);
    go_on(loop, body);
}

/* --- Coming home ----------------------------------------------------------------------------- */

static void stays(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = gr__body_find(loop, trip->home);
    if (body != NULL)
        body->annex->home->moves = false;
    gr__trip_end(loop, trip, -EBUSY);
}

const struct gr__task_class gr__stays_class = {"an actor that stays", stays, gr__trip_discard_empty,
                                               NULL};

static void shut(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = gr__body_find(loop, trip->home);
    assert(body != NULL && "it ends by the end of its guest alone");
    body->annex->home->holding = true;
    gr__trip_send(loop, gr__handle_loop(trip->guest), trip, &gr__is_shut_class);
}

const struct gr__task_class gr__shut_class = {"a coming home", shut, gr__trip_discard_empty, NULL};

/* What was passed on before has come back in the content; what was held is later. */
static void put_held(struct gr__loop *loop, struct gr__body *body, struct gr__queue held)
{
    for (struct gr__task *task; (task = gr__queue_shift(&held)) != NULL;)
        gr__mailbox_put(loop, body, gr__envelope_of(task));
}

/* The body is the actor again. */
static void come_home(struct gr__loop *loop, struct gr__body *body, struct gr__trip *trip)
{
    struct gr__annex *mine = body->annex;
    struct gr__home *home = mine->home;
    struct gr__queue held = {body->first, body->last};
    unsigned from = gr__handle_loop(home->guest);
    gr__body_unpack(loop, body, trip);
    put_held(loop, body, held);

    body->annex->home = home;
    leave_at_home(mine, body->annex);
    gr__pool_give(&loop->pool, mine, sizeof *mine);
    gr__list_remove(&home->window.link);
    home->guest = 0;
    home->holding = false;
    gr__moves_of(loop)->homes--;
    gr__moves_of(loop)->passes_to[from]--;
    gr__body_move(body, GR__IDLE);
}

static void run_all(struct gr__queue held)
{
    for (struct gr__task *task; (task = gr__queue_shift(&held)) != NULL;)
        task->class->run(task);
}

/* Where it is to go on to. */
static void go_further(struct gr__loop *loop, struct gr__body *body, struct gr__trip *trip)
{
    trip->guest = 0;
    body->annex->home->moves = false;
    int rc = loop->stopping ? -ESHUTDOWN : gr__move_order(loop, body, body->annex->home, trip);
    if (rc != 0)
        gr__trip_end(loop, trip, rc < 0 ? rc : 0);
}

static void returns(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = gr__body_find(loop, trip->home);
    struct gr__queue held = body->annex->home->held;
    body->annex->home->held.first = NULL;
    come_home(loop, body, trip);
    gr__body_urge(loop, body, GR__ARRIVED);
    run_all(held);
    if (gr__mailbox_pressed(body) && !gr__mailbox_full(body))
        gr__pressure_relieve(loop, body);
    if (loop->phase >= GR_PHASE_ACTORS && !body->is_child)
        gr__body_stop(loop, body, -ESHUTDOWN);
    go_further(loop, body, trip);
}

const struct gr__task_class gr__return_class = {"a return", returns, gr__trip_discard, NULL};

static void ended(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = gr__body_find(loop, trip->home);
    struct gr__home *home = body->annex->home;
    gr__moves_of(loop)->homes--;
    gr__moves_of(loop)->passes_to[gr__handle_loop(home->guest)]--;
    gr__list_remove(&home->window.link);
    home->guest = 0;
    body->reason = trip->status;
    body->urgent |= GR__STOP;
    gr__trip_end(loop, trip, -ESTALE);
    gr__body_go(loop, body);
}

const struct gr__task_class gr__ended_class = {"an end", ended, gr__trip_discard_empty, NULL};

void gr__home_end(struct gr__loop *loop, struct gr__body *body)
{
    static const struct gr_behavior nothing = {.name = "a home"};
    struct gr__home *home = body->annex->home;
    if (body->behavior == &home->behavior)
        body->behavior = &nothing;
    gr__list_remove(&home->window.link);
    gr__loop_discard(loop, &home->held);
    if (home->trip != NULL)
        stay(loop, home, -ESTALE);
    body->annex->home = NULL;
    gr__pool_give(&loop->pool, home, sizeof *home);
}

void gr__body_arrived(struct gr__loop *loop, struct gr__body *body)
{
    body->urgent &= (uint8_t)~GR__ARRIVED;
    if (body->behavior->moved == NULL)
        return;
    gr__ambient_settle(loop);
    int status = body->behavior->moved(&body->self, (int)body->annex->moved_from);
    if (status < 0)
        gr__body_fail(loop, body, status);
}
