/*
 * Connecting: a name becomes addresses, and the first that answers becomes a stream.
 *
 *     subscribe -- an address --------------------------> CONNECTING -- done --> take: a stream
 *         |                                                ^     |
 *         +-- a name --> LOOKING_UP -- back: the task -----+     +-- refused: the next address
 *
 * No runner is needed for all that, so an attempt is memory of its own: it outlives a wait that ends
 * early, until the task has run, or libuv has closed the socket. A connection that was made is closed
 * with the wait that is withdrawn: whoever awaits it again makes another.
 *
 * Invariants:
 *   1. attempt->wait is NULL once nobody waits; in LOOKING_UP its task frees it then, in CONNECTING
 *      the end of its request.
 *   2. attempt->socket is there while CONNECTING, and once DONE with success.
 */
#include <greenroom/stream.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/socket.h"
#include "io/stream.h"
#include "io/workers.h"
#include "runner/wait.h"

enum {
    ADDRESSES_MAX = 8,
    HOST_MAX = 255,
    NO_ADDRESSES = -3007, /* as getaddrinfo() says it, by libuv's number */
};

struct addresses {
    size_t count;
    struct sockaddr_storage address[ADDRESSES_MAX];
};

struct question {
    char host[HOST_MAX + 1];
    int port;
};

static void keep(struct addresses *addresses, const struct addrinfo *info)
{
    for (; info != NULL && addresses->count < ADDRESSES_MAX; info = info->ai_next)
        if (info->ai_addrlen <= sizeof addresses->address[0])
            memcpy(&addresses->address[addresses->count++], info->ai_addr, info->ai_addrlen);
}

/* libuv's number for an error of getaddrinfo(). */
static int translate(int error)
{
    switch (error) {
    case EAI_AGAIN:
        return -3001;
    case EAI_FAIL:
        return -3004;
    case EAI_FAMILY:
        return -3005;
    case EAI_MEMORY:
        return -3006;
    case EAI_SYSTEM:
        return -errno;
    default:
        return -3008; /* unknown name or service */
    }
}

static int look_up(const struct gr_work *work, const void *argument, void *result)
{
    (void)work;
    const struct question *question = argument;
    char service[8];
    snprintf(service, sizeof service, "%d", question->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found;
    int error = getaddrinfo(question->host, service, &hints, &found);
    if (error != 0)
        return translate(error);

    keep(result, found);
    freeaddrinfo(found);
    return 0;
}

enum stage { LOOKING_UP, CONNECTING, DONE };

struct attempt {
    struct gr_stream_connect_wait *wait;
    enum stage stage;
    int status;                    /* once DONE */
    struct gr_executor_wait names; /* in LOOKING_UP, as the next two */
    struct gr_waiter found;
    struct gr__task task;
    struct addresses addresses;
    size_t next; /* of them, to be tried */
    struct gr__socket *socket;
    uv_connect_t request;
};

static struct gr_stream_connect_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_stream_connect_wait, awaitable);
}

static void finish(struct attempt *attempt, int status)
{
    struct gr_waiter *waiter = attempt->wait->waiter;
    attempt->stage = DONE;
    attempt->status = status;
    attempt->wait->waiter = NULL;
    waiter->wake(waiter);
}

static void close_socket(struct attempt *attempt)
{
    attempt->socket->transport.class->close(&attempt->socket->transport);
    attempt->socket = NULL;
}

static int begin(struct attempt *attempt, const struct sockaddr_storage *address,
                 uv_connect_cb on_connected)
{
    int rc = gr__socket_make(gr__loop_here(), &attempt->socket);
    if (rc < 0)
        return rc;

    attempt->stage = CONNECTING;
    rc = uv_tcp_connect(&attempt->request, &attempt->socket->tcp, (const struct sockaddr *)address,
                        on_connected);
    if (rc < 0)
        close_socket(attempt);
    return rc;
}

/* Begin with the next address, those before having failed with `status`. 0, or that of the last. */
static int try_next(struct attempt *attempt, int status, uv_connect_cb on_connected)
{
    while (status < 0 && attempt->next < attempt->addresses.count)
        status = begin(attempt, &attempt->addresses.address[attempt->next++], on_connected);
    return status;
}

static void on_connected(uv_connect_t *request, int status)
{
    struct attempt *attempt = gr__container_of(request, struct attempt, request);
    if (attempt->wait == NULL) {
        free(attempt);
        return;
    }
    if (status < 0) {
        close_socket(attempt);
        if (status != UV_ECANCELED)
            status = try_next(attempt, status, on_connected);
        if (status == 0)
            return;
    }
    finish(attempt, status);
}

