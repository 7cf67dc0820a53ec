/* Rows of what is behind a call, an end or a set, and of what users make. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/rows.h"

/* --- ends ----------------------------------------------------------------------------------- */

static int wait_for_release(void *context)
{
    struct thing *thing = context;
    return gr_event_wait(&thing->release, SOON);
}

static void begin_runner(struct thing *thing)
{
    start_helper(thing, wait_for_release);
    thing->awaitable = gr_runner_awaitable(&thing->runner_wait, thing->helper);
}

static void runner_is_gone(struct thing *thing)
{
    check_equal(gr_runner_join(thing->helper, gr_now()), -ESTALE);
}

static int receive_nothing(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return 0;
}

static const struct gr_behavior idler = {.name = "idler", .receive = receive_nothing};

static void begin_actor(struct thing *thing)
{
    check_equal(gr_actor_spawn(&idler, NULL, &thing->actor), 0);
    thing->awaitable = gr_actor_awaitable(&thing->actor_wait, thing->actor, &thing->got);
}

static void stop_actor(struct thing *thing)
{
    check_equal(gr_actor_stop(thing->actor, 0), 0);
}

/* The name of each is its own, since others may wait for theirs still. */
static void begin_name(struct thing *thing)
{
    static unsigned number;
    snprintf(thing->name, sizeof thing->name, "thing %u", number++);
    thing->awaitable = gr_name_awaitable(&thing->name_wait, thing->name, &thing->named);
}

static void register_name(struct thing *thing)
{
    if (thing->actor.name == 0)
        check_equal(gr_actor_spawn(&idler, NULL, &thing->actor), 0);
    check_equal(gr_name_register(thing->name, thing->actor, SOON), 0);
}

static void got_named(struct thing *thing)
{
    check_equal(thing->named.name, thing->actor.name);
}

/* Lends itself out for as long as it waits. */
static int lend_self(struct gr_self *self)
{
    struct thing *thing = *(struct thing **)self->state;
    thing->own = self;
    return gr_event_wait(&thing->release, SOON);
}

