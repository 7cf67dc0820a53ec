/*
 * Channels: where the items wait, and how other loops get at them.
 *
 *      other loop, by its port                   the channel's loop
 *
 *      sender --- credit? -----------item-------> above the bound ... items ---> receiver
 *        ^                                              |                 |
 *        +---------- room: so much more credit <--------+ admitted        |
 *                                                                         |
 *      receiver -- wants one more, or one less ------------------------>  | lent
 *        ^                                                                |
 *        +---- lent item <------------------------------------------------+
 *              nobody waits any more: the item goes back to its place
 *
 * Sending is by credit (Kung, Blackwell and Chapman, "Credit-based flow control for ATM networks",
 * 1994; AMQP's links do the same): a port has none until the channel has answered its first word, then as many as the window
 * holds; each item costs one, and comes back once the item is within the bound. So a sender
 * of another loop never sends what would not be let in, and its waiting for credit is its loop's
 * own affair: to cancel it changes nothing elsewhere.
 *
 * Receiving is by demand: for each loop the channel has a number of items that it wants, told in
 * differences. A receiver that comes adds one and one that gives up takes one away, whether or
 * not an item is under way to it; each item lent takes one away too. Since both only add and
 * subtract, they may cross on their way, and this holds always:
 *
 *     wanted here + differences and lent items under way
 *         = receivers who wait there - items there for which nobody waits
 *
 *     the port                                 the channel
 *     receiver waits: +1 --------------------> wants 1: lends an item: wants 0
 *     receiver is cancelled: -1 ----+   +----- item
 *     item comes, nobody waits <----|---+
 *     what more is under way? ------|--+ +---> wants -1
 *                                      +-----> nothing
 *     still nobody waits  <-------------------
 *     all that is there goes back -----------> in its place; wants 0
 *
 * Had another receiver come meanwhile, it would have had the item, +1, and the channel would want
 * nothing: which is right. Only when nothing is under way to a port does it give items back, so that
 * none comes there behind a later one. An item knows its number in the channel, and goes back to its
 * place.
 *
 * Close and drop: a port sends the memory for all that it may have to be told along with its
 * first word, so that nothing is left unsaid for want of memory. GR_EOF is told when nothing can
 * come any more:
 *
 *     closed -- each port knows, and has answered -- all items received, none lent --> ended
 *
 * A port's answer is behind the last of its items, and what it lent is settled when that is told as
 * taken, or comes back. A port goes when its channel has gone.
 *
 * Invariants:
 *   1. Who is woken has something set aside (`promised`), or the channel has come to its end. What is
 *      set aside is a number: which item it is shows when it is taken, and so order is kept.
 *   2. items <= max, save for those that came back; what comes above is not acknowledged.
 *   3. An item is in one place: a queue, a lane, or with who received it.
 *   4. What is set aside here never stands idle: who gives it up passes it on, in the same call.
 */
#ifndef GREENROOM_FUTURE_CHANNEL_H
#define GREENROOM_FUTURE_CHANNEL_H

#include <greenroom/channel.h>

#include "base/slots.h"
#include "future/item.h"

enum {
    GR__PORT_BUCKET_BITS = 5,
    GR__PORT_BUCKETS = 1 << GR__PORT_BUCKET_BITS,
    GR__PORT_WORDS = 4, /* notices that a port sends along: the answer, closing, ended, gone */
};

/* This stratum's part of a loop: its own channels, and its ports to those of others. */
struct gr__channels {
    struct gr__slots table;
    struct gr__list ports[GR__PORT_BUCKETS];
};

static inline struct gr__channels *gr__channels_of(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_CHANNEL);
}

static inline struct gr_channel_wait *gr__channel_wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_channel_wait, awaitable);
}

static inline struct gr_channel_wait *gr__channel_wait_at(struct gr_place *place)
{
    return gr__container_of(place, struct gr_channel_wait, place);
}

/* Serve the first in line: with something that is set aside, or with the channel's end. */
struct gr_channel_wait *gr__channel_grant(struct gr_line *line, bool promised);
void gr__channel_grant_end(struct gr_line *line);

/* --- On the channel's own loop ------------------------------------------------------------- */

bool gr__channel_send_ready(struct gr_channel_wait *wait);
void gr__channel_send_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter);
int gr__channel_send_take(struct gr_channel_wait *wait, const struct gr__parcel *parcel);
void gr__channel_send_cancel(struct gr_channel_wait *wait);
int gr__channel_try_send(uint64_t name, const struct gr__parcel *parcel);

bool gr__channel_receive_ready(struct gr_channel_wait *wait);
void gr__channel_receive_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter);
int gr__channel_receive_take(struct gr_channel_wait *wait);
void gr__channel_receive_cancel(struct gr_channel_wait *wait);
int gr__channel_try_receive(uint64_t name, void *ret_item);

void gr__channel_close(uint64_t name);
bool gr__channel_is_open(uint64_t name);

/* What comes from elsewhere: items of other loops and of foreign threads, and what ports tell. */
extern const struct gr__task_class gr__channel_item_class;
extern const struct gr__task_class gr__channel_return_class;  /* an item that was lent */
extern const struct gr__task_class gr__channel_receipt_class; /* one that was taken; it is empty */
extern const struct gr__task_class
    gr__channel_word_class; /* a port's first, GR__PORT_WORDS times */
extern const struct gr__task_class gr__channel_demand_class;
extern const struct gr__task_class gr__channel_answer_class; /* it knows of the close */
extern const struct gr__task_class gr__channel_close_class;

/* Wait until there is room, and take none of it. For who alone sends into the channel. */
int gr__channel_await_room(gr_channel channel, gr_time deadline);

/* --- On other loops, by their port ---------------------------------------------------------- */

bool gr__port_send_ready(struct gr_channel_wait *wait);
int gr__port_send_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter);
int gr__port_send_take(struct gr_channel_wait *wait, const struct gr__parcel *parcel);
void gr__port_send_cancel(struct gr_channel_wait *wait);
int gr__port_try_send(uint64_t name, const struct gr__parcel *parcel);

bool gr__port_receive_ready(struct gr_channel_wait *wait);
int gr__port_receive_subscribe(struct gr_channel_wait *wait, struct gr_waiter *waiter);
int gr__port_receive_take(struct gr_channel_wait *wait);
void gr__port_receive_cancel(struct gr_channel_wait *wait);

bool gr__port_is_open(uint64_t name);

/* No sender of this loop sends any more. */
void gr__port_close(uint64_t name);

void gr__ports_start(struct gr__loop *loop);
void gr__ports_done(struct gr__loop *loop);

/* What comes from the channel. */
extern const struct gr__task_class gr__port_item_class;
extern const struct gr__task_class gr__port_room_class;
extern const struct gr__task_class gr__port_nothing_class; /* is under way, when it has asked */
extern const struct gr__task_class gr__port_closing_class;
extern const struct gr__task_class gr__port_ended_class;
extern const struct gr__task_class gr__port_gone_class;

#endif
