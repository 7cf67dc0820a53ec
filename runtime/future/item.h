/*
 * Items and notices: what goes between a channel and the loops that use it.
 *
 * An item is a block of the pool from the moment it is sent until it is received, whether it
 * waits in the channel or travels. Up to 32 bytes fit one line, and so cross in a lane by value.
 *
 *     | next | class | name | sequence, size, source, flags | payload |
 *       8      8       8      8                                32 in the first line
 */
#ifndef GREENROOM_FUTURE_ITEM_H
#define GREENROOM_FUTURE_ITEM_H

#include <greenroom/buffer.h>

#include "loop/post.h"

enum {
    GR__ITEM_FOREIGN = 1, /* its memory is malloc's */
    GR__ITEM_BUFFER = 2,  /* its payload is a buffer */
    GR__ITEM_HELD = 4,    /* counts as a message of a foreign thread on its way */
};

struct gr__item {
    struct gr__task task;
    uint64_t name;     /* of the channel */
    uint32_t sequence; /* in the channel: its number; before: when it came, above the bound */
    uint16_t size;     /* of the payload */
    uint8_t source;    /* the loop that sent it, unless foreign */
    uint8_t flags;
    unsigned char payload[];
};

/* What is to be sent: bytes, or a buffer. */
struct gr__parcel {
    const void *bytes;
    size_t size;
    bool buffer;
};

/* An item with a copy of what is to be sent; NULL without memory. */
struct gr__item *gr__item_make(struct gr__loop *here, uint64_t name,
                               const struct gr__parcel *parcel);

/* Take its memory back: what was in it is somebody else's. */
void gr__item_give(struct gr__item *item);

/* Release what is in it, too. */
void gr__item_end(struct gr__item *item);

/* Send it to a loop, to be run there as its class says. False: the loop has stopped. */
bool gr__item_send(struct gr__loop *here, unsigned to, struct gr__item *item);

static inline struct gr__item *gr__item_of(struct gr__task *task)
{
    return gr__container_of(task, struct gr__item, task);
}

/* For classes of items: nobody will run it. */
void gr__item_discard(struct gr__task *task);

/* End all that is in a queue. */
void gr__items_end(struct gr__queue *queue);

/*
 * Take the first out, and copy or move its payload to where a receiver wants it. It is not inlined:
 * a compiler that sees a receiver's variable takes the copies for other sizes for overflows.
 */
__attribute__((noinline)) void gr__items_take(struct gr__queue *queue, void *ret_item);

/* What the channel and its ports tell each other. */
struct gr__notice {
    struct gr__task task;
    uint64_t name;
    int32_t number;
    uint32_t taken; /* items received, and not told before */
    uint8_t from;   /* the loop, unless foreign */
    bool asks;      /* to be told when all is there that is under way */
    bool foreign;   /* its memory is malloc's */
};

/* Memory for a notice; NULL when there is none. */
struct gr__notice *gr__notice_take(struct gr__loop *here, uint64_t name);
void gr__notice_give(struct gr__notice *notice);

/* Send it, as of a class, which ends it. False: the loop has stopped, and it is ended. */
bool gr__notice_send(struct gr__loop *here, unsigned to, struct gr__notice *notice,
                     const struct gr__task_class *class);

static inline struct gr__notice *gr__notice_of(struct gr__task *task)
{
    return gr__container_of(task, struct gr__notice, task);
}

void gr__notice_discard(struct gr__task *task);

#endif
