/**
 * @file context.h
 * @brief What goes without saying: values that follow a piece of work wherever it goes on.
 *
 *     static const struct gr_context_key user = {.name = "user", .inherit = true, .carry = true};
 *
 *     gr_context_set(&user, "ann", 3) --> gr_ask(ledger, ...) --> ledger's handler: user=ann
 *                |
 *                +--> gr_runner_start(audit, ...) --> audit(): user=ann
 *
 * Whatever runs on a loop, be it a runner, a handler, a hook or a callback, has a context:
 * a few values, each under a key. It is as private as a local variable. Who waits has its
 * own again afterwards, whatever has run in between; what it sets is gone when it ends.
 *
 * Where work goes on elsewhere the context is copied there, as each key says:
 *
 *     inherit   to what is started or is to be called: runners, the start hooks of actors,
 *               posts, calls at a time, what is called when a future has settled
 *     carry     along with what is said: messages and asks, while their handlers run
 *
 * What is set later changes no copy. Results of futures and replies bring no context back.
 *
 * A key is a constant of the program and is known by its address. Values are bytes, and
 * few: there are bounds for each and for all, which are error codes and not asserted.
 *
 * A deadline follows in the same way, with asks and to runners: gr_deadline().
 */
#ifndef GREENROOM_CONTEXT_H
#define GREENROOM_CONTEXT_H

#include <greenroom/base.h>
#include <greenroom/runner.h>

GR__BEGIN

/** Bytes of one value, at most. */
#define GR_CONTEXT_VALUE_MAX 64

/** Values of one context, at most. */
#define GR_CONTEXT_VALUES_MAX 8

/** What a value is, and where it goes. A constant: it must outlive the run. */
struct gr_context_key {
    const char *name; /**< for reports */
    bool inherit;     /**< given to what is started or is to be called */
    bool carry;       /**< sent along with messages and asks */

    /**
     * Writes a value as text of less than @p bytes, and returns its length. Any thread. NULL: bytes
     * that can be printed stand for themselves, others are written as hexadecimal digits.
     */
    size_t (*print)(const void *value, size_t size, char *text, size_t bytes);
};

/**
 * Set a value, for what is left of this runner, handler, hook or callback.
 *
 * @param size  in bytes; 0: the key has no value from here on
 *
 * @thread runner
 * @owner  @p value stays the caller's; its bytes are copied
 * @errors -EMSGSIZE above #GR_CONTEXT_VALUE_MAX, -ENOSPC above #GR_CONTEXT_VALUES_MAX, -ENOMEM,
 *         #GR_ENOTRUNNER
 */
GR_FALLIBLE int gr_context_set(const struct gr_context_key *key, const void *value, size_t size);

/**
 * Call @p run(@p context) with a value set, and return what it returned.
 *
 * Afterwards the context is what it was before, whatever was set in between; so there is nothing
 * that one could forget to undo, or undo in the wrong order. @p run may wait.
 *
 * @param size  in bytes; 0: the key has no value in there
 *
 * @thread runner
 * @owner  @p value stays the caller's; its bytes are copied
 * @errors as gr_context_set(), and @p run has not been called; or its own
 */
GR_FALLIBLE int gr_context_run(const struct gr_context_key *key, const void *value, size_t size,
                               gr_runner_fn *run, void *context);

/**
 * Call @p run(@p context) with no context at all, neither values nor a deadline.
 *
 * For what outlives the work that begins it, as a connection that is kept for others.
 *
 * @thread runner
 * @errors #GR_ENOTRUNNER, or what @p run returned
 */
GR_FALLIBLE int gr_context_run_without(gr_runner_fn *run, void *context);

/**
 * Get a value.
 *
 * @param ret_value  gets it; untouched on error
 * @param size       bytes at @p ret_value, exactly as many as were set
 *
 * @thread any
 * @errors -ENOENT the key has no value, -EMSGSIZE
 */
GR_FALLIBLE int gr_context_get(const struct gr_context_key *key, void *ret_value, size_t size);

/**
 * Write the whole context as "trace=4bf9 user=ann", for a log; returns the length.
 *
 * Ends in a NUL, and is cut where it does not fit. The empty text where there is no context.
 *
 * @thread any
 */
GR_API size_t gr_context_text(char *text, size_t bytes);

/**
 * The deadline of the work that the caller is part of; #GR_FOREVER where it has none.
 *
 * In a handler of an ask it is that of the ask. An ask made here ends then at the latest.
 *
 * It follows asks and goes to runners, but not to posts and callbacks, which are for later, nor
 * with messages, which nobody awaits. All loops have one clock, so it means the same on each.
 *
 * @thread any
 */
GR_API gr_time gr_deadline(void);

GR__END

#endif
