/**
 * @file wait_group.h
 * @brief How many are still at work: waiting until none is.
 *
 *     struct gr_wait_group group = {0};
 *
 *     gr_wait_group_enter(&group, 2);             a  ... gr_wait_group_leave(&group);
 *     rc = gr_wait_group_wait(&group, deadline);  b  ... gr_wait_group_leave(&group);
 */
#ifndef GREENROOM_WAIT_GROUP_H
#define GREENROOM_WAIT_GROUP_H

#include <greenroom/line.h>

GR__BEGIN

/** Those at work. Zero is nobody. */
struct gr_wait_group {
    uint32_t count;      /**< private */
    struct gr_line line; /**< private */
};

/**
 * So many more are at work.
 *
 * @thread loop
 */
GR_API void gr_wait_group_enter(struct gr_wait_group *group, uint32_t count);

/**
 * One is no more. When it was the last, all who wait go on.
 *
 * @thread loop
 */
GR_API void gr_wait_group_leave(struct gr_wait_group *group);

/**
 * Wait until nobody is at work. Who waited then goes on, though others enter before he runs.
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_wait_group_wait(struct gr_wait_group *group, gr_time deadline);

/** A wait for a group. */
struct gr_wait_group_wait {
    struct gr_awaitable awaitable; /**< what is awaited */
    struct gr_place place;         /**< private */
    struct gr_wait_group *group;   /**< private */
};

/**
 * gr_wait_group_wait(), to be awaited with others.
 *
 * @thread loop
 */
GR_API struct gr_awaitable *gr_wait_group_awaitable(struct gr_wait_group_wait *wait,
                                                    struct gr_wait_group *group);

/**
 * Assert that nobody waits: its memory may go.
 *
 * @thread loop
 */
GR_API void gr_wait_group_done(const struct gr_wait_group *group);

GR__END

#endif
