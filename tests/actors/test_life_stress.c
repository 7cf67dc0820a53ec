/* However ends, monitors, links and their undoing cross, each end is told once, and none is lost. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "lib/fixture.h"

/*
 * Keepers live on and trap exits. They watch mayflies, and link with those of one half of the crowd;
 * mayflies of the other half link with keepers. Runners on all loops, and foreign threads, have
 * both do so at random, and have mayflies moved between loops, and ended; then they are replaced.
 */
enum { STEP, SUM, LOOPS = 4, KEEPERS = 8, CROWD = 16, HELD = 32, ROUNDS = 1500, FOREIGN = 2 };
enum { SEEDS = 3 };

static uint64_t seed;

static uint64_t crowd[CROWD];
static uint64_t keepers[KEEPERS];
static int64_t exits_expected[KEEPERS]; /* of links that mayflies had made and not ended */

static gr_actor pick_from(uint64_t *table, uint64_t number)
{
    return (gr_actor){__atomic_load_n(&table[number], __ATOMIC_SEQ_CST)};
}

/* Handles that somebody holds. Zero is no handle. */
struct set {
    uint64_t names[HELD];
};

static uint64_t *place_in(struct set *set, uint64_t name)
{
    for (int i = 0; i < HELD; i++)
        if (set->names[i] == name)
            return &set->names[i];
    return NULL;
}

static bool take_out(struct set *set, uint64_t name)
{
    uint64_t *place = place_in(set, name);
    if (place != NULL)
        *place = 0;
    return place != NULL;
}

struct sum {
    int64_t made;
    int64_t downs;
    int64_t dropped;
    int64_t links_made;
    int64_t own_exits;
    int64_t unlinked;
    int64_t other_exits;
};

struct keeper {
    struct sum sum;
    struct set monitors;
    struct set links; /* the actors */
};

static int keeper_control(struct gr_self *self, const struct gr_control *control)
{
    struct keeper *keeper = self->state;
    if (control->kind == GR_DOWN) {
        check(take_out(&keeper->monitors, control->monitor.name));
        keeper->sum.downs++;
    } else if (take_out(&keeper->links, control->actor.name)) {
        keeper->sum.own_exits++;
    } else {
        keeper->sum.other_exits++;
    }
    return 0;
}

static void keeper_watches(struct gr_self *self, struct keeper *keeper, uint64_t dice)
{
    uint64_t *place = &keeper->monitors.names[dice % HELD];
    gr_monitor monitor;
    if (*place != 0) {
        gr_monitor_drop((gr_monitor){*place});
        keeper->sum.dropped++;
        *place = 0;
    } else if (check_equal(gr_monitor_make(self, pick_from(crowd, dice / HELD % CROWD), &monitor),
                           0)) {
        *place = monitor.name;
        keeper->sum.made++;
    }
}

/* One that was not linked when it was to be linked again would be linked twice. */
static void keeper_links(struct gr_self *self, struct keeper *keeper, uint64_t dice)
{
    gr_actor actor = pick_from(crowd, dice / HELD % CROWD & ~UINT64_C(1));
    uint64_t *place = place_in(&keeper->links, actor.name);
    if (place != NULL) {
        gr_self_unlink(self, actor);
        keeper->sum.unlinked++;
        *place = 0;
    } else if ((place = place_in(&keeper->links, 0)) != NULL) {
        *place = actor.name;
        keeper->sum.links_made++;
        check_equal(gr_self_link(self, actor), 0);
    }
}

static int keeper_receive(struct gr_self *self, const struct gr_message *message)
{
    struct keeper *keeper = self->state;
    uint64_t dice = *(const uint64_t *)message->data;
    if (message->tag == SUM)
        return gr_reply(message, &keeper->sum, sizeof keeper->sum);
    if (dice >> 63 != 0)
        keeper_watches(self, keeper, dice);
    else
        keeper_links(self, keeper, dice);
    return (dice >> 56) % 16 == 0 ? gr_sleep(gr_in(20 * GR_MICROSECOND)) : 0;
}

