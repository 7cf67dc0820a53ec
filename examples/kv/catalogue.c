/*
 * COMMAND: the table of commands, told to clients.
 *
 *     COMMAND [COUNT | LIST | INFO [name ...] | DOCS [name ...]]
 */
#include "handlers.h"
#include "visit.h"

static void flags(struct reply *reply, const struct command *command)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {{COMMAND_WRITE, "write"}, {COMMAND_READ, "readonly"}, {COMMAND_FAST, "fast"}};

    size_t count = 0;
    for (size_t i = 0; i < 3; i++)
        count += (command->flags & names[i].flag) != 0;
    reply_set(reply, count);
    for (size_t i = 0; i < 3; i++)
        if ((command->flags & names[i].flag) != 0)
            reply_status(reply, names[i].name);
}

/* One command: what every client asks for, and nothing in the four lists that follow. */
static void describe(struct reply *reply, const struct command *command)
{
    reply_array(reply, 10);
    reply_bulk_text(reply, command->name);
    reply_integer(reply, command->arity);
    flags(reply, command);
    reply_integer(reply, command->first);
    reply_integer(reply, command->last);
    reply_integer(reply, command->step);
    reply_set(reply, 0);
    reply_array(reply, 0);
    reply_array(reply, 0);
    reply_array(reply, 0);
}

static void describe_all(struct visit *visit)
{
    reply_array(visit->reply, commands_count());
    for (size_t i = 0; i < commands_count(); i++)
        describe(visit->reply, &commands[i]);
}

static void info(struct visit *visit)
{
    if (visit->argc == 2) {
        describe_all(visit);
        return;
    }
    reply_array(visit->reply, visit->argc - 2);
    for (size_t i = 2; i < visit->argc; i++) {
        const struct command *command = commands_find(visit->index, visit->argv[i]);
        if (command == NULL)
            reply_null_array(visit->reply);
        else
            describe(visit->reply, command);
    }
}

static void count(struct visit *visit)
{
    reply_integer(visit->reply, (int64_t)commands_count());
}

static void list(struct visit *visit)
{
    reply_set(visit->reply, commands_count());
    for (size_t i = 0; i < commands_count(); i++)
        reply_bulk_text(visit->reply, commands[i].name);
}

static void document(struct reply *reply, const struct command *command)
{
    reply_bulk_text(reply, command->name);
    reply_map(reply, 2);
    reply_bulk_text(reply, "summary");
    reply_bulk_text(reply, "as in Redis " FACTS_VERSION);
    reply_bulk_text(reply, "group");
    reply_bulk_text(reply, command->group);
}

static void docs(struct visit *visit)
{
    size_t known = 0;
    for (size_t i = 2; i < visit->argc; i++)
        known += commands_find(visit->index, visit->argv[i]) != NULL;

    reply_map(visit->reply, visit->argc == 2 ? commands_count() : known);
    for (size_t i = 0; visit->argc == 2 && i < commands_count(); i++)
        document(visit->reply, &commands[i]);
    for (size_t i = 2; i < visit->argc; i++) {
        const struct command *command = commands_find(visit->index, visit->argv[i]);
        if (command != NULL)
            document(visit->reply, command);
    }
}

void catalogue_command(struct visit *visit)
{
    static const struct subcommand subcommands[] = {
        {"count", 2, count}, {"list", -2, list}, {"info", -2, info}, {"docs", -2, docs}};
    if (visit->argc == 1)
        describe_all(visit);
    else
        visit_subcommand(visit, subcommands, sizeof subcommands / sizeof *subcommands);
}
