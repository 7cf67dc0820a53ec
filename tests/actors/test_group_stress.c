/* However joins, leaves and ends cross, who lists a group sees it at one moment, and watchers miss nothing. */
#include <errno.h>
#include <pthread.h>

#include "lib/fixture.h"

enum {
    LOOPS = 3,
    WATCHERS = 6,
    CREW = 24,
    MOST = 2 * CREW,
    ROUNDS = 3000,
    FOREIGN = 2,
    PAIRS = LOOPS,
    SEEDS = 3
};
enum { WATCH, SEEN, HOLD };

#define SOON gr_in(20 * GR_SECOND)

static const char crew_group[] = "crew", pair_group[] = "pairs";

static int receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return 0;
}

static const struct gr_behavior plain = {.name = "plain", .receive = receive};

/* Whom a watcher believes to be members, in the order in which it was told. */
struct believed {
    size_t count;
    uint64_t told;
    gr_actor members[MOST];
};

static size_t place_of(const struct believed *believed, gr_actor actor)
{
    for (size_t i = 0; i < believed->count; i++)
        if (believed->members[i].name == actor.name)
            return i;
    return MOST;
}

/* None is lost, and none is doubled: who joins was no member, and who leaves was one. */
static int note_change(struct gr_self *self, const struct gr_control *control)
{
    struct believed *believed = *(struct believed **)self->state;
    size_t place = place_of(believed, control->actor);
    believed->told++;
    if (control->kind == GR_JOINED) {
        if (check_equal(place, MOST) && check(believed->count < MOST))
            believed->members[believed->count++] = control->actor;
    } else if (check(place < MOST)) {
        for (believed->count--; place < believed->count; place++)
            believed->members[place] = believed->members[place + 1];
    }
    return believed->told % 32 == 0 ? gr_sleep(gr_in(20 * GR_MICROSECOND)) : 0;
}

static int watcher_receive(struct gr_self *self, const struct gr_message *message)
{
    const struct believed *believed = *(struct believed **)self->state;
    if (message->tag == WATCH)
        return gr_self_watch_group(self, crew_group);
    struct gr_buffer buffer;
    int rc = gr_buffer_copy(believed, sizeof *believed, &buffer);
    return rc < 0 ? rc : gr_reply_buffer(message, &buffer);
}

static int watcher_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    *(struct believed **)self->state = *(struct believed *const *)argument;
    return 0;
}

static const struct gr_behavior watcher = {.name = "watcher",
                                           .receive = watcher_receive,
                                           .start = watcher_start,
                                           .control = note_change,
                                           .state_bytes = sizeof(struct believed *)};

static gr_actor spawn(const struct gr_behavior *behavior, int loop, const void *argument,
                      size_t size)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {
        .where = GR_ON_LOOP(loop), .argument = argument, .argument_bytes = size};
    check_equal(gr_actor_spawn(behavior, &options, &actor), 0);
    return actor;
}

/*
 * By each loop's runner: its own part of the crew joins, leaves, ends and is replaced. One that is to
 * stop is a member until it has, beside the one in its place, but no longer than that one lives.
 */
static void change_at_random(void *context)
{
    enum { MINE = CREW / LOOPS };
    gr_actor mine[MINE] = {{0}}, ending[MINE] = {{0}};
    bool is_member[MINE] = {false};
    (void)context;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t dice = gr_random();
        unsigned i = (unsigned)(dice % MINE);
        if (mine[i].name == 0)
            mine[i] = spawn(&plain, (int)(dice >> 32) % LOOPS, NULL, 0);
        if (!is_member[i])
            check_equal(gr_group_join(crew_group, mine[i], SOON), 0);
        else if (dice % 3 != 0)
            check_equal(gr_group_leave(crew_group, mine[i], SOON), 0);
        is_member[i] = !is_member[i];
        if (!is_member[i] && dice % 3 == 0) {
            check_equal(gr_actor_stop(mine[i], 0), 0);
            int reason;
            if (ending[i].name != 0)
                check_equal(gr_actor_join(ending[i], &reason, SOON), 0);
            ending[i] = mine[i];
            mine[i].name = 0;
        }
    }
}

static int change_there(void *loop)
{
    on_loop((int)(intptr_t)loop, change_at_random, NULL);
    return 0;
}

static struct believed watcher_beliefs[WATCHERS];

