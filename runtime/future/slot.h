/*
 * The slot of a future: what its loop keeps of it. Only the owner's thread comes here.
 *
 * Invariants:
 *   1. A slot settles once; whatever is delivered later is ignored. So its waiter is woken once.
 *   2. waiter is set from when somebody begins to wait, or a callback is asked for, until that
 *      one has the result, or has withdrawn.
 *   3. A slot with a waiter is neither taken nor dropped by another, so it is still the same one
 *      after the wait.
 */
#ifndef GREENROOM_FUTURE_SLOT_H
#define GREENROOM_FUTURE_SLOT_H

#include <assert.h>
#include <stdint.h>

#include <greenroom/await.h>
#include <greenroom/buffer.h>
#include <greenroom/future.h>

#include "base/slots.h"
#include "loop/loop.h"

/* Bytes of a value that fit a slot; longer ones come in a buffer. */
enum { GR__FUTURE_INLINE = 40 };

enum gr__future_state {
    GR__FUTURE_WAITING,
    GR__FUTURE_SETTLED_INLINE,
    GR__FUTURE_SETTLED_BUFFER,
};

/* Whether it is for the reply that an actor's handler has asked for (actors/chase.h). */
enum gr__future_asked {
    GR__FUTURE_NOT_ASKED,
    GR__FUTURE_ASKED,
    GR__FUTURE_CHASED, /* and its wait was looked at */
};

struct gr__future_slot {
    struct gr__slot slot;
    int status;    /* once settled: 0, or a negative errno */
    uint8_t state; /* which of the values below is there */
    uint8_t size;  /* once settled inline: bytes of value in use */
    bool callback; /* waiter is that of a struct callback (callback.c) */
    uint8_t asked; /* while it waits: enum gr__future_asked */
    struct gr_waiter *waiter;
    union {
        unsigned char value[GR__FUTURE_INLINE];
        struct gr_buffer buffer;
        struct {
            uint64_t by; /* while it waits, of one that was asked for: handles of actors */
            uint64_t to;
            uint32_t tag; /* of the question */
        } ask;
    };
};

static inline struct gr__slots *gr__futures(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_FUTURE);
}

/* The slot of a future of this loop, for what is not a wait; NULL when that is gone. */
static inline struct gr__future_slot *gr__future_find(uint64_t name)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name == 0 || gr__handle_loop(name) == loop->id);
    return gr__slots_find(gr__futures(loop), name);
}

/* The slot of a new future, and its promise; NULL without memory. */
static inline struct gr__future_slot *gr__future_open(struct gr__loop *loop,
                                                      gr_promise *ret_promise)
{
    struct gr__future_slot *slot = gr__slots_take(gr__futures(loop), &ret_promise->name);
    if (slot != NULL) {
        slot->state = GR__FUTURE_WAITING;
        slot->size = 0;
        slot->callback = false;
        slot->asked = GR__FUTURE_NOT_ASKED;
        slot->waiter = NULL;
    }
    return slot;
}

static inline gr_future gr__future_of(struct gr__loop *loop, const struct gr__future_slot *slot)
{
    return (gr_future){gr__slots_name(gr__futures(loop), slot)};
}

/* As gr_future_await(), in a runner, of a future of which nobody else knows. */
int gr__future_await_own(struct gr__future_slot *slot, void *ret_value, size_t size,
                         gr_time deadline);

/* Which future an awaitable is, and it alone; 0: it is none. */
uint64_t gr__future_awaited(const struct gr_awaitable *awaitable);

/* The future is over: its slot goes back, and what nobody took is released. */
static inline void gr__future_end(struct gr__future_slot *slot)
{
    if (slot->state == GR__FUTURE_SETTLED_BUFFER)
        gr_buffer_release(&slot->buffer);
    gr__slots_give(gr__futures(gr__loop_here()), slot);
}

/*
 * As gr_future_on_settled(); `broken` is called instead of `run`, from within what takes the
 * callback back or ends the future, and waits for nothing. NULL: nothing is.
 */
int gr__future_on_settled(gr_future future, gr_settled_fn *run, void *context,
                          void (*broken)(void *context));

/* Forget the callback of a slot that has one: it is not called. */
void gr__future_uncall(struct gr__future_slot *slot);

#endif
