/* A slot is found by its name for as long as it is taken, and by no other name ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/slots.h"

enum { LOOP = 5, SMALLEST = 1 << 12 };

struct thing {
    struct gr__slot slot;
    uint64_t number;
    char rest[48];
};

struct table {
    struct gr__slots slots;
    struct gr__slots_floor floor;
};

static void open_table(struct table *table)
{
    assert_int_equal(gr__slots_init(&table->slots, LOOP, sizeof(struct thing), &table->floor), 0);
}

static struct thing *take(struct table *table, uint64_t *ret_name)
{
    struct thing *thing = gr__slots_take(&table->slots, ret_name);
    assert_non_null(thing);
    return thing;
}

static void finds_what_a_name_names(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    uint64_t first = 0, second = 0;
    struct thing *one = take(&table, &first);
    struct thing *two = take(&table, &second);

    assert_ptr_equal(gr__slots_find(&table.slots, first), one);
    assert_ptr_equal(gr__slots_find(&table.slots, second), two);
    assert_int_equal(gr__slots_name(&table.slots, two), second);
    assert_int_equal(gr__handle_loop(second), LOOP);
    assert_int_equal(table.slots.live, 2);
    gr__slots_done(&table.slots);
}

static void finds_nothing_by_zero_stale_or_strange_names(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    assert_null(gr__slots_find(&table.slots, 0));
    uint64_t name = 0;
    struct thing *thing = take(&table, &name);
    assert_null(gr__slots_find(&table.slots, 0));
    assert_null(gr__slots_find(&table.slots, gr__handle(1, LOOP, 1)));
    assert_null(gr__slots_find(&table.slots, gr__handle(1, LOOP, GR__INDICES_MAX - 1)));
    for (unsigned loop = 0; loop < GR__LOOPS_MAX; loop++)
        if (loop != LOOP)
            assert_null(gr__slots_find(&table.slots, gr__handle(1, loop, 0)));

    gr__slots_give(&table.slots, thing);
    assert_null(gr__slots_find(&table.slots, name));
    assert_null(gr__slots_find(&table.slots, gr__handle(2, LOOP, 0)));
    uint64_t next = 0;
    assert_ptr_equal(take(&table, &next), thing);
    assert_null(gr__slots_find(&table.slots, name));
    assert_ptr_equal(gr__slots_find(&table.slots, next), thing);
    gr__slots_done(&table.slots);
}

static void takes_the_last_given_first(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    struct thing *things[3];
    uint64_t name = 0;
    for (int i = 0; i < 3; i++)
        things[i] = take(&table, &name);
    for (int i = 0; i < 3; i++)
        gr__slots_give(&table.slots, things[i]);

    for (int i = 2; i >= 0; i--)
        assert_ptr_equal(take(&table, &name), things[i]);
    assert_int_equal(table.slots.used, 3);
    gr__slots_done(&table.slots);
}

static void moves_no_slot_while_it_grows(void **state)
{
    (void)state;
    enum { COUNT = 200000 };
    struct table table = {0};
    open_table(&table);
    uint64_t name, first;
    struct thing *one = take(&table, &first);
    one->number = 0;
    for (uint64_t i = 1; i < COUNT; i++)
        take(&table, &name)->number = i;

    assert_ptr_equal(gr__slots_find(&table.slots, first), one);
    uint64_t number = 0;
    for (struct thing *thing = NULL; (thing = gr__slots_next(&table.slots, thing)) != NULL;)
        assert_int_equal(thing->number, number++);
    assert_int_equal(number, COUNT);
    gr__slots_done(&table.slots);
}

static void holds_things_larger_than_a_step(void **state)
{
    (void)state;
    enum { STRIDE = 40008 };
    struct table table = {0};
    assert_int_equal(gr__slots_init(&table.slots, LOOP, STRIDE, &table.floor), 0);
    for (int i = 0; i < 20; i++) {
        uint64_t name = 0;
        char *thing = gr__slots_take(&table.slots, &name);
        assert_non_null(thing);
        thing[STRIDE - 1] = 1;
    }
    gr__slots_done(&table.slots);
}

static void walks_the_live_in_order_while_they_end(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    assert_null(gr__slots_next(&table.slots, NULL));
    struct thing *things[10];
    uint64_t name = 0;
    for (int i = 0; i < 10; i++)
        things[i] = take(&table, &name);
    gr__slots_give(&table.slots, things[0]);
    gr__slots_give(&table.slots, things[7]);

    struct thing *thing = NULL;
    for (int i = 1; i < 10; i++) {
        if (i == 7)
            continue;
        thing = gr__slots_next(&table.slots, thing);
        assert_ptr_equal(thing, things[i]);
        gr__slots_give(&table.slots, thing);
    }
    assert_null(gr__slots_next(&table.slots, thing));
    assert_int_equal(table.slots.live, 0);
    gr__slots_done(&table.slots);
}

static void retires_a_slot_whose_generations_are_used_up(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    uint64_t name, other;
    struct thing *thing = take(&table, &name);
    thing->slot.generation = GR__SLOTS_RETIRED - 3;
    gr__slots_give(&table.slots, thing);
    assert_ptr_equal(take(&table, &name), thing);
    assert_int_equal(gr__handle_generation(name), GR__SLOTS_RETIRED - 1);
    gr__slots_give(&table.slots, thing);

    assert_ptr_not_equal(take(&table, &other), thing);
    assert_null(gr__slots_find(&table.slots, name));
    assert_null(gr__slots_find(&table.slots, 0));
    assert_int_equal(table.slots.live, 1);
    gr__slots_done(&table.slots);
    assert_int_equal(table.floor.generation, 0);
    assert_int_equal(table.floor.index, 2);
}

static void begins_the_next_table_above_all_generations(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    uint64_t old[2], young;
    take(&table, &old[0]);
    struct thing *thing = take(&table, &old[1]);
    for (int i = 0; i < 5; i++) {
        gr__slots_give(&table.slots, thing);
        thing = take(&table, &old[1]);
    }
    gr__slots_done(&table.slots);

    open_table(&table);
    for (int i = 0; i < 2; i++) {
        take(&table, &young);
        assert_true(gr__handle_generation(young) > gr__handle_generation(old[1]));
        assert_int_equal(gr__handle_index(young), i);
    }
    assert_null(gr__slots_find(&table.slots, old[0]));
    assert_null(gr__slots_find(&table.slots, old[1]));
    gr__slots_done(&table.slots);
}

static void begins_the_next_table_above_all_indices_past_the_half(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    uint64_t name, old;
    for (int i = 0; i < 300; i++)
        take(&table, &name);
    gr__slots_done(&table.slots);

    /* The second table is smaller than the first, whose indices count all the same. */
    open_table(&table);
    take(&table, &old)->slot.generation = (UINT32_C(1) << 31) + 1;
    old = gr__handle((UINT32_C(1) << 31) + 1, LOOP, gr__handle_index(old));
    assert_non_null(gr__slots_find(&table.slots, old));
    gr__slots_done(&table.slots);

    open_table(&table);
    struct thing *thing = take(&table, &name);
    assert_int_equal(gr__handle_index(name), 300);
    assert_int_equal(gr__handle_generation(name), 1);
    assert_ptr_equal(gr__slots_find(&table.slots, name), thing);
    assert_null(gr__slots_find(&table.slots, old));
    assert_ptr_equal(gr__slots_next(&table.slots, NULL), thing);
    gr__slots_done(&table.slots);
}

