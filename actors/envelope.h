/*
 * Envelopes: a message on its way, and in the mailbox.
 *
 *     +------+-------+-----------------+--------+------------------------------+
 *     | next | class | to, later data  | tag    | payload                      |
 *     |      |       |                 | size   |                              |
 *     +------+-------+-----------------+--------+------------------------------+
 *      8      8       8                 4 + 4    a message of 32 bytes fits one line
 *
 * The class says what the payload is, so that nothing else needs room for it:
 *
 *     plain                                  bytes
 *     buffer                                 struct gr_buffer, moved
 *     ask         promise,                   bytes or a buffer
 *     timed ask   promise, deadline,         bytes or a buffer
 *     keyed       timer to self              bytes
 *     heard                                  struct gr_control
 *     within      ...      values ahead of   the bytes or the buffer of any of these
 *
 * Until it is delivered an envelope carries its address, and in place of the address's
 * loop, which is known where it arrives, the loop that it comes from. From then on the
 * same word is where the handler finds its data.
 *
 * Invariants:
 *   1. An envelope belongs to whoever holds it: the sender, an outbox, an inbox, a mailbox,
 *      the handler's turn. Whoever holds it last gives it to gr__envelope_end().
 *   2. An unanswered ask has a promise that is not zero; it is answered by the end at the
 *      latest.
 */
#ifndef GREENROOM_ACTORS_ENVELOPE_H
#define GREENROOM_ACTORS_ENVELOPE_H

#include <string.h>

#include <greenroom/message.h>

#include "base/values.h"
#include "loop/loop.h"
#include "loop/task.h"

struct gr__self_timer;

struct gr__envelope {
    struct gr__task task;
    struct gr_message message; /* once delivered, data is set; until then its word is the address */
    unsigned char payload[];
};

enum { GR__SHORT_MAX = GR__BLOCK_MIN - sizeof(struct gr__envelope) }; /* bytes: it is one line */

/* Bits, which go together in any way, save that nothing but an ask is timed, and none that is keyed. */
enum gr__envelope_kind {
    GR__PLAIN = 0,
    GR__BUFFER = 1,
    GR__ASK = 2,
    GR__ASK_BUFFER = GR__ASK | GR__BUFFER,
    GR__WITHIN = 4,
    GR__TIMED = 8,
    GR__KEYED = 16,
    GR__HEARD = 32, /* alone: a control message that was received (reception.h) */
    GR__KINDS
};

/* By kind; envelopes of foreign threads have their own, since their memory is malloc's. */
extern const struct gr__task_class gr__envelope_classes[GR__KINDS];
extern const struct gr__task_class gr__envelope_foreign_class;

/* By kind, the bytes that stand in the payload ahead of the content. */
extern const uint8_t gr__envelope_aheads[GR__KINDS];

static inline struct gr__envelope *gr__envelope_of(const struct gr__task *task)
{
    return gr__container_of(task, struct gr__envelope, task);
}

/* Whether a task of this loop is an envelope. */
static inline bool gr__task_is_envelope(const struct gr__task *task)
{
    return task->class >= gr__envelope_classes && task->class < gr__envelope_classes + GR__KINDS;
}

static inline enum gr__envelope_kind gr__envelope_kind(const struct gr__envelope *envelope)
{
    return (enum gr__envelope_kind)(envelope->task.class - gr__envelope_classes);
}

/* What stands in the payload ahead of the bytes or the buffer. */
static inline size_t gr__envelope_ahead(enum gr__envelope_kind kind)
{
    if (__builtin_expect(kind <= GR__ASK_BUFFER, 1))
        return kind & GR__ASK ? sizeof(gr_promise) : 0;
    return gr__envelope_aheads[kind];
}

static inline size_t gr__envelope_bytes(enum gr__envelope_kind kind, size_t size)
{
    size_t held = kind & GR__BUFFER ? sizeof(struct gr_buffer) : size;
    return sizeof(struct gr__envelope) + gr__envelope_ahead(kind) + held;
}

/* The bytes of its own block. */
static inline size_t gr__envelope_block_bytes(const struct gr__envelope *envelope)
{
    return gr__envelope_bytes(gr__envelope_kind(envelope), envelope->message.size);
}

static inline gr_promise *gr__envelope_promise(struct gr__envelope *envelope)
{
    return (gr_promise *)(void *)envelope->payload;
}

/* The bytes, or the buffer. */
static inline void *gr__envelope_content(struct gr__envelope *envelope)
{
    return envelope->payload + gr__envelope_ahead(gr__envelope_kind(envelope));
}

static inline struct gr_buffer *gr__envelope_buffer(struct gr__envelope *envelope)
{
    return gr__envelope_content(envelope);
}

/* Of a timed ask. */
static inline gr_time *gr__envelope_deadline(struct gr__envelope *envelope)
{
    return (gr_time *)(void *)(envelope->payload + sizeof(gr_promise));
}

