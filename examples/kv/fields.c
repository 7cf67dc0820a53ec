/*
 * Fields, as a run or as a table.
 *
 *     run:  | name size | value size | name | value | name size | ...      sizes are one byte
 *
 * A run is searched from its start. At 128 fields of 8 bytes that takes about as
 * long as one cache miss, and most hashes are far smaller; in return a small hash
 * is two pieces of memory however many fields it has, and comes back in order.
 *
 * Values in the table are never kept as numbers, so a field's text always has an
 * address.
 *
 * Invariants:
 *   1. Exactly one of run and table is in use; which, says `is_table`.
 *   2. A run has at most FIELDS_ORDERED_MAX fields, none of whose parts is longer
 *      than FIELDS_ORDERED_BYTES_MAX.
 */
#include "fields.h"

#include <assert.h>
#include <errno.h>

#include "buffer.h"
#include "memory.h"
#include "table.h"

enum { HEAD_BYTES = 2, PARTS = 16, FIRST_BYTES = 48 };

struct fields {
    const struct hash_key *key;
    bool is_table;
    uint32_t run_count;
    struct buffer run;
    struct table table;
};

/* One field of a run. */
struct pair {
    struct slice name, value;
};

struct fields *fields_new(const struct hash_key *key)
{
    struct fields *fields = memory_take(sizeof *fields);
    if (fields != NULL)
        *fields = (struct fields){.key = key};
    return fields;
}

void fields_free(struct fields *fields)
{
    if (fields == NULL)
        return;
    buffer_done(&fields->run);
    table_done(&fields->table);
    memory_give(fields);
}

size_t fields_count(const struct fields *fields)
{
    return fields->is_table ? fields->table.count : fields->run_count;
}

static struct pair pair_at(const char *at)
{
    size_t name = (unsigned char)at[0], value = (unsigned char)at[1];
    return (struct pair){{at + HEAD_BYTES, name}, {at + HEAD_BYTES + name, value}};
}

static size_t pair_bytes(size_t name, size_t value)
{
    return HEAD_BYTES + name + value;
}

/* Where a field of the run begins. False if there is none of this name. */
static bool find_in_run(const struct fields *fields, struct slice name, size_t *ret_at)
{
    const char *at = fields->run.bytes;
    for (uint32_t i = 0; i < fields->run_count; i++) {
        struct pair pair = pair_at(at);
        if (slice_equal(pair.name, name)) {
            *ret_at = (size_t)(at - fields->run.bytes);
            return true;
        }
        at += pair_bytes(pair.name.size, pair.value.size);
    }
    return false;
}

static struct key key_of(const struct fields *fields, struct slice name)
{
    return (struct key){name, hash_bytes(fields->key, name)};
}

static struct slice text_of(const struct entry *entry)
{
    assert(!entry->number);
    return entry_text(entry, NULL);
}

bool fields_get(const struct fields *fields, struct slice name, struct slice *ret_value)
{
    if (!fields->is_table) {
        size_t at;
        if (!find_in_run(fields, name, &at))
            return false;
        *ret_value = pair_at(fields->run.bytes + at).value;
        return true;
    }

    struct key key = key_of(fields, name);
    const struct entry *entry = table_find(&fields->table, &key);
    if (entry == NULL)
        return false;
    *ret_value = text_of(entry);
    return true;
}

static int set_in_table(struct fields *fields, struct slice name, struct slice value,
                        bool *ret_created)
{
    struct key key = key_of(fields, name);
    struct entry *entry;
    bool created;
    int rc = table_obtain(&fields->table, &key, value.size, &entry, &created);
    if (rc < 0)
        return rc;

    rc = entry_set_text(entry, value);
    if (rc < 0 && created)
        table_remove(&fields->table, entry);
    if (rc == 0)
        *ret_created = created;
    return rc;
}

/* Move the run into a table. */
static int to_table(struct fields *fields)
{
    int rc = table_init(&fields->table, PARTS);
    if (rc < 0)
        return rc;

    struct fields_cursor cursor = {0};
    struct slice name, value;
    while (rc == 0 && fields_next(fields, &cursor, &name, &value)) {
        bool created;
        rc = set_in_table(fields, name, value, &created);
    }
    if (rc < 0) {
        table_done(&fields->table);
        return rc;
    }

    buffer_done(&fields->run);
    fields->is_table = true;
    return 0;
}

