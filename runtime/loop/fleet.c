/*
 * The fleet: threads, barriers, and the way to the end. The design stands in fleet.h.
 */
#include "loop/fleet.h"

#include <ck_pr.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/phases.h"

/* One loop and its thread. */
struct berth {
    struct gr__loop loop;
    pthread_t thread;
};

/*
 * Shared by all loops' threads. `berths` and `options` are written before the threads start;
 * `failure` and `live_bytes` by any of them, atomically.
 */
static struct {
    unsigned count;
    struct berth *berths;
    const struct gr__fleet_options *options;
    struct gr__depot depot;
    sem_t gate;       /* until all threads are there... */
    bool all_started; /* ...or it is known, before the gate opens, that some never will */
    pthread_barrier_t barrier;
    int failure;         /* of the first thread that could not start its loop */
    uint64_t live_bytes; /* of all pools, once all are closed */
} fleet;

unsigned gr__fleet_count(void)
{
    return ck_pr_load_uint(&fleet.count);
}

int gr_loop_count(void)
{
    return (int)gr__fleet_count();
}

static void turn_to_the_end(struct berth *berth)
{
    struct gr__loop *loop = &berth->loop;
    while (loop->phase != GR__PHASE_ENDED) {
        gr__loop_work(loop);
        if (loop->phase != GR_PHASE_RUN)
            gr__phases_turn(loop);
        gr__loop_poll(loop, true);
    }
}

static void pin(unsigned index)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;

    unsigned wanted = index % (unsigned)CPU_COUNT(&allowed);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || wanted-- > 0)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
        return;
    }
}

static int make(struct berth *berth, unsigned index)
{
    struct gr__host *host;
    uint64_t seed = fleet.options->seed;
    int rc = gr__host_uv_new(seed == 0 ? 0 : seed + index, &host);
    if (rc < 0)
        return rc;
    rc = gr__loop_init(&berth->loop, index, fleet.count, host, &fleet.depot);
    if (rc < 0)
        goto undo_host;

    gr__loop_current = &berth->loop;
    berth->loop.say = fleet.options->say;
    berth->loop.say_context = fleet.options->say_context;
    rc = gr__strata_start(&berth->loop);
    if (rc == 0)
        return 0;

    gr__loop_close(&berth->loop);
    gr__loop_done(&berth->loop);
undo_host:
    host->class->free(host);
    return rc;
}

static void report(struct gr__loop *loop)
{
    if (loop->say != NULL)
        gr__strata_report(loop, loop->say, loop->say_context);
}

static void unmake(struct berth *berth)
{
    struct gr__loop *loop = &berth->loop;
    struct gr__host *host = loop->host;
    gr__loop_close(loop);
    report(loop);
    gr__strata_done(loop);
    gr__outboxes_end(loop);

    /* From here on nobody posts to anybody. */
    pthread_barrier_wait(&fleet.barrier);
    ck_pr_add_64(&fleet.live_bytes, (uint64_t)gr__pool_live_bytes(&loop->pool));
    gr__loop_done(loop);
    host->class->free(host);
}

static void work(unsigned index)
{
    struct berth *berth = &fleet.berths[index];
    if (fleet.options->pin)
        pin(index);
    int rc = make(berth, index);
    if (rc < 0)
        ck_pr_cas_int(&fleet.failure, 0, rc);

    pthread_barrier_wait(&fleet.barrier);
    int failure = ck_pr_load_int(&fleet.failure);
    if (failure == 0) {
        if (index == 0 && (failure = fleet.options->begin()) < 0) {
            ck_pr_store_int(&fleet.failure, failure);
            gr__phases_begin();
        }
        turn_to_the_end(berth);
    }
    if (rc == 0)
        unmake(berth);
    else
        pthread_barrier_wait(&fleet.barrier);
}

static void *thread_main(void *berth)
{
    sem_wait(&fleet.gate);
    if (fleet.all_started)
        work((unsigned)((struct berth *)berth - fleet.berths));
    return NULL;
}

/* Start the other threads. They wait at the gate until it is known whether all could be started. */
static int start_threads(unsigned *ret_started)
{
    unsigned started = 1;
    int rc = 0;
    while (started < fleet.count && rc == 0) {
        rc = -pthread_create(&fleet.berths[started].thread, NULL, thread_main,
                             &fleet.berths[started]);
        if (rc == 0)
            started++;
    }
    *ret_started = started;
    return rc;
}

static int run_threads(void)
{
    unsigned started;
    int rc = start_threads(&started);
    ck_pr_store_int(&fleet.failure, rc);
    fleet.all_started = rc == 0;
    for (unsigned i = 1; i < started; i++)
        sem_post(&fleet.gate);
    if (rc == 0)
        work(0);
    for (unsigned i = 1; i < started; i++)
        pthread_join(fleet.berths[i].thread, NULL);
    return ck_pr_load_int(&fleet.failure);
}

static void report_bytes(void)
{
    if (fleet.live_bytes == 0 || fleet.options->say == NULL)
        return;

    char line[128];
    snprintf(line, sizeof line, "%lld bytes of messages or results were never given back",
             (long long)(int64_t)fleet.live_bytes);
    fleet.options->say(fleet.options->say_context, line);
}

int gr__fleet_run(const struct gr__fleet_options *options)
{
    /* Taken by the first; a second caller finds that a fleet runs. */
    if (!ck_pr_cas_uint(&fleet.count, 0, options->loops))
        return -EALREADY;

    fleet.options = options;
    fleet.live_bytes = 0;
    int rc = -ENOMEM;
    fleet.berths = aligned_alloc(alignof(struct berth), options->loops * sizeof *fleet.berths);
    if (fleet.berths == NULL)
        goto undo_count;
    memset(fleet.berths, 0, options->loops * sizeof *fleet.berths);
    rc = gr__depot_init(&fleet.depot);
    if (rc < 0)
        goto undo_berths;
    rc = gr__phases_init(options->loops, options->within);
    if (rc < 0)
        goto undo_depot;
    pthread_barrier_init(&fleet.barrier, NULL, options->loops);
    sem_init(&fleet.gate, 0, 0);

    rc = run_threads();
    report_bytes();

    sem_destroy(&fleet.gate);
    pthread_barrier_destroy(&fleet.barrier);
    gr__phases_done();
undo_depot:
    gr__depot_done(&fleet.depot);
undo_berths:
    free(fleet.berths);
undo_count:
    ck_pr_store_uint(&fleet.count, 0);
    return rc;
}
