/*
 * Listeners: a listening socket that is looked at only while somebody wants a connection.
 *
 *     look: one from the kernel's queue? -- none --> watch the descriptor -- readable --> look
 *              | yes, or none can be had: why                                              ...
 *              +--> `found` -- take --> a stream, or the error
 *
 * Connections wait in the kernel's queue, and nowhere else but for the one that somebody is woken
 * for: it is taken from the kernel before, since the kernel may find then that it has gone. It is the
 * listener's until it is taken, and the next one's where it is not. So a call that ends early, or that
 * finds no descriptor left, loses none.
 *
 * Each loop has a socket of its own on the port (SO_REUSEPORT), over which the kernel
 * spreads connections.
 *
 * Invariants:
 *   1. `acceptor` is set from subscribe until take or cancel; its waiter is NULL once it was woken.
 *   2. It is watched exactly while somebody waits who was not woken.
 */
#include <greenroom/stream.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/io.h"
#include "io/socket.h"
#include "io/stream.h"
#include "runner/wait.h"

enum { BACKLOG = 4096 };

/* libuv's part of a listener; it outlives the slot, until libuv has closed it. */
struct watch {
    uv_poll_t poll;
    uint64_t name; /* of the listener, which may be gone */
    int fd;
};

struct listener {
    struct gr__slot slot;
    struct watch *watch;
    struct gr_accept_wait *acceptor;
    int port;
    int found; /* the descriptor of a connection; else why there was none */
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return &gr__io_of(loop)->listeners;
}

/* For what does not begin a wait. */
static struct listener *find(uint64_t name)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name == 0 || gr__handle_loop(name) == loop->id);
    return gr__slots_find(table(loop), name);
}

static int parse_address(const char *host, int port, struct sockaddr_storage *ret_address)
{
    if (port < 0 || port > 65535)
        return -EINVAL;
    memset(ret_address, 0, sizeof *ret_address);
    if (host == NULL)
        return uv_ip6_addr("::", port, (struct sockaddr_in6 *)ret_address);
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)ret_address) == 0)
        return 0;
    return uv_ip6_addr(host, port, (struct sockaddr_in6 *)ret_address);
}

/* For all addresses: one of IPv6 that takes IPv4 too, or of IPv4 where there is no other. */
static int open_socket(struct sockaddr_storage *address, int port)
{
    int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = socket(address->ss_family, type, 0);
    if (fd < 0 && errno == EAFNOSUPPORT && address->ss_family == AF_INET6) {
        uv_ip4_addr("0.0.0.0", port, (struct sockaddr_in *)address);
        fd = socket(AF_INET, type, 0);
    }
    return fd < 0 ? -errno : fd;
}

static int set_options(int fd, int family)
{
    const int on = 1, off = 0;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
        return -errno;
    if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
        return -errno;
    return 0;
}

static int bind_and_listen(int fd, const struct sockaddr_storage *address, int *ret_port)
{
    socklen_t size =
        address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    struct sockaddr_storage bound;
    socklen_t bound_size = sizeof bound;
    if (bind(fd, (const struct sockaddr *)address, size) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &bound_size) != 0)
        return -errno;

    *ret_port = ntohs(bound.ss_family == AF_INET ? ((struct sockaddr_in *)&bound)->sin_port
                                                 : ((struct sockaddr_in6 *)&bound)->sin6_port);
    return 0;
}

static int open_listening(const char *host, int port, int *ret_fd, int *ret_port)
{
    struct sockaddr_storage address;
    int rc = parse_address(host, port, &address);
    if (rc < 0)
        return rc;
    int fd = open_socket(&address, port);
    if (fd < 0)
        return fd;
    rc = set_options(fd, address.ss_family);
    if (rc == 0)
        rc = bind_and_listen(fd, &address, ret_port);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    *ret_fd = fd;
    return 0;
}

static int make_watch(struct gr__loop *loop, int fd, struct watch **ret_watch)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return -ENOMEM;
    int rc = uv_poll_init_socket(gr__io_uv(loop), &watch->poll, fd);
    if (rc < 0) {
        free(watch);
        return rc;
    }

    watch->fd = fd;
    *ret_watch = watch;
    return 0;
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(gr__container_of(handle, struct watch, poll));
}

/* The descriptor may be closed at once: libuv has stopped watching it by then. */
static void end_watch(struct watch *watch)
{
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    close(watch->fd);
}

int gr_listen(const char *host, int port, gr_listener *ret_listener)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    if (loop->phase >= GR_PHASE_ACCEPT)
        return -ESHUTDOWN;
    int fd;
    int bound_port = 0;
    int rc = open_listening(host, port, &fd, &bound_port);
    if (rc < 0)
        return rc;
    struct watch *watch;
    rc = make_watch(loop, fd, &watch);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    struct listener *listener = gr__slots_take(table(loop), &watch->name);
    if (listener == NULL) {
        end_watch(watch);
        return -ENOMEM;
    }

    *listener = (struct listener){
        .slot = listener->slot, .watch = watch, .port = bound_port, .found = -EAGAIN};
    *ret_listener = (gr_listener){watch->name};
    return 0;
}

int gr_listener_port(gr_listener name)
{
    const struct listener *listener = find(name.name);
    return listener == NULL ? 0 : listener->port;
}