static bool knows_all(gr_actor actor)
{
    gr_actor members[MOST];
    struct gr_buffer buffer = {0};
    size_t count = gr_group_members(crew_group, members, MOST);
    gr_future future;
    int rc = gr_ask_start(actor, SEEN, NULL, 0, &future, SOON);
    if (rc == 0)
        rc = gr_future_await_buffer(future, &buffer, SOON);
    if (!check_equal(rc, 0))
        return false;
    const struct believed *believed = buffer.data;
    bool all = check(count <= MOST) && believed->count == count;
    for (size_t i = 0; all && i < count; i++)
        all = place_of(believed, members[i]) < MOST;
    gr_buffer_release(&buffer);
    return all;
}

/* Half of the watchers begin in the midst of the changes. */
static int watch_the_crew(void *context)
{
    (void)context;
    gr_runner runners[LOOPS];
    gr_actor watchers[WATCHERS];
    for (int i = 0; i < WATCHERS; i++) {
        struct believed *believed = &watcher_beliefs[i];
        *believed = (struct believed){.count = 0};
        watchers[i] = spawn(&watcher, i % LOOPS, &believed, sizeof believed);
        if (i % 2 == 0)
            check_equal(gr_send(watchers[i], WATCH, NULL, 0), 0);
    }
    for (intptr_t i = 0; i < LOOPS; i++)
        check_equal(gr_runner_start(change_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 1; i < WATCHERS; i += 2) {
        check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
        check_equal(gr_send(watchers[i], WATCH, NULL, 0), 0);
    }
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(100 * GR_SECOND)), 0);
    for (int i = 0; i < WATCHERS; i++)
        check_soon(knows_all(watchers[i]));
    return 0;
}

static void is_known_to_its_watchers(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(watch_the_crew, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

/*
 * Of each pair one is a member at any moment, since the other joins before it leaves. Who would see the
 * chain as it was at several moments saw none:
 *
 *     who lists                  a loop
 *     looks for the second
 *                                the second joins, the first leaves
 *     looks for the first
 */
static gr_actor pairs[PAIRS][2];
static unsigned running;

static void look_at_pairs(void)
{
    gr_actor members[2 * PAIRS];
    size_t count = gr_group_members(pair_group, members, 2 * PAIRS);
    check(count <= 2 * PAIRS);
    for (int pair = 0; pair < PAIRS; pair++) {
        unsigned there = 0;
        for (size_t i = 0; i < count; i++)
            there +=
                members[i].name == pairs[pair][0].name || members[i].name == pairs[pair][1].name;
        check(there == 1 || there == 2);
    }
}

static void swap_pairs(void *context)
{
    const gr_actor *pair = pairs[(intptr_t)context];
    for (int round = 0; round < ROUNDS; round++) {
        check_equal(gr_group_join(pair_group, pair[(round + 1) % 2], SOON), 0);
        check_equal(gr_group_leave(pair_group, pair[round % 2], SOON), 0);
        look_at_pairs();
        if (round % 16 == 0)
            check_equal(gr_yield(), 0);
    }
}

static int swap_there(void *loop)
{
    on_loop((int)(intptr_t)loop, swap_pairs, loop);
    return 0;
}

static void *look_from_outside(void *context)
{
    (void)context;
    while (__atomic_load_n(&running, __ATOMIC_ACQUIRE))
        look_at_pairs();
    return NULL;
}

FLEET_TEST(is_listed_as_it_was_at_one_moment, LOOPS)
{
    gr_runner runners[LOOPS];
    pthread_t threads[FOREIGN];
    for (int i = 0; i < PAIRS; i++)
        for (int j = 0; j < 2; j++)
            pairs[i][j] = spawn(&plain, i, NULL, 0);
    for (int i = 0; i < PAIRS; i++)
        check_equal(gr_group_join(pair_group, pairs[i][0], SOON), 0);
    __atomic_store_n(&running, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < FOREIGN; i++)
        check_equal(pthread_create(&threads[i], NULL, look_from_outside, NULL), 0);
    for (intptr_t i = 0; i < LOOPS; i++)
        check_equal(gr_runner_start(swap_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(100 * GR_SECOND)), 0);
    __atomic_store_n(&running, 0, __ATOMIC_RELEASE);
    for (int i = 0; i < FOREIGN; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_known_to_its_watchers),
        cmocka_unit_test(is_listed_as_it_was_at_one_moment),
    };
    return cmocka_run_group_tests_name("group stress", tests, NULL, NULL);
}
