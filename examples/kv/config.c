/*
 * CONFIG: the settings clients ask for, none of which can be changed.
 */
#include <stdio.h>

#include "glob.h"
#include "handlers.h"
#include "visit.h"

struct setting {
    const char *name, *value;
};

enum { NAME_MAX_BYTES = 64 };

static const struct setting settings[] = {
    {"appendfsync", "everysec"},
    {"appendonly", "no"},
    {"bind", "127.0.0.1"},
    {"databases", "1"},
    {"hash-max-listpack-entries", "128"},
    {"hash-max-listpack-value", "64"},
    {"io-threads", "1"},
    {"list-max-listpack-size", "-2"},
    {"maxclients", "10000"},
    {"maxmemory", "0"},
    {"maxmemory-policy", "noeviction"},
    {"port", NULL},
    {"proto-max-bulk-len", "536870912"},
    {"save", ""},
    {"tcp-keepalive", "0"},
    {"timeout", "0"},
};

enum { SETTINGS = sizeof settings / sizeof *settings };

/* Whether a setting's name is like one of the patterns from argv[2] on. */
static bool asked_for(const struct visit *visit, const char *name)
{
    for (size_t i = 2; i < visit->argc; i++) {
        char pattern[NAME_MAX_BYTES];
        size_t size = visit->argv[i].size;
        if (size > sizeof pattern)
            continue;
        for (size_t j = 0; j < size; j++) {
            char byte = visit->argv[i].data[j];
            pattern[j] = byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
        }
        if (glob_match((struct slice){pattern, size}, slice_of(name)))
            return true;
    }
    return false;
}

static void get(struct visit *visit)
{
    bool asked[SETTINGS];
    size_t count = 0;
    for (size_t i = 0; i < SETTINGS; i++)
        count += asked[i] = asked_for(visit, settings[i].name);

    reply_map(visit->reply, count);
    for (size_t i = 0; i < SETTINGS; i++) {
        if (!asked[i])
            continue;
        reply_bulk_text(visit->reply, settings[i].name);
        if (settings[i].value != NULL)
            reply_bulk_text(visit->reply, settings[i].value);
        else
            reply_bulk_integer(visit->reply, visit->facts->port);
    }
}

static void set(struct visit *visit)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (slice_is(visit->argv[2], settings[i].name)) {
            reply_error_with(visit->reply,
                             "ERR CONFIG SET failed (possibly related to argument '%s') - can't "
                             "set immutable config",
                             settings[i].name);
            return;
        }
    }
    visit_error_with(visit, "ERR Unknown option or number of arguments for CONFIG SET - '%s'",
                     visit->argv[2]);
}

static void ok(struct visit *visit)
{
    reply_ok(visit->reply);
}

void config_command(struct visit *visit)
{
    static const struct subcommand subcommands[] = {
        {"get", -3, get}, {"set", -4, set}, {"resetstat", 2, ok}};
    visit_subcommand(visit, subcommands, sizeof subcommands / sizeof *subcommands);
}
