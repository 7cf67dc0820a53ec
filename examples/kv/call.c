/*
 * What the commands on a shard have in common. The design stands in call.h.
 */
#include "call.h"

void call_wrong_type(struct call *call)
{
    reply_error(call->reply, "WRONGTYPE Operation against a key holding the wrong kind of value");
}

void call_wrong_arity(struct call *call)
{
    reply_error_with(call->reply, "ERR wrong number of arguments for '%s' command",
                     call->command->name);
}

void call_no_memory(struct call *call)
{
    reply_error(call->reply, "OOM out of memory");
}

void call_syntax_error(struct call *call)
{
    reply_error(call->reply, "ERR syntax error");
}

void call_bad_expiry(struct call *call)
{
    reply_error_with(call->reply, "ERR invalid expire time in '%s' command", call->command->name);
}

bool call_find_typed(struct store *store, struct call *call, enum entry_type type,
                     struct entry **ret_entry)
{
    struct entry *entry = call_find(store, call);
    if (entry != NULL && entry->type != type) {
        call_wrong_type(call);
        return false;
    }
    *ret_entry = entry;
    return true;
}

bool call_integer(struct call *call, size_t index, int64_t *ret_number)
{
    if (number_parse(call->argv[index], ret_number))
        return true;
    reply_error(call->reply, "ERR value is not an integer or out of range");
    return false;
}
