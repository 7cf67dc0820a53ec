/*
 * INFO: sections of lines, each a name and a value.
 */
#include "info.h"

#include <stdio.h>

enum { TEXT_BYTES = 2048, SECTIONS = 6, ALL_SECTIONS = (1 << SECTIONS) - 1 };

struct source {
    const struct facts *facts;
    const struct info_totals *totals;
    int64_t now;
};

typedef void section_fn(FILE *into, const struct source *source);

static void line(FILE *into, const char *name, int64_t value)
{
    fprintf(into, "%s:%lld\r\n", name, (long long)value);
}

static void server(FILE *into, const struct source *source)
{
    int64_t seconds = (source->now - source->facts->started_at) / 1000;
    fprintf(into, "redis_version:%s\r\nredis_mode:standalone\r\narch_bits:64\r\n", FACTS_VERSION);
    line(into, "process_id", source->facts->process);
    line(into, "tcp_port", source->facts->port);
    line(into, "uptime_in_seconds", seconds);
    line(into, "uptime_in_days", seconds / 86400);
    line(into, "loops", source->facts->loops);
}

static void clients(FILE *into, const struct source *source)
{
    line(into, "connected_clients", source->facts->clients);
}

static void memory(FILE *into, const struct source *source)
{
    line(into, "used_memory", source->facts->memory_bytes);
    fprintf(into, "maxmemory:0\r\nmaxmemory_policy:noeviction\r\n");
}

static void stats(FILE *into, const struct source *source)
{
    line(into, "total_connections_received", source->facts->connections);
    line(into, "total_commands_processed", source->facts->commands);
    line(into, "expired_keys", source->totals->expired);
}

static void replication(FILE *into, const struct source *source)
{
    (void)source;
    fprintf(into, "role:master\r\nconnected_slaves:0\r\n");
}

static void keyspace(FILE *into, const struct source *source)
{
    if (source->totals->keys > 0)
        fprintf(into, "db0:keys=%lld,expires=%lld,avg_ttl=0\r\n", (long long)source->totals->keys,
                (long long)source->totals->ending);
}

static const struct {
    const char *name, *title;
    section_fn *write;
} sections_known[SECTIONS] = {
    {"server", "Server", server},
    {"clients", "Clients", clients},
    {"memory", "Memory", memory},
    {"stats", "Stats", stats},
    {"replication", "Replication", replication},
    {"keyspace", "Keyspace", keyspace},
};

static uint32_t section_named(struct slice name)
{
    if (slice_is(name, "all") || slice_is(name, "default") || slice_is(name, "everything"))
        return ALL_SECTIONS;
    for (uint32_t i = 0; i < SECTIONS; i++)
        if (slice_is(name, sections_known[i].name))
            return UINT32_C(1) << i;
    return 0;
}

uint32_t info_sections(const struct slice *argv, size_t argc)
{
    uint32_t sections = argc == 1 ? ALL_SECTIONS : 0;
    for (size_t i = 1; i < argc; i++)
        sections |= section_named(argv[i]);
    return sections;
}

static size_t print(char *text, uint32_t sections, const struct source *source)
{
    FILE *into = fmemopen(text, TEXT_BYTES, "w");
    if (into == NULL)
        return 0;
    for (uint32_t i = 0; i < SECTIONS; i++) {
        if ((sections >> i & 1) == 0)
            continue;
        fprintf(into, "%s# %s\r\n", ftell(into) > 0 ? "\r\n" : "", sections_known[i].title);
        sections_known[i].write(into, source);
    }
    long size = ftell(into);
    fclose(into);
    return size < 0 ? 0 : (size_t)size;
}

void info_write(struct reply *reply, uint32_t sections, const struct facts *facts,
                const struct info_totals *totals, int64_t now)
{
    char text[TEXT_BYTES];
    struct source source = {facts, totals, now};
    size_t size = print(text, sections, &source);
    reply_verbatim(reply, (struct slice){text, size});
}
