/* A context comes back to where it was left with all that it had, and its stack has an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "coro/context.h"

enum { STACK_BYTES = 64 * 1024, FRAMES_MAX = 64 };

/* One coroutine, and the context of whoever runs it. */
struct coroutine {
    struct gr__context context;
    struct gr__context caller;
    char *stack;
    void (*body)(struct coroutine *self);
    bool ended;
    long number; /* for the bodies: something to count */
};

static void give_way(struct coroutine *self)
{
    gr__context_switch(&self->context, &self->caller);
}

static void run_body(void *argument)
{
    struct coroutine *self = argument;
    self->body(self);
    self->ended = true;
    for (;;)
        give_way(self);
}

static void start(struct coroutine *coroutine, void (*body)(struct coroutine *self))
{
    memset(coroutine, 0, sizeof *coroutine);
    coroutine->body = body;
    coroutine->stack = malloc(STACK_BYTES);
    assert_non_null(coroutine->stack);
    gr__context_adopt(&coroutine->caller);
    gr__context_make(&coroutine->context, coroutine->stack, STACK_BYTES, run_body, coroutine);
}

static void enter(struct coroutine *coroutine)
{
    gr__context_switch(&coroutine->caller, &coroutine->context);
}

static void stop(struct coroutine *coroutine)
{
    gr__context_done(&coroutine->context);
    free(coroutine->stack);
}

static void count_two(struct coroutine *self)
{
    self->number++;
    give_way(self);
    self->number++;
}

static void goes_on_where_it_was_left(void **state)
{
    (void)state;
    struct coroutine coroutine;
    start(&coroutine, count_two);

    assert_int_equal(coroutine.number, 0);
    enter(&coroutine);
    assert_int_equal(coroutine.number, 1);
    assert_false(coroutine.ended);
    enter(&coroutine);
    assert_int_equal(coroutine.number, 2);
    assert_true(coroutine.ended);
    stop(&coroutine);
}

static void count_forever(struct coroutine *self)
{
    for (;;) {
        self->number++;
        give_way(self);
    }
}

static void comes_back_half_a_million_times(void **state)
{
    (void)state;
    struct coroutine coroutine;
    start(&coroutine, count_forever);

    for (int i = 0; i < 500000; i++)
        enter(&coroutine);
    assert_int_equal(coroutine.number, 500000);
    stop(&coroutine);
}

