/*
 * The table of commands, and finding one by name.
 *
 * A name's bytes, upper and lower case made the same, give a slot in an index of 256
 * from which the command is found in one or two looks.
 */
#include "commands.h"

#include <assert.h>

#include "handlers.h"

enum { NAME_BYTES_MAX = 16, SLOTS = 256 };

#define W COMMAND_WRITE
#define R COMMAND_READ
#define F COMMAND_FAST
#define S COMMAND_SUBSCRIBED

/* A command on one key, which is its first argument. */
#define ONE(name, group, arity, flags, run)                                                        \
    {                                                                                              \
        name, group, arity, 1, 1, 1, flags, ROUTE_KEYS, MERGE_NONE, run, NULL                      \
    }

/* A command on several keys. */
#define MANY(name, group, arity, step, flags, merge, run)                                          \
    {                                                                                              \
        name, group, arity, 1, -1, step, flags, ROUTE_KEYS, merge, run, NULL                       \
    }

/* A command on all shards, or on the one that a cursor names. */
#define WIDE(name, group, arity, flags, route, merge, run)                                         \
    {                                                                                              \
        name, group, arity, 0, 0, 0, flags, route, merge, run, NULL                                \
    }

/* A command answered where the connection is. */
#define HERE(name, arity, flags, answer)                                                           \
    {                                                                                              \
        name, "connection", arity, 0, 0, 0, flags, ROUTE_HERE, MERGE_NONE, NULL, answer            \
    }

/* A command of whoever serves the connection. */
#define SERVER(name, arity, flags)                                                                 \
    {                                                                                              \
        name, "pubsub", arity, 0, 0, 0, flags, ROUTE_SERVER, MERGE_NONE, NULL, NULL                \
    }

const struct command commands[] = {
    ONE("get", "string", 2, R | F, strings_get),
    ONE("set", "string", -3, W, set_set),
    ONE("getset", "string", 3, W | F, strings_getset),
    ONE("getdel", "string", 2, W | F, strings_getdel),
    ONE("setnx", "string", 3, W | F, strings_setnx),
    ONE("setex", "string", 4, W, set_setex),
    ONE("psetex", "string", 4, W, set_psetex),
    MANY("mget", "string", -2, 1, R | F, MERGE_VALUES, strings_mget),
    MANY("mset", "string", -3, 2, W | COMMAND_PAIRS, MERGE_STATUS, strings_mset),
    ONE("append", "string", 3, W | F, strings_append),
    ONE("strlen", "string", 2, R | F, strings_strlen),
    ONE("incr", "string", 2, W | F, strings_incr),
    ONE("decr", "string", 2, W | F, strings_decr),
    ONE("incrby", "string", 3, W | F, strings_incrby),
    ONE("decrby", "string", 3, W | F, strings_decrby),

    ONE("lpush", "list", -3, W | F, lists_lpush),
    ONE("rpush", "list", -3, W | F, lists_rpush),
    ONE("lpop", "list", -2, W | F, lists_lpop),
    ONE("rpop", "list", -2, W | F, lists_rpop),
    ONE("llen", "list", 2, R | F, lists_llen),
    ONE("lrange", "list", 4, R, lists_lrange),

    ONE("hset", "hash", -4, W | F, hashes_hset),
    ONE("hmset", "hash", -4, W | F, hashes_hmset),
    ONE("hget", "hash", 3, R | F, hashes_hget),
    ONE("hmget", "hash", -3, R | F, hashes_hmget),
    ONE("hdel", "hash", -3, W | F, hashes_hdel),
    ONE("hlen", "hash", 2, R | F, hashes_hlen),
    ONE("hexists", "hash", 3, R | F, hashes_hexists),
    ONE("hgetall", "hash", 2, R, hashes_hgetall),

    MANY("del", "generic", -2, 1, W, MERGE_SUM, keys_del),
    MANY("unlink", "generic", -2, 1, W | F, MERGE_SUM, keys_del),
    MANY("exists", "generic", -2, 1, R | F, MERGE_SUM, keys_exists),
    MANY("touch", "generic", -2, 1, R | F, MERGE_SUM, keys_exists),
    ONE("type", "generic", 2, R | F, keys_type),
    ONE("expire", "generic", -3, W | F, expiry_expire),
    ONE("pexpire", "generic", -3, W | F, expiry_pexpire),
    ONE("expireat", "generic", -3, W | F, expiry_expireat),
    ONE("pexpireat", "generic", -3, W | F, expiry_pexpireat),
    ONE("persist", "generic", 2, W | F, expiry_persist),
    ONE("ttl", "generic", 2, R | F, expiry_ttl),
    ONE("pttl", "generic", 2, R | F, expiry_pttl),
    ONE("expiretime", "generic", 2, R | F, expiry_expiretime),
    ONE("pexpiretime", "generic", 2, R | F, expiry_pexpiretime),
    WIDE("keys", "generic", 2, R, ROUTE_ALL, MERGE_CONCAT, scan_keys),
    WIDE("scan", "generic", -2, R, ROUTE_CURSOR, MERGE_NONE, scan_scan),
    WIDE("randomkey", "generic", 1, R, ROUTE_ALL, MERGE_RANDOM, keys_random),
    WIDE("dbsize", "server", 1, R | F, ROUTE_ALL, MERGE_SUM, keys_dbsize),
    WIDE("flushdb", "server", -1, W, ROUTE_ALL, MERGE_STATUS, keys_flush),
    WIDE("flushall", "server", -1, W, ROUTE_ALL, MERGE_STATUS, keys_flush),
    WIDE("info", "server", -1, 0, ROUTE_ALL, MERGE_INFO, keys_figures),

    HERE("ping", -1, F | S, session_ping),
    HERE("echo", 2, F, session_echo),
    HERE("hello", -1, F, session_hello),
    HERE("select", 2, F, session_select),
    HERE("auth", -2, F, session_auth),
    HERE("quit", -1, F | S, session_quit),
    HERE("client", -2, 0, client_command),
    HERE("config", -2, 0, config_command),
    HERE("command", -1, 0, catalogue_command),

    SERVER("subscribe", -2, S),
    SERVER("unsubscribe", -1, S),
    SERVER("publish", 3, F),
};

size_t commands_count(void)
{
    return sizeof commands / sizeof *commands;
}

/* Where the search for a name begins, the same in upper and lower case. */
static unsigned slot_of(struct slice name)
{
    uint32_t mixed = 0;
    for (size_t i = 0; i < name.size; i++)
        mixed = (mixed ^ (unsigned char)(name.data[i] | 0x20)) * UINT32_C(0x9e3779b1);
    return mixed >> 24;
}

void commands_index(struct command_index *index)
{
    *index = (struct command_index){0};
    assert(commands_count() < SLOTS);
    for (size_t i = 0; i < commands_count(); i++) {
        struct slice name = slice_of(commands[i].name);
        assert(name.size <= NAME_BYTES_MAX);
        unsigned slot = slot_of(name);
        while (index->slots[slot] != 0)
            slot = (slot + 1) % SLOTS;
        index->slots[slot] = (uint8_t)(i + 1);
    }
}

const struct command *commands_find(const struct command_index *index, struct slice name)
{
    if (name.size > NAME_BYTES_MAX)
        return NULL;

    unsigned slot = slot_of(name);
    for (; index->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        const struct command *command = &commands[index->slots[slot] - 1];
        if (slice_is(name, command->name))
            return command;
    }
    return NULL;
}
