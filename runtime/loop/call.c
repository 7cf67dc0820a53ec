/*
 * Calls at a time: a timer that becomes a task when it fires.
 *
 *     gr_call_at -> WAITING -- time --> READY -- turn --> called, slot gone
 *                      |                  |
 *                      | cancel           | cancel
 *                      v                  v
 *                  slot gone          CANCELLED -- turn --> slot gone
 *
 * A ready call stands in the loop's queue, out of whose middle nothing is taken; so one that
 * is cancelled there stays until its turn, and does nothing then. Where the time comes the
 * timer is over, and its memory becomes the task's: a call is one line of the cache.
 *
 * A call that inherits values takes a box along, in which they are together with what it is to
 * call; so the others do not need room for them.
 *
 * Invariants:
 *   1. timer.fire is set exactly while WAITING; the task does not reach that far.
 *   2. run is set unless CANCELLED.
 */
#include <greenroom/call.h>

#include <errno.h>

#include "base/slots.h"
#include "loop/ambient.h"

struct call {
    struct gr__slot slot;
    union {
        struct gr__timer timer; /* while WAITING */
        struct gr__task task;   /* from then on */
    };
    gr_task_fn *run;
    gr_task_fn *discard;
    void *context;
};

static_assert(sizeof(struct call) == 64, "a line of the cache");
static_assert(offsetof(struct gr__timer, fire) >= sizeof(struct gr__task), "invariant 1");

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_CALL);
}

static bool is_waiting(const struct call *call)
{
    return call->timer.fire != NULL;
}

/* Take the call out of its slot and give that back: what is called may take long, or ask for more. */
static struct call unpack(struct gr__task *task)
{
    struct call *slot = gr__container_of(task, struct call, task);
    struct call call = *slot;
    gr__slots_give(table(gr__loop_here()), slot);
    return call;
}

static void run(struct gr__task *task)
{
    struct call call = unpack(task);
    if (call.run != NULL)
        call.run(call.context);
}

static void discard(struct gr__task *task)
{
    struct call call = unpack(task);
    if (call.run != NULL && call.discard != NULL)
        call.discard(call.context);
}

static const struct gr__task_class ready_class = {"a timed call", run, discard, NULL};

static void on_time(struct gr__timer *timer)
{
    struct call *call = gr__container_of(timer, struct call, timer);
    call->timer.fire = NULL;
    call->task.class = &ready_class;
    gr__loop_ready(gr__loop_here(), &call->task);
}

/* A call that inherits values: the context of call_within(). */
struct box {
    gr_task_fn *run;
    gr_task_fn *discard;
    void *context;
    struct gr__values *values;
};

static struct box unbox(void *context)
{
    struct box box = *(struct box *)context;
    gr__pool_give(&gr__loop_here()->pool, context, sizeof box);
    return box;
}

static void call_within(void *context)
{
    struct box box = unbox(context);
    gr__ambient_begin(gr__loop_here(), (struct gr__ambient){box.values, GR_FOREVER});
    box.run(box.context);
}

static void discard_within(void *context)
{
    struct box box = unbox(context);
    gr__values_drop(&gr__loop_here()->pool, box.values);
    if (box.discard != NULL)
        box.discard(box.context);
}

/* Put what a call is to call into a box, with what it inherits, if that is anything. */
static int inherit(struct gr__loop *loop, struct call *call)
{
    struct gr__values *values;
    int rc = gr__ambient_some(loop, loop->id, GR__INHERITED, &values);
    if (rc < 0 || values == NULL)
        return rc;
    struct box *box = gr__pool_take(&loop->pool, sizeof *box);
    if (box == NULL) {
        gr__values_drop(&loop->pool, values);
        return -ENOMEM;
    }

    *box = (struct box){call->run, call->discard, call->context, values};
    call->run = call_within;
    call->discard = discard_within;
    call->context = box;
    return 0;
}

/* It will not be called: what is in its box is nobody's. */
static void disinherit(struct call *call)
{
    if (call->run == call_within)
        gr__values_drop(&gr__loop_here()->pool, unbox(call->context).values);
}

int gr_call_at(gr_time at, gr_task_fn *function, void *context, gr_task_fn *discard_function,
               gr_call *ret_call)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    if (loop->stopping)
        return -ESHUTDOWN;
    uint64_t name;
    struct call *call = gr__slots_take(table(loop), &name);
    if (call == NULL)
        return -ENOMEM;

    call->timer = (struct gr__timer){.fire = on_time};
    call->run = function;
    call->discard = discard_function;
    call->context = context;
    if (loop->has_ambient && inherit(loop, call) < 0) {
        gr__slots_give(table(loop), call);
        return -ENOMEM;
    }
    if (at != GR_FOREVER)
        gr__wheel_start(&loop->wheel, &call->timer, at);
    if (ret_call != NULL)
        *ret_call = (gr_call){name};
    return 0;
}

bool gr_call_cancel(gr_call name)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name.name == 0 || gr__handle_loop(name.name) == loop->id);
    struct call *call = gr__slots_find(table(loop), name.name);
    if (call == NULL || call->run == NULL)
        return false;

    disinherit(call);
    if (is_waiting(call)) {
        gr__wheel_cancel(&loop->wheel, &call->timer);
        gr__slots_give(table(loop), call);
    } else {
        call->run = NULL;
    }
    return true;
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__slots) <= GR__PART_BYTES, "fits its part of the loop");
    return gr__slots_init(table(loop), loop->id, sizeof(struct call), &floors[loop->id]);
}

/* Those whose time has come still have their turn. */
static void end_waiting(struct gr__loop *loop)
{
    for (struct call *call = NULL; (call = gr__slots_next(table(loop), call)) != NULL;) {
        if (!is_waiting(call))
            continue;
        gr__wheel_cancel(&loop->wheel, &call->timer);
        discard(&call->task);
    }
}

static void stratum_stop(struct gr__loop *loop)
{
    if (loop->phase >= GR_PHASE_CLOSE)
        end_waiting(loop);
}

static void stratum_done(struct gr__loop *loop)
{
    end_waiting(loop); /* a loop may come down without having been told to stop */
    gr__slots_done(table(loop));
}

static struct gr__stratum stratum = {
    .part = GR__PART_CALL, .start = stratum_start, .stop = stratum_stop, .done = stratum_done};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
