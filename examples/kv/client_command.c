/*
 * CLIENT: what a connection is told of itself.
 *
 *     CLIENT ID | GETNAME | SETNAME name | INFO | LIST | NO-EVICT on|off | REPLY on|off|skip
 *
 * A connection knows of no other, so LIST lists the one that asks.
 */
#include <stdio.h>

#include "handlers.h"
#include "visit.h"

static void id(struct visit *visit)
{
    reply_integer(visit->reply, visit->session->id);
}

static void getname(struct visit *visit)
{
    if (visit->session->name == NULL)
        reply_null(visit->reply);
    else
        reply_bulk(visit->reply, (struct slice){visit->session->name, visit->session->name_size});
}

static void setname(struct visit *visit)
{
    if (visit_set_name(visit, visit->argv[2]))
        reply_ok(visit->reply);
}

static void info(struct visit *visit)
{
    const struct session *session = visit->session;
    char line[512];
    int size =
        snprintf(line, sizeof line,
                 "id=%lld addr=%s name=%.*s age=%lld idle=0 flags=%s db=0 sub=%zu psub=0 "
                 "multi=-1 cmd=client user=default redir=-1 resp=%d\n",
                 (long long)session->id, session->address,
                 session->name_size > 128 ? 128 : (int)session->name_size,
                 session->name == NULL ? "" : session->name,
                 (long long)((visit->now - session->created_at) / 1000),
                 session->subscriptions > 0 ? "P" : "N", session->subscriptions, session->protocol);
    reply_verbatim(visit->reply, (struct slice){line, (size_t)size});
}

static void syntax_error(struct visit *visit)
{
    reply_error(visit->reply, "ERR syntax error");
}

static void no_evict(struct visit *visit)
{
    if (slice_is(visit->argv[2], "on") || slice_is(visit->argv[2], "off"))
        reply_ok(visit->reply);
    else
        syntax_error(visit);
}

static void replies(struct visit *visit)
{
    struct session *session = visit->session;
    if (slice_is(visit->argv[2], "on")) {
        session->silent = false;
        session->skipping = false;
        reply_ok(visit->reply);
    } else if (slice_is(visit->argv[2], "off")) {
        session->silent = true;
    } else if (slice_is(visit->argv[2], "skip")) {
        session->skip_next = !session->silent;
        session->skipping = true;
    } else {
        syntax_error(visit);
    }
}

void client_command(struct visit *visit)
{
    static const struct subcommand subcommands[] = {
        {"id", 2, id},      {"getname", 2, getname},   {"setname", 3, setname}, {"info", 2, info},
        {"list", -2, info}, {"no-evict", 3, no_evict}, {"reply", 3, replies},
    };
    visit_subcommand(visit, subcommands, sizeof subcommands / sizeof *subcommands);
}