static int start_lending(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

enum { OTHER, SEVEN };

/* Behind one that nobody wants. */
static void begin_receive(struct thing *thing)
{
    static const struct gr_behavior behavior = {.name = "receiver",
                                                .run = lend_self,
                                                .start = start_lending,
                                                .state_bytes = sizeof(struct thing *)};
    struct gr_actor_options options = {.argument = &thing, .argument_bytes = sizeof thing};
    check_equal(gr_actor_spawn(&behavior, &options, &thing->actor), 0);
    check_soon(thing->own != NULL);
    check_equal(gr_send(thing->actor, OTHER, NULL, 0), 0);
    thing->awaitable = gr_receive_awaitable(&thing->receive_wait, thing->own, gr_pattern_tag(SEVEN),
                                            &thing->message);
}

static void send_7(struct thing *thing)
{
    check_equal(gr_send(thing->actor, SEVEN, &(int){7}, sizeof(int)), 0);
}

static void got_message(struct thing *thing)
{
    check(thing->message->tag == SEVEN && *(const int *)thing->message->data == 7);
}

/* What nobody wanted is a dead letter, and nothing else is. */
static void end_receive(struct thing *thing)
{
    uint64_t before = gr_dead_letters();
    int reason;
    gr_event_set(&thing->release);
    int rc = gr_actor_join(thing->actor, &reason, SOON);
    check(rc == 0 && (reason == 0 || reason == -ESTALE));
    check_equal(gr_dead_letters(), before + 1);
}

/* --- functions, work that blocks, streams --------------------------------------------------- */

static int wait_for_event(void *context)
{
    struct thing *thing = context;
    int rc = gr_event_wait(&thing->event, GR_FOREVER);
    if (rc == 0)
        thing->got = 7;
    return rc;
}

static void begin_function(struct thing *thing)
{
    thing->awaitable = gr_function_awaitable(&thing->function, wait_for_event, thing, NULL);
}

static int meet(void *context)
{
    struct thing *thing = context;
    gr_barrier_reset(&thing->barrier);
    return gr_barrier_wait(&thing->barrier, NULL, GR_FOREVER);
}

static void begin_barrier(struct thing *thing)
{
    gr_barrier_init(&thing->barrier, 2);
    thing->awaitable = gr_function_awaitable(&thing->function, meet, thing, NULL);
}

/* Whom the other kept waiting in vain is told. */
static int come(void *context)
{
    struct thing *thing = context;
    int rc = gr_barrier_wait(&thing->barrier, NULL, SOON);
    check(rc == 0 || rc == -EPIPE);
    thing->flag += rc == 0;
    return 0;
}

static void have_other_come(struct thing *thing)
{
    check_equal(gr_runner_start(come, thing, NULL, NULL), 0);
}

/* None of the others went on without this one. */
static void met_once(struct thing *thing)
{
    check_equal(thing->flag, 1);
}

static void end_barrier(struct thing *thing)
{
    gr_barrier_done(&thing->barrier);
}

static void make_broadcast(struct thing *thing)
{
    struct gr_subscription *subscription = &thing->subscription;
    check_equal(gr_subscription_make(subscription, sizeof(int), 1), 0);
    check_equal(gr_broadcast_add(&thing->broadcast, subscription->channel, GR_BROADCAST_WAIT, SOON),
                0);
}

static int send_news(struct thing *thing, int item, gr_time deadline)
{
    return gr_broadcast_send(&thing->broadcast, &item, sizeof item, deadline);
}

static int send_one_more(void *context)
{
    return send_news(context, 7, GR_FOREVER);
}

static void begin_send(struct thing *thing)
{
    make_broadcast(thing);
    for (thing->written = 0; send_news(thing, 0, gr_now()) == 0;)
        thing->written++;
    thing->awaitable = gr_function_awaitable(&thing->function, send_one_more, thing, NULL);
}

static int receive_news(void *context)
{
    struct thing *thing = context;
    return gr_subscription_receive(&thing->subscription, &thing->got, sizeof(int), NULL, SOON);
}

static void receive_one(struct thing *thing)
{
    check_equal(receive_news(thing), 0);
    check_equal(thing->got, 0);
    thing->written--;
}

static void begin_subscription(struct thing *thing)
{
    make_broadcast(thing);
    thing->awaitable = gr_function_awaitable(&thing->function, receive_news, thing, NULL);
}

static void send_7_to_all(struct thing *thing)
{
    check_equal(send_news(thing, 7, SOON), 0);
}

static void no_news_is_left(struct thing *thing)
{
    struct gr_subscription *subscription = &thing->subscription;
    check_equal(gr_subscription_receive(subscription, &thing->got, sizeof(int), NULL, gr_now()),
                -ETIMEDOUT);
    gr_broadcast_done(&thing->broadcast);
    gr_subscription_drop(subscription);
}

/* Behind what was sent before, and once. */
static void was_sent_once(struct thing *thing)
{
    while (thing->written > 0)
        receive_one(thing);
    check_equal(receive_news(thing), 0);
    got_7(thing);
    no_news_is_left(thing);
}

static int work_until_told(const struct gr_work *work, const void *argument, void *result)
{
    struct thing *thing;
    memcpy(&thing, argument, sizeof thing);
    while (!__atomic_load_n(&thing->flag, __ATOMIC_ACQUIRE) && !gr_work_cancelled(work))
        sched_yield();
    *(int *)result = 7;
    return 0;
}

static int block(void *context)
{
    struct thing *thing = context;
    return gr_blocking(work_until_told, &thing, sizeof thing, &thing->got, sizeof(int), GR_FOREVER);
}

/* A thread looks at the thing until its work is over, so it must not be gone. */
static void begin_blocking(struct thing *thing)
{
    thing->awaitable = gr_function_awaitable(&thing->function, block, thing, NULL);
}

static void begin_executor(struct thing *thing)
{
    thing->self = thing;
    thing->awaitable =
        gr_executor_awaitable(&thing->executor_wait, gr_executor_default(), work_until_told,
                              &thing->self, sizeof thing->self, &thing->got, sizeof(int));
}

static void tell(struct thing *thing)
{
    __atomic_store_n(&thing->flag, 1, __ATOMIC_RELEASE);
}

static void make_pair(struct thing *thing)
{
    check_equal(gr_listen("127.0.0.1", 0, &thing->listener), 0);
    check_equal(
        gr_stream_connect("127.0.0.1", gr_listener_port(thing->listener), &thing->client, SOON), 0);
    check_equal(gr_accept(thing->listener, &thing->server, SOON), 0);
}

static void close_pair(struct thing *thing)
{
    gr_stream_close(thing->client);
    gr_stream_close(thing->server);
    gr_listener_close(thing->listener);
}

static void begin_read(struct thing *thing)
{
    make_pair(thing);
    thing->awaitable =
        gr_stream_read_awaitable(&thing->read_wait, thing->server, &thing->got, 4, &thing->size);
}

static void begin_read_exactly(struct thing *thing)
{
    make_pair(thing);
    thing->awaitable =
        gr_stream_read_exactly_awaitable(&thing->read_wait, thing->server, &thing->got, 4);
}

static void write_7(struct thing *thing)
{
    check_equal(gr_stream_write(thing->client, &(int){7}, sizeof(int), SOON), 0);
}

static void begin_read_until(struct thing *thing)
{
    make_pair(thing);
    thing->awaitable = gr_stream_read_until_awaitable(
        &thing->read_wait, thing->server, "\r\n", 2, thing->line, sizeof thing->line, &thing->size);
}

static void write_line(struct thing *thing)
{
    check_equal(gr_stream_write(thing->client, "seven\r", 6, SOON), 0);
    check_equal(gr_stream_write(thing->client, "\n", 1, SOON), 0);
}

static void got_line(struct thing *thing)
{
    check_equal(thing->size, 7);
    check_equal(memcmp(thing->line, "seven\r\n", 7), 0);
}

static void begin_peek(struct thing *thing)
{
    make_pair(thing);
    thing->awaitable =
        gr_stream_peek_awaitable(&thing->read_wait, thing->server, 3, &thing->peeked, &thing->size);
}

/* To look at it takes nothing. */
static void peeked_at_7(struct thing *thing)
{
    check_equal(thing->size, 4);
    memcpy(&thing->got, thing->peeked, 4);
    got_7(thing);
    thing->got = -1;
    check_equal(gr_stream_read_exactly(thing->server, &thing->got, 4, gr_now()), 0);
    got_7(thing);
}

/* And nothing more has come. */
static void close_read_pair(struct thing *thing)
{
    char byte;
    check_equal(gr_stream_read_exactly(thing->server, &byte, 1, gr_now()), -ETIMEDOUT);
    close_pair(thing);
}

/* Much of a write. */
static char bulk[65536];

/* The other side does not read, so what this one may queue is used up in the end. */
static void make_full_pair(struct thing *thing)
{
    make_pair(thing);
    thing->written = 0;
    while (gr_stream_write(thing->client, bulk, sizeof bulk, gr_in(GR_MILLISECOND)) == 0)
        thing->written += sizeof bulk;
}

static void begin_write(struct thing *thing)
{
    make_full_pair(thing);
    thing->awaitable =
        gr_stream_write_awaitable(&thing->write_wait, thing->client, bulk, sizeof bulk);
}

static void begin_flush(struct thing *thing)
{
    make_full_pair(thing);
    thing->awaitable = gr_stream_flush_awaitable(&thing->write_wait, thing->client);
}

static void begin_shutdown(struct thing *thing)
{
    make_full_pair(thing);
    thing->awaitable = gr_stream_shutdown_awaitable(&thing->write_wait, thing->client);
}

static void read_and_count(struct thing *thing, size_t wanted)
{
    char bytes[4096];
    for (size_t size; wanted > 0; wanted -= size) {
        size_t most = wanted < sizeof bytes ? wanted : sizeof bytes;
        size = most;
        if (!check_equal(gr_stream_read(thing->server, bytes, most, &size, SOON), 0))
            return;
    }
}

static int read_half(void *context)
{
    struct thing *thing = context;
    read_and_count(thing, thing->written);
    return 0;
}

static void make_room(struct thing *thing)
{
    start_helper(thing, read_half);
}

static void finish_reading(struct thing *thing)
{
    if (thing->helper.name != 0)
        check_equal(gr_runner_join(thing->helper, SOON), 0);
    else
        read_and_count(thing, thing->written);
}

static void nothing_more_was_written(struct thing *thing)
{
    gr_stream_close(thing->client);
    char byte;
    size_t size;
    check_equal(gr_stream_read(thing->server, &byte, 1, &size, SOON), GR_EOF);
    thing->client = (gr_stream){0};
    close_pair(thing);
}

/* What was written before has been read. */
static void all_was_flushed(struct thing *thing)
{
    finish_reading(thing);
    nothing_more_was_written(thing);
}

/* And of the last write there is all, once. */
static void all_was_written_once(struct thing *thing)
{
    finish_reading(thing);
    read_and_count(thing, sizeof bulk);
    nothing_more_was_written(thing);
}

static void begin_descriptor(struct thing *thing)
{
    thing->descriptor = eventfd(0, EFD_NONBLOCK);
    thing->awaitable =
        gr_fd_awaitable(&thing->fd_wait, thing->descriptor, GR_FD_READ, &thing->events);
}

static void fill_descriptor(struct thing *thing)
{
    check_equal(eventfd_write(thing->descriptor, 7), 0);
}

/* To be told of it takes nothing from it. */
static void descriptor_has_7(struct thing *thing)
{
    eventfd_t found = 0;
    check_equal(thing->events, GR_FD_READ);
    check_equal(eventfd_read(thing->descriptor, &found), 0);
    check_equal(found, 7);
}

static void close_descriptor(struct thing *thing)
{
    close(thing->descriptor);
}

static void begin_signal(struct thing *thing)
{
    check_equal(gr_signal_make(SIGUSR1, &thing->signal), 0);
    thing->awaitable = gr_signal_awaitable(&thing->signal_wait, thing->signal, &thing->count);
}

static void raise_signal(struct thing *thing)
{
    (void)thing;
    check_equal(raise(SIGUSR1), 0);
}

static void came_once(struct thing *thing)
{
    check_equal(thing->count, 1);
}

static void end_signal(struct thing *thing)
{
    check_equal(gr_signal_await(thing->signal, NULL, gr_now()), -ETIMEDOUT);
    gr_signal_drop(thing->signal);
}

static void begin_accept(struct thing *thing)
{
    check_equal(gr_listen("127.0.0.1", 0, &thing->listener), 0);
    thing->awaitable = gr_accept_awaitable(&thing->accept_wait, thing->listener, &thing->server);
}

static void connect_one(struct thing *thing)
{
    check_equal(
        gr_stream_connect("127.0.0.1", gr_listener_port(thing->listener), &thing->client, SOON), 0);
}

/* Who connects learns of it later than who accepts. */
static void close_pair_once_connected(struct thing *thing)
{
    check_soon(thing->client.name != 0);
    close_pair(thing);
}

static void begin_connect_to(struct thing *thing, const char *host)
{
    check_equal(gr_listen("127.0.0.1", 0, &thing->listener), 0);
    thing->awaitable = gr_stream_connect_awaitable(
        &thing->connect_wait, host, gr_listener_port(thing->listener), &thing->client);
}

static void begin_connect(struct thing *thing)
{
    begin_connect_to(thing, "127.0.0.1");
}

/* A name, which a thread looks up first. */
static void begin_connect_by_name(struct thing *thing)
{
    begin_connect_to(thing, "localhost");
}

/* --- sets, and what users make -------------------------------------------------------------- */

static void begin_all(struct thing *thing)
{
    several_make(&thing->several);
    thing->awaitable = gr_all_awaitable(&thing->set, thing->several.members, SEVERAL, NULL);
}

static void begin_fail_fast(struct thing *thing)
{
    several_make(&thing->several);
    thing->awaitable = gr_all_fail_fast_awaitable(&thing->set, thing->several.members, SEVERAL);
}

static void resolve_all(struct thing *thing)
{
    for (int i = 0; i < SEVERAL; i++)
        several_resolve(&thing->several, i);
}

static void got_all(struct thing *thing)
{
    for (int i = 0; i < SEVERAL; i++)
        check_equal(thing->several.values[i], i);
}

static void begin_any(struct thing *thing)
{
    several_make(&thing->several);
    thing->awaitable = gr_any_awaitable(&thing->set, thing->several.members, SEVERAL);
}

static void begin_race(struct thing *thing)
{
    several_make(&thing->several);
    thing->awaitable = gr_race_awaitable(&thing->set, thing->several.members, SEVERAL);
}

static void begin_pick(struct thing *thing)
{
    several_make(&thing->several);
    thing->awaitable = gr_pick_awaitable(&thing->set, thing->several.members, SEVERAL);
}

/* All but one are there as if nobody had waited for them. */
static void got_one(struct thing *thing)
{
    int taken = 0;
    for (int i = 0; i < SEVERAL; i++) {
        if (thing->several.members[i].status == GR_PENDING)
            check_equal(gr_await(thing->several.members[i].awaitable, gr_now()), 0);
        else
            taken++;
    }
    check_equal(taken, 1);
    got_all(thing);
}

static void begin_within(struct thing *thing)
{
    begin_future(thing);
    thing->awaitable = gr_within_awaitable(&thing->within, thing->awaitable, SOON);
}

static void begin_each(struct thing *thing)
{
    several_make(&thing->several);
    gr_each_open(&thing->each, thing->several.members, SEVERAL);
    thing->awaitable = gr_each_awaitable(&thing->each, &thing->given);
}

static void got_each(struct thing *thing)
{
    check(thing->given == &thing->several.members[0]);
    for (int i = 1; i < SEVERAL; i++) {
        check_equal(gr_each_next(&thing->each, &thing->given, gr_now()), 0);
        check(thing->given == &thing->several.members[i]);
    }
    check_equal(gr_each_next(&thing->each, &thing->given, gr_now()), GR_EOF);
    got_all(thing);
}

static void end_each(struct thing *thing)
{
    gr_each_close(&thing->each);
}

static struct box *box_of(struct gr_awaitable *awaitable)
{
    return (struct box *)awaitable;
}

static bool box_ready(struct gr_awaitable *awaitable)
{
    return box_of(awaitable)->ball;
}

static int box_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    box_of(awaitable)->waiter = waiter;
    return 0;
}

