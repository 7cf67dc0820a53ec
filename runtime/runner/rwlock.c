/*
 * Locks to read or to write by, fair to both.
 *
 * Invariants:
 *   1. It is held by one writer or by readers, or nobody; a grant that is not yet taken counts.
 *   2. The first in line could not be let in now: a writer, or a reader while one writes.
 *   3. `writer` is set exactly while one writes who has taken it.
 */
#include <greenroom/rwlock.h>

#include <errno.h>

#include "runner/line.h"
#include "runner/wait.h"

static struct gr_rwlock_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_rwlock_wait, awaitable);
}

static bool to_write(const struct gr_place *place)
{
    return gr__container_of(place, struct gr_rwlock_wait, place)->writing;
}

static bool lets_in(const struct gr_rwlock *lock, bool writing)
{
    return !lock->writing && (!writing || lock->readers == 0);
}

static void enter(struct gr_rwlock *lock, bool writing)
{
    if (writing)
        lock->writing = true;
    else
        lock->readers++;
}

static void leave(struct gr_rwlock *lock, bool writing)
{
    if (writing)
        lock->writing = false;
    else
        lock->readers--;
}

/* Let in as many as can be, in the order of the line. */
static void serve(struct gr_rwlock *lock)
{
    while (!gr__line_empty(&lock->line) && lets_in(lock, to_write(lock->line.first)))
        enter(lock, to_write(gr__line_grant(&lock->line)));
}

static bool rwlock_ready(struct gr_awaitable *awaitable)
{
    const struct gr_rwlock_wait *wait = wait_of(awaitable);
    const struct gr_rwlock *lock = wait->lock;
    return wait->place.granted || (gr__line_empty(&lock->line) && lets_in(lock, wait->writing));
}

static int rwlock_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_rwlock_wait *wait = wait_of(awaitable);
    if (wait->lock->writer == gr__runner_here())
        return -EDEADLK;

    gr__line_append(&wait->lock->line, &wait->place, waiter);
    return 0;
}

static int rwlock_take(struct gr_awaitable *awaitable)
{
    struct gr_rwlock_wait *wait = wait_of(awaitable);
    struct gr__runner *runner = gr__runner_here();
    if (!gr__place_take(&wait->place))
        enter(wait->lock, wait->writing);
    if (wait->writing)
        wait->lock->writer = runner;
    runner->locks++;
    return 0;
}

/* Where the first in line gives up, those behind may be let in who had to stand back for it. */
static bool rwlock_cancel(struct gr_awaitable *awaitable)
{
    struct gr_rwlock_wait *wait = wait_of(awaitable);
    if (gr__line_leave(&wait->lock->line, &wait->place))
        leave(wait->lock, wait->writing);
    serve(wait->lock);
    return true;
}

static const struct gr_awaitable_type read_type = {"a lock to read by", rwlock_ready,
                                                   rwlock_subscribe, rwlock_take, rwlock_cancel};
static const struct gr_awaitable_type write_type = {"a lock to write by", rwlock_ready,
                                                    rwlock_subscribe, rwlock_take, rwlock_cancel};

struct gr_awaitable *gr_rwlock_read_awaitable(struct gr_rwlock_wait *wait, struct gr_rwlock *lock)
{
    *wait = (struct gr_rwlock_wait){.awaitable = {&read_type}, .lock = lock};
    return &wait->awaitable;
}

struct gr_awaitable *gr_rwlock_write_awaitable(struct gr_rwlock_wait *wait, struct gr_rwlock *lock)
{
    *wait = (struct gr_rwlock_wait){.awaitable = {&write_type}, .lock = lock, .writing = true};
    return &wait->awaitable;
}

int gr_rwlock_lock_read(struct gr_rwlock *lock, gr_time deadline)
{
    struct gr_rwlock_wait wait;
    return gr__await_in_runner(gr_rwlock_read_awaitable(&wait, lock), &read_type, deadline);
}

int gr_rwlock_lock_write(struct gr_rwlock *lock, gr_time deadline)
{
    struct gr_rwlock_wait wait;
    return gr__await_in_runner(gr_rwlock_write_awaitable(&wait, lock), &write_type, deadline);
}

void gr_rwlock_unlock(struct gr_rwlock *lock)
{
    struct gr__runner *runner = gr__runner_here();
    bool writing = lock->writing;
    assert((writing ? lock->writer == runner : lock->readers > 0) && "only who holds the lock");
    runner->locks--;
    lock->writer = NULL;
    leave(lock, writing);
    serve(lock);
}

void gr_rwlock_done(const struct gr_rwlock *lock)
{
    assert(!lock->writing && lock->readers == 0 && "nobody holds the lock, or waits for it");
    (void)lock;
}
