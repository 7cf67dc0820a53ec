/* What one loop sends to another's actors is in their mailboxes as soon as that loop looks for it. */
#include "lib/fixture.h"

enum { TELL = 1, ASKED, CROWD = 200 };

/* Keeps the number that it was told first. */
static int keep_first(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *first = self->state;
    if (message->tag == ASKED)
        return gr_reply(message, first, sizeof *first);
    if (*first == 0)
        *first = *(const uint64_t *)message->data;
    return 0;
}

static const struct gr_behavior keeper = {
    .name = "keeper", .receive = keep_first, .state_bytes = sizeof(uint64_t)};

static gr_actor spawn_there(void)
{
    gr_actor actor = {0};
    struct gr_actor_options there = {.where = GR_ON_LOOP(1)};
    check_equal(gr_actor_spawn(&keeper, &there, &actor), 0);
    return actor;
}

static void tell(gr_actor actor, uint64_t number)
{
    check_equal(gr_send(actor, TELL, &number, sizeof number), 0);
}

static uint64_t first_of(gr_actor actor)
{
    uint64_t first = 0;
    check_equal(gr_ask(actor, ASKED, NULL, 0, &first, sizeof first, gr_in(10 * GR_SECOND)), 0);
    return first;
}

/*
 * Loop 1 stands still until it is let go. Then a crowd is ready there, more than a quantum of them, of
 * whom the last tells the actor 2; so that loop has looked into its lanes before.
 */
struct crowd {
    gr_actor actor;
    unsigned passed;
    bool held, let_go;
};

static void pass(void *context)
{
    struct crowd *crowd = context;
    if (__atomic_add_fetch(&crowd->passed, 1, __ATOMIC_SEQ_CST) == CROWD)
        tell(crowd->actor, 2);
}

static void hold_and_crowd(void *context)
{
    struct crowd *crowd = context;
    __atomic_store_n(&crowd->held, true, __ATOMIC_SEQ_CST);
    gr_time end = gr_clock() + 20 * GR_SECOND;
    while (!__atomic_load_n(&crowd->let_go, __ATOMIC_SEQ_CST) && gr_clock() < end)
        ;
    for (int i = 0; i < CROWD; i++)
        check_equal(gr_post(-1, pass, crowd, NULL), 0);
}

static void hold_loop(struct crowd *crowd)
{
    check_equal(gr_post(1, hold_and_crowd, crowd, NULL), 0);
    check_soon(__atomic_load_n(&crowd->held, __ATOMIC_SEQ_CST));
}

static void let_loop_go(struct crowd *crowd)
{
    __atomic_store_n(&crowd->let_go, true, __ATOMIC_SEQ_CST);
    check_soon(__atomic_load_n(&crowd->passed, __ATOMIC_SEQ_CST) == CROWD);
}

RUNNER_TEST(puts_the_first_message_of_all_in_ahead_of_what_is_ready)
{
    struct crowd crowd = {.actor = spawn_there()};
    hold_loop(&crowd);
    tell(crowd.actor, 1);
    let_loop_go(&crowd);
    check_equal(first_of(crowd.actor), 1);
}

static int spawn_another(void *context)
{
    *(gr_actor *)context = spawn_there();
    return 0;
}

/* The order stands behind the crowd; the message that was sent after it does not. */
RUNNER_TEST(puts_a_message_in_while_an_order_to_spawn_stands)
{
    struct crowd crowd = {.actor = spawn_there()};
    check_equal(first_of(crowd.actor), 0);
    hold_loop(&crowd);
    gr_actor another = {0};
    gr_runner spawner = {0};
    check_equal(gr_runner_start(spawn_another, &another, NULL, &spawner), 0);
    check_equal(gr_yield(), 0);
    tell(crowd.actor, 1);
    let_loop_go(&crowd);
    check_equal(gr_runner_join(spawner, gr_in(10 * GR_SECOND)), 0);
    check_equal(first_of(crowd.actor), 1);
    check_equal(first_of(another), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_the_first_message_of_all_in_ahead_of_what_is_ready),
        cmocka_unit_test(puts_a_message_in_while_an_order_to_spawn_stands),
    };
    return cmocka_run_group_tests_name("prompt", tests, NULL, NULL);
}
