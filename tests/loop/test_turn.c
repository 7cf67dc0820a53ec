/* Who runs when: a loop's turn, slice and quantum, on a clock that moves as each task says. */
#include <string.h>

#include "lib/fixture.h"
#include "lib/toy.h"
#include "loop/loop.h"

enum { TASKS_MAX = 256, LOOPS = 4 };

static struct gr__depot depot;
static struct toy toy;
static struct gr__loop loops[LOOPS];

static int set_up(void **state)
{
    (void)state;
    toy = make_toy(GR_SECOND, 1);
    int rc = gr__depot_init(&depot);
    for (unsigned i = 0; rc == 0 && i < LOOPS; i++)
        rc = gr__loop_init(&loops[i], i, LOOPS, &toy.host, &depot);
    return rc;
}

static int tear_down(void **state)
{
    (void)state;
    /* What is left there was on the test's stack. */
    loops[0].ready.first = loops[0].ahead.first = loops[0].held.first = NULL;
    loops[0].behind.first = NULL;
    for (unsigned i = 0; i < LOOPS; i++)
        gr__loop_close(&loops[i]);
    for (unsigned i = 0; i < LOOPS; i++)
        gr__loop_done(&loops[i]);
    gr__depot_done(&depot);
    return 0;
}

static void turn(void)
{
    gr__loop_turn(&loops[0], false);
}

/* --- What is put ahead --------------------------------------------------------------------- */

/* A task that notes its name, takes its time, and puts its children ahead. */
struct step {
    struct gr__task task;
    char name;
    gr_time takes;
    struct step *children[2];
};

static char trace[2 * TASKS_MAX];

static void take_step(struct gr__task *task)
{
    const struct step *step = gr__container_of(task, struct step, task);
    size_t length = strlen(trace) % (sizeof trace - 1);
    trace[length] = step->name;
    trace[length + 1] = '\0';
    toy.now += step->takes;
    for (int i = 0; i < 2; i++)
        if (step->children[i] != NULL)
            gr__loop_ready_ahead(&loops[0], &step->children[i]->task);
}

static const struct gr__task_class step_class = {"a step", take_step, NULL, NULL};

static struct step step(char name, struct step *first, struct step *second)
{
    return (struct step){{NULL, &step_class}, name, 0, {first, second}};
}

static void walks_what_is_put_ahead_branch_by_branch(void **state)
{
    (void)state;
    struct step d = step('d', NULL, NULL), c = step('c', NULL, NULL);
    struct step b = step('b', &c, NULL), e = step('e', NULL, NULL);
    struct step a = step('a', &b, &d);
    trace[0] = '\0';
    gr__loop_ready(&loops[0], &a.task);
    gr__loop_ready(&loops[0], &e.task);
    turn();
    assert_string_equal(trace, "abcde");
}

/* Until a slice is over; then those behind have one. */
static void lets_those_behind_have_every_other_slice(void **state)
{
    (void)state;
    struct step endless = step('x', &endless, NULL);
    struct step behind[3] = {step('1', NULL, NULL), step('2', NULL, NULL), step('3', NULL, NULL)};
    endless.takes = 20 * GR_MICROSECOND;
    trace[0] = '\0';
    gr__loop_ready_ahead(&loops[0], &endless.task);
    for (int i = 0; i < 3; i++)
        gr__loop_ready(&loops[0], &behind[i].task);
    turn();
    assert_null(strpbrk(trace, "123"));
    turn();
    assert_non_null(strstr(trace, "123"));
    turn();
    assert_int_equal(trace[strlen(trace) - 1], 'x');
}

/* It goes ahead of its sibling again and again; that one has its turn too. */
static void lets_the_last_of_those_ahead_run_in_the_end(void **state)
{
    (void)state;
    struct step endless = step('x', &endless, NULL), sibling = step('s', NULL, NULL);
    struct step parent = step('p', &endless, &sibling), other = step('o', NULL, NULL);
    endless.takes = 20 * GR_MICROSECOND;
    gr__loop_ready(&loops[0], &parent.task);
    bool ran = false;
    for (int turns = 0; !ran && turns < 20000; turns++) {
        trace[0] = '\0';
        if (turns % 2 == 0)
            gr__loop_ready(&loops[0], &other.task);
        turn();
        ran = strchr(trace, 's') != NULL;
    }
    assert_true(ran);
}

/* --- What stands behind ---------------------------------------------------------------------- */