static int keeper_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    return gr_self_trap_exits(self, true);
}

static const struct gr_behavior keeper = {.name = "keeper",
                                          .receive = keeper_receive,
                                          .start = keeper_start,
                                          .control = keeper_control,
                                          .state_bytes = sizeof(struct keeper)};

/* To which keepers it has links. */
struct mayfly {
    bool linked[KEEPERS];
};

static int mayfly_receive(struct gr_self *self, const struct gr_message *message)
{
    struct mayfly *mayfly = self->state;
    uint64_t number = *(const uint64_t *)message->data % KEEPERS;
    if (mayfly->linked[number])
        gr_self_unlink(self, pick_from(keepers, number));
    else
        check_equal(gr_self_link(self, pick_from(keepers, number)), 0);
    mayfly->linked[number] = !mayfly->linked[number];
    return 0;
}

static void mayfly_stop(struct gr_self *self, int reason)
{
    const struct mayfly *mayfly = self->state;
    (void)reason;
    for (int i = 0; i < KEEPERS; i++)
        if (mayfly->linked[i])
            __atomic_add_fetch(&exits_expected[i], 1, __ATOMIC_SEQ_CST);
}

static const struct gr_behavior mayfly = {.name = "mayfly",
                                          .receive = mayfly_receive,
                                          .stop = mayfly_stop,
                                          .movable = true,
                                          .state_bytes = sizeof(struct mayfly)};

static uint64_t spawn(const struct gr_behavior *behavior, int loop)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP(loop)};
    check_equal(gr_actor_spawn(behavior, &options, &actor), 0);
    return actor.name;
}

/* Stopped by whoever takes it out, once or twice, from here or there; some with a monitor between. */
static void replace(uint64_t dice)
{
    uint64_t number = dice % CROWD;
    uint64_t fresh = spawn(&mayfly, (int)(dice >> 33) % LOOPS);
    uint64_t before = __atomic_exchange_n(&crowd[number], fresh, __ATOMIC_SEQ_CST);
    check_equal(gr_actor_stop((gr_actor){before}, dice % 3 == 0 ? 0 : -EINTR), 0);
    if (dice % 5 == 0)
        check_equal(gr_actor_stop((gr_actor){before}, -EPIPE), 0);
}

static void join_one(uint64_t dice)
{
    int reason = 1;
    int rc = gr_actor_join(pick_from(crowd, dice % CROWD), &reason,
                           gr_in((gr_time)(dice % 200) * GR_MICROSECOND));
    check(rc == 0 || rc == -ETIMEDOUT);
    check((rc == 0) == (reason != 1));
}

/* Only whether all is told in the end is of interest here. */
static void move_mayfly(uint64_t dice)
{
    int rc = gr_actor_move(pick_from(crowd, dice % CROWD), GR_ON_LOOP((int)(dice / CROWD % LOOPS)),
                           gr_in((gr_time)(dice / CROWD / LOOPS % 500) * GR_MICROSECOND));
    check(rc == 0 || rc == -EBUSY || rc == -ESTALE || rc == -ETIMEDOUT);
}

/* It may have gone. */
static void step_mayfly(uint64_t dice)
{
    int rc = gr_send(pick_from(crowd, dice % CROWD | 1), STEP, &dice, sizeof dice);
    check(rc == 0 || rc == -ESTALE);
}

static void step_keeper(uint64_t dice)
{
    uint64_t mixed = dice * UINT64_C(0x9E3779B97F4A7C15);
    check_equal(gr_send(pick_from(keepers, dice % KEEPERS), STEP, &mixed, sizeof mixed), 0);
}

static int step_at_random(void *context)
{
    (void)context;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t dice = gr_random();
        if (dice % 16 == 0)
            replace(dice / 16);
        else if (dice % 16 == 1)
            join_one(dice / 16);
        else if (dice % 16 == 3)
            move_mayfly(dice / 16);
        else if (dice % 4 == 2)
            step_mayfly(dice / 16);
        else
            step_keeper(dice / 16);
    }
    return 0;
}

