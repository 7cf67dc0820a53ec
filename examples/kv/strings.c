/*
 * The commands on texts, but for SET with its options, which is in set.c.
 *
 * A key that INCR has touched keeps its number as such, so counting neither reads
 * nor writes digits but for the reply.
 */
#include <assert.h>
#include <stdint.h>

#include "call.h"
#include "handlers.h"
#include "set.h"

/* No text grows beyond what a client may send in one piece. */
#define TEXT_BYTES_MAX ((size_t)512 * 1024 * 1024)

static void answer_text(struct call *call, const struct entry *entry)
{
    char digits[NUMBER_BYTES];
    if (entry == NULL)
        reply_null(call->reply);
    else
        reply_bulk(call->reply, entry_text(entry, digits));
}

void strings_get(struct store *store, struct call *call)
{
    struct entry *entry;
    if (call_find_typed(store, call, ENTRY_TEXT, &entry))
        answer_text(call, entry);
}

void strings_getset(struct store *store, struct call *call)
{
    struct entry *entry;
    if (!call_find_typed(store, call, ENTRY_TEXT, &entry))
        return;

    size_t begin = call->reply->into->size;
    answer_text(call, entry);
    struct key key = call_key(call, 0);
    if (set_text(store, &key, call->argv[2], call->now) < 0) {
        call->reply->into->size = begin;
        call_no_memory(call);
    }
}

void strings_getdel(struct store *store, struct call *call)
{
    struct entry *entry;
    if (!call_find_typed(store, call, ENTRY_TEXT, &entry))
        return;
    answer_text(call, entry);
    if (entry != NULL)
        store_remove(store, entry);
}

void strings_mget(struct store *store, struct call *call)
{
    reply_array(call->reply, call->keys);
    for (size_t i = 0; i < call->keys; i++) {
        struct key key = call_key(call, i);
        const struct entry *entry = store_find(store, &key, call->now);
        bool is_text = entry != NULL && entry->type == ENTRY_TEXT;
        answer_text(call, is_text ? entry : NULL);
    }
}

void strings_strlen(struct store *store, struct call *call)
{
    struct entry *entry;
    if (call_find_typed(store, call, ENTRY_TEXT, &entry))
        reply_integer(call->reply, entry == NULL ? 0 : (int64_t)entry_text_size(entry));
}

void strings_setnx(struct store *store, struct call *call)
{
    struct key key = call_key(call, 0);
    if (store_find(store, &key, call->now) != NULL)
        reply_integer(call->reply, 0);
    else if (set_text(store, &key, call->argv[2], call->now) < 0)
        call_no_memory(call);
    else
        reply_integer(call->reply, 1);
}

void strings_mset(struct store *store, struct call *call)
{
    for (size_t i = 0; i < call->keys; i++) {
        struct key key = call_key(call, i);
        size_t value = (size_t)call->command->first + 2 * i + 1;
        if (set_text(store, &key, call->argv[value], call->now) < 0) {
            call_no_memory(call);
            return;
        }
    }
    reply_ok(call->reply);
}

/* Get the entry of the first key if it is a text, or make it. */
static bool obtain_text(struct store *store, struct call *call, size_t bytes,
                        struct entry **ret_entry, bool *ret_created)
{
    struct key key = call_key(call, 0);
    if (store_obtain(store, &key, bytes, call->now, ret_entry, ret_created) < 0) {
        call_no_memory(call);
        return false;
    }
    if ((*ret_entry)->type == ENTRY_TEXT)
        return true;
    call_wrong_type(call);
    return false;
}

void strings_append(struct store *store, struct call *call)
{
    struct slice text = call->argv[2];
    struct entry *entry;
    bool created;
    if (!obtain_text(store, call, text.size, &entry, &created))
        return;

    if (!created && entry_text_size(entry) + text.size > TEXT_BYTES_MAX) {
        reply_error(call->reply, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        return;
    }
    if (entry_append(entry, text) < 0) {
        if (created)
            store_remove(store, entry);
        call_no_memory(call);
        return;
    }
    reply_integer(call->reply, (int64_t)entry_text_size(entry));
}

/* Add to a counter, which begins at 0. */
static void add(struct store *store, struct call *call, int64_t step)
{
    struct entry *entry;
    bool created;
    if (!obtain_text(store, call, 0, &entry, &created))
        return;

    int64_t number = 0;
    if (!created && !entry_integer(entry, &number)) {
        reply_error(call->reply, "ERR value is not an integer or out of range");
        return;
    }
    if (__builtin_add_overflow(number, step, &number)) {
        assert(!created);
        reply_error(call->reply, "ERR increment or decrement would overflow");
        return;
    }
    entry_set_integer(entry, number);
    reply_integer(call->reply, number);
}

void strings_incr(struct store *store, struct call *call)
{
    add(store, call, 1);
}

void strings_decr(struct store *store, struct call *call)
{
    add(store, call, -1);
}

void strings_incrby(struct store *store, struct call *call)
{
    int64_t step;
    if (call_integer(call, 2, &step))
        add(store, call, step);
}

void strings_decrby(struct store *store, struct call *call)
{
    int64_t step;
    if (!call_integer(call, 2, &step))
        return;
    if (step == INT64_MIN)
        reply_error(call->reply, "ERR decrement would overflow");
    else
        add(store, call, -step);
}