/* The value, unknown to the compiler, which then has to keep it rather than work it out again. */
static inline uint64_t hidden(uint64_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

/* More whole numbers alive across the switch than there are registers that survive a call. */
static uint64_t keep_whole_numbers(struct coroutine *self, uint64_t seed,
                                   void (*leave)(struct coroutine *))
{
    uint64_t a = hidden(seed + 1), b = hidden(seed + 2), c = hidden(seed + 3);
    uint64_t d = hidden(seed + 4), e = hidden(seed + 5), f = hidden(seed + 6);
    uint64_t g = hidden(seed + 7), h = hidden(seed + 8), i = hidden(seed + 9);
    uint64_t j = hidden(seed + 10), k = hidden(seed + 11);
    leave(self);
    return a * 1 + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10 + k * 11;
}

static uint64_t expected_whole_number(uint64_t seed)
{
    uint64_t sum = 0;
    for (uint64_t n = 1; n <= 11; n++)
        sum += (seed + n) * n;
    return sum;
}

static void keep_whole_numbers_there(struct coroutine *self)
{
    for (uint64_t round = 0; round < 100; round++) {
        if (keep_whole_numbers(self, round << 32, give_way) == expected_whole_number(round << 32))
            self->number++;
    }
}

static void keeps_whole_numbers_on_both_sides(void **state)
{
    (void)state;
    struct coroutine coroutine;
    start(&coroutine, keep_whole_numbers_there);

    for (uint64_t round = 0; round < 101; round++)
        assert_int_equal(keep_whole_numbers(&coroutine, round << 48, enter),
                         expected_whole_number(round << 48));
    assert_true(coroutine.ended);
    assert_int_equal(coroutine.number, 100);
    stop(&coroutine);
}

/* As many real numbers alive across a switch without a call around it. */
static double keep_real_numbers(struct gr__context *from, struct gr__context *to,
                                const volatile double *seed)
{
    double a = *seed + 1, b = *seed + 2, c = *seed + 3, d = *seed + 4, e = *seed + 5;
    double f = *seed + 6, g = *seed + 7, h = *seed + 8, i = *seed + 9;
    long double j = (long double)*seed + 10;
    gr__context_switch(from, to);
    return a * 1 + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + (double)j * 10;
}

static void keep_real_numbers_there(struct coroutine *self)
{
    for (volatile double seed = 0; seed < 100; seed += 1) {
        if (keep_real_numbers(&self->context, &self->caller, &seed) == seed * 55 + 385)
            self->number++;
    }
}

static void keeps_real_numbers_on_both_sides(void **state)
{
    (void)state;
    struct coroutine coroutine;
    start(&coroutine, keep_real_numbers_there);

    for (volatile double seed = 1000; seed < 1101; seed += 1) {
        double kept = keep_real_numbers(&coroutine.caller, &coroutine.context, &seed);
        assert_true(kept == seed * 55 + 385);
    }
    assert_true(coroutine.ended);
    assert_int_equal(coroutine.number, 100);
    stop(&coroutine);
}

/* A sum whose terms wait on the stack, each in its own frame, while the stacks are switched. */
static long double deep_sum(struct coroutine *self, int depth, long double term)
{
    double half = (double)term / 2;
    if (depth == 0) {
        give_way(self);
        return term;
    }
    long double rest = deep_sum(self, depth - 1, term * 0.5L);
    give_way(self);
    return rest + (long double)half + (long double)half;
}

static void sum_deep(struct coroutine *self)
{
    long double sum = deep_sum(self, 20, 1.0L);
    self->number = sum == 2.0L - 1.0L / (1 << 20);
}

static void keeps_floating_point_values_deep_in_the_stack(void **state)
{
    (void)state;
    struct coroutine one, other;
    start(&one, sum_deep);
    start(&other, sum_deep);

    double mine = 1.0;
    while (!one.ended || !other.ended) {
        enter(&one);
        mine *= 1.5;
        enter(&other);
        mine /= 1.5;
    }
    assert_true(mine == 1.0);
    assert_true(one.number);
    assert_true(other.number);
    stop(&one);
    stop(&other);
}

/* The compiler counts on an aligned stack at the entry when it places a local like this. */
static void look_at_alignment(struct coroutine *self)
{
    _Alignas(16) volatile double pair[2] = {1.0, 2.0};
    self->number = (long)(hidden((uintptr_t)pair) % 16);
}

static void aligns_a_fresh_stack_of_any_size(void **state)
{
    (void)state;
    for (size_t odd = 0; odd < 32; odd++) {
        struct coroutine coroutine;
        start(&coroutine, look_at_alignment);
        gr__context_done(&coroutine.context);
        gr__context_make(&coroutine.context, coroutine.stack + odd / 2, STACK_BYTES - odd, run_body,
                         &coroutine);

        enter(&coroutine);
        assert_true(coroutine.ended);
        assert_int_equal(coroutine.number, 0);
        stop(&coroutine);
    }
}

enum { RING = 300 };

struct ring {
    struct gr__context thread;
    struct gr__context contexts[RING];
    long visits;
};

struct seat {
    struct ring *ring;
    int number;
};

/* Passes on to the next seat; the last one passes to the thread. */
static void sit(void *argument)
{
    struct seat seat = *(struct seat *)argument;
    struct ring *ring = seat.ring;
    for (;;) {
        ring->visits++;
        gr__context_switch(&ring->contexts[seat.number], seat.number + 1 < RING
                                                             ? &ring->contexts[seat.number + 1]
                                                             : &ring->thread);
    }
}

static void goes_round_many_stacks_without_the_thread_between(void **state)
{
    (void)state;
    struct ring *ring = calloc(1, sizeof *ring);
    struct seat *seats = calloc(RING, sizeof *seats);
    char *stacks = malloc(RING * (size_t)STACK_BYTES);
    assert_true(ring != NULL && seats != NULL && stacks != NULL);
    gr__context_adopt(&ring->thread);
    for (int i = 0; i < RING; i++) {
        seats[i] = (struct seat){ring, i};
        gr__context_make(&ring->contexts[i], stacks + (size_t)i * STACK_BYTES, STACK_BYTES, sit,
                         &seats[i]);
    }

    for (int round = 1; round <= 100; round++) {
        gr__context_switch(&ring->thread, &ring->contexts[0]);
        assert_int_equal(ring->visits, round * RING);
    }

    for (int i = 0; i < RING; i++)
        gr__context_done(&ring->contexts[i]);
    free(stacks);
    free(seats);
    free(ring);
}

/* How many frames a backtrace has; 0 if one of them is in no code. */
static long frames_here(void)
{
    void *frames[FRAMES_MAX];
    Dl_info where;
    int count = backtrace(frames, FRAMES_MAX);
    for (int i = 0; i < count; i++) {
        if (dladdr(frames[i], &where) == 0)
            return 0;
    }
    return count;
}

static void count_frames(struct coroutine *self)
{
    for (;;) {
        self->number = frames_here();
        give_way(self);
    }
}

static __attribute__((noinline)) long frames_seen_from(struct coroutine *coroutine, int depth)
{
    if (depth == 0)
        enter(coroutine);
    else
        frames_seen_from(coroutine, depth - 1);
    __asm__ volatile("" ::: "memory");
    return coroutine->number;
}

static void ends_a_backtrace_where_its_stack_does(void **state)
{
    (void)state;
    struct coroutine coroutine;
    start(&coroutine, count_frames);

    long frames = frames_seen_from(&coroutine, 0);
    assert_in_range(frames, 2, 10);
    assert_int_equal(frames_seen_from(&coroutine, 0), frames);
    assert_int_equal(frames_seen_from(&coroutine, 20), frames);
    stop(&coroutine);
}

/* Leaves a frame behind that sanitizers have fenced in. */
static void leave_in_the_middle(struct coroutine *self)
{
    volatile char fenced[4096];
    for (size_t i = 0; i < sizeof fenced; i++)
        fenced[i] = (char)i;
    give_way(self);
    self->number = fenced[17];
}

static void write_all_over(struct coroutine *self)
{
    volatile char wide[STACK_BYTES / 2];
    for (size_t i = 0; i < sizeof wide; i++)
        wide[i] = 1;
    self->number = wide[sizeof wide / 3];
}

static void leaves_its_stack_fit_for_another(void **state)
{
    (void)state;
    struct coroutine coroutine;
    start(&coroutine, leave_in_the_middle);
    enter(&coroutine);
    assert_false(coroutine.ended);

    gr__context_done(&coroutine.context);
    memset(coroutine.stack, 0, STACK_BYTES);
    coroutine.body = write_all_over;
    gr__context_make(&coroutine.context, coroutine.stack, STACK_BYTES, run_body, &coroutine);
    enter(&coroutine);
    assert_true(coroutine.ended);
    assert_int_equal(coroutine.number, 1);
    stop(&coroutine);
}

static __attribute__((noinline)) void leave_at_depth(struct coroutine *self, int depth)
{
    volatile char fenced[64];
    fenced[depth] = 1;
    if (depth == 0)
        give_way(self);
    else
        leave_at_depth(self, depth - 1);
    self->number += fenced[depth];
}

static void leave_deep_down(struct coroutine *self)
{
    leave_at_depth(self, 40);
}

/* A tool that takes all stacks for one would see a single one here that grows and grows. */
static void forgets_stacks_that_were_left_deep_down(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        struct coroutine coroutine;
        start(&coroutine, leave_deep_down);
        enter(&coroutine);
        assert_int_equal(coroutine.number, 0);
        stop(&coroutine);
    }
}

