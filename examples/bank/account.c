/*
 * Accounts: one step at a time, each recorded before it counts.
 *
 * An account that ends while its record is on its way does not know whether it will arrive. It
 * learns its cents anew when it begins again, by an ask that goes the same way and so comes behind.
 */
#include <string.h>

#include "bank.h"

struct account {
    struct post post;
    int64_t cents; /* as the journal last said */
};

static int start(struct gr_self *self, const void *post, size_t size)
{
    struct account *account = self->state;
    memcpy(&account->post, post, size);
    return gr_ask(account->post.journal, JOURNAL_BALANCE, &account->post.number, sizeof(int),
                  &account->cents, sizeof account->cents, gr_in(ANSWER_WITHIN));
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct account *account = self->state;
    if (message->tag == BALANCE)
        return gr_reply(message, &account->cents, sizeof account->cents);

    const struct step *step = message->data;
    bool refused = message->tag == WITHDRAW && step->cents > account->cents;
    struct record record = {step->transfer, (int)message->tag, refused ? REFUSED : DONE};
    struct recorded recorded;
    int rc = gr_ask(account->post.journal, JOURNAL_RECORD, &record, sizeof record, &recorded,
                    sizeof recorded, gr_in(ANSWER_WITHIN));
    if (rc < 0)
        return rc;
    account->cents = recorded.cents;
    return gr_reply(message, &recorded.outcome, sizeof recorded.outcome);
}

const struct gr_behavior account_behavior = {
    .name = "account", .receive = receive, .start = start, .state_bytes = sizeof(struct account)};
