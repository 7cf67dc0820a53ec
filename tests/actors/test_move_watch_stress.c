/* While watchers and those whom they watch move, each end is heard once by each monitor that was not dropped. */
#include <errno.h>

#include "actors/body.h"
#include "lib/fixture.h"

enum { POKE = 1, LEFT };
enum { LOOPS = 3, WATCHERS = 4, WATCHED = 6, MADE_MAX = 8, ROUNDS = 1500, SEEDS = 4 };

static uint64_t watched[WATCHED];
static gr_actor watchers[WATCHERS];
static int64_t heard;
static int64_t dropped;
static bool over;

struct watch {
    gr_monitor monitor;
    uint64_t watched;
};

struct watcher {
    int count;
    struct watch made[MADE_MAX];
};

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int hear(struct gr_self *self, const struct gr_control *control)
{
    struct watcher *watcher = self->state;
    int i = 0;
    while (i < watcher->count && watcher->made[i].monitor.name != control->monitor.name)
        i++;
    if (check(i < watcher->count)) {
        check(watcher->made[i].watched == control->actor.name);
        watcher->made[i] = watcher->made[--watcher->count];
    }
    count(&heard);
    return 0;
}

static int make_one(struct gr_self *self, uint64_t dice)
{
    struct watcher *watcher = self->state;
    struct watch *watch = &watcher->made[watcher->count++];
    watch->watched = __atomic_load_n(&watched[dice % WATCHED], __ATOMIC_SEQ_CST);
    return gr_monitor_make(self, (gr_actor){watch->watched}, &watch->monitor);
}

static int drop_one(struct watcher *watcher, uint64_t dice)
{
    int i = (int)(dice % (uint64_t)watcher->count);
    gr_monitor_drop(watcher->made[i].monitor);
    watcher->made[i] = watcher->made[--watcher->count];
    count(&dropped);
    return 0;
}

static int poke(struct gr_self *self, const struct gr_message *message)
{
    struct watcher *watcher = self->state;
    if (message->tag == LEFT)
        return gr_reply(message, &watcher->count, sizeof watcher->count);
    uint64_t dice = *(const uint64_t *)message->data;
    if (watcher->count < MADE_MAX && dice % 4 != 0)
        return make_one(self, dice / 4);
    return watcher->count > 0 ? drop_one(watcher, dice / 4) : 0;
}

static const struct gr_behavior watching = {.name = "watcher",
                                            .receive = poke,
                                            .control = hear,
                                            .movable = true,
                                            .state_bytes = sizeof(struct watcher)};
static const struct gr_behavior idle = {.name = "idle", .receive = poke, .movable = true};

static gr_actor spawn(const struct gr_behavior *behavior, uint64_t loop)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP((int)(loop % LOOPS))};
    check_equal(gr_actor_spawn(behavior, &options, &actor), 0);
    return actor;
}

static void replace(uint64_t dice)
{
    uint64_t fresh = spawn(&idle, dice / 64).name;
    uint64_t before = __atomic_exchange_n(&watched[dice % WATCHED], fresh, __ATOMIC_SEQ_CST);
    check_equal(gr_actor_kill((gr_actor){before}), 0);
}

static void poke_there(void *context)
{
    (void)context;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t dice = gr_random() >> 8;
        uint64_t poked = dice / 16;
        check_equal(gr_send(watchers[dice % WATCHERS], POKE, &poked, sizeof poked), 0);
        if (i % 8 == 0)
            replace(dice / 1024);
    }
}

static void move_there(void *context)
{
    (void)context;
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
        uint64_t dice = gr_random() >> 8;
        gr_actor actor =
            dice % 4 != 0
                ? watchers[dice / 4 % WATCHERS]
                : (gr_actor){__atomic_load_n(&watched[dice / 4 % WATCHED], __ATOMIC_SEQ_CST)};
        int rc = gr_actor_move(actor, GR_ON_LOOP((int)(dice / 64 % LOOPS)),
                               gr_in((gr_time)(dice / 256 % 2000) * GR_MICROSECOND));
        check(rc == 0 || rc == -EBUSY || rc == -ESTALE || rc == -ETIMEDOUT);
    }
}

static int run_there(void *context)
{
    uintptr_t number = (uintptr_t)context;
    on_loop((int)(number % LOOPS), number < LOOPS ? poke_there : move_there, NULL);
    return 0;
}

static void run_all(void)
{
    gr_runner runners[2 * LOOPS];
    for (uintptr_t i = 0; i < 2 * LOOPS; i++)
        check_equal(gr_runner_start(run_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(100 * GR_SECOND)), 0);
    __atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
    for (int i = LOOPS; i < 2 * LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(10 * GR_SECOND)), 0);
}

static int left_of(gr_actor watcher)
{
    int left = -1;
    check_equal(gr_ask(watcher, LEFT, NULL, 0, &left, sizeof left, gr_in(10 * GR_SECOND)), 0);
    return left;
}

static void count_monitors(void *sum)
{
    *(size_t *)sum += gr__actors_of(gr__loop_here())->monitors.live;
}

static size_t monitors_left(void)
{
    size_t sum = 0;
    for (int loop = 0; loop < LOOPS; loop++)
        on_loop(loop, count_monitors, &sum);
    return sum;
}

static int account(void *context)
{
    (void)context;
    heard = dropped = 0;
    over = false;
    for (uint64_t i = 0; i < WATCHED; i++)
        watched[i] = spawn(&idle, i).name;
    for (uint64_t i = 0; i < WATCHERS; i++)
        watchers[i] = spawn(&watching, i);
    run_all();
    for (int i = 0; i < WATCHED; i++)
        check_equal(gr_actor_kill((gr_actor){watched[i]}), 0);
    for (int i = 0; i < WATCHERS; i++)
        check_soon(left_of(watchers[i]) == 0);
    check_soon(monitors_left() == 0);
    check(__atomic_load_n(&heard, __ATOMIC_SEQ_CST) > 100);
    check(__atomic_load_n(&dropped, __ATOMIC_SEQ_CST) > 100);
    for (int i = 0; i < WATCHERS; i++)
        check_equal(gr_actor_stop(watchers[i], 0), 0);
    return 0;
}

static void hears_of_each_end_once_while_all_move(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(account, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hears_of_each_end_once_while_all_move),
    };
    return cmocka_run_group_tests_name("moved watchers", tests, NULL, NULL);
}