/* Make the bytes of the run at `at` another number of bytes, with what is behind them moved. */
static int resize_at(struct fields *fields, size_t at, size_t bytes, size_t wanted)
{
    struct buffer *run = &fields->run;
    if (wanted > bytes && !buffer_reserve(run, wanted - bytes)) {
        run->failed = false;
        return -ENOMEM;
    }
    memmove(run->bytes + at + wanted, run->bytes + at + bytes, run->size - at - bytes);
    run->size += wanted - bytes;
    return 0;
}

static void write_pair(char *at, struct slice name, struct slice value)
{
    at[0] = (char)(unsigned char)name.size;
    at[1] = (char)(unsigned char)value.size;
    memcpy(at + HEAD_BYTES, name.data, name.size);
    memcpy(at + HEAD_BYTES + name.size, value.data, value.size);
}

/* Give an empty run its first bytes: fewer than a buffer would, as most hashes are small. */
static int begin_run(struct buffer *run, size_t wanted)
{
    size_t room = wanted < FIRST_BYTES ? FIRST_BYTES : wanted;
    run->bytes = memory_take(room);
    if (run->bytes == NULL)
        return -ENOMEM;
    run->room = room;
    return 0;
}

static int add_to_run(struct fields *fields, struct slice name, struct slice value)
{
    struct buffer *run = &fields->run;
    size_t at = run->size;
    size_t bytes = pair_bytes(name.size, value.size);
    int rc = run->bytes == NULL ? begin_run(run, bytes) : 0;
    if (rc == 0)
        rc = resize_at(fields, at, 0, bytes);
    if (rc < 0)
        return rc;

    write_pair(run->bytes + at, name, value);
    fields->run_count++;
    return 0;
}

static int set_in_run(struct fields *fields, struct slice name, struct slice value,
                      bool *ret_created)
{
    size_t at;
    if (!find_in_run(fields, name, &at)) {
        int rc = add_to_run(fields, name, value);
        *ret_created = true;
        return rc;
    }

    size_t begins = at + HEAD_BYTES + name.size;
    size_t had = pair_at(fields->run.bytes + at).value.size;
    int rc = had == value.size ? 0 : resize_at(fields, begins, had, value.size);
    if (rc < 0)
        return rc;
    write_pair(fields->run.bytes + at, name, value);
    *ret_created = false;
    return 0;
}

/* Whether this may be set in the run. */
static bool suits_run(const struct fields *fields, struct slice name, struct slice value)
{
    size_t at;
    return name.size <= FIELDS_ORDERED_BYTES_MAX && value.size <= FIELDS_ORDERED_BYTES_MAX &&
           (fields->run_count < FIELDS_ORDERED_MAX || find_in_run(fields, name, &at));
}

int fields_set(struct fields *fields, struct slice name, struct slice value, bool *ret_created)
{
    if (!fields->is_table && suits_run(fields, name, value))
        return set_in_run(fields, name, value, ret_created);
    if (!fields->is_table) {
        int rc = to_table(fields);
        if (rc < 0)
            return rc;
    }
    return set_in_table(fields, name, value, ret_created);
}

bool fields_remove(struct fields *fields, struct slice name)
{
    if (!fields->is_table) {
        size_t at;
        if (!find_in_run(fields, name, &at))
            return false;
        struct pair pair = pair_at(fields->run.bytes + at);
        resize_at(fields, at, pair_bytes(pair.name.size, pair.value.size), 0);
        fields->run_count--;
        return true;
    }

    struct key key = key_of(fields, name);
    struct entry *entry = table_find(&fields->table, &key);
    if (entry != NULL)
        table_remove(&fields->table, entry);
    return entry != NULL;
}

static bool next_in_run(const struct fields *fields, struct fields_cursor *cursor,
                        struct slice *ret_name, struct slice *ret_value)
{
    if (cursor->at == fields->run.size)
        return false;
    struct pair pair = pair_at(fields->run.bytes + cursor->at);
    cursor->at += pair_bytes(pair.name.size, pair.value.size);
    *ret_name = pair.name;
    *ret_value = pair.value;
    return true;
}

bool fields_next(const struct fields *fields, struct fields_cursor *cursor, struct slice *ret_name,
                 struct slice *ret_value)
{
    if (!fields->is_table)
        return next_in_run(fields, cursor, ret_name, ret_value);
    if (cursor->at == fields->table.count)
        return false;

    const struct entry *entry = fields->table.entries[cursor->at++];
    *ret_name = entry_key(entry);
    *ret_value = text_of(entry);
    return true;
}
