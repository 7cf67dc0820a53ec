/*
 * Descriptors: one watch for each that somebody wants to hear of, by number.
 *
 *     uv_poll --on_events--> watch --+--> the handler's task --its turn--> look, call
 *                                    +--> waits, woken with what a look has found
 *
 * libuv tells that something happened; what it was is seen by a look, poll() with no time. For a
 * handler that look comes at its turn: so it is told what is so then, hang-ups included, of which
 * libuv does not tell. Who waits is told what was so when it was woken.
 *
 * Events are levels, and libuv tells of them in each poll. A handler whose task is still on its way
 * is not watched for from the second time on; to stop at once and start again after each call would
 * be two system calls for each event.
 *
 * Memory: a watch is libuv's until that has closed it. A handler is its own until it was removed
 * and its task has had its turn. So a descriptor can be removed and added again, by its old or by
 * a new owner of the number, while both of the former are still on their way.
 *
 * Invariants:
 *   1. A watch stands in the table exactly while it has a handler, or somebody who waits.
 *   2. `watched` is what libuv was told to watch for.
 *   3. A wait stands in its watch's list exactly while its waiter is set.
 */
#include <greenroom/fd.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/io.h"
#include "runner/wait.h"

enum { FIRST_NUMBERS = 64, FAILURES = GR_FD_HANGUP | GR_FD_ERROR };

struct handler {
    struct gr__task task;
    gr_fd_fn *run;
    void *context;
    int fd;
    unsigned events;
    bool queued;  /* the task stands in a queue, or is under way */
    bool spared;  /* not watched for until its task is over, or events are asked for anew */
    bool removed; /* freed when the task is over */
};

struct gr__watch {
    uv_poll_t poll;
    struct handler *handler; /* or NULL */
    struct gr_fd_wait *waits;
    int fd;
    int watched; /* UV_READABLE and so on; 0: nothing */
};

static struct gr__watch *find(const struct gr__loop *loop, int fd)
{
    const struct gr__fds *fds = &gr__io_of((struct gr__loop *)(uintptr_t)loop)->fds;
    return fd >= 0 && fd < fds->count ? fds->watches[fd] : NULL;
}

/* What is so now: some of enum gr_fd_event, or -EBADF. */
static int look(int fd)
{
    struct pollfd looked = {.fd = fd, .events = POLLIN | POLLOUT};
    if (fd < 0 || poll(&looked, 1, 0) < 0 || (looked.revents & POLLNVAL) != 0)
        return -EBADF;
    return (looked.revents & POLLIN ? GR_FD_READ : 0) |
           (looked.revents & POLLOUT ? GR_FD_WRITE : 0) |
           (looked.revents & POLLHUP ? GR_FD_HANGUP : 0) |
           (looked.revents & POLLERR ? GR_FD_ERROR : 0);
}

/* What of it is to be told to who asked for so much. */
static unsigned told(int found, unsigned asked)
{
    if (found < 0)
        return 0;
    if ((found & FAILURES) != 0)
        return asked | ((unsigned)found & FAILURES);
    return (unsigned)found & asked;
}

/* What libuv is to watch for. For hang-ups alone it must be told something: what never comes. Once
 * the run closes nothing is watched for handlers. */
static int wanted(const struct gr__watch *watch)
{
    unsigned events = 0;
    const struct handler *handler = watch->handler;
    bool handled = handler != NULL && !handler->spared && gr__loop_here()->phase < GR_PHASE_CLOSE;
    if (handled)
        events |= handler->events;
    for (const struct gr_fd_wait *wait = watch->waits; wait != NULL; wait = wait->next)
        events |= wait->events;
    return (events & GR_FD_READ ? UV_READABLE : 0) | (events & GR_FD_WRITE ? UV_WRITABLE : 0) |
           (handled && events == 0 ? UV_PRIORITIZED : 0);
}

static void on_closed(uv_handle_t *handle)
{
    free(gr__container_of(handle, struct gr__watch, poll));
}

static void close_watch(struct gr__watch *watch)
{
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, on_closed);
}

static void queue(struct handler *handler)
{
    handler->queued = true;
    gr__loop_ready(gr__loop_here(), &handler->task);
}

/* Wake those for whom there is something, and leave the others. */
static void wake_waits(struct gr__watch *watch, int found, int status)
{
    struct gr_fd_wait **place = &watch->waits;
    while (*place != NULL) {
        struct gr_fd_wait *wait = *place;
        wait->found = told(found, wait->events);
        wait->status = status;
        if (wait->found == 0 && status == 0) {
            place = &wait->next;
            continue;
        }
        *place = wait->next;
        gr__waiter_wake(&wait->waiter);
    }
}

