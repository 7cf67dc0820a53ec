/*
 * Sessions, and the commands on them other than CLIENT.
 *
 *     PING [text]    ECHO text    HELLO [2 | 3 [AUTH user password] [SETNAME name]]
 *     SELECT 0       AUTH [user] password         QUIT
 *
 * There is one database, one user named default, and no password.
 */
#include "session.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "facts.h"
#include "handlers.h"
#include "memory.h"
#include "visit.h"

void session_init(struct session *session, int64_t id, int64_t now, const char *address)
{
    *session = (struct session){.id = id, .created_at = now, .protocol = 2};
    snprintf(session->address, sizeof session->address, "%s", address);
}

void session_done(struct session *session)
{
    memory_give(session->name);
    session->name = NULL;
    session->name_size = 0;
}

static bool prints(struct slice name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] < '!' || name.data[i] > '~')
            return false;
    return true;
}

int session_set_name(struct session *session, struct slice name)
{
    if (!prints(name))
        return -EINVAL;
    char *copy = NULL;
    if (name.size > 0) {
        copy = memory_take(name.size);
        if (copy == NULL)
            return -ENOMEM;
        memcpy(copy, name.data, name.size);
    }
    memory_give(session->name);
    session->name = copy;
    session->name_size = name.size;
    return 0;
}

void session_ping(struct visit *visit)
{
    if (visit->argc > 2) {
        visit_wrong_arity(visit);
    } else if (visit->session->subscriptions > 0 && visit->session->protocol < 3) {
        reply_array(visit->reply, 2);
        reply_bulk_text(visit->reply, "pong");
        reply_bulk(visit->reply, visit->argc == 2 ? visit->argv[1] : slice_of(""));
    } else if (visit->argc == 2) {
        reply_bulk(visit->reply, visit->argv[1]);
    } else {
        reply_status(visit->reply, "PONG");
    }
}

void session_echo(struct visit *visit)
{
    reply_bulk(visit->reply, visit->argv[1]);
}

void session_quit(struct visit *visit)
{
    visit->session->closing = true;
    reply_ok(visit->reply);
}

void session_select(struct visit *visit)
{
    int64_t number;
    if (!number_parse(visit->argv[1], &number))
        reply_error(visit->reply, "ERR value is not an integer or out of range");
    else if (number < INT_MIN || number > INT_MAX)
        reply_error(visit->reply, "ERR value is out of range, value must between -2147483648 and "
                                  "2147483647");
    else if (number != 0)
        reply_error(visit->reply, "ERR DB index is out of range");
    else
        reply_ok(visit->reply);
}

static void answer_login(struct visit *visit, struct slice user)
{
    if (slice_equal(user, slice_of("default")))
        reply_ok(visit->reply);
    else
        reply_error(visit->reply, "WRONGPASS invalid username-password pair or user is disabled.");
}

void session_auth(struct visit *visit)
{
    if (visit->argc > 3)
        reply_error(visit->reply, "ERR syntax error");
    else if (visit->argc == 3)
        answer_login(visit, visit->argv[1]);
    else
        reply_error(visit->reply,
                    "ERR AUTH <password> called without any password configured for the default "
                    "user. Are you sure your configuration is correct?");
}

/* What HELLO asks for. */
struct greeting {
    int protocol; /* 0: as it was */
    const struct slice *user, *name;
};

static void greet(struct visit *visit)
{
    struct reply *reply = visit->reply;
    reply->protocol = visit->session->protocol;
    reply_map(reply, 7);
    reply_bulk_text(reply, "server");
    reply_bulk_text(reply, "redis");
    reply_bulk_text(reply, "version");
    reply_bulk_text(reply, FACTS_VERSION);
    reply_bulk_text(reply, "proto");
    reply_integer(reply, visit->session->protocol);
    reply_bulk_text(reply, "id");
    reply_integer(reply, visit->session->id);
    reply_bulk_text(reply, "mode");
    reply_bulk_text(reply, "standalone");
    reply_bulk_text(reply, "role");
    reply_bulk_text(reply, "master");
    reply_bulk_text(reply, "modules");
    reply_array(reply, 0);
}

/* Read the version. False once an error is answered. */
static bool read_version(struct visit *visit, struct greeting *greeting)
{
    int64_t version = 0;
    if (visit->argc < 2)
        return true;
    if (!number_parse(visit->argv[1], &version)) {
        reply_error(visit->reply, "ERR Protocol version is not an integer or out of range");
        return false;
    }
    if (version < 2 || version > 3) {
        reply_error(visit->reply, "NOPROTO unsupported protocol version");
        return false;
    }
    greeting->protocol = (int)version;
    return true;
}

/* Read the options. False once an error is answered. */
static bool read_options(struct visit *visit, struct greeting *greeting)
{
    for (size_t i = 2; i < visit->argc; i++) {
        size_t behind = visit->argc - i - 1;
        if (slice_is(visit->argv[i], "auth") && behind >= 2) {
            greeting->user = &visit->argv[i + 1];
            i += 2;
        } else if (slice_is(visit->argv[i], "setname") && behind >= 1) {
            greeting->name = &visit->argv[++i];
        } else {
            visit_error_with(visit, "ERR Syntax error in HELLO option '%s'", visit->argv[i]);
            return false;
        }
    }
    return true;
}

void session_hello(struct visit *visit)
{
    struct greeting greeting = {0};
    if (!read_version(visit, &greeting) || !read_options(visit, &greeting))
        return;
    if (greeting.user != NULL && !slice_equal(*greeting.user, slice_of("default"))) {
        reply_error(visit->reply, "WRONGPASS invalid username-password pair or user is disabled.");
        return;
    }
    if (greeting.name != NULL && !visit_set_name(visit, *greeting.name))
        return;
    if (greeting.protocol > 0)
        visit->session->protocol = greeting.protocol;
    greet(visit);
}
