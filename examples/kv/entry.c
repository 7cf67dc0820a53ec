/*
 * Entries and their texts. The design stands in entry.h.
 *
 * Invariants:
 *   1. A text stands behind the key exactly if its room outside is 0.
 *   2. `inside` never changes, so the room behind the key serves again after a
 *      number, a list or a longer text has been there.
 *   3. What fails changes nothing.
 */
#include "entry.h"

#include <assert.h>
#include <errno.h>

#include "fields.h"
#include "list.h"
#include "memory.h"

/* A text longer than this gets memory of its own, which a shorter one gives back. */
enum { INSIDE_MAX = 256 };

/* What malloc() hands out in steps of: 16 bytes, of which it keeps 8 once. */
enum { STEP_BYTES = 16, KEPT_BYTES = 8 };

static char *inside(struct entry *entry)
{
    return entry->key + entry->key_bytes;
}

struct entry *entry_new(const struct key *key, size_t value_bytes)
{
    size_t wanted = value_bytes > INSIDE_MAX ? 0 : value_bytes;
    size_t bytes = sizeof(struct entry) + key->bytes.size;
    size_t whole = (bytes + wanted + KEPT_BYTES + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
    struct entry *entry = memory_take(whole - KEPT_BYTES);
    if (entry == NULL)
        return NULL;

    *entry = (struct entry){.hash = key->hash,
                            .ends_at = ENTRY_NEVER,
                            .key_bytes = (uint32_t)key->bytes.size,
                            .inside = (uint16_t)(whole - KEPT_BYTES - bytes)};
    if (key->bytes.size > 0)
        memcpy(entry->key, key->bytes.data, key->bytes.size);
    entry->text = inside(entry);
    return entry;
}

void entry_free(struct entry *entry)
{
    if (entry == NULL)
        return;
    entry_clear(entry);
    memory_give(entry);
}

/* End what the value holds outside the entry. */
static void let_go(struct entry *entry)
{
    if (entry->type == ENTRY_LIST)
        list_free(entry->list);
    else if (entry->type == ENTRY_HASH)
        fields_free(entry->fields);
    else if (entry->room > 0)
        memory_give(entry->text);
}

void entry_clear(struct entry *entry)
{
    let_go(entry);
    entry->type = ENTRY_TEXT;
    entry->number = false;
    entry->text = inside(entry);
    entry->size = 0;
    entry->room = 0;
}

size_t entry_text_size(const struct entry *entry)
{
    char digits[NUMBER_BYTES];
    return entry_text(entry, digits).size;
}

/* Whether a text of this size may be written where the value's text stands now. */
static bool fits(const struct entry *entry, size_t size)
{
    if (entry->type != ENTRY_TEXT || entry->number)
        return false;
    return entry->room > 0 ? size > entry->inside && size <= entry->room && size >= entry->room / 4
                           : size <= entry->inside;
}

int entry_set_text(struct entry *entry, struct slice text)
{
    if (!fits(entry, text.size)) {
        char *outside = NULL;
        if (text.size > entry->inside) {
            outside = memory_take(text.size);
            if (outside == NULL)
                return -ENOMEM;
        }

        entry_clear(entry);
        if (outside != NULL) {
            entry->text = outside;
            entry->room = (uint32_t)text.size;
        }
    }

    if (text.size > 0)
        memcpy(entry->text, text.data, text.size);
    entry->size = (uint32_t)text.size;
    return 0;
}

void entry_set_integer(struct entry *entry, int64_t number)
{
    if (!entry->number)
        entry_clear(entry);
    entry->number = true;
    entry->integer = number;
}

/* Turn a number back into the text it stands for. */
static int spell_out(struct entry *entry)
{
    if (!entry->number)
        return 0;
    char digits[NUMBER_BYTES];
    return entry_set_text(entry, entry_text(entry, digits));
}

/* Make the text's room at least twice what is wanted, outside the entry. */
static int move_out(struct entry *entry, size_t wanted)
{
    char *outside = memory_resize(entry->room > 0 ? entry->text : NULL, wanted * 2);
    if (outside == NULL)
        return -ENOMEM;
    if (entry->room == 0)
        memcpy(outside, entry->text, entry->size);
    entry->text = outside;
    entry->room = (uint32_t)(wanted * 2);
    return 0;
}

int entry_append(struct entry *entry, struct slice text)
{
    assert(entry->type == ENTRY_TEXT);
    if (text.size == 0)
        return 0;
    int rc = spell_out(entry);
    if (rc < 0)
        return rc;

    size_t wanted = entry->size + text.size;
    size_t room = entry->room > 0 ? entry->room : entry->inside;
    if (wanted > room) {
        rc = move_out(entry, wanted);
        if (rc < 0)
            return rc;
    }
    memcpy(entry->text + entry->size, text.data, text.size);
    entry->size = (uint32_t)wanted;
    return 0;
}

bool entry_integer(const struct entry *entry, int64_t *ret_number)
{
    if (entry->number) {
        *ret_number = entry->integer;
        return true;
    }
    return number_parse((struct slice){entry->text, entry->size}, ret_number);
}
