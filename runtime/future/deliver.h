/*
 * Delivering: how a result reaches the slot of its future, on the owner's thread.
 *
 * It is written out here, for the writer that is on the owner's own loop, which settles without a
 * call in between.
 */
#ifndef GREENROOM_FUTURE_DELIVER_H
#define GREENROOM_FUTURE_DELIVER_H

#include <stddef.h>
#include <stdint.h>

#include <greenroom/buffer.h>

#include "base/copy.h"
#include "future/slot.h"

static inline void gr__future_wake(struct gr__future_slot *slot)
{
    if (slot->waiter != NULL)
        slot->waiter->wake(slot->waiter);
}

/* Settle, unless that has happened or the future is gone. `value` is copied. */
static inline __attribute__((always_inline)) void gr__future_deliver(uint64_t name, int status,
                                                                     const void *value, size_t size)
{
    struct gr__future_slot *slot = gr__future_find(name);
    if (slot == NULL || slot->state != GR__FUTURE_WAITING)
        return;

    assert(size <= GR__FUTURE_INLINE);
    slot->state = GR__FUTURE_SETTLED_INLINE;
    slot->status = status;
    slot->size = (uint8_t)size;
    gr__copy(slot->value, value, size);
    gr__future_wake(slot);
}

/*
 * Settle with a buffer, which is the future's from here, or is released: the value, or with an
 * error its details.
 */
static inline void gr__future_deliver_buffer(uint64_t name, int status, struct gr_buffer buffer)
{
    struct gr__future_slot *slot = gr__future_find(name);
    if (slot == NULL || slot->state != GR__FUTURE_WAITING) {
        gr_buffer_release(&buffer);
        return;
    }

    slot->state = GR__FUTURE_SETTLED_BUFFER;
    slot->status = status;
    slot->buffer = buffer;
    gr__future_wake(slot);
}

#endif