enum { LONG_ONES = 3, SHORT_ONES = 2 };

/* How often they have run; and how often a long one ran next to another. */
static int long_ran, short_ran, in_a_row;
static bool long_ran_last;

static void run_long(struct gr__task *task)
{
    toy.now += 20 * GR_MICROSECOND;
    in_a_row += long_ran_last;
    long_ran_last = true;
    long_ran++;
    if (gr__loop_took_long(&loops[0]))
        gr__loop_ready_behind(&loops[0], task);
}

static void run_short(struct gr__task *task)
{
    toy.now += GR_MICROSECOND;
    long_ran_last = false;
    short_ran++;
    gr__loop_ready(&loops[0], task);
}

static const struct gr__task_class long_class = {"a long one", run_long, NULL, NULL};
static const struct gr__task_class short_class = {"a short one", run_short, NULL, NULL};

static void shares_time_between_the_long_and_the_short(void **state)
{
    (void)state;
    struct gr__task long_ones[LONG_ONES], short_ones[SHORT_ONES];
    for (int i = 0; i < LONG_ONES; i++) {
        long_ones[i] = (struct gr__task){NULL, &long_class};
        gr__loop_ready_behind(&loops[0], &long_ones[i]);
    }
    for (int i = 0; i < SHORT_ONES; i++) {
        short_ones[i] = (struct gr__task){NULL, &short_class};
        gr__loop_ready(&loops[0], &short_ones[i]);
    }
    long_ran = short_ran = in_a_row = 0;
    for (int turns = 0; turns < 100; turns++)
        turn();
    assert_int_equal(in_a_row, 0);
    assert_in_range(20 * long_ran, short_ran / 2, short_ran);
}

/* --- The quantum ---------------------------------------------------------------------------- */

static struct step crowd[TASKS_MAX];
static int crowd_ran;

static void run_one(struct gr__task *task)
{
    toy.now += gr__container_of(task, struct step, task)->takes;
    crowd_ran++;
    gr__loop_ready(&loops[0], task);
}

static const struct gr__task_class crowd_class = {"one of many", run_one, NULL, NULL};

/* How many of many tasks run in a turn, once the loop has got used to how long they take. */
static int in_a_turn(gr_time takes)
{
    for (int i = 0; i < 100; i++) {
        crowd[i] = (struct step){.task = {NULL, &crowd_class}, .takes = takes};
        gr__loop_ready(&loops[0], &crowd[i].task);
    }
    for (int i = 0; i < 20; i++) {
        crowd_ran = 0;
        turn();
    }
    return crowd_ran;
}

static void keeps_a_slice_short_where_tasks_are_long(void **state)
{
    (void)state;
    assert_in_range(in_a_turn(20 * GR_MICROSECOND), 5, 6);
}

static void looks_at_the_clock_seldom_where_tasks_are_short(void **state)
{
    (void)state;
    assert_int_equal(in_a_turn(20), (100 * GR_MICROSECOND / 20 / 64 + 1) * 64);
}

static int portions_most;

/* Does in a row what its quantum allows, as an actor handles its messages. */
static void run_portions(struct gr__task *task)
{
    int portions = loops[0].quantum;
    toy.now += portions * 20 * GR_MICROSECOND;
    portions_most = portions > portions_most ? portions : portions_most;
    gr__loop_ready(&loops[0], task);
}

static const struct gr__task_class portions_class = {"portions", run_portions, NULL, NULL};

/* Else the loop would do nothing else for a millisecond, each time that a hundred quick ones have run. */
static void is_slow_to_grow_a_quantum_that_was_too_long(void **state)
{
    (void)state;
    struct gr__task glutton = {NULL, &portions_class};
    in_a_turn(20);
    gr__loop_ready(&loops[0], &glutton);
    for (int turns = 0; turns < 40; turns++) {
        if (turns == 20)
            portions_most = 0;
        turn();
    }
    assert_in_range(portions_most, 1, 20);
}

static bool woken;

static void look_over(struct gr__task *task)
{
    (void)task;
    woken = woken || toy.wakes > 0;
}

static const struct gr__task_class look_class = {"a look", look_over, NULL, NULL};

static const struct gr__task_class letter_class = {"a letter", NULL, NULL, NULL};

