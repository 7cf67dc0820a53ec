/*
 * A bank that never loses a cent, while its accounts and tellers are killed at random.
 *
 *     bank [SEED]       prints how often somebody was killed, and what became of the transfers
 *
 * On two loops, tellers carry out four thousand transfers between accounts on both, and supervisors
 * restart whoever is killed. In the end the sum is what it was at first, and each transfer either
 * happened or did not; else the program fails.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bank.h"

enum { STAFF = ACCOUNTS + TELLERS, KILLS_MAX = 1000 };

#define KILL_EVERY (20 * GR_MICROSECOND)

static const struct gr_child account = {.behavior = &account_behavior, .where = GR_SPREAD};
static const struct gr_child teller = {.behavior = &teller_behavior, .where = GR_SPREAD};

static const struct gr_supervisor accounts = {.name = "accounts",
                                              .strategy = GR_DYNAMIC,
                                              .children = &account,
                                              .child_count = 1,
                                              .restarts_max = 10000,
                                              .restarts_within = GR_SECOND / 10};
static const struct gr_supervisor tellers = {.name = "tellers",
                                             .strategy = GR_DYNAMIC,
                                             .children = &teller,
                                             .child_count = 1,
                                             .restarts_max = 10000,
                                             .restarts_within = GR_SECOND / 10};

struct bank {
    gr_actor journal;
    gr_actor staff[STAFF]; /* the accounts, and then the tellers */
    int kills;
};

static int hire(const struct gr_supervisor *supervisor, struct post *post, int count,
                gr_actor *ret_staff)
{
    gr_actor boss;
    int rc = gr_supervisor_start(supervisor, NULL, &boss);
    for (int i = 0; rc == 0 && i < count; i++) {
        post->number = i;
        rc = gr_supervisor_add(boss, post, sizeof *post, &ret_staff[i], gr_in(ANSWER_WITHIN));
    }
    return rc;
}

static int open_bank(struct bank *bank)
{
    int rc = gr_actor_spawn(&journal_behavior, NULL, &bank->journal);
    if (rc < 0)
        return rc;
    struct post post = {.journal = bank->journal};
    rc = hire(&accounts, &post, ACCOUNTS, bank->staff);
    for (int i = 0; i < ACCOUNTS; i++)
        post.accounts[i] = bank->staff[i];
    return rc < 0 ? rc : hire(&tellers, &post, TELLERS, bank->staff + ACCOUNTS);
}

/* Until it is cancelled, or has done enough: who is killed all the time comes to nothing. */
static int kill_at_random(void *context)
{
    struct bank *bank = context;
    int rc = 0;
    while (rc == 0 && bank->kills < KILLS_MAX) {
        rc = gr_actor_kill(bank->staff[gr_random() % STAFF]);
        bank->kills++;
        if (rc == 0)
            rc = gr_sleep(gr_in((gr_time)(gr_random() % (2 * KILL_EVERY))));
    }
    return rc;
}

/* Let tellers work, and killers too, until no transfer is open. */
static int run_bank(struct bank *bank, struct audit *ret_audit)
{
    gr_runner killer;
    int rc = gr_runner_start(kill_at_random, bank, NULL, &killer);
    if (rc < 0)
        return rc;
    rc = gr_ask(bank->journal, JOURNAL_END, NULL, 0, ret_audit, sizeof *ret_audit,
                gr_in(60 * GR_SECOND));
    gr_runner_cancel(killer);
    int killed = gr_runner_join(killer, GR_FOREVER);
    return rc < 0 || killed == -ECANCELED ? rc : killed;
}

/* What the accounts themselves say that they have. */
static int count_cents(const struct bank *bank, int64_t *ret_cents)
{
    int64_t sum = 0, cents;
    for (int i = 0; i < ACCOUNTS; i++) {
        int rc =
            gr_ask(bank->staff[i], BALANCE, NULL, 0, &cents, sizeof cents, gr_in(ANSWER_WITHIN));
        if (rc < 0)
            return rc;
        sum += cents;
    }
    *ret_cents = sum;
    return 0;
}

static int run(void *context)
{
    struct bank *bank = context;
    struct audit audit;
    int64_t cents = 0;
    int rc = open_bank(bank);
    if (rc == 0)
        rc = run_bank(bank, &audit);
    if (rc == 0)
        rc = count_cents(bank, &cents);
    if (rc < 0)
        return rc;

    printf("%d kills; of %d transfers %d done, %d refused, %d torn\n", bank->kills, TRANSFERS,
           audit.done, audit.refused, audit.torn);
    printf("%lld cents, of %d; %lld in the journal\n", (long long)cents, ACCOUNTS * FIRST_CENTS,
           (long long)audit.cents);
    bool is_right = cents == ACCOUNTS * FIRST_CENTS && audit.cents == cents && audit.torn == 0 &&
                    audit.done + audit.refused == TRANSFERS;
    return is_right ? 0 : -EBADMSG;
}

int main(int argc, char **argv)
{
    static struct bank bank;
    struct gr_options options = {.loops = 2, .report = gr_report_to_stderr};
    options.seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    int rc = gr_run(run, &bank, &options);
    if (rc < 0)
        fprintf(stderr, "bank: %s\n", gr_error_text(rc));
    return rc < 0;
}
