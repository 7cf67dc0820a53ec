/* A seed repeats its numbers, which are those of the published generator, and favours none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

/* What the authors' reference code answers from the state {1, 2, 3, 4}. */
static void follows_the_published_generator(void **state)
{
    (void)state;
    struct gr__random random = {{1, 2, 3, 4}};
    const uint64_t numbers[] = {UINT64_C(41943041), UINT64_C(58720359), UINT64_C(3588806011781223),
                                UINT64_C(3591011842654386), UINT64_C(9228616714210784205)};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_true(gr__random_next(&random) == numbers[i]);
}

/* What splitmix64 answers to the seed 1234567. */
static void fills_its_state_by_splitmix(void **state)
{
    (void)state;
    struct gr__random random;
    gr__random_seed(&random, 1234567);
    assert_true(random.state[0] == UINT64_C(6457827717110365317));
    assert_true(random.state[1] == UINT64_C(3203168211198807973));
    assert_true(random.state[2] == UINT64_C(9817491932198370423));
    assert_true(random.state[3] == UINT64_C(4593380528125082431));
}

static void repeats_a_seed_and_no_other(void **state)
{
    (void)state;
    struct gr__random one, same, other;
    gr__random_seed(&one, 0);
    gr__random_seed(&same, 0);
    gr__random_seed(&other, 1);
    int equal = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t number = gr__random_next(&one);
        assert_true(number == gr__random_next(&same));
        equal += number == gr__random_next(&other);
    }
    assert_int_equal(equal, 0);
}

static void stays_below_the_bound_and_favours_none(void **state)
{
    (void)state;
    enum { BOUND = 12, DRAWS = 120000 };
    int counts[BOUND] = {0};
    struct gr__random random;
    gr__random_seed(&random, 3);
    for (int i = 0; i < DRAWS; i++)
        counts[gr__random_below(&random, BOUND)]++;
    for (int i = 0; i < BOUND; i++)
        assert_in_range(counts[i], DRAWS / BOUND * 95 / 100, DRAWS / BOUND * 105 / 100);
    assert_true(gr__random_below(&random, 1) == 0);
}

/* Of 2^64 words, 3 * 2^62 would be hit unevenly: the lowest third twice as often as the rest. */
static void favours_none_below_a_bound_near_the_word(void **state)
{
    (void)state;
    enum { DRAWS = 30000 };
    const uint64_t third = UINT64_C(1) << 62;
    int counts[3] = {0};
    struct gr__random random;
    gr__random_seed(&random, 4);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t number = gr__random_below(&random, 3 * third);
        assert_true(number < 3 * third);
        counts[number % 3]++;
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(counts[i], DRAWS / 3 * 95 / 100, DRAWS / 3 * 105 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_published_generator),
        cmocka_unit_test(fills_its_state_by_splitmix),
        cmocka_unit_test(repeats_a_seed_and_no_other),
        cmocka_unit_test(stays_below_the_bound_and_favours_none),
        cmocka_unit_test(favours_none_below_a_bound_near_the_word),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
