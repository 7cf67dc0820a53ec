/*
 * hiredis on a loop: what it wants becomes the events of a handler, and what happens its calls.
 *
 *     hiredis    addRead, delRead, addWrite, delWrite ----> gr_fd_update()
 *            <-- redisAsyncHandleRead, ...Write ----------- the handler
 *                cleanup -------------------------------> gr_fd_remove(), before it closes the socket
 *
 * A call of hiredis may end its context, and so the adapter, of which the handler is in the middle:
 * then the handler frees it.
 */
#include "adapter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct adapter {
    redisAsyncContext *redis;
    int fd;
    unsigned events;
    bool calling; /* the handler is under way */
    bool ended;
};

static void go_on(int fd, unsigned events, void *context)
{
    struct adapter *adapter = context;
    (void)fd;
    adapter->calling = true;
    if (events & GR_FD_READ)
        redisAsyncHandleRead(adapter->redis);
    if ((events & GR_FD_WRITE) && !adapter->ended)
        redisAsyncHandleWrite(adapter->redis);
    adapter->calling = false;
    if (adapter->ended)
        free(adapter);
}

static void want(struct adapter *adapter, unsigned events)
{
    adapter->events = events;
    if (gr_fd_update(adapter->fd, events) < 0)
        abort(); /* it has a handler until cleanup */
}

static void add_read(void *adapter)
{
    want(adapter, ((struct adapter *)adapter)->events | GR_FD_READ);
}

static void del_read(void *adapter)
{
    want(adapter, ((struct adapter *)adapter)->events & ~(unsigned)GR_FD_READ);
}

static void add_write(void *adapter)
{
    want(adapter, ((struct adapter *)adapter)->events | GR_FD_WRITE);
}

static void del_write(void *adapter)
{
    want(adapter, ((struct adapter *)adapter)->events & ~(unsigned)GR_FD_WRITE);
}

static void clean_up(void *context)
{
    struct adapter *adapter = context;
    gr_fd_remove(adapter->fd);
    adapter->ended = true;
    if (!adapter->calling)
        free(adapter);
}

int adapter_attach(redisAsyncContext *redis)
{
    struct adapter *adapter = calloc(1, sizeof *adapter);
    if (adapter == NULL)
        return -ENOMEM;

    /* Until it is connected hiredis wants to write. */
    *adapter = (struct adapter){.redis = redis, .fd = redis->c.fd, .events = GR_FD_WRITE};
    int rc = gr_fd_add(adapter->fd, adapter->events, go_on, adapter);
    if (rc < 0) {
        free(adapter);
        return rc;
    }
    redis->ev.data = adapter;
    redis->ev.addRead = add_read;
    redis->ev.delRead = del_read;
    redis->ev.addWrite = add_write;
    redis->ev.delWrite = del_write;
    redis->ev.cleanup = clean_up;
    return 0;
}

/* The future may have gone, or its loop be about to: then the answer is nobody's. */
static void settle(gr_promise promise, const redisReply *reply)
{
    char number[32];
    int rc;
    if (reply == NULL)
        rc = gr_promise_reject(promise, -ECONNRESET);
    else if (reply->type == REDIS_REPLY_ERROR)
        rc = gr_promise_reject(promise, -EPROTO);
    else if (reply->type == REDIS_REPLY_INTEGER)
        rc = gr_promise_resolve(promise, number,
                                (size_t)snprintf(number, sizeof number, "%lld", reply->integer));
    else
        rc = gr_promise_resolve(promise, reply->str, reply->str == NULL ? 0 : reply->len);
    (void)rc;
}

/* A promise is a number, so it goes through hiredis as it is; one that is late settles nothing. */
static void on_reply(redisAsyncContext *redis, void *reply, void *promise)
{
    (void)redis;
    settle((gr_promise){(uintptr_t)promise}, reply);
}

int adapter_ask(redisAsyncContext *redis, int argc, const char **argv, gr_future *ret_answer)
{
    gr_promise promise;
    gr_future answer;
    int rc = gr_future_make(&answer, &promise);
    if (rc < 0)
        return rc;
    if (redisAsyncCommandArgv(redis, on_reply, (void *)(uintptr_t)promise.name, argc, argv, NULL) !=
        REDIS_OK) {
        gr_future_drop(answer);
        return -ENOTCONN;
    }
    *ret_answer = answer;
    return 0;
}
