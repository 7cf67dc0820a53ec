/*
 * Serving: a listener and an accepting runner on every loop, a runner for each connection.
 *
 *     gr_serve --post--> each loop: listen --> accepting runner --> runner for each connection
 *         ^                            |
 *         +--------- result -----------+
 *
 * The first loop listens before the others are told, since only then is it known which port
 * is meant by 0. Where one of the others fails, those that listen go on doing so until the
 * run stops; the caller is told, and usually ends it.
 */
#include <greenroom/stream.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/future.h>
#include <greenroom/loop.h>
#include <greenroom/runner.h>

#include "base/text.h"
#include "io/stream.h"
#include "runner/park.h"
#include "runner/spawned.h"

/* How long to leave connections in the kernel's queue when there are no descriptors. Nothing tells
 * a process that another of its threads, or another process, has closed one. */
#define BREATHER (20 * GR_MILLISECOND)

enum { HOST_BYTES = 64 };

/* What is to be served, for one loop. */
struct service {
    char host[HOST_BYTES];
    bool any_host;
    int port;
    gr_serve_fn *serve;
    void *context;
    gr_promise promise; /* settled with the port, or why not */
    gr_listener listener;
};

/* A client, and the runner that serves it. */
struct connection {
    struct gr__owner owner;
    gr_serve_fn *serve;
    void *context;
    gr_stream stream;
};

static struct connection *connection_of(const struct gr__owner *owner)
{
    return gr__container_of(owner, struct connection, owner);
}

/* What a client's going away, or our own, looks like. */
static bool is_leaving(int status)
{
    return status == GR_EOF || status == -ECONNRESET || status == -EPIPE || status == -ECANCELED ||
           status == -ESHUTDOWN;
}

static int converse(void *context)
{
    struct connection *connection = context;
    int rc = connection->serve(connection->stream, connection->context);
    return is_leaving(rc) ? 0 : rc;
}

static void on_ended(struct gr__owner *owner, int status)
{
    struct connection *connection = connection_of(owner);
    if (status < 0 && status != -ECANCELED)
        gr__runner_say_failed("connection", status);
    gr_stream_close(connection->stream);
    free(connection);
}

static void on_torn(struct gr__owner *owner)
{
    free(connection_of(owner));
}

static size_t describe(const struct gr__owner *owner, char *text, size_t bytes)
{
    char peer[64] = "";
    gr_stream_peer(connection_of(owner)->stream, peer, sizeof peer);
    size_t length = gr__text_append(text, bytes, 0, " with ");
    return gr__text_append(text, bytes, length, peer);
}

static int begin_conversation(const struct service *service, gr_stream stream)
{
    static const struct gr_runner_options options = {.name = "connection"};
    struct connection *connection = malloc(sizeof *connection);
    if (connection == NULL)
        return -ENOMEM;

    *connection = (struct connection){
        .owner = {.ended = on_ended,
                  .torn = on_torn,
                  .describe = describe,
                  .ends_in = GR_PHASE_DRAIN},
        .serve = service->serve,
        .context = service->context,
        .stream = stream,
    };
    gr_runner runner;
    int rc = gr__spawn_owned(converse, connection, &options, &connection->owner, &runner);
    if (rc < 0)
        free(connection);
    else
        gr__stream_serve(stream);
    return rc;
}

static bool is_short_of_something(int rc)
{
    return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM || rc == -ENOBUFS;
}

static int accept_for(const struct service *service)
{
    gr_stream stream;
    int rc = gr_accept(service->listener, &stream, GR_FOREVER);
    if (rc == 0) {
        rc = begin_conversation(service, stream);
        if (rc < 0)
            gr_stream_close(stream);
    }
    return is_short_of_something(rc) ? gr_sleep(gr_in(BREATHER)) : rc;
}

static int accept_all(void *context)
{
    struct service *service = context;
    int rc;
    do {
        rc = accept_for(service);
    } while (rc == 0);
    gr_listener_close(service->listener);
    free(service);

    /* The run stopped while there were no descriptors, and nothing was awaited of the listener. */
    return rc == -ESTALE ? -ECANCELED : rc;
}

static void settle(gr_promise promise, int status, int port)
{
    int rc = status < 0 ? gr_promise_reject(promise, status)
                        : gr_promise_resolve(promise, &port, sizeof port);
    (void)rc; /* the one who asked is gone with its loop */
}

static void give_up(void *context)
{
    struct service *service = context;
    settle(service->promise, -ESHUTDOWN, 0);
    free(service);
}

/* On the loop that is to serve. */
static void begin_service(void *context)
{
    static const struct gr_runner_options options = {.name = "acceptor"};
    struct service *service = context;
    gr_promise promise = service->promise;
    int rc = gr_listen(service->any_host ? NULL : service->host, service->port, &service->listener);
    int port = rc < 0 ? 0 : gr_listener_port(service->listener);
    if (rc == 0) {
        rc = gr_runner_start(accept_all, service, &options, NULL);
        if (rc < 0)
            gr_listener_close(service->listener);
    }
    if (rc < 0)
        free(service);
    settle(promise, rc, port);
}

/* Have one loop serve, and learn the port. */
static int serve_on(int loop, const struct service *wanted, int *ret_port)
{
    struct service *service = malloc(sizeof *service);
    if (service == NULL)
        return -ENOMEM;
    *service = *wanted;
    gr_future future;
    int rc = gr_future_make(&future, &service->promise);
    if (rc == 0) {
        rc = gr_post(loop, begin_service, service, give_up);
        if (rc < 0)
            gr_future_drop(future);
    }
    if (rc < 0) {
        free(service);
        return rc;
    }

    rc = gr_future_await(future, ret_port, sizeof *ret_port, GR_FOREVER);
    if (rc < 0)
        gr_future_drop(future);
    return rc;
}

int gr_serve(const char *host, int port, gr_serve_fn *serve, void *context, int *ret_port)
{
    struct service service = {
        .any_host = host == NULL, .port = port, .serve = serve, .context = context};
    if (gr__runner_here() == NULL)
        return GR_ENOTRUNNER;
    if (host != NULL) {
        if (strlen(host) >= sizeof service.host)
            return -EINVAL;
        strcpy(service.host, host);
    }

    for (int loop = 0; loop < gr_loop_count(); loop++) {
        int rc = serve_on(loop, &service, &service.port);
        if (rc < 0)
            return rc;
    }
    if (ret_port != NULL)
        *ret_port = service.port;
    return 0;
}