static void answers_null_when_full_and_recovers(void **state)
{
    (void)state;
    struct table table = {.floor.index = GR__INDICES_MAX - SMALLEST};
    open_table(&table);
    uint64_t name = 0;
    struct thing *thing = NULL;
    for (int i = 0; i < SMALLEST; i++)
        thing = take(&table, &name);
    assert_int_equal(gr__handle_index(name), GR__INDICES_MAX - 1);

    uint64_t untouched = 7;
    assert_null(gr__slots_take(&table.slots, &untouched));
    assert_int_equal(untouched, 7);
    gr__slots_give(&table.slots, thing);
    assert_ptr_equal(take(&table, &name), thing);
    gr__slots_done(&table.slots);
}

/* Where the last place would read as none. */
static void leaves_the_last_place_of_the_last_loop_unused(void **state)
{
    (void)state;
    struct table table = {.floor.index = GR__INDICES_MAX - SMALLEST};
    int rc = gr__slots_init(&table.slots, GR__LOOPS_MAX - 1, sizeof(struct thing), &table.floor);
    assert_int_equal(rc, 0);
    uint64_t name = 0;
    for (int i = 0; i < SMALLEST - 1; i++)
        take(&table, &name);
    assert_int_equal(gr__handle_index(name), GR__INDICES_MAX - 2);
    assert_null(gr__slots_take(&table.slots, &name));
    gr__slots_done(&table.slots);
}

static void refuses_a_table_when_the_indices_are_used_up(void **state)
{
    (void)state;
    struct table table = {.floor.index = GR__INDICES_MAX - SMALLEST + 1};
    int rc = gr__slots_init(&table.slots, LOOP, sizeof(struct thing), &table.floor);
    assert_int_equal(rc, -ENOMEM);
    gr__slots_done(&table.slots);
}

