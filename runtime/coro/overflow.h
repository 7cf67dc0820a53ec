/*
 * Overflow: a stack that runs over ends the process, and says which one it was.
 *
 * Below each stack lies a guard page. To touch it raises a signal on the thread that ran
 * over, and the handler, which has a stack of its own, asks the upper strata to whom the
 * guard belongs:
 *
 *     push below the stack -> SIGSEGV -> handler -> describe(address) -> text: write, die
 *                                                                     -> 0: not ours, go on
 *                                                                        as without us
 *
 * What is not an overflow goes to the handler that was there before ours, or has the
 * effect that it had without ours.
 */
#ifndef GREENROOM_CORO_OVERFLOW_H
#define GREENROOM_CORO_OVERFLOW_H

#include <stddef.h>

/*
 * Writes whose guard the address is in, as a line to be printed; its length, or 0 if it is
 * not in the guard of the stack that this thread runs on. Runs in a signal handler.
 */
typedef size_t gr__overflow_describe_fn(const void *address, char *text, size_t bytes);

/* Set who describes, for the whole process. NULL: no fault is an overflow. */
void gr__overflow_describe(gr__overflow_describe_fn *describe);

/* Watch the calling thread, and no thread twice. 0, -ENOMEM, or what the system answered. */
int gr__overflow_watch(void);

/* Watch it no longer. Not watched is fine. */
void gr__overflow_unwatch(void);

#endif
