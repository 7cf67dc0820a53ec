/* A call that cannot wait where it was made says so, and each kind of misuse has its own code. */
#include <errno.h>

#include "lib/fixture.h"

static int take_note(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return 0;
}

static const struct gr_behavior noter = {.name = "noter", .receive = take_note};

static int work(const struct gr_work *work, const void *argument, void *result)
{
    (void)work, (void)argument, (void)result;
    return 0;
}

static int serve(gr_stream stream, void *context)
{
    (void)stream, (void)context;
    return 0;
}

/* What a waiting call may be given. */
struct things {
    gr_future future;
    gr_runner runner;
    gr_actor actor;
    gr_stream stream;
    gr_listener listener;
};

static int wait_for_nothing(void *context)
{
    (void)context;
    return gr_sleep(GR_FOREVER);
}

static struct things make_things(gr_promise *ret_promise)
{
    struct things things;
    int port = 0;
    check_equal(gr_future_make(&things.future, ret_promise), 0);
    check_equal(gr_runner_start(wait_for_nothing, NULL, NULL, &things.runner), 0);
    check_equal(gr_actor_spawn(&noter, NULL, &things.actor), 0);
    check_equal(gr_listen("127.0.0.1", 0, &things.listener), 0);
    port = gr_listener_port(things.listener);
    check_equal(gr_stream_connect("127.0.0.1", port, &things.stream, gr_in(GR_SECOND)), 0);
    return things;
}

static void end_things(struct things *things, gr_promise promise)
{
    gr_runner_cancel(things->runner);
    check_equal(gr_runner_join(things->runner, gr_in(GR_SECOND)), -ECANCELED);
    check_equal(gr_promise_resolve(promise, NULL, 0), 0);
    check_equal(gr_future_await(things->future, NULL, 0, gr_in(GR_SECOND)), 0);
    check_equal(gr_actor_stop(things->actor, 0), 0);
    gr_stream_close(things->stream);
    gr_listener_close(things->listener);
}

static void await_handles(const struct things *things, int code)
{
    struct gr_future_wait wait;
    struct gr_buffer buffer;
    gr_stream stream;
    const void *data;
    char byte;
    size_t size;
    check_equal(gr_future_await(things->future, NULL, 0, GR_FOREVER), code);
    check_equal(gr_future_await_buffer(things->future, &buffer, GR_FOREVER), code);
    check_equal(gr_await(gr_future_awaitable(&wait, things->future, NULL, 0), GR_FOREVER), code);
    check_equal(gr_runner_join(things->runner, GR_FOREVER), code);
    check_equal(gr_stream_read(things->stream, &byte, 1, &size, GR_FOREVER), code);
    check_equal(gr_stream_read_exactly(things->stream, &byte, 1, GR_FOREVER), code);
    check_equal(gr_stream_read_until(things->stream, "\n", 1, &byte, 1, &size, GR_FOREVER), code);
    check_equal(gr_stream_peek(things->stream, 0, &data, &size, GR_FOREVER), code);
    check_equal(gr_stream_write(things->stream, "x", 1, GR_FOREVER), code);
    check_equal(gr_stream_flush(things->stream, GR_FOREVER), code);
    check_equal(gr_stream_shutdown(things->stream, GR_FOREVER), code);
    check_equal(gr_accept(things->listener, &stream, GR_FOREVER), code);
}

static bool never_ready(struct gr_awaitable *awaitable)
{
    (void)awaitable;
    check_equal(0, 1); /* nobody may ask */
    return false;
}

