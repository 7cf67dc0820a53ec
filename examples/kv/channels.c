/*
 * Channels of a connection. The design stands in channels.h.
 */
#include "channels.h"

void channels_done(struct channels *channels)
{
    table_done(&channels->names);
}

size_t channels_count(const struct channels *channels)
{
    return channels->names.count;
}

struct slice channels_at(const struct channels *channels, size_t number)
{
    return entry_key(channels->names.entries[number]);
}

int channels_add(struct channels *channels, const struct hash_key *key, struct slice name)
{
    int rc = channels->names.parts == NULL ? table_init(&channels->names, 1) : 0;
    if (rc < 0)
        return rc;

    struct key wanted = {name, hash_bytes(key, name)};
    struct entry *entry;
    bool created;
    rc = table_obtain(&channels->names, &wanted, 0, &entry, &created);
    return rc < 0 ? rc : created;
}

bool channels_remove(struct channels *channels, const struct hash_key *key, struct slice name)
{
    if (channels->names.parts == NULL)
        return false;
    struct key wanted = {name, hash_bytes(key, name)};
    struct entry *entry = table_find(&channels->names, &wanted);
    if (entry != NULL)
        table_remove(&channels->names, entry);
    return entry != NULL;
}

void channels_confirm(struct reply *reply, const char *kind, const struct slice *name, size_t count)
{
    reply_push(reply, 3);
    reply_bulk_text(reply, kind);
    if (name == NULL)
        reply_null(reply);
    else
        reply_bulk(reply, *name);
    reply_integer(reply, (int64_t)count);
}

void channels_message(struct reply *reply, struct slice channel, struct slice message)
{
    reply_push(reply, 3);
    reply_bulk_text(reply, "message");
    reply_bulk(reply, channel);
    reply_bulk(reply, message);
}
