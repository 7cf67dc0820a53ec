/**
 * @file greenroom.h
 * @brief All of Greenroom, and its table of contents: read the headers in this order.
 *
 * Conventions that hold everywhere:
 *
 * - A lowercase type without "struct", as gr_future, is a value: copy it, store
 *   it, send it to another thread. A struct is memory with a lifetime and a thread.
 * - What is #GR_FALLIBLE returns 0 or a negative error code, and the compiler
 *   insists that you look. Outputs are called ret_..., stand last, and are
 *   untouched on failure.
 * - A deadline is a point in time on gr_now()'s clock; gr_in() makes one.
 * - Each function says on which @b thread it may be called: `any` thread; a
 *   `loop`'s thread; or there inside a `runner`, which a handler, a hook and a
 *   callback are too.
 * - What is #GR_FALLIBLE and wants a runner says #GR_ENOTRUNNER where there is none,
 *   on a foreign thread too, and #GR_EWRONGLOOP of a handle that another loop must
 *   wait for. No list of errors repeats these two.
 * - All other misuse that the caller could have known of is asserted; what only the
 *   run can tell, as full, gone and late, is an error code.
 */
#ifndef GREENROOM_GREENROOM_H
#define GREENROOM_GREENROOM_H

/* What everything stands on: calls, errors, time. */
#include <greenroom/base.h>
#include <greenroom/buffer.h>
#include <greenroom/error.h>

/* Loops, and functions that may wait on them. */
#include <greenroom/await.h>
#include <greenroom/context.h>
#include <greenroom/loop.h>
#include <greenroom/phase.h>
#include <greenroom/run.h>
#include <greenroom/runner.h>
#include <greenroom/scope.h>
#include <greenroom/shield.h>
#include <greenroom/trace.h>

/* Functions to be called: at a time, periodically, from a signal handler, when a wait is over. */
#include <greenroom/bell.h>
#include <greenroom/call.h>
#include <greenroom/periodic.h>
#include <greenroom/when.h>

/* What runners of one loop wait for among themselves. */
#include <greenroom/barrier.h>
#include <greenroom/condition.h>
#include <greenroom/event.h>
#include <greenroom/line.h>
#include <greenroom/mutex.h>
#include <greenroom/queue.h>
#include <greenroom/rwlock.h>
#include <greenroom/semaphore.h>
#include <greenroom/wait_group.h>

/* Results that will be ready later, and queues of items. */
#include <greenroom/broadcast.h>
#include <greenroom/channel.h>
#include <greenroom/future.h>
#include <greenroom/watch.h>

/* Waiting for several things at once. */
#include <greenroom/combine.h>
#include <greenroom/each.h>
#include <greenroom/function.h>
#include <greenroom/map.h>

/* What follows a future without a wait. */
#include <greenroom/chain.h>

/* Work that blocks, the network, and what else comes from outside. */
#include <greenroom/blocking.h>
#include <greenroom/executor.h>
#include <greenroom/fd.h>
#include <greenroom/signal.h>
#include <greenroom/stream.h>

/* Actors. */
#include <greenroom/actor.h>
#include <greenroom/actor_scope.h>
#include <greenroom/ask.h>
#include <greenroom/balance.h>
#include <greenroom/dead_letter.h>
#include <greenroom/group.h>
#include <greenroom/link.h>
#include <greenroom/message.h>
#include <greenroom/monitor.h>
#include <greenroom/move.h>
#include <greenroom/pool.h>
#include <greenroom/receive.h>
#include <greenroom/registry.h>
#include <greenroom/router.h>
#include <greenroom/self_timer.h>
#include <greenroom/send.h>
#include <greenroom/stash.h>
#include <greenroom/supervisor.h>
#include <greenroom/topic.h>

#endif
