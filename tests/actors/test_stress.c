/* However sends, asks, stops and spawns cross, each message is handled, expires, or is a dead letter. */
#include <errno.h>
#include <pthread.h>

#include "lib/fixture.h"

enum { POST, ASK, LOOPS = 4, CROWD = 24, WRITERS = 3, ROUNDS = 1000, FOREIGN = 2, SEEDS = 3 };

static uint64_t seed;

/* Counted by all threads. */
static int64_t accepted, handled, stale, answered, passed_on, stopped;

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int64_t total(int64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

/* Everybody picks whom to write to here, and puts a new one in the place of one it stopped. */
static uint64_t crowd[CROWD];

static gr_actor pick(uint64_t dice)
{
    return (gr_actor){__atomic_load_n(&crowd[dice % CROWD], __ATOMIC_SEQ_CST)};
}

/* What becomes of each try to send: accepted, or refused; and if as stale, a dead letter, too. */
static int note_sent(int rc)
{
    check(rc == 0 || rc == -ESTALE || rc == -EAGAIN || rc == -ETIMEDOUT || rc == -ECANCELED);
    if (rc == 0)
        count(&accepted);
    if (rc == -ESTALE)
        count(&stale);
    return rc;
}

/* Every fourth message is passed on once or more, and its receiver may wait for room in that. */
static int receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    count(&handled);
    if (gr_random() % 4 == 0) {
        if (note_sent(gr_forward(message, pick(gr_random()))) < 0)
            return 0;
        count(&passed_on);
        return 0;
    }
    return gr_reply(message, message->data, message->size);
}

static void count_stop(struct gr_self *self, int reason)
{
    (void)self;
    check(reason == -EINTR || reason == -ESHUTDOWN);
    count(&stopped);
}

static const struct gr_behavior extra = {
    .name = "extra", .receive = receive, .stop = count_stop, .mailbox_max = 16};

static uint64_t spawn(int loop)
{
    gr_actor actor = {0};
    check_equal(
        gr_actor_spawn(&extra, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)}, &actor), 0);
    return actor.name;
}

/* Put an actor in the place of another, which is stopped by whoever takes it out. */
static void replace(uint64_t dice, uint64_t fresh)
{
    uint64_t before = __atomic_exchange_n(&crowd[dice % CROWD], fresh, __ATOMIC_SEQ_CST);
    check_equal(gr_actor_stop((gr_actor){before}, -EINTR), 0);
}

static void ask(uint64_t dice)
{
    gr_future future;
    gr_time deadline = gr_in((gr_time)(dice % 3) * 100 * GR_MICROSECOND + GR_MICROSECOND);
    if (note_sent(gr_ask_start(pick(dice), ASK, &dice, sizeof dice, &future, deadline)) < 0)
        return;
    uint64_t reply = 0;
    int rc = gr_future_await(future, &reply, sizeof reply, deadline);
    if (rc == 0) {
        check(reply == dice);
        count(&answered);
        return;
    }
    /* One that was stopped while it passed the question on has replied with nothing. */
    check(rc == -ESTALE || rc == -ETIMEDOUT || rc == -EMSGSIZE);
    gr_future_drop(future);
}

static void post_later(uint64_t dice)
{
    gr_send_timer timer;
    gr_time at = gr_in((gr_time)(dice % 1000) * GR_MICROSECOND);
    check_equal(gr_send_after(at, pick(dice), POST, &dice, sizeof dice, &timer), 0);
    count(&accepted);
    if (dice % 5 == 0 && gr_send_cancel(timer))
        __atomic_sub_fetch(&accepted, 1, __ATOMIC_SEQ_CST);
}

static void post_buffer(uint64_t dice)
{
    struct gr_buffer buffer;
    if (!check_equal(gr_buffer_copy(&dice, sizeof dice, &buffer), 0))
        return;
    note_sent(gr_send_buffer(pick(dice), POST, &buffer, gr_in(20 * GR_MILLISECOND)));
    gr_buffer_release(&buffer);
}

static int write_at_random(void *context)
{
    (void)context;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t dice = gr_random();
        switch (dice >> 60) {
        case 0:
            replace(dice, spawn((int)(dice >> 32) % LOOPS));
            break;
        case 1:
        case 2:
        case 3:
            ask(dice);
            break;
        case 4:
            post_later(dice);
            break;
        case 5:
            post_buffer(dice);
            break;
        case 6:
            note_sent(gr_try_send(pick(dice), POST, &dice, sizeof dice));
            break;
        default:
            note_sent(gr_send_by(pick(dice), POST, &dice, sizeof dice, gr_in(20 * GR_MILLISECOND)));
        }
    }
    return 0;
}

