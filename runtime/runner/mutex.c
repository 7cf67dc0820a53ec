/*
 * Locks that go from hand to hand.
 *
 *     free -- lock --> held -- unlock: nobody in line --> free
 *                       ^ |
 *                  take | | unlock: set aside for the first in line
 *                       | v
 *                     granted -- cancelled: for the next one, or free
 *
 * Invariants:
 *   1. Somebody is in line only while it is locked.
 *   2. `owner` is set exactly while it is held: locked, and not set aside.
 *   3. A runner's `locks` is how many it holds, these and those of rwlock.c.
 */
#include <greenroom/mutex.h>

#include <errno.h>

#include "runner/line.h"
#include "runner/wait.h"

static struct gr_mutex_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_mutex_wait, awaitable);
}

static void hold(struct gr_mutex *mutex, struct gr__runner *runner)
{
    mutex->locked = true;
    mutex->owner = runner;
    runner->locks++;
}

/* Nobody holds it: set it aside for the next, if there is one. */
static void pass_on(struct gr_mutex *mutex)
{
    mutex->locked = !gr__line_empty(&mutex->line);
    if (mutex->locked)
        gr__line_grant(&mutex->line);
}

static bool mutex_ready(struct gr_awaitable *awaitable)
{
    const struct gr_mutex_wait *wait = wait_of(awaitable);
    return wait->place.granted || !wait->mutex->locked;
}

static int mutex_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_mutex_wait *wait = wait_of(awaitable);
    if (wait->mutex->owner == gr__runner_here())
        return -EDEADLK;

    gr__line_append(&wait->mutex->line, &wait->place, waiter);
    return 0;
}

static int mutex_take(struct gr_awaitable *awaitable)
{
    struct gr_mutex_wait *wait = wait_of(awaitable);
    gr__place_take(&wait->place);
    hold(wait->mutex, gr__runner_here());
    return 0;
}

static bool mutex_cancel(struct gr_awaitable *awaitable)
{
    struct gr_mutex_wait *wait = wait_of(awaitable);
    if (gr__line_leave(&wait->mutex->line, &wait->place))
        pass_on(wait->mutex);
    return true;
}

static const struct gr_awaitable_type mutex_type = {"a lock", mutex_ready, mutex_subscribe,
                                                    mutex_take, mutex_cancel};

struct gr_awaitable *gr_mutex_awaitable(struct gr_mutex_wait *wait, struct gr_mutex *mutex)
{
    *wait = (struct gr_mutex_wait){.awaitable = {&mutex_type}, .mutex = mutex};
    return &wait->awaitable;
}

int gr_mutex_try_lock(struct gr_mutex *mutex)
{
    struct gr__runner *runner = gr__runner_here();
    if (runner == NULL)
        return GR_ENOTRUNNER;
    if (mutex->owner == runner)
        return -EDEADLK;
    if (mutex->locked)
        return -EAGAIN;

    hold(mutex, runner);
    return 0;
}

int gr_mutex_lock(struct gr_mutex *mutex, gr_time deadline)
{
    struct gr__runner *runner = gr__runner_here();
    if (runner == NULL)
        return GR_ENOTRUNNER;
    if (!mutex->locked) {
        hold(mutex, runner);
        return 0;
    }
    struct gr_mutex_wait wait;
    return gr__await(gr_mutex_awaitable(&wait, mutex), &mutex_type, deadline);
}

void gr_mutex_unlock(struct gr_mutex *mutex)
{
    assert(mutex->owner == gr__runner_here() && "only who holds the lock");
    mutex->owner->locks--;
    mutex->owner = NULL;
    pass_on(mutex);
}

void gr_mutex_done(const struct gr_mutex *mutex)
{
    assert(!mutex->locked && "nobody holds the lock, or waits for it");
    (void)mutex;
}
