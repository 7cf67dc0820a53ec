/*
 * Moving: orders, and trips. The design stands in move.h.
 */
#include "actors/move.h"

#include <greenroom/error.h>
#include <greenroom/move.h>

#include <errno.h>
#include <stdlib.h>

#include "actors/dead_letter.h"
#include "actors/placement.h"
#include "actors/pressure.h"
#include "actors/reception.h"
#include "actors/self_timer.h"
#include "actors/supervision.h"
#include "future/done.h"
#include "loop/post.h"

struct gr__moves *gr__moves_of(struct gr__loop *loop)
{
    struct gr__actors *actors = gr__actors_of(loop);
    if (actors->moves != NULL)
        return actors->moves;

    struct gr__moves *moves = calloc(1, sizeof *moves);
    if (moves == NULL)
        return NULL;
    for (unsigned i = 0; i < GR__GUEST_BUCKETS; i++) {
        gr__list_init(&moves->guests[i]);
        gr__list_init(&moves->ways[i]);
    }
    actors->moves = moves;
    return moves;
}

void gr__moves_done(struct gr__loop *loop)
{
    free(gr__actors_of(loop)->moves);
    gr__actors_of(loop)->moves = NULL;
}

struct gr__body *gr__guest_of(struct gr__loop *loop, uint64_t name)
{
    struct gr__moves *moves = gr__actors_of(loop)->moves;
    if (moves == NULL)
        return NULL;

    gr__list_each (link, &moves->guests[gr__bucket_of(name)]) {
        struct gr__lodging *lodging = gr__container_of(link, struct gr__lodging, link);
        if (lodging->home == name)
            return lodging->body;
    }
    return NULL;
}

struct gr__trip *gr__body_trip(const struct gr__body *body)
{
    return body->is_guest ? body->annex->lodging->order : body->annex->home->trip;
}

/* --- Trips ----------------------------------------------------------------------------------- */

void gr__trip_tell(struct gr__trip *trip, int status)
{
    gr_promise promise = trip->promise;
    trip->promise = (gr_promise){0};
    gr__done_tell(promise, status);
}

void gr__trip_end(struct gr__loop *loop, struct gr__trip *trip, int status)
{
    gr__trip_tell(trip, status);
    if (trip->pressure != NULL)
        gr__pool_give(&loop->pool, trip->pressure, sizeof *trip->pressure);
    gr__pool_give(&loop->pool, trip, sizeof *trip);
}

void gr__trip_send(struct gr__loop *loop, unsigned to, struct gr__trip *trip,
                   const struct gr__task_class *class)
{
    trip->task.class = class;
    gr__loop_send(loop, to, &trip->task, 0);
}

void gr__trip_discard_empty(struct gr__task *task)
{
    gr__trip_end(gr__loop_here(), gr__trip_of(task), -ESHUTDOWN);
}

/* Nobody runs the stop hook: the actor's loop has ended under it. */
void gr__trip_discard(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = &trip->body;
    for (struct gr__task *mail; (mail = body->first) != NULL;) {
        body->first = mail->next;
        gr__dead_letter(loop, trip->home, gr__envelope_of(mail), GR_DEAD_SHUTDOWN);
    }
    if (!gr__state_in_place(body->behavior))
        gr__pool_give(&loop->pool, body->self.state, body->behavior->state_bytes);
    gr__annex_end(loop, body);
    gr__trip_end(loop, trip, -ESHUTDOWN);
}

/* What is on its way stays its own; who runs it, and where, is the place's. */
void gr__body_pack(struct gr__loop *loop, struct gr__body *body, struct gr__trip *trip)
{
    if (body->pressure != NULL)
        gr__pressure_leave(loop, body);
    gr__self_timers_pause(loop, body->annex);
    trip->body = *body;
    trip->body.urgent &= (uint8_t)~GR__MOVE;
    trip->body.is_guest = false;
    trip->from = loop->id;
    body->first = NULL;
    body->count = 0;
    body->annex = NULL;
}

void gr__body_unpack(struct gr__loop *loop, struct gr__body *body, struct gr__trip *trip)
{
    size_t head = offsetof(struct gr__body, first);
    uint8_t stage = body->stage;
    struct gr__pressure *pressure = body->pressure;
    memcpy((char *)body + head, (char *)&trip->body + head, sizeof *body - head);
    if (gr__state_in_place(body->behavior))
        body->self.state = body->state;
    body->pressure = pressure;
    body->stage = stage;
    body->annex->moved_from = trip->from;
    if (trip->pressure != NULL)
        gr__pressure_stay(loop, body, trip->pressure);
    trip->pressure = NULL;
    gr__self_timers_go_on(loop, body);
    gr__reception_reset(body);
}

