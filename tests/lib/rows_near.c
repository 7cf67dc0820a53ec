/* Rows of what a loop has of its own: futures, time, what runners share, channels. */
#include <errno.h>
#include <sched.h>

#include "lib/rows.h"

void nothing(struct thing *thing)
{
    (void)thing;
}

void got_7(struct thing *thing)
{
    check_equal(thing->got, 7);
}

static void join_helper(struct thing *thing)
{
    check_equal(gr_runner_join(thing->helper, SOON), 0);
}

void start_helper(struct thing *thing, gr_runner_fn *run)
{
    check_equal(gr_runner_start(run, thing, NULL, &thing->helper), 0);
}

/* --- futures -------------------------------------------------------------------------------- */

void begin_future(struct thing *thing)
{
    check_equal(gr_future_make(&thing->future, &thing->promise), 0);
    thing->awaitable =
        gr_future_awaitable(&thing->future_wait, thing->future, &thing->got, sizeof(int));
}

void resolve(struct thing *thing)
{
    check_equal(gr_promise_resolve(thing->promise, &(int){7}, sizeof(int)), 0);
}

void future_is_gone(struct thing *thing)
{
    check_equal(gr_future_await(thing->future, NULL, 0, gr_now()), -ESTALE);
}

static int released;

static void count_release(void *data, void *context)
{
    (void)data, (void)context;
    released++;
}

static void begin_buffer(struct thing *thing)
{
    released = 0;
    begin_future(thing);
    thing->awaitable =
        gr_future_awaitable_buffer(&thing->future_wait, thing->future, &thing->buffer);
}

static void resolve_buffer(struct thing *thing)
{
    static int seven = 7;
    struct gr_buffer buffer = {&seven, sizeof seven, count_release, NULL};
    check_equal(gr_promise_resolve_buffer(thing->promise, &buffer), 0);
}

static void check_buffer(struct thing *thing)
{
    check_equal(released, 0);
    check_equal(*(int *)thing->buffer.data, 7);
    gr_buffer_release(&thing->buffer);
    check_equal(released, 1);
}

/* --- a point in time ------------------------------------------------------------------------ */

static void begin_sleep(struct thing *thing)
{
    thing->until = gr_in(GR_MILLISECOND);
    thing->awaitable = gr_sleep_awaitable(&thing->sleep, thing->until);
}

static void let_time_pass(struct thing *thing)
{
    while (gr_clock() < thing->until)
        sched_yield();
}

static void no_timer_is_left(struct thing *thing)
{
    check(thing->sleep.timer.link.next == NULL);
}

/* --- what runners of one loop wait for among themselves ------------------------------------- */

static void begin_event(struct thing *thing)
{
    thing->awaitable = gr_event_awaitable(&thing->event_wait, &thing->event);
}

void set_event(struct thing *thing)
{
    gr_event_set(&thing->event);
}

void end_event(struct thing *thing)
{
    gr_event_done(&thing->event);
}

static int hold_mutex(void *context)
{
    struct thing *thing = context;
    check_equal(gr_mutex_lock(&thing->mutex, GR_FOREVER), 0);
    check_equal(gr_event_wait(&thing->release, SOON), 0);
    gr_mutex_unlock(&thing->mutex);
    return 0;
}

static void begin_mutex(struct thing *thing)
{
    start_helper(thing, hold_mutex);
    check_equal(gr_yield(), 0);
    thing->awaitable = gr_mutex_awaitable(&thing->mutex_wait, &thing->mutex);
}

void let_go(struct thing *thing)
{
    gr_event_set(&thing->release);
}

static void unlock_mutex(struct thing *thing)
{
    gr_mutex_unlock(&thing->mutex);
}

static void end_mutex(struct thing *thing)
{
    join_helper(thing);
    gr_mutex_done(&thing->mutex);
}

