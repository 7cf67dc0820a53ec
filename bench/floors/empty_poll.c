/* How long does it take to ask the system for events when there are none? */
#include "bench/lib/bench.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

static int poll_epoll(void *context, uint64_t operations)
{
    const int *epoll = context;
    struct epoll_event events[16];
    for (uint64_t i = 0; i < operations; i++)
        if (epoll_wait(*epoll, events, 16, 0) != 0)
            return bench_wrong("epoll found an event");
    return 0;
}

static int poll_uv(void *context, uint64_t operations)
{
    for (uint64_t i = 0; i < operations; i++)
        if (uv_run(context, UV_RUN_NOWAIT) == 0)
            return bench_wrong("the loop has nothing to wait for");
    return 0;
}

static void never(uv_async_t *async)
{
    (void)async;
}

static int measure_epoll(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return -errno;

    int rc = bench_measure(&(struct bench_row){
        .name = "empty_poll", .variant = "epoll_wait", .work = poll_epoll, .context = &epoll});
    close(epoll);
    return rc;
}

/* With a handle that never gets an event, so that the loop does poll. */
static int measure_uv(void)
{
    uv_loop_t loop;
    uv_async_t async;
    int rc = uv_loop_init(&loop);
    if (rc < 0)
        return rc;

    rc = uv_async_init(&loop, &async, never);
    if (rc == 0) {
        rc = bench_measure(&(struct bench_row){
            .name = "empty_poll", .variant = "uv_run", .work = poll_uv, .context = &loop});
        uv_close((uv_handle_t *)&async, NULL);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    uv_loop_close(&loop);
    return rc;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);
    int rc = measure_epoll();
    if (rc == 0)
        rc = measure_uv();
    return bench_end(rc);
}
