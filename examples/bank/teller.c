/*
 * Tellers: one transfer after the other, each step until it is known what became of it.
 *
 *     next? -- withdraw, again and again -- DONE --> deposit, again and again --> next?
 *                                        -- REFUSED ----------------------------> next?
 *
 * A teller that begins anew asks for the transfer that it was at, and takes its steps again.
 */
#include <string.h>

#include "bank.h"

/* How long to leave an account alone that did not answer. */
#define BREATHER (20 * GR_MICROSECOND)

static int start(struct gr_self *self, const void *post, size_t size)
{
    memcpy(self->state, post, size);
    return gr_send(gr_self_actor(self), 0, NULL, 0);
}

/* An account that is killed answers with an error; whoever is killed himself cannot sleep any more. */
static int take_step(gr_actor account, uint32_t step, const struct transfer *transfer,
                     enum outcome *ret_outcome)
{
    struct step told = {transfer->number, transfer->cents};
    while (gr_ask(account, step, &told, sizeof told, ret_outcome, sizeof *ret_outcome,
                  gr_in(ANSWER_WITHIN)) < 0) {
        int rc = gr_sleep(gr_in(BREATHER));
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int carry_out(const struct post *post, const struct transfer *transfer)
{
    enum outcome outcome;
    int rc = take_step(post->accounts[transfer->from], WITHDRAW, transfer, &outcome);
    if (rc == 0 && outcome == DONE)
        rc = take_step(post->accounts[transfer->to], DEPOSIT, transfer, &outcome);
    return rc;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    const struct post *post = self->state;
    struct transfer transfer;
    (void)message;
    int rc;
    do {
        rc = gr_ask(post->journal, JOURNAL_NEXT, &post->number, sizeof post->number, &transfer,
                    sizeof transfer, gr_in(ANSWER_WITHIN));
        if (rc == 0 && transfer.number >= 0)
            rc = carry_out(post, &transfer);
    } while (rc == 0 && transfer.number >= 0);
    return rc;
}

const struct gr_behavior teller_behavior = {
    .name = "teller", .receive = receive, .start = start, .state_bytes = sizeof(struct post)};
