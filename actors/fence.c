/*
 * Fences: what waits until all that a loop has sent so far has arrived.
 *
 *     the actor's loop                     each other loop           where that passes on to
 *     messages that wait with a way: first
 *     m m m [fence] ...................--> m arrives, or is passed on ..--> m arrives
 *                                          [fence] ......................--> [fence]
 *                                          [fence] <-- back, and to the next one
 *     all back: the actor may go <-------- [fence]
 *
 * A message goes by a way that its loop has, or to the actor's home and from there on: two lanes at
 * most. So a fence that goes behind it on the first, and from there on all that the home's
 * loop may have put it into, comes back after it has arrived.
 */
#include <errno.h>

#include "actors/move.h"
#include "actors/way.h"

struct fence {
    struct gr__task task;
    uint64_t actor; /* the leaving body's own name, on the loop where the fence began */
    unsigned at;    /* the loop that it visits */
    unsigned next;  /* from which on that may pass on to others */
};

static struct fence *fence_of(struct gr__task *task)
{
    return gr__container_of(task, struct fence, task);
}

static void give(struct gr__task *task)
{
    gr__pool_give(&gr__loop_here()->pool, fence_of(task), sizeof(struct fence));
}

static void is_back(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = gr__body_find(loop, fence_of(task)->actor);
    give(task);
    if (body != NULL && --gr__body_trip(body)->fences == 0)
        gr__body_fenced(loop, body);
}

static const struct gr__task_class back_class = {"a fence", is_back, give, NULL};

/* The next loop to which this one passes on, or its own number: there is none. */
static unsigned next_of(struct gr__loop *loop, unsigned next)
{
    const struct gr__moves *moves = gr__actors_of(loop)->moves;
    while (moves != NULL && next < loop->loop_count && moves->passes_to[next] == 0)
        next++;
    return moves == NULL || next >= loop->loop_count ? loop->id : next;
}

static void visits(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct fence *fence = fence_of(task);
    unsigned to = fence->at;
    if (loop->id == fence->at) {
        to = next_of(loop, fence->next);
        fence->next = to + 1;
    }
    if (to == loop->id) {
        task->class = &back_class;
        to = gr__handle_loop(fence->actor);
    }
    gr__loop_send(loop, to, task, sizeof *fence);
}

static const struct gr__task_class visit_class = {"a fence", visits, give, NULL};

/* Nothing waits with a way any more that waited when it began: all is in lanes. */
static void raise(struct gr__loop *loop, struct gr__trip *trip)
{
    for (struct gr__task *task; (task = gr__queue_shift(&trip->fence)) != NULL;)
        gr__loop_send(loop, fence_of(task)->at, task, sizeof(struct fence));
}

/* Go behind what waits with the ways of this loop, one after the other. */
static void pass_ways(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__trip *trip = gr__container_of(task, struct gr__trip, task);
    struct gr__way *way = gr__way_shut_before(gr__moves_of(loop), trip->number);
    if (way == NULL)
        raise(loop, trip);
    else
        gr__way_hold(way, task);
}

const struct gr__task_class gr__fence_waits_class = {"a fence", pass_ways, NULL, NULL};

static int fill(struct gr__loop *loop, uint64_t actor, struct gr__trip *trip)
{
    for (unsigned i = 0; i < loop->loop_count; i++) {
        if (i == loop->id)
            continue;
        struct fence *fence = gr__pool_take(&loop->pool, sizeof *fence);
        if (fence == NULL)
            return -ENOMEM;
        *fence = (struct fence){{NULL, &visit_class}, actor, i, 0};
        gr__queue_append(&trip->fence, &fence->task);
        trip->fences++;
    }
    return 0;
}

int gr__fence(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__trip *trip = gr__body_trip(body);
    trip->fences = 0;
    trip->fence.first = NULL;
    int rc = fill(loop, gr__slots_name(&gr__actors_of(loop)->bodies, body), trip);
    if (rc < 0) {
        gr__fence_drop(trip);
        return rc;
    }
    trip->number = gr__moves_of(loop)->ways_shut;
    trip->task.class = &gr__fence_waits_class;
    pass_ways(&trip->task);
    return 0;
}

void gr__fence_drop(struct gr__trip *trip)
{
    for (struct gr__task *task; (task = gr__queue_shift(&trip->fence)) != NULL;)
        give(task);
}
