/*
 * Listeners: a listening socket that is looked at only while somebody wants a connection.
 *
 *     accept: take one from the kernel's queue -- none --> watch the descriptor -- readable --+
 *                ^                                                                           |
 *                +---------------------------------------------------------------------------+
 *
 * Connections wait in the kernel's queue and nowhere else. So a call that ends early, or
 * that finds no descriptor left, loses none.
 *
 * Each loop has a socket of its own on the port (SO_REUSEPORT), over which the kernel
 * spreads connections.
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
    struct gr_waiter *acceptor;
    int port;
    bool watching;
    bool readable; /* a connection may wait; cleared when none was found */
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
        .slot = listener->slot, .watch = watch, .port = bound_port, .readable = true};
    *ret_listener = (gr_listener){watch->name};
    return 0;
}

int gr_listener_port(gr_listener name)
{
    const struct listener *listener = find(name.name);
    return listener == NULL ? 0 : listener->port;
}

static void wake(struct listener *listener)
{
    struct gr_waiter *acceptor = listener->acceptor;
    listener->acceptor = NULL;
    if (acceptor != NULL)
        acceptor->wake(acceptor);
}

static void stop_watching(struct listener *listener)
{
    if (listener->watching)
        uv_poll_stop(&listener->watch->poll);
    listener->watching = false;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events; /* accept itself finds out what it is */
    struct listener *listener = find(gr__container_of(poll, struct watch, poll)->name);
    if (listener == NULL)
        return;

    listener->readable = true;
    stop_watching(listener);
    wake(listener);
}

/* That a connection may wait, awaited. */
struct incoming {
    struct gr_awaitable awaitable;
    uint64_t name;
};

static struct listener *awaited(struct gr_awaitable *awaitable)
{
    return find(gr__container_of(awaitable, struct incoming, awaitable)->name);
}

static bool incoming_ready(struct gr_awaitable *awaitable)
{
    const struct listener *listener = awaited(awaitable);
    return listener == NULL || listener->readable;
}

static int incoming_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct listener *listener = awaited(awaitable);
    int rc = uv_poll_start(&listener->watch->poll, UV_READABLE, on_readable);
    if (rc < 0)
        return rc;

    listener->watching = true;
    listener->acceptor = waiter;
    return 0;
}

static int incoming_take(struct gr_awaitable *awaitable)
{
    return awaited(awaitable) == NULL ? -ECANCELED : 0;
}

static bool incoming_cancel(struct gr_awaitable *awaitable)
{
    struct listener *listener = awaited(awaitable);
    if (listener == NULL || listener->readable)
        return false;

    listener->acceptor = NULL;
    stop_watching(listener);
    return true;
}

static const struct gr_awaitable_type incoming_type = {
    "a connection", incoming_ready, incoming_subscribe, incoming_take, incoming_cancel};

/* A client that went away while it waited in the queue is no connection, and no error. */
static int accept_one(const struct listener *listener)
{
    int fd;
    do {
        fd = accept4(listener->watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd < 0 ? -errno : fd;
}

static int adopt(struct gr__loop *loop, int fd, gr_stream *ret_stream)
{
    struct gr__socket *socket;
    int rc = gr__socket_adopt(loop, fd, &socket);
    return rc < 0 ? rc : gr__stream_make(loop, &socket->transport, ret_stream);
}

int gr_accept(gr_listener name, gr_stream *ret_stream, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct listener *listener = loop == NULL ? NULL : gr__slots_find(table(loop), name.name);
    if (listener == NULL)
        return gr__await_refusal(loop, name.name);
    if (listener->acceptor != NULL)
        return -EBUSY;

    struct incoming incoming = {.name = name.name};
    for (;;) {
        int rc = gr__await(&incoming.awaitable, &incoming_type, deadline);
        if (rc < 0)
            return rc;
        listener = find(name.name);
        int fd = accept_one(listener);
        if (fd >= 0)
            return adopt(loop, fd, ret_stream);
        if (fd != -EAGAIN)
            return fd;
        listener->readable = false;
    }
}

static void end(struct gr__loop *loop, struct listener *listener)
{
    struct gr_waiter *acceptor = listener->acceptor;
    end_watch(listener->watch);
    gr__slots_give(table(loop), listener);
    if (acceptor != NULL)
        acceptor->wake(acceptor);
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