static void meet_on_a_foreign_thread(void)
{
    struct gr_barrier barrier;
    struct gr_condition condition = {0};
    struct gr_event event = {0};
    struct gr_mutex mutex = {0};
    struct gr_rwlock rwlock = {0};
    struct gr_semaphore semaphore;
    struct gr_wait_group group = {0};
    gr_barrier_init(&barrier, 1);
    gr_semaphore_init(&semaphore, 1, 1);
    check_equal(gr_barrier_wait(&barrier, NULL, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_condition_wait(&condition, NULL, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_condition_wait(&condition, &mutex, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_event_wait(&event, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_mutex_lock(&mutex, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_mutex_try_lock(&mutex), GR_ENOTRUNNER);
    check_equal(gr_rwlock_lock_read(&rwlock, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_rwlock_lock_write(&rwlock, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_semaphore_acquire(&semaphore, 1, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_wait_group_wait(&group, GR_FOREVER), GR_ENOTRUNNER);
}

static void wait_on_a_foreign_thread(void *context)
{
    const struct things *things = context;
    static const struct gr_context_key key = {.name = "number"};
    const struct gr_awaitable_type type = {.name = "nothing", .ready = never_ready};
    struct gr_buffer buffer = {0};
    gr_future future;
    gr_stream stream;
    gr_actor actor;
    await_handles(things, GR_ENOTRUNNER);
    meet_on_a_foreign_thread();
    check_equal(gr_yield(), GR_ENOTRUNNER);
    check_equal(gr_sleep(GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_await(&(struct gr_awaitable){&type}, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_await(NULL, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_send(things->actor, 0, NULL, 0), GR_ENOTRUNNER);
    check_equal(gr_send_by(things->actor, 0, NULL, 0, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_send_buffer(things->actor, 0, &buffer, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_ask(things->actor, 0, NULL, 0, NULL, 0, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_ask_start(things->actor, 0, NULL, 0, &future, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_ask_start_buffer(things->actor, 0, &buffer, &future, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_actor_spawn(&noter, NULL, &actor), GR_ENOTRUNNER);
    check_equal(gr_blocking(work, NULL, 0, NULL, 0, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_stream_connect("127.0.0.1", 1, &stream, GR_FOREVER), GR_ENOTRUNNER);
    check_equal(gr_context_set(&key, &(int){0}, sizeof(int)), GR_ENOTRUNNER);
    check_equal(gr_context_run(&key, &(int){0}, sizeof(int), wait_for_nothing, NULL),
                GR_ENOTRUNNER);
    check_equal(gr_context_run_without(wait_for_nothing, NULL), GR_ENOTRUNNER);
    check_equal(gr_serve("127.0.0.1", 0, serve, NULL, NULL), GR_ENOTRUNNER);
}

RUNNER_TEST(a_foreign_thread_cannot_wait)
{
    gr_promise promise;
    struct things things = make_things(&promise);
    on_another_thread(wait_on_a_foreign_thread, &things);
    end_things(&things, promise);
}

static void wait_on_another_loop(void *context)
{
    gr_promise promise;
    struct things ours = make_things(&promise); /* whose slots are those that the others name */
    await_handles(context, GR_EWRONGLOOP);
    await_handles(&(struct things){0}, -ESTALE);
    end_things(&ours, promise);
}

RUNNER_TEST(another_loop_cannot_wait_for_what_is_not_its_own)
{
    gr_promise promise;
    struct things things = make_things(&promise);
    on_loop(1, wait_on_another_loop, &things);
    end_things(&things, promise);
}

LONE_RUNNER_TEST(what_is_no_awaitable_cannot_be_awaited)
{
    check_equal(gr_await(NULL, GR_FOREVER), GR_ENOTAWAITABLE);
    check_equal(gr_await(&(struct gr_awaitable){NULL}, GR_FOREVER), GR_ENOTAWAITABLE);
}

/* Runs where a buffer's last holder was a foreign thread, or a loop outside of any runner. */
static void send_at_the_end(void *data, void *context)
{
    const gr_actor *actor = context;
    (void)data;
    check_equal(gr_send(*actor, 0, NULL, 0), GR_ENOTRUNNER);
    check_equal(gr_yield(), GR_ENOTRUNNER);
}

static gr_actor late;

static int leave_a_message_behind(void *context)
{
    (void)context;
    struct gr_buffer buffer = {
        .data = &late, .size = 1, .release = send_at_the_end, .context = &late};
    gr_promise promise;
    gr_future future;
    check_equal(gr_actor_spawn(&noter, NULL, &late), 0);
    check_equal(gr_future_make(&future, &promise), 0);
    check_equal(gr_promise_resolve_buffer(promise, &buffer), 0);
    expect_report("1 futures on loop 0 were neither awaited nor dropped");
    return 0;
}

static void a_loop_outside_of_runners_cannot_wait(void **state)
{
    (void)state;
    run_in_fleet(leave_a_message_behind, &(struct gr_options){.loops = 1});
}

static gr_runner ring[3];

static int join_next(void *context)
{
    int self = *(const int *)context;
    return gr_runner_join(ring[(self + 1) % 3], gr_in(10 * GR_SECOND));
}

/* The one that would close the ring is told; the others get its error, one after the other. */
LONE_RUNNER_TEST(runners_that_join_each_other_in_a_ring_are_told)
{
    static const int numbers[] = {0, 1, 2};
    for (int i = 0; i < 3; i++)
        check_equal(gr_runner_start(join_next, (void *)(uintptr_t)&numbers[i], NULL, &ring[i]), 0);
    check_equal(gr_runner_join(ring[0], gr_in(5 * GR_SECOND)), -EDEADLK);
}

static int ask_myself(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag == 1)
        return 0;
    check_equal(gr_ask(gr_self_actor(self), 1, NULL, 0, NULL, 0, gr_in(10 * GR_SECOND)), -EDEADLK);
    check_equal(gr_send(gr_self_actor(self), 1, NULL, 0), 0);
    return 0;
}

LONE_RUNNER_TEST(an_actor_that_asks_itself_is_told)
{
    static const struct gr_behavior behavior = {.name = "narcissus", .receive = ask_myself};
    gr_actor actor;
    check_equal(gr_actor_spawn(&behavior, NULL, &actor), 0);
    check_equal(gr_ask(actor, 0, NULL, 0, NULL, 0, gr_in(5 * GR_SECOND)), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_foreign_thread_cannot_wait),
        cmocka_unit_test(another_loop_cannot_wait_for_what_is_not_its_own),
        cmocka_unit_test(what_is_no_awaitable_cannot_be_awaited),
        cmocka_unit_test(a_loop_outside_of_runners_cannot_wait),
        cmocka_unit_test(runners_that_join_each_other_in_a_ring_are_told),
        cmocka_unit_test(an_actor_that_asks_itself_is_told),
    };
    return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
