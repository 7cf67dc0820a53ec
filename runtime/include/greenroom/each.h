/**
 * @file each.h
 * @brief Several things, one after the other as they become ready.
 *
 *     struct gr_each each;
 *     struct gr_member *member;
 *     gr_each_open(&each, members, count);
 *     while ((rc = gr_each_next(&each, &member, deadline)) == 0)
 *         handle(member->key, member->status);
 *     gr_each_close(&each);                       rc is GR_EOF, or -ETIMEDOUT ...
 *
 * From open to close all members are waited for, also while nobody asks for the next.
 * They are given in the order in which they became ready; their number is member - members.
 */
#ifndef GREENROOM_EACH_H
#define GREENROOM_EACH_H

#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/combine.h>

GR__BEGIN

/** Members that are given one by one. In its opener's frame until it is closed. */
struct gr_each {
    struct gr_set set;             /**< private */
    struct gr_member **ret_member; /**< private */
};

/**
 * Begin to wait for all members. Those that are ready are taken.
 *
 * @thread runner
 * @owner  @p each and @p members stay the caller's, who closes it before their memory ends
 */
GR_API void gr_each_open(struct gr_each *each, struct gr_member *members, size_t count);

/**
 * Wait for the next that is ready, and take it. Its outcome is its status.
 *
 * A wait that ends early takes from nobody, and may be repeated.
 *
 * @thread runner
 * @errors #GR_EOF when all were given, -EBUSY while another asks, -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_each_next(struct gr_each *each, struct gr_member **ret_member, gr_time deadline);

/**
 * The same as an awaitable. There is one for each @p each.
 *
 * @thread loop
 * @owner  as for gr_each_open()
 */
GR_API struct gr_awaitable *gr_each_awaitable(struct gr_each *each, struct gr_member **ret_member);

/**
 * Stop waiting: withdraw from all members that have not been taken. What was closed is ignored.
 *
 * Members that are not #GR_PENDING then have given their outcome, also those that were not given.
 *
 * @thread runner
 */
GR_API void gr_each_close(struct gr_each *each);

GR__END

#endif
