/*
 * The commands on hashes. A hash that has become empty is removed with its key.
 */
#include "call.h"
#include "fields.h"
#include "handlers.h"

/* Get the entry of the first key if it is a hash, or make it. False once an error is answered. */
static bool obtain_hash(struct store *store, struct call *call, struct entry **ret_entry)
{
    struct key key = call_key(call, 0);
    struct entry *entry;
    bool created;
    if (store_obtain(store, &key, 0, call->now, &entry, &created) < 0) {
        call_no_memory(call);
        return false;
    }
    *ret_entry = entry;
    if (!created && entry->type == ENTRY_HASH)
        return true;
    if (!created) {
        call_wrong_type(call);
        return false;
    }

    struct fields *fields = fields_new(&store->spec.hash_key);
    if (fields == NULL) {
        store_remove(store, entry);
        call_no_memory(call);
        return false;
    }
    entry->type = ENTRY_HASH;
    entry->fields = fields;
    return true;
}

/* Set the fields of a call and count the new ones. False once an error is answered. */
static bool set_fields(struct store *store, struct call *call, int64_t *ret_created)
{
    if (call->argc % 2 != 0) {
        call_wrong_arity(call);
        return false;
    }
    struct entry *entry;
    if (!obtain_hash(store, call, &entry))
        return false;

    *ret_created = 0;
    for (size_t i = 2; i < call->argc; i += 2) {
        bool created;
        if (fields_set(entry->fields, call->argv[i], call->argv[i + 1], &created) < 0) {
            if (fields_count(entry->fields) == 0)
                store_remove(store, entry);
            call_no_memory(call);
            return false;
        }
        *ret_created += created;
    }
    return true;
}

void hashes_hset(struct store *store, struct call *call)
{
    int64_t created;
    if (set_fields(store, call, &created))
        reply_integer(call->reply, created);
}

void hashes_hmset(struct store *store, struct call *call)
{
    int64_t created;
    if (set_fields(store, call, &created))
        reply_ok(call->reply);
}

static void answer_field(struct call *call, const struct entry *entry, struct slice name)
{
    struct slice value;
    if (entry != NULL && fields_get(entry->fields, name, &value))
        reply_bulk(call->reply, value);
    else
        reply_null(call->reply);
}

void hashes_hget(struct store *store, struct call *call)
{
    struct entry *entry;
    if (call_find_typed(store, call, ENTRY_HASH, &entry))
        answer_field(call, entry, call->argv[2]);
}

void hashes_hmget(struct store *store, struct call *call)
{
    struct entry *entry;
    if (!call_find_typed(store, call, ENTRY_HASH, &entry))
        return;
    reply_array(call->reply, call->argc - 2);
    for (size_t i = 2; i < call->argc; i++)
        answer_field(call, entry, call->argv[i]);
}

void hashes_hdel(struct store *store, struct call *call)
{
    struct entry *entry;
    if (!call_find_typed(store, call, ENTRY_HASH, &entry))
        return;

    int64_t removed = 0;
    for (size_t i = 2; entry != NULL && i < call->argc; i++)
        removed += fields_remove(entry->fields, call->argv[i]);
    if (entry != NULL && fields_count(entry->fields) == 0)
        store_remove(store, entry);
    reply_integer(call->reply, removed);
}

void hashes_hlen(struct store *store, struct call *call)
{
    struct entry *entry;
    if (call_find_typed(store, call, ENTRY_HASH, &entry))
        reply_integer(call->reply, entry == NULL ? 0 : (int64_t)fields_count(entry->fields));
}

void hashes_hexists(struct store *store, struct call *call)
{
    struct entry *entry;
    struct slice value;
    if (call_find_typed(store, call, ENTRY_HASH, &entry))
        reply_integer(call->reply,
                      entry != NULL && fields_get(entry->fields, call->argv[2], &value));
}

void hashes_hgetall(struct store *store, struct call *call)
{
    struct entry *entry;
    if (!call_find_typed(store, call, ENTRY_HASH, &entry))
        return;
    reply_map(call->reply, entry == NULL ? 0 : fields_count(entry->fields));
    if (entry == NULL)
        return;

    struct fields_cursor cursor = {0};
    struct slice name, value;
    while (fields_next(entry->fields, &cursor, &name, &value)) {
        reply_bulk(call->reply, name);
        reply_bulk(call->reply, value);
    }
}
