/*
 * Futures, the reading end: slots in which results wait for those who want them.
 *
 * Each loop keeps a slot per live future, and all in this file runs on its
 * thread; promise.c carries results over from other threads and delivers them.
 *
 *     make -> waiting -- deliver -> settled -- await, drop -> gone, handle stale
 *
 * Invariants:
 *   1. Only the owner's thread reads or writes a slot: slots hold no atomics.
 *   2. A slot settles once; whatever is delivered later is ignored.
 *   3. slot->waiter is set only while somebody waits, or a callback is to be called.
 *   4. A slot that somebody waits for is neither taken nor dropped by another, so it is
 *      still the same one after the wait.
 */
#include <greenroom/await.h>
#include <greenroom/future.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/copy.h"
#include "base/slots.h"
#include "future/deliver.h"
#include "loop/loop.h"
#include "runner/wait.h"

enum state { WAITING, SETTLED_INLINE, SETTLED_BUFFER };

struct slot {
    struct gr__slot slot;
    int status;    /* once settled: 0, or a negative errno */
    uint8_t state; /* which of the values below is there */
    uint8_t size;  /* once settled inline: bytes of value in use */
    bool callback; /* waiter is a struct callback's */
    struct gr_waiter *waiter;
    union {
        unsigned char value[GR__FUTURE_INLINE];
        struct gr_buffer buffer;
    };
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_FUTURE);
}

static struct slot *find(uint64_t name)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name == 0 || gr__handle_loop(name) == loop->id);
    return gr__slots_find(table(loop), name);
}

int gr_future_make(gr_future *ret_future, gr_promise *ret_promise)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    uint64_t name;
    struct slot *slot = gr__slots_take(table(loop), &name);
    if (slot == NULL)
        return -ENOMEM;

    slot->state = WAITING;
    slot->callback = false;
    slot->waiter = NULL;
    *ret_future = (gr_future){name};
    *ret_promise = (gr_promise){name};
    return 0;
}

static void wake(struct slot *slot)
{
    struct gr_waiter *waiter = slot->waiter;
    if (waiter == NULL)
        return;

    slot->waiter = NULL;
    waiter->wake(waiter);
}

void gr__future_deliver(uint64_t name, int status, const void *value, size_t size)
{
    struct slot *slot = find(name);
    if (slot == NULL || slot->state != WAITING)
        return;

    assert(size <= GR__FUTURE_INLINE);
    slot->state = SETTLED_INLINE;
    slot->status = status;
    slot->size = (uint8_t)size;
    gr__copy(slot->value, value, size);
    wake(slot);
}

void gr__future_deliver_buffer(uint64_t name, struct gr_buffer buffer)
{
    struct slot *slot = find(name);
    if (slot == NULL || slot->state != WAITING) {
        gr_buffer_release(&buffer);
        return;
    }

    slot->state = SETTLED_BUFFER;
    slot->status = 0;
    slot->buffer = buffer;
    wake(slot);
}

/* A result, awaited: where it is to go. */
struct result {
    struct gr_awaitable awaitable;
    struct slot *slot;
    void *value;
    size_t size;
    struct gr_buffer *buffer; /* NULL: to `value`, `size` bytes */
};

static struct result *result_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct result, awaitable);
}

static bool result_ready(struct gr_awaitable *awaitable)
{
    return result_of(awaitable)->slot->state != WAITING;
}

static int result_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    result_of(awaitable)->slot->waiter = waiter;
    return 0;
}

static bool result_cancel(struct gr_awaitable *awaitable)
{
    result_of(awaitable)->slot->waiter = NULL;
    return result_of(awaitable)->slot->state == WAITING;
}

static int take_bytes(struct slot *slot, void *ret_value, size_t size)
{
    bool in_slot = slot->state == SETTLED_INLINE;
    if ((in_slot ? slot->size : slot->buffer.size) != size)
        return -EMSGSIZE;
    gr__copy(ret_value, in_slot ? slot->value : slot->buffer.data, size);
    return 0;
}

static int take_buffer(struct slot *slot, struct gr_buffer *ret_buffer)
{
    if (slot->state == SETTLED_INLINE)
        return gr_buffer_copy(slot->value, slot->size, ret_buffer);

    *ret_buffer = slot->buffer;
    slot->buffer = (struct gr_buffer){0};
    return 0;
}

