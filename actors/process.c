/*
 * Processes: from the beginning of a run to what its end means.
 */
#include "actors/process.h"

#include "actors/reception.h"
#include "actors/supervision.h"

/* What was received, and is not over, is what the run has failed at. */
static void set_aside(struct gr__loop *loop, struct gr__body *body)
{
    const struct gr_message *message = gr__reception_held(body);
    if (message != NULL)
        gr__supervision_note(loop, body, message);
}

void gr__process_run(struct gr__loop *loop, struct gr__body *body)
{
    int status = body->behavior->run(&body->self);
    if (body->urgent & GR__RECEIVES) {
        if (status < 0 && !gr__body_stopping(body))
            set_aside(loop, body);
        gr__reception_end(loop, body, status < 0 ? status : 0);
    }
    if (status < 0)
        gr__body_fail(loop, body, status);
    else
        gr__body_stop(loop, body, 0);
}
