/**
 * @file watch.h
 * @brief A value that changes, and whoever wants to know its latest.
 *
 *     its own loop                                    any loop
 *     gr_watch_make(&config, sizeof config, &watch)
 *     gr_watch_set(watch, &config, sizeof config)     uint64_t seen = 0;
 *                                                     gr_watch_next(watch, &seen, &config, ...)
 *
 * Each watcher sees the latest value, once; those between that were set while it was busy it
 * does not see. Any number of runners of any loop watch. To a loop at most one value is under
 * way, so a value that changes often costs it no more than it can look at.
 */
#ifndef GREENROOM_WATCH_H
#define GREENROOM_WATCH_H

#include <greenroom/line.h>

GR__BEGIN

/** The largest value. */
#define GR_WATCH_VALUE_MAX 4032

/** A watched value. Zero names none. */
typedef struct gr_watch {
    uint64_t name;        /**< opaque */
    uint64_t value_bytes; /**< opaque */
} gr_watch;

/**
 * Make a watched value on the calling thread's loop.
 *
 * @thread loop
 * @owner  the caller, until gr_watch_drop()
 * @errors -EMSGSIZE above #GR_WATCH_VALUE_MAX, -ENOMEM
 */
GR_FALLIBLE int gr_watch_make(const void *value, size_t size, gr_watch *ret_watch);

/**
 * Change the value: all who watch get to see it, or a later one.
 *
 * @thread loop, that of the watch
 * @errors -ESTALE, -EMSGSIZE
 */
GR_FALLIBLE int gr_watch_set(gr_watch watch, const void *value, size_t size);

/**
 * Wait until there is a value that was not seen yet, and take the latest.
 *
 * @param seen  the caller's, which tells what it has seen: zero at first, and set by each call
 *              that takes a value
 *
 * @thread runner
 * @errors GR_EOF when it was dropped, -EMSGSIZE, -ETIMEDOUT, -ECANCELED, -ENOMEM, -ESHUTDOWN
 */
GR_FALLIBLE int gr_watch_next(gr_watch watch, uint64_t *seen, void *ret_value, size_t size,
                              gr_time deadline);

/**
 * End it: all who watch get GR_EOF. A stale or zero handle is ignored.
 *
 * @thread loop, that of the watch
 */
GR_API void gr_watch_drop(gr_watch watch);

/** A wait for a value. */
struct gr_watch_wait {
    struct gr_awaitable awaitable; /**< what is awaited */
    struct gr_place place;         /**< private */
    gr_watch watch;                /**< private */
    uint64_t *seen;                /**< private */
    void *ret_value;               /**< private */
    size_t size;                   /**< private */
};

/**
 * gr_watch_next(), to be awaited with others.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_watch_awaitable(struct gr_watch_wait *wait, gr_watch watch,
                                               uint64_t *seen, void *ret_value, size_t size);

GR__END

#endif
