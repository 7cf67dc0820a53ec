/*
 * Futures, the reading end: slots in which results wait for those who want them.
 *
 * Each loop keeps a slot per live future, and all in this file runs on its
 * thread; promise.c carries results over from other threads and delivers them.
 *
 *     make -> waiting -- deliver -> settled -- await, drop -> gone, handle stale
 *
 * There are two ways to wait for one. gr_future_await() looks the slot up once and keeps it, as
 * nobody can take the future from it; who has just made a future need not even look. An awaitable looks it up at each step, since between two of
 * them, as long as it does not wait, the future may go.
 *
 * Invariants, beside those of slot.h:
 *   1. Only the owner's thread reads or writes a slot: slots hold no atomics.
 *   2. wait->waiter is set exactly while it is the slot's: between subscribe and take or cancel.
 */
#include <greenroom/await.h>
#include <greenroom/future.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/copy.h"
#include "future/slot.h"
#include "loop/details.h"
#include "runner/wait.h"

static struct gr__slots_floor floors[GR__LOOPS_MAX];

int gr_future_make(gr_future *ret_future, gr_promise *ret_promise)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    const struct gr__future_slot *slot = gr__future_open(loop, ret_promise);
    if (slot == NULL)
        return -ENOMEM;

    *ret_future = gr__future_of(loop, slot);
    return 0;
}

int gr_future_make_ready(const void *value, size_t size, gr_future *ret_future)
{
    gr_future future;
    gr_promise promise;
    int rc = gr_future_make(&future, &promise);
    if (rc < 0)
        return rc;

    rc = gr_promise_resolve(promise, value, size);
    if (rc < 0)
        gr_future_drop(future);
    else
        *ret_future = future;
    return rc;
}

/* A result, awaited: where it is to go. */
struct result {
    struct gr_awaitable awaitable;
    struct gr__future_slot *slot;
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
    return result_of(awaitable)->slot->state != GR__FUTURE_WAITING;
}

static int result_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    result_of(awaitable)->slot->waiter = waiter;
    return 0;
}

static bool result_cancel(struct gr_awaitable *awaitable)
{
    result_of(awaitable)->slot->waiter = NULL;
    return result_of(awaitable)->slot->state == GR__FUTURE_WAITING;
}

/* Part of each take, and result_take() of its await: a compiler on its own would rather share them. */
static inline __attribute__((always_inline)) int take_bytes(struct gr__future_slot *slot,
                                                            void *ret_value, size_t size)
{
    bool in_slot = slot->state == GR__FUTURE_SETTLED_INLINE;
    if ((in_slot ? slot->size : slot->buffer.size) != size)
        return -EMSGSIZE;
    gr__copy(ret_value, in_slot ? slot->value : slot->buffer.data, size);
    return 0;
}

static int take_buffer(struct gr__future_slot *slot, struct gr_buffer *ret_buffer)
{
    if (slot->state == GR__FUTURE_SETTLED_INLINE)
        return gr_buffer_copy(slot->value, slot->size, ret_buffer);

    *ret_buffer = slot->buffer;
    slot->buffer = (struct gr_buffer){0};
    return 0;
}

/* Take what has settled, and end the future; or leave it be, and open to others. */
static inline __attribute__((always_inline)) int take(struct gr__future_slot *slot, void *ret_value,
                                                      size_t size, struct gr_buffer *ret_buffer)
{
    int status = slot->status;
    if (status == 0) {
        int rc =
            ret_buffer == NULL ? take_bytes(slot, ret_value, size) : take_buffer(slot, ret_buffer);
        if (rc < 0) {
            slot->waiter = NULL;
            return rc;
        }
    } else if (slot->state == GR__FUTURE_SETTLED_BUFFER) {
        gr__details_adopt(&slot->buffer);
    }
    gr__future_end(slot);
    return status;
}

static inline __attribute__((always_inline)) int result_take(struct gr_awaitable *awaitable)
{
    const struct result *result = result_of(awaitable);
    return take(result->slot, result->value, result->size, result->buffer);
}

static const struct gr_awaitable_type result_type = {"a future", result_ready, result_subscribe,
                                                     result_take, result_cancel};

static inline int await(gr_future future, struct result *result, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_here();
    result->slot = loop == NULL ? NULL : gr__slots_find(gr__futures(loop), future.name);
    if (result->slot == NULL)
        return gr__await_refusal(loop, future.name);
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

int gr__future_await_own(struct gr__future_slot *slot, void *ret_value, size_t size,
                         gr_time deadline)
{
    struct result result;
    result.slot = slot;
    result.value = ret_value;
    result.size = size;
    result.buffer = NULL;
    return gr__await(&result.awaitable, &result_type, deadline);
}

int gr_future_await_buffer(gr_future future, struct gr_buffer *ret_buffer, gr_time deadline)
{
    struct result result;
    result.value = NULL;
    result.size = 0;
    result.buffer = ret_buffer;
    return await(future, &result, deadline);
}

static struct gr_future_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_future_wait, awaitable);
}