/* --- What keeps an actor --------------------------------------------------------------------- */

int gr__body_ties(const struct gr__body *body)
{
    const struct gr__annex *annex = body->annex;
    const char *tie = NULL;
    if (body->behavior->run != NULL)
        tie = "a run";
    else if (!gr__list_empty(&annex->children))
        tie = "children";
    else if (annex->tenants != NULL)
        tie = "a scope";
    else if (!gr__list_empty(&annex->group_watches))
        tie = "watches of groups";
    else if (!gr__list_empty(&annex->subscriptions))
        tie = "subscriptions";
    return tie == NULL ? 0 : gr_fail(-EBUSY, "actor '%s' has %s", body->name, tie);
}

/* --- Orders ---------------------------------------------------------------------------------- */

static struct gr__home *home_of(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__annex *annex = gr__annex_of(loop, body);
    if (annex == NULL || annex->home != NULL)
        return annex == NULL ? NULL : annex->home;

    struct gr__home *home = gr__pool_take(&loop->pool, sizeof *home);
    if (home == NULL)
        return NULL;
    memset(home, 0, sizeof *home);
    home->name = gr__body_name(loop, body);
    annex->home = home;
    return home;
}

/* An order for an actor that is here. 1: it is where it is to be. */
int gr__move_order(struct gr__loop *loop, struct gr__body *body, struct gr__home *home,
                   struct gr__trip *trip)
{
    if (!body->behavior->movable)
        return gr_fail(-ENOTSUP, "actor '%s' is not of a behavior that moves", body->name);
    if (trip->to == loop->id)
        return 1;
    int rc = gr__body_ties(body);
    if (rc == 0) {
        home->moves = true;
        gr__trip_send(loop, trip->to, trip, &gr__prepare_class);
    }
    return rc;
}

static int order(struct gr__loop *loop, struct gr__trip *trip)
{
    struct gr__body *body = gr__body_find(loop, trip->home);
    if (body == NULL || (gr__body_stopping(body) && !gr__supervision_rests(body)))
        return -ESTALE;
    if (loop->stopping)
        return -ESHUTDOWN;
    struct gr__home *home = home_of(loop, body);
    if (home == NULL || gr__moves_of(loop) == NULL)
        return -ENOMEM;
    if (home->moves)
        return gr_fail(-EBUSY, "actor '%s' is being moved", body->name);
    if (body->stage != GR__AWAY)
        return gr__move_order(loop, body, home, trip);
    if (gr__handle_loop(home->guest) == trip->to)
        return 1;

    home->moves = true;
    trip->guest = home->guest;
    gr__trip_send(loop, gr__handle_loop(home->guest), trip, &gr__leave_class);
    return 0;
}

static void order_arrives(struct gr__task *task)
{
    struct gr__trip *trip = gr__trip_of(task);
    int rc = order(gr__loop_here(), trip);
    if (rc != 0)
        gr__trip_end(gr__loop_here(), trip, rc < 0 ? rc : 0);
}

static const struct gr__task_class order_class = {"an order to move", order_arrives,
                                                  gr__trip_discard_empty, NULL};

int gr__move_start(struct gr__loop *loop, gr_actor actor, unsigned to, gr_promise promise)
{
    struct gr__trip *trip = gr__pool_take(&loop->pool, sizeof *trip);
    if (trip == NULL)
        return -ENOMEM;
    memset(trip, 0, sizeof *trip);
    trip->home = actor.name;
    trip->to = to;
    trip->promise = promise;
    trip->task.class = &order_class;
    if (gr__post(loop, gr__handle_loop(actor.name), &trip->task, 0))
        return 0;

    gr__pool_give(&loop->pool, trip, sizeof *trip);
    return -ESHUTDOWN;
}

int gr_actor_move(gr_actor actor, int where, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    const struct gr__body *self = gr__body_here(loop);
    if (self != NULL && gr__body_name(loop, self) == actor.name)
        return -EDEADLK;
    int to = gr__place(loop, where);
    if (to < 0)
        return to;

    gr_future future;
    gr_promise promise;
    int rc = gr_future_make(&future, &promise);
    if (rc < 0)
        return rc;
    rc = gr__move_start(loop, actor, (unsigned)to, promise);
    if (rc == 0)
        return gr__done_await(future, deadline);
    gr_future_drop(future);
    return rc;
}

int gr_self_move(struct gr_self *self, int where)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    int to = gr__place(loop, where);
    return to < 0 ? to : gr__move_start(loop, gr_self_actor(self), (unsigned)to, (gr_promise){0});
}
