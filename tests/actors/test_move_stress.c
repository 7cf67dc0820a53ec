/* While senders and receivers move all the time, every message is handled once, and in its sender's order. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "actors/stop.h"
#include "lib/fixture.h"

/*
 * Receivers, some with a small mailbox, some with one that has rules, are sent numbered messages and asks by runners on each loop, by
 * foreign threads, and by actors that are moved as well. Each sender numbers what it sends to each
 * receiver; a receiver knows the next number of each sender. Some receivers are stopped or killed,
 * and replaced. In the end as many messages were handled, or became dead letters, as were sent.
 */
enum { NUMBER = 1, ASKED, STEP, TICK };
enum {
    LOOPS = 3,
    RECEIVERS = 5,
    NOMADS = 4,
    FOREIGN = 2,
    FOREIGN_ROUNDS = 3000,
    ROUNDS = 1000,
    BURST = 6,
    SEEDS = 4
};
enum { SENDERS = LOOPS + NOMADS + FOREIGN };

static uint64_t seed;
static uint64_t receivers[RECEIVERS];
static uint64_t nomads[NOMADS];
static int64_t attempts;
static int64_t handled;
static int64_t moves;
static bool over;

static gr_actor pick(uint64_t *table, uint64_t number)
{
    return (gr_actor){__atomic_load_n(&table[number], __ATOMIC_SEQ_CST)};
}

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

struct number {
    uint64_t sender;
    uint64_t number;
    uint64_t dice;
};

struct receiver {
    uint64_t next[SENDERS];
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct receiver *receiver = self->state;
    const struct number *number = message->data;
    count(&handled);
    check_equal(number->number, receiver->next[number->sender]);
    receiver->next[number->sender] = number->number + 1;
    if (message->tag == ASKED)
        check_equal(gr_reply(message, &number->number, sizeof number->number), 0);
    if (number->dice % 64 == 0)
        return gr_sleep(gr_in(20 * GR_MICROSECOND));
    return number->dice % 8 == 0 ? gr_yield() : 0;
}

static const struct gr_behavior large = {
    .name = "large", .receive = receive, .movable = true, .state_bytes = sizeof(struct receiver)};
static const struct gr_behavior small = {.name = "small",
                                         .receive = receive,
                                         .movable = true,
                                         .mailbox_max = 8,
                                         .state_bytes = sizeof(struct receiver)};

/* All are as urgent, so that they stay in order. */
static unsigned urgency(const struct gr_message *message)
{
    (void)message;
    return 1;
}

static const struct gr_behavior ruled = {.name = "ruled",
                                         .receive = receive,
                                         .movable = true,
                                         .priority = urgency,
                                         .mailbox_bytes_max = 8 * sizeof(struct number),
                                         .state_bytes = sizeof(struct receiver)};
static const struct gr_behavior *const kinds[] = {&large, &small, &ruled};

/* What a sender knows: whom it sends to, and the number of the next message there. */
struct sender {
    uint64_t id;
    uint64_t names[RECEIVERS];
    uint64_t next[RECEIVERS];
    uint64_t timers; /* that a nomad has started, one in the place of the other */
    bool ticks;      /* the last one has not fired */
};

/* The next message to a receiver; false: there is none. */
static gr_actor prepare(struct sender *sender, uint64_t which, uint64_t dice,
                        struct number *ret_number)
{
    gr_actor actor = pick(receivers, which);
    if (sender->names[which] != actor.name) {
        sender->names[which] = actor.name;
        sender->next[which] = 0;
    }
    *ret_number = (struct number){sender->id, sender->next[which], dice};
    return actor;
}

static bool is_ending(int rc)
{
    return rc == -ESTALE || rc == -ECANCELED;
}

static void send_one(struct sender *sender, uint64_t which, uint64_t dice)
{
    struct number number;
    gr_actor actor = prepare(sender, which, dice, &number);
    int rc = dice % 16 < 4 ? gr_try_send(actor, NUMBER, &number, sizeof number)
                           : gr_send(actor, NUMBER, &number, sizeof number);
    check(rc == 0 || rc == -EAGAIN || is_ending(rc));
    if (rc == 0 || rc == -ESTALE)
        count(&attempts);
    sender->next[which] += rc == 0;
}