/* In a task, since what is woken runs nothing. */
static void on_looked_up(struct gr__task *task)
{
    struct attempt *attempt = gr__container_of(task, struct attempt, task);
    struct gr_awaitable *names = &attempt->names.awaitable;
    int rc = names->type->take(names);
    if (attempt->wait == NULL) {
        free(attempt);
        return;
    }
    if (rc == 0)
        rc = try_next(attempt, NO_ADDRESSES, on_connected);
    if (rc < 0)
        finish(attempt, rc);
}

static void discard(struct gr__task *task)
{
    struct attempt *attempt = gr__container_of(task, struct attempt, task);
    gr__work_free(attempt->names.work);
    free(attempt);
}

static const struct gr__task_class looked_up_class = {"a name's addresses", on_looked_up, discard,
                                                      NULL};

static void on_found(struct gr_waiter *waiter)
{
    struct attempt *attempt = gr__container_of(waiter, struct attempt, found);
    gr__loop_ready(gr__loop_here(), &attempt->task);
}

static int look_up_later(struct attempt *attempt, const char *host, int port)
{
    struct question question = {.port = port};
    if (strlen(host) > HOST_MAX)
        return -ENAMETOOLONG;
    strcpy(question.host, host);
    attempt->found.wake = on_found;
    attempt->task.class = &looked_up_class;
    struct gr_awaitable *names = gr_executor_awaitable(
        &attempt->names, gr__workers_built_in(GR__WORKERS_NAMES), look_up, &question,
        sizeof question, &attempt->addresses, sizeof attempt->addresses);
    return names->type->subscribe(names, &attempt->found);
}

/* An address is its own; a name is looked up. */
static int start(struct attempt *attempt, const char *host, int port)
{
    struct sockaddr_storage *first = &attempt->addresses.address[0];
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)first) != 0 &&
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)first) != 0)
        return look_up_later(attempt, host, port);

    attempt->addresses.count = 1;
    return try_next(attempt, NO_ADDRESSES, on_connected);
}

static bool connect_ready(struct gr_awaitable *awaitable)
{
    const struct attempt *attempt = wait_of(awaitable)->attempt;
    return attempt != NULL && attempt->stage == DONE;
}

static int connect_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_stream_connect_wait *wait = wait_of(awaitable);
    if (wait->attempt != NULL)
        return -EBUSY;
    if (wait->port < 1 || wait->port > 65535)
        return -EINVAL;
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (attempt == NULL)
        return -ENOMEM;
    attempt->wait = wait;
    int rc = start(attempt, wait->host, wait->port);
    if (rc < 0) {
        free(attempt);
        return rc;
    }

    wait->attempt = attempt;
    wait->waiter = waiter;
    return 0;
}

static int connect_take(struct gr_awaitable *awaitable)
{
    struct gr_stream_connect_wait *wait = wait_of(awaitable);
    struct attempt *attempt = wait->attempt;
    struct gr__socket *socket = attempt->socket;
    int status = attempt->status;
    wait->attempt = NULL;
    free(attempt);
    if (status < 0)
        return status;

    uv_tcp_nodelay(&socket->tcp, 1);
    return gr__stream_make(gr__loop_here(), &socket->transport, wait->ret_stream);
}

static bool connect_cancel(struct gr_awaitable *awaitable)
{
    struct gr_stream_connect_wait *wait = wait_of(awaitable);
    struct attempt *attempt = wait->attempt;
    struct gr_awaitable *names = &attempt->names.awaitable;
    wait->attempt = NULL;
    wait->waiter = NULL;
    attempt->wait = NULL;
    if (attempt->socket != NULL)
        close_socket(attempt);
    if (attempt->stage == DONE || (attempt->stage == LOOKING_UP && names->type->cancel(names)))
        free(attempt);
    return true;
}

static const struct gr_awaitable_type connect_type = {
    "a connection to be made", connect_ready, connect_subscribe, connect_take, connect_cancel};

struct gr_awaitable *gr_stream_connect_awaitable(struct gr_stream_connect_wait *wait,
                                                 const char *host, int port, gr_stream *ret_stream)
{
    *wait = (struct gr_stream_connect_wait){
        .awaitable = {&connect_type}, .host = host, .port = port, .ret_stream = ret_stream};
    return &wait->awaitable;
}

int gr_stream_connect(const char *host, int port, gr_stream *ret_stream, gr_time deadline)
{
    struct gr_stream_connect_wait wait;
    return gr__await_in_runner(gr_stream_connect_awaitable(&wait, host, port, ret_stream),
                               &connect_type, deadline);
}