static int box_take(struct gr_awaitable *awaitable)
{
    *box_of(awaitable) = (struct box){.awaitable = *awaitable};
    return 0;
}

static bool box_cancel(struct gr_awaitable *awaitable)
{
    box_of(awaitable)->waiter = NULL;
    return true;
}

static void begin_box(struct thing *thing)
{
    static const struct gr_awaitable_type type = {"a box", box_ready, box_subscribe, box_take,
                                                  box_cancel};
    thing->box.awaitable.type = &type;
    thing->awaitable = &thing->box.awaitable;
}

static void put_ball(struct thing *thing)
{
    thing->box.ball = true;
    if (thing->box.waiter != NULL)
        thing->box.waiter->wake(thing->box.waiter);
}

static void box_is_empty(struct thing *thing)
{
    check(!thing->box.ball);
    check(thing->box.waiter == NULL);
}

const struct row far_rows[] = {
    {"a runner's end", begin_runner, let_go, nothing, runner_is_gone, false},
    {"an actor's end", begin_actor, stop_actor, nothing, nothing, false},
    {"a name", begin_name, register_name, got_named, stop_actor, false},
    {"a message", begin_receive, send_7, got_message, end_receive, false},
    {"an executor's work", begin_executor, tell, got_7, nothing, false},
    {"a read", begin_read, write_7, got_7, close_read_pair, false},
    {"a read of so much", begin_read_exactly, write_7, got_7, close_read_pair, false},
    {"a read of a line", begin_read_until, write_line, got_line, close_read_pair, false},
    {"a peek", begin_peek, write_7, peeked_at_7, close_read_pair, false},
    {"a write", begin_write, make_room, nothing, all_was_written_once, false},
    {"a flush", begin_flush, make_room, nothing, all_was_flushed, false},
    {"a shutdown", begin_shutdown, make_room, nothing, all_was_flushed, false},
    {"a descriptor", begin_descriptor, fill_descriptor, descriptor_has_7, close_descriptor, false},
    {"a signal", begin_signal, raise_signal, came_once, end_signal, false},
    {"a connection to accept", begin_accept, connect_one, nothing, close_pair_once_connected,
     false},
    {"a connection", begin_connect, nothing, nothing, close_pair, false},
    {"a connection by name", begin_connect_by_name, nothing, nothing, close_pair, false},
    {"all", begin_all, resolve_all, got_all, nothing, false},
    {"all, failing fast", begin_fail_fast, resolve_all, got_all, nothing, false},
    {"any", begin_any, resolve_all, got_one, nothing, false},
    {"a race", begin_race, resolve_all, got_one, nothing, false},
    {"a pick", begin_pick, resolve_all, got_one, nothing, false},
    {"one within its time", begin_within, resolve, got_7, future_is_gone, false},
    {"each", begin_each, resolve_all, got_each, end_each, false},
    {"a user's own", begin_box, put_ball, nothing, box_is_empty, false},
    /* The last, since these give back a stack, and where one is to be had, the next can wait. */
    {"a function", begin_function, set_event, got_7, end_event, false},
    {"blocking work", begin_blocking, tell, got_7, nothing, false},
    {"the other at a barrier", begin_barrier, have_other_come, met_once, end_barrier, true},
    {"room with all subscribers", begin_send, receive_one, nothing, was_sent_once, false},
    {"an item of a broadcast", begin_subscription, send_7_to_all, got_7, no_news_is_left, false},
    {0},
};
