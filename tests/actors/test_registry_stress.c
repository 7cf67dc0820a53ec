/* However registering, ends and looking cross, a name has one actor, none that ended, and is missed by none. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/fixture.h"

enum { LOOPS = 3, NAMES = 12, ROUNDS = 4000, FOREIGN = 2, SEEDS = 3 };

#define SOON gr_in(20 * GR_SECOND)

/* How many believe that they have a name. Those who give one up say so before they do. */
static unsigned owners[NAMES];
static unsigned running;

static int receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return 0;
}

static const struct gr_behavior plain = {.name = "plain", .receive = receive};

static const char *name_of(uint64_t number, char text[16])
{
    snprintf(text, 16, "name %u", (unsigned)(number % NAMES));
    return text;
}

static void give_up(uint64_t number)
{
    check_equal(__atomic_fetch_sub(&owners[number % NAMES], 1, __ATOMIC_SEQ_CST), 1);
}

/* It ends, and who has been told so does not find it. */
static void end(gr_actor actor, uint64_t number)
{
    char name[16];
    int reason;
    give_up(number);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_actor_join(actor, &reason, SOON), 0);
    check(gr_whereis(name_of(number, name)).name != actor.name);
}

static void unregister(gr_actor actor, uint64_t number)
{
    char name[16];
    int reason;
    give_up(number);
    check_equal(gr_name_unregister(name_of(number, name), SOON), 0);
    check(gr_whereis(name_of(number, name)).name != actor.name);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_actor_join(actor, &reason, SOON), 0);
}

/* One of this runner's, on any loop: it has the name, or another has. */
static void live_with_a_name(uint64_t dice)
{
    char name[16];
    uint64_t number = dice >> 8;
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP((int)(dice >> 40) % LOOPS)};
    check_equal(gr_actor_spawn(&plain, &options, &actor), 0);
    int rc = gr_name_register(name_of(number, name), actor, SOON);
    check(rc == 0 || rc == -EEXIST);
    if (rc < 0) {
        check_equal(gr_actor_stop(actor, 0), 0);
        return;
    }
    check_equal(__atomic_fetch_add(&owners[number % NAMES], 1, __ATOMIC_SEQ_CST), 0);
    if (dice % 2 == 0)
        check_equal(gr_yield(), 0);
    check_equal(gr_whereis(name).name, actor.name);
    if (dice % 4 < 3)
        end(actor, number);
    else
        unregister(actor, number);
}

static void await_a_name(uint64_t dice)
{
    char name[16];
    gr_actor found = {0};
    int rc = gr_name_await(name_of(dice >> 8, name), &found,
                           gr_in((gr_time)(dice >> 40) % 100 * GR_MICROSECOND));
    check(rc == 0 || rc == -ETIMEDOUT);
    check_equal(found.name != 0, rc == 0);
}

static void step_at_random(void *context)
{
    (void)context;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t dice = gr_random();
        if (dice % 8 < 6)
            live_with_a_name(dice / 8);
        else
            await_a_name(dice / 8);
    }
}

static int step_there(void *loop)
{
    on_loop((int)(intptr_t)loop, step_at_random, NULL);
    return 0;
}

static void check_names(void)
{
    struct gr_named names[NAMES];
    bool seen[NAMES] = {false};
    size_t count = gr_names(names, NAMES);
    check(count <= NAMES);
    for (size_t i = 0; i < count && i < NAMES; i++) {
        unsigned number = NAMES;
        check_equal(sscanf(names[i].name, "name %u", &number), 1);
        check(names[i].actor.name != 0);
        if (check(number < NAMES))
            check(!seen[number]);
        seen[number % NAMES] = true;
    }
}

/* It sees what there is while all that changes. */
static void *look_from_outside(void *context)
{
    uint64_t round = (uintptr_t)context;
    char name[16];
    while (__atomic_load_n(&running, __ATOMIC_ACQUIRE)) {
        gr_whereis(name_of(round++, name));
        if (round % 64 == 0)
            check_names();
    }
    return NULL;
}

