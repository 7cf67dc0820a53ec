/* A stack is all its owner's, has a guard below it, and costs memory only while it is of use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coro/stack.h"

enum { SLOT_BYTES = 64 * 1024, MANY = 200, WARM = 32, TRIMMED_A_CALL = 64, COLOURS = 16 };

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void take(struct gr__stacks *stacks, struct gr__stack *taken, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(gr__stacks_take(stacks, &taken[i]), 0);
}

/* Back in reverse order, so that the first ones taken are the next to be taken. */
static void give(struct gr__stacks *stacks, const struct gr__stack *taken, size_t count)
{
    while (count-- > 0)
        gr__stacks_give(stacks, taken[count]);
}

/* Each call of trim takes some stacks one step further, of two. */
static void trim_all(struct gr__stacks *stacks)
{
    for (int calls = 1; gr__stacks_trim(stacks); calls++)
        assert_true(calls < 2 + 2 * MANY / TRIMMED_A_CALL);
}

static char *top_of(struct gr__stack stack)
{
    return stack.low + stack.bytes;
}

static void gives_all_bytes_it_promises_and_no_byte_twice(void **state)
{
    (void)state;
    struct gr__stacks stacks;
    struct gr__stack taken[MANY];
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    take(&stacks, taken, MANY);

    for (size_t i = 0; i < MANY; i++) {
        assert_in_range(taken[i].bytes, SLOT_BYTES - 2 * page_bytes(), SLOT_BYTES);
        memset(taken[i].low, (int)i, taken[i].bytes);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal((unsigned char)taken[i].low[0], i);
        assert_int_equal((unsigned char)top_of(taken[i])[-1], i);
    }

    give(&stacks, taken, MANY);
    gr__stacks_done(&stacks);
}

static void gives_the_last_one_back_first(void **state)
{
    (void)state;
    struct gr__stacks stacks;
    struct gr__stack taken[3], again;
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    take(&stacks, taken, 3);

    gr__stacks_give(&stacks, taken[0]);
    gr__stacks_give(&stacks, taken[2]);
    assert_int_equal(gr__stacks_take(&stacks, &again), 0);
    assert_ptr_equal(again.low, taken[2].low);
    assert_int_equal(gr__stacks_take(&stacks, &again), 0);
    assert_ptr_equal(again.low, taken[0].low);

    give(&stacks, taken, 3);
    gr__stacks_done(&stacks);
}

static void rounds_any_size_up_to_pages(void **state)
{
    (void)state;
    const size_t asked[] = {0, 1, 4097, 20000, 65537, 1 << 20};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct gr__stacks stacks;
        struct gr__stack stack;
        assert_int_equal(gr__stacks_init(&stacks, asked[i], false), 0);
        assert_int_equal(stacks.slot_bytes % page_bytes(), 0);
        assert_in_range(stacks.slot_bytes, asked[i], asked[i] + 2 * page_bytes());
        assert_int_equal(gr__stacks_take(&stacks, &stack), 0);
        memset(stack.low, 1, stack.bytes);
        gr__stacks_give(&stacks, stack);
        gr__stacks_done(&stacks);
    }
}

static void refuses_a_size_that_no_memory_has(void **state)
{
    (void)state;
    struct gr__stacks stacks;
    struct gr__stack stack = {0};
    assert_int_equal(gr__stacks_init(&stacks, SIZE_MAX, false), -EINVAL);
    assert_int_equal(gr__stacks_init(&stacks, SIZE_MAX / 2, false), -EINVAL);
    assert_int_equal(gr__stack_map(SIZE_MAX, false, &stack), -EINVAL);
    assert_int_equal(gr__stack_map(SIZE_MAX / 2, false, &stack), -EINVAL);
    assert_null(stack.low);
}

/* Neighbours would otherwise fight for the same lines of the cache. */
static void spreads_the_tops_over_their_page(void **state)
{
    (void)state;
    struct gr__stacks stacks;
    struct gr__stack taken[COLOURS];
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    take(&stacks, taken, COLOURS);

    for (size_t i = 0; i < COLOURS; i++) {
        assert_int_equal((uintptr_t)top_of(taken[i]) % 64, 0);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal((uintptr_t)top_of(taken[i]) % page_bytes(),
                                 (uintptr_t)top_of(taken[j]) % page_bytes());
    }

    give(&stacks, taken, COLOURS);
    gr__stacks_done(&stacks);
}

/* Whether a byte may not be written: a child that tries is killed. */
static bool kills_who_writes(char *address)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        *(volatile char *)address = 1;
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status);
}

