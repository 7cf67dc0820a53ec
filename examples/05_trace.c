/*
 * A request that is traced through two actors and a runner, on two loops.
 *
 *     05_trace            prints four lines, each with the same trace
 *
 * Nobody passes the trace on: it is set once, and follows the work. The clerk's part is a span of
 * its own, whose number differs, since it asks for that.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>

static void say(const char *who)
{
    char text[128];
    gr_context_text(text, sizeof text);
    printf("%-8s loop %d  %s\n", who, gr_loop_here(), text);
}

static int keep_books(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    say("ledger");
    return gr_reply(message, NULL, 0);
}

static int start_span(void)
{
    struct gr_trace trace;
    int rc = gr_context_get(&gr_trace_key, &trace, sizeof trace);
    if (rc < 0)
        return rc;
    gr_trace_child(&trace, &trace);
    return gr_context_set(&gr_trace_key, &trace, sizeof trace);
}

static int take_order(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    gr_actor ledger = *(const gr_actor *)message->data;
    int rc = start_span();
    if (rc < 0)
        return rc;
    say("clerk");
    return gr_ask(ledger, 0, NULL, 0, NULL, 0, GR_FOREVER); /* until the request's deadline */
}

static int audit(void *context)
{
    (void)context;
    say("auditor");
    return 0;
}

static const struct gr_behavior clerks = {.name = "clerk", .receive = take_order};
static const struct gr_behavior ledgers = {.name = "ledger", .receive = keep_books};

static int run(void *context)
{
    (void)context;
    struct gr_trace trace;
    gr_actor clerk, ledger;
    struct gr_actor_options there = {.where = GR_ON_LOOP(1)};
    gr_runner auditor;
    gr_trace_make(&trace);
    int rc = gr_context_set(&gr_trace_key, &trace, sizeof trace);
    say("request");
    rc = rc < 0 ? rc : gr_actor_spawn(&clerks, &there, &clerk);
    rc = rc < 0 ? rc : gr_actor_spawn(&ledgers, NULL, &ledger);
    rc = rc < 0 ? rc : gr_ask(clerk, 0, &ledger, sizeof ledger, NULL, 0, gr_in(GR_SECOND));
    rc = rc < 0 ? rc : gr_runner_start(audit, NULL, NULL, &auditor);
    return rc < 0 ? rc : gr_runner_join(auditor, GR_FOREVER);
}

int main(void)
{
    struct gr_options options = {.loops = 2, .report = gr_report_to_stderr};
    return gr_run(run, NULL, &options) < 0;
}
