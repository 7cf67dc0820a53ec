/*
 * A fast sender and a slow receiver: the receiver's mailbox is bounded, so the sender waits.
 *
 *     04_pressure         prints how long the sender was held up
 *
 * The printer handles a page in a millisecond, during which it waits and holds nobody up. The
 * editor could send a million pages in that time. gr_send() makes it wait instead, so there are
 * never more pages than the mailbox holds.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>

enum { PAGE, TOTAL, PAGES = 200, MAILBOX = 16 };

struct printer {
    uint32_t printed;
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct printer *printer = self->state;
    if (message->tag == TOTAL)
        return gr_reply(message, &printer->printed, sizeof printer->printed);

    printer->printed++;
    return gr_sleep(gr_in(GR_MILLISECOND));
}

static const struct gr_behavior printer = {.name = "printer",
                                           .receive = receive,
                                           .state_bytes = sizeof(struct printer),
                                           .mailbox_max = MAILBOX};

static int run(void *context)
{
    (void)context;
    gr_actor pages;
    int rc = gr_actor_spawn(&printer, NULL, &pages);
    gr_time began = gr_clock();
    for (uint32_t page = 0; rc == 0 && page < PAGES; page++)
        rc = gr_send(pages, PAGE, &page, sizeof page);
    if (rc < 0)
        return rc;
    double sending = (double)(gr_clock() - began) / GR_MILLISECOND;

    uint32_t printed;
    rc = gr_ask(pages, TOTAL, NULL, 0, &printed, sizeof printed, gr_in(60 * GR_SECOND));
    if (rc < 0)
        return rc;
    printf("%u pages printed; to send them took %.0f ms, since at most %d were under way\n",
           printed, sending, MAILBOX);
    return printed == PAGES ? 0 : -EILSEQ;
}

int main(void)
{
    return gr_run(run, NULL, &(struct gr_options){.report = gr_report_to_stderr}) < 0;
}
