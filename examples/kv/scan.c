/*
 * KEYS and SCAN: the keys that are like a pattern.
 *
 *     SCAN cursor [MATCH pattern] [COUNT n] [TYPE type]
 *
 * SCAN walks one shard after another, each from the end of its row downwards; why
 * that misses no key is told in table.c. A cursor says where in which shard:
 *
 *     cursor = position * shards + shard          position 0: from the shard's end
 *
 * A walk that reaches the bottom of a shard goes on at position 0 of the next; at
 * the bottom of the last the cursor is 0, which is where a walk begins too. A made-up
 * cursor finds some keys or none, and no harm.
 */
#include "call.h"
#include "glob.h"
#include "handlers.h"

struct filter {
    struct slice pattern, type;
    bool by_pattern, by_type;
};

static bool everything(struct slice pattern)
{
    return pattern.size == 1 && pattern.data[0] == '*';
}

static bool has_type(const struct entry *entry, struct slice type)
{
    switch (entry->type) {
    case ENTRY_LIST:
        return slice_is(type, "list");
    case ENTRY_HASH:
        return slice_is(type, "hash");
    default:
        return slice_is(type, "string");
    }
}

static bool passes(const struct filter *filter, const struct entry *entry, int64_t now)
{
    return !store_ended(entry, now) &&
           (!filter->by_pattern || glob_match(filter->pattern, entry_key(entry))) &&
           (!filter->by_type || has_type(entry, filter->type));
}

/* Reply with the keys in [from, to) of the row, from the end downwards, that pass. */
static void answer_some(const struct store *store, struct call *call, const struct filter *filter,
                        size_t from, size_t to)
{
    size_t begin = reply_array_begin(call->reply);
    size_t count = 0;
    for (size_t i = to; i > from; i--) {
        const struct entry *entry = store->keys.entries[i - 1];
        if (passes(filter, entry, call->now)) {
            reply_bulk(call->reply, entry_key(entry));
            count++;
        }
    }
    reply_array_end(call->reply, begin, count);
}

void scan_keys(struct store *store, struct call *call)
{
    struct filter filter = {.pattern = call->argv[1], .by_pattern = !everything(call->argv[1])};
    answer_some(store, call, &filter, 0, store->keys.count);
}

/* Read the option at `index`, which takes a value. False once an error is answered. */
static bool read_option(struct call *call, size_t index, struct filter *filter, int64_t *count)
{
    struct slice option = call->argv[index];
    bool has_value = index + 1 < call->argc;
    if (slice_is(option, "count") && has_value) {
        if (!call_integer(call, index + 1, count))
            return false;
        if (*count >= 1)
            return true;
    } else if (slice_is(option, "match") && has_value) {
        filter->pattern = call->argv[index + 1];
        filter->by_pattern = !everything(filter->pattern);
        return true;
    } else if (slice_is(option, "type") && has_value) {
        filter->type = call->argv[index + 1];
        filter->by_type = true;
        return true;
    }
    call_syntax_error(call);
    return false;
}

/* The cursor with which to go on after `position` of this store. */
static uint64_t next_cursor(const struct store *store, size_t position)
{
    uint64_t shard = store->spec.shard, shards = store->spec.shards;
    if (position > 0)
        return position * shards + shard;
    return shard + 1 < shards ? shard + 1 : 0;
}

void scan_scan(struct store *store, struct call *call)
{
    struct filter filter = {0};
    int64_t count = 10;
    for (size_t i = 2; i < call->argc; i += 2)
        if (!read_option(call, i, &filter, &count))
            return;

    uint64_t cursor = call->hashes[0]; /* whoever routes by it has read it */
    uint64_t position = cursor / store->spec.shards;
    size_t to = store->keys.count;
    if (position > 0 && position < to)
        to = (size_t)position;
    size_t from = (uint64_t)count < to ? to - (size_t)count : 0;

    char digits[NUMBER_BYTES];
    size_t size = number_print_unsigned(digits, next_cursor(store, from));
    reply_array(call->reply, 2);
    reply_bulk(call->reply, (struct slice){digits, size});
    answer_some(store, call, &filter, from, to);
}
