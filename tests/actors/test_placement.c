/* An actor begins where its options say: here, there, in turn, where least is to do, beside another. */
#include <errno.h>

#include "actors/placement.h"
#include "lib/fixture.h"

enum { WHERE = 1, LOOPS = 4 };

static int tell_where(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    int loop = gr_loop_here();
    return gr_reply(message, &loop, sizeof loop);
}

static const struct gr_behavior settler = {.name = "settler", .receive = tell_where};

static gr_actor spawn(const struct gr_actor_options *options)
{
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(&settler, options, &actor), 0);
    return actor;
}

static int loop_of(gr_actor actor)
{
    int loop = -1;
    check_equal(gr_ask(actor, WHERE, NULL, 0, &loop, sizeof loop, gr_in(10 * GR_SECOND)), 0);
    return loop;
}

/* Where an actor with these options comes to live; it is stopped again. */
static int try_place(const struct gr_actor_options *options)
{
    gr_actor actor = spawn(options);
    int loop = loop_of(actor);
    check_equal(gr_actor_stop(actor, 0), 0);
    return loop;
}

FLEET_TEST(here_and_there_are_as_told, LOOPS)
{
    check_equal(try_place(NULL), 0);
    check_equal(try_place(&(struct gr_actor_options){.where = GR_HERE}), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(try_place(&(struct gr_actor_options){.where = GR_ON_LOOP(i)}), i);
}

FLEET_TEST(spread_takes_the_loops_in_turn, LOOPS)
{
    int counts[LOOPS] = {0};
    for (int i = 0; i < 3 * LOOPS; i++)
        counts[try_place(&(struct gr_actor_options){.where = GR_SPREAD})]++;
    for (int i = 0; i < LOOPS; i++)
        check_equal(counts[i], 3);
}

static bool stop_working;
static bool stopped_working;

static void work(void *context)
{
    (void)context;
    while (!__atomic_load_n(&stop_working, __ATOMIC_RELAXED) && gr_yield() == 0)
        ;
    __atomic_store_n(&stopped_working, true, __ATOMIC_RELEASE);
}

RUNNER_TEST(least_loaded_goes_where_least_is_to_do)
{
    stop_working = stopped_working = false;
    check_equal(gr_post(1, work, NULL, NULL), 0);
    check_soon(gr_loop_load(1) > 500);
    check_soon(gr_loop_load(0) < 300);
    int here = 0;
    for (int i = 0; i < 20; i++) {
        check_soon(gr_loop_load(0) < 300 && gr_loop_load(1) > 800);
        here += try_place(&(struct gr_actor_options){.where = GR_LEAST_LOADED}) == 0;
    }
    check_equal(here, 20);
    __atomic_store_n(&stop_working, true, __ATOMIC_RELAXED);
    check_soon(__atomic_load_n(&stopped_working, __ATOMIC_ACQUIRE));
}

/* As many as four loops get of so many actors, by loads that do not change meanwhile. */
static void place_by(const unsigned *loads, int actors, uint16_t *ret_placed)
{
    memset(ret_placed, 0, LOOPS * sizeof *ret_placed);
    for (int i = 0; i < actors; i++)
        ret_placed[gr__place_least(loads, ret_placed, LOOPS, (unsigned)i)]++;
}

static void least_loaded_spreads_over_equals(void **state)
{
    (void)state;
    uint16_t placed[LOOPS];
    place_by((unsigned[]){200, 200, 200, 200}, 100 * LOOPS, placed);
    for (int i = 0; i < LOOPS; i++)
        assert_int_equal(placed[i], 100);
}

static void least_loaded_gives_more_to_those_that_have_less_until_they_are_even(void **state)
{
    (void)state;
    uint16_t placed[LOOPS];
    place_by((unsigned[]){1000, 200, 1000, 360}, 20, placed);
    assert_int_equal(placed[0], 0);
    assert_int_equal(placed[2], 0);
    assert_in_range(placed[1], 14, 16);

    place_by((unsigned[]){160, 0, 160, 160}, 10 + 4 * 25, placed);
    for (int i = 0; i < LOOPS; i++)
        assert_in_range(placed[i], i == 1 ? 34 : 24, i == 1 ? 36 : 26);
}

/* All are awake at once, and equally idle, or nearly so. */
FLEET_TEST(many_at_once_do_not_all_go_to_one_loop, LOOPS)
{
    int counts[LOOPS] = {0};
    for (int i = 0; i < 400; i++)
        counts[try_place(&(struct gr_actor_options){.where = GR_LEAST_LOADED})]++;
    for (int i = 0; i < LOOPS; i++)
        check(counts[i] < 300);
}

FLEET_TEST(beside_another_is_where_that_one_is, LOOPS)
{
    for (int i = 0; i < LOOPS; i++) {
        gr_actor host = spawn(&(struct gr_actor_options){.where = GR_ON_LOOP(i)});
        check_equal(try_place(&(struct gr_actor_options){.beside = host}), i);
        check_equal(try_place(&(struct gr_actor_options){.beside = host, .where = GR_SPREAD}), i);
        check_equal(gr_actor_stop(host, 0), 0);
    }
}

FLEET_TEST(beside_one_that_has_gone_is_stale, LOOPS)
{
    for (int i = 0; i < 2; i++) {
        gr_actor host = spawn(&(struct gr_actor_options){.where = GR_ON_LOOP(i)});
        int reason;
        check_equal(gr_actor_stop(host, 0), 0);
        check_equal(gr_actor_join(host, &reason, gr_in(10 * GR_SECOND)), 0);
        gr_actor actor = {7};
        check_equal(gr_actor_spawn(&settler, &(struct gr_actor_options){.beside = host}, &actor),
                    -ESTALE);
        check_equal(actor.name, 7);
    }
    gr_actor nobody = {UINT64_C(3) << 32 | UINT64_C(200) << 24};
    gr_actor actor;
    check_equal(gr_actor_spawn(&settler, &(struct gr_actor_options){.beside = nobody}, &actor),
                -ESTALE);
}

FLEET_TEST(no_such_place_is_invalid, LOOPS)
{
    gr_actor actor;
    check_equal(
        gr_actor_spawn(&settler, &(struct gr_actor_options){.where = GR_ON_LOOP(LOOPS)}, &actor),
        -EINVAL);
    check_equal(gr_actor_spawn(&settler, &(struct gr_actor_options){.where = -3}, &actor), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(here_and_there_are_as_told),
        cmocka_unit_test(spread_takes_the_loops_in_turn),
        cmocka_unit_test(least_loaded_goes_where_least_is_to_do),
        cmocka_unit_test(least_loaded_spreads_over_equals),
        cmocka_unit_test(least_loaded_gives_more_to_those_that_have_less_until_they_are_even),
        cmocka_unit_test(many_at_once_do_not_all_go_to_one_loop),
        cmocka_unit_test(beside_another_is_where_that_one_is),
        cmocka_unit_test(beside_one_that_has_gone_is_stale),
        cmocka_unit_test(no_such_place_is_invalid),
    };
    return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
