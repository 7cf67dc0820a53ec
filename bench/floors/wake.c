/* How long does it take to wake a sleeping thread on another core, and be woken by it? */
#include "bench/lib/bench.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Sleeps in its epoll until somebody rings its eventfd. */
struct sleeper {
    int epoll;
    int bell;
};

static struct sleeper sleepers[2];

static int sleeper_open(struct sleeper *sleeper)
{
    sleeper->epoll = epoll_create1(EPOLL_CLOEXEC);
    sleeper->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    if (sleeper->epoll < 0 || sleeper->bell < 0 ||
        epoll_ctl(sleeper->epoll, EPOLL_CTL_ADD, sleeper->bell, &event) < 0)
        return -errno;
    return 0;
}

static void sleeper_close(const struct sleeper *sleeper)
{
    close(sleeper->epoll);
    close(sleeper->bell);
}

static int ring(const struct sleeper *sleeper, uint64_t times)
{
    return write(sleeper->bell, &times, sizeof times) == sizeof times ? 0 : -errno;
}

/* Sleep until rung; how many times, or a negative errno. */
static int64_t sleep_until_rung(const struct sleeper *sleeper)
{
    struct epoll_event event;
    int count;
    do
        count = epoll_wait(sleeper->epoll, &event, 1, -1);
    while (count < 0 && errno == EINTR);

    uint64_t times = 0;
    if (count < 0 || read(sleeper->bell, &times, sizeof times) != sizeof times)
        return -errno;
    return (int64_t)times;
}

/* Ring back once for each ring; two at once say that it is over. */
static void *answer(void *context)
{
    (void)context;
    bench_pin(1);
    while (sleep_until_rung(&sleepers[1]) == 1)
        if (ring(&sleepers[0], 1) < 0)
            break;
    return NULL;
}

static int there_and_back(void *context, uint64_t operations)
{
    (void)context;
    for (uint64_t i = 0; i < operations; i++) {
        int rc = ring(&sleepers[1], 1);
        if (rc < 0)
            return rc;
        if (sleep_until_rung(&sleepers[0]) != 1)
            return bench_wrong("rung more than once");
    }
    return 0;
}

static int measure(void)
{
    pthread_t thread;
    int rc = -pthread_create(&thread, NULL, answer, NULL);
    if (rc < 0)
        return rc;

    rc = bench_measure(&(struct bench_row){.name = "wake", .work = there_and_back});
    int ended = ring(&sleepers[1], 2);
    if (ended < 0)
        return ended;
    pthread_join(thread, NULL);
    return rc;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    bench_pin(0);
    int rc = sleeper_open(&sleepers[0]);
    if (rc == 0)
        rc = sleeper_open(&sleepers[1]);
    if (rc == 0)
        rc = measure();
    sleeper_close(&sleepers[0]);
    sleeper_close(&sleepers[1]);
    return bench_end(rc);
}
