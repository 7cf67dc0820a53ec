/*
 * Signals, from below: how often each has been delivered, and which loops are told.
 *
 *     on any thread: the handler -- count + 1 --> counts, which only grow
 *                        |
 *                        +------ ring ----------> the bell of each loop that listens
 *
 * Nobody is told how many: whoever hears the bell compares the count with the one that he saw last. So
 * no signal is lost, whoever waits, or does not.
 */
#ifndef GREENROOM_IO_CATCH_H
#define GREENROOM_IO_CATCH_H

#include <stdint.h>

#include <greenroom/bell.h>

/* Catch a signal, once more. Its count from before that; 0, -EINVAL. */
int gr__signal_catch(int number, uint64_t *ret_count);

/* Catch it once less: after the last, what was before is so again. */
void gr__signal_let_go(int number);

/* How often it has been delivered while it was caught. */
uint64_t gr__signal_count(int number);

/* Ring this bell, of this loop, whenever a signal was counted. Zero: none. */
void gr__signal_tell(unsigned loop, gr_bell bell);

#endif