static int step_everywhere(void *context)
{
    (void)context;
    gr_runner runners[2 * LOOPS];
    for (intptr_t i = 0; i < 2 * LOOPS; i++)
        check_equal(gr_runner_start(step_there, (void *)(i % LOOPS), NULL, &runners[i]), 0);
    for (int i = 0; i < 2 * LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(100 * GR_SECOND)), 0);
    for (int i = 0; i < NAMES; i++)
        check_equal(owners[i], 0);
    check_equal(gr_names(NULL, 0), 0);
    return 0;
}

/* Foreign threads look on while runs come and go. */
static void has_one_living_actor(void **state)
{
    (void)state;
    pthread_t threads[FOREIGN];
    __atomic_store_n(&running, 1, __ATOMIC_RELEASE);
    for (uintptr_t i = 0; i < FOREIGN; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_from_outside, (void *)i), 0);
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(step_everywhere, &(struct gr_options){.loops = LOOPS, .seed = seed});
    __atomic_store_n(&running, 0, __ATOMIC_RELEASE);
    for (int i = 0; i < FOREIGN; i++)
        pthread_join(threads[i], NULL);
}

/*
 * Each begins to await the name at about the time at which it is registered:
 *
 *     loop 0                loop 1
 *     says that it waits    adds the name
 *     looks once more       looks who waits
 */
struct meeting {
    gr_actor actor, found;
    int registered;
};

static int register_soon(void *context)
{
    struct meeting *meeting = context;
    meeting->registered = gr_name_register("meeting", meeting->actor, SOON);
    return 0;
}

static void await_meeting(void *context)
{
    struct meeting *meeting = context;
    check_equal(gr_name_await("meeting", &meeting->found, gr_in(10 * GR_SECOND)), 0);
}

FLEET_TEST(is_missed_by_nobody_who_awaits_it_meanwhile, LOOPS)
{
    for (int round = 0; round < 3000; round++) {
        struct meeting meeting = {.registered = -1};
        struct gr_actor_options options = {.where = GR_ON_LOOP(round % 2)};
        gr_runner runner;
        int reason;
        check_equal(gr_actor_spawn(&plain, &options, &meeting.actor), 0);
        check_equal(gr_runner_start(register_soon, &meeting, NULL, &runner), 0);
        if (round % 3 == 0)
            await_meeting(&meeting);
        else
            on_loop(round % LOOPS, await_meeting, &meeting);
        check_equal(gr_runner_join(runner, SOON), 0);
        check_equal(meeting.registered, 0);
        if (!check_equal(meeting.found.name, meeting.actor.name))
            return;
        check_equal(gr_actor_stop(meeting.actor, 0), 0);
        check_equal(gr_actor_join(meeting.actor, &reason, SOON), 0);
    }
}

/* All is left as it is: names, waits for them, and what is on its way. */
static int await_forever(void *context)
{
    (void)context;
    gr_actor found;
    return gr_name_await("nobody's", &found, GR_FOREVER);
}

static void fill_the_loop(void *context)
{
    (void)context;
    gr_runner runner;
    check_equal(gr_runner_start(await_forever, NULL, NULL, &runner), 0);
    gr_runner_drop(runner);
    for (unsigned i = 0; i < 400; i++) {
        char name[32];
        gr_actor actor = {0};
        struct gr_actor_options options = {.where = GR_ON_LOOP((int)(i % LOOPS))};
        snprintf(name, sizeof name, "%u on %d", i, gr_loop_here());
        check_equal(gr_actor_spawn(&plain, &options, &actor), 0);
        int rc = gr_name_register(name, actor, i % 3 == 0 ? gr_now() : SOON);
        check(rc == 0 || rc == -ETIMEDOUT);
        if (i % 4 != 0)
            check_equal(gr_actor_stop(actor, 0), 0);
    }
}

static int leave(void *context)
{
    (void)context;
    for (int loop = 0; loop < LOOPS; loop++)
        on_loop(loop, fill_the_loop, NULL);
    return 0;
}

static void leaves_nothing_behind_when_the_fleet_ends_in_the_midst(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        run_in_fleet(leave, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_one_living_actor),
        cmocka_unit_test(is_missed_by_nobody_who_awaits_it_meanwhile),
        cmocka_unit_test(leaves_nothing_behind_when_the_fleet_ends_in_the_midst),
    };
    return cmocka_run_group_tests_name("registry stress", tests, NULL, NULL);
}
