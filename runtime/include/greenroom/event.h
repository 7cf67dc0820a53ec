/**
 * @file event.h
 * @brief Something that has happened, or not yet: all who wait for it go on when it does.
 *
 *     struct gr_event opened = {0};
 *
 *     rc = gr_event_wait(&opened, deadline);      gr_event_set(&opened);
 *
 * Who waited when it was set goes on, though it be cleared before he runs.
 */
#ifndef GREENROOM_EVENT_H
#define GREENROOM_EVENT_H

#include <greenroom/line.h>

GR__BEGIN

/** An event. Zero is one that has not happened. */
struct gr_event {
    bool set;            /**< private */
    struct gr_line line; /**< private */
};

/**
 * It has happened: wake all who wait for it. To set it again does nothing.
 *
 * @thread loop
 */
GR_API void gr_event_set(struct gr_event *event);

/**
 * It has not happened: who waits from now on waits until it is set anew.
 *
 * @thread loop
 */
GR_API void gr_event_clear(struct gr_event *event);

/**
 * Whether it is set.
 *
 * @thread loop
 */
GR_API bool gr_event_is_set(const struct gr_event *event);

/**
 * Wait until it is set.
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_event_wait(struct gr_event *event, gr_time deadline);

/** A wait for an event. */
struct gr_event_wait {
    struct gr_awaitable awaitable; /**< what is awaited */
    struct gr_place place;         /**< private */
    struct gr_event *event;        /**< private */
};

/**
 * gr_event_wait(), to be awaited with others.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_event_awaitable(struct gr_event_wait *wait, struct gr_event *event);

/**
 * Assert that nobody waits for it: its memory may go.
 *
 * @thread loop
 */
GR_API void gr_event_done(const struct gr_event *event);

GR__END

#endif
