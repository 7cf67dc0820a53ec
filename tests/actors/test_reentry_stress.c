/* Handlers that interleave lose and double nothing, while asks go round over loops and actors are ended. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { LOOPS = 3, CROWD = 12, STEADY = 3, ROUNDS = 600, LIMIT = 3, SEEDS = 4 };

/* Tags: go on through so many others; a number, the next of its sender; how many numbers there were. */
enum { HOPS = 1, NUMBER, RARE, TOTAL };

static uint64_t crowd[CROWD];
static gr_actor steady[STEADY];
static int64_t begun, ended;

struct member {
    int under_way;
    bool stopped;
    bool rare; /* a handler is under way with which none interleaves */
    uint64_t next[LOOPS];
};

static gr_actor pick(uint64_t number)
{
    return (gr_actor){__atomic_load_n(&crowd[number % CROWD], __ATOMIC_SEQ_CST)};
}

static bool is_expected(int rc)
{
    return rc == 0 || rc == -ESTALE || rc == -ECANCELED || rc == -ETIMEDOUT || rc == -EDEADLK ||
           rc == -EIO;
}

/* Wait, or ask another, who may be this one; at times fail. */
static int go_on(uint64_t hops)
{
    uint64_t dice = gr_random();
    if (dice % 64 == 0)
        return -EIO;
    if (hops == 0 || dice % 8 == 1)
        return gr_sleep(gr_in((gr_time)(dice % 30) * GR_MICROSECOND));
    hops--;
    int rc = gr_ask(pick(dice / 64), HOPS, &hops, sizeof hops, NULL, 0, gr_in(5 * GR_MILLISECOND));
    check(is_expected(rc));
    return 0;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct member *member = self->state;
    check(!member->stopped);
    check(++member->under_way <= LIMIT);
    __atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
    int rc = go_on(*(const uint64_t *)message->data);
    __atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
    member->under_way--;
    return rc;
}

static void stop(struct gr_self *self, int reason)
{
    struct member *member = self->state;
    (void)reason;
    check_equal(member->under_way, 0);
    check(!member->stopped);
    member->stopped = true;
}

static const uint32_t hops_only[] = {HOPS};

static const struct gr_behavior members[] = {{.name = "open",
                                              .receive = receive,
                                              .stop = stop,
                                              .state_bytes = sizeof(struct member),
                                              .reentrancy = GR_REENTRANCY_ALL,
                                              .reentrancy_max = LIMIT},
                                             {.name = "tagged",
                                              .receive = receive,
                                              .stop = stop,
                                              .state_bytes = sizeof(struct member),
                                              .movable = true,
                                              .mailbox_max = 4,
                                              .reentrancy = GR_REENTRANCY_TAGS,
                                              .reentrancy_tags = hops_only,
                                              .reentrancy_tag_count = 1,
                                              .reentrancy_max = LIMIT}};

/* Numbers begin in the order in which each sender has sent them; a rare one with nothing under way. */
static int count(struct gr_self *self, const struct gr_message *message)
{
    struct member *member = self->state;
    const uint64_t *number = message->data;
    if (message->tag == TOTAL)
        return gr_reply(message, member->next, sizeof member->next);
    if (message->tag == RARE) {
        check_equal(member->under_way, 0);
        int rc = gr_sleep(gr_in(10 * GR_MICROSECOND));
        return rc;
    }
    check_equal(number[1], member->next[number[0]]++);
    member->under_way++;
    int rc = number[1] % 3 == 0 ? gr_sleep(gr_in(10 * GR_MICROSECOND)) : 0;
    member->under_way--;
    return rc;
}

static const uint32_t numbers_only[] = {NUMBER};

static const struct gr_behavior counter = {.name = "counter",
                                           .receive = count,
                                           .state_bytes = sizeof(struct member),
                                           .mailbox_max = 8,
                                           .reentrancy = GR_REENTRANCY_TAGS,
                                           .reentrancy_tags = numbers_only,
                                           .reentrancy_tag_count = 1};

static uint64_t spawn(uint64_t number)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP((int)(number % LOOPS))};
    check_equal(gr_actor_spawn(&members[number % 2], &options, &actor), 0);
    return actor.name;
}

/* By a stop, a kill or a finish, or by a move that may not come to pass. */
static void replace(uint64_t dice)
{
    uint64_t number = dice % CROWD;
    gr_actor before = {__atomic_exchange_n(&crowd[number], spawn(dice / CROWD), __ATOMIC_SEQ_CST)};
    if (dice % 3 == 0)
        check_equal(gr_actor_kill(before), 0);
    else if (dice % 3 == 1)
        check_equal(gr_actor_finish(before), 0);
    else
        check_equal(gr_actor_stop(before, -EINTR), 0);
}

