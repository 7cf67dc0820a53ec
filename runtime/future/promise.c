/*
 * Futures, the writing end: carries a result from any thread to its future.
 *
 * Settling touches no future of another loop. It fills an envelope and posts it to the
 * loop that owns the future, which opens it, delivers what it holds and throws it away.
 * On the owner's own loop there is nothing to carry, and the result is delivered at once.
 */
#include <greenroom/future.h>

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/copy.h"
#include "future/deliver.h"
#include "loop/details.h"
#include "loop/post.h"

struct envelope {
    struct gr__task task; /* links it into the owner's inbox */
    uint64_t name;        /* which future to settle */
    int status;
    bool holds_buffer;
    uint8_t size;
    unsigned char value[]; /* or a struct gr_buffer */
};

static struct envelope *envelope_of(struct gr__task *task)
{
    return gr__container_of(task, struct envelope, task);
}

static struct gr_buffer buffer_in(const struct envelope *envelope)
{
    struct gr_buffer buffer;
    memcpy(&buffer, envelope->value, sizeof buffer);
    return buffer;
}

/* Runs on the owner's thread. */
static void deliver(const struct envelope *envelope)
{
    if (envelope->holds_buffer)
        gr__future_deliver_buffer(envelope->name, envelope->status, buffer_in(envelope));
    else
        gr__future_deliver(envelope->name, envelope->status, envelope->value, envelope->size);
}

static void release(const struct envelope *envelope)
{
    if (!envelope->holds_buffer)
        return;

    struct gr_buffer buffer = buffer_in(envelope);
    gr_buffer_release(&buffer);
}

static void give(struct envelope *envelope, bool foreign)
{
    gr__post_give(foreign, envelope, sizeof *envelope + envelope->size);
}

static void open_ours(struct gr__task *task)
{
    deliver(envelope_of(task));
    give(envelope_of(task), false);
}

/* To wake who waits for it runs nothing. */
static bool open_at_once(struct gr__loop *loop, struct gr__task *task)
{
    if (envelope_of(task)->holds_buffer)
        return false; /* which may have to be released, and that is the user's code */

    (void)loop;
    open_ours(task);
    return true;
}

static void open_foreign(struct gr__task *task)
{
    deliver(envelope_of(task));
    give(envelope_of(task), true);
}

static void discard_ours(struct gr__task *task)
{
    release(envelope_of(task));
    give(envelope_of(task), false);
}

static void discard_foreign(struct gr__task *task)
{
    release(envelope_of(task));
    give(envelope_of(task), true);
}

static const struct gr__task_class our_class = {"a result", open_ours, discard_ours, NULL};
static const struct gr__task_class foreign_class = {"a result", open_foreign, discard_foreign,
                                                    NULL};

__attribute__((constructor)) static void add_prompt(void)
{
    gr__prompt_add((struct gr__prompt){open_ours, open_at_once});
}

/* Kept out of the callers, so that these are short where there is nothing to carry. */
static __attribute__((noinline)) int post(const struct envelope *filled, const void *value)
{
    struct gr__loop *here = gr__loop_here();
    struct envelope *envelope = gr__post_take(here, sizeof *envelope + filled->size);
    if (envelope == NULL)
        return -ENOMEM;

    *envelope = *filled;
    envelope->task.class = here == NULL ? &foreign_class : &our_class;
    gr__copy(envelope->value, value, filled->size);
    if (gr__post(here, gr__handle_loop(filled->name), &envelope->task,
                 sizeof *envelope + filled->size))
        return 0;

    give(envelope, here == NULL);
    return -ESHUTDOWN;
}

static bool is_here(uint64_t name)
{
    const struct gr__loop *here = gr__loop_here();
    return here != NULL && here->id == gr__handle_loop(name);
}

static inline __attribute__((always_inline)) int settle(uint64_t name, int status,
                                                        const void *value, size_t size)
{
    if (!is_here(name))
        return post(&(struct envelope){.name = name, .status = status, .size = (uint8_t)size},
                    value);

    gr__future_deliver(name, status, value, size);
    return 0;
}

static __attribute__((noinline)) int resolve_copy(gr_promise promise, const void *value,
                                                  size_t size)
{
    struct gr_buffer copy;
    int rc = gr_buffer_copy(value, size, &copy);
    if (rc < 0)
        return rc;
    rc = gr_promise_resolve_buffer(promise, &copy);
    gr_buffer_release(&copy);
    return rc;
}

int gr_promise_resolve(gr_promise promise, const void *value, size_t size)
{
    if (size > GR_FUTURE_VALUE_MAX)
        return -EMSGSIZE;
    if (size > GR__FUTURE_INLINE)
        return resolve_copy(promise, value, size);
    return settle(promise.name, 0, value, size);
}

static int settle_buffer(uint64_t name, int status, struct gr_buffer *buffer)
{
    if (is_here(name)) {
        gr__future_deliver_buffer(name, status, *buffer);
    } else {
        struct envelope filled = {
            .name = name, .status = status, .holds_buffer = true, .size = sizeof *buffer};
        int rc = post(&filled, buffer);
        if (rc < 0)
            return rc;
    }
    *buffer = (struct gr_buffer){0};
    return 0;
}

int gr_promise_resolve_buffer(gr_promise promise, struct gr_buffer *buffer)
{
    return settle_buffer(promise.name, 0, buffer);
}

static __attribute__((noinline)) int reject_with_details(gr_promise promise, int status)
{
    struct gr_buffer packed = gr__details_pack(status);
    int rc = settle_buffer(promise.name, status, &packed);
    gr_buffer_release(&packed);
    return rc;
}

int gr_promise_reject(gr_promise promise, int status)
{
    assert(status < 0);
    if (gr__details_here(status))
        return reject_with_details(promise, status);
    return settle(promise.name, status, NULL, 0);
}
