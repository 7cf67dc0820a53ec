/*
 * Barriers: the last to come serves all others, and so does who gives up.
 *
 * The outcome of a place is set when it is granted: 0 where all have come, -EPIPE where one gave
 * up. It cannot be given back, since the others have it too; so a wait that is cancelled after that
 * says that it is too late.
 *
 * Invariants:
 *   1. `waiting` is how many are in line, and is below `parties`.
 *   2. Nobody is in line while it is broken.
 */
#include <greenroom/barrier.h>

#include <errno.h>

#include "runner/line.h"
#include "runner/wait.h"

static struct gr_barrier_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_barrier_wait, awaitable);
}

/* Everybody who has come goes on, with this outcome. */
static void release(struct gr_barrier *barrier, int status)
{
    barrier->waiting = 0;
    while (!gr__line_empty(&barrier->line))
        gr__container_of(gr__line_grant(&barrier->line), struct gr_barrier_wait, place)->status =
            status;
}

static bool barrier_ready(struct gr_awaitable *awaitable)
{
    const struct gr_barrier_wait *wait = wait_of(awaitable);
    const struct gr_barrier *barrier = wait->barrier;
    return wait->place.granted || barrier->broken || barrier->waiting + 1 == barrier->parties;
}

static int barrier_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_barrier_wait *wait = wait_of(awaitable);
    wait->barrier->waiting++;
    gr__line_append(&wait->barrier->line, &wait->place, waiter);
    return 0;
}

static int barrier_take(struct gr_awaitable *awaitable)
{
    struct gr_barrier_wait *wait = wait_of(awaitable);
    bool last = !gr__place_take(&wait->place);
    int status = !last ? wait->status : wait->barrier->broken ? -EPIPE : 0;
    if (status < 0)
        return status;

    if (last)
        release(wait->barrier, 0);
    if (wait->ret_last != NULL)
        *wait->ret_last = last;
    return 0;
}

static bool barrier_cancel(struct gr_awaitable *awaitable)
{
    struct gr_barrier_wait *wait = wait_of(awaitable);
    if (wait->place.granted)
        return false;

    gr__line_leave(&wait->barrier->line, &wait->place);
    wait->barrier->broken = true;
    release(wait->barrier, -EPIPE);
    return true;
}

static const struct gr_awaitable_type barrier_type = {
    "the others at a barrier", barrier_ready, barrier_subscribe, barrier_take, barrier_cancel};

void gr_barrier_init(struct gr_barrier *barrier, unsigned parties)
{
    assert(parties > 0);
    *barrier = (struct gr_barrier){.parties = parties};
}

void gr_barrier_reset(struct gr_barrier *barrier)
{
    barrier->broken = false;
    release(barrier, -EPIPE);
}

struct gr_awaitable *gr_barrier_awaitable(struct gr_barrier_wait *wait, struct gr_barrier *barrier,
                                          bool *ret_last)
{
    *wait = (struct gr_barrier_wait){
        .awaitable = {&barrier_type}, .barrier = barrier, .ret_last = ret_last};
    return &wait->awaitable;
}

int gr_barrier_wait(struct gr_barrier *barrier, bool *ret_last, gr_time deadline)
{
    struct gr_barrier_wait wait;
    return gr__await_in_runner(gr_barrier_awaitable(&wait, barrier, ret_last), &barrier_type,
                               deadline);
}

void gr_barrier_done(const struct gr_barrier *barrier)
{
    assert(gr__line_empty(&barrier->line) && "nobody waits");
    (void)barrier;
}
