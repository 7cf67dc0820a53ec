/*
 * The journal: what a bank would keep on a disk. Nobody kills it.
 *
 * Invariants:
 *   1. A step's outcome is OPEN until it is recorded, and never changes after that.
 *   2. An account's cents are what it had at first, and all that was recorded as DONE since.
 */
#include "bank.h"

struct journal {
    struct transfer transfers[TRANSFERS];
    int64_t cents[ACCOUNTS];
    gr_promise end; /* who waits for the end, or zero */
};

/* All transfers that there will be: most accounts run short of money now and then. */
static int start(struct gr_self *self, const void *argument, size_t size)
{
    struct journal *journal = self->state;
    (void)argument, (void)size;
    for (int i = 0; i < ACCOUNTS; i++)
        journal->cents[i] = FIRST_CENTS;
    for (int i = 0; i < TRANSFERS; i++) {
        int from = (int)(gr_random() % ACCOUNTS);
        int to = (int)(((uint64_t)from + 1 + gr_random() % (ACCOUNTS - 1)) % ACCOUNTS);
        int64_t cents = 1 + (int64_t)(gr_random() % FIRST_CENTS);
        journal->transfers[i] = (struct transfer){.number = i, from, to, cents, {OPEN, OPEN}};
    }
    return 0;
}

static bool is_open(const struct transfer *transfer)
{
    return transfer->steps[WITHDRAW] == OPEN ||
           (transfer->steps[WITHDRAW] == DONE && transfer->steps[DEPOSIT] == OPEN);
}

static struct transfer next_of(const struct journal *journal, int teller)
{
    for (int i = teller; i < TRANSFERS; i += TELLERS)
        if (is_open(&journal->transfers[i]))
            return journal->transfers[i];
    return (struct transfer){.number = -1};
}

static struct audit audit(const struct journal *journal)
{
    struct audit audit = {0};
    for (int i = 0; i < ACCOUNTS; i++)
        audit.cents += journal->cents[i];
    for (int i = 0; i < TRANSFERS; i++) {
        const enum outcome *steps = journal->transfers[i].steps;
        bool done = steps[WITHDRAW] == DONE && steps[DEPOSIT] == DONE;
        bool refused = steps[WITHDRAW] == REFUSED && steps[DEPOSIT] == OPEN;
        audit.done += done;
        audit.refused += refused;
        audit.torn += !done && !refused;
    }
    return audit;
}

static bool has_ended(const struct journal *journal)
{
    for (int i = 0; i < TELLERS; i++)
        if (next_of(journal, i).number >= 0)
            return false;
    return true;
}

static int end_if_it_is(struct journal *journal)
{
    if (journal->end.name == 0 || !has_ended(journal))
        return 0;
    struct audit found = audit(journal);
    gr_promise end = journal->end;
    journal->end = (gr_promise){0};
    return gr_promise_resolve(end, &found, sizeof found);
}

static int write_down(struct journal *journal, const struct gr_message *message)
{
    const struct record *record = message->data;
    struct transfer *transfer = &journal->transfers[record->transfer];
    enum outcome *outcome = &transfer->steps[record->step];
    int64_t *cents = &journal->cents[record->step == WITHDRAW ? transfer->from : transfer->to];
    if (*outcome == OPEN) {
        *outcome = record->outcome;
        if (record->outcome == DONE)
            *cents += record->step == WITHDRAW ? -transfer->cents : transfer->cents;
    }

    struct recorded recorded = {*outcome, *cents};
    int rc = gr_reply(message, &recorded, sizeof recorded);
    return rc < 0 ? rc : end_if_it_is(journal);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct journal *journal = self->state;
    struct transfer transfer;
    switch (message->tag) {
    case JOURNAL_BALANCE:
        return gr_reply(message, &journal->cents[*(const int *)message->data], sizeof(int64_t));
    case JOURNAL_RECORD:
        return write_down(journal, message);
    case JOURNAL_NEXT:
        transfer = next_of(journal, *(const int *)message->data);
        return gr_reply(message, &transfer, sizeof transfer);
    default:
        journal->end = gr_message_take_promise(message);
        return end_if_it_is(journal);
    }
}

const struct gr_behavior journal_behavior = {
    .name = "journal", .receive = receive, .start = start, .state_bytes = sizeof(struct journal)};