static int hold_rwlock(void *context)
{
    struct thing *thing = context;
    check_equal(gr_rwlock_lock_write(&thing->rwlock, GR_FOREVER), 0);
    check_equal(gr_event_wait(&thing->release, SOON), 0);
    gr_rwlock_unlock(&thing->rwlock);
    return 0;
}

static void begin_write(struct thing *thing)
{
    start_helper(thing, hold_rwlock);
    check_equal(gr_yield(), 0);
    thing->awaitable = gr_rwlock_write_awaitable(&thing->rwlock_wait, &thing->rwlock);
}

static void begin_read(struct thing *thing)
{
    begin_write(thing);
    thing->awaitable = gr_rwlock_read_awaitable(&thing->rwlock_wait, &thing->rwlock);
}

static void unlock_rwlock(struct thing *thing)
{
    gr_rwlock_unlock(&thing->rwlock);
}

static void end_rwlock(struct thing *thing)
{
    join_helper(thing);
    gr_rwlock_done(&thing->rwlock);
}

static void begin_semaphore(struct thing *thing)
{
    gr_semaphore_init(&thing->semaphore, 0, 2);
    thing->awaitable = gr_semaphore_awaitable(&thing->semaphore_wait, &thing->semaphore, 2);
}

static void release_permits(struct thing *thing)
{
    check_equal(gr_semaphore_release(&thing->semaphore, 2), 0);
}

static void end_semaphore(struct thing *thing)
{
    check_equal(gr_semaphore_try_acquire(&thing->semaphore, 1), -EAGAIN);
    gr_semaphore_done(&thing->semaphore);
}

static void begin_condition(struct thing *thing)
{
    thing->awaitable = gr_condition_awaitable(&thing->condition_wait, &thing->condition);
}

static void notify(struct thing *thing)
{
    gr_condition_notify(&thing->condition, 1);
}

static void end_condition(struct thing *thing)
{
    gr_condition_done(&thing->condition);
}

static void begin_group(struct thing *thing)
{
    gr_wait_group_enter(&thing->group, 1);
    thing->awaitable = gr_wait_group_awaitable(&thing->group_wait, &thing->group);
}

static void leave_group(struct thing *thing)
{
    gr_wait_group_leave(&thing->group);
}

static void end_group(struct thing *thing)
{
    gr_wait_group_done(&thing->group);
}

/* --- channels ------------------------------------------------------------------------------- */

static void begin_receive(struct thing *thing)
{
    check_equal(gr_channel_make(sizeof(int), 2, &thing->channel), 0);
    thing->awaitable = gr_channel_receive_awaitable(&thing->channel_wait, thing->channel,
                                                    &thing->got, sizeof(int));
}

static void send_7(struct thing *thing)
{
    check_equal(gr_channel_try_send(thing->channel, &(int){7}, sizeof(int)), 0);
}

static void channel_is_empty(struct thing *thing)
{
    int item;
    check_equal(gr_channel_try_receive(thing->channel, &item, sizeof item), -EAGAIN);
    gr_channel_drop(thing->channel);
}

static void begin_send(struct thing *thing)
{
    thing->item = 7;
    check_equal(gr_channel_make(sizeof(int), 1, &thing->channel), 0);
    check_equal(gr_channel_try_send(thing->channel, &(int){6}, sizeof(int)), 0);
    thing->awaitable =
        gr_channel_send_awaitable(&thing->channel_wait, thing->channel, &thing->item, sizeof(int));
}

static void receive_6(struct thing *thing)
{
    int item = 0;
    check_equal(gr_channel_try_receive(thing->channel, &item, sizeof item), 0);
    check_equal(item, 6);
}

static void channel_has_7(struct thing *thing)
{
    int item = 0;
    check_equal(gr_channel_receive(thing->channel, &item, sizeof item, SOON), 0);
    check_equal(item, 7);
    channel_is_empty(thing);
}

/* --- queues and watched values -------------------------------------------------------------- */