/* Have libuv watch for what is wanted, and tell it by `tell`. */
static void rewatch(struct gr__watch *watch, uv_poll_cb tell)
{
    int now = wanted(watch);
    if (watch->watched == now)
        return;

    watch->watched = now;
    if (now == 0)
        uv_poll_stop(&watch->poll);
    else
        uv_poll_start(&watch->poll, now, tell);
}

/* Whether the handler must be told; else, where it cannot be now or never comes, it is spared. */
static void notify(struct handler *handler, int found)
{
    if (handler->queued || (handler->events == 0 && told(found, 0) == 0))
        handler->spared = true;
    else if (told(found, handler->events) != 0)
        queue(handler);
}

static void on_events(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct gr__watch *watch = gr__container_of(poll, struct gr__watch, poll);
    int found = look(watch->fd);
    if (status < 0 || found < 0)
        watch->watched = 0; /* libuv has stopped, or has lost it */
    if (watch->handler != NULL)
        notify(watch->handler, found);
    wake_waits(watch, found, found < 0 ? found : 0);
    rewatch(watch, on_events);
}

static int make_room(struct gr__fds *fds, int fd)
{
    int count = fds->count == 0 ? FIRST_NUMBERS : fds->count;
    while (count <= fd)
        count *= 2;
    if (count == fds->count)
        return 0;

    struct gr__watch **watches = realloc(fds->watches, (size_t)count * sizeof(struct gr__watch *));
    if (watches == NULL)
        return -ENOMEM;
    memset(watches + fds->count, 0, (size_t)(count - fds->count) * sizeof(struct gr__watch *));
    fds->watches = watches;
    fds->count = count;
    return 0;
}

/* The watch of a descriptor, made where there is none. */
static int get(struct gr__loop *loop, int fd, struct gr__watch **ret_watch)
{
    struct gr__watch *watch = find(loop, fd);
    if (watch != NULL) {
        *ret_watch = watch;
        return 0;
    }
    if (fd < 0)
        return -EBADF;
    int rc = make_room(&gr__io_of(loop)->fds, fd);
    if (rc < 0)
        return rc;
    watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return -ENOMEM;
    rc = uv_poll_init(gr__io_uv(loop), &watch->poll, fd);
    if (rc < 0) {
        free(watch);
        return rc;
    }
    watch->fd = fd;
    gr__io_of(loop)->fds.watches[fd] = watch;
    *ret_watch = watch;
    return 0;
}

/* Watch for what is wanted now, or no more where nobody wants anything. */
static void settle(struct gr__loop *loop, struct gr__watch *watch)
{
    if (watch->handler != NULL || watch->waits != NULL) {
        rewatch(watch, on_events);
        return;
    }
    gr__io_of(loop)->fds.watches[watch->fd] = NULL;
    close_watch(watch);
}

/* The handler's task is over: it may be told again. */
static void finish(struct handler *handler)
{
    struct gr__loop *loop = gr__loop_here();
    handler->queued = false;
    handler->spared = false;
    if (handler->removed)
        free(handler);
    else
        settle(loop, find(loop, handler->fd));
}

static void run(struct gr__task *task)
{
    struct handler *handler = gr__container_of(task, struct handler, task);
    if (!handler->removed) {
        unsigned events = told(look(handler->fd), handler->events);
        if (events != 0)
            handler->run(handler->fd, events, handler->context);
    }
    finish(handler);
}

static void discard(struct gr__task *task)
{
    struct handler *handler = gr__container_of(task, struct handler, task);
    handler->queued = false;
    if (handler->removed)
        free(handler);
}

static const struct gr__task_class event_class = {"a descriptor's handler", run, discard, NULL};

int gr_fd_add(int fd, unsigned events, gr_fd_fn *function, void *context)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__watch *watch;
    int rc = get(loop, fd, &watch);
    if (rc < 0)
        return rc;
    if (watch->handler != NULL)
        return -EEXIST;
    struct handler *handler = malloc(sizeof *handler);
    if (handler != NULL) {
        *handler = (struct handler){.task = {NULL, &event_class},
                                    .run = function,
                                    .context = context,
                                    .fd = fd,
                                    .events = events};
        watch->handler = handler;
    }
    settle(loop, watch);
    return handler == NULL ? -ENOMEM : 0;
}

int gr_fd_update(int fd, unsigned events)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__watch *watch = find(loop, fd);
    if (watch == NULL || watch->handler == NULL)
        return -ENOENT;

    watch->handler->events = events;
    watch->handler->spared = false;
    settle(loop, watch);
    return 0;
}

