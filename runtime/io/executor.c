/*
 * Executors: the table of them, how they are made and closed, and how they end with the fleet.
 *
 *     FREE -- make --> OPEN -- close --> DRAINING -- the last thread leaves --> FREE
 *                                            \
 *                                             +-- deadline: what has not begun is cancelled
 *
 * The table stands still and is never freed, so whoever has a handle may lock what it names, and
 * look then whether it is still the same. The two that are built in are open while a fleet runs.
 */
#include <greenroom/executor.h>

#include <errno.h>
#include <stdio.h>

#include "base/handle.h"
#include "io/workers.h"
#include "runner/wait.h"

/* `users` counts the loops that may send works. */
static struct gr__workers table[GR_EXECUTORS_MAX];
static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;

struct gr__workers *gr__workers_at(unsigned which)
{
    return &table[which < GR_EXECUTORS_MAX ? which : 0];
}

static gr_executor name_of(const struct gr__workers *workers)
{
    return (gr_executor){gr__handle(workers->generation, 0, (uint32_t)(workers - table))};
}

/* Lock what a handle names; NULL, and no lock, where that has gone. */
static struct gr__workers *lock(gr_executor executor)
{
    struct gr__workers *workers = gr__workers_at(gr__handle_index(executor.name));
    pthread_mutex_lock(&workers->lock);
    if (workers->stage != GR__WORKERS_FREE && name_of(workers).name == executor.name)
        return workers;

    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

static void set_up(struct gr__workers *workers, const struct gr_executor_options *options)
{
    workers->stage = GR__WORKERS_OPEN;
    workers->generation++;
    workers->threads_max = options->threads == 0 ? GR_BLOCKING_THREADS : options->threads;
    workers->queue_max = options->queue_max == 0 ? GR_BLOCKING_QUEUE_MAX : options->queue_max;
    workers->wait_when_full = options->wait_when_full;
    workers->idle = options->idle;
    workers->counts = (struct gr_executor_counts){0};
    workers->closing = NULL;
    snprintf(workers->name, sizeof workers->name, "%s",
             options->name == NULL ? "executor" : options->name);
}

static bool make(struct gr__workers *workers, const struct gr_executor_options *options,
                 gr_executor *ret_executor)
{
    pthread_mutex_lock(&workers->lock);
    bool is_free = workers->stage == GR__WORKERS_FREE;
    if (is_free) {
        set_up(workers, options);
        *ret_executor = name_of(workers);
    }
    pthread_mutex_unlock(&workers->lock);
    return is_free;
}

int gr_executor_make(const struct gr_executor_options *options, gr_executor *ret_executor)
{
    static const struct gr_executor_options defaults;
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    for (unsigned i = GR__WORKERS_BUILT_IN; i < GR_EXECUTORS_MAX; i++)
        if (make(&table[i], options == NULL ? &defaults : options, ret_executor))
            return 0;
    return -EMFILE;
}

gr_executor gr__workers_built_in(unsigned which)
{
    return (gr_executor){gr__handle(1, 0, which)};
}

gr_executor gr_executor_default(void)
{
    return gr__workers_built_in(GR__WORKERS_ANY);
}

int gr_executor_resize(gr_executor executor, unsigned threads, unsigned queue_max)
{
    struct gr__workers *workers = lock(executor);
    if (workers == NULL)
        return -ESTALE;

    if (threads != 0)
        workers->threads_max = threads;
    if (queue_max != 0)
        workers->queue_max = queue_max;
    gr__workers_let_in(workers);
    pthread_cond_broadcast(&workers->more);
    pthread_mutex_unlock(&workers->lock);
    return 0;
}

int gr_executor_count(gr_executor executor, struct gr_executor_counts *ret_counts)
{
    struct gr__workers *workers = lock(executor);
    if (workers == NULL)
        return -ESTALE;

    *ret_counts = workers->counts;
    pthread_mutex_unlock(&workers->lock);
    return 0;
}

/* The end of an executor, awaited. */
struct gr__closing {
    struct gr_awaitable awaitable;
    struct gr__workers *workers;
    struct gr_waiter *waiter;
    bool over;
};

/* On the loop of who closes it, once all threads have left. Nobody may wait any more. */
static void hear_of_end(struct gr__task *task)
{
    struct gr__workers *workers = gr__container_of(task, struct gr__workers, over);
    struct gr__closing *closing = workers->closing;
    gr__workers_free(workers);
    if (closing == NULL)
        return;
    closing->over = true;
    if (closing->waiter != NULL)
        closing->waiter->wake(closing->waiter);
}

static const struct gr__task_class over_class = {"the end of an executor", hear_of_end, hear_of_end,
                                                 NULL};

static struct gr__closing *closing_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr__closing, awaitable);
}