/* Of a keyed one. */
static inline struct gr__self_timer **gr__envelope_timer(struct gr__envelope *envelope)
{
    return (struct gr__self_timer **)(void *)envelope->payload;
}

/* Of one within something. */
static inline struct gr__values **gr__envelope_values(struct gr__envelope *envelope)
{
    return (struct gr__values **)gr__envelope_content(envelope) - 1;
}

/* The buffer is somebody else's now. The message is empty, for whoever looks at it again. */
static inline void gr__envelope_forget_buffer(struct gr__envelope *envelope)
{
    *gr__envelope_buffer(envelope) = (struct gr_buffer){0};
    envelope->message.data = NULL;
    envelope->message.size = 0;
}

static inline void gr__envelope_address(struct gr__envelope *envelope, uint64_t word)
{
    static_assert(sizeof(void *) == sizeof(uint64_t), "a handle fits a pointer's place");
    memcpy(&envelope->message.data, &word, sizeof word);
}

static inline uint64_t gr__envelope_word(const struct gr__envelope *envelope)
{
    uint64_t word;
    memcpy(&word, &envelope->message.data, sizeof word);
    return word;
}

/* For a lane: whom it goes to there, and, in the place of that loop, which one it comes from. */
static inline void gr__envelope_address_from(struct gr__envelope *envelope, uint64_t at,
                                             unsigned from)
{
    gr__envelope_address(envelope,
                         gr__handle(gr__handle_generation(at), from, gr__handle_index(at)));
}

/* Point the message at its data: it has arrived. */
static inline void gr__envelope_deliver(struct gr__envelope *envelope, enum gr__envelope_kind kind)
{
    if (kind & GR__BUFFER)
        envelope->message.data = gr__envelope_buffer(envelope)->data;
    else
        envelope->message.data = envelope->payload + gr__envelope_ahead(kind);
}

static inline void gr__envelope_head(struct gr__envelope *envelope, enum gr__envelope_kind kind,
                                     uint32_t tag, size_t size)
{
    envelope->task.class = &gr__envelope_classes[kind];
    envelope->message.tag = tag;
    envelope->message.size = (uint32_t)size;
}

/* An envelope of a kind from the loop's pool, with tag and size set; NULL without memory. */
static inline struct gr__envelope *
gr__envelope_take(struct gr__loop *loop, enum gr__envelope_kind kind, uint32_t tag, size_t size)
{
    struct gr__envelope *envelope = gr__pool_take(&loop->pool, gr__envelope_bytes(kind, size));
    if (envelope != NULL)
        gr__envelope_head(envelope, kind, tag, size);
    return envelope;
}

/* The same for a plain message of at most one line, if there is one at hand. */
static inline struct gr__envelope *gr__envelope_take_short(struct gr__loop *loop, uint32_t tag,
                                                           size_t size)
{
    size_t bytes = gr__envelope_bytes(GR__PLAIN, size);
    struct gr__envelope *envelope =
        size > GR__SHORT_MAX ? NULL : gr__pool_take_loaded(&loop->pool, 0, bytes);
    if (envelope != NULL)
        gr__envelope_head(envelope, GR__PLAIN, tag, size);
    return envelope;
}

/* Take the memory alone back: what was in it is somebody else's now. */
static inline void gr__envelope_give(struct gr__loop *loop, struct gr__envelope *envelope)
{
    gr__pool_give(&loop->pool, envelope, gr__envelope_block_bytes(envelope));
}

/*
 * The handler is done with it, or nobody will be: what is unanswered gets `status`, what was
 * not taken is released, and the memory goes back.
 */
void gr__envelope_end_slowly(struct gr__loop *loop, struct gr__envelope *envelope, int status);

/* The same for one that is known to be of this kind. */
static inline __attribute__((always_inline)) void
gr__envelope_end_kind(struct gr__loop *loop, struct gr__envelope *envelope,
                      enum gr__envelope_kind kind, int status)
{
    bool settled =
        kind == GR__PLAIN || (kind == GR__ASK && gr__envelope_promise(envelope)->name == 0);
    if (settled && envelope->message.size <= GR__SHORT_MAX - gr__envelope_ahead(kind))
        gr__pool_give_class(&loop->pool, envelope, 0);
    else
        gr__envelope_end_slowly(loop, envelope, status);
}

static inline void gr__envelope_end(struct gr__loop *loop, struct gr__envelope *envelope,
                                    int status)
{
    const struct gr__task_class *class = envelope->task.class;
    if (class == &gr__envelope_classes[GR__PLAIN])
        gr__envelope_end_kind(loop, envelope, GR__PLAIN, status);
    else if (class == &gr__envelope_classes[GR__ASK])
        gr__envelope_end_kind(loop, envelope, GR__ASK, status);
    else
        gr__envelope_end_slowly(loop, envelope, status);
}

#endif
