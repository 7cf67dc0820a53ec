/* A scope holds runners on other loops as it holds its own, whenever they end and whoever goes first. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "lib/fixture.h"

struct visit {
    int told;
    int loop;
};

static int look_round(void *context)
{
    struct visit *visit = context;
    visit->loop = gr_loop_here();
    return visit->told;
}

static atomic_int waiting;

static int wait_there(void *context)
{
    struct visit *visit = context;
    atomic_fetch_add(&waiting, 1);
    visit->loop = gr_loop_here();
    visit->told = gr_sleep(GR_FOREVER);
    return visit->told;
}

LONE_RUNNER_TEST(refuses_a_loop_that_there_is_not)
{
    struct visit visit = {0};
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, -1, look_round, &visit, NULL, NULL), -EINVAL);
    check_equal(gr_scope_start_on(&scope, 1, look_round, &visit, NULL, NULL), -EINVAL);
    check_equal(gr_scope_close(&scope, 0), 0);
}

RUNNER_TEST(runs_there_and_ends_here)
{
    struct visit visits[2] = {{.told = -EPROTO, .loop = -1}, {.told = 0, .loop = -1}};
    int statuses[2] = {1, 1};
    struct gr_scope scope;
    gr_scope_open(&scope, &(struct gr_scope_options){.collect = true}, GR_FOREVER);
    for (int i = 0; i < 2; i++)
        check_equal(gr_scope_start_on(&scope, 1 - i, look_round, &visits[i], NULL, &statuses[i]),
                    0);
    check_equal(gr_scope_close(&scope, 0), -EPROTO);
    check_equal(visits[0].loop, 1);
    check_equal(visits[1].loop, 0);
    check_equal(statuses[0], -EPROTO);
    check_equal(statuses[1], 0);
    check_equal(gr_scope_failures(&scope), 1);
}

FLEET_TEST(is_cancelled_everywhere_by_a_failure_anywhere, 4)
{
    struct visit waits[3] = {{0}}, fails = {.told = -EIO};
    struct gr_scope scope;
    atomic_store(&waiting, 0);
    gr_scope_open(&scope, NULL, GR_FOREVER);
    for (int i = 0; i < 3; i++)
        check_equal(gr_scope_start_on(&scope, i, wait_there, &waits[i], NULL, NULL), 0);
    check_soon(atomic_load(&waiting) == 3);
    check_equal(gr_scope_start_on(&scope, 3, look_round, &fails, NULL, NULL), 0);
    int rc = gr_sleep(gr_in(30 * GR_SECOND));
    check_equal(rc, -ECANCELED);
    check_equal(gr_scope_close(&scope, rc), -EIO);
    for (int i = 0; i < 3; i++) {
        check_equal(waits[i].loop, i);
        check_equal(waits[i].told, -ECANCELED);
    }
}

struct chain {
    int left;
    int ended;
};

/* From loop to loop and back, each one in the scope of the one before. */
static int pass_on(void *context)
{
    struct chain *chain = context;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    int rc = 0;
    if (chain->left-- > 0)
        rc = gr_scope_start_on(&scope, 1 - gr_loop_here(), pass_on, chain, NULL, NULL);
    if (rc == 0)
        rc = gr_sleep(GR_FOREVER);
    rc = gr_scope_close(&scope, rc);
    chain->ended++;
    return rc;
}

RUNNER_TEST(is_cancelled_by_a_deadline_through_scopes_on_both_loops)
{
    struct chain chain = {.left = 20};
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, gr_in(50 * GR_MILLISECOND));
    check_equal(gr_scope_start_on(&scope, 1, pass_on, &chain, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), -ETIMEDOUT);
    check_equal(chain.ended, 20 - chain.left);
}

static int tell_deadline(void *context)
{
    *(gr_time *)context = gr_deadline();
    return 0;
}

RUNNER_TEST(knows_the_deadline_there)
{
    gr_time until = gr_in(10 * GR_SECOND), told = 0;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, until);
    check_equal(gr_scope_start_on(&scope, 1, tell_deadline, &told, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), 0);
    check_equal(told, until);
}

static const struct gr_context_key user = {.name = "user", .inherit = true};

static int tell_user(void *context)
{
    return gr_context_get(&user, context, 4);
}

RUNNER_TEST(inherits_the_context_of_its_starter)
{
    char told[4] = "";
    struct gr_scope scope;
    check_equal(gr_context_set(&user, "ann", 4), 0);
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, 1, tell_user, told, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), 0);
    check(strcmp(told, "ann") == 0);
}

RUNNER_TEST(never_begins_when_it_is_cancelled_on_its_way)
{
    struct visit visit = {.loop = -1};
    int status = 1;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, 1, wait_there, &visit, NULL, &status), 0);
    gr_scope_cancel(&scope);
    check_equal(gr_scope_close(&scope, 0), -ECANCELED);
    check_equal(status, -ECANCELED);
}

RUNNER_TEST(has_a_stack_of_the_size_it_asks_for)
{
    struct visit visit = {.loop = -1};
    struct gr_runner_options options = {.name = "large", .stack_bytes = 1 << 20};
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, 1, look_round, &visit, &options, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), 0);
    check_equal(visit.loop, 1);
}

RUNNER_TEST(holds_thousands)
{
    static struct visit visits[4000];
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    for (int i = 0; i < 4000; i++) {
        visits[i] = (struct visit){.loop = -1};
        check_equal(gr_scope_start_on(&scope, i % 2, look_round, &visits[i], NULL, NULL), 0);
    }
    check_equal(gr_scope_close(&scope, 0), 0);
    for (int i = 0; i < 4000; i++)
        check_equal(visits[i].loop, i % 2);
}

