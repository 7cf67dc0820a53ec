/*
 * Records of values: making one from another. The design stands in values.h.
 */
#include "base/values.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

static size_t entry_bytes(size_t size)
{
    return sizeof(struct gr__value) + ((size + 7) & ~(size_t)7);
}

static size_t record_bytes(const struct gr__values *values)
{
    return sizeof *values + values->bytes;
}

const struct gr__value *gr__values_next(const struct gr__values *values,
                                        const struct gr__value *after)
{
    if (values == NULL)
        return NULL;

    const unsigned char *at = values->entries;
    if (after != NULL)
        at = (const unsigned char *)after + entry_bytes(after->size);
    return at < values->entries + values->bytes ? (const void *)at : NULL;
}

const struct gr__value *gr__values_find(const struct gr__values *values,
                                        const struct gr_context_key *key)
{
    const struct gr__value *value = NULL;
    while ((value = gr__values_next(values, value)) != NULL && value->key != key)
        ;
    return value;
}

static struct gr__values *take(struct gr__pool *pool, size_t bytes)
{
    struct gr__values *values = gr__pool_take(pool, sizeof *values + bytes);
    if (values != NULL)
        *values = (struct gr__values){.references = 1};
    return values;
}

static void append(struct gr__values *values, const struct gr_context_key *key, const void *bytes,
                   size_t size)
{
    struct gr__value *entry = (void *)(values->entries + values->bytes);
    entry->key = key;
    entry->size = size;
    memcpy(entry->bytes, bytes, size);
    values->bytes += (uint32_t)entry_bytes(size);
    values->count++;
    values->counts[GR__INHERITED] += key->inherit;
    values->counts[GR__CARRIED] += key->carry;
}

/* Fill a record that is large enough with the old values, save that of the key, and the new one. */
static void fill(struct gr__values *made, const struct gr__values *values,
                 const struct gr_context_key *key, const void *value, size_t size)
{
    for (const struct gr__value *old = NULL; (old = gr__values_next(values, old)) != NULL;)
        if (old->key != key)
            append(made, old->key, old->bytes, old->size);
    if (size > 0)
        append(made, key, value, size);
}

int gr__values_with(struct gr__pool *pool, const struct gr__values *values,
                    const struct gr_context_key *key, const void *value, size_t size,
                    struct gr__values **ret_values)
{
    const struct gr__value *old = gr__values_find(values, key);
    size_t bytes = (values == NULL ? 0 : values->bytes) + (size == 0 ? 0 : entry_bytes(size)) -
                   (old == NULL ? 0 : entry_bytes(old->size));
    if (size > GR_CONTEXT_VALUE_MAX)
        return -EMSGSIZE;
    if (old == NULL && size > 0 && values != NULL && values->count == GR_CONTEXT_VALUES_MAX)
        return -ENOSPC;

    struct gr__values *made = NULL;
    if (bytes > 0) {
        made = take(pool, bytes);
        if (made == NULL)
            return -ENOMEM;
        fill(made, values, key, value, size);
    }
    *ret_values = made;
    return 0;
}

static bool is_one_of(const struct gr_context_key *key, enum gr__some which)
{
    return which == GR__INHERITED ? key->inherit : key->carry;
}

/* A record of some of the values, of which there are any. */
static struct gr__values *copy_some(struct gr__pool *pool, const struct gr__values *values,
                                    enum gr__some which)
{
    size_t bytes = 0;
    for (const struct gr__value *value = NULL; (value = gr__values_next(values, value)) != NULL;)
        bytes += is_one_of(value->key, which) ? entry_bytes(value->size) : 0;
    struct gr__values *made = take(pool, bytes);
    if (made == NULL)
        return NULL;

    for (const struct gr__value *value = NULL; (value = gr__values_next(values, value)) != NULL;)
        if (is_one_of(value->key, which))
            append(made, value->key, value->bytes, value->size);
    return made;
}

int gr__values_some(struct gr__pool *pool, struct gr__values *values, enum gr__some which,
                    bool apart, struct gr__values **ret_values)
{
    struct gr__values *some = NULL;
    if (values != NULL && values->counts[which] > 0) {
        if (!apart && values->counts[which] == values->count)
            some = gr__values_keep(values);
        else if (!apart && values->some[which] != NULL)
            some = gr__values_keep(values->some[which]);
        else if ((some = copy_some(pool, values, which)) == NULL)
            return -ENOMEM;
        else if (!apart)
            values->some[which] = gr__values_keep(some);
    }
    *ret_values = some;
    return 0;
}

static bool is_text(const struct gr__value *value)
{
    for (size_t i = 0; i < value->size; i++)
        if (value->bytes[i] <= ' ' || value->bytes[i] > '~')
            return false;
    return true;
}

/* A value as text that fits 2 * GR_CONTEXT_VALUE_MAX + 1 bytes. */
static void print_plain(const struct gr__value *value, char *text)
{
    static const char digits[] = "0123456789abcdef";
    bool as_it_is = is_text(value);
    for (size_t i = 0; i < value->size; i++) {
        if (as_it_is) {
            *text++ = (char)value->bytes[i];
        } else {
            *text++ = digits[value->bytes[i] >> 4];
            *text++ = digits[value->bytes[i] & 15];
        }
    }
    *text = '\0';
}

static size_t append_value(char *text, size_t bytes, size_t length, const struct gr__value *value)
{
    char printed[2 * GR_CONTEXT_VALUE_MAX + 1] = "";
    if (value->key->print != NULL)
        value->key->print(value->bytes, value->size, printed, sizeof printed);
    else
        print_plain(value, printed);
    length = gr__text_append(text, bytes, length, length == 0 ? "" : " ");
    length = gr__text_append(text, bytes, length, value->key->name);
    length = gr__text_append(text, bytes, length, "=");
    return gr__text_append(text, bytes, length, printed);
}

size_t gr__values_print(const struct gr__values *values, char *text, size_t bytes)
{
    size_t length = gr__text_append(text, bytes, 0, "");
    for (const struct gr__value *value = NULL; (value = gr__values_next(values, value)) != NULL;)
        length = append_value(text, bytes, length, value);
    return length;
}

void gr__values_end(struct gr__pool *pool, struct gr__values *values)
{
    for (int i = 0; i < GR__SOMES; i++)
        gr__values_drop(pool, values->some[i]);
    gr__pool_give(pool, values, record_bytes(values));
}