/* It is answered, or its receiver ends. */
static void ask_one(struct sender *sender, uint64_t which, uint64_t dice)
{
    struct number number;
    uint64_t reply = 0;
    gr_actor actor = prepare(sender, which, dice, &number);
    int rc = gr_ask(actor, ASKED, &number, sizeof number, &reply, sizeof reply, GR_FOREVER);
    count(&attempts);
    check(rc == 0 || is_ending(rc));
    if (rc == 0)
        check_equal(reply, number.number);
    sender->next[which]++;
}

static void step(struct sender *sender, uint64_t dice)
{
    uint64_t which = dice / 16 % RECEIVERS;
    for (uint64_t i = 0; i < 1 + dice / 256 % BURST; i++)
        send_one(sender, which, (dice + i) * UINT64_C(0x9E3779B97F4A7C15) >> 40);
    if (dice % 4 == 0)
        ask_one(sender, which, dice >> 40);
}

/* A timer that was replaced does not fire, nor does one twice, wherever it was started. */
static int tick(struct sender *sender, const struct number *number)
{
    check(sender->ticks);
    check_equal(number->number, sender->timers);
    sender->ticks = false;
    return 0;
}

static int start_timer(struct gr_self *self, struct sender *sender, uint64_t dice)
{
    struct number number = {.number = ++sender->timers};
    gr_time at = gr_in((gr_time)(dice % 200) * GR_MICROSECOND);
    sender->ticks = true;
    return gr_self_send_after(self, 1, at, TICK, &number, sizeof number);
}

static int nomad_receive(struct gr_self *self, const struct gr_message *message)
{
    struct sender *sender = self->state;
    const struct number *number = message->data;
    if (message->tag == TICK)
        return tick(sender, number);
    check_equal(start_timer(self, sender, number->dice), 0);
    sender->id = number->sender;
    step(sender, number->dice);
    return 0;
}

static const struct gr_behavior nomad = {.name = "nomad",
                                         .receive = nomad_receive,
                                         .movable = true,
                                         .state_bytes = sizeof(struct sender)};

static uint64_t spawn(const struct gr_behavior *behavior, uint64_t loop)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP((int)(loop % LOOPS))};
    check_equal(gr_actor_spawn(behavior, &options, &actor), 0);
    return actor.name;
}

static void replace(uint64_t dice)
{
    uint64_t which = dice % RECEIVERS;
    uint64_t fresh = spawn(kinds[which % 3], dice / 64);
    uint64_t before = __atomic_exchange_n(&receivers[which], fresh, __ATOMIC_SEQ_CST);
    if (dice % 3 == 0)
        check_equal(gr_actor_kill((gr_actor){before}), 0);
    else
        check_equal(gr_actor_stop((gr_actor){before}, 0), 0);
}

static void move_one(uint64_t dice)
{
    gr_actor actor =
        dice % 3 == 0 ? pick(nomads, dice / 4 % NOMADS) : pick(receivers, dice / 4 % RECEIVERS);
    int rc = gr_actor_move(actor, GR_ON_LOOP((int)(dice / 128 % LOOPS)),
                           gr_in((gr_time)(dice / 1024 % 2000) * GR_MICROSECOND));
    check(rc == 0 || rc == -EBUSY || rc == -ESTALE || rc == -ETIMEDOUT);
    if (rc == 0)
        count(&moves);
}

static void send_there(void *context)
{
    struct sender sender = {.id = (uint64_t)(uintptr_t)context};
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t dice = gr_random() >> 8;
        step(&sender, dice);
        if (i % 3 == 0) {
            uint64_t which = dice % NOMADS;
            struct number order = {LOOPS + which, 0, gr_random() >> 8};
            check_equal(gr_send(pick(nomads, which), STEP, &order, sizeof order), 0);
        }
        if (i % 100 == 50)
            replace(dice / 16);
    }
}

