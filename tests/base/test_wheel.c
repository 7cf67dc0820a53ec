/* Timers fire in the order of their deadlines, those of one deadline in the order of starting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/wheel.h"

static struct gr__wheel wheel;

/* A timer that writes down that it fired. */
struct noted {
    struct gr__timer timer;
    int number;
};

static int notes[64];
static int noted;

static void note(struct gr__timer *timer)
{
    notes[noted++] = gr__container_of(timer, struct noted, timer)->number;
}

static void begin(gr_time now)
{
    gr__wheel_init(&wheel, now);
    noted = 0;
}

static void check_noted(int count, const int *numbers)
{
    assert_int_equal(noted, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(notes[i], numbers[i]);
}

static void fires_by_deadline(void **state)
{
    (void)state;
    struct noted timers[5];
    const gr_time deadlines[] = {5000000000, 70, 64, 4097, 65};
    begin(10);
    for (int i = 0; i < 5; i++) {
        timers[i] = (struct noted){.timer.fire = note, .number = i};
        gr__wheel_start(&wheel, &timers[i].timer, deadlines[i]);
    }
    assert_int_equal(wheel.live, 5);

    assert_int_equal(gr__wheel_advance(&wheel, 63, 100), 0);
    assert_int_equal(gr__wheel_advance(&wheel, 64, 100), 1);
    assert_int_equal(gr__wheel_advance(&wheel, 5000, 100), 3);
    check_noted(4, (const int[]){2, 4, 1, 3});
    assert_int_equal(gr__wheel_advance(&wheel, 4999999999, 100), 0);
    assert_int_equal(gr__wheel_advance(&wheel, 5000000000, 100), 1);
    assert_int_equal(wheel.live, 0);
}

/*
 * The first starts while its deadline is far away, the second when time has come near it,
 * the third when it has passed but other timers were in the way.
 */
static void fires_those_of_one_deadline_in_the_order_of_starting(void **state)
{
    (void)state;
    struct noted timers[5];
    for (int i = 0; i < 5; i++)
        timers[i] = (struct noted){.timer.fire = note, .number = i};
    begin(0);
    gr__wheel_start(&wheel, &timers[0].timer, 1000000);
    gr__wheel_start(&wheel, &timers[3].timer, 999999);
    gr__wheel_advance(&wheel, 900000, 100);
    gr__wheel_start(&wheel, &timers[1].timer, 1000000);
    gr__wheel_advance(&wheel, 999990, 100);
    gr__wheel_start(&wheel, &timers[2].timer, 1000000);
    assert_int_equal(gr__wheel_advance(&wheel, 1000005, 1), 1);
    gr__wheel_start(&wheel, &timers[4].timer, 1000000);
    assert_int_equal(gr__wheel_advance(&wheel, 1000005, 100), 4);
    check_noted(5, (const int[]){3, 0, 1, 2, 4});
}

static void fires_a_passed_deadline_at_the_next_advance(void **state)
{
    (void)state;
    struct noted timers[3];
    const gr_time deadlines[] = {100, 3, -7};
    begin(100);
    for (int i = 0; i < 3; i++) {
        timers[i] = (struct noted){.timer.fire = note, .number = i};
        gr__wheel_start(&wheel, &timers[i].timer, deadlines[i]);
    }
    assert_true(gr__wheel_next(&wheel) <= 100);
    assert_int_equal(gr__wheel_advance(&wheel, 100, 100), 3);
    check_noted(3, (const int[]){0, 1, 2});
}

static void fires_no_more_than_it_was_told(void **state)
{
    (void)state;
    struct noted timers[10];
    begin(0);
    for (int i = 0; i < 10; i++) {
        timers[i] = (struct noted){.timer.fire = note, .number = i};
        gr__wheel_start(&wheel, &timers[i].timer, 5 + i / 5);
    }
    assert_int_equal(gr__wheel_advance(&wheel, 50, 0), 0);
    assert_int_equal(gr__wheel_advance(&wheel, 50, 3), 3);
    assert_true(gr__wheel_next(&wheel) <= 50);
    assert_int_equal(wheel.live, 7);
    gr__wheel_cancel(&wheel, &timers[3].timer);
    gr__wheel_cancel(&wheel, &timers[4].timer);
    assert_int_equal(gr__wheel_advance(&wheel, 50, 3), 3);
    assert_int_equal(gr__wheel_advance(&wheel, 50, 3), 2);
    check_noted(8, (const int[]){0, 1, 2, 5, 6, 7, 8, 9});
}

static void cancels_what_has_not_fired_and_nothing_else(void **state)
{
    (void)state;
    struct noted timer = {.timer.fire = note};
    begin(0);
    gr__wheel_cancel(&wheel, &timer.timer);
    gr__wheel_start(&wheel, &timer.timer, 1000);
    gr__wheel_cancel(&wheel, &timer.timer);
    gr__wheel_cancel(&wheel, &timer.timer);
    assert_int_equal(wheel.live, 0);
    assert_int_equal(gr__wheel_next(&wheel), GR_FOREVER);
    assert_int_equal(gr__wheel_advance(&wheel, 2000, 100), 0);

    gr__wheel_start(&wheel, &timer.timer, 2001);
    assert_int_equal(gr__wheel_advance(&wheel, 2001, 100), 1);
    gr__wheel_cancel(&wheel, &timer.timer);
    assert_int_equal(wheel.live, 0);
}

/* Whoever sleeps until next wakes once for a lone timer, and never for a cancelled one. */
static void knows_the_time_of_a_few_timers(void **state)
{
    (void)state;
    struct noted near = {.timer.fire = note}, far = {.timer.fire = note};
    begin(12345);
    assert_int_equal(gr__wheel_next(&wheel), GR_FOREVER);
    gr__wheel_start(&wheel, &far.timer, 7000000001);
    assert_int_equal(gr__wheel_next(&wheel), 7000000001);
    gr__wheel_start(&wheel, &near.timer, 6999999999);
    assert_int_equal(gr__wheel_next(&wheel), 6999999999);
    gr__wheel_cancel(&wheel, &near.timer);
    assert_int_equal(gr__wheel_next(&wheel), 7000000001);
    assert_int_equal(gr__wheel_advance(&wheel, 7000000001, 1), 1);
    assert_int_equal(gr__wheel_next(&wheel), GR_FOREVER);
}

static void comes_to_any_timer_in_few_steps(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    struct noted timers[COUNT];
    for (int digit = 0; digit < 62; digit++) {
        begin(1);
        for (int i = 0; i < COUNT; i++) {
            timers[i] = (struct noted){.timer.fire = note, .number = i};
            gr__wheel_start(&wheel, &timers[i].timer, ((gr_time)1 << digit) + 3);
        }
        int steps = 0;
        while (gr__wheel_advance(&wheel, gr__wheel_next(&wheel), COUNT) == 0)
            steps++;
        assert_in_range(steps, 0, GR__WHEEL_LEVELS);
        assert_int_equal(noted, COUNT);
        assert_int_equal(wheel.time, ((gr_time)1 << digit) + 3);
    }
}

static void reaches_the_end_of_time(void **state)
{
    (void)state;
    struct noted last = {.timer.fire = note}, mate = {.timer.fire = note, .number = 1};
    begin(0);
    gr__wheel_start(&wheel, &last.timer, GR_FOREVER - 1);
    gr__wheel_start(&wheel, &mate.timer, GR_FOREVER - 1);
    assert_int_equal(gr__wheel_advance(&wheel, GR_FOREVER - 2, 9), 0);
    assert_int_equal(gr__wheel_advance(&wheel, GR_FOREVER - 1, 9), 2);
    check_noted(2, (const int[]){0, 1});
}

static void start_again(struct gr__timer *timer)
{
    note(timer);
    gr__wheel_start(&wheel, timer, timer->deadline);
}

static void ends_an_advance_though_timers_start_themselves(void **state)
{
    (void)state;
    struct noted timers[2];
    begin(0);
    for (int i = 0; i < 2; i++) {
        timers[i] = (struct noted){.timer.fire = start_again, .number = i};
        gr__wheel_start(&wheel, &timers[i].timer, 10 + i);
    }
    assert_int_equal(gr__wheel_advance(&wheel, 20, 100), 2);
    assert_int_equal(wheel.live, 2);
    assert_true(gr__wheel_next(&wheel) <= 20);
    assert_int_equal(gr__wheel_advance(&wheel, 20, 100), 2);
    check_noted(4, (const int[]){0, 1, 0, 1});
}

static void free_timer(struct gr__timer *timer)
{
    note(timer);
    free(gr__container_of(timer, struct noted, timer));
}

static void lets_a_timer_end_its_own_memory(void **state)
{
    (void)state;
    begin(0);
    for (int i = 0; i < 10; i++) {
        struct noted *timer = calloc(1, sizeof *timer);
        assert_non_null(timer);
        timer->timer.fire = free_timer;
        gr__wheel_start(&wheel, &timer->timer, 100 + i / 5);
    }
    assert_int_equal(gr__wheel_advance(&wheel, 200, 100), 10);
}

/*
 * The model: all timers in one array, the next one found by looking at each. Timers that
 * are started when their deadline has passed have none until the next advance.
 */
enum { MODEL_TIMERS = 300 };

struct modelled {
    struct gr__timer timer;
    bool live;
    bool late;
    gr_time deadline; /* once live, and not late: when it counts as due */
    uint64_t number;  /* once live: how many were started before it */
};

static struct {
    struct modelled timers[MODEL_TIMERS];
    struct gr__random random;
    uint64_t started;
    size_t live;
    gr_time time; /* the wheel's, after the last advance */
    gr_time now;
} model;

static uint64_t below(uint64_t bound)
{
    return gr__random_below(&model.random, bound);
}

static bool before(const struct modelled *one, const struct modelled *other)
{
    if (one->deadline != other->deadline)
        return one->deadline < other->deadline;
    return one->number < other->number;
}

static struct modelled *model_next(void)
{
    struct modelled *next = NULL;
    for (int i = 0; i < MODEL_TIMERS; i++) {
        struct modelled *timer = &model.timers[i];
        if (timer->live && !timer->late && (next == NULL || before(timer, next)))
            next = timer;
    }
    return next;
}

static void model_settle_late(void)
{
    for (int i = 0; i < MODEL_TIMERS; i++) {
        struct modelled *timer = &model.timers[i];
        if (timer->live && timer->late && timer->deadline < model.time)
            timer->deadline = model.time;
        timer->late = false;
    }
}

static gr_time any_deadline(void)
{
    switch (below(5)) {
    case 0:
        return model.now - (gr_time)below(100);
    case 1:
        return model.now + (gr_time)below(50);
    case 2:
        return model.now + (gr_time)below(10000);
    case 3:
        return (model.now + 1000) / 1000 * 1000; /* many of these are the same */
    default:
        return model.now + (gr_time)(gr__random_next(&model.random) >> (20 + below(44)));
    }
}

static void start_or_cancel_any(void)
{
    struct modelled *timer = &model.timers[below(MODEL_TIMERS)];
    if (timer->live || below(4) == 0) {
        gr__wheel_cancel(&wheel, &timer->timer);
        model.live -= timer->live;
        timer->live = false;
        return;
    }
    timer->deadline = any_deadline();
    timer->late = timer->deadline <= model.now;
    timer->live = true;
    timer->number = model.started++;
    model.live++;
    gr__wheel_start(&wheel, &timer->timer, timer->deadline);
}

static void fire_modelled(struct gr__timer *fired)
{
    struct modelled *timer = gr__container_of(fired, struct modelled, timer);
    assert_ptr_equal(timer, model_next());
    assert_true(timer->deadline <= model.now);
    model.time = timer->deadline;
    timer->live = false;
    model.live--;
    for (uint64_t i = below(4); i > 0; i--)
        start_or_cancel_any();
}

static void check_against_model(void)
{
    assert_int_equal(wheel.live, model.live);
    gr_time next = gr__wheel_next(&wheel);
    if (model.live == 0)
        assert_int_equal(next, GR_FOREVER);
    for (int i = 0; i < MODEL_TIMERS; i++) {
        const struct modelled *timer = &model.timers[i];
        if (timer->live)
            assert_true(next <= (timer->deadline > model.time ? timer->deadline : model.time));
    }
}

static void advance_modelled(gr_time now, size_t most)
{
    model_settle_late();
    model.now = now;
    size_t fired = gr__wheel_advance(&wheel, now, most);
    assert_true(wheel.time >= model.time);
    assert_true(model_next() == NULL || wheel.time <= model_next()->deadline);
    if (fired < most && gr__wheel_next(&wheel) > now)
        assert_true(model_next() == NULL || model_next()->deadline > now);
    model.time = wheel.time;
}

static void run_model(uint64_t seed, int rounds, unsigned patience)
{
    memset(&model, 0, sizeof model);
    gr__random_seed(&model.random, seed);
    model.now = (gr_time)(gr__random_next(&model.random) >> (2 + below(60)));
    model.time = model.now;
    for (int i = 0; i < MODEL_TIMERS; i++)
        model.timers[i].timer.fire = fire_modelled;
    begin(model.now);
    wheel.patience = patience;
    for (int round = 0; round < rounds; round++) {
        for (uint64_t i = below(20); i > 0; i--)
            start_or_cancel_any();
        check_against_model();
        gr_time next = gr__wheel_next(&wheel);
        gr_time now = model.now + (gr_time)(below(3) * below(1000));
        bool to_next = below(3) == 0 && next > now && next < GR_FOREVER / 2;
        advance_modelled(to_next ? next : now, 1 + below(30));
    }
}

static void agrees_with_a_model_that_looks_at_every_timer(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        run_model(seed, 500, 4096);
    for (uint64_t seed = 21; seed <= 40; seed++)
        run_model(seed, 500, 1 + (unsigned)seed % 7);
}

/* A million at once: every third is cancelled, the others fire in order. */
enum { MILLION = 1000000 };

static struct {
    size_t fired;
    gr_time last_deadline;
    const struct gr__timer *last;
    bool out_of_order;
} many;

static void fire_one_of_many(struct gr__timer *timer)
{
    bool same = timer->deadline == many.last_deadline;
    many.out_of_order |= timer->deadline < many.last_deadline || (same && timer < many.last);
    many.last_deadline = timer->deadline;
    many.last = timer;
    many.fired++;
}

static void keeps_a_million_in_order(void **state)
{
    (void)state;
    struct gr__timer *timers = calloc(MILLION, sizeof *timers);
    assert_non_null(timers);
    struct gr__random random;
    gr__random_seed(&random, 7);
    memset(&many, 0, sizeof many);
    begin(1000);
    for (int i = 0; i < MILLION; i++) {
        gr_time deadline = 1001 + (gr_time)gr__random_below(&random, i % 2 ? 1000 : GR_SECOND);
        timers[i].fire = fire_one_of_many;
        gr__wheel_start(&wheel, &timers[i], deadline);
    }
    assert_int_equal(wheel.live, MILLION);
    for (int i = 0; i < MILLION; i += 3)
        gr__wheel_cancel(&wheel, &timers[i]);

    size_t kept = MILLION - (MILLION + 2) / 3;
    assert_int_equal(wheel.live, kept);
    for (gr_time now = 1000; wheel.live > 0; now += GR_MILLISECOND)
        do {
            size_t fired = gr__wheel_advance(&wheel, now, 1000);
            assert_in_range(fired, 0, 1000);
        } while (gr__wheel_next(&wheel) <= now);
    assert_int_equal(many.fired, kept);
    assert_false(many.out_of_order);
    free(timers);
}

/* The clock cannot be trusted to be quick, but places can be counted. */
static void holds_nobody_up_over_a_full_slot(void **state)
{
    (void)state;
    enum { COUNT = 5000, PATIENCE = 100 };
    struct gr__timer *timers = calloc(COUNT, sizeof *timers);
    assert_non_null(timers);
    memset(&many, 0, sizeof many);
    begin(0);
    wheel.patience = PATIENCE;
    for (int i = 0; i < COUNT; i++) {
        timers[i].fire = fire_one_of_many;
        gr__wheel_start(&wheel, &timers[i], 10 * GR_SECOND + i % 7);
    }

    int advances = 0;
    for (; many.fired < COUNT; advances++)
        assert_in_range(gr__wheel_advance(&wheel, 11 * GR_SECOND, PATIENCE), 0, PATIENCE);
    assert_in_range(advances, 2 * COUNT / PATIENCE, 4 * COUNT / PATIENCE * GR__WHEEL_LEVELS);
    assert_false(many.out_of_order);
    free(timers);
}

/* Three are due where their slot begins; the fourth comes when only one of them was placed. */
static void lets_nobody_overtake_a_slot_that_is_spreading(void **state)
{
    (void)state;
    struct noted timers[4];
    begin(0);
    wheel.patience = 1;
    for (int i = 0; i < 4; i++)
        timers[i] = (struct noted){.timer.fire = note, .number = i};
    for (int i = 0; i < 3; i++)
        gr__wheel_start(&wheel, &timers[i].timer, 64);
    assert_int_equal(gr__wheel_advance(&wheel, 70, 100), 1);
    gr__wheel_start(&wheel, &timers[3].timer, 10);

    while (gr__wheel_next(&wheel) <= 70)
        gr__wheel_advance(&wheel, 70, 100);
    check_noted(4, (const int[]){0, 1, 2, 3});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_by_deadline),
        cmocka_unit_test(fires_those_of_one_deadline_in_the_order_of_starting),
        cmocka_unit_test(fires_a_passed_deadline_at_the_next_advance),
        cmocka_unit_test(fires_no_more_than_it_was_told),
        cmocka_unit_test(cancels_what_has_not_fired_and_nothing_else),
        cmocka_unit_test(knows_the_time_of_a_few_timers),
        cmocka_unit_test(comes_to_any_timer_in_few_steps),
        cmocka_unit_test(reaches_the_end_of_time),
        cmocka_unit_test(ends_an_advance_though_timers_start_themselves),
        cmocka_unit_test(lets_a_timer_end_its_own_memory),
        cmocka_unit_test(agrees_with_a_model_that_looks_at_every_timer),
        cmocka_unit_test(keeps_a_million_in_order),
        cmocka_unit_test(holds_nobody_up_over_a_full_slot),
        cmocka_unit_test(lets_nobody_overtake_a_slot_that_is_spreading),
    };
    return cmocka_run_group_tests_name("wheel", tests, NULL, NULL);
}
