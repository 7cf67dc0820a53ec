/*
 * Savina's bank transaction: a teller sends transactions between a thousand accounts.
 *
 *     teller               source, an account              destination, one with a higher number
 *      TRANSFER ---------> asks: TAKE, amount -----------> adds it
 *                          waits        <----------------
 *          <-------- DONE  subtracts it
 *      ...                                                  50,000 times
 *
 *     main runner <--- promise --- teller, when all are done
 *      BALANCE: asks each account, which ends
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a transaction: an ask (bench/runtime/ask.c),
 * and the two messages around it. The source asks within its handler, and handles nothing else
 * until the reply is there. As it only waits for one with a higher number, no ring of accounts
 * waits for itself. What dominates is the ask, half of the time, of accounts that lie in the second
 * cache. The machine's floor is two switches of stacks (bench/floors/context_switch.c), a
 * twenty-fifth: the rest is some 1,500 instructions, a little slower than the processor could do
 * them.
 *
 * The teller sends a few transactions at a time, then sends itself word to go on, and so hears of
 * those done meanwhile. A dozen are under way at once, on as many stacks, which stay in the first
 * cache: with 64 at a time a transaction takes more than half as long again.
 */
#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { BEGIN, GO_ON, TRANSFER, TAKE, DONE, BALANCE };

#define ACCOUNTS 1000u
#define TRANSACTIONS 50000u
#define FIRST_BALANCE 1000000u
#define AMOUNTS 1000u
#define AT_A_TIME 4u

/* --- An account ------------------------------------------------------------------------------ */

struct transfer {
    gr_actor to;
    int64_t amount;
};

struct account {
    gr_actor teller;
    int64_t balance; /* may be below zero for a while */
};

static int transfer(struct account *account, const struct transfer *transfer)
{
    const int64_t *amount = &transfer->amount;
    int rc = gr_ask(transfer->to, TAKE, amount, sizeof *amount, NULL, 0, GR_FOREVER);
    if (rc < 0)
        return rc;
    account->balance -= *amount;
    return gr_send(account->teller, DONE, NULL, 0);
}

static int close_account(struct gr_self *self, const struct gr_message *message)
{
    const struct account *account = self->state;
    int rc = gr_reply(message, &account->balance, sizeof account->balance);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static int account_receive(struct gr_self *self, const struct gr_message *message)
{
    struct account *account = self->state;
    switch (message->tag) {
    case TRANSFER:
        return transfer(account, message->data);
    case TAKE:
        account->balance += *(const int64_t *)message->data;
        return 0;
    default:
        return close_account(self, message);
    }
}

static const struct gr_behavior accounts = {.name = "account",
                                            .receive = account_receive,
                                            .start = bench_argument_is_state,
                                            .state_bytes = sizeof(struct account)};

/* --- The teller ------------------------------------------------------------------------------ */

struct day {
    const gr_actor *accounts; /* read only, and outlive the teller */
    uint64_t transactions;
    gr_promise over;
};

struct teller {
    struct day day;
    uint64_t sent, done; /* transactions */
    struct gr__random random;
};

static int send_one(struct teller *teller)
{
    uint64_t from = gr__random_below(&teller->random, ACCOUNTS - 1);
    uint64_t to = from + 1 + gr__random_below(&teller->random, ACCOUNTS - 1 - from);
    struct transfer transfer = {teller->day.accounts[to],
                                (int64_t)gr__random_below(&teller->random, AMOUNTS)};
    teller->sent++;
    return gr_send(teller->day.accounts[from], TRANSFER, &transfer, sizeof transfer);
}

static int send_some(struct gr_self *self)
{
    struct teller *teller = self->state;
    for (unsigned i = 0; i < AT_A_TIME && teller->sent < teller->day.transactions; i++) {
        int rc = send_one(teller);
        if (rc < 0)
            return rc;
    }
    if (teller->sent == teller->day.transactions)
        return 0;
    return gr_send(gr_self_actor(self), GO_ON, NULL, 0);
}

static int teller_receive(struct gr_self *self, const struct gr_message *message)
{
    struct teller *teller = self->state;
    switch (message->tag) {
    case BEGIN:
        teller->day = *(const struct day *)message->data;
        gr__random_seed(&teller->random, ACCOUNTS);
        return send_some(self);
    case GO_ON:
        return send_some(self);
    default:
        if (++teller->done < teller->day.transactions)
            return 0;
        return gr_promise_resolve(teller->day.over, &teller->done, sizeof teller->done);
    }
}

static const struct gr_behavior tellers = {
    .name = "teller", .receive = teller_receive, .state_bytes = sizeof(struct teller)};

/* --- The program ----------------------------------------------------------------------------- */

static int play(void *context)
{
    const uint64_t *transactions = context;
    gr_actor all[ACCOUNTS];
    struct account account = {.balance = FIRST_BALANCE};
    struct day day = {.accounts = all, .transactions = *transactions};
    gr_future over;
    uint64_t sum = 0;
    int rc = gr_future_make(&over, &day.over);
    if (rc == 0)
        rc = bench_crew_spawn(&account.teller, 1, &tellers, NULL, 0);
    if (rc == 0)
        rc = bench_crew_spawn(all, ACCOUNTS, &accounts, &account, sizeof account);
    if (rc == 0)
        rc = gr_send(account.teller, BEGIN, &day, sizeof day);
    if (rc == 0)
        rc = bench_await_count(over, *transactions, "transactions done");
    if (rc == 0)
        rc = bench_crew_sum(all, ACCOUNTS, BALANCE, &sum);
    if (rc == 0)
        rc = gr_actor_stop(account.teller, 0);
    if (rc < 0)
        return rc;
    return sum == FIRST_BALANCE * ACCOUNTS ? 0 : bench_wrong("money was lost or made");
}

static int run(void *context)
{
    (void)context;
    uint64_t transactions = bench_scaled(TRANSACTIONS);
    return bench_program(&(struct bench_program){.name = "bank_transaction",
                                                 .run = play,
                                                 .context = &transactions,
                                                 .operations = transactions});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
