/**
 * @file scope.h
 * @brief Runners that begin and end together: none of them outlives the scope it was started in.
 *
 *     struct gr_scope scope;
 *     gr_scope_open(&scope, NULL, gr_in(GR_SECOND));
 *     int rc = gr_scope_start(&scope, fetch, &first, NULL, NULL);
 *     if (rc == 0)
 *         rc = gr_scope_start_on(&scope, 1, fetch, &second, NULL, NULL);
 *     if (rc == 0)
 *         rc = look_at_the_clock();        the opener's own part; it may wait
 *     return gr_scope_close(&scope, rc);   all have ended
 *
 * A scope is a struct in its opener's frame. What runs in it is the opener itself,
 * from open to close, and the runners that were started in it, here and on other
 * loops. Each of them may open scopes in turn, so they form a tree:
 *
 *     scope ----+-- the opener ----- a scope in it ---- runner, runner
 *               +-- runner
 *               +-- runner on loop 1 --- a scope ---- runner
 *
 *         cancellation, deadline --->  down, to all of it, on all loops
 *         <---  failure, up, by close: to the opener, who passes it on or does not
 *
 * When one of them fails, which is to return a negative code, the others are
 * cancelled, the opener's waits included, and close returns that code. A scope may
 * rather collect: then the others go on. -ECANCELED from one in a cancelled scope,
 * or -ESHUTDOWN, is nobody's failure. A failure that neither close returns nor a ret_status gets
 * is reported, since else nobody would hear of it.
 *
 * When the deadline passes, all are cancelled, and close returns -ETIMEDOUT. A scope
 * inside another ends by the earlier of both deadlines; where that was the outer's,
 * it has been cancelled, and the outer's close tells -ETIMEDOUT. gr_deadline() tells the
 * deadline to all that is in the scope, and asks are made within it.
 *
 * Cancelling means: each wait ends with -ECANCELED, now and later, as an error of
 * that wait (runner.h), but behind a shield (shield.h). What has not begun never does.
 * After close the opener's waits succeed again, unless an outer scope or the opener
 * itself was cancelled.
 *
 * Close waits until the last one has ended, whatever happens. So a runner that
 * neither returns nor waits without a shield holds its scope up; the run's report
 * names it.
 */
#ifndef GREENROOM_SCOPE_H
#define GREENROOM_SCOPE_H

#include <stdalign.h>

#include <greenroom/base.h>
#include <greenroom/loop.h>
#include <greenroom/runner.h>

GR__BEGIN

/** A scope. In its opener's frame until it is closed; what is in it is private. */
struct gr_scope {
    alignas(8) unsigned char opaque[192]; /**< private */
};

/** How to open a scope. Zero everywhere is the default. */
struct gr_scope_options {
    const char *name;     /**< for reports; outlives the scope. NULL: "scope" */
    bool collect;         /**< a failure cancels nobody */
    gr_time clean_within; /**< how long its clean-up may wait, nanoseconds; 0: five seconds */
};

/**
 * Open a scope: until it is closed, what the caller waits for is in it.
 *
 * One that is opened where waits end with -ECANCELED is cancelled from the beginning.
 *
 * @param options   or NULL
 * @param deadline  when to cancel all that is in it, or #GR_FOREVER
 *
 * @thread runner
 * @owner  @p scope stays the caller's, who closes it before the frame or the runner ends; scopes
 *         are closed in the reverse order
 */
GR_API void gr_scope_open(struct gr_scope *scope, const struct gr_scope_options *options,
                          gr_time deadline);

/**
 * Start a runner in a scope, on the scope's loop. It runs when the caller next waits or ends.
 *
 * Not only the opener may do so: whoever runs in the scope may, until the last one has ended.
 *
 * @param options     or NULL
 * @param ret_status  gets what the runner returned, once it has; or NULL
 *
 * @thread loop, that of the scope
 * @owner  @p context and @p ret_status must outlive the runner: what is in the opener's frame does
 * @errors -ENOMEM, -ECANCELED when the scope was cancelled, -ESHUTDOWN while the loop stops
 */
GR_FALLIBLE int gr_scope_start(struct gr_scope *scope, gr_runner_fn *run, void *context,
                               const struct gr_runner_options *options, int *ret_status);

/**
 * Start a runner in a scope, on the loop with that number.
 *
 * Its end comes back to the scope, which sees -ESHUTDOWN where that loop stops before it begins.
 *
 * @param loop        any, the scope's own too
 * @param options     or NULL
 * @param ret_status  gets what the runner returned, on the scope's loop; or NULL
 *
 * @thread loop, that of the scope
 * @owner  as for gr_scope_start(); what @p context points to is for @p run and those who wait for
 *         its end, not for both at once
 * @errors -EINVAL no such loop, and those of gr_scope_start()
 */
GR_FALLIBLE int gr_scope_start_on(struct gr_scope *scope, int loop, gr_runner_fn *run,
                                  void *context, const struct gr_runner_options *options,
                                  int *ret_status);

/**
 * Have @p run(@p context) called when the scope closes, after all its runners have ended.
 *
 * The last one deferred is the first one called. They are called on the opener, however the scope
 * ends, and may wait, behind a shield: all of them for as long as clean_within says.
 *
 * @thread loop, that of the scope
 * @owner  @p context is @p run's; on an error still the caller's
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_scope_defer(struct gr_scope *scope, gr_task_fn *run, void *context);

/**
 * Cancel all that is in a scope, the scopes in it included.
 *
 * @thread loop, that of the scope
 */
GR_API void gr_scope_cancel(struct gr_scope *scope);

/**
 * Wait until all that was started in a scope has ended, clean up, and end it.
 *
 * The wait ends in no other way. The opener that is cancelled meanwhile waits on, for runners
 * that are cancelled with it.
 *
 * @param status  what the opener's own part came to: 0, or a negative code, which counts like the
 *                failure of a runner
 *
 * @thread runner, the opener
 * @errors -ETIMEDOUT when the deadline has passed, the first failure, or -ECANCELED when the scope
 *         was cancelled and nothing failed
 */
GR_FALLIBLE int gr_scope_close(struct gr_scope *scope, int status);

/**
 * How many have failed so far, the opener's own part included; after close still.
 *
 * @thread loop, that of the scope
 */
GR_API size_t gr_scope_failures(const struct gr_scope *scope);

GR__END

#endif
