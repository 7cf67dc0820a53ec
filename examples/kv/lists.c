/*
 * The commands on lists. A list that has become empty is removed with its key.
 */
#include "list.h"

#include "call.h"
#include "handlers.h"

/* Make an entry that was just created hold an empty list. */
static bool make_list(struct store *store, struct entry *entry)
{
    struct list *list = list_new();
    if (list == NULL) {
        store_remove(store, entry);
        return false;
    }
    entry->type = ENTRY_LIST;
    entry->list = list;
    return true;
}

static int push_all(struct list *list, const struct call *call, enum list_end end)
{
    int rc = 0;
    for (size_t i = 2; rc == 0 && i < call->argc; i++)
        rc = list_push(list, end, call->argv[i]);
    return rc;
}

static void push(struct store *store, struct call *call, enum list_end end)
{
    struct key key = call_key(call, 0);
    struct entry *entry;
    bool created;
    if (store_obtain(store, &key, 0, call->now, &entry, &created) < 0 ||
        (created && !make_list(store, entry))) {
        call_no_memory(call);
        return;
    }
    if (entry->type != ENTRY_LIST) {
        call_wrong_type(call);
        return;
    }

    if (push_all(entry->list, call, end) < 0) {
        call_no_memory(call);
        if (list_count(entry->list) == 0)
            store_remove(store, entry);
        return;
    }
    reply_integer(call->reply, (int64_t)list_count(entry->list));
}

void lists_lpush(struct store *store, struct call *call)
{
    push(store, call, LIST_FIRST);
}

void lists_rpush(struct store *store, struct call *call)
{
    push(store, call, LIST_LAST);
}

/* Move items from one end into the reply. */
static void pop_some(struct store *store, struct call *call, struct entry *entry, enum list_end end,
                     size_t count)
{
    for (; count > 0; count--) {
        reply_bulk(call->reply, list_peek(entry->list, end));
        list_drop(entry->list, end);
    }
    if (list_count(entry->list) == 0)
        store_remove(store, entry);
}

/* LPOP and RPOP with a count: an array. */
static void pop_many(struct store *store, struct call *call, enum list_end end)
{
    int64_t count;
    struct entry *entry;
    if (!number_parse(call->argv[2], &count) || count < 0) {
        reply_error(call->reply, "ERR value is out of range, must be positive");
        return;
    }
    if (!call_find_typed(store, call, ENTRY_LIST, &entry))
        return;
    if (entry == NULL) {
        reply_null_array(call->reply);
        return;
    }

    size_t there = list_count(entry->list);
    size_t taken = (uint64_t)count < there ? (size_t)count : there;
    reply_array(call->reply, taken);
    pop_some(store, call, entry, end, taken);
}

static void pop(struct store *store, struct call *call, enum list_end end)
{
    if (call->argc > 3) {
        call_wrong_arity(call);
        return;
    }
    if (call->argc == 3) {
        pop_many(store, call, end);
        return;
    }

    struct entry *entry;
    if (!call_find_typed(store, call, ENTRY_LIST, &entry))
        return;
    if (entry == NULL)
        reply_null(call->reply);
    else
        pop_some(store, call, entry, end, 1);
}

void lists_lpop(struct store *store, struct call *call)
{
    pop(store, call, LIST_FIRST);
}

void lists_rpop(struct store *store, struct call *call)
{
    pop(store, call, LIST_LAST);
}

void lists_llen(struct store *store, struct call *call)
{
    struct entry *entry;
    if (call_find_typed(store, call, ENTRY_LIST, &entry))
        reply_integer(call->reply, entry == NULL ? 0 : (int64_t)list_count(entry->list));
}

/* An index from the front for one that may count from the back, where -1 is the last. */
static int64_t from_front(int64_t index, int64_t count)
{
    if (index >= 0)
        return index;
    return index < -count ? 0 : index + count;
}

void lists_lrange(struct store *store, struct call *call)
{
    int64_t start, stop;
    struct entry *entry;
    if (!call_integer(call, 2, &start) || !call_integer(call, 3, &stop) ||
        !call_find_typed(store, call, ENTRY_LIST, &entry))
        return;

    int64_t count = entry == NULL ? 0 : (int64_t)list_count(entry->list);
    bool before = stop < -count;
    start = from_front(start, count);
    stop = from_front(stop, count);
    if (stop >= count)
        stop = count - 1;
    if (before || start > stop) {
        reply_array(call->reply, 0);
        return;
    }

    reply_array(call->reply, (size_t)(stop - start + 1));
    struct list_cursor cursor = list_seek(entry->list, (size_t)start);
    for (; start <= stop; start++)
        reply_bulk(call->reply, list_next(&cursor));
}
