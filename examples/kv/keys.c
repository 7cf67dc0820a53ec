/*
 * The commands on keys, whatever their values are.
 */
#include "call.h"
#include "handlers.h"

void keys_del(struct store *store, struct call *call)
{
    int64_t removed = 0;
    for (size_t i = 0; i < call->keys; i++) {
        struct key key = call_key(call, i);
        struct entry *entry = store_find(store, &key, call->now);
        if (entry != NULL) {
            store_remove(store, entry);
            removed++;
        }
    }
    reply_integer(call->reply, removed);
}

void keys_exists(struct store *store, struct call *call)
{
    int64_t there = 0;
    for (size_t i = 0; i < call->keys; i++) {
        struct key key = call_key(call, i);
        there += store_find(store, &key, call->now) != NULL;
    }
    reply_integer(call->reply, there);
}

void keys_type(struct store *store, struct call *call)
{
    static const char *const names[] = {
        [ENTRY_TEXT] = "string", [ENTRY_LIST] = "list", [ENTRY_HASH] = "hash"};
    const struct entry *entry = call_find(store, call);
    reply_status(call->reply, entry == NULL ? "none" : names[entry->type]);
}

void keys_dbsize(struct store *store, struct call *call)
{
    reply_integer(call->reply, store->keys.count);
}

void keys_flush(struct store *store, struct call *call)
{
    bool known =
        call->argc == 1 ||
        (call->argc == 2 && (slice_is(call->argv[1], "async") || slice_is(call->argv[1], "sync")));
    if (!known)
        call_syntax_error(call);
    else if (store_clear(store) < 0)
        call_no_memory(call);
    else
        reply_ok(call->reply);
}

void keys_random(struct store *store, struct call *call)
{
    const struct entry *entry = store_pick(store, call->now);
    reply_array(call->reply, 2);
    reply_integer(call->reply, store->keys.count);
    if (entry == NULL)
        reply_null(call->reply);
    else
        reply_bulk(call->reply, entry_key(entry));
}

void keys_figures(struct store *store, struct call *call)
{
    reply_array(call->reply, 3);
    reply_integer(call->reply, store->keys.count);
    reply_integer(call->reply, (int64_t)store->ending_count);
    reply_integer(call->reply, (int64_t)store->expired);
}