/* From the lowest byte of the guard to the first one above it, which `low` is or is near. */
static void check_guard(struct gr__stack stack)
{
    char *above = stack.low - (uintptr_t)stack.low % page_bytes();
    assert_true(kills_who_writes(above - 1));
    assert_true(kills_who_writes(above - page_bytes()));
    assert_false(kills_who_writes(stack.low));

    assert_true(gr__stack_guards(stack, above - 1));
    assert_true(gr__stack_guards(stack, above - page_bytes()));
    assert_false(gr__stack_guards(stack, above));
    assert_false(gr__stack_guards(stack, above - page_bytes() - 1));
    assert_false(gr__stack_guards(stack, NULL));
}

static void check_guards_in_a_pool(bool force_mprotect)
{
    enum { SOME = 40 };
    struct gr__stacks stacks;
    struct gr__stack taken[SOME];
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, force_mprotect), 0);
    take(&stacks, taken, SOME);

    check_guard(taken[0]);
    check_guard(taken[SOME / 2]);
    check_guard(taken[SOME - 1]);

    give(&stacks, taken, SOME);
    gr__stacks_done(&stacks);
}

static void guards_each_stack_the_way_the_kernel_knows(void **state)
{
    (void)state;
    check_guards_in_a_pool(false);
}

static void guards_each_stack_by_mprotect(void **state)
{
    (void)state;
    check_guards_in_a_pool(true);
}

/* Trimming drops pages up to the guards, and must leave those. */
static void keeps_guards_when_it_is_trimmed(void **state)
{
    (void)state;
    for (int force_mprotect = 0; force_mprotect < 2; force_mprotect++) {
        struct gr__stacks stacks;
        struct gr__stack taken[MANY];
        assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, force_mprotect), 0);
        take(&stacks, taken, MANY);
        give(&stacks, taken, MANY);
        trim_all(&stacks);

        check_guard(taken[MANY - 1]);
        gr__stacks_done(&stacks);
    }
}

static void maps_single_stacks_of_any_size(void **state)
{
    (void)state;
    const size_t asked[] = {0, 1, 4096, 70000, 1 << 20};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct gr__stack stack;
        assert_int_equal(gr__stack_map(asked[i], i % 2 == 0, &stack), 0);
        assert_in_range(stack.bytes, asked[i], asked[i] + page_bytes());
        memset(stack.low, 1, stack.bytes);
        check_guard(stack);
        gr__stack_unmap(stack);
    }
}

/* By the size one can tell where a stack goes back to. */
static void tells_single_stacks_from_pooled_ones_by_size(void **state)
{
    (void)state;
    struct gr__stacks stacks;
    struct gr__stack stack;
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    assert_int_equal(gr__stack_map(stacks.stack_bytes, false, &stack), 0);
    assert_int_not_equal(stack.bytes, stacks.stack_bytes);
    gr__stack_unmap(stack);
    gr__stacks_done(&stacks);
}

static bool resident(const char *address)
{
    unsigned char in_core;
    uintptr_t page = (uintptr_t)address & ~(page_bytes() - 1);
    assert_int_equal(mincore((void *)page, 1, &in_core), 0);
    return in_core & 1;
}

/* Fill a pool with stacks that were used two pages deep; the last ones are next to be taken. */
static void use_and_give(struct gr__stacks *stacks, struct gr__stack *taken, size_t count)
{
    take(stacks, taken, count);
    for (size_t i = 0; i < count; i++) {
        top_of(taken[i])[-1] = 1;
        top_of(taken[i])[-8192] = 1;
    }
    for (size_t i = 0; i < count; i++)
        gr__stacks_give(stacks, taken[i]);
}

static void drops_pages_of_cold_stacks_in_two_steps(void **state)
{
    (void)state;
    enum { USED = 64, COLD = USED - WARM };
    struct gr__stacks stacks;
    struct gr__stack taken[USED];
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    use_and_give(&stacks, taken, USED);

    assert_true(gr__stacks_trim(&stacks));
    for (size_t i = 0; i < USED; i++) {
        assert_true(resident(top_of(taken[i]) - 1));
        assert_int_equal(resident(top_of(taken[i]) - 8192), i >= COLD);
    }

    assert_false(gr__stacks_trim(&stacks));
    for (size_t i = 0; i < USED; i++)
        assert_int_equal(resident(top_of(taken[i]) - 1), i >= COLD);

    gr__stacks_done(&stacks);
}

