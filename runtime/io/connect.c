/*
 * Connecting: a name becomes addresses, and the first that answers becomes a stream.
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

enum { ADDRESSES_MAX = 8, HOST_MAX = 255 };

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

/* An address is its own; a name is looked up. */
static int resolve(const char *host, int port, struct addresses *ret_addresses, gr_time deadline)
{
    *ret_addresses = (struct addresses){.count = 1};
    struct sockaddr_storage *first = &ret_addresses->address[0];
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)first) == 0 ||
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)first) == 0)
        return 0;

    struct question question = {.port = port};
    if (strlen(host) > HOST_MAX)
        return -ENAMETOOLONG;
    strcpy(question.host, host);
    return gr__workers_do(GR__WORKERS_NAMES, look_up, &question, sizeof question, ret_addresses,
                          sizeof *ret_addresses, deadline);
}

/*
 * A connection being made, awaited. Its request outlives an await that ended early, until libuv
 * has closed the socket; so it is memory of its own.
 */
struct attempt {
    uv_connect_t request;
    struct gr_waiter *waiter; /* NULL once nobody waits */
    bool done;
    bool abandoned;
    int status; /* once done */
};

struct awaited {
    struct gr_awaitable awaitable;
    struct attempt *attempt;
    struct gr__socket *socket;
    const struct sockaddr_storage *address;
};

static struct awaited *awaited_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct awaited, awaitable);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct attempt *attempt = gr__container_of(request, struct attempt, request);
    if (attempt->abandoned) {
        free(attempt);
        return;
    }
    attempt->done = true;
    attempt->status = status;
    attempt->waiter->wake(attempt->waiter);
}

static bool attempt_ready(struct gr_awaitable *awaitable)
{
    return awaited_of(awaitable)->attempt->done;
}

static int attempt_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct awaited *awaited = awaited_of(awaitable);
    awaited->attempt->waiter = waiter;
    int rc = uv_tcp_connect(&awaited->attempt->request, &awaited->socket->tcp,
                            (const struct sockaddr *)awaited->address, on_connected);
    if (rc < 0)
        free(awaited->attempt);
    return rc;
}

static int attempt_take(struct gr_awaitable *awaitable)
{
    int status = awaited_of(awaitable)->attempt->status;
    free(awaited_of(awaitable)->attempt);
    return status;
}

/* The caller closes the socket, and that ends the request. */
static bool attempt_cancel(struct gr_awaitable *awaitable)
{
    struct attempt *attempt = awaited_of(awaitable)->attempt;
    if (attempt->done)
        return false;

    attempt->abandoned = true;
    return true;
}

static const struct gr_awaitable_type attempt_type = {
    "a connection to be made", attempt_ready, attempt_subscribe, attempt_take, attempt_cancel};

static int await_attempt(struct gr__socket *socket, const struct sockaddr_storage *address,
                         gr_time deadline)
{
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (attempt == NULL)
        return -ENOMEM;

    struct awaited awaited = {.attempt = attempt, .socket = socket, .address = address};
    return gr__await(&awaited.awaitable, &attempt_type, deadline);
}

static int connect_to(const struct sockaddr_storage *address, gr_stream *ret_stream,
                      gr_time deadline)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__socket *socket;
    int rc = gr__socket_make(loop, &socket);
    if (rc < 0)
        return rc;
    rc = await_attempt(socket, address, deadline);
    if (rc < 0) {
        socket->transport.class->close(&socket->transport);
        return rc;
    }

    uv_tcp_nodelay(&socket->tcp, 1);
    return gr__stream_make(loop, &socket->transport, ret_stream);
}

int gr_stream_connect(const char *host, int port, gr_stream *ret_stream, gr_time deadline)
{
    if (gr__runner_here() == NULL)
        return GR_ENOTRUNNER;
    if (port < 1 || port > 65535)
        return -EINVAL;
    struct addresses addresses;
    int rc = resolve(host, port, &addresses, deadline);
    if (rc == 0 && addresses.count == 0)
        return -3007; /* the name has no address */
    for (size_t i = 0; rc == 0 && i < addresses.count; i++) {
        rc = connect_to(&addresses.address[i], ret_stream, deadline);
        if (rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED)
            return rc;
        if (i + 1 < addresses.count)
            rc = 0; /* the next may answer */
    }
    return rc;
}