static void move(uint64_t dice)
{
    int rc = gr_actor_move(pick(dice), GR_ON_LOOP((int)(dice / CROWD % LOOPS)),
                           gr_in(200 * GR_MICROSECOND));
    check(rc == 0 || rc == -EBUSY || rc == -ESTALE || rc == -ETIMEDOUT || rc == -ENOTSUP);
}

static void step(uint64_t dice)
{
    uint64_t hops = dice / 16 % 6;
    if (dice % 16 == 0)
        replace(dice / 16);
    else if (dice % 16 == 1)
        move(dice / 16);
    else
        check(is_expected(gr_ask(pick(dice / 128), HOPS, &hops, sizeof hops, NULL, 0,
                                 gr_in(20 * GR_MILLISECOND))));
}

static int step_often(void *context)
{
    (void)context;
    for (int round = 0; round < ROUNDS / 4; round++)
        step(gr_random());
    return 0;
}

static void count_and_step(void *context)
{
    uint64_t number[2] = {(uint64_t)(intptr_t)context, 0};
    gr_runner others[3];
    for (int i = 0; i < 3; i++)
        check_equal(gr_runner_start(step_often, NULL, NULL, &others[i]), 0);
    for (; number[1] < ROUNDS; number[1]++)
        for (int i = 0; i < STEADY; i++) {
            check_equal(gr_send_by(steady[i], NUMBER, number, sizeof number, gr_in(60 * GR_SECOND)),
                        0);
            if (number[1] % 50 == 0)
                check_equal(gr_send_by(steady[i], RARE, NULL, 0, gr_in(60 * GR_SECOND)), 0);
        }
    for (int i = 0; i < 3; i++)
        check_equal(gr_runner_join(others[i], gr_in(60 * GR_SECOND)), 0);
}

static int count_there(void *loop)
{
    on_loop((int)(intptr_t)loop, count_and_step, loop);
    return 0;
}

static void check_totals(gr_actor actor)
{
    uint64_t next[LOOPS] = {0};
    check_equal(gr_ask(actor, TOTAL, NULL, 0, next, sizeof next, gr_in(10 * GR_SECOND)), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(next[i], ROUNDS);
}

static void spawn_all(void)
{
    for (uint64_t i = 0; i < CROWD; i++)
        crowd[i] = spawn(i);
    for (int i = 0; i < STEADY; i++)
        check_equal(gr_actor_spawn(&counter, &(struct gr_actor_options){.where = GR_ON_LOOP(i)},
                                   &steady[i]),
                    0);
}

static int account(void *context)
{
    gr_runner runners[LOOPS];
    (void)context;
    spawn_all();
    for (intptr_t i = 0; i < LOOPS; i++)
        check_equal(gr_runner_start(count_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(60 * GR_SECOND)), 0);
    for (int i = 0; i < CROWD; i++)
        check_equal(gr_actor_stop((gr_actor){crowd[i]}, 0), 0);
    for (int i = 0; i < STEADY; i++)
        check_totals(steady[i]);
    check_soon(__atomic_load_n(&begun, __ATOMIC_RELAXED) ==
               __atomic_load_n(&ended, __ATOMIC_RELAXED));
    return 0;
}

static void ignore(void *context, const char *line)
{
    (void)context, (void)line;
}

static void all_that_begin_end_and_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        assert_int_equal(
            run_reporting(account, NULL,
                          &(struct gr_options){.loops = LOOPS, .seed = seed, .report = ignore}),
            0);
}

/* Handlers are under way, asks on their way, when all is told to stop. */
static int leave(void *context)
{
    (void)context;
    spawn_all();
    for (int i = 0; i < 200; i++) {
        uint64_t hops = 20;
        gr_future future;
        if (gr_ask_start(pick(gr_random()), HOPS, &hops, sizeof hops, &future,
                         gr_in(GR_MILLISECOND)) == 0)
            gr_future_drop(future);
    }
    return 0;
}

static void leaves_nothing_behind_when_the_fleet_ends_in_the_midst(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        assert_int_equal(
            run_reporting(leave, NULL,
                          &(struct gr_options){.loops = LOOPS, .seed = seed, .report = ignore}),
            0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_begin_end_and_in_order),
        cmocka_unit_test(leaves_nothing_behind_when_the_fleet_ends_in_the_midst),
    };
    return cmocka_run_group_tests_name("reentry stress", tests, NULL, NULL);
}
