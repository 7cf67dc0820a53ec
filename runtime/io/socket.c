/*
 * Sockets: TCP by libuv, as a transport.
 *
 *     open -- close --> closed, writes on -- all written, or ten seconds --> closing --> freed
 *
 * A write is tried at once; what the system does not take is queued with libuv. The
 * callbacks run inside poll, on the thread's own stack.
 *
 * Invariants:
 *   1. `queued` is the number of bytes in libuv's queue.
 *   2. A closed socket calls nothing upwards.
 */
#include "io/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINGER (10 * GR_SECOND)

static struct gr__socket *of(struct gr__transport *transport)
{
    return gr__container_of(transport, struct gr__socket, transport);
}

static struct gr__socket *of_handle(void *handle)
{
    return gr__container_of(handle, struct gr__socket, tcp);
}

static uv_stream_t *stream_of(struct gr__socket *socket)
{
    return (uv_stream_t *)&socket->tcp;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    (void)suggested;
    struct gr__transport *transport = &of_handle(handle)->transport;
    size_t size = 0;
    ret_buffer->base = transport->events->room(transport->stream, &size);
    ret_buffer->len = ret_buffer->base == NULL ? 0 : size;
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    (void)buffer;
    struct gr__transport *transport = &of_handle(stream)->transport;
    if (size > 0)
        transport->events->received(transport->stream, (size_t)size);
    else if (size < 0)
        transport->events->ended(transport->stream, (int)size);
}

static int read_start(struct gr__transport *transport)
{
    return uv_read_start(stream_of(of(transport)), on_room, on_read);
}

static void read_stop(struct gr__transport *transport)
{
    uv_read_stop(stream_of(of(transport)));
}

static long try_write(struct gr__transport *transport, const void *data, size_t size)
{
    struct gr__socket *socket = of(transport);
    if (socket->queued > 0)
        return 0;

    uv_buf_t buffer = {.base = (char *)(uintptr_t)data, .len = size};
    int rc = uv_try_write(stream_of(socket), &buffer, 1);
    return rc == UV_EAGAIN ? 0 : rc;
}

static void on_closed(uv_handle_t *handle)
{
    struct gr__socket *socket = of_handle(handle);
    gr__list_remove(&socket->link);
    free(socket);
}

/* Stop lingering, and close for good. */
static void end(struct gr__socket *socket)
{
    if (socket->closing)
        return;

    socket->closing = true;
    if (socket->closed && socket->queued > 0)
        gr__io_of(socket->loop)->lingering--;
    gr__wheel_cancel(&socket->loop->wheel, &socket->linger);
    uv_close((uv_handle_t *)&socket->tcp, on_closed);
}

struct write {
    uv_write_t request;
    struct gr__socket *socket;
    struct gr_buffer buffer;
};

static void on_written(uv_write_t *request, int status)
{
    struct write *write = gr__container_of(request, struct write, request);
    struct gr__socket *socket = write->socket;
    struct gr__transport *transport = &socket->transport;
    size_t size = write->buffer.size;
    gr_buffer_release(&write->buffer);
    free(write);
    if (!socket->closed)
        transport->events->written(transport->stream, size, status);
    else if (!socket->closing && (socket->queued == size || status < 0))
        end(socket);
    socket->queued -= size;
}

static int queue_write(struct gr__transport *transport, struct gr_buffer *buffer)
{
    struct gr__socket *socket = of(transport);
    struct write *write = malloc(sizeof *write);
    if (write == NULL)
        return -ENOMEM;

    *write = (struct write){.socket = socket, .buffer = *buffer};
    uv_buf_t piece = {.base = buffer->data, .len = buffer->size};
    int rc = uv_write(&write->request, stream_of(socket), &piece, 1, on_written);
    if (rc < 0) {
        free(write);
        return rc;
    }
    socket->queued += buffer->size;
    *buffer = (struct gr_buffer){0};
    return 0;
}

static void on_shut(uv_shutdown_t *request, int status)
{
    struct gr__socket *socket = gr__container_of(request, struct gr__socket, shutdown);
    if (!socket->closed)
        socket->transport.events->shut(socket->transport.stream, status);
}

static int shutdown_writing(struct gr__transport *transport)
{
    return uv_shutdown(&of(transport)->shutdown, stream_of(of(transport)), on_shut);
}

static void on_lingered(struct gr__timer *timer)
{
    end(gr__container_of(timer, struct gr__socket, linger));
}

static void close_socket(struct gr__transport *transport)
{
    struct gr__socket *socket = of(transport);
    socket->closed = true;
    if (socket->queued == 0) {
        end(socket);
        return;
    }

    uv_read_stop(stream_of(socket));
    gr__io_of(socket->loop)->lingering++;
    socket->linger.fire = on_lingered;
    gr__wheel_start(&socket->loop->wheel, &socket->linger, socket->loop->now + LINGER);
}

static void peer(const struct gr__transport *transport, char *text, size_t size)
{
    const struct gr__socket *socket = gr__container_of(transport, struct gr__socket, transport);
    struct sockaddr_storage address;
    int address_size = sizeof address;
    char name[INET6_ADDRSTRLEN];
    int rc = uv_tcp_getpeername(&socket->tcp, (struct sockaddr *)&address, &address_size);
    if (size > 0)
        text[0] = '\0';
    if (rc == 0 && address.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
        uv_ip4_name(v4, name, sizeof name);
        snprintf(text, size, "%s:%d", name, ntohs(v4->sin_port));
    } else if (rc == 0 && address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
        uv_ip6_name(v6, name, sizeof name);
        snprintf(text, size, "[%s]:%d", name, ntohs(v6->sin6_port));
    }
}

static const struct gr__transport_class socket_class = {
    read_start, read_stop, try_write, queue_write, shutdown_writing, close_socket, peer};

int gr__socket_make(struct gr__loop *loop, struct gr__socket **ret_socket)
{
    struct gr__socket *socket = calloc(1, sizeof *socket);
    if (socket == NULL)
        return -ENOMEM;
    int rc = uv_tcp_init(gr__io_uv(loop), &socket->tcp);
    if (rc < 0) {
        free(socket);
        return rc;
    }

    socket->transport.class = &socket_class;
    socket->loop = loop;
    gr__list_append(&gr__io_of(loop)->sockets, &socket->link);
    *ret_socket = socket;
    return 0;
}

int gr__socket_adopt(struct gr__loop *loop, int fd, struct gr__socket **ret_socket)
{
    struct gr__socket *socket;
    int rc = gr__socket_make(loop, &socket);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    rc = uv_tcp_open(&socket->tcp, fd);
    if (rc < 0) {
        close(fd);
        socket->transport.class->close(&socket->transport);
        return rc;
    }

    uv_tcp_nodelay(&socket->tcp, 1);
    *ret_socket = socket;
    return 0;
}

void gr__sockets_done(struct gr__loop *loop)
{
    gr__list_each (link, &gr__io_of(loop)->sockets) {
        struct gr__socket *socket = gr__container_of(link, struct gr__socket, link);
        socket->closed = true;
        end(socket);
    }
    gr__io_of(loop)->lingering = 0;
}
