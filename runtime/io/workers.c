/*
 * Workers: the threads, and what they share with the loops. The design stands in workers.h.
 */
#include "io/workers.h"

#include <assert.h>
#include <ck_pr.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "loop/details.h"
#include "loop/post.h"

void gr__workers_init(struct gr__workers *workers, const struct gr__task_class *over_class)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->more, &monotonic);
    pthread_cond_init(&workers->gone, NULL);
    pthread_condattr_destroy(&monotonic);
    gr__list_init(&workers->waiting);
    gr__list_init(&workers->queue);
    gr__list_init(&workers->working);
    workers->over.class = over_class;
}

static struct gr_work *work_of(struct gr__list *link)
{
    return gr__container_of(link, struct gr_work, link);
}

bool gr_work_cancelled(const struct gr_work *work)
{
    return ck_pr_load_uint(&work->told) != 0;
}

/* Post a work to its loop; with a loop that has stopped it is nobody's. */
static void bring_back(struct gr_work *work)
{
    if (gr__inbox_post_foreign(&gr__inboxes[work->loop], &work->task))
        return;

    /* Acquire: all that the loop did with it comes before its end. Pairs with the exchange in
     * tell(). */
    ck_pr_faa_uint(&work->told, 0);
    gr__work_free(work);
}

static void tell(struct gr_work *work)
{
    ck_pr_fas_uint(&work->told, 1);
}

/* There is room in the queue: let in who waits first. One whose loop has stopped goes. */
void gr__workers_let_in(struct gr__workers *workers)
{
    while (workers->counts.queued < workers->queue_max && !gr__list_empty(&workers->waiting)) {
        struct gr_work *work = work_of(gr__list_shift(&workers->waiting));
        workers->counts.waiting--;
        if (work->promise.name != 0 &&
            !gr__inbox_post_foreign(&gr__inboxes[work->loop], &work->let_in)) {
            gr__work_free(work);
            continue;
        }
        work->place = GR__WORK_QUEUED;
        gr__list_append(&workers->queue, &work->link);
        workers->counts.queued++;
    }
}

/* Wait for more; false when the thread has been idle for as long as it may. */
static bool wait_for_more(struct gr__workers *workers)
{
    if (workers->idle == 0)
        return pthread_cond_wait(&workers->more, &workers->lock) == 0;

    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    gr_time end = (gr_time)until.tv_sec * GR_SECOND + until.tv_nsec + workers->idle;
    until.tv_sec = (time_t)(end / GR_SECOND);
    until.tv_nsec = (long)(end % GR_SECOND);
    return pthread_cond_timedwait(&workers->more, &workers->lock, &until) == 0;
}

static bool may_stay(const struct gr__workers *workers)
{
    return workers->stage == GR__WORKERS_OPEN && workers->counts.threads <= workers->threads_max;
}

/* The next work; NULL when the thread is to leave. */
static struct gr_work *next_work(struct gr__workers *workers)
{
    workers->idle_threads++;
    while (gr__list_empty(&workers->queue) && may_stay(workers) && wait_for_more(workers))
        ;
    workers->idle_threads--;
    struct gr__list *link = gr__list_shift(&workers->queue);
    if (link == NULL)
        return NULL;

    struct gr_work *work = work_of(link);
    work->place = GR__WORK_WORKING;
    gr__list_append(&workers->working, &work->link);
    workers->counts.queued--;
    workers->counts.running++;
    gr_time waited = gr_now() - work->sent;
    if (waited > workers->counts.longest_wait)
        workers->counts.longest_wait = waited;
    gr__workers_let_in(workers);
    return work;
}

/* The last act of a thread. Comes with the lock, and leaves without. */
static void leave(struct gr__workers *workers)
{
    bool had_left = workers->has_left;
    pthread_t before = workers->left;
    workers->left = pthread_self();
    workers->has_left = true;
    if (--workers->counts.threads == 0) {
        pthread_cond_broadcast(&workers->gone);
        if (workers->stage == GR__WORKERS_DRAINING)
            gr__inbox_post_foreign(&gr__inboxes[workers->closer], &workers->over);
    }
    pthread_mutex_unlock(&workers->lock);
    if (had_left)
        pthread_join(before, NULL);
}

static void *worker_main(void *context)
{
    struct gr__workers *workers = context;
    struct gr_work *work;
    pthread_mutex_lock(&workers->lock);
    pthread_setname_np(pthread_self(), workers->name);
    while ((work = next_work(workers)) != NULL) {
        pthread_mutex_unlock(&workers->lock);
        gr__details_forget();
        work->status = work->run(work, work->bytes, gr__work_result(work));
        work->details = gr__details_pack(work->status);
        pthread_mutex_lock(&workers->lock);
        gr__list_remove(&work->link);
        work->place = GR__WORK_BACK;
        workers->counts.running--;
        workers->counts.done++;
        pthread_mutex_unlock(&workers->lock);
        bring_back(work);
        pthread_mutex_lock(&workers->lock);
    }
    leave(workers);
    return NULL;
}

/* One thread more, which is to get no signals. */
static int start_thread(struct gr__workers *workers)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = -pthread_create(&thread, NULL, worker_main, workers);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        workers->counts.threads++;
    return rc;
}

