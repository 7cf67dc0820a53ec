/**
 * @file call.h
 * @brief A command under way on a shard: its arguments and where its reply goes.
 *
 * A call lasts as long as its command runs and belongs to the shard's thread.
 */
#ifndef KV_CALL_H
#define KV_CALL_H

#include "commands.h"
#include "reply.h"
#include "store.h"

struct call {
    const struct command *command;
    const struct slice *argv; /* argv[0] is the command's name */
    size_t argc;
    const uint64_t *hashes; /* of its keys, one after another */
    size_t keys;
    int64_t now;
    struct reply *reply;
};

/** The key with this number, counted from 0. */
static inline struct key call_key(const struct call *call, size_t number)
{
    size_t at = (size_t)call->command->first + number * (size_t)call->command->step;
    return (struct key){call->argv[at], call->hashes[number]};
}

/** The entry of the first key, or NULL. */
static inline struct entry *call_find(struct store *store, const struct call *call)
{
    struct key key = call_key(call, 0);
    return store_find(store, &key, call->now);
}

/**
 * Find the entry of the first key, NULL if there is none.
 *
 * @return false if its value has another type, and that has been answered
 */
bool call_find_typed(struct store *store, struct call *call, enum entry_type type,
                     struct entry **ret_entry);

/**
 * Read an argument as a number.
 *
 * @return false if it is none, and that has been answered
 */
bool call_integer(struct call *call, size_t index, int64_t *ret_number);

/* Errors that many commands answer. */
void call_wrong_type(struct call *call);
void call_wrong_arity(struct call *call);
void call_no_memory(struct call *call);
void call_syntax_error(struct call *call);
void call_bad_expiry(struct call *call);

#endif
