/*
 * Workers: threads that do what blocks, and the queue before them.
 */
#ifndef GREENROOM_IO_WORKERS_H
#define GREENROOM_IO_WORKERS_H

#include <greenroom/blocking.h>

/* Which threads: those for anybody's work, or those for looking up names. */
enum gr__workers { GR__WORKERS_ANY, GR__WORKERS_NAMES, GR__WORKERS };

/* gr_blocking(), on the threads of a kind. */
int gr__workers_do(enum gr__workers kind, gr_work_fn *run, const void *argument,
                   size_t argument_size, void *ret_result, size_t result_size, gr_time deadline);

#endif
