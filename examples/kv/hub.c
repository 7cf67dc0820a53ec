/*
 * Hubs: channels by name, each with its listeners. The table is Concurrency Kit's.
 *
 * Invariants:
 *   1. A channel is in the table while it has a listener.
 *   2. A listener stands once in a channel.
 */
#include "hub.h"

#include <errno.h>
#include <stdlib.h>

#include "memory.h"

enum { CHANNELS_MIN = 16 };

struct channel {
    struct slice name; /* its bytes stand behind the struct */
    uint64_t hash;
    struct listener **listeners;
    size_t count;
    size_t room;
};

static void *take(size_t bytes)
{
    return memory_take(bytes);
}

static void give(void *memory, size_t bytes, bool defer)
{
    (void)bytes, (void)defer;
    memory_give(memory);
}

static struct ck_malloc allocator = {.malloc = take, .free = give};

static unsigned long hash_of(const void *object, unsigned long seed)
{
    (void)seed;
    return ((const struct channel *)object)->hash;
}

static bool same(const void *a, const void *b)
{
    const struct channel *one = a, *other = b;
    return one->hash == other->hash && slice_equal(one->name, other->name);
}

int hub_init(struct hub *hub, const struct hash_key *hash_key)
{
    hub->hash_key = *hash_key;
    bool made = ck_hs_init(&hub->channels, CK_HS_MODE_SPMC | CK_HS_MODE_OBJECT, hash_of, same,
                           &allocator, CHANNELS_MIN, 0);
    return made ? 0 : -ENOMEM;
}

static void channel_free(struct channel *channel)
{
    memory_give(channel->listeners);
    memory_give(channel);
}

void hub_done(struct hub *hub)
{
    if (hub->channels.map == NULL)
        return;

    ck_hs_iterator_t at = CK_HS_ITERATOR_INITIALIZER;
    void *channel;
    while (ck_hs_next(&hub->channels, &at, &channel))
        channel_free(channel);
    ck_hs_destroy(&hub->channels);
    hub->channels.map = NULL;
}

static struct channel *find(struct hub *hub, struct slice name)
{
    struct channel wanted = {.name = name, .hash = hash_bytes(&hub->hash_key, name)};
    return ck_hs_get(&hub->channels, wanted.hash, &wanted);
}

static struct channel *make(struct hub *hub, struct slice name)
{
    struct channel *channel = memory_take(sizeof *channel + name.size);
    if (channel == NULL)
        return NULL;

    char *bytes = (char *)(channel + 1);
    if (name.size > 0)
        memcpy(bytes, name.data, name.size);
    *channel =
        (struct channel){.name = {bytes, name.size}, .hash = hash_bytes(&hub->hash_key, name)};
    if (ck_hs_put(&hub->channels, channel->hash, channel))
        return channel;
    channel_free(channel);
    return NULL;
}

static void remove_channel(struct hub *hub, struct channel *channel)
{
    ck_hs_remove(&hub->channels, channel->hash, channel);
    channel_free(channel);
}

static bool make_room(struct channel *channel)
{
    if (channel->count < channel->room)
        return true;
    size_t room = channel->room == 0 ? 2 : channel->room * 2;
    struct listener **listeners = memory_resize(channel->listeners, room * sizeof *listeners);
    if (listeners == NULL)
        return false;

    channel->listeners = listeners;
    channel->room = room;
    return true;
}

int hub_add(struct hub *hub, struct slice name, struct listener *listener)
{
    struct channel *channel = find(hub, name);
    if (channel == NULL)
        channel = make(hub, name);
    if (channel == NULL)
        return -ENOMEM;
    if (!make_room(channel)) {
        if (channel->count == 0)
            remove_channel(hub, channel);
        return -ENOMEM;
    }

    channel->listeners[channel->count++] = listener;
    return 0;
}

void hub_remove(struct hub *hub, struct slice name, struct listener *listener)
{
    struct channel *channel = find(hub, name);
    if (channel == NULL)
        return;

    for (size_t i = 0; i < channel->count; i++)
        if (channel->listeners[i] == listener) {
            channel->listeners[i] = channel->listeners[--channel->count];
            break;
        }
    if (channel->count == 0)
        remove_channel(hub, channel);
}

int64_t hub_tell(struct hub *hub, struct slice name, struct slice message)
{
    const struct channel *channel = find(hub, name);
    if (channel == NULL)
        return 0;

    for (size_t i = 0; i < channel->count; i++)
        channel->listeners[i]->hear(channel->listeners[i], name, message);
    return (int64_t)channel->count;
}
