/*
 * Permits, handed out in the order of the line.
 *
 * Invariants:
 *   1. The first in line wants more permits than there are.
 *   2. A permit that is granted is no longer among those that nobody has.
 */
#include <greenroom/semaphore.h>

#include <errno.h>

#include "runner/line.h"
#include "runner/wait.h"

static struct gr_semaphore_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_semaphore_wait, awaitable);
}

static uint32_t wanted(const struct gr_place *place)
{
    return gr__container_of(place, struct gr_semaphore_wait, place)->permits;
}

static void serve(struct gr_semaphore *semaphore)
{
    while (!gr__line_empty(&semaphore->line) && wanted(semaphore->line.first) <= semaphore->permits)
        semaphore->permits -= wanted(gr__line_grant(&semaphore->line));
}

static bool has(const struct gr_semaphore *semaphore, uint32_t permits)
{
    return gr__line_empty(&semaphore->line) && permits <= semaphore->permits;
}

static bool semaphore_ready(struct gr_awaitable *awaitable)
{
    const struct gr_semaphore_wait *wait = wait_of(awaitable);
    return wait->place.granted || has(wait->semaphore, wait->permits);
}

static int semaphore_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_semaphore_wait *wait = wait_of(awaitable);
    gr__line_append(&wait->semaphore->line, &wait->place, waiter);
    return 0;
}

static int semaphore_take(struct gr_awaitable *awaitable)
{
    struct gr_semaphore_wait *wait = wait_of(awaitable);
    if (!gr__place_take(&wait->place))
        wait->semaphore->permits -= wait->permits;
    return 0;
}

/* Where the first in line gives up, there may be enough for those behind. */
static bool semaphore_cancel(struct gr_awaitable *awaitable)
{
    struct gr_semaphore_wait *wait = wait_of(awaitable);
    if (gr__line_leave(&wait->semaphore->line, &wait->place))
        wait->semaphore->permits += wait->permits;
    serve(wait->semaphore);
    return true;
}

static const struct gr_awaitable_type semaphore_type = {
    "permits", semaphore_ready, semaphore_subscribe, semaphore_take, semaphore_cancel};

void gr_semaphore_init(struct gr_semaphore *semaphore, uint32_t permits, uint32_t max)
{
    assert((max == 0 || permits <= max) && "no more than the maximum");
    *semaphore = (struct gr_semaphore){.permits = permits, .max = max};
}

struct gr_awaitable *gr_semaphore_awaitable(struct gr_semaphore_wait *wait,
                                            struct gr_semaphore *semaphore, uint32_t permits)
{
    assert((semaphore->max == 0 || permits <= semaphore->max) && "there are never so many");
    *wait = (struct gr_semaphore_wait){
        .awaitable = {&semaphore_type}, .semaphore = semaphore, .permits = permits};
    return &wait->awaitable;
}

int gr_semaphore_try_acquire(struct gr_semaphore *semaphore, uint32_t permits)
{
    if (!has(semaphore, permits))
        return -EAGAIN;

    semaphore->permits -= permits;
    return 0;
}

int gr_semaphore_acquire(struct gr_semaphore *semaphore, uint32_t permits, gr_time deadline)
{
    if (gr__runner_here() == NULL)
        return GR_ENOTRUNNER;
    if (gr_semaphore_try_acquire(semaphore, permits) == 0)
        return 0;

    struct gr_semaphore_wait wait;
    return gr__await(gr_semaphore_awaitable(&wait, semaphore, permits), &semaphore_type, deadline);
}

int gr_semaphore_release(struct gr_semaphore *semaphore, uint32_t permits)
{
    uint32_t max = semaphore->max == 0 ? UINT32_MAX : semaphore->max;
    if (permits > max - semaphore->permits)
        return -EOVERFLOW;

    semaphore->permits += permits;
    serve(semaphore);
    return 0;
}

void gr_semaphore_done(const struct gr_semaphore *semaphore)
{
    assert(gr__line_empty(&semaphore->line) && "nobody waits");
    (void)semaphore;
}
