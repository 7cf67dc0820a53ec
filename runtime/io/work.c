/*
 * Works: what a loop asks of an executor, and how it hears of the end. All on the loop's thread.
 *
 *     run     -> subscribe: sent -> ... comes back: woken --> take
 *     submit  -> sent, perhaps after a wait for room -> ... comes back: its future settles
 *
 * One whose await ended early is freed at once where it had not begun, and else when it comes
 * back.
 */
#include <greenroom/executor.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/handle.h"
#include "io/workers.h"
#include "loop/details.h"
#include "runner/wait.h"

/* Room in an executor's queue for a work that was submitted, awaited. */
struct gr__room {
    struct gr_awaitable awaitable;
    struct gr_waiter *waiter;
    struct gr_work *work; /* NULL once it is known to have left those who wait */
};

/* A work that was submitted has left those who wait for room, one way or the other. */
static void leave_room(struct gr_work *work)
{
    struct gr__room *room = work->room;
    work->room = NULL;
    if (room == NULL)
        return;
    room->work = NULL;
    room->waiter->wake(room->waiter);
}

/* The future is of this loop, so that only its value may find no memory. */
static void settle(struct gr_work *work)
{
    leave_room(work);
    int rc = work->status;
    if (rc >= 0)
        rc = gr_promise_resolve(work->promise, gr__work_result(work), work->result_size);
    gr__details_adopt(&work->details);
    if (rc < 0)
        rc = gr_promise_reject(work->promise, rc);
    (void)rc;
    gr__work_free(work);
}

static void come_back(struct gr__task *task)
{
    struct gr_work *work = gr__container_of(task, struct gr_work, task);
    if (work->abandoned) {
        gr__work_free(work);
    } else if (work->promise.name != 0) {
        settle(work);
    } else {
        work->back = true;
        work->waiter->wake(work->waiter);
    }
}

static void discard(struct gr__task *task)
{
    gr__work_free(gr__container_of(task, struct gr_work, task));
}

static const struct gr__task_class back_class = {"a work that is done", come_back, discard, NULL};

/* It comes before the work comes back, since it was posted before that could begin. */
static void hear_of_room(struct gr__task *task)
{
    struct gr_work *work = gr__container_of(task, struct gr_work, let_in);
    work->unheard = false;
    leave_room(work);
    if (work->abandoned && work->taken_back)
        gr__work_free(work);
}

static const struct gr__task_class let_in_class = {"room in an executor", hear_of_room, NULL, NULL};

static struct gr_work *make(gr_work_fn *run, const void *argument, size_t argument_size,
                            size_t result_size)
{
    struct gr__loop *loop = gr__loop_here();
    size_t bytes = argument_size + _Alignof(max_align_t) + result_size;
    struct gr_work *work = calloc(1, sizeof *work + bytes);
    if (work == NULL)
        return NULL;

    work->task.class = &back_class;
    work->let_in.class = &let_in_class;
    work->run = run;
    work->loop = loop->id;
    work->sent = loop->now;
    work->argument_size = argument_size;
    work->result_size = result_size;
    if (argument_size > 0)
        memcpy(work->bytes, argument, argument_size);
    return work;
}

static int send(gr_executor executor, struct gr_work *work)
{
    return gr__workers_send(gr__workers_at(gr__handle_index(executor.name)),
                            gr__handle_generation(executor.name), work);
}

static struct gr_executor_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_executor_wait, awaitable);
}

static bool run_ready(struct gr_awaitable *awaitable)
{
    const struct gr_work *work = wait_of(awaitable)->work;
    return work != NULL && work->back;
}

static int run_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_executor_wait *wait = wait_of(awaitable);
    struct gr_work *work = make(wait->run, wait->argument, wait->argument_size, wait->result_size);
    if (work == NULL)
        return -ENOMEM;

    work->waiter = waiter;
    int rc = send(wait->executor, work);
    if (rc < 0) {
        gr__work_free(work);
        return rc;
    }
    wait->work = work;
    return 0;
}

static int run_take(struct gr_awaitable *awaitable)
{
    struct gr_executor_wait *wait = wait_of(awaitable);
    struct gr_work *work = wait->work;
    int status = work->status;
    if (status >= 0 && work->result_size > 0)
        memcpy(wait->result, gr__work_result(work), work->result_size);
    gr__details_adopt(&work->details);
    wait->work = NULL;
    gr__work_free(work);
    return status;
}

