/*
 * A channel at home: what its own loop keeps of it. The design stands in channel.h.
 */
#ifndef GREENROOM_FUTURE_CHANNEL_HOME_H
#define GREENROOM_FUTURE_CHANNEL_HOME_H

#include "base/list.h"
#include "future/channel.h"

/* What a channel knows of another loop that uses it. */
struct gr__account {
    struct gr__list link;    /* among those that want items, while wanted > 0 */
    struct gr__queue words;  /* notices that came with its first word, not yet used */
    uint32_t ticket;         /* while in that list: when it came */
    int32_t wanted;          /* items; below zero, more were lent than are wanted any more */
    uint32_t unacknowledged; /* items admitted, of which it has not been told */
    unsigned loop;
    bool known; /* it has a port */
};

struct gr__channel {
    struct gr__slot slot;
    struct gr__queue items;
    uint32_t count;    /* of items */
    uint32_t max;      /* of them */
    uint32_t promised; /* of them: set aside for receivers of this loop */
    uint32_t reserved; /* room set aside for senders of this loop */
    uint32_t sequence; /* of the next item */
    uint32_t
        tickets;   /* given so far to those in line: the senders, items above, receivers, loops */
    uint32_t lent; /* items lent, and neither back nor told as taken */
    uint32_t unaware; /* loops that were told of the close and have not answered */
    bool closed;
    bool owes;              /* a port was not told of its room, for want of memory */
    bool attentive;         /* closed, or owes: an item that leaves may let something be done */
    bool ended;             /* closed, and nothing can come any more */
    struct gr__queue above; /* items that came above the bound */
    struct gr_line senders;
    struct gr_line receivers;
    struct gr__list wanting; /* accounts */
    struct gr__account *accounts;
};

static inline struct gr__channel *gr__channel_find(uint64_t name)
{
    return gr__slots_find(&gr__channels_of(gr__loop_here())->table, name);
}

/* Whether one number comes before the other; they may have run over. */
static inline bool gr__channel_earlier(uint32_t one, uint32_t other)
{
    return (int32_t)(one - other) < 0;
}

/* The credit of a port. */
static inline uint32_t gr__channel_window(const struct gr__channel *channel)
{
    return channel->max < GR_CHANNEL_WINDOW ? channel->max : GR_CHANNEL_WINDOW;
}

/* What an account wants has changed: it stands in line exactly while it wants some. */
void gr__channel_list(struct gr__channel *channel, struct gr__account *account);

/* Bring together what is there and who waits, until nothing more can be done. */
void gr__channel_balance(struct gr__channel *channel);

/* Use a notice that the port has sent along. False: its loop has stopped. */
bool gr__channel_tell(struct gr__account *account, const struct gr__task_class *class);

#endif
