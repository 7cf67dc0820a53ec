/*
 * Waiting by a callback: a waiter that becomes a task.
 *
 *     gr_when -> WAITING -- woken ---> READY --+
 *         \         |-- deadline --+           +-- its turn: TELLING -- taken --> told, slot gone
 *          \        |-- stop ------+-> LATE ---+
 *           \-- ready already --> THERE -------+
 *
 *     cancel, before its turn: DEAD -- its turn --> slot gone
 *
 * A wait that ends early is withdrawn only at its turn, since to cancel an awaitable may wait, and
 * a timer fires on a stack that cannot. What was THERE may have been taken by another when its turn
 * comes; then it waits.
 *
 * The slots come down behind all other strata: what is awaited may still wake a callback while its
 * own stratum ends, as it may a runner, and that finds the slot in its place and does nothing.
 *
 * Invariants:
 *   1. The awaitable holds the waiter from WAITING on until take or cancel, but not where the
 *      callback is THERE.
 *   2. The timer is started only while WAITING; the task stands in a queue exactly in READY, LATE,
 *      THERE and DEAD.
 */
#include <greenroom/when.h>

#include <errno.h>

#include "base/slots.h"
#include "base/text.h"
#include "loop/ambient.h"
#include "runner/wait.h"

enum state { WAITING, READY, LATE, THERE, TELLING, DEAD };

struct callback {
    struct gr__slot slot;
    struct gr_waiter waiter;
    struct gr__timer timer; /* the deadline, started while WAITING */
    struct gr__task task;   /* from then on */
    struct gr_awaitable *awaitable;
    gr_when_fn *run;
    void *context;
    struct gr__values *values; /* what it inherits */
    int why;                   /* once LATE: -ETIMEDOUT or -ECANCELED */
    uint8_t state;
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_WHEN);
}

static void give(struct gr__loop *loop, struct callback *callback)
{
    gr__values_drop(&loop->pool, callback->values);
    gr__slots_give(table(loop), callback);
}

static void queue(struct callback *callback, enum state state)
{
    callback->state = (uint8_t)state;
    gr__loop_ready(gr__loop_here(), &callback->task);
}

static void on_ready(struct gr_waiter *waiter)
{
    struct callback *callback = gr__container_of(waiter, struct callback, waiter);
    if (callback->state != WAITING)
        return;

    gr__wheel_cancel(&gr__loop_here()->wheel, &callback->timer);
    queue(callback, READY);
}

static void end_early(struct callback *callback, int why)
{
    callback->why = why;
    queue(callback, LATE);
}

static void on_deadline(struct gr__timer *timer)
{
    end_early(gr__container_of(timer, struct callback, timer), -ETIMEDOUT);
}

/* Stand in line; what is ready meanwhile becomes a task by on_ready(). */
static int subscribe(struct gr__loop *loop, struct callback *callback)
{
    struct gr_awaitable *awaitable = callback->awaitable;
    callback->state = WAITING;
    callback->timer.fire = on_deadline;
    int rc = awaitable->type->subscribe(awaitable, &callback->waiter);
    if (rc == 0 && callback->timer.deadline != GR_FOREVER)
        gr__wheel_start(&loop->wheel, &callback->timer, callback->timer.deadline);
    return rc;
}

/* Whether the outcome is there: withdrawn where it is late and can be, else taken. */
static bool settle(struct gr__loop *loop, struct callback *callback, int *ret_status)
{
    struct gr_awaitable *awaitable = callback->awaitable;
    if (callback->state == THERE && !awaitable->type->ready(awaitable)) {
        *ret_status = loop->stopping ? -ECANCELED : subscribe(loop, callback);
        return *ret_status < 0;
    }

    bool late = callback->state == LATE;
    callback->state = TELLING;
    *ret_status = late && awaitable->type->cancel(awaitable) ? callback->why
                                                             : awaitable->type->take(awaitable);
    return true;
}

static void tell(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct callback *callback = gr__container_of(task, struct callback, task);
    if (callback->state == DEAD) {
        give(loop, callback);
        return;
    }

    int rc;
    if (!settle(loop, callback, &rc))
        return;
    struct callback call = *callback;
    callback->values = NULL;
    give(loop, callback);
    gr__ambient_begin(loop, (struct gr__ambient){call.values, GR_FOREVER});
    call.run(rc, call.context);
}

