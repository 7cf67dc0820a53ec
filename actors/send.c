/*
 * Sending: filling an envelope, and sending it on its way.
 *
 * The common case is a small message to an actor of the same loop with room in its mailbox, from
 * where there are no values to go along. It goes straight in; everything else takes the route. The
 * short way calls nobody, and leaves by jumps where it goes elsewhere, so that it saves no registers.
 *
 * A message of one line to another loop is written where its reader will find it, in the lane. One
 * that was first put into an envelope would be read back from there while it still stands behind
 * all that was written to lanes before, each of which waits for a line of another cache.
 *
 * A sender gives way to its receivers before more is under way than a near cache holds: when the
 * pool has no envelope at hand, those that were used last are all in mailboxes. Else one who sends
 * to many fills mailbox after mailbox, and each envelope is brought in from afar, twice.
 */
#include <greenroom/send.h>

#include <errno.h>
#include <stdlib.h>

#include "actors/body.h"
#include "actors/route.h"
#include "actors/way.h"
#include "actors/within.h"
#include "base/copy.h"
#include "loop/lane.h"
#include "loop/phases.h"
#include "loop/post.h"

enum { MAGAZINES_AT_ONCE = 8 }; /* of 64 envelopes: so much fits a near cache */

/* Whether it is the same task again and again that uses up the envelopes. */
static bool sends_much(struct gr__loop *loop)
{
    if (!gr__pool_stretched(&loop->pool, 0))
        return false;

    struct gr__actors *actors = gr__actors_of(loop);
    const struct gr__task *task = loop->runner->working;
    if (task == NULL || task != actors->spender) {
        actors->spender = task;
        actors->spent = 0;
    }
    return ++actors->spent % MAGAZINES_AT_ONCE == 0;
}

/* A short message to another loop is written into its lane, if nothing is in the way. */
static bool send_across(struct gr__loop *loop, gr_actor to, uint32_t tag, const void *data,
                        size_t size)
{
    unsigned there = gr__handle_loop(to.name);
    if (there == loop->id || size > GR__SHORT_MAX || loop->has_ambient ||
        gr__actors_of(loop)->pressed_count > 0 || gr__way_find(loop, to.name) != NULL ||
        gr__loop_is_closed(there))
        return false;
    struct gr__outbox *outbox = gr__loop_outbox(loop, there);
    struct gr__lane *lane = gr__outbox_claim(outbox);
    if (lane == NULL)
        return false;

    struct gr__envelope *envelope = gr__envelope_of(gr__lane_claim(lane));
    gr__envelope_head(envelope, GR__PLAIN, tag, size);
    gr__envelope_address_from(envelope, to.name, loop->id);
    gr__copy(envelope->payload, data, size);
    gr__outbox_commit(loop, outbox, lane, gr__envelope_bytes(GR__PLAIN, size));
    return true;
}

static __attribute__((noinline)) int send_by_route(struct gr__loop *loop, gr_actor to, uint32_t tag,
                                                   const void *data, size_t size, gr_time deadline)
{
    if (size > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    bool give_way = sends_much(loop);
    struct gr__envelope *envelope =
        gr__envelope_take_for(loop, to.name, GR__PLAIN, GR_FOREVER, tag, size);
    if (envelope == NULL)
        return -ENOMEM;

    gr__copy(gr__envelope_content(envelope), data, size);
    if (give_way && deadline != GR__NOT_AT_ALL)
        gr__runner_give_way(loop->runner);
    int rc = gr__route(loop, to.name, envelope, deadline);
    if (rc < 0)
        gr__envelope_take_back(loop, envelope);
    return rc;
}

/* Apart from the route, so that what that keeps in registers costs nothing where none is taken. */
static __attribute__((noinline)) int send_elsewhere(struct gr__loop *loop, gr_actor to,
                                                    uint32_t tag, const void *data, size_t size,
                                                    gr_time deadline)
{
    if (send_across(loop, to, tag, data, size))
        return 0;
    return send_by_route(loop, to, tag, data, size, deadline);
}

static inline __attribute__((always_inline)) int send(struct gr__loop *loop, gr_actor to,
                                                      uint32_t tag, const void *data, size_t size,
                                                      gr_time deadline)
{
    struct gr__body *body = gr__body_with_room(loop, to.name);
    struct gr__envelope *envelope = body == NULL ? NULL : gr__envelope_take_short(loop, tag, size);
    if (envelope == NULL)
        return send_elsewhere(loop, to, tag, data, size, deadline);

    gr__copy_line(envelope->payload, data, size);
    return gr__body_accept_kind(loop, body, envelope, GR__PLAIN);
}

int gr_send(gr_actor to, uint32_t tag, const void *data, size_t size)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    return loop == NULL ? GR_ENOTRUNNER : send(loop, to, tag, data, size, GR_FOREVER);
}

int gr_send_by(gr_actor to, uint32_t tag, const void *data, size_t size, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    return loop == NULL ? GR_ENOTRUNNER : send(loop, to, tag, data, size, deadline);
}

int gr_send_buffer(gr_actor to, uint32_t tag, struct gr_buffer *buffer, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    if (buffer->size > UINT32_MAX)
        return -EMSGSIZE;
    struct gr__envelope *envelope =
        gr__envelope_take_for(loop, to.name, GR__BUFFER, GR_FOREVER, tag, buffer->size);
    if (envelope == NULL)
        return -ENOMEM;

    *gr__envelope_buffer(envelope) = *buffer;
    int rc = gr__route(loop, to.name, envelope, deadline);
    if (rc < 0)
        gr__envelope_take_back(loop, envelope);
    else
        *buffer = (struct gr_buffer){0};
    return rc;
}

/*
 * A foreign thread's messages are counted while they are on their way, over all such threads and
 * for each loop: more than the window are turned away, as a full mailbox turns them away.
 */
static int send_foreign(gr_actor to, uint32_t tag, const void *data, size_t size)
{
    if (size > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    if (gr__phase_reached(GR_PHASE_DRAIN))
        return -ESHUTDOWN;
    if (!gr__foreign_window_enter(gr__handle_loop(to.name)))
        return -EAGAIN;
    struct gr__envelope *envelope = malloc(sizeof *envelope + size);
    if (envelope == NULL) {
        gr__foreign_window_leave(gr__handle_loop(to.name), 1);
        return -ENOMEM;
    }

    envelope->task.class = &gr__envelope_foreign_class;
    envelope->message = (struct gr_message){.tag = tag, .size = (uint32_t)size};
    gr__envelope_address(envelope, to.name);
    gr__copy(envelope->payload, data, size);
    if (gr__post(NULL, gr__handle_loop(to.name), &envelope->task, sizeof *envelope + size))
        return 0;

    gr__foreign_window_leave(gr__handle_loop(to.name), 1);
    free(envelope);
    return -ESHUTDOWN;
}

int gr_try_send(gr_actor to, uint32_t tag, const void *data, size_t size)
{
    struct gr__loop *loop = gr__loop_here();
    if (loop == NULL)
        return send_foreign(to, tag, data, size);
    return send(loop, to, tag, data, size, GR__NOT_AT_ALL);
}