static void step_on_loop(void *context)
{
    check_equal(step_at_random(context), 0);
}

static int step_there(void *loop)
{
    on_loop((int)(intptr_t)loop, step_on_loop, NULL);
    return 0;
}

static void *stop_from_outside(void *context)
{
    uint64_t dice = (uint64_t)(uintptr_t)context;
    for (int round = 0; round < ROUNDS / 4; round++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        check_equal(gr_actor_stop(pick_from(crowd, (dice >> 33) % CROWD), -EBUSY), 0);
        sched_yield();
    }
    return NULL;
}

static void step_everywhere(void)
{
    pthread_t threads[FOREIGN];
    gr_runner runners[LOOPS];
    for (uintptr_t i = 0; i < FOREIGN; i++)
        check_equal(
            pthread_create(&threads[i], NULL, stop_from_outside, (void *)(seed * FOREIGN + i)), 0);
    for (intptr_t i = 0; i < LOOPS; i++)
        check_equal(gr_runner_start(step_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(60 * GR_SECOND)), 0);
    for (int i = 0; i < FOREIGN; i++)
        pthread_join(threads[i], NULL);
}

static struct sum sum_of(int number)
{
    struct sum sum = {0};
    uint64_t nothing = 0;
    check_equal(gr_ask(pick_from(keepers, (uint64_t)number), SUM, &nothing, sizeof nothing, &sum,
                       sizeof sum, gr_in(20 * GR_SECOND)),
                0);
    return sum;
}

static bool is_told_all(int number)
{
    struct sum sum = sum_of(number);
    return sum.made == sum.downs + sum.dropped && sum.links_made == sum.own_exits + sum.unlinked &&
           sum.other_exits == __atomic_load_n(&exits_expected[number], __ATOMIC_SEQ_CST);
}

static void add_count(void *count)
{
    *(size_t *)count += gr_actor_count();
}

static size_t count_actors(void)
{
    size_t count = 0;
    for (int loop = 0; loop < LOOPS; loop++)
        on_loop(loop, add_count, &count);
    return count;
}

static void spawn_all(void)
{
    for (int i = 0; i < KEEPERS; i++)
        keepers[i] = spawn(&keeper, i % LOOPS);
    for (int i = 0; i < CROWD; i++)
        crowd[i] = spawn(&mayfly, i / 2 % LOOPS);
    for (int i = 0; i < KEEPERS; i++)
        exits_expected[i] = 0;
}

static int account(void *context)
{
    (void)context;
    spawn_all();
    step_everywhere();
    for (int i = 0; i < CROWD; i++)
        check_equal(gr_actor_stop((gr_actor){crowd[i]}, -EINTR), 0);
    check_soon(count_actors() == KEEPERS);
    for (int i = 0; i < KEEPERS; i++) {
        check_soon(is_told_all(i));
        struct sum sum = sum_of(i);
        check(sum.downs > 0 && sum.dropped > 0);
        check(sum.own_exits > 0 && sum.unlinked > 0);
    }
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    for (int i = 0; i < KEEPERS; i++)
        check(is_told_all(i));
    return 0;
}

static void tells_every_end_once(void **state)
{
    (void)state;
    for (seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(account, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

/* All is left as it is, with notices hanging, on their way and in lanes. */
static int leave(void *context)
{
    (void)context;
    spawn_all();
    for (uint64_t i = 0; i < 500; i++) {
        step_keeper(gr_random());
        step_mayfly(gr_random());
        if (i % 50 == 0)
            replace(gr_random());
    }
    return 0;
}

static void leaves_nothing_behind_when_the_fleet_ends_in_the_midst(void **state)
{
    (void)state;
    for (seed = 1; seed <= 20; seed++)
        run_in_fleet(leave, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_end_once),
        cmocka_unit_test(leaves_nothing_behind_when_the_fleet_ends_in_the_midst),
    };
    return cmocka_run_group_tests_name("life stress", tests, NULL, NULL);
}