static bool closing_ready(struct gr_awaitable *awaitable)
{
    return closing_of(awaitable)->over;
}

static int closing_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    closing_of(awaitable)->waiter = waiter;
    return 0;
}

static int closing_take(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    return 0;
}

static bool closing_cancel(struct gr_awaitable *awaitable)
{
    return !closing_of(awaitable)->over;
}

static const struct gr_awaitable_type closing_type = {
    "an executor to end", closing_ready, closing_subscribe, closing_take, closing_cancel};

/* Wait for the last thread; whoever gives up has the rest cancelled, and is waited for no more. */
static int await_end(struct gr__closing *closing, gr_time deadline)
{
    int rc = gr__await(&closing->awaitable, &closing_type, deadline);
    if (rc < 0) {
        closing->workers->closing = NULL;
        gr__workers_cancel(closing->workers);
    }
    return rc;
}

int gr_executor_close(gr_executor executor, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__workers *workers = lock(executor);
    if (workers == NULL)
        return -ESTALE;
    if (workers < &table[GR__WORKERS_BUILT_IN] || workers->stage != GR__WORKERS_OPEN) {
        bool built_in_one = workers->stage == GR__WORKERS_OPEN;
        pthread_mutex_unlock(&workers->lock);
        return built_in_one ? -EPERM : -EBUSY;
    }

    struct gr__closing closing = {.workers = workers};
    workers->closer = loop->id;
    workers->closing = &closing;
    bool over = gr__workers_drain(workers);
    pthread_mutex_unlock(&workers->lock);
    if (!over)
        return await_end(&closing, deadline);
    gr__workers_free(workers);
    return 0;
}

static void open_built_in(void)
{
    static const struct gr_executor_options options[] = {{.name = "blocking"}, {.name = "names"}};
    for (unsigned i = 0; i < GR__WORKERS_BUILT_IN; i++) {
        pthread_mutex_lock(&table[i].lock);
        table[i].generation = 0;
        set_up(&table[i], &options[i]);
        pthread_mutex_unlock(&table[i].lock);
    }
}

static int enter(struct gr__loop *loop)
{
    (void)loop;
    pthread_mutex_lock(&users_lock);
    if (users++ == 0)
        open_built_in();
    pthread_mutex_unlock(&users_lock);
    return 0;
}

static void leave(struct gr__loop *loop)
{
    (void)loop;
    pthread_mutex_lock(&users_lock);
    if (--users == 0)
        for (unsigned i = 0; i < GR_EXECUTORS_MAX; i++)
            gr__workers_end(&table[i]);
    pthread_mutex_unlock(&users_lock);
}

/* A stratum beside that of streams, for programs that only have blocking work. */
static struct gr__stratum stratum = {.part = GR__PART_IO, .start = enter, .done = leave};

__attribute__((constructor)) static void add_stratum(void)
{
    for (unsigned i = 0; i < GR_EXECUTORS_MAX; i++)
        gr__workers_init(&table[i], &over_class);
    gr__stratum_add(&stratum);
}
