/*
 * A key-value server on all cores that speaks Redis' protocol.
 *
 *     kv [--port N] [--host ADDRESS]      GREENROOM_LOOPS chooses how many loops
 *     redis-cli -p 7379 set greeting hello
 *
 * Ctrl-C ends it: connections are closed, and what they were sent is gone with it, for
 * nothing is kept on a disk.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "server.h"

enum { PORT = 7379 };

struct arguments {
    const char *host;
    int port;
    struct server server;
};

int64_t server_now(const struct server *server)
{
    return server->clock_began + gr_now() / GR_MILLISECOND;
}

static void give_memory(void *data, void *context)
{
    (void)context;
    memory_give(data);
}

struct gr_buffer server_buffer(void *bytes, size_t size)
{
    return (struct gr_buffer){bytes, size, give_memory, NULL};
}

static int64_t unix_milliseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int make_front(struct server *server, uint32_t loop)
{
    struct front *front = &server->fronts[loop];
    front->facts = (struct facts){
        .started_at = server_now(server),
        .process = getpid(),
        .port = server->port,
        .loops = server->shards,
    };
    front->next_id = (int64_t)loop + 1;
    front->batches = calloc(server->shards, sizeof *front->batches);
    if (front->batches == NULL)
        return -ENOMEM;
    int rc = planner_init(&front->planner, &server->hash_key, server->shards, &front->facts,
                          gr_random());
    return rc < 0 ? rc : hub_init(&front->hub, &server->hash_key);
}

static int spawn_on(struct server *server, uint32_t loop)
{
    const struct server *const argument = server;
    struct gr_actor_options options = {
        .where = GR_ON_LOOP((int)loop), .argument = &argument, .argument_bytes = sizeof argument};
    int rc = gr_actor_spawn(&keeper_behavior, &options, &server->keepers[loop]);
    return rc < 0 ? rc : gr_actor_spawn(&crier_behavior, &options, &server->criers[loop]);
}

/* All that the loops share, before any of them uses it. */
static int make_server(struct server *server)
{
    server->shards = (uint32_t)gr_loop_count();
    server->clock_began = unix_milliseconds() - gr_clock() / GR_MILLISECOND;
    server->hash_key = (struct hash_key){{gr_random(), gr_random()}};
    server->keepers = calloc(server->shards, sizeof *server->keepers);
    server->criers = calloc(server->shards, sizeof *server->criers);
    server->fronts = calloc(server->shards, sizeof *server->fronts);
    if (server->keepers == NULL || server->criers == NULL || server->fronts == NULL)
        return -ENOMEM;

    int rc = 0;
    for (uint32_t loop = 0; rc == 0 && loop < server->shards; loop++)
        rc = make_front(server, loop);
    for (uint32_t loop = 0; rc == 0 && loop < server->shards; loop++)
        rc = spawn_on(server, loop);
    return rc;
}

static void end_server(struct server *server)
{
    for (uint32_t loop = 0; server->fronts != NULL && loop < server->shards; loop++) {
        struct front *front = &server->fronts[loop];
        for (uint32_t shard = 0; front->batches != NULL && shard < server->shards; shard++)
            buffer_done(&front->batches[shard]);
        free(front->batches);
        planner_done(&front->planner);
        hub_done(&front->hub);
    }
    free(server->fronts);
    free(server->criers);
    free(server->keepers);
}

static int run(void *context)
{
    struct arguments *arguments = context;
    struct server *server = &arguments->server;
    server->port = arguments->port;
    int rc = make_server(server);
    if (rc < 0)
        return rc;
    int port;
    rc = gr_serve(arguments->host, arguments->port, server_converse, server, &port);
    if (rc < 0) {
        fprintf(stderr, "kv: cannot listen on port %d: %s\n", arguments->port, gr_error_text(rc));
        return rc;
    }

    printf("kv: ready on port %d, with %u loops\n", port, server->shards);
    fflush(stdout);
    rc = gr_sleep(GR_FOREVER);
    return rc == -ECANCELED ? 0 : rc; /* Ctrl-C is how it is meant to end */
}

static int usage(void)
{
    fprintf(stderr, "usage: kv [--port N] [--host ADDRESS]\n");
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct arguments arguments = {.host = "127.0.0.1", .port = PORT};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return usage();
        if (strcmp(argv[i], "--host") == 0)
            arguments.host = argv[i + 1];
        else if (strcmp(argv[i], "--port") == 0)
            arguments.port = atoi(argv[i + 1]);
        else
            return usage();
    }

    int rc = gr_run(run, &arguments, &(struct gr_options){.report = gr_report_to_stderr});
    end_server(&arguments.server);
    if (rc < 0)
        fprintf(stderr, "kv: %s\n", gr_error_text(rc));
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
