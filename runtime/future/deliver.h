/*
 * Delivering: how a result reaches the slot of its future, on the owner's thread.
 */
#ifndef GREENROOM_FUTURE_DELIVER_H
#define GREENROOM_FUTURE_DELIVER_H

#include <stddef.h>
#include <stdint.h>

#include <greenroom/buffer.h>

/* Bytes of a value that fit a slot; longer ones come in a buffer. */
enum { GR__FUTURE_INLINE = 40 };

/* Settle, unless that has happened or the future is gone. `value` is copied. */
void gr__future_deliver(uint64_t name, int status, const void *value, size_t size);

/* Settle with a buffer, which is the future's from here, or is released. */
void gr__future_deliver_buffer(uint64_t name, struct gr_buffer buffer);

#endif
