/* A balancer spreads what is busy on one loop over all, and leaves the rest where it is. */
#include <errno.h>

#include "lib/fixture.h"

enum { WORK = 1, ACTORS = 8 };

static bool stop_working;
static int lives_on[ACTORS]; /* the loop on which each was last at work */
static int moves;

static int hear_of_move(struct gr_self *self, int from)
{
    (void)self, (void)from;
    __atomic_add_fetch(&moves, 1, __ATOMIC_SEQ_CST);
    return 0;
}

/* As much as a task may take before others are to run, and then some more. */
static int work(struct gr_self *self, const struct gr_message *message)
{
    const int *number = message->data;
    __atomic_store_n(&lives_on[*number], gr_loop_here(), __ATOMIC_SEQ_CST);
    gr_time until = gr_clock() + 50 * GR_MICROSECOND;
    while (gr_clock() < until)
        ;
    if (__atomic_load_n(&stop_working, __ATOMIC_SEQ_CST))
        return 0;
    return gr_send(gr_self_actor(self), WORK, number, sizeof *number);
}

static const struct gr_behavior movable = {
    .name = "movable", .receive = work, .moved = hear_of_move, .movable = true};
static const struct gr_behavior settled = {.name = "settled", .receive = work};

static void start_work(const struct gr_behavior *behavior, int count, gr_actor *ret_actors)
{
    stop_working = false;
    moves = 0;
    for (int i = 0; i < count; i++) {
        lives_on[i] = -1;
        check_equal(gr_actor_spawn(behavior, &(struct gr_actor_options){.where = GR_ON_LOOP(1)},
                                   &ret_actors[i]),
                    0);
        check_equal(gr_send(ret_actors[i], WORK, &i, sizeof i), 0);
    }
}

static void end_work(int count, const gr_actor *actors)
{
    __atomic_store_n(&stop_working, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < count; i++)
        check_equal(gr_actor_stop(actors[i], 0), 0);
}

static gr_runner start_balancer(struct gr_balance_options *options)
{
    gr_runner balancer = {0};
    check_equal(gr_runner_start(gr_balance, options, NULL, &balancer), 0);
    return balancer;
}

static void stop_balancer(gr_runner balancer)
{
    gr_runner_cancel(balancer);
    check_equal(gr_runner_join(balancer, gr_in(10 * GR_SECOND)), -ECANCELED);
}

static int count_on(int loop)
{
    int count = 0;
    for (int i = 0; i < ACTORS; i++)
        count += __atomic_load_n(&lives_on[i], __ATOMIC_SEQ_CST) == loop;
    return count;
}

FLEET_TEST(spreads_the_work_of_one_loop_over_all, 3)
{
    gr_actor actors[ACTORS];
    start_work(&movable, ACTORS, actors);
    check_soon(count_on(1) == ACTORS);
    gr_runner balancer = start_balancer(NULL);
    check_soon(count_on(0) > 0 && count_on(1) > 0 && count_on(2) > 0);
    check_soon(gr_loop_load(0) > 500 && gr_loop_load(1) > 500 && gr_loop_load(2) > 500);
    stop_balancer(balancer);
    end_work(ACTORS, actors);
}

RUNNER_TEST(moves_nothing_while_nobody_balances)
{
    gr_actor actors[ACTORS];
    start_work(&movable, ACTORS, actors);
    check_soon(gr_loop_load(1) > 500);
    check_equal(gr_sleep(gr_in(50 * GR_MILLISECOND)), 0);
    check_equal(count_on(1), ACTORS);
    check_equal(moves, 0);
    end_work(ACTORS, actors);
}

/* To move it would only have the other loop be the busy one. */
RUNNER_TEST(leaves_a_single_busy_actor_alone)
{
    gr_actor actor;
    start_work(&movable, 1, &actor);
    gr_runner balancer = start_balancer(&(struct gr_balance_options){.period = GR_MILLISECOND});
    check_soon(gr_loop_load(1) > 800);
    check_equal(gr_sleep(gr_in(100 * GR_MILLISECOND)), 0);
    check_equal(moves, 0);
    stop_balancer(balancer);
    end_work(1, &actor);
}

RUNNER_TEST(leaves_those_that_are_not_movable)
{
    gr_actor actors[ACTORS];
    start_work(&settled, ACTORS, actors);
    gr_runner balancer = start_balancer(&(struct gr_balance_options){.period = GR_MILLISECOND});
    check_soon(gr_loop_load(1) > 800);
    check_equal(gr_sleep(gr_in(50 * GR_MILLISECOND)), 0);
    check_equal(count_on(1), ACTORS);
    stop_balancer(balancer);
    end_work(ACTORS, actors);
}

/* Ten in a second: one of them may have been saved up. */
RUNNER_TEST(makes_no_more_moves_than_it_may)
{
    gr_actor actors[ACTORS];
    start_work(&movable, ACTORS, actors);
    check_soon(gr_loop_load(1) > 800);
    gr_time began = gr_clock();
    gr_runner balancer = start_balancer(
        &(struct gr_balance_options){.period = GR_MILLISECOND, .margin = 1, .moves_max = 10});
    check_soon(__atomic_load_n(&moves, __ATOMIC_SEQ_CST) > 0);
    check_equal(gr_sleep(gr_in(200 * GR_MILLISECOND)), 0);
    stop_balancer(balancer);
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    gr_time took = gr_clock() - began;
    check(__atomic_load_n(&moves, __ATOMIC_SEQ_CST) <= 2 * (2 + 10 * took / GR_SECOND));
    end_work(ACTORS, actors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spreads_the_work_of_one_loop_over_all),
        cmocka_unit_test(moves_nothing_while_nobody_balances),
        cmocka_unit_test(leaves_a_single_busy_actor_alone),
        cmocka_unit_test(leaves_those_that_are_not_movable),
        cmocka_unit_test(makes_no_more_moves_than_it_may),
    };
    return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