static void wakes_whom_it_sends_to_while_its_tasks_run_on(void **state)
{
    (void)state;
    struct gr__task letter = {NULL, &letter_class};
    struct gr__task looks[TASKS_MAX];
    assert_true(gr__inbox_sleep(loops[1].inbox));
    gr__loop_send(&loops[0], 1, &letter, 0);
    for (int i = 0; i < TASKS_MAX; i++) {
        looks[i] = (struct gr__task){NULL, &look_class};
        gr__loop_ready(&loops[0], &looks[i]);
    }
    woken = false;
    turn();
    assert_true(woken);
    assert_int_equal(toy.wakes, 1);
    assert_true(gr__loop_mail(&loops[1]));
}

/* --- What comes by a lane ------------------------------------------------------------------ */

/* From loop 1: notes its name, readies another on loop 0, has loop 1 send one; then mail is taken. */
struct parcel {
    struct gr__task task;
    char name;
    struct parcel *ready;
    struct parcel *sent;
};

static void send_parcel_from(unsigned loop, struct parcel *parcel)
{
    gr__loop_send(&loops[loop], 0, &parcel->task, 0);
    gr__outboxes_flush(&loops[loop]);
}

static void send_parcel(struct parcel *parcel)
{
    send_parcel_from(1, parcel);
}

static void open_parcel(struct gr__task *task)
{
    const struct parcel *parcel = gr__container_of(task, struct parcel, task);
    strncat(trace, &parcel->name, 1);
    if (parcel->ready != NULL)
        gr__loop_ready(&loops[0], &parcel->ready->task);
    if (parcel->sent != NULL)
        send_parcel(parcel->sent);
    loops[0].budget = 0;
}

static void open_promptly(struct gr__task *task)
{
    open_parcel(task);
}

static void open_alone(struct gr__task *task)
{
    open_parcel(task);
}

static const struct gr__task_class parcel_class = {"a parcel", open_parcel, NULL, NULL};
static const struct gr__task_class prompt_class = {"a prompt one", open_promptly, NULL, NULL};
static const struct gr__task_class alone_class = {"one alone", open_alone, NULL, NULL};

__attribute__((constructor)) static void add_prompt(void)
{
    gr__prompt_add((struct gr__prompt){open_promptly, gr__prompt_run});
    gr__prompt_add((struct gr__prompt){open_alone, gr__prompt_ready});
}

static struct parcel parcel(char name, struct parcel *ready, struct parcel *sent)
{
    return (struct parcel){{NULL, &parcel_class}, name, ready, sent};
}

static struct parcel prompt(char name)
{
    return (struct parcel){{NULL, &prompt_class}, name, NULL, NULL};
}

static void does_at_once_what_comes_by_a_lane_and_can_be(void **state)
{
    (void)state;
    struct parcel local = parcel('l', NULL, NULL), first = prompt('1'), second = prompt('2');
    trace[0] = '\0';
    gr__loop_ready(&loops[0], &local.task);
    send_parcel(&first);
    send_parcel(&second);
    turn();
    assert_string_equal(trace, "12l");
}

static void does_at_once_what_comes_behind_one_that_holds_nothing_up(void **state)
{
    (void)state;
    struct parcel local = parcel('l', NULL, NULL), second = prompt('2');
    struct parcel first = {{NULL, &alone_class}, '1', NULL, NULL};
    trace[0] = '\0';
    gr__loop_ready(&loops[0], &local.task);
    send_parcel(&first);
    send_parcel(&second);
    turn();
    turn();
    assert_string_equal(trace, "2l1");
}

static void does_nothing_at_once_while_what_came_by_a_lane_stands(void **state)
{
    (void)state;
    struct parcel local = parcel('l', NULL, NULL), late = prompt('4'), third = prompt('3');
    struct parcel first = parcel('1', NULL, &late), second = parcel('2', NULL, NULL);
    trace[0] = '\0';
    gr__loop_ready(&loops[0], &local.task);
    send_parcel(&first);
    send_parcel(&second);
    send_parcel(&third);
    turn();
    turn();
    assert_string_equal(trace, "l1234");
}

/*
 *     ready       then
 *     1 mark      1 runs: readies l, 2 is sent, and stays in its lane
 *     mark l      the mark: from here on something may be done at once
 *     l           l runs: 3 is sent; 2 is taken and stands, and 3 must not go ahead of it
 */
