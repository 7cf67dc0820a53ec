/**
 * @file visit.h
 * @brief A command that is answered where the connection is.
 *
 * A visit lasts as long as its command runs and belongs to the connection's thread.
 */
#ifndef KV_VISIT_H
#define KV_VISIT_H

#include "commands.h"
#include "facts.h"
#include "reply.h"
#include "session.h"

struct visit {
    struct session *session;
    const struct facts *facts;
    const struct command_index *index;
    const struct command *command;
    const struct slice *argv; /* argv[0] is the command's name */
    size_t argc;
    int64_t now;
    struct reply *reply;
};

/** A command within a command, such as CONFIG GET. */
struct subcommand {
    const char *name; /* in lower case */
    int arity;        /* as of a command, with both names */
    command_answer_fn *answer;
};

/** Answer the subcommand named by argv[1], or what is wrong with it. */
void visit_subcommand(struct visit *visit, const struct subcommand *subcommands, size_t count);

/** Name the session. False once an error is answered. */
bool visit_set_name(struct visit *visit, struct slice name);

/** Answer with @p format, which has one %s, for the beginning of @p text. */
__attribute__((format(printf, 2, 0))) void visit_error_with(struct visit *visit, const char *format,
                                                            struct slice text);

void visit_wrong_arity(struct visit *visit);

#endif
