/*
 * An account that is sent deposits, and asked for its balance.
 *
 *     01_account          prints: the balance is 42.00
 *
 * The account is an actor: state that only its handler touches, one message at a time. run() is
 * a runner: a function that may wait, here for the answer. Nothing in it mentions a thread.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>

enum { DEPOSIT, BALANCE };

struct account {
    int64_t cents;
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct account *account = self->state;
    switch (message->tag) {
    case DEPOSIT:
        account->cents += *(const int64_t *)message->data;
        return 0;
    case BALANCE:
        return gr_reply(message, &account->cents, sizeof account->cents);
    }
    return -ENOTSUP; /* the account has failed, and the asker gets this */
}

static const struct gr_behavior account = {
    .name = "account", .receive = receive, .state_bytes = sizeof(struct account)};

static int run(void *context)
{
    (void)context;
    gr_actor savings;
    int rc = gr_actor_spawn(&account, NULL, &savings);
    if (rc < 0)
        return rc;

    for (int64_t cents = 2000; rc == 0 && cents <= 2200; cents += 200)
        rc = gr_send(savings, DEPOSIT, &cents, sizeof cents);
    if (rc < 0)
        return rc;

    int64_t cents;
    rc = gr_ask(savings, BALANCE, NULL, 0, &cents, sizeof cents, gr_in(GR_SECOND));
    if (rc == 0)
        printf("the balance is %lld.%02lld\n", (long long)cents / 100, (long long)cents % 100);
    return rc;
}

int main(void)
{
    return gr_run(run, NULL, &(struct gr_options){.report = gr_report_to_stderr}) < 0;
}