/* It is not called again. Its task, where it is on its way, ends its memory. */
static void end_handler(struct gr__watch *watch)
{
    struct handler *handler = watch->handler;
    watch->handler = NULL;
    if (handler == NULL)
        return;
    if (handler->queued)
        handler->removed = true;
    else
        free(handler);
}

void gr_fd_remove(int fd)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__watch *watch = find(loop, fd);
    if (watch == NULL)
        return;

    end_handler(watch);
    wake_waits(watch, 0, -ECANCELED);
    settle(loop, watch);
}

static struct gr_fd_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_fd_wait, awaitable);
}

static bool wait_ready(struct gr_awaitable *awaitable)
{
    const struct gr_fd_wait *wait = wait_of(awaitable);
    if (wait->found != 0 || wait->status != 0)
        return true;
    int found = look(wait->fd);
    return found < 0 || told(found, wait->events) != 0;
}

static int wait_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_fd_wait *wait = wait_of(awaitable);
    struct gr__loop *loop = gr__loop_here();
    struct gr__watch *watch;
    if (wait->waiter != NULL)
        return -EBUSY;
    int rc = get(loop, wait->fd, &watch);
    if (rc < 0)
        return rc;

    wait->waiter = waiter;
    wait->next = watch->waits;
    watch->waits = wait;
    settle(loop, watch);
    return 0;
}

/* Make it as it was before anybody waited. */
static void reset(struct gr_fd_wait *wait)
{
    wait->found = 0;
    wait->status = 0;
    if (wait->waiter == NULL)
        return;

    struct gr__loop *loop = gr__loop_here();
    struct gr__watch *watch = find(loop, wait->fd);
    struct gr_fd_wait **place = &watch->waits;
    while (*place != wait)
        place = &(*place)->next;
    *place = wait->next;
    wait->waiter = NULL;
    settle(loop, watch);
}

static int wait_take(struct gr_awaitable *awaitable)
{
    struct gr_fd_wait *wait = wait_of(awaitable);
    int found = wait->found != 0 ? (int)wait->found : look(wait->fd);
    int rc = wait->status != 0 ? wait->status : found < 0 ? found : 0;
    if (rc == 0 && wait->ret_events != NULL)
        *wait->ret_events = told(found, wait->events);
    reset(wait);
    return rc;
}

/* What has happened is no one's to keep: whoever looks next sees it, too. */
static bool wait_cancel(struct gr_awaitable *awaitable)
{
    reset(wait_of(awaitable));
    return true;
}

static const struct gr_awaitable_type wait_type = {"a descriptor", wait_ready, wait_subscribe,
                                                   wait_take, wait_cancel};

struct gr_awaitable *gr_fd_awaitable(struct gr_fd_wait *wait, int fd, unsigned events,
                                     unsigned *ret_events)
{
    assert((events & (GR_FD_READ | GR_FD_WRITE)) != 0);
    *wait = (struct gr_fd_wait){
        .awaitable = {&wait_type}, .fd = fd, .events = events, .ret_events = ret_events};
    return &wait->awaitable;
}

int gr_fd_await(int fd, unsigned events, unsigned *ret_events, gr_time deadline)
{
    struct gr_fd_wait wait;
    return gr__await_in_runner(gr_fd_awaitable(&wait, fd, events, ret_events), &wait_type,
                               deadline);
}

void gr__fds_stop(struct gr__loop *loop)
{
    const struct gr__fds *fds = &gr__io_of(loop)->fds;
    for (int fd = 0; fd < fds->count; fd++)
        if (fds->watches[fd] != NULL)
            rewatch(fds->watches[fd], on_events);
}

void gr__fds_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    const struct gr__fds *fds = &gr__io_of(loop)->fds;
    for (int fd = 0; fd < fds->count; fd++) {
        if (fds->watches[fd] == NULL || fds->watches[fd]->handler == NULL)
            continue;
        char line[128];
        snprintf(line, sizeof line, "the handler of descriptor %d on loop %u was never removed", fd,
                 loop->id);
        say(context, line);
    }
}

/* Who waits still, on a stack that nobody will resume, is left as he is. */
void gr__fds_done(struct gr__loop *loop)
{
    struct gr__fds *fds = &gr__io_of(loop)->fds;
    for (int fd = 0; fd < fds->count; fd++) {
        if (fds->watches[fd] == NULL)
            continue;
        free(fds->watches[fd]->handler);
        close_watch(fds->watches[fd]);
    }
    free(fds->watches);
    *fds = (struct gr__fds){NULL, 0};
}