/* A client that went away while it waited in the queue is no connection, and no error. */
static int accept_one(const struct listener *listener)
{
    int fd;
    do {
        fd = accept4(listener->watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd < 0 ? -errno : fd;
}

/* Whether a connection has come, or none can be had; tried anew where that was so. */
static bool look(struct listener *listener)
{
    if (listener->found < 0)
        listener->found = accept_one(listener);
    return listener->found != -EAGAIN;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events; /* accept itself finds out what it is */
    struct listener *listener = find(gr__container_of(poll, struct watch, poll)->name);
    if (listener == NULL || !look(listener))
        return;

    uv_poll_stop(poll);
    gr__waiter_wake(&listener->acceptor->waiter);
}

static struct gr_accept_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_accept_wait, awaitable);
}

/* NULL where it has gone, or is another loop's. */
static struct listener *listener_of(const struct gr_accept_wait *wait)
{
    return gr__slots_find(table(gr__loop_here()), wait->listener.name);
}

/* One that cannot be accepted from is ready, too: to say so. */
static bool accept_ready(struct gr_awaitable *awaitable)
{
    const struct gr_accept_wait *wait = wait_of(awaitable);
    struct listener *listener = listener_of(wait);
    if (listener == NULL)
        return true;
    if (listener->acceptor != NULL)
        return listener->acceptor != wait || wait->waiter == NULL;
    return look(listener);
}

static int accept_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_accept_wait *wait = wait_of(awaitable);
    struct listener *listener = listener_of(wait);
    if (listener->acceptor != NULL)
        return -EBUSY;
    int rc = uv_poll_start(&listener->watch->poll, UV_READABLE, on_readable);
    if (rc < 0)
        return rc;

    listener->acceptor = wait;
    wait->waiter = waiter;
    return 0;
}

static int adopt(struct gr__loop *loop, int fd, gr_stream *ret_stream)
{
    struct gr__socket *socket;
    int rc = gr__socket_adopt(loop, fd, &socket);
    return rc < 0 ? rc : gr__stream_make(loop, &socket->transport, ret_stream);
}

static int accept_take(struct gr_awaitable *awaitable)
{
    struct gr_accept_wait *wait = wait_of(awaitable);
    struct listener *listener = listener_of(wait);
    int status = wait->status;
    wait->status = 0;
    if (status < 0)
        return status;
    if (listener == NULL)
        return gr__await_refusal(gr__loop_here(), wait->listener.name);
    if (listener->acceptor != NULL && listener->acceptor != wait)
        return -EBUSY;

    int found = listener->found;
    listener->acceptor = NULL;
    listener->found = -EAGAIN;
    return found < 0 ? found : adopt(gr__loop_here(), found, wait->ret_stream);
}

/* A connection is the next one's. That the listener was closed stays to be told. */
static bool accept_cancel(struct gr_awaitable *awaitable)
{
    struct gr_accept_wait *wait = wait_of(awaitable);
    if (wait->status < 0)
        return false;

    struct listener *listener = listener_of(wait);
    listener->acceptor = NULL;
    wait->waiter = NULL;
    uv_poll_stop(&listener->watch->poll);
    return true;
}

static const struct gr_awaitable_type accept_type = {"a connection", accept_ready, accept_subscribe,
                                                     accept_take, accept_cancel};

struct gr_awaitable *gr_accept_awaitable(struct gr_accept_wait *wait, gr_listener listener,
                                         gr_stream *ret_stream)
{
    *wait = (struct gr_accept_wait){
        .awaitable = {&accept_type}, .listener = listener, .ret_stream = ret_stream};
    return &wait->awaitable;
}

int gr_accept(gr_listener listener, gr_stream *ret_stream, gr_time deadline)
{
    struct gr_accept_wait wait;
    return gr__await_in_runner(gr_accept_awaitable(&wait, listener, ret_stream), &accept_type,
                               deadline);
}

static void end(struct gr__loop *loop, struct listener *listener)
{
    struct gr_accept_wait *acceptor = listener->acceptor;
    if (listener->found >= 0)
        close(listener->found);
    end_watch(listener->watch);
    gr__slots_give(table(loop), listener);
    if (acceptor == NULL)
        return;

    acceptor->status = -ECANCELED;
    gr__waiter_wake(&acceptor->waiter);
}

void gr_listener_close(gr_listener name)
{
    struct listener *listener = find(name.name);
    if (listener != NULL)
        end(gr__loop_here(), listener);
}

int gr__listeners_start(struct gr__loop *loop)
{
    return gr__slots_init(table(loop), loop->id, sizeof(struct listener), &floors[loop->id]);
}

void gr__listeners_stop(struct gr__loop *loop)
{
    for (struct listener *listener = NULL;
         (listener = gr__slots_next(table(loop), listener)) != NULL;)
        end(loop, listener);
}

void gr__listeners_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    for (struct listener *listener = NULL;
         (listener = gr__slots_next(table(loop), listener)) != NULL;) {
        char line[128];
        snprintf(line, sizeof line, "the listener on port %d of loop %u was never closed",
                 listener->port, loop->id);
        say(context, line);
    }
}

void gr__listeners_done(struct gr__loop *loop)
{
    for (struct listener *listener; (listener = gr__slots_next(table(loop), NULL)) != NULL;)
        end(loop, listener);
    gr__slots_done(table(loop));
}
