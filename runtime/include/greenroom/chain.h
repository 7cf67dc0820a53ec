/**
 * @file chain.h
 * @brief What follows a future without a runner that waits: pass it on, go on from it, let it go.
 *
 *     gr_future_chain(from, to)                from's outcome settles to
 *     gr_future_then(from, parse, ..., &next)  parse(from, to) is called; next is to's future
 *     gr_future_detach(future, quiet)          nobody waits any more; its failure is reported
 *
 * Each takes the future over: it ends by itself, and is not to be awaited by another. To
 * drop it, or gr_future_forget(), breaks the chain: what hangs on it is then
 * rejected with -ECANCELED, so that nobody waits for what never comes.
 */
#ifndef GREENROOM_CHAIN_H
#define GREENROOM_CHAIN_H

#include <greenroom/base.h>
#include <greenroom/future.h>

GR__BEGIN

/**
 * Settle a promise with the outcome of a future, when that has one: value, buffer or failure.
 *
 * The value moves; a buffer is not copied. Where the promise's future has gone it vanishes.
 *
 * @thread loop, that of @p from; the promise is any loop's
 * @owner  @p from is the chain's; on an error still the caller's
 * @errors -ESTALE, -EBUSY while another awaits it, -ENOMEM
 */
GR_FALLIBLE int gr_future_chain(gr_future from, gr_promise to);

/**
 * Goes on from a future that has settled: awaiting @p from does not wait. Settles @p to, now or
 * later; or returns a negative code, with which that is rejected. It may wait, as a runner may.
 */
typedef int gr_then_fn(gr_future from, gr_promise to, void *context);

/**
 * Have @p run called when a future settles, in a later turn, and get a future for what comes of it.
 *
 * A failure of @p from is passed on by a @p run that returns what gr_future_await() returned. The
 * new future may be dropped: @p run is called all the same.
 *
 * @thread loop, that of @p from
 * @owner  @p from is the call's, and ends with it; on an error still the caller's
 * @errors -ESTALE, -EBUSY while another awaits it, -ENOMEM
 */
GR_FALLIBLE int gr_future_then(gr_future from, gr_then_fn *run, void *context,
                               gr_future *ret_future);

/**
 * Let a future go, and have its failure reported: unlike gr_future_drop(), which is silent.
 *
 * @param quiet  codes that are not to be reported, 0 behind the last; a list that outlives the
 *               future, or NULL. Of -ECANCELED nothing is said either
 *
 * @thread loop, that of the future
 * @owner  the future ends by itself; on an error it is still the caller's
 * @errors -ESTALE, -EBUSY while another awaits it, -ENOMEM
 */
GR_FALLIBLE int gr_future_detach(gr_future future, const int *quiet);

/**
 * As gr_future_await(), but a future that is not awaited to its end is let go, as by
 * gr_future_detach(): what it stands for runs on.
 *
 * @thread runner, on the loop of the future
 * @owner  the future ends, now or by itself; but for -EBUSY and -EMSGSIZE
 * @errors as gr_future_await()
 */
GR_FALLIBLE int gr_future_await_or_detach(gr_future future, void *ret_value, size_t size,
                                          const int *quiet, gr_time deadline);

GR__END

#endif