static void drops_pages_of_a_stack_but_once(void **state)
{
    (void)state;
    enum { USED = 64 };
    struct gr__stacks stacks;
    struct gr__stack taken[USED];
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    use_and_give(&stacks, taken, USED);
    trim_all(&stacks);

    top_of(taken[0])[-1] = 1;
    assert_false(gr__stacks_trim(&stacks));
    assert_true(resident(top_of(taken[0]) - 1));
    gr__stacks_done(&stacks);
}

static void drops_pages_again_once_a_stack_was_used_again(void **state)
{
    (void)state;
    enum { USED = 64 };
    struct gr__stacks stacks;
    struct gr__stack taken[USED];
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    for (int round = 0; round < 3; round++) {
        use_and_give(&stacks, taken, USED);
        assert_true(gr__stacks_trim(&stacks));
        assert_false(gr__stacks_trim(&stacks));
        assert_false(resident(top_of(taken[0]) - 1));
        assert_true(resident(top_of(taken[USED - 1]) - 1));
    }
    gr__stacks_done(&stacks);
}

static void drops_pages_of_no_more_stacks_a_call_than_it_says(void **state)
{
    (void)state;
    enum { USED = WARM + 2 * TRIMMED_A_CALL };
    struct gr__stacks stacks;
    struct gr__stack taken[USED];
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    use_and_give(&stacks, taken, USED);

    size_t dropped = 0;
    assert_true(gr__stacks_trim(&stacks));
    for (size_t i = 0; i < USED; i++)
        dropped += !resident(top_of(taken[i]) - 8192);
    assert_int_equal(dropped, TRIMMED_A_CALL);
    gr__stacks_done(&stacks);
}

/* Pages of address space, mapped for whatever end. */
static long mapped_pages(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &pages), 1);
    fclose(file);
    return pages;
}

static void survives_each_failure_to_grow(void **state)
{
    (void)state;
    struct gr__stacks stacks;
    struct gr__stack stack = {0};
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    long pages_before = mapped_pages();

    int nth = 1;
    gr__stack_fail_nth(nth);
    while (gr__stacks_take(&stacks, &stack) == -ENOMEM) {
        assert_null(stack.low);
        gr__stack_fail_nth(++nth);
    }
    gr__stack_fail_nth(0);
    assert_true(nth > 32);
    long slabs = (mapped_pages() - pages_before) * (long)page_bytes() / (32 * SLOT_BYTES);
    assert_in_range(slabs, 0, 4);

    memset(stack.low, 1, stack.bytes);
    gr__stacks_give(&stacks, stack);
    gr__stacks_done(&stacks);
}

static void survives_each_failure_to_map(void **state)
{
    (void)state;
    struct gr__stack stack = {0};
    for (int nth = 1; nth <= 2; nth++) {
        gr__stack_fail_nth(nth);
        assert_int_equal(gr__stack_map(SLOT_BYTES, false, &stack), -ENOMEM);
        assert_null(stack.low);
    }
    assert_int_equal(gr__stack_map(SLOT_BYTES, false, &stack), 0);
    gr__stack_unmap(stack);
}

static void ends_what_was_never_used(void **state)
{
    (void)state;
    struct gr__stacks stacks;
    assert_int_equal(gr__stacks_init(&stacks, SLOT_BYTES, false), 0);
    assert_false(gr__stacks_trim(&stacks));
    gr__stacks_done(&stacks);
    gr__stacks_done(&stacks);
    gr__stack_unmap((struct gr__stack){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_all_bytes_it_promises_and_no_byte_twice),
        cmocka_unit_test(gives_the_last_one_back_first),
        cmocka_unit_test(rounds_any_size_up_to_pages),
        cmocka_unit_test(refuses_a_size_that_no_memory_has),
        cmocka_unit_test(spreads_the_tops_over_their_page),
        cmocka_unit_test(guards_each_stack_the_way_the_kernel_knows),
        cmocka_unit_test(guards_each_stack_by_mprotect),
        cmocka_unit_test(keeps_guards_when_it_is_trimmed),
        cmocka_unit_test(maps_single_stacks_of_any_size),
        cmocka_unit_test(tells_single_stacks_from_pooled_ones_by_size),
        cmocka_unit_test(drops_pages_of_cold_stacks_in_two_steps),
        cmocka_unit_test(drops_pages_of_a_stack_but_once),
        cmocka_unit_test(drops_pages_again_once_a_stack_was_used_again),
        cmocka_unit_test(drops_pages_of_no_more_stacks_a_call_than_it_says),
        cmocka_unit_test(survives_each_failure_to_grow),
        cmocka_unit_test(survives_each_failure_to_map),
        cmocka_unit_test(ends_what_was_never_used),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
