/* Wherever memory runs out, somebody is told -ENOMEM, and nothing is lost or left behind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lib/fixture.h"

enum { ADD, ADD_BUFFER, TOTAL, LIMIT = 400 };

/* How often the scenario under way was told -ENOMEM. Any loop. */
static unsigned told;

/* Whether a call is to be made again, since it failed for want of memory. */
static bool again(int rc)
{
    check(rc == 0 || rc == -ENOMEM);
    if (rc == -ENOMEM)
        __atomic_add_fetch(&told, 1, __ATOMIC_SEQ_CST);
    return rc == -ENOMEM;
}

static int adder_receive(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *total = self->state;
    if (message->tag != TOTAL) {
        *total += message->size;
        return 0;
    }
    while (again(gr_reply(message, total, sizeof *total)))
        check(gr_message_is_ask(message));
    return 0;
}

/* A state too large to stand in the body, so that it is memory of its own. */
static const struct gr_behavior adder = {
    .name = "adder", .receive = adder_receive, .state_bytes = 4000, .when_full = GR_FULL_GROW};

static gr_actor spawn(int loop)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP(loop), .deadline = gr_in(5 * GR_SECOND)};
    while (again(gr_actor_spawn(&adder, &options, &actor)))
        check_equal(actor.name, 0);
    return actor;
}

static uint64_t total_of(gr_actor actor)
{
    uint64_t total = 0;
    while (again(gr_ask(actor, TOTAL, NULL, 0, &total, sizeof total, gr_in(5 * GR_SECOND))))
        check_equal(total, 0);
    return total;
}

static unsigned released;

static void count_release(void *data, void *context)
{
    (void)context;
    free(data);
    __atomic_add_fetch(&released, 1, __ATOMIC_SEQ_CST);
}

static void send_buffer(gr_actor actor, size_t size)
{
    struct gr_buffer buffer = {malloc(size), size, count_release, NULL};
    while (again(gr_send_buffer(actor, ADD_BUFFER, &buffer, GR_FOREVER)))
        check(buffer.data != NULL);
}

static void send_all_ways(gr_actor actor)
{
    static const char bytes[GR_MESSAGE_MAX];
    for (int i = 0; i < 60; i++) {
        while (again(gr_send(actor, ADD, bytes, sizeof bytes)))
            continue;
        while (again(gr_try_send(actor, ADD, bytes, 100)))
            continue;
        while (again(gr_send_after(gr_now(), actor, ADD, bytes, 3000, NULL)))
            continue;
        send_buffer(actor, 10);
    }
}

enum { SENT = 60 * (GR_MESSAGE_MAX + 100 + 3000 + 10), CROWD = 300, ASKS = 2000 };

static void spawn_a_crowd(int loop)
{
    gr_actor crowd[CROWD];
    for (int i = 0; i < CROWD; i++)
        crowd[i] = spawn(loop);
    for (int i = 0; i < CROWD; i++)
        while (again(gr_actor_stop(crowd[i], 0)))
            continue;
}

static void ask_many(gr_actor actor)
{
    static gr_future futures[ASKS];
    for (int i = 0; i < ASKS; i++)
        while (again(gr_ask_start(actor, TOTAL, NULL, 0, &futures[i], GR_FOREVER)))
            continue;
    for (int i = 0; i < ASKS; i++) {
        uint64_t total;
        while (again(gr_future_await(futures[i], &total, sizeof total, gr_in(5 * GR_SECOND))))
            continue;
    }
}

static void note_count(void *count)
{
    *(size_t *)count = gr_actor_count();
}

static size_t count_on(int loop)
{
    size_t count = 0;
    on_loop(loop, note_count, &count);
    return count;
}

/* Whether so many more calls get their memory, as they do once the one that was to fail has. */
static bool has_failed(long calls)
{
    bool failed = true;
    for (long i = 0; i <= calls; i++) {
        void *memory = gr__memory_reserve(GR__PAGE_BYTES);
        if (memory == NULL)
            failed = false;
        else
            gr__memory_release(memory, GR__PAGE_BYTES);
    }
    return failed;
}

static long spared; /* calls before the one that fails */
static int loop_of_actor;
static bool reached;

static int scenario(void *context)
{
    (void)context;
    told = released = 0;
    gr__memory_fail_after(spared);
    gr_actor actor = spawn(loop_of_actor);
    send_all_ways(actor);
    spawn_a_crowd(loop_of_actor);
    ask_many(actor);
    check_soon(total_of(actor) == SENT);
    check_equal(released, 60);
    check_soon(count_on(loop_of_actor) == 1);
    reached = has_failed(spared);
    gr__memory_fail_after(-1);
    return 0;
}

static void run_until_nothing_fails(int loop)
{
    unsigned told_in_all = 0;
    loop_of_actor = loop;
    reached = true;
    for (spared = 0; reached && spared < LIMIT; spared++) {
        run_in_fleet(scenario, &(struct gr_options){.loops = 2});
        told_in_all += told;
    }
    assert_false(reached);
    assert_true(told_in_all > 3);
}

static void is_told_and_goes_on_with_an_actor_of_its_own_loop(void **state)
{
    (void)state;
    run_until_nothing_fails(0);
}

static void is_told_and_goes_on_with_an_actor_of_another_loop(void **state)
{
    (void)state;
    run_until_nothing_fails(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_told_and_goes_on_with_an_actor_of_its_own_loop),
        cmocka_unit_test(is_told_and_goes_on_with_an_actor_of_another_loop),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
