/*
 * Gates: actors that handle nothing until a test lets them, so that their mailboxes keep what comes.
 *
 *     test: shut_gate --ask--> handler: wait_at_gate replies with a promise, and waits for its future
 *           open_gate: the promise is settled, and the handler returns
 */
#ifndef GREENROOM_TESTS_GATE_H
#define GREENROOM_TESTS_GATE_H

#include "lib/fixture.h"

/* In the handler: what the wait has come to. */
static inline int wait_at_gate(const struct gr_message *message, gr_time deadline)
{
    gr_future opened;
    gr_promise open;
    int rc = gr_future_make(&opened, &open);
    if (rc == 0)
        rc = gr_reply(message, &open, sizeof open);
    if (rc == 0)
        rc = gr_future_await(opened, NULL, 0, deadline);
    gr_future_drop(opened);
    return rc;
}

/* `tag` is that of the message at which the actor's handler waits. */
static inline gr_promise shut_gate(gr_actor actor, uint32_t tag, gr_time deadline)
{
    gr_promise open = {0};
    check_equal(gr_ask(actor, tag, NULL, 0, &open, sizeof open, deadline), 0);
    return open;
}

static inline void open_gate(gr_promise open)
{
    check_equal(gr_promise_resolve(open, NULL, 0), 0);
}

#endif