static void give(struct slot *slot)
{
    if (slot->state == SETTLED_BUFFER)
        gr_buffer_release(&slot->buffer);
    gr__slots_give(table(gr__loop_here()), slot);
}

static int result_take(struct gr_awaitable *awaitable)
{
    struct result *result = result_of(awaitable);
    struct slot *slot = result->slot;
    int status = slot->status;
    if (status == 0) {
        int rc = result->buffer == NULL ? take_bytes(slot, result->value, result->size)
                                        : take_buffer(slot, result->buffer);
        if (rc < 0)
            return rc;
    }
    give(slot);
    return status;
}

static const struct gr_awaitable_type result_type = {"a future", result_ready, result_subscribe,
                                                     result_take, result_cancel};

static inline int await(gr_future future, struct result *result, gr_time deadline)
{
    result->slot = find(future.name);
    if (result->slot == NULL)
        return -ESTALE;
    if (result->slot->waiter != NULL)
        return -EBUSY;

    return gr__await(&result->awaitable, &result_type, deadline);
}

int gr_future_await(gr_future future, void *ret_value, size_t size, gr_time deadline)
{
    struct result result;
    result.value = ret_value;
    result.size = size;
    result.buffer = NULL;
    return await(future, &result, deadline);
}

int gr_future_await_buffer(gr_future future, struct gr_buffer *ret_buffer, gr_time deadline)
{
    struct result result;
    result.buffer = ret_buffer;
    return await(future, &result, deadline);
}

/* What to call when a future settles. In the pool until it was called, or the future is gone. */
struct callback {
    struct gr_waiter waiter;
    struct gr__task task;
    gr_settled_fn *run;
    void *context;
    gr_future future;
};

static void call_back(struct gr__task *task)
{
    struct callback *callback = gr__container_of(task, struct callback, task);
    struct callback call = *callback;
    gr__pool_give(&gr__loop_here()->pool, callback, sizeof *callback);
    call.run(call.future, call.context);
}

static void discard_callback(struct gr__task *task)
{
    struct callback *callback = gr__container_of(task, struct callback, task);
    gr__pool_give(&gr__loop_here()->pool, callback, sizeof *callback);
}

static const struct gr__task_class callback_class = {"a future's callback", call_back,
                                                     discard_callback, NULL};

static void callback_ready(struct gr_waiter *waiter)
{
    gr__loop_ready(gr__loop_here(), &gr__container_of(waiter, struct callback, waiter)->task);
}

int gr_future_on_settled(gr_future future, gr_settled_fn *run, void *context)
{
    struct slot *slot = find(future.name);
    if (slot == NULL)
        return -ESTALE;
    if (slot->waiter != NULL)
        return -EBUSY;
    struct callback *callback = gr__pool_take(&gr__loop_here()->pool, sizeof *callback);
    if (callback == NULL)
        return -ENOMEM;

    *callback = (struct callback){{callback_ready}, {NULL, &callback_class}, run, context, future};
    slot->waiter = &callback->waiter;
    slot->callback = true;
    if (slot->state != WAITING)
        wake(slot);
    return 0;
}

void gr_future_drop(gr_future future)
{
    struct slot *slot = find(future.name);
    if (slot == NULL)
        return;

    assert(slot->waiter == NULL || slot->callback);
    if (slot->waiter != NULL)
        discard_callback(&gr__container_of(slot->waiter, struct callback, waiter)->task);
    give(slot);
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__slots) <= GR__PART_BYTES, "fits its part of the loop");
    return gr__slots_init(table(loop), loop->id, sizeof(struct slot), &floors[loop->id]);
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (table(loop)->live == 0)
        return;

    char line[128];
    snprintf(line, sizeof line, "%u futures on loop %u were neither awaited nor dropped",
             table(loop)->live, loop->id);
    say(context, line);
}

static void stratum_done(struct gr__loop *loop)
{
    struct slot *slot;
    while ((slot = gr__slots_next(table(loop), NULL)) != NULL)
        gr_future_drop((gr_future){gr__slots_name(table(loop), slot)});
    gr__slots_done(table(loop));
}

static struct gr__stratum stratum = {
    .part = GR__PART_FUTURE,
    .start = stratum_start,
    .report = stratum_report,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
