/*
 * The talk with one client. The design stands in dialog.h.
 *
 * What is answered at once goes to the output if no earlier request is pending;
 * else it is written to a scratch buffer and queued behind them.
 */
#include "dialog.h"

#include <assert.h>
#include <errno.h>

int dialog_init(struct dialog *dialog, const struct dialog_spec *spec)
{
    *dialog = (struct dialog){
        .tag = spec->tag,
        .planner = spec->planner,
        .serve = spec->serve,
        .context = spec->context,
        .pending_max = spec->pending_max,
    };
    session_init(&dialog->session, spec->id, spec->now, spec->address);
    return pending_init(&dialog->pending, spec->planner);
}

void dialog_done(struct dialog *dialog)
{
    resp_done(&dialog->parser);
    session_done(&dialog->session);
    pending_done(&dialog->pending);
    buffer_done(&dialog->scratch);
}

/* Where an answer is written that is given at once. */
struct place {
    struct reply reply;
    size_t begin;
};

static struct place begin_answer(struct dialog *dialog, struct buffer *output)
{
    struct buffer *into = dialog_idle(dialog) ? output : &dialog->scratch;
    return (struct place){{into, dialog->session.protocol}, into->size};
}

static int end_answer(struct dialog *dialog, struct place *place, struct buffer *output)
{
    struct buffer *into = place->reply.into;
    if (into->failed)
        return -ENOMEM;
    if (session_muted(&dialog->session))
        into->size = place->begin;
    if (into == output || into->size == place->begin)
        return 0;

    int rc = pending_answer(&dialog->pending, (struct slice){into->bytes, into->size});
    into->size = 0;
    return rc;
}

static int ask_shards(struct dialog *dialog, const struct plan *plan, struct buffer *batches)
{
    int protocol = dialog->session.protocol;
    int rc = pending_ask(&dialog->pending, plan, protocol, session_muted(&dialog->session));
    if (rc < 0)
        return rc;
    return plan_write(dialog->planner, plan, dialog->tag, protocol, batches);
}

/* Let the server carry a command out. */
static int ask_server(struct dialog *dialog, const struct plan *plan, struct place *place,
                      struct buffer *output)
{
    if (dialog->serve(dialog->context, dialog, plan, &place->reply))
        return end_answer(dialog, place, output);
    assert(place->reply.into->size == place->begin);
    return pending_ask_server(&dialog->pending, session_muted(&dialog->session));
}

static int carry_out(struct dialog *dialog, int64_t now, struct buffer *batches,
                     struct buffer *output)
{
    struct place place = begin_answer(dialog, output);
    struct plan plan;
    plan_request(dialog->planner, &dialog->session, now, dialog->parser.argv, dialog->parser.argc,
                 &place.reply, &plan);

    switch (plan.kind) {
    case PLAN_SHARDS:
        return ask_shards(dialog, &plan, batches);
    case PLAN_SERVER:
        return ask_server(dialog, &plan, &place, output);
    case PLAN_ANSWERED:
        break;
    }
    return end_answer(dialog, &place, output);
}

/* Answer bytes that are no request, and end the talk. */
static int give_up(struct dialog *dialog, struct buffer *output)
{
    struct place place = begin_answer(dialog, output);
    reply_error(&place.reply, dialog->parser.error);
    dialog->session.closing = true;
    return end_answer(dialog, &place, output);
}

int dialog_read(struct dialog *dialog, int64_t now, struct slice bytes, struct buffer *batches,
                struct buffer *output, size_t *ret_used)
{
    int rc = 0;
    *ret_used = 0;
    while (rc == 0 && !dialog_closing(dialog) &&
           pending_count(&dialog->pending) < dialog->pending_max) {
        struct slice rest = {bytes.data + *ret_used, bytes.size - *ret_used};
        enum resp_state state = resp_parse(&dialog->parser, rest.data, rest.size);
        if (state == RESP_MORE)
            break;
        if (state == RESP_BROKEN)
            return give_up(dialog, output);

        *ret_used += dialog->parser.used;
        if (dialog->parser.argc > 0)
            rc = carry_out(dialog, now, batches, output);
    }
    return rc;
}
