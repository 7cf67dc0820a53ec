/* However members come and go while all loops send, each message is handled once. */
#include <errno.h>

#include "lib/team.h"

enum { LOOPS = 3, SENDS = 20000, CHANGES = 60, SEEDS = 2 };

static struct team team;
static int senders;      /* that still send; of all threads */
static uint64_t counted; /* by members that have been removed */

static const struct gr_behavior tight = {.name = "tight",
                                         .receive = work,
                                         .state_bytes = sizeof(struct worker),
                                         .mailbox_max = 8,
                                         .movable = true};

static int send_many(void *context)
{
    (void)context;
    for (int i = 0; i < SENDS; i++) {
        uint64_t key = gr_random();
        check_equal(gr_router_send_key(team.router, key, WORK, &key, sizeof key, SOON), 0);
        if (key % 16 == 0)
            check_equal(gr_yield(), 0);
    }
    __atomic_sub_fetch(&senders, 1, __ATOMIC_SEQ_CST);
    return 0;
}

/* Two on each loop, so that one may wait for room while the other sends on. */
static int send_there(void *loop)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    int rc = 0;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = gr_scope_start_on(&scope, (int)(intptr_t)loop, send_many, NULL, NULL, NULL);
    return gr_scope_close(&scope, rc);
}

/* All that was sent to it is in its mailbox now, and no more comes. */
static void remove_one(int which)
{
    gr_actor actor = team.workers[which];
    check_equal(gr_router_remove(team.router, actor, SOON), 0);
    counted += works_of(actor);
    check_equal(gr_actor_stop(actor, 0), 0);
    team.workers[which] = team.workers[--team.count];
}

static void change_members(void)
{
    for (int i = 0; i < CHANGES; i++) {
        if (team.count < 3 || (team.count < 8 && gr_random() % 2 == 0))
            join_team(&team, &tight, (int)(gr_random() % LOOPS));
        else
            remove_one((int)(gr_random() % (uint64_t)team.count));
        check_equal(gr_yield(), 0);
    }
}

static enum gr_routing kind;
static bool moves;

/* Those that are members now, here and there. One that is to end meanwhile, or still moves, stays. */
static int move_members(void *context)
{
    (void)context;
    while (moves && __atomic_load_n(&senders, __ATOMIC_SEQ_CST) > 0) {
        gr_actor actor = team.workers[gr_random() % (uint64_t)team.count];
        int rc = gr_actor_move(actor, GR_ON_LOOP((int)(gr_random() % LOOPS)), SOON);
        check(rc == 0 || rc == -ESTALE || rc == -EBUSY);
        check_equal(gr_yield(), 0);
    }
    return 0;
}

static int account(void *context)
{
    (void)context;
    gr_runner runners[LOOPS], mover;
    counted = 0;
    senders = 2 * LOOPS;
    make_router(&team, kind);
    for (int i = 0; i < 3; i++)
        join_team(&team, &tight, i % LOOPS);
    for (intptr_t i = 0; i < LOOPS; i++)
        check_equal(gr_runner_start(send_there, (void *)i, NULL, &runners[i]), 0);
    check_equal(gr_runner_start(move_members, NULL, NULL, &mover), 0);
    while (__atomic_load_n(&senders, __ATOMIC_SEQ_CST) > 0)
        change_members();
    check_equal(gr_runner_join(mover, SOON), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(60 * GR_SECOND)), 0);
    while (team.count > 0)
        remove_one(0);
    check_equal(counted, 2 * LOOPS * SENDS);
    gr_router_drop(team.router);
    return 0;
}

static void run_kind(enum gr_routing which)
{
    kind = which;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(account, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

static void loses_nothing_round_robin(void **state)
{
    (void)state;
    run_kind(GR_ROUTE_ROUND_ROBIN);
}

static void loses_nothing_at_random(void **state)
{
    (void)state;
    run_kind(GR_ROUTE_RANDOM);
}

static void loses_nothing_by_load(void **state)
{
    (void)state;
    run_kind(GR_ROUTE_LEAST_LOADED);
}

static void loses_nothing_by_key(void **state)
{
    (void)state;
    run_kind(GR_ROUTE_HASH);
}

static void loses_nothing_while_members_move(void **state)
{
    (void)state;
    moves = true;
    run_kind(GR_ROUTE_ROUND_ROBIN);
    run_kind(GR_ROUTE_LEAST_LOADED);
    moves = false;
}

static int use_and_drop(void *context)
{
    (void)context;
    for (int i = 0; i < 300; i++) {
        gr_router router = {0};
        check_equal(gr_router_make(&(struct gr_router_options){.kind = GR_ROUTE_LEAST_LOADED},
                                   &router, SOON),
                    0);
        for (int j = 0; j < 3; j++)
            check_equal(gr_router_add(router, team.workers[j], SOON), 0);
        for (int j = 0; j < 40; j++)
            check_equal(gr_router_send(router, WORK, NULL, 0, SOON), 0);
        gr_router_drop(router);
    }
    return 0;
}

static void use_and_drop_there(void *context)
{
    check_equal(use_and_drop(context), 0);
}

static int make_many(void *context)
{
    (void)context;
    team.count = 0;
    for (int i = 0; i < 3; i++)
        team.workers[team.count++] = spawn_at(&worker, i % LOOPS);
    gr_runner here;
    check_equal(gr_runner_start(use_and_drop, NULL, NULL, &here), 0);
    on_loop(1, use_and_drop_there, NULL);
    check_equal(gr_runner_join(here, SOON), 0);
    check_soon(works_in_all(&team) == 2 * 300 * 40);
    return 0;
}

static void routers_come_and_go_on_several_loops(void **state)
{
    (void)state;
    run_in_fleet(make_many, &(struct gr_options){.loops = LOOPS});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loses_nothing_round_robin),
        cmocka_unit_test(loses_nothing_at_random),
        cmocka_unit_test(loses_nothing_by_load),
        cmocka_unit_test(loses_nothing_by_key),
        cmocka_unit_test(loses_nothing_while_members_move),
        cmocka_unit_test(routers_come_and_go_on_several_loops),
    };
    return cmocka_run_group_tests_name("router stress", tests, NULL, NULL);
}