/* See to it that somebody comes to what is about to be queued. */
static int provide_thread(struct gr__workers *workers)
{
    if (workers->idle_threads > workers->counts.queued ||
        workers->counts.threads >= workers->threads_max)
        return 0;
    int rc = start_thread(workers);
    return workers->counts.threads > 0 ? 0 : rc;
}

static int put(struct gr__workers *workers, uint32_t generation, struct gr_work *work)
{
    if (workers->stage == GR__WORKERS_FREE || workers->generation != generation)
        return -ESTALE;
    if (workers->stage != GR__WORKERS_OPEN)
        return -ESHUTDOWN;
    bool full = workers->counts.queued >= workers->queue_max;
    if (full && !workers->wait_when_full)
        return -EAGAIN;
    int rc = provide_thread(workers);
    if (rc < 0)
        return rc;

    work->workers = workers;
    work->place = full ? GR__WORK_WAITING : GR__WORK_QUEUED;
    gr__list_append(full ? &workers->waiting : &workers->queue, &work->link);
    if (full)
        workers->counts.waiting++;
    else
        workers->counts.queued++;
    pthread_cond_signal(&workers->more);
    return full ? GR__WORKERS_WAIT : 0;
}

int gr__workers_send(struct gr__workers *workers, uint32_t generation, struct gr_work *work)
{
    pthread_mutex_lock(&workers->lock);
    int rc = put(workers, generation, work);
    if (rc < 0)
        workers->counts.refused++;
    pthread_mutex_unlock(&workers->lock);
    return rc;
}

/* Out of its list, or told. */
static bool take_back(struct gr__workers *workers, struct gr_work *work)
{
    if (work->place >= GR__WORK_WORKING) {
        tell(work);
        return false;
    }
    gr__list_remove(&work->link);
    if (work->place == GR__WORK_QUEUED)
        workers->counts.queued--;
    else
        workers->counts.waiting--;
    workers->counts.cancelled++;
    work->place = GR__WORK_BACK;
    return true;
}

bool gr__workers_take_back(struct gr_work *work)
{
    struct gr__workers *workers = work->workers;
    pthread_mutex_lock(&workers->lock);
    bool ours = take_back(workers, work);
    gr__workers_let_in(workers);
    pthread_mutex_unlock(&workers->lock);
    return ours;
}

bool gr__workers_take_back_waiting(struct gr_work *work)
{
    struct gr__workers *workers = work->workers;
    pthread_mutex_lock(&workers->lock);
    bool waits = work->place == GR__WORK_WAITING;
    if (waits)
        take_back(workers, work);
    pthread_mutex_unlock(&workers->lock);
    return waits;
}

static struct gr_work *find(struct gr__list *list, gr_promise promise)
{
    gr__list_each (link, list)
        if (work_of(link)->promise.name == promise.name)
            return work_of(link);
    return NULL;
}

bool gr__workers_forget(struct gr__workers *workers, gr_promise promise, struct gr_work **ret_work,
                        bool *ret_taken_back)
{
    pthread_mutex_lock(&workers->lock);
    struct gr_work *work = find(&workers->queue, promise);
    if (work == NULL)
        work = find(&workers->working, promise);
    if (work != NULL) {
        *ret_work = work;
        *ret_taken_back = take_back(workers, work);
        work->promise = (gr_promise){0};
        gr__workers_let_in(workers);
    }
    pthread_mutex_unlock(&workers->lock);
    return work != NULL;
}

bool gr__workers_drain(struct gr__workers *workers)
{
    workers->stage = GR__WORKERS_DRAINING;
    pthread_cond_broadcast(&workers->more);
    return workers->counts.threads == 0;
}

static void cancel_all(struct gr__workers *workers, struct gr__list *list, bool discard)
{
    while (!gr__list_empty(list)) {
        struct gr_work *work = work_of(list->next);
        take_back(workers, work);
        work->status = -ECANCELED;
        if (discard)
            gr__work_free(work);
        else
            bring_back(work);
    }
}

static void stop_all(struct gr__workers *workers, bool discard)
{
    cancel_all(workers, &workers->waiting, discard);
    cancel_all(workers, &workers->queue, discard);
    gr__list_each (link, &workers->working)
        tell(work_of(link));
}

void gr__workers_cancel(struct gr__workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    if (workers->stage == GR__WORKERS_DRAINING)
        stop_all(workers, false);
    pthread_mutex_unlock(&workers->lock);
}

void gr__workers_free(struct gr__workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    assert(workers->counts.threads == 0);
    bool has_left = workers->has_left;
    pthread_t left = workers->left;
    workers->has_left = false;
    workers->stage = GR__WORKERS_FREE;
    pthread_mutex_unlock(&workers->lock);
    if (has_left)
        pthread_join(left, NULL);
}

void gr__workers_end(struct gr__workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    if (workers->stage != GR__WORKERS_FREE)
        gr__workers_drain(workers);
    workers->closing = NULL; /* its loop is gone */
    stop_all(workers, true);
    while (workers->counts.threads > 0)
        pthread_cond_wait(&workers->gone, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
    gr__workers_free(workers);
}
