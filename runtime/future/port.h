/*
 * Ports: a loop's way to a channel of another loop. The design stands in channel.h.
 *
 *     first use --> port, without credit --> answered --> closed --> ended --> gone: freed
 *                                                                              once nothing
 *                                                                              is set aside
 *
 * Invariants:
 *   1. credit >= reserved: nobody is woken to send who could not.
 *   2. While somebody waits to receive, all items on hand are set aside for others who were woken.
 *   3. Each item on hand that is set aside for nobody counts as one less that is wanted, and the
 *      channel is being asked: so it goes back, without memory too.
 *   4. Whoever is woken and has nothing set aside has come to the end, and does not look for the
 *      port: that may be another one by then.
 */
#ifndef GREENROOM_FUTURE_PORT_H
#define GREENROOM_FUTURE_PORT_H

#include "base/list.h"
#include "future/channel.h"

struct gr__port {
    struct gr__list link; /* in its bucket */
    uint64_t name;        /* of the channel */
    struct gr_line senders;
    struct gr_line receivers;
    struct gr__queue items; /* on hand */
    uint32_t count;         /* of them */
    uint32_t promised;      /* of them: set aside for receivers */
    uint32_t credit;
    uint32_t reserved;           /* of the credit: set aside for senders */
    uint32_t taken;              /* items, and not yet told */
    int32_t untold;              /* difference of what is wanted */
    struct gr__notice *question; /* to ask with whether anything is under way; NULL: it is asked */
    bool asked_more;             /* than when that was asked */
    bool closed;                 /* the channel is, or this loop has closed it */
    bool told_closed;            /* by the channel, so it wants to hear at once what is taken */
    bool ended;
    bool gone;
};

/* This loop's port to a channel; NULL: it has none. */
struct gr__port *gr__port_find(uint64_t name);

/* Something that was set aside is not any more: the last to go frees the port of a channel that has gone. */
void gr__port_settle(struct gr__port *port);

/* Wake as many senders as there is credit for. */
void gr__port_serve(struct gr__port *port);

/* No sender has anything to wait for any more. */
void gr__port_end_sending(struct gr__port *port);

/*
 * Items are on hand for which nobody waits. Ask what is under way, unless that is asked already: they go back
 * once no other is on its way here. The answer is behind it.
 */
void gr__port_ask(struct gr__port *port);

/* The channel has gone, and nobody has come for what is on hand. */
void gr__port_end_unclaimed(struct gr__port *port);

#endif