/* The loop ends before its turn; the awaitable may still hold the waiter, so the slot stays. */
static void discard(struct gr__task *task)
{
    struct callback *callback = gr__container_of(task, struct callback, task);
    gr__values_drop(&gr__loop_here()->pool, callback->values);
    callback->values = NULL;
}

static const struct gr__task_class told_class = {"a callback", tell, discard, NULL};

/* Have it told when the awaitable is ready, as it may be already. */
static int begin(struct gr__loop *loop, struct callback *callback)
{
    if (!callback->awaitable->type->ready(callback->awaitable))
        return subscribe(loop, callback);

    queue(callback, THERE);
    return 0;
}

int gr_when(struct gr_awaitable *awaitable, gr_when_fn *run, void *context,
            gr_callback *ret_callback, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    if (awaitable == NULL || awaitable->type == NULL)
        return GR_ENOTAWAITABLE;
    if (loop->stopping)
        return -ESHUTDOWN;
    uint64_t name;
    struct callback *callback = gr__slots_take(table(loop), &name);
    if (callback == NULL)
        return -ENOMEM;

    *callback = (struct callback){.slot = callback->slot,
                                  .waiter = {on_ready},
                                  .timer = {.deadline = deadline},
                                  .task = {.class = &told_class},
                                  .awaitable = awaitable,
                                  .run = run,
                                  .context = context};
    int rc = gr__ambient_some(loop, loop->id, GR__INHERITED, &callback->values);
    if (rc == 0)
        rc = begin(loop, callback);
    if (rc < 0) {
        give(loop, callback);
        return rc;
    }
    if (ret_callback != NULL)
        *ret_callback = (gr_callback){name};
    return 0;
}

/* Its turn is still to come; the awaitable has been told, or had nothing to be told. */
static bool cancel_queued(struct callback *callback)
{
    enum state state = callback->state;
    callback->state = TELLING;
    bool withdrawn = state == THERE || callback->awaitable->type->cancel(callback->awaitable);
    callback->state = withdrawn ? DEAD : THERE;
    return withdrawn;
}

static bool cancel_waiting(struct gr__loop *loop, struct callback *callback)
{
    gr__wheel_cancel(&loop->wheel, &callback->timer);
    callback->state = TELLING;
    if (callback->awaitable->type->cancel(callback->awaitable)) {
        give(loop, callback);
        return true;
    }
    queue(callback, THERE);
    return false;
}

bool gr_callback_cancel(gr_callback name)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    assert(name.name == 0 || gr__handle_loop(name.name) == loop->id);
    struct callback *callback = gr__slots_find(table(loop), name.name);
    if (callback == NULL || callback->state == TELLING || callback->state == DEAD)
        return false;
    return callback->state == WAITING ? cancel_waiting(loop, callback) : cancel_queued(callback);
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__slots) <= GR__PART_BYTES, "fits its part of the loop");
    return gr__slots_init(table(loop), loop->id, sizeof(struct callback), &floors[loop->id]);
}

static void stratum_stop(struct gr__loop *loop)
{
    if (loop->phase < GR_PHASE_CLOSE)
        return;

    for (struct callback *callback = NULL;
         (callback = gr__slots_next(table(loop), callback)) != NULL;) {
        if (callback->state != WAITING)
            continue;
        gr__wheel_cancel(&loop->wheel, &callback->timer);
        end_early(callback, -ECANCELED);
    }
}

/* Those that are to be told, since none waits any more. */
static size_t stratum_busy(const struct gr__loop *loop)
{
    const struct gr__slots *callbacks = (const void *)loop->parts[GR__PART_WHEN];
    return loop->phase < GR_PHASE_CLOSE ? 0 : callbacks->live;
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (loop->phase < GR_PHASE_CLOSE)
        return;

    for (struct callback *callback = NULL;
         (callback = gr__slots_next(table(loop), callback)) != NULL;) {
        if (callback->state == DEAD)
            continue;
        char line[128];
        size_t length = gr__text_append(line, sizeof line, 0, "a callback was never told of ");
        gr__text_append(line, sizeof line, length, callback->awaitable->type->name);
        say(context, line);
    }
}

static void stratum_done(struct gr__loop *loop)
{
    gr__slots_done(table(loop));
}

static struct gr__stratum stratum = {.part = GR__PART_WHEN,
                                     .start = stratum_start,
                                     .stop = stratum_stop,
                                     .busy = stratum_busy,
                                     .report = stratum_report,
                                     .done = stratum_done};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
