/*
 * Workers: threads that do what blocks, and the queue before them.
 *
 *     loop: submit --> queue --> worker: run --> posted to the loop: DONE, awaited
 *              \          \                          \
 *               \          +-- await ends early: out of the queue, freed
 *                +-- await ends early while it runs: told so; freed when it comes back
 *
 * This is the one place with a lock: workers sleep on a condition, and a loop holds the
 * lock for a few instructions. A job is its loop's, save while it stands in the queue or
 * runs; then its thread may read the argument and write the result.
 *
 * Invariants:
 *   1. A job is in the queue, with a worker, or with its loop: `place` says which, behind the
 *      lock; only who moved it there frees it.
 *   2. `abandoned` is written by the loop, and read by the worker to tell the work.
 *   3. Threads run while a fleet does: the last loop to end joins them.
 */
#include "io/workers.h"

#include <ck_pr.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "loop/post.h"
#include "runner/wait.h"

enum place { QUEUED, WORKING, BACK };

struct gr_work {
    struct gr__task task; /* brings it back to its loop */
    struct gr__list link; /* while QUEUED */
    struct pool *pool;
    gr_work_fn *run;
    unsigned loop;
    int status;         /* once BACK */
    uint8_t place;      /* behind the lock until BACK */
    bool back;          /* the loop has it again */
    unsigned abandoned; /* nobody waits any more */
    struct gr_waiter *waiter;
    size_t argument_size;
    size_t result_size;
    unsigned char bytes[]; /* the argument, and behind it, aligned, the result */
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct gr__list queue;
    unsigned queued;
    unsigned threads; /* that have started */
    unsigned idle;    /* that wait for work */
    bool ending;
    pthread_t thread[GR_BLOCKING_THREADS];
};

/* Of the process; `users` counts the loops that may submit. */
static struct pool pools[GR__WORKERS] = {
    {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER},
    {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER},
};
static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;

static size_t result_offset(size_t argument_size)
{
    size_t alignment = _Alignof(max_align_t);
    return (argument_size + alignment - 1) / alignment * alignment;
}

static void *result_of(struct gr_work *work)
{
    return work->bytes + result_offset(work->argument_size);
}

static struct gr_work *work_of(struct gr__task *task)
{
    return gr__container_of(task, struct gr_work, task);
}

/* On the loop: it is done. */
static void come_back(struct gr__task *task)
{
    struct gr_work *work = work_of(task);
    if (ck_pr_load_uint(&work->abandoned) != 0) {
        free(work);
        return;
    }
    work->back = true;
    if (work->waiter != NULL)
        work->waiter->wake(work->waiter);
}

static void discard(struct gr__task *task)
{
    free(work_of(task));
}

static const struct gr__task_class back_class = {"a work that is done", come_back, discard, NULL};

bool gr_work_cancelled(const struct gr_work *work)
{
    return ck_pr_load_uint(&work->abandoned) != 0;
}

static void do_work(struct gr_work *work)
{
    work->status = work->run(work, work->bytes, result_of(work));

    if (gr__inbox_post_foreign(&gr__inboxes[work->loop], &work->task))
        return;

    /* A loop that has stopped has given up waiting, so the work is nobody's. Acquire: all that
     * the loop did with it comes before its end. Pairs with the exchange in work_cancel(). */
    ck_pr_faa_uint(&work->abandoned, 0);
    free(work);
}

/* The next work; NULL when the pool ends. Called and returns with the lock held. */
static struct gr_work *next_work(struct pool *pool)
{
    pool->idle++;
    while (gr__list_empty(&pool->queue) && !pool->ending)
        pthread_cond_wait(&pool->more, &pool->lock);
    pool->idle--;
    struct gr__list *link = gr__list_shift(&pool->queue);
    if (link == NULL)
        return NULL;

    struct gr_work *work = gr__container_of(link, struct gr_work, link);
    work->place = WORKING;
    pool->queued--;
    return work;
}

