/* Where memory runs out an actor is moved, or its mover is told, and it handles all that it was sent. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/shortage.h"
#include "lib/spawned.h"

enum { LOOPS = 3, ADD = 1, SUM, WHERE };

#define SOON gr_in(10 * GR_SECOND)

static int account_receive(struct gr_self *self, const struct gr_message *message)
{
    int64_t *sum = self->state;
    int loop = gr_loop_here();
    switch (message->tag) {
    case ADD:
        *sum += *(const int64_t *)message->data;
        return 0;
    case SUM:
        return gr_reply(message, sum, sizeof *sum);
    case WHERE:
        return gr_reply(message, &loop, sizeof loop);
    }
    return -ENOTSUP;
}

static const struct gr_behavior account = {
    .name = "account", .receive = account_receive, .movable = true, .state_bytes = sizeof(int64_t)};

static gr_actor spawn(int loop)
{
    return spawn_at(&account, loop);
}

static int add(gr_actor actor, int64_t value)
{
    return gr_send(actor, ADD, &value, sizeof value);
}

static int64_t sum(gr_actor actor)
{
    int64_t value = -1;
    check_equal(gr_ask(actor, SUM, NULL, 0, &value, sizeof value, SOON), 0);
    return value;
}

static int where(gr_actor actor)
{
    int loop = -1;
    check_equal(gr_ask(actor, WHERE, NULL, 0, &loop, sizeof loop, SOON), 0);
    return loop;
}

/* A shortage on loop 0, the caller's: all but so many blocks of a size are gone. */
struct shortage {
    size_t bytes;
    size_t left;
};

enum { SIZES = 6, LEFT_MOST = 8 };

static struct shortage shortage(int number)
{
    return (struct shortage){(size_t)GR__BLOCK_MIN << number / LEFT_MOST,
                             (size_t)(number % LEFT_MOST)};
}

static void *begin(struct shortage shortage)
{
    return take_all_but(shortage.bytes, shortage.left);
}

/* An actor is moved from one loop to another while there is a shortage; its mover lives on loop 0. */
static void check_move(int home, int from, int to, struct shortage shortage, int *told)
{
    gr_actor actor = spawn(home);
    check_equal(add(actor, 40), 0);
    check_equal(move(actor, from), 0);

    void *held = begin(shortage);
    int rc = move(actor, to);
    give_all(held, shortage.bytes);
    check(rc == 0 || rc == -ENOMEM);
    *told += rc < 0;

    check_equal(add(actor, 2), 0);
    int at = where(actor);
    check(rc == 0 ? at == to : at == from || at == home);
    check_equal(move(actor, to), 0);
    check_equal(where(actor), to);
    check_equal(sum(actor), 42);
    end(actor);
}

static int check_moves(int home, int from, int to)
{
    int told = 0;
    for (int i = 0; i < SIZES * LEFT_MOST; i++)
        check_move(home, from, to, shortage(i), &told);
    return told;
}

FLEET_TEST(its_home_has_no_memory, LOOPS)
{
    check(check_moves(0, 0, 1) > 0);
    check(check_moves(0, 1, 2) > 0);
}

FLEET_TEST(where_it_is_to_live_has_no_memory, LOOPS)
{
    check(check_moves(1, 1, 0) > 0);
    check(check_moves(1, 2, 0) > 0);
}

FLEET_TEST(where_it_lives_has_no_memory, LOOPS)
{
    check(check_moves(1, 0, 2) > 0);
    check(check_moves(1, 0, 1) > 0);
}

FLEET_TEST(its_mover_has_no_memory, LOOPS)
{
    check(check_moves(1, 1, 2) > 0);
}

enum { SENT = 10 };

/* One who sends from loop 2 to an actor that has moved from loop 0 to loop 1. */
struct sender {
    gr_actor actor;
    struct shortage shortage;
};

static atomic_int step;

enum { BEGIN, READY, GO, DONE };

static void send_all(gr_actor actor)
{
    for (int i = 0; i < SENT; i++) {
        int rc;
        while ((rc = add(actor, 1)) == -ENOMEM)
            continue;
        check_equal(rc, 0);
    }
}

/* It hears where the actor lives while it has no memory to keep that. */
static int send_without_memory(void *context)
{
    const struct sender *sender = context;
    void *held = begin(sender->shortage);
    send_all(sender->actor);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    give_all(held, sender->shortage.bytes);
    return 0;
}

static int send_when_told(void *context)
{
    const struct sender *sender = context;
    atomic_store(&step, READY);
    check_soon(atomic_load(&step) == GO);
    send_all(sender->actor);
    atomic_store(&step, DONE);
    return 0;
}

/* The home has no memory to pass messages on, or to say where the actor lives. */
static void be_home_without_memory(struct shortage shortage)
{
    check_soon(atomic_load(&step) == READY);
    void *held = begin(shortage);
    atomic_store(&step, GO);
    check_soon(atomic_load(&step) == DONE);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    give_all(held, shortage.bytes);
}

/* What is sent meanwhile is handled, or a dead letter; what is sent then is handled. */
static void check_sent(struct shortage shortage, bool home_is_short)
{
    gr_actor actor = spawn(0);
    check_equal(move(actor, 1), 0);
    uint64_t dead = gr_dead_letters();
    struct sender sender = {actor, shortage};
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    atomic_store(&step, BEGIN);
    gr_runner_fn *run = home_is_short ? send_when_told : send_without_memory;
    check_equal(gr_scope_start_on(&scope, 2, run, &sender, NULL, NULL), 0);
    if (home_is_short)
        be_home_without_memory(shortage);
    check_equal(gr_scope_close(&scope, 0), 0);
    check_soon(sum(actor) + (int64_t)(gr_dead_letters() - dead) == SENT);

    int64_t before = sum(actor);
    gr_scope_open(&scope, NULL, GR_FOREVER);
    check_equal(gr_scope_start_on(&scope, 2, send_when_told, &sender, NULL, NULL), 0);
    check_soon(atomic_load(&step) == READY);
    atomic_store(&step, GO);
    check_equal(gr_scope_close(&scope, 0), 0);
    check_soon(sum(actor) == before + SENT);
    end(actor);
}

FLEET_TEST(who_sends_to_one_that_has_moved_has_no_memory, LOOPS)
{
    for (int i = 0; i < SIZES * LEFT_MOST; i++)
        check_sent(shortage(i), false);
}

FLEET_TEST(its_home_has_no_memory_to_pass_messages_on, LOOPS)
{
    for (int i = 0; i < SIZES * LEFT_MOST; i++)
        check_sent(shortage(i), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_home_has_no_memory),
        cmocka_unit_test(where_it_is_to_live_has_no_memory),
        cmocka_unit_test(where_it_lives_has_no_memory),
        cmocka_unit_test(its_mover_has_no_memory),
        cmocka_unit_test(who_sends_to_one_that_has_moved_has_no_memory),
        cmocka_unit_test(its_home_has_no_memory_to_pass_messages_on),
    };
    return cmocka_run_group_tests_name("move memory", tests, NULL, NULL);
}