static void does_nothing_at_once_while_what_came_later_by_a_lane_stands(void **state)
{
    (void)state;
    struct parcel third = prompt('3'), second = parcel('2', NULL, NULL);
    struct parcel local = parcel('l', NULL, &third), first = parcel('1', &local, &second);
    trace[0] = '\0';
    send_parcel(&first);
    turn();
    turn();
    assert_string_equal(trace, "1l23");
}

static void look_for_mail(struct gr__task *task)
{
    (void)task;
    strcat(trace, gr__loop_mail(&loops[0]) ? "m" : "-");
}

static const struct gr__task_class look_for_mail_class = {"a look for mail", look_for_mail, NULL,
                                                          NULL};

static void leaves_in_its_lane_what_would_stand_behind_mail(void **state)
{
    (void)state;
    struct parcel look = {{NULL, &look_for_mail_class}, '\0', NULL, NULL};
    struct parcel late = prompt('2'), first = parcel('1', NULL, &late);
    trace[0] = '\0';
    send_parcel(&first);
    send_parcel(&look);
    turn();
    turn();
    assert_string_equal(trace, "1m2");
}

/* A parcel that is done at once goes again and again. */
static struct parcel parcels[LOOPS];

static void send_a_quantum_from(unsigned loop)
{
    parcels[loop] = prompt((char)('0' + loop));
    for (int i = 0; i < GR__QUANTUM_MAX; i++)
        send_parcel_from(loop, &parcels[loop]);
}

static void send_a_quantum_from_each(void)
{
    trace[0] = '\0';
    for (unsigned loop = 1; loop < LOOPS; loop++)
        send_a_quantum_from(loop);
}

/* Turn until nothing is left in a lane: how many parcels have been opened after each turn. */
static void open_all(size_t ret_opened[LOOPS])
{
    for (int i = 0; i < LOOPS; i++) {
        turn();
        ret_opened[i] = strlen(trace);
    }
    while (gr__loop_mail(&loops[0]))
        turn();
}

static void takes_a_quantum_from_all_lanes_together(void **state)
{
    (void)state;
    size_t opened[LOOPS];
    send_a_quantum_from_each();
    open_all(opened);
    for (size_t i = 0; i < LOOPS - 1; i++)
        assert_int_equal(opened[i], (i + 1) * GR__QUANTUM_MAX);
}

/* Else loop 1, which sends as much as is taken, would let nobody in. */
static void lets_each_lane_be_the_first_in_turn(void **state)
{
    (void)state;
    size_t opened[LOOPS];
    send_a_quantum_from_each();
    send_a_quantum_from(1);
    open_all(opened);
    for (size_t i = 0; i < LOOPS - 1; i++)
        assert_int_equal(trace[opened[i] - 1], '1' + i);
}

/* What is posted may be behind what is in the lanes, so nothing of that stays there. */
static void takes_all_from_the_lanes_ahead_of_what_was_posted(void **state)
{
    (void)state;
    size_t opened[LOOPS];
    struct parcel posted = parcel('p', NULL, NULL);
    send_a_quantum_from_each();
    assert_true(gr__inbox_post(loops[0].inbox, &posted.task, &posted.task));
    open_all(opened);
    assert_int_equal(opened[0], (LOOPS - 1) * GR__QUANTUM_MAX + 1);
    assert_int_equal(trace[opened[0] - 1], 'p');
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(walks_what_is_put_ahead_branch_by_branch),
        TEST(lets_those_behind_have_every_other_slice),
        TEST(lets_the_last_of_those_ahead_run_in_the_end),
        TEST(shares_time_between_the_long_and_the_short),
        TEST(keeps_a_slice_short_where_tasks_are_long),
        TEST(looks_at_the_clock_seldom_where_tasks_are_short),
        TEST(is_slow_to_grow_a_quantum_that_was_too_long),
        TEST(wakes_whom_it_sends_to_while_its_tasks_run_on),
        TEST(does_at_once_what_comes_by_a_lane_and_can_be),
        TEST(does_at_once_what_comes_behind_one_that_holds_nothing_up),
        TEST(does_nothing_at_once_while_what_came_by_a_lane_stands),
        TEST(does_nothing_at_once_while_what_came_later_by_a_lane_stands),
        TEST(leaves_in_its_lane_what_would_stand_behind_mail),
        TEST(takes_a_quantum_from_all_lanes_together),
        TEST(lets_each_lane_be_the_first_in_turn),
        TEST(takes_all_from_the_lanes_ahead_of_what_was_posted),
    };
    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
