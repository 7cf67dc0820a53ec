/**
 * @file fd.h
 * @brief Any descriptor on a loop: for client libraries that bring their own sockets.
 *
 *     a library                            the loop
 *     opens a socket  -- gr_fd_add ----->  watches it
 *                     <--- handler ------  when it can be read or written
 *     wants to write  -- gr_fd_update -->
 *     closes it       -- gr_fd_remove -->  and only then close()
 *
 * Sockets, pipes, terminals, eventfd, timerfd, inotify, what a library gives: all that
 * epoll takes. It refuses regular files, which are always ready, with -EPERM. The
 * descriptor stays the caller's, and is made non-blocking.
 *
 * Events are levels: a handler is called as long as there is something that it was
 * asked to be told, but not again before it has returned. It runs as a post does and may
 * wait. Just before each call the descriptor is looked at afresh, so no handler hears of
 * what another has read already, or of a descriptor that was removed.
 *
 * A descriptor that is closed before it was removed is watched no more, or, where its
 * number is another's by then, mistaken for that.
 */
#ifndef GREENROOM_FD_H
#define GREENROOM_FD_H

#include <greenroom/await.h>
#include <greenroom/base.h>

GR__BEGIN

/** What can happen to a descriptor. Hang-up and error are told though nobody asked for them. */
enum gr_fd_event {
    GR_FD_READ = 1,   /**< there is something to read, or its end */
    GR_FD_WRITE = 2,  /**< something can be written */
    GR_FD_HANGUP = 4, /**< the other side has gone; what was asked for is told, too */
    GR_FD_ERROR = 8   /**< it has failed; what was asked for is told, too, since it tells how */
};

/** Hears what happened, some of enum gr_fd_event. */
typedef void gr_fd_fn(int fd, unsigned events, void *context);

/**
 * Have @p run called whenever something happens to a descriptor.
 *
 * @param events  #GR_FD_READ, #GR_FD_WRITE, both, or 0: only hang-up and error
 *
 * @thread loop
 * @owner  @p context is used until gr_fd_remove(), and by a call under way until it has returned
 * @errors -EEXIST it has a handler on this loop, -EBADF, -EPERM it is a regular file
 *         or a directory, -ENOMEM
 */
GR_FALLIBLE int gr_fd_add(int fd, unsigned events, gr_fd_fn *run, void *context);

/**
 * Ask for other events.
 *
 * @thread loop, that of the handler
 * @errors -ENOENT it has no handler
 */
GR_FALLIBLE int gr_fd_update(int fd, unsigned events);

/**
 * Forget a descriptor: its handler is not called again, though something may have happened already,
 * and who awaits it gets -ECANCELED. One that nobody knows is ignored.
 *
 * @thread loop, that of the handler; also in handlers, its own and others'
 */
GR_API void gr_fd_remove(int fd);

/**
 * Wait until something happens to a descriptor.
 *
 * Several may await one, beside its handler. What has happened may be over, where others read and
 * write, too: a read finds that out. A regular file is always ready.
 *
 * @param events      as for gr_fd_add(), and not 0
 * @param ret_events  what has happened; or NULL
 *
 * @thread runner
 * @errors -EBADF, -ECANCELED also when it is removed meanwhile, -ETIMEDOUT, -ENOMEM,
 *         #GR_ENOTRUNNER
 */
GR_FALLIBLE int gr_fd_await(int fd, unsigned events, unsigned *ret_events, gr_time deadline);

/** A descriptor, to be awaited together with others. */
struct gr_fd_wait {
    struct gr_awaitable awaitable; /**< what to await */
    int fd;                        /**< private */
    unsigned events;               /**< private */
    unsigned found;                /**< private */
    int status;                    /**< private */
    unsigned *ret_events;          /**< private */
    struct gr_waiter *waiter;      /**< private */
    struct gr_fd_wait *next;       /**< private */
};

/**
 * The same wait as an awaitable: awaited, it gives what gr_fd_await() returns.
 *
 * @thread loop
 * @owner  @p wait stays the caller's, and holds nothing that must be ended
 */
GR_API struct gr_awaitable *gr_fd_awaitable(struct gr_fd_wait *wait, int fd, unsigned events,
                                            unsigned *ret_events);

GR__END

#endif
