/*
 * Guests: actors that live here and have their home elsewhere. The design stands in move.h.
 */
#include <errno.h>

#include "actors/move.h"
#include "actors/pressure.h"
#include "actors/way.h"

static struct gr__slots *bodies(struct gr__loop *loop)
{
    return &gr__actors_of(loop)->bodies;
}

uint64_t gr__guest_name(const struct gr__body *body)
{
    return body->annex->lodging->home;
}

/* --- Coming ---------------------------------------------------------------------------------- */

/* What an empty guest is like. */
static const struct gr_behavior nobody = {.name = "a guest"};

static int make_empty(struct gr__loop *loop, uint64_t *ret_guest)
{
    if (loop->stopping)
        return -ESHUTDOWN;
    struct gr__body *body =
        gr__moves_of(loop) == NULL ? NULL : gr__slots_take(bodies(loop), ret_guest);
    if (body == NULL)
        return -ENOMEM;

    memset((char *)body + sizeof body->slot, 0, sizeof *body - sizeof body->slot);
    body->task.class = &gr__body_class;
    body->behavior = &nobody;
    body->name = nobody.name;
    body->stage = GR__AWAY;
    body->self.state = body->state;
    gr__moves_of(loop)->homes++;
    return 0;
}

static void prepare(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    trip->status = make_empty(loop, &trip->guest);
    gr__trip_send(loop, gr__handle_loop(trip->home), trip, &gr__prepared_class);
}

const struct gr__task_class gr__prepare_class = {"a request for room", prepare,
                                                 gr__trip_discard_empty, NULL};

static void cancel(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    gr__slots_give(bodies(loop), gr__body_find(loop, trip->guest));
    gr__moves_of(loop)->homes--;
    gr__trip_end(loop, trip, 0);
}

const struct gr__task_class gr__cancel_class = {"room given back", cancel, gr__trip_discard_empty,
                                                NULL};

static void settle_in(struct gr__loop *loop, struct gr__body *body, struct gr__trip *trip)
{
    struct gr__lodging *lodging = &trip->lodging;
    *lodging = (struct gr__lodging){.home = trip->home, .body = body, .trip = trip};
    gr__list_init(&lodging->ways);
    gr__list_append(&gr__moves_of(loop)->guests[gr__bucket_of(trip->home)], &lodging->link);
    gr__body_unpack(loop, body, trip);
    body->is_guest = true;
    body->annex->lodging = lodging;
    gr__moves_of(loop)->homes--;
    gr__body_move(body, GR__IDLE);
}

static void arrive(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = gr__body_find(loop, trip->guest);
    settle_in(loop, body, trip);
    gr__body_urge(loop, body, GR__ARRIVED);
    if (loop->phase >= GR_PHASE_ACTORS && !body->is_child)
        gr__body_stop(loop, body, -ESHUTDOWN);
    gr__trip_tell(trip, 0);
}

const struct gr__task_class gr__fill_class = {"an actor", arrive, gr__trip_discard, NULL};

/* --- Leaving --------------------------------------------------------------------------------- */

static void leave(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = gr__body_find(loop, trip->guest);
    if (body == NULL) {
        gr__trip_end(loop, trip, -ESTALE);
        return;
    }
    body->annex->lodging->order = trip;
    gr__body_urge(loop, body, GR__MOVE);
}

const struct gr__task_class gr__leave_class = {"an order to leave", leave, gr__trip_discard_empty,
                                               NULL};

void gr__guest_ways_shut(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__trip *trip = body->annex->lodging->order;
    body->annex->lodging->order = NULL;
    gr__trip_send(loop, gr__handle_loop(trip->home), trip, &gr__shut_class);
}

/* Nothing is on its way to it any more. */
static void go_home(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__trip_of(task);
    struct gr__body *body = gr__body_find(loop, trip->guest);
    struct gr__lodging *lodging = body->annex->lodging;
    assert(gr__list_empty(&lodging->ways));
    body->annex->lodging = NULL;
    gr__list_remove(&lodging->link);
    gr__body_pack(loop, body, trip);
    gr__pool_give(&loop->pool, lodging->trip, sizeof *lodging->trip);
    gr__slots_give(bodies(loop), body);
    gr__trip_send(loop, gr__handle_loop(trip->home), trip, &gr__return_class);
}

const struct gr__task_class gr__is_shut_class = {"a home that waits", go_home,
                                                 gr__trip_discard_empty, NULL};

/* --- The end --------------------------------------------------------------------------------- */

void gr__lodging_end(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__lodging *lodging = body->annex->lodging;
    struct gr__trip *trip = lodging->trip;
    if (lodging->order != NULL) {
        gr__fence_drop(lodging->order);
        gr__trip_end(loop, lodging->order, -ESTALE);
    }
    gr__ways_void(loop, lodging);
    gr__list_remove(&lodging->link);
    body->annex->lodging = NULL;
    trip->status = body->reason;
    gr__trip_send(loop, gr__handle_loop(trip->home), trip, &gr__ended_class);
}