/* NULL where it has gone, or is another loop's. */
static struct gr__future_slot *slot_of(const struct gr_future_wait *wait)
{
    return gr__slots_find(gr__futures(gr__loop_here()), wait->future.name);
}

/* One that has gone is ready, too: to say so. */
static bool wait_ready(struct gr_awaitable *awaitable)
{
    const struct gr__future_slot *slot = slot_of(wait_of(awaitable));
    return slot == NULL || slot->state != GR__FUTURE_WAITING;
}

static int wait_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_future_wait *wait = wait_of(awaitable);
    struct gr__future_slot *slot = slot_of(wait);
    if (slot->waiter != NULL)
        return -EBUSY;

    slot->waiter = waiter;
    wait->waiter = waiter;
    return 0;
}

static int wait_take(struct gr_awaitable *awaitable)
{
    struct gr_future_wait *wait = wait_of(awaitable);
    struct gr__future_slot *slot = slot_of(wait);
    const struct gr_waiter *waiter = wait->waiter;
    wait->waiter = NULL;
    if (slot == NULL)
        return gr__await_refusal(gr__loop_here(), wait->future.name);
    if (slot->waiter != waiter)
        return -EBUSY;

    return take(slot, wait->value, wait->size, wait->buffer);
}

static bool wait_cancel(struct gr_awaitable *awaitable)
{
    struct gr_future_wait *wait = wait_of(awaitable);
    struct gr__future_slot *slot = slot_of(wait);
    assert(slot->waiter == wait->waiter);
    slot->waiter = NULL;
    wait->waiter = NULL;
    return slot->state == GR__FUTURE_WAITING;
}

static const struct gr_awaitable_type wait_type = {"a future", wait_ready, wait_subscribe,
                                                   wait_take, wait_cancel};

uint64_t gr__future_awaited(const struct gr_awaitable *awaitable)
{
    if (awaitable->type == &result_type) {
        const struct result *result = gr__container_of(awaitable, struct result, awaitable);
        return gr__slots_name(gr__futures(gr__loop_here()), result->slot);
    }
    if (awaitable->type == &wait_type)
        return gr__container_of(awaitable, struct gr_future_wait, awaitable)->future.name;
    return 0;
}

struct gr_awaitable *gr_future_awaitable(struct gr_future_wait *wait, gr_future future,
                                         void *ret_value, size_t size)
{
    *wait = (struct gr_future_wait){{&wait_type}, future, NULL, ret_value, size, NULL};
    return &wait->awaitable;
}

struct gr_awaitable *gr_future_awaitable_buffer(struct gr_future_wait *wait, gr_future future,
                                                struct gr_buffer *ret_buffer)
{
    *wait = (struct gr_future_wait){{&wait_type}, future, NULL, NULL, 0, ret_buffer};
    return &wait->awaitable;
}

/* An error that nobody looked at. A cancellation is what somebody here asked for. */
static void say_unseen(struct gr__future_slot *slot)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr_buffer none = {0};
    bool detailed = slot->state == GR__FUTURE_SETTLED_BUFFER;
    char text[384];
    gr__details_print_packed(slot->status, detailed ? &slot->buffer : &none, text, sizeof text);
    gr__loop_say(loop, "nobody looked at the error of a future on loop %u: %s", loop->id, text);
}

static void drop(gr_future future, bool quietly)
{
    struct gr__future_slot *slot = gr__future_find(future.name);
    if (slot == NULL)
        return;

    assert(slot->waiter == NULL || slot->callback);
    if (slot->callback)
        gr__future_uncall(slot);
    bool failed = slot->state != GR__FUTURE_WAITING && slot->status < 0;
    if (failed && slot->status != -ECANCELED && !quietly)
        say_unseen(slot);
    gr__future_end(slot);
}

void gr_future_drop(gr_future future)
{
    drop(future, false);
}

void gr_future_drop_quietly(gr_future future)
{
    drop(future, true);
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__slots) <= GR__PART_BYTES, "fits its part of the loop");
    return gr__slots_init(gr__futures(loop), loop->id, sizeof(struct gr__future_slot),
                          &floors[loop->id]);
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (gr__futures(loop)->live == 0)
        return;

    char line[128];
    snprintf(line, sizeof line, "%u futures on loop %u were neither awaited nor dropped",
             gr__futures(loop)->live, loop->id);
    say(context, line);
}

static void stratum_done(struct gr__loop *loop)
{
    struct gr__future_slot *slot;
    while ((slot = gr__slots_next(gr__futures(loop), NULL)) != NULL)
        gr_future_drop((gr_future){gr__slots_name(gr__futures(loop), slot)});
    gr__slots_done(gr__futures(loop));
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