/* A work that nobody waits for any more. */
static void abandon(struct gr_work *work)
{
    work->abandoned = true;
    if (gr__workers_take_back(work))
        gr__work_free(work);
}

static bool run_cancel(struct gr_awaitable *awaitable)
{
    struct gr_executor_wait *wait = wait_of(awaitable);
    if (wait->work->back)
        return false;

    abandon(wait->work);
    wait->work = NULL;
    return true;
}

static const struct gr_awaitable_type run_type = {"blocking work", run_ready, run_subscribe,
                                                  run_take, run_cancel};

struct gr_awaitable *gr_executor_awaitable(struct gr_executor_wait *wait, gr_executor executor,
                                           gr_work_fn *run, const void *argument,
                                           size_t argument_size, void *ret_result,
                                           size_t result_size)
{
    *wait = (struct gr_executor_wait){{&run_type},   executor,   run,         argument,
                                      argument_size, ret_result, result_size, NULL};
    return &wait->awaitable;
}

int gr_executor_run(gr_executor executor, gr_work_fn *run, const void *argument,
                    size_t argument_size, void *ret_result, size_t result_size, gr_time deadline)
{
    struct gr_executor_wait wait;
    gr_executor_awaitable(&wait, executor, run, argument, argument_size, ret_result, result_size);
    return gr__await_in_runner(&wait.awaitable, &run_type, deadline);
}

int gr_blocking(gr_work_fn *run, const void *argument, size_t argument_size, void *ret_result,
                size_t result_size, gr_time deadline)
{
    return gr_executor_run(gr_executor_default(), run, argument, argument_size, ret_result,
                           result_size, deadline);
}

static struct gr__room *room_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr__room, awaitable);
}

static bool room_ready(struct gr_awaitable *awaitable)
{
    return room_of(awaitable)->work == NULL;
}

static int room_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    room_of(awaitable)->waiter = waiter;
    return 0;
}

static int room_take(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return 0;
}

/* Too late once the work has been let in, though its loop may not have heard of it. */
static bool room_cancel(struct gr_awaitable *awaitable)
{
    struct gr_work *work = room_of(awaitable)->work;
    if (work == NULL)
        return false;

    work->room = NULL;
    if (!gr__workers_take_back_waiting(work))
        return false;
    gr__work_free(work);
    return true;
}

static const struct gr_awaitable_type room_type = {"room in an executor", room_ready,
                                                   room_subscribe, room_take, room_cancel};

static int submit(gr_executor executor, struct gr_work *work, gr_time deadline)
{
    struct gr__room room = {.work = work};
    work->room = &room;
    work->unheard = true;
    int rc = send(executor, work);
    if (rc == GR__WORKERS_WAIT)
        return gr__await(&room.awaitable, &room_type, deadline);

    /* What was not made to wait hears of nothing, even if it has begun by now. */
    work->room = NULL;
    work->unheard = false;
    if (rc < 0)
        gr__work_free(work);
    return rc;
}

int gr_executor_submit(gr_executor executor, gr_work_fn *run, const void *argument,
                       size_t argument_size, size_t result_size, gr_future *ret_future,
                       gr_time deadline)
{
    if (gr__runner_here() == NULL)
        return GR_ENOTRUNNER;
    if (result_size > GR_FUTURE_VALUE_MAX)
        return -EMSGSIZE;
    struct gr_work *work = make(run, argument, argument_size, result_size);
    if (work == NULL)
        return -ENOMEM;
    gr_future future;
    int rc = gr_future_make(&future, &work->promise);
    if (rc < 0) {
        gr__work_free(work);
        return rc;
    }

    rc = submit(executor, work, deadline);
    if (rc < 0)
        gr_future_drop(future);
    else
        *ret_future = future;
    return rc;
}

bool gr_executor_cancel(gr_executor executor, gr_future future)
{
    struct gr__workers *workers = gr__workers_at(gr__handle_index(executor.name));
    struct gr_work *work;
    bool taken_back;
    if (!gr__workers_forget(workers, (gr_promise){future.name}, &work, &taken_back))
        return false;

    work->abandoned = true;
    work->taken_back = taken_back;
    if (taken_back && !work->unheard)
        gr__work_free(work);
    return gr_promise_reject((gr_promise){future.name}, -ECANCELED) == 0;
}
