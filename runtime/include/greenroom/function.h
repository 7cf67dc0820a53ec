/**
 * @file function.h
 * @brief A function, awaited: it runs on a runner of its own as long as somebody waits for it.
 *
 *     struct gr_function_wait near, far;
 *     struct gr_member members[] = {
 *         {.awaitable = gr_function_awaitable(&near, fetch, &mirrors[0], NULL)},
 *         {.awaitable = gr_function_awaitable(&far, fetch, &mirrors[1], NULL)},
 *     };
 *     rc = gr_any(members, 2, gr_in(GR_SECOND));
 *
 * The function begins when it is awaited, and its outcome is what it returns. Who stops
 * waiting for it cancels it and waits until it has returned: a deadline that passes, a
 * race that another has won. So it never outlives the frame it works for, whatever
 * happens, and what its context points to may lie there.
 */
#ifndef GREENROOM_FUNCTION_H
#define GREENROOM_FUNCTION_H

#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/runner.h>

GR__BEGIN

/** A function, to wait for. */
struct gr_function_wait {
    struct gr_awaitable awaitable;           /**< what to await */
    gr_runner_fn *run;                       /**< private */
    void *context;                           /**< private */
    const struct gr_runner_options *options; /**< private */
    struct gr_runner_wait join;              /**< private */
    struct gr_waiter ended;                  /**< private */
    void *joiner;                            /**< private */
    int status;                              /**< private */
    int stage;                               /**< private */
};

/**
 * A function as an awaitable: awaited, it gives what @p run(@p context) returns.
 *
 * One that returns -ECANCELED after it was cancelled is withdrawn, and begins again if it is awaited
 * again. One that returns anything else came too late for that, and this is its outcome.
 *
 * @param options  for its runner, or NULL; they outlive the wait
 *
 * @thread loop
 * @owner  @p wait and @p context stay the caller's; the wait holds nothing that must be ended
 * @errors awaited: those of gr_runner_start(), -EBUSY while another awaits it, or the function's own
 */
GR_API struct gr_awaitable *gr_function_awaitable(struct gr_function_wait *wait, gr_runner_fn *run,
                                                  void *context,
                                                  const struct gr_runner_options *options);

GR__END

#endif
