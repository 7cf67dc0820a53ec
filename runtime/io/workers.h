/*
 * Workers: threads that do what blocks, and the queue before them.
 *
 *     send --> waiting --> queue --> working --> posted to its loop: BACK
 *     |          (room)      |          |
 *     +-- refused            +----------+-- taken back, or told that nobody waits
 *
 * This is the one place with a lock, one for each executor: workers sleep on a condition, and a
 * loop holds the lock for a few instructions. A work is its loop's, save while it stands in one
 * of the three lists; then its thread may read the argument and write the result.
 *
 * A thread that leaves joins the one that left before it, which is on its last instructions. So
 * one alone is to be joined in the end, however many have come and gone.
 *
 * Invariants, all behind the lock:
 *   1. A work is in the list that its `place` says, or with its loop; only who took it out of the
 *      list frees it or posts it.
 *   2. Something is waiting only while the queue is full, so where there is a queue at all.
 *   3. The stage only goes on: FREE, OPEN, DRAINING, and to FREE once the last thread has left.
 */
#ifndef GREENROOM_IO_WORKERS_H
#define GREENROOM_IO_WORKERS_H

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include <greenroom/buffer.h>
#include <greenroom/executor.h>

#include "base/list.h"
#include "loop/task.h"

/* The two executors that are always there: anybody's, and that for looking up names. */
enum { GR__WORKERS_ANY, GR__WORKERS_NAMES, GR__WORKERS_BUILT_IN };

enum gr__work_place { GR__WORK_WAITING, GR__WORK_QUEUED, GR__WORK_WORKING, GR__WORK_BACK };

struct gr_work {
    struct gr__task task;   /* brings it back to its loop */
    struct gr__task let_in; /* tells its loop that it has come from waiting to the queue */
    struct gr__list link;   /* in one of the lists */
    struct gr__workers *workers;
    gr_work_fn *run;
    unsigned loop;
    int status;      /* once it is back */
    uint8_t place;   /* enum gr__work_place */
    bool back;       /* the loop has it again */
    bool abandoned;  /* nobody waits any more; this and the next two are the loop's own notes */
    bool unheard;    /* it waits for room, or `let_in` is on its way */
    bool taken_back; /* once abandoned: before it began */
    unsigned told;   /* the same, for the thread that does the work */
    gr_time sent;
    gr_promise promise;    /* of one that was submitted; else zero */
    struct gr__room *room; /* whose sender waits for room, or NULL */
    struct gr_waiter *waiter;
    struct gr_buffer details; /* of its error, once it is back */
    size_t argument_size;
    size_t result_size;
    unsigned char bytes[]; /* the argument, and behind it, aligned, the result */
};

enum gr__workers_stage { GR__WORKERS_FREE, GR__WORKERS_OPEN, GR__WORKERS_DRAINING };

struct gr__workers {
    pthread_mutex_t lock;
    pthread_cond_t more; /* there is work, or fewer threads are wanted */
    pthread_cond_t gone; /* the last thread has left */
    uint32_t generation; /* of its handle; grows when it is made */
    uint8_t stage;       /* enum gr__workers_stage */
    bool wait_when_full;
    bool has_left; /* `left` is to be joined */
    pthread_t left;
    char name[16];
    unsigned threads_max;
    unsigned queue_max;
    unsigned idle_threads;
    gr_time idle;
    struct gr__list waiting;
    struct gr__list queue;
    struct gr__list working;
    struct gr_executor_counts counts;

    struct gr__task over;        /* tells the loop of who closes it that the last thread has left */
    unsigned closer;             /* that loop */
    struct gr__closing *closing; /* who waits for that; only its loop touches this. NULL: nobody */
};

static inline void *gr__work_result(struct gr_work *work)
{
    size_t alignment = _Alignof(max_align_t);
    return work->bytes + (work->argument_size + alignment - 1) / alignment * alignment;
}

static inline void gr__work_free(struct gr_work *work)
{
    gr_buffer_release(&work->details);
    free(work);
}

/* Once, before anything else. */
void gr__workers_init(struct gr__workers *workers, const struct gr__task_class *over_class);

/* Let in those who wait, as far as there is room. Called with the lock. */
void gr__workers_let_in(struct gr__workers *workers);

/* What gr__workers_send() says of a work that waits for room. */
enum { GR__WORKERS_WAIT = 1 };

/* Send a work: 0, GR__WORKERS_WAIT, or an error that gr_executor_run() may give. */
int gr__workers_send(struct gr__workers *workers, uint32_t generation, struct gr_work *work);

/* Take a work back that has not begun, or tell the one that has. True: it is the caller's again. */
bool gr__workers_take_back(struct gr_work *work);

/* Take back one that still waits for room; false when it does not. */
bool gr__workers_take_back_waiting(struct gr_work *work);

/* The same as the first, for the work that is to settle a promise. False: there is none. */
bool gr__workers_forget(struct gr__workers *workers, gr_promise promise, struct gr_work **ret_work,
                        bool *ret_taken_back);

/* Begin to end: no more work. Called with the lock. True: there is no thread left; else `over` is
 * posted when there is none. */
bool gr__workers_drain(struct gr__workers *workers);

/* Take back all that has not begun, send that home with -ECANCELED, and tell those that have. */
void gr__workers_cancel(struct gr__workers *workers);

/* Join the last thread, and be free to be made anew. */
void gr__workers_free(struct gr__workers *workers);

/* At the end of the fleet: discard what has not begun, and wait until all threads have left. */
void gr__workers_end(struct gr__workers *workers);

/* The handle of a built-in executor. */
gr_executor gr__workers_built_in(unsigned which);

/* The executor with that number in the table. */
struct gr__workers *gr__workers_at(unsigned which);

#endif