/* --- Cancelled while it ends ------------------------------------------------------------------ */

static int end_soon(void *context)
{
    (void)context;
    for (uint64_t turns = gr_random() % 4; turns > 0; turns--) {
        int rc = gr_yield();
        if (rc < 0)
            return rc;
    }
    return 0;
}

/*
 *     home                       there
 *     cancel  -----> \ / <-----  back        each block has two journeys, in any order
 */
static int cancel_while_they_end(void *context)
{
    int rounds = *(int *)context;
    for (int i = 0; i < rounds; i++) {
        struct gr_scope scope;
        int statuses[16];
        gr_scope_open(&scope, NULL, GR_FOREVER);
        for (int j = 0; j < 16; j++) {
            statuses[j] = 1;
            check_equal(gr_scope_start_on(&scope, (int)(gr_random() % 3), end_soon, NULL, NULL,
                                          &statuses[j]),
                        0);
        }
        for (uint64_t turns = gr_random() % 6; turns > 0; turns--)
            check_equal(gr_yield(), 0);
        gr_scope_cancel(&scope);
        check_equal(gr_scope_close(&scope, 0), -ECANCELED);
        for (int j = 0; j < 16; j++)
            check(statuses[j] == 0 || statuses[j] == -ECANCELED);
    }
    return 0;
}

FLEET_TEST(loses_nothing_when_it_is_cancelled_while_they_end, 3)
{
    int rounds = 300;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    for (int i = 0; i < 3; i++)
        check_equal(gr_scope_start_on(&scope, i, cancel_while_they_end, &rounds, NULL, NULL), 0);
    check_equal(gr_scope_close(&scope, 0), 0);
}

/* --- At the end of the run -------------------------------------------------------------------- */

static char complaints[2048];

/* Any thread. */
static void keep_complaints(void *context, const char *line)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)context;
    pthread_mutex_lock(&lock);
    size_t length = strlen(complaints);
    snprintf(complaints + length, sizeof complaints - length, "%s\n", line);
    pthread_mutex_unlock(&lock);
}

/* Loop 1 may stop before it hears of them. */
static int hold_some_there(void *context)
{
    struct visit *visits = context;
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    int rc = 0;
    for (int i = 0; rc == 0 && i < 8; i++)
        rc = gr_scope_start_on(&scope, i % 2, wait_there, &visits[i], NULL, NULL);
    rc = gr_scope_close(&scope, rc);
    return rc == -ESHUTDOWN ? -ECANCELED : rc;
}

static int leave_them(void *context)
{
    int rc = gr_runner_start(hold_some_there, context, NULL, NULL);
    for (uint64_t turns = gr_random() % 8; rc == 0 && turns > 0; turns--)
        rc = gr_yield();
    return rc;
}

static void settles_all_when_the_run_ends(void **state)
{
    (void)state;
    complaints[0] = '\0';
    struct gr_options options = {.loops = 2, .report = keep_complaints};
    for (int i = 0; i < 100; i++) {
        static struct visit visits[8];
        assert_int_equal(gr_run(leave_them, visits, &options), 0);
    }
    assert_string_equal(complaints, "");
}

static int refuse_to_end(void *context)
{
    (void)context;
    struct gr_shield shield;
    gr_shield_raise(&shield, GR_FOREVER);
    atomic_fetch_add(&waiting, 1);
    int rc = gr_sleep(GR_FOREVER);
    gr_shield_lower(&shield);
    return rc;
}

static int hold_a_stubborn_one(void *context)
{
    struct gr_scope scope;
    gr_scope_open(&scope, &(struct gr_scope_options){.name = "page"}, GR_FOREVER);
    int rc = gr_scope_start_on(&scope, 1, refuse_to_end, context,
                               &(struct gr_runner_options){.name = "stubborn"}, NULL);
    return gr_scope_close(&scope, rc);
}

/* One that has not begun when its loop is told to stop never does: so the run ends only after that. */
static int leave_a_stubborn_one(void *context)
{
    atomic_store(&waiting, 0);
    int rc = gr_runner_start(hold_a_stubborn_one, context, NULL, NULL);
    if (rc == 0)
        check_soon(atomic_load(&waiting) == 1);
    return rc;
}

static void is_torn_down_with_its_loop_when_it_does_not_end(void **state)
{
    (void)state;
    complaints[0] = '\0';
    struct gr_options options = {
        .loops = 2, .stop_within = 20 * GR_MILLISECOND, .report = keep_complaints};
    assert_int_equal(gr_run(leave_a_stubborn_one, NULL, &options), 0);
    assert_non_null(strstr(complaints, "runner 'stubborn' in scope 'page' still waits"));
    assert_null(strstr(complaints, "bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_loop_that_there_is_not),
        cmocka_unit_test(runs_there_and_ends_here),
        cmocka_unit_test(is_cancelled_everywhere_by_a_failure_anywhere),
        cmocka_unit_test(is_cancelled_by_a_deadline_through_scopes_on_both_loops),
        cmocka_unit_test(knows_the_deadline_there),
        cmocka_unit_test(inherits_the_context_of_its_starter),
        cmocka_unit_test(never_begins_when_it_is_cancelled_on_its_way),
        cmocka_unit_test(has_a_stack_of_the_size_it_asks_for),
        cmocka_unit_test(holds_thousands),
        cmocka_unit_test(loses_nothing_when_it_is_cancelled_while_they_end),
        cmocka_unit_test(settles_all_when_the_run_ends),
        cmocka_unit_test(is_torn_down_with_its_loop_when_it_does_not_end),
    };
    return cmocka_run_group_tests_name("away", tests, NULL, NULL);
}