static void *worker_main(void *context)
{
    struct pool *pool = context;
    struct gr_work *work;
    pthread_mutex_lock(&pool->lock);
    while ((work = next_work(pool)) != NULL) {
        pthread_mutex_unlock(&pool->lock);
        do_work(work);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* One thread more, which is to get no signals. With the lock held. */
static int start_thread(struct pool *pool)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = -pthread_create(&pool->thread[pool->threads], NULL, worker_main, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        pool->threads++;
    return rc;
}

/* With the lock held. */
static int enqueue(struct pool *pool, struct gr_work *work)
{
    if (pool->queue.next == NULL)
        gr__list_init(&pool->queue);
    if (pool->queued >= GR_BLOCKING_QUEUE_MAX)
        return -EAGAIN;
    if (pool->idle <= pool->queued && pool->threads < GR_BLOCKING_THREADS) {
        int rc = start_thread(pool);
        if (rc < 0 && pool->threads == 0)
            return rc;
    }

    gr__list_append(&pool->queue, &work->link);
    pool->queued++;
    pthread_cond_signal(&pool->more);
    return 0;
}

static int submit(struct pool *pool, struct gr_work *work)
{
    pthread_mutex_lock(&pool->lock);
    int rc = enqueue(pool, work);
    pthread_mutex_unlock(&pool->lock);
    return rc;
}

/* Take a work out of the queue; false when it is too late for that. */
static bool withdraw(struct gr_work *work)
{
    struct pool *pool = work->pool;
    pthread_mutex_lock(&pool->lock);
    bool queued = work->place == QUEUED;
    if (queued) {
        gr__list_remove(&work->link);
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->lock);
    return queued;
}

/* A work, awaited. */
struct awaited {
    struct gr_awaitable awaitable;
    struct gr_work *work;
    void *result;
};

static struct awaited *awaited_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct awaited, awaitable);
}

static bool work_ready(struct gr_awaitable *awaitable)
{
    return awaited_of(awaitable)->work->back;
}

static int work_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_work *work = awaited_of(awaitable)->work;
    work->waiter = waiter;
    int rc = submit(work->pool, work);
    if (rc < 0)
        free(work);
    return rc;
}

static int work_take(struct gr_awaitable *awaitable)
{
    struct awaited *awaited = awaited_of(awaitable);
    struct gr_work *work = awaited->work;
    int status = work->status;
    if (status >= 0 && work->result_size > 0)
        memcpy(awaited->result, result_of(work), work->result_size);
    free(work);
    return status;
}

static bool work_cancel(struct gr_awaitable *awaitable)
{
    struct gr_work *work = awaited_of(awaitable)->work;
    if (work->back)
        return false;

    work->waiter = NULL;
    if (withdraw(work))
        free(work);
    else
        ck_pr_fas_uint(&work->abandoned, 1); /* come_back() frees it, on this loop */
    return true;
}

static const struct gr_awaitable_type work_type = {"blocking work", work_ready, work_subscribe,
                                                   work_take, work_cancel};

int gr__workers_do(enum gr__workers kind, gr_work_fn *run, const void *argument,
                   size_t argument_size, void *ret_result, size_t result_size, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_here();
    size_t bytes = result_offset(argument_size) + result_size;
    struct gr_work *work = calloc(1, sizeof *work + bytes);
    if (work == NULL)
        return -ENOMEM;

    work->task.class = &back_class;
    work->pool = &pools[kind];
    work->run = run;
    work->loop = loop->id;
    work->argument_size = argument_size;
    work->result_size = result_size;
    if (argument_size > 0)
        memcpy(work->bytes, argument, argument_size);
    struct awaited awaited = {.work = work, .result = ret_result};
    return gr__await(&awaited.awaitable, &work_type, deadline);
}

int gr_blocking(gr_work_fn *run, const void *argument, size_t argument_size, void *ret_result,
                size_t result_size, gr_time deadline)
{
    if (gr__runner_here() == NULL)
        return GR_ENOTRUNNER;
    return gr__workers_do(GR__WORKERS_ANY, run, argument, argument_size, ret_result, result_size,
                          deadline);
}

static int enter(struct gr__loop *loop)
{
    (void)loop;
    pthread_mutex_lock(&users_lock);
    users++;
    pthread_mutex_unlock(&users_lock);
    return 0;
}

/* What is still queued was abandoned by its loop, or its loop is gone. */
static void end_pool(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->more);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads; i++)
        pthread_join(pool->thread[i], NULL);
    pool->threads = 0;
    pool->ending = false;
}

static void leave(struct gr__loop *loop)
{
    (void)loop;
    pthread_mutex_lock(&users_lock);
    if (--users == 0)
        for (int kind = 0; kind < GR__WORKERS; kind++)
            end_pool(&pools[kind]);
    pthread_mutex_unlock(&users_lock);
}

/* A stratum beside that of streams, for programs that only have blocking work. */
static struct gr__stratum stratum = {.part = GR__PART_IO, .start = enter, .done = leave};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
