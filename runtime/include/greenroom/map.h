/**
 * @file map.h
 * @brief One function, applied to many items, some at a time.
 *
 *     struct gr_mapping pages = {fetch, &client, urls, sizeof *urls, count,
 *                            bodies, sizeof *bodies, 8};
 *     rc = gr_map(&pages, gr_in(GR_SECOND));         bodies[i] is that of urls[i]
 *
 * The function may wait, and so up to at_once items are in work at the same time, all on
 * the caller's loop. Each result lies where its item's place says.
 */
#ifndef GREENROOM_MAP_H
#define GREENROOM_MAP_H

#include <greenroom/base.h>

GR__BEGIN

/** Works on one item: 0, having filled @p ret_result, or a negative code. It may wait. */
typedef int gr_map_fn(void *context, const void *item, void *ret_result);

/** What to apply to what. */
struct gr_mapping {
    gr_map_fn *run;      /**< is called once for each item */
    void *context;       /**< for run */
    const void *items;   /**< count items, of item_bytes each */
    size_t item_bytes;   /**< may be 0, where the items are their results */
    size_t count;        /**< may be 0 */
    void *results;       /**< room for count results, of result_bytes each */
    size_t result_bytes; /**< may be 0 */
    size_t at_once;      /**< items in work at the same time, at most; not 0 */
};

/**
 * Apply a function to all items, beginning with the first.
 *
 * The first failure cancels those that are in work, and none begins any more. When the call
 * returns none is in work, whatever happened.
 *
 * @thread runner
 * @owner  all stays the caller's
 * @errors -ENOMEM, -ETIMEDOUT, -ECANCELED, -ESHUTDOWN while the loop stops, or the failure that came
 *         first
 */
GR_FALLIBLE int gr_map(const struct gr_mapping *map, gr_time deadline);

GR__END

#endif
