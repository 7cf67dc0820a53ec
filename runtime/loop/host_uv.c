/*
 * The host on libuv: its clock is uv_hrtime(), its wait is uv_run(), its wake is uv_async_send().
 *
 * One uv_timer serves all of a loop's timers: it is armed, for the earliest of them, only
 * round a wait that may block. libuv counts milliseconds, so a wait ends up to one
 * millisecond after the time it was told, and never before it.
 */
#include "loop/host.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "base/list.h"

struct host_uv {
    struct gr__host host;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t timer;
    uint64_t seed;
};

static struct host_uv *of(struct gr__host *host)
{
    return gr__container_of(host, struct host_uv, host);
}

static gr_time uv_now_ns(struct gr__host *host)
{
    (void)host;
    return (gr_time)uv_hrtime();
}

static void on_wake(uv_async_t *wake)
{
    (void)wake; /* that the wait ended is all it is for */
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

static uint64_t milliseconds_until(gr_time until)
{
    gr_time length = until - (gr_time)uv_hrtime();
    return length <= 0 ? 0 : (uint64_t)((length + GR_MILLISECOND - 1) / GR_MILLISECOND);
}

static void wait_until(struct gr__host *host, gr_time until)
{
    struct host_uv *uv = of(host);
    if (until == GR_FOREVER) {
        uv_run(&uv->loop, UV_RUN_ONCE);
        return;
    }

    uint64_t milliseconds = until <= 0 ? 0 : milliseconds_until(until);
    if (milliseconds == 0) {
        uv_run(&uv->loop, UV_RUN_NOWAIT);
        return;
    }

    uv_update_time(&uv->loop);

    /* It repeats, because uv_run() may find it due before it polls, and would then poll with
     * no timer and no end. */
    uv_timer_start(&uv->timer, on_timer, milliseconds, 1);
    uv_run(&uv->loop, UV_RUN_ONCE);
    uv_timer_stop(&uv->timer);
}

static void wake(struct gr__host *host)
{
    uv_async_send(&of(host)->wake);
}

static uint64_t seed(struct gr__host *host)
{
    struct host_uv *uv = of(host);
    uint64_t random = uv->seed;
    if (random == 0)
        uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
    return random;
}

static void host_free(struct gr__host *host)
{
    struct host_uv *uv = of(host);
    uv_close((uv_handle_t *)&uv->wake, NULL);
    uv_close((uv_handle_t *)&uv->timer, NULL);
    uv_run(&uv->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&uv->loop);
    assert(rc == 0);
    (void)rc;
    free(uv);
}

static const struct gr__host_class host_uv_class = {
    .now = uv_now_ns,
    .wait = wait_until,
    .wake = wake,
    .seed = seed,
    .free = host_free,
};

int gr__host_uv_new(uint64_t seed_or_0, struct gr__host **ret_host)
{
    struct host_uv *uv = calloc(1, sizeof *uv);
    if (uv == NULL)
        return -ENOMEM;

    uv->host.class = &host_uv_class;
    uv->seed = seed_or_0;
    int rc = uv_loop_init(&uv->loop);
    if (rc < 0)
        goto undo_memory;
    rc = uv_async_init(&uv->loop, &uv->wake, on_wake);
    if (rc < 0)
        goto undo_loop;
    rc = uv_timer_init(&uv->loop, &uv->timer);
    assert(rc == 0);
    *ret_host = &uv->host;
    return 0;

undo_loop:
    uv_loop_close(&uv->loop);
undo_memory:
    free(uv);
    return rc;
}

struct uv_loop_s *gr__host_uv_loop(struct gr__host *host)
{
    assert(host->class == &host_uv_class);
    return &of(host)->loop;
}