static void does_with_fewer_slots_when_addresses_are_short(void **state)
{
    (void)state;
    struct table table = {0};
    gr__memory_fail_after(0);
    open_table(&table);
    assert_int_equal(table.slots.limit, GR__INDICES_MAX / 2);
    gr__slots_done(&table.slots);
}

static void refuses_a_table_without_addresses(void **state)
{
    (void)state;
    struct table table = {0};
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    assert_int_equal(setrlimit(RLIMIT_AS, &(struct rlimit){1, limit.rlim_max}), 0);
    int rc = gr__slots_init(&table.slots, LOOP, sizeof(struct thing), &table.floor);
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);

    assert_int_equal(rc, -ENOMEM);
    gr__slots_done(&table.slots);
}

static void answers_null_without_memory_and_recovers(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    uint64_t name = 7;
    gr__memory_fail_after(0);
    assert_null(gr__slots_take(&table.slots, &name));
    assert_int_equal(name, 7);
    assert_int_equal(table.slots.live, 0);
    take(&table, &name);
    gr__slots_done(&table.slots);
}

static void ends_a_zero_table_quietly(void **state)
{
    (void)state;
    struct gr__slots zero = {0};
    gr__slots_done(&zero);
    gr__slots_done(&zero);
}

/* Takes and gives by chance, and asks after all names there ever were. */
static void confuses_no_two_names_in_a_long_life(void **state)
{
    (void)state;
    enum { THINGS = 50, NAMES = 20000 };
    static uint64_t names[NAMES];
    static bool live[NAMES];
    struct table table = {0};
    struct gr__random random;
    gr__random_seed(&random, 1);
    open_table(&table);

    int named = 0;
    while (named < NAMES) {
        int at = named > 0 ? (int)gr__random_below(&random, (uint64_t)named) : 0;
        if (named > THINGS)
            at = named - 1 - at % THINGS;
        struct thing *thing = named > 0 ? gr__slots_find(&table.slots, names[at]) : NULL;
        assert_int_equal(thing != NULL, live[at]);
        if (thing != NULL && gr__random_below(&random, 2) == 0) {
            assert_int_equal(thing->number, at);
            gr__slots_give(&table.slots, thing);
            live[at] = false;
        } else {
            take(&table, &names[named])->number = (uint64_t)named;
            live[named++] = true;
        }
    }
    for (int i = 0; i < NAMES; i++)
        assert_int_equal(gr__slots_find(&table.slots, names[i]) != NULL, live[i]);
    gr__slots_done(&table.slots);
}

#ifdef GR__POISON
static void poisons_what_is_free(void **state)
{
    (void)state;
    struct table table = {0};
    open_table(&table);
    uint64_t name = 0;
    struct thing *thing = take(&table, &name);
    assert_false(__asan_address_is_poisoned(&thing->number));
    gr__slots_give(&table.slots, thing);
    assert_true(__asan_address_is_poisoned(&thing->number));
    assert_false(__asan_address_is_poisoned(&thing->slot));
    take(&table, &name);
    assert_false(__asan_address_is_poisoned(&thing->rest[47]));
    gr__slots_done(&table.slots);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_name_names),
        cmocka_unit_test(finds_nothing_by_zero_stale_or_strange_names),
        cmocka_unit_test(takes_the_last_given_first),
        cmocka_unit_test(moves_no_slot_while_it_grows),
        cmocka_unit_test(holds_things_larger_than_a_step),
        cmocka_unit_test(walks_the_live_in_order_while_they_end),
        cmocka_unit_test(retires_a_slot_whose_generations_are_used_up),
        cmocka_unit_test(begins_the_next_table_above_all_generations),
        cmocka_unit_test(begins_the_next_table_above_all_indices_past_the_half),
        cmocka_unit_test(answers_null_when_full_and_recovers),
        cmocka_unit_test(leaves_the_last_place_of_the_last_loop_unused),
        cmocka_unit_test(refuses_a_table_when_the_indices_are_used_up),
        cmocka_unit_test(does_with_fewer_slots_when_addresses_are_short),
        cmocka_unit_test(refuses_a_table_without_addresses),
        cmocka_unit_test(answers_null_without_memory_and_recovers),
        cmocka_unit_test(ends_a_zero_table_quietly),
        cmocka_unit_test(confuses_no_two_names_in_a_long_life),
#ifdef GR__POISON
        cmocka_unit_test(poisons_what_is_free),
#endif
    };
    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