static void ends_without_ever_having_begun(void **state)
{
    (void)state;
    struct coroutine coroutine;
    start(&coroutine, count_two);
    stop(&coroutine);
    assert_int_equal(coroutine.number, 0);
}

static void may_lie_on_the_stack_it_stands_for(void **state)
{
    (void)state;
    char *stack = malloc(STACK_BYTES);
    assert_non_null(stack);
    uintptr_t top = (uintptr_t)stack + STACK_BYTES;
    struct coroutine *coroutine = (void *)((top - sizeof *coroutine) & ~(uintptr_t)63);
    memset(coroutine, 0, sizeof *coroutine);
    coroutine->body = count_two;
    gr__context_adopt(&coroutine->caller);
    gr__context_make(&coroutine->context, stack, (size_t)((char *)coroutine - stack), run_body,
                     coroutine);

    enter(coroutine);
    enter(coroutine);
    assert_true(coroutine->ended);
    gr__context_done(&coroutine->context);
    free(stack);
}

static void jump_within(struct coroutine *self)
{
    jmp_buf place;
    if (setjmp(place) == 0) {
        give_way(self);
        longjmp(place, 1);
    }
    self->number = 7;
}

static void lets_a_coroutine_jump_within_its_stack(void **state)
{
    (void)state;
    struct coroutine coroutine;
    start(&coroutine, jump_within);
    enter(&coroutine);
    enter(&coroutine);
    assert_int_equal(coroutine.number, 7);
    stop(&coroutine);
}

static void *count_on_a_thread(void *argument)
{
    struct coroutine coroutine;
    start(&coroutine, count_forever);
    for (int i = 0; i < 10000; i++)
        enter(&coroutine);
    *(long *)argument = coroutine.number;
    stop(&coroutine);
    return NULL;
}

static void leaves_each_thread_to_its_own_stacks(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    long counts[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_on_a_thread, &counts[i]), 0);

    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(counts[i], 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_where_it_was_left),
        cmocka_unit_test(comes_back_half_a_million_times),
        cmocka_unit_test(keeps_whole_numbers_on_both_sides),
        cmocka_unit_test(keeps_real_numbers_on_both_sides),
        cmocka_unit_test(keeps_floating_point_values_deep_in_the_stack),
        cmocka_unit_test(aligns_a_fresh_stack_of_any_size),
        cmocka_unit_test(goes_round_many_stacks_without_the_thread_between),
        cmocka_unit_test(ends_a_backtrace_where_its_stack_does),
        cmocka_unit_test(leaves_its_stack_fit_for_another),
        cmocka_unit_test(forgets_stacks_that_were_left_deep_down),
        cmocka_unit_test(ends_without_ever_having_begun),
        cmocka_unit_test(may_lie_on_the_stack_it_stands_for),
        cmocka_unit_test(lets_a_coroutine_jump_within_its_stack),
        cmocka_unit_test(leaves_each_thread_to_its_own_stacks),
    };
    return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