static void begin_get(struct thing *thing)
{
    gr_queue_init(&thing->queue, GR_QUEUE_FIFO, sizeof(int), 1, NULL);
    thing->awaitable = gr_queue_get_awaitable(&thing->queue_wait, &thing->queue, &thing->got);
}

static void put_7(struct thing *thing)
{
    check_equal(gr_queue_try_put(&thing->queue, &(int){7}), 0);
}

static void queue_is_empty(struct thing *thing)
{
    check_equal(gr_queue_count(&thing->queue), 0);
    gr_queue_done(&thing->queue);
}

static void begin_put(struct thing *thing)
{
    thing->item = 7;
    gr_queue_init(&thing->queue, GR_QUEUE_FIFO, sizeof(int), 1, NULL);
    check_equal(gr_queue_try_put(&thing->queue, &(int){6}), 0);
    thing->awaitable = gr_queue_put_awaitable(&thing->queue_wait, &thing->queue, &thing->item);
}

static void get_6(struct thing *thing)
{
    int item = 0;
    check_equal(gr_queue_try_get(&thing->queue, &item), 0);
    check_equal(item, 6);
}

static void queue_has_7(struct thing *thing)
{
    int item = 0;
    check_equal(gr_queue_try_get(&thing->queue, &item), 0);
    check_equal(item, 7);
    queue_is_empty(thing);
}

static void begin_queue_join(struct thing *thing)
{
    begin_get(thing);
    put_7(thing);
    check_equal(gr_queue_try_get(&thing->queue, &thing->got), 0);
    thing->awaitable = gr_queue_join_awaitable(&thing->queue_wait, &thing->queue);
}

static void finish_item(struct thing *thing)
{
    gr_queue_finish(&thing->queue);
}

static void begin_watch(struct thing *thing)
{
    int value = 6;
    check_equal(gr_watch_make(&value, sizeof value, &thing->watch), 0);
    check_equal(gr_watch_next(thing->watch, &thing->seen, &value, sizeof value, gr_now()), 0);
    thing->awaitable = gr_watch_awaitable(&thing->watch_wait, thing->watch, &thing->seen,
                                          &thing->got, sizeof(int));
}

static void set_7(struct thing *thing)
{
    check_equal(gr_watch_set(thing->watch, &(int){7}, sizeof(int)), 0);
}

static void all_is_seen(struct thing *thing)
{
    int value;
    check_equal(gr_watch_next(thing->watch, &thing->seen, &value, sizeof value, gr_now()),
                -ETIMEDOUT);
    gr_watch_drop(thing->watch);
}

const struct row near_rows[] = {
    {"a future", begin_future, resolve, got_7, future_is_gone, false},
    {"a buffer", begin_buffer, resolve_buffer, check_buffer, future_is_gone, false},
    {"a point in time", begin_sleep, let_time_pass, nothing, no_timer_is_left, false},
    {"an event", begin_event, set_event, nothing, end_event, false},
    {"a lock", begin_mutex, let_go, unlock_mutex, end_mutex, false},
    {"a lock to write", begin_write, let_go, unlock_rwlock, end_rwlock, false},
    {"a lock to read", begin_read, let_go, unlock_rwlock, end_rwlock, false},
    {"permits", begin_semaphore, release_permits, nothing, end_semaphore, false},
    {"a condition", begin_condition, notify, nothing, end_condition, true},
    {"a group", begin_group, leave_group, nothing, end_group, false},
    {"an item", begin_receive, send_7, got_7, channel_is_empty, false},
    {"room for an item", begin_send, receive_6, nothing, channel_has_7, false},
    {"an item of a queue", begin_get, put_7, got_7, queue_is_empty, false},
    {"room in a queue", begin_put, get_6, nothing, queue_has_7, false},
    {"the end of a queue's work", begin_queue_join, finish_item, got_7, queue_is_empty, false},
    {"a watched value", begin_watch, set_7, got_7, all_is_seen, false},
    {0},
};
