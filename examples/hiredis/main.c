/*
 * Redis asked through hiredis, a client library with a socket of its own, and awaited by a runner.
 *
 *     hiredis /run/redis.sock get greeting      prints what redis-server answers
 *
 * adapter.c lets a loop drive hiredis; here its answers are futures as any other. Two commands are
 * under way at once, and their answers awaited in turn.
 */
#include <errno.h>
#include <stdio.h>

#include "adapter.h"

#define SOON gr_in(10 * GR_SECOND)

struct words {
    int argc;
    const char **argv; /* the socket's path, and the command */
};

static int print(const char *question, gr_future answer)
{
    struct gr_buffer text;
    int rc = gr_future_await_buffer(answer, &text, SOON);
    if (rc < 0) {
        gr_future_drop(answer);
        return rc;
    }
    printf("%s: %.*s\n", question, (int)text.size, (const char *)text.data);
    gr_buffer_release(&text);
    return 0;
}

static int ask_both(redisAsyncContext *redis, const struct words *words)
{
    gr_future pong, answer;
    int rc = adapter_ask(redis, 1, (const char *[]){"ping"}, &pong);
    if (rc < 0)
        return rc;
    rc = adapter_ask(redis, words->argc - 1, words->argv + 1, &answer);
    if (rc < 0) {
        gr_future_drop(pong);
        return rc;
    }

    rc = print("ping", pong);
    int second = print(words->argv[1], answer);
    return rc < 0 ? rc : second;
}

/* Where hiredis has ended the connection it says so here, and frees the context itself. */
static void forget(const redisAsyncContext *redis, int status)
{
    (void)status;
    *(redisAsyncContext **)redis->data = NULL;
}

static int run(void *context)
{
    const struct words *words = context;
    redisAsyncContext *redis = redisAsyncConnectUnix(words->argv[0]);
    if (redis == NULL || redis->err != 0) {
        redisAsyncFree(redis);
        return -ECONNREFUSED;
    }
    redis->data = &redis;
    int rc = adapter_attach(redis);
    if (rc == 0 && redisAsyncSetDisconnectCallback(redis, forget) != REDIS_OK)
        rc = -EIO;
    if (rc == 0)
        rc = ask_both(redis, words);
    if (redis != NULL)
        redisAsyncFree(redis);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s SOCKET COMMAND [ARGUMENT...]\n", argv[0]);
        return 2;
    }
    struct words words = {argc - 1, (const char **)argv + 1};
    struct gr_options options = {.loops = 1, .report = gr_report_to_stderr};
    int rc = gr_run(run, &words, &options);
    if (rc < 0)
        fprintf(stderr, "%s\n", gr_error_text(rc));
    return rc < 0;
}
