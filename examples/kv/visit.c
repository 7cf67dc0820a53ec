/*
 * What the commands answered at the connection have in common. The design stands in visit.h.
 */
#include "visit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 128 };

void visit_wrong_arity(struct visit *visit)
{
    reply_error_with(visit->reply, "ERR wrong number of arguments for '%s' command",
                     visit->command->name);
}

void visit_error_with(struct visit *visit, const char *format, struct slice text)
{
    char copy[TEXT_MAX + 1];
    size_t size = text.size < TEXT_MAX ? text.size : TEXT_MAX;
    memcpy(copy, text.data, size);
    copy[size] = '\0';
    reply_error_with(visit->reply, format, copy);
}

bool visit_set_name(struct visit *visit, struct slice name)
{
    int rc = session_set_name(visit->session, name);
    if (rc == -EINVAL)
        reply_error(visit->reply,
                    "ERR Client names cannot contain spaces, newlines or special characters.");
    else if (rc < 0)
        reply_error(visit->reply, "OOM out of memory");
    return rc == 0;
}

static void unknown_subcommand(struct visit *visit)
{
    char upper[32], format[96];
    size_t i = 0;
    for (; visit->command->name[i] != '\0'; i++)
        upper[i] = (char)(visit->command->name[i] & ~0x20);
    upper[i] = '\0';
    snprintf(format, sizeof format, "ERR unknown subcommand '%%s'. Try %s HELP.", upper);
    visit_error_with(visit, format, visit->argv[1]);
}

static bool takes(const struct subcommand *subcommand, size_t argc)
{
    size_t least = (size_t)abs(subcommand->arity);
    return subcommand->arity > 0 ? argc == least : argc >= least;
}

void visit_subcommand(struct visit *visit, const struct subcommand *subcommands, size_t count)
{
    size_t i = 0;
    while (i < count && !slice_is(visit->argv[1], subcommands[i].name))
        i++;

    if (i == count) {
        unknown_subcommand(visit);
    } else if (takes(&subcommands[i], visit->argc)) {
        subcommands[i].answer(visit);
    } else {
        char name[64];
        snprintf(name, sizeof name, "%s|%s", visit->command->name, subcommands[i].name);
        reply_error_with(visit->reply, "ERR wrong number of arguments for '%s' command", name);
    }
}
