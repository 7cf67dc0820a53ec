/*
 * SET and its relatives SETEX and PSETEX.
 *
 *     SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
 *
 * All options are read before anything is done, and the time to live last of them,
 * so that of several faults the one Redis names is named.
 */
#include "set.h"

#include "call.h"
#include "expiry.h"
#include "handlers.h"

struct options {
    bool if_absent, if_present, get, keep;
    size_t end; /* argument that says when the key ends, or 0 */
    struct expiry_unit unit;
};

/* Set the text of a key and keep its end. */
static int put(struct store *store, const struct key *key, struct slice text, int64_t now,
               struct entry **ret_entry)
{
    bool created;
    int rc = store_obtain(store, key, text.size, now, ret_entry, &created);
    if (rc < 0)
        return rc;

    rc = entry_set_text(*ret_entry, text);
    if (rc < 0 && created)
        store_remove(store, *ret_entry);
    return rc;
}

int set_text(struct store *store, const struct key *key, struct slice text, int64_t now)
{
    struct entry *entry;
    int rc = put(store, key, text, now, &entry);
    if (rc == 0)
        store_persist(store, entry);
    return rc;
}

static int set_text_until(struct store *store, const struct key *key, struct slice text,
                          int64_t now, int64_t ends_at)
{
    int rc = store_prepare_end(store);
    struct entry *entry;
    if (rc == 0)
        rc = put(store, key, text, now, &entry);
    if (rc == 0)
        store_set_end(store, entry, ends_at);
    return rc;
}

/* Read the option that says when the key ends, if this is one. */
static bool read_end(struct options *options, const struct call *call, size_t index)
{
    static const struct {
        const char *name;
        struct expiry_unit unit;
    } ends[] = {{"ex", {true, true}},
                {"px", {false, true}},
                {"exat", {true, false}},
                {"pxat", {false, false}}};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (!slice_is(call->argv[index], ends[i].name))
            continue;
        bool other = options->end > 0 && (options->unit.seconds != ends[i].unit.seconds ||
                                          options->unit.relative != ends[i].unit.relative);
        if (other || options->keep || index + 1 == call->argc)
            return false;
        options->end = index + 1;
        options->unit = ends[i].unit;
        return true;
    }
    return false;
}

static bool read_flag(struct options *options, struct slice word)
{
    if (slice_is(word, "nx") && !options->if_present)
        return options->if_absent = true;
    if (slice_is(word, "xx") && !options->if_absent)
        return options->if_present = true;
    if (slice_is(word, "get"))
        return options->get = true;
    if (slice_is(word, "keepttl") && options->end == 0)
        return options->keep = true;
    return false;
}

static bool read_options(struct options *options, const struct call *call)
{
    for (size_t i = 3; i < call->argc; i++) {
        if (read_flag(options, call->argv[i]))
            continue;
        if (!read_end(options, call, i))
            return false;
        i++;
    }
    return true;
}

/* Carry out a SET of which all has been read. */
static int set_as_told(struct store *store, struct call *call, const struct options *options,
                       int64_t ends_at)
{
    struct key key = call_key(call, 0);
    struct entry *entry;
    if (options->end > 0)
        return set_text_until(store, &key, call->argv[2], call->now, ends_at);
    if (options->keep)
        return put(store, &key, call->argv[2], call->now, &entry);
    return set_text(store, &key, call->argv[2], call->now);
}

/* Answer what the key was. False if it was no text, and that has been answered. */
static bool answer_old(struct call *call, const struct entry *entry)
{
    char digits[NUMBER_BYTES];
    if (entry == NULL) {
        reply_null(call->reply);
        return true;
    }
    if (entry->type != ENTRY_TEXT) {
        call_wrong_type(call);
        return false;
    }
    reply_bulk(call->reply, entry_text(entry, digits));
    return true;
}

/* SET with options. */
static void set_with(struct store *store, struct call *call, const struct options *options)
{
    int64_t ends_at = 0;
    if (options->end > 0 && !expiry_read(call, options->end, options->unit, &ends_at))
        return;

    size_t begin = call->reply->into->size;
    const struct entry *entry = call_find(store, call);
    if (options->get && !answer_old(call, entry))
        return;

    if ((options->if_absent && entry != NULL) || (options->if_present && entry == NULL)) {
        if (!options->get)
            reply_null(call->reply);
        return;
    }
    if (set_as_told(store, call, options, ends_at) < 0) {
        call->reply->into->size = begin;
        call_no_memory(call);
    } else if (!options->get) {
        reply_ok(call->reply);
    }
}

void set_set(struct store *store, struct call *call)
{
    if (call->argc > 3) {
        struct options options = {0};
        if (read_options(&options, call))
            set_with(store, call, &options);
        else
            call_syntax_error(call);
        return;
    }

    struct key key = call_key(call, 0);
    if (set_text(store, &key, call->argv[2], call->now) < 0)
        call_no_memory(call);
    else
        reply_ok(call->reply);
}

static void set_with_end(struct store *store, struct call *call, bool seconds)
{
    struct expiry_unit unit = {seconds, true};
    int64_t ends_at;
    if (!expiry_read(call, 2, unit, &ends_at))
        return;

    struct key key = call_key(call, 0);
    if (set_text_until(store, &key, call->argv[3], call->now, ends_at) < 0)
        call_no_memory(call);
    else
        reply_ok(call->reply);
}

void set_setex(struct store *store, struct call *call)
{
    set_with_end(store, call, true);
}

void set_psetex(struct store *store, struct call *call)
{
    set_with_end(store, call, false);
}
