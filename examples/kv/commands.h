/**
 * @file commands.h
 * @brief The commands there are: how each is called, where it goes, and what runs it.
 *
 * Some commands are answered where the connection is; the others run on the
 * shards that have their keys, and their replies are put together as `merge` says.
 *
 * The table is constant and may be read by any thread.
 */
#ifndef KV_COMMANDS_H
#define KV_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"

struct store;
struct call;
struct visit;

/** Runs a command on the shard that has its keys. */
typedef void command_run_fn(struct store *store, struct call *call);

/** Answers a command where the connection is. */
typedef void command_answer_fn(struct visit *visit);

/** Where a command goes. */
enum command_route {
    ROUTE_HERE,   /* answered by the connection's own side */
    ROUTE_KEYS,   /* to the shards of its keys */
    ROUTE_ALL,    /* to every shard */
    ROUTE_CURSOR, /* to the shard its cursor names */
    ROUTE_SERVER, /* to whoever serves the connection: publish and subscribe */
};

/** How the replies of several shards become one. */
enum command_merge {
    MERGE_NONE,   /* never more than one shard */
    MERGE_SUM,    /* numbers: their sum */
    MERGE_STATUS, /* all alike: any of them */
    MERGE_VALUES, /* arrays: in the order in which the keys were asked for */
    MERGE_CONCAT, /* arrays: one after another */
    MERGE_RANDOM, /* how many keys there are, and one of them: one of those */
    MERGE_INFO,   /* figures: the text of INFO */
};

/** What else there is to say of a command. */
enum command_flags {
    COMMAND_WRITE = 1,
    COMMAND_READ = 2,
    COMMAND_FAST = 4,
    COMMAND_SUBSCRIBED = 8, /* also allowed while a connection of version 2 is subscribed */
    COMMAND_PAIRS = 16,     /* its arguments from the first key on come in pairs */
};

struct command {
    const char *name; /* in lower case */
    const char *group;
    int arity; /* how many arguments with the name; negative: at least that many */
    int first; /* argument that is the first key, or 0 if none is */
    int last;  /* the last key; -1: the last argument */
    int step;  /* from one key to the next */
    unsigned flags;
    enum command_route route;
    enum command_merge merge;
    command_run_fn *run;       /* unless it is answered here */
    command_answer_fn *answer; /* if it is answered here */
};

/** All commands, commands_count() of them. A command's number is its place here. */
extern const struct command commands[];

size_t commands_count(void);

/** An index of the table, for commands_find(). Fill it by commands_index(). */
struct command_index {
    uint8_t slots[256]; /* 1 + a command's number, or 0 */
};

void commands_index(struct command_index *index);

/** The command of this name, in upper or lower case, or NULL. */
const struct command *commands_find(const struct command_index *index, struct slice name);

/** Whether a command may be called with this many arguments, its name included. */
static inline bool command_takes(const struct command *command, size_t argc)
{
    size_t least = (size_t)(command->arity < 0 ? -command->arity : command->arity);
    if (command->arity > 0 ? argc != least : argc < least)
        return false;
    return (command->flags & COMMAND_PAIRS) == 0 || (argc - (size_t)command->first) % 2 == 0;
}

/** How many keys a call with this many arguments has. */
static inline size_t command_keys(const struct command *command, size_t argc)
{
    if (command->first == 0)
        return 0;
    if (command->last > 0)
        return 1;
    return (argc - (size_t)command->first) / (size_t)command->step;
}

#endif
