/* However sends, asks, stops and spawns cross, each message is handled or is a dead letter, once. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib/fixture.h"

enum { POST, ASK, LOOPS = 4, CROWD = 24, ROUNDS = 3000, FOREIGN = 2, FOREIGN_ROUNDS = 2000 };

/* Counted by all threads. */
static int64_t sent, handled, answered, refused;

static void count(int64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static int64_t total(int64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    if (message->tag == POST) {
        count(&handled);
        return 0;
    }
    return gr_reply(message, message->data, message->size);
}

static const struct gr_behavior extra = {.name = "extra", .receive = receive, .mailbox_max = 32};

/* Everybody picks whom to write to here, and puts a new one in the place of one it stopped. */
static uint64_t crowd[CROWD];

static gr_actor pick(uint64_t dice)
{
    return (gr_actor){__atomic_load_n(&crowd[dice % CROWD], __ATOMIC_SEQ_CST)};
}

static void note_sent(int rc)
{
    check(rc == 0 || rc == -ESTALE || rc == -EAGAIN || rc == -ETIMEDOUT);
    if (rc == 0)
        count(&sent);
    else
        count(&refused);
}

static void replace(uint64_t dice)
{
    gr_actor fresh;
    struct gr_actor_options options = {.where = GR_ON_LOOP((int)(dice >> 32) % LOOPS)};
    if (!check_equal(gr_actor_spawn(&extra, &options, &fresh), 0))
        return;
    uint64_t before = __atomic_exchange_n(&crowd[dice % CROWD], fresh.name, __ATOMIC_SEQ_CST);
    check_equal(gr_actor_stop((gr_actor){before}, -EINTR), 0);
}

static void ask(uint64_t dice)
{
    uint64_t reply = 0;
    int rc = gr_ask(pick(dice), ASK, &dice, sizeof dice, &reply, sizeof reply,
                    gr_in((gr_time)(dice % 3) * 100 * GR_MICROSECOND + GR_MICROSECOND));
    check(rc == 0 || rc == -ESTALE || rc == -ETIMEDOUT || rc == -EAGAIN);
    if (rc == 0) {
        check(reply == dice);
        count(&answered);
    }
}

static void act_at_random(void *context)
{
    (void)context;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t dice = gr_random();
        switch (dice >> 60) {
        case 0:
            replace(dice);
            break;
        case 1:
        case 2:
        case 3:
            ask(dice);
            break;
        default:
            note_sent(gr_send_by(pick(dice), POST, &dice, sizeof dice, gr_in(20 * GR_MILLISECOND)));
        }
    }
}

static void *send_from_outside(void *context)
{
    uint64_t dice = (uint64_t)(uintptr_t)context;
    for (int round = 0; round < FOREIGN_ROUNDS; round++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        note_sent(gr_try_send(pick(dice >> 33), POST, &dice, sizeof dice));
    }
    return NULL;
}

static int act_on_loop(void *loop)
{
    on_loop((int)(intptr_t)loop, act_at_random, NULL);
    return 0;
}

static void add_dead_letters(void *sum)
{
    *(int64_t *)sum += (int64_t)gr_dead_letters();
}

static int64_t dead_letters(void)
{
    int64_t sum = 0;
    for (int loop = 0; loop < LOOPS; loop++)
        on_loop(loop, add_dead_letters, &sum);
    return sum;
}

/* Dead letters are asks, too, and those refused on their own loop. So the posts lie between. */
FLEET_TEST(accounts_for_every_message, LOOPS)
{
    sent = handled = answered = refused = 0;
    for (uint64_t i = 0; i < CROWD; i++) {
        gr_actor actor = {0};
        struct gr_actor_options options = {.where = GR_ON_LOOP((int)(i % LOOPS))};
        check_equal(gr_actor_spawn(&extra, &options, &actor), 0);
        crowd[i] = actor.name;
    }

    pthread_t threads[FOREIGN];
    gr_runner runners[LOOPS];
    for (uintptr_t i = 0; i < FOREIGN; i++)
        check_equal(pthread_create(&threads[i], NULL, send_from_outside, (void *)(i + 1)), 0);
    for (intptr_t i = 0; i < LOOPS; i++)
        check_equal(gr_runner_start(act_on_loop, (void *)i, NULL, &runners[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        check_equal(gr_runner_join(runners[i], gr_in(60 * GR_SECOND)), 0);
    for (int i = 0; i < FOREIGN; i++)
        pthread_join(threads[i], NULL);

    check_soon(total(&handled) + dead_letters() >= total(&sent));
    check(total(&handled) <= total(&sent));
    check(total(&handled) > total(&sent) / 2);
    check(total(&answered) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(accounts_for_every_message)};
    return cmocka_run_group_tests_name("stress", tests, NULL, NULL);
}