static void move_there(void *context)
{
    (void)context;
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST))
        move_one(gr_random() >> 8);
}

static int run_there(void *context)
{
    uintptr_t number = (uintptr_t)context;
    on_loop((int)(number % LOOPS), number < LOOPS ? send_there : move_there, context);
    return 0;
}

static void *send_from_outside(void *context)
{
    struct sender sender = {.id = (uint64_t)(uintptr_t)context};
    uint64_t dice = seed + sender.id;
    for (int i = 0; i < FOREIGN_ROUNDS; i++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        struct number number;
        gr_actor actor = prepare(&sender, (dice >> 33) % RECEIVERS, dice >> 40, &number);
        int rc = gr_try_send(actor, NUMBER, &number, sizeof number);
        check(rc == 0 || rc == -EAGAIN);
        if (rc == 0)
            count(&attempts);
        sender.next[(dice >> 33) % RECEIVERS] += rc == 0;
        sched_yield();
    }
    return NULL;
}

static void run_all(void)
{
    pthread_t threads[FOREIGN];
    gr_runner runners[2 * LOOPS];
    for (uintptr_t i = 0; i < FOREIGN; i++)
        check_equal(
            pthread_create(&threads[i], NULL, send_from_outside, (void *)(LOOPS + NOMADS + i)), 0);
    for (uintptr_t i = 0; i < 2 * LOOPS; i++)
        check_equal(gr_runner_start(run_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(100 * GR_SECOND)), 0);
    __atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
    for (int i = LOOPS; i < 2 * LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(10 * GR_SECOND)), 0);
    for (int i = 0; i < FOREIGN; i++)
        pthread_join(threads[i], NULL);
}

static void add_dead(void *sum)
{
    *(int64_t *)sum += (int64_t)gr_dead_letters();
}

/* Messages that were handled, or that nobody could handle. */
static int64_t accounted_for(void)
{
    int64_t sum = __atomic_load_n(&handled, __ATOMIC_SEQ_CST);
    for (int loop = 0; loop < LOOPS; loop++)
        on_loop(loop, add_dead, &sum);
    return sum;
}

static void spawn_all(void)
{
    attempts = handled = moves = 0;
    over = false;
    for (uint64_t i = 0; i < RECEIVERS; i++)
        receivers[i] = spawn(kinds[i % 3], i);
    for (uint64_t i = 0; i < NOMADS; i++)
        nomads[i] = spawn(&nomad, i);
}

/* Have the loops say what each actor waits for that is there still; reports fail the test anyway. */
static void report_all(void)
{
    for (uint64_t i = 0; i < NOMADS; i++)
        check_equal(gr__actor_stop(pick(nomads, i), GR__STOP_IN_VAIN, 0), 0);
    for (uint64_t i = 0; i < RECEIVERS; i++)
        check_equal(gr__actor_stop(pick(receivers, i), GR__STOP_IN_VAIN, 0), 0);
    check_equal(gr_sleep(gr_in(100 * GR_MILLISECOND)), 0);
}

/* A nomad has finished once it has taken all its steps. */
static void stop_nomads(void)
{
    for (uint64_t i = 0; i < NOMADS; i++) {
        int reason;
        check_equal(gr_actor_finish(pick(nomads, i)), 0);
        if (!check_equal(gr_actor_join(pick(nomads, i), &reason, gr_in(60 * GR_SECOND)), 0))
            report_all();
    }
}

static int account(void *context)
{
    (void)context;
    spawn_all();
    run_all();
    stop_nomads();
    check_soon(accounted_for() == __atomic_load_n(&attempts, __ATOMIC_SEQ_CST));
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    check_equal(accounted_for(), __atomic_load_n(&attempts, __ATOMIC_SEQ_CST));
    check(__atomic_load_n(&moves, __ATOMIC_SEQ_CST) > 50);
    return 0;
}

static void loses_doubles_and_swaps_no_message(void **state)
{
    (void)state;
    for (seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(account, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loses_doubles_and_swaps_no_message),
    };
    return cmocka_run_group_tests_name("move stress", tests, NULL, NULL);
}