/* Several runners of one loop at once, joined by a callback there. */
static void write_on_loop(void *context)
{
    (void)context;
    gr_runner writers[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        check_equal(gr_runner_start(write_at_random, NULL, NULL, &writers[i]), 0);
    for (int i = 0; i < WRITERS; i++)
        check_equal(gr_runner_join(writers[i], gr_in(60 * GR_SECOND)), 0);
}

/* Sends, and now and then stops whom it picked, which stays in its place as one that is gone. */
static void *write_from_outside(void *context)
{
    uint64_t dice = (uint64_t)(uintptr_t)context;
    for (int round = 0; round < 2 * ROUNDS; round++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        gr_actor actor = pick(dice >> 33);
        if (dice >> 58 == 0)
            check_equal(gr_actor_stop(actor, -EINTR), 0);
        note_sent(gr_try_send(actor, POST, &dice, sizeof dice));
    }
    return NULL;
}

static int write_there(void *loop)
{
    on_loop((int)(intptr_t)loop, write_on_loop, NULL);
    return 0;
}

struct sums {
    int64_t dead_letters;
    int64_t expired;
    int64_t actors;
};

static void add(void *context)
{
    struct sums *sums = context;
    sums->dead_letters += (int64_t)gr_dead_letters();
    sums->expired += (int64_t)gr_asks_expired();
    sums->actors += (int64_t)gr_actor_count();
}

static struct sums sum_up(void)
{
    struct sums sums = {0};
    for (int loop = 0; loop < LOOPS; loop++)
        on_loop(loop, add, &sums);
    return sums;
}

/* Refused as stale, a message is a dead letter that nobody accepted. */
static int64_t unaccounted(void)
{
    struct sums sums = sum_up();
    return total(&accepted) + total(&stale) - total(&handled) - sums.dead_letters - sums.expired;
}

static void write_from_everywhere(void)
{
    pthread_t threads[FOREIGN];
    gr_runner runners[LOOPS];
    for (uintptr_t i = 0; i < FOREIGN; i++)
        check_equal(
            pthread_create(&threads[i], NULL, write_from_outside, (void *)(seed * FOREIGN + i)), 0);
    for (intptr_t i = 0; i < LOOPS; i++)
        check_equal(gr_runner_start(write_there, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(60 * GR_SECOND)), 0);
    for (int i = 0; i < FOREIGN; i++)
        pthread_join(threads[i], NULL);
}

static int account(void *context)
{
    (void)context;
    accepted = handled = stale = answered = passed_on = stopped = 0;
    for (uint64_t i = 0; i < CROWD; i++)
        crowd[i] = spawn((int)i % LOOPS);

    write_from_everywhere();

    check_soon(unaccounted() == 0);
    check(total(&handled) > total(&accepted) / 4);
    check(total(&answered) > 0);
    check(total(&passed_on) > 0);
    for (uint64_t i = 0; i < CROWD; i++)
        replace(i, 0);
    check_soon(sum_up().actors == 0);
    check(total(&stopped) >= CROWD);
    check_equal(unaccounted(), 0);
    return 0;
}

static void accounts_for_every_message(void **state)
{
    (void)state;
    for (seed = 1; seed <= SEEDS; seed++)
        run_in_fleet(account, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

/* The crowd is left as it is, with messages on their way and in mailboxes. */
static int leave(void *context)
{
    (void)context;
    for (uint64_t i = 0; i < CROWD; i++)
        crowd[i] = spawn((int)i % LOOPS);
    for (int round = 0; round < 500; round++) {
        uint64_t dice = gr_random();
        post_buffer(dice);
        note_sent(gr_try_send(pick(dice), POST, &dice, sizeof dice));
    }
    return 0;
}

static void leaves_nothing_behind_when_the_fleet_ends_in_the_midst(void **state)
{
    (void)state;
    for (seed = 1; seed <= 20; seed++)
        run_in_fleet(leave, &(struct gr_options){.loops = LOOPS, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_for_every_message),
        cmocka_unit_test(leaves_nothing_behind_when_the_fleet_ends_in_the_midst),
    };
    return cmocka_run_group_tests_name("stress", tests, NULL, NULL);
}
