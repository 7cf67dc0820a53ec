/**
 * @file channel.h
 * @brief A queue of items between runners, on one loop or many, that makes a fast sender wait.
 *
 *     gr_channel_make(sizeof(struct job), 100, &jobs)        on the loop that will receive
 *
 *     any loop                                               any loop
 *     gr_channel_send(jobs, &job, sizeof job, deadline) ---> gr_channel_receive(jobs, &job, ...)
 *     gr_channel_close(jobs)                            ---> the rest, and then GR_EOF
 *
 * Any number of runners may send and receive. Items have one size and are copied, or are
 * buffers and are moved. Who finds the channel full waits for room, who finds it empty for an item,
 * each in the order in which they came. A wait that is cancelled, or whose deadline passes, has
 * taken no item and sent none.
 *
 * The channel belongs to the loop that made it; the handle is a value for any thread. Best make it
 * where it is received from: an item sent there from another loop is one message, one
 * received elsewhere is a message there and one back.
 *
 * The bound: a channel holds as many items as it was told. Each other loop that sends may have
 * as many again on their way, #GR_CHANNEL_WINDOW at most; so a sender of another loop has
 * to wait as well. Foreign threads may try to send, and are bounded as in sends to actors.
 *
 * The order: items of one sender are received in the order in which they were sent. Where runners
 * of several loops receive, and one of another loop gives up while an item is on its way to it,
 * that item comes back and is the next to be received, after those that others have taken meanwhile.
 *
 * After the close, senders get -EPIPE. What was sent before is received to the last item, also
 * what other loops had on its way, before receivers get GR_EOF. A channel that was dropped is
 * closed and empty, for every handle that is left.
 *
 * For one item, or one answer, a future is the channel (future.h).
 */
#ifndef GREENROOM_CHANNEL_H
#define GREENROOM_CHANNEL_H

#include <greenroom/buffer.h>
#include <greenroom/line.h>

GR__BEGIN

/** The largest item that is copied. What is larger is moved, as a buffer. */
#define GR_CHANNEL_ITEM_MAX 4064

/** For gr_channel_make(): the items are buffers, which are moved. */
#define GR_CHANNEL_BUFFERS SIZE_MAX

/** How many items one other loop may have on their way to a channel, at most. */
#define GR_CHANNEL_WINDOW 256

/** A channel. Zero names none. */
typedef struct gr_channel {
    uint64_t name;       /**< opaque */
    uint32_t item_bytes; /**< opaque */
    uint32_t buffers;    /**< opaque */
} gr_channel;

/**
 * Make a channel on the calling thread's loop.
 *
 * @param item_bytes  of each item, or #GR_CHANNEL_BUFFERS
 * @param items_max   how many it holds, one at least
 *
 * @thread loop
 * @owner  the caller, until gr_channel_drop()
 * @errors -EMSGSIZE above #GR_CHANNEL_ITEM_MAX, -ENOMEM
 */
GR_FALLIBLE int gr_channel_make(size_t item_bytes, uint32_t items_max, gr_channel *ret_channel);

/**
 * Wait for room, and send a copy of an item.
 *
 * @thread runner
 * @errors -EPIPE when it is closed, -EMSGSIZE, -ETIMEDOUT, -ECANCELED, -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_channel_send(gr_channel channel, const void *item, size_t size,
                                gr_time deadline);

/**
 * Wait for room, and send a buffer.
 *
 * @thread runner
 * @owner  @p buffer is the channel's, and the caller's struct zero; on an error the caller's still
 * @errors as gr_channel_send()
 */
GR_FALLIBLE int gr_channel_send_buffer(gr_channel channel, struct gr_buffer *buffer,
                                       gr_time deadline);

/**
 * Send a copy of an item if there is room and nobody waits for it.
 *
 * A loop that uses a channel of another for the first time, and a foreign thread always, learn
 * late of what happens there: the loop may first get -EAGAIN, and what a thread sends to a channel
 * that is closed is released.
 *
 * @thread any
 * @errors -EAGAIN, -EPIPE, -EMSGSIZE, -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_channel_try_send(gr_channel channel, const void *item, size_t size);

/**
 * The same for a buffer.
 *
 * @thread any
 * @owner  as in gr_channel_send_buffer()
 * @errors as gr_channel_try_send()
 */
GR_FALLIBLE int gr_channel_try_send_buffer(gr_channel channel, struct gr_buffer *buffer);

/**
 * Wait for an item, and take it.
 *
 * @param ret_item  gets its bytes; of a channel of buffers it is a struct gr_buffer
 * @param size      bytes at @p ret_item
 *
 * @thread runner
 * @errors GR_EOF when it is closed and empty, -EMSGSIZE, -ETIMEDOUT, -ECANCELED, -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_channel_receive(gr_channel channel, void *ret_item, size_t size,
                                   gr_time deadline);

/**
 * Take an item if there is one for which nobody waits.
 *
 * @thread loop, that of the channel
 * @errors -EAGAIN, GR_EOF, -EMSGSIZE
 */
GR_FALLIBLE int gr_channel_try_receive(gr_channel channel, void *ret_item, size_t size);

/**
 * Let nothing more be sent. To close it again does nothing.
 *
 * From elsewhere than its loop it takes effect when the word has got there.
 *
 * @thread any
 * @errors -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_channel_close(gr_channel channel);

/**
 * End a channel: release what is in it, and let all who wait go on, as when it is closed and empty.
 * A stale or zero handle is ignored.
 *
 * @thread loop, that of the channel
 */
GR_API void gr_channel_drop(gr_channel channel);

/** A wait for room or for an item. */
struct gr_channel_wait {
    struct gr_awaitable awaitable; /**< what is awaited */
    struct gr_place place;         /**< private */
    gr_channel channel;            /**< private */
    void *item;                    /**< private */
    size_t size;                   /**< private */
    bool buffer;                   /**< private: to be moved */
    uint32_t ticket;               /**< private: when it came, once in line */
    bool promised;                 /**< private: once granted: something is set aside for it */
};

/**
 * gr_channel_send(), to be awaited with others. The item is read when it is sent.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_channel_send_awaitable(struct gr_channel_wait *wait,
                                                      gr_channel channel, const void *item,
                                                      size_t size);

/**
 * gr_channel_send_buffer(), to be awaited with others. The buffer is moved when it is sent.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_channel_send_buffer_awaitable(struct gr_channel_wait *wait,
                                                             gr_channel channel,
                                                             struct gr_buffer *buffer);

/**
 * gr_channel_receive(), to be awaited with others.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_channel_receive_awaitable(struct gr_channel_wait *wait,
                                                         gr_channel channel, void *ret_item,
                                                         size_t size);

GR__END

#endif
