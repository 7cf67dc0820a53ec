/*
 * Every awaitable there is, in rows: how to make it, have it become ready, look at what it gave, and
 * see that nothing else is left of it. test_every_awaitable.c ends waits for them at all points.
 *
 * Calls that have no awaitable of their own are rows as functions (function.h) that make them: to
 * cancel such a row cancels a runner inside the call. So is a barrier: who withdraws from one breaks
 * it for all, and is meant to, and so must reset it before he comes again.
 */
#ifndef GREENROOM_TESTS_ROWS_H
#define GREENROOM_TESTS_ROWS_H

#include "lib/several.h"

#define SOON gr_in(10 * GR_SECOND)

/* A user's own type: a box with a ball in it, or none. */
struct box {
    struct gr_awaitable awaitable;
    struct gr_waiter *waiter;
    bool ball;
};

/* All that a row may need. */
struct thing {
    struct gr_awaitable *awaitable;
    int got; /* what the outcome came with; 7 is right */
    struct gr_buffer buffer;
    gr_future future;
    gr_promise promise;
    struct gr_future_wait future_wait;
    struct several several;
    struct gr_set set;
    struct gr_each each;
    struct gr_member *given;
    struct gr_within within;
    struct gr_sleep_wait sleep;
    gr_time until;
    struct gr_event event, release;
    struct gr_event_wait event_wait;
    struct gr_mutex mutex;
    struct gr_mutex_wait mutex_wait;
    struct gr_rwlock rwlock;
    struct gr_rwlock_wait rwlock_wait;
    struct gr_semaphore semaphore;
    struct gr_semaphore_wait semaphore_wait;
    struct gr_condition condition;
    struct gr_condition_wait condition_wait;
    struct gr_wait_group group;
    struct gr_wait_group_wait group_wait;
    gr_channel channel;
    struct gr_channel_wait channel_wait;
    int item;
    struct gr_queue queue;
    struct gr_queue_wait queue_wait;
    struct gr_barrier barrier;
    struct gr_broadcast broadcast;
    struct gr_subscription subscription;
    gr_watch watch;
    struct gr_watch_wait watch_wait;
    uint64_t seen;
    struct gr_executor_wait executor_wait;
    struct thing *self;
    struct gr_function_wait function;
    gr_runner helper;
    struct gr_runner_wait runner_wait;
    gr_actor actor;
    struct gr_actor_wait actor_wait;
    struct gr_name_wait name_wait;
    gr_actor named;
    char name[16];
    struct gr_self *own; /* of an actor whose run waits for the release */
    const struct gr_message *message;
    struct gr_receive_wait receive_wait;
    int flag;
    gr_listener listener;
    gr_stream client, server;
    struct gr_accept_wait accept_wait;
    struct gr_stream_connect_wait connect_wait;
    struct gr_stream_read_wait read_wait;
    struct gr_stream_write_wait write_wait;
    char line[8];
    const void *peeked;
    size_t size;
    size_t written;
    int descriptor;
    struct gr_fd_wait fd_wait;
    unsigned events;
    gr_signal signal;
    struct gr_signal_wait signal_wait;
    uint64_t count;
    struct box box;
};

struct row {
    const char *name;
    void (*begin)(struct thing *thing);    /* makes it, and its awaitable */
    void (*complete)(struct thing *thing); /* it becomes ready, soon */
    void (*look)(struct thing *thing);     /* by whoever took the outcome */
    void (*end)(struct thing *thing);      /* asserts that nothing else is there */
    bool repeats; /* what is completed while nobody waits is forgotten: complete it again */
};

/* What is there on the loop itself, and what is behind calls, ends and sets. Both end in a zero row. */
extern const struct row near_rows[];
extern const struct row far_rows[];

/* Steps that several rows take. */
void nothing(struct thing *thing);
void got_7(struct thing *thing);
void start_helper(struct thing *thing, gr_runner_fn *run);
void begin_future(struct thing *thing);
void resolve(struct thing *thing);
void future_is_gone(struct thing *thing);
void set_event(struct thing *thing);
void end_event(struct thing *thing);
void let_go(struct thing *thing);

#endif
