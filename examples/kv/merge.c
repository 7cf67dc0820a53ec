/*
 * Merging replies. The design stands in merge.h.
 *
 * A part is a reply as any client would get it from a server with that shard's keys
 * alone, so shards need not know that they are asked for parts. It is read just as
 * far as the merge needs: heads of arrays, numbers, the sizes of values.
 */
#include "merge.h"

#include <assert.h>

#include "info.h"
#include "plan.h"

/* Read a head, such as "*3\r\n", and move past it. */
static int64_t take_head(struct slice *part)
{
    const char *end = memchr(part->data, '\r', part->size);
    int64_t number = 0;
    assert(end != NULL);
    number_parse((struct slice){part->data + 1, (size_t)(end - part->data) - 1}, &number);
    part->size -= (size_t)(end + 2 - part->data);
    part->data = end + 2;
    return number;
}

/* Take one element that is a value or nothing. */
static struct slice take_value(struct slice *part)
{
    struct slice value = *part;
    bool is_value = part->data[0] == '$';
    int64_t size = take_head(part);
    if (is_value && size >= 0) {
        part->data += size + 2;
        part->size -= (size_t)size + 2;
    }
    value.size -= part->size;
    return value;
}

static void sum(const struct merge *merge, struct reply *reply)
{
    int64_t total = 0;
    for (size_t i = 0; i < merge->count; i++) {
        struct slice part = merge->parts[i];
        total += take_head(&part);
    }
    reply_integer(reply, total);
}

static void concatenate(const struct merge *merge, struct reply *reply)
{
    struct slice parts[SHARDS_MAX];
    size_t total = 0;
    for (size_t i = 0; i < merge->count; i++) {
        parts[i] = merge->parts[i];
        total += (size_t)take_head(&parts[i]);
    }
    reply_array(reply, total);
    for (size_t i = 0; i < merge->count; i++)
        reply_raw(reply, parts[i]);
}

static void interleave(const struct merge *merge, struct reply *reply)
{
    struct slice parts[SHARDS_MAX];
    for (size_t i = 0; i < merge->count; i++) {
        parts[i] = merge->parts[i];
        take_head(&parts[i]);
    }
    reply_array(reply, merge->keys);
    for (size_t i = 0; i < merge->keys; i++)
        reply_raw(reply, take_value(&parts[merge->turns[i]]));
}

/* A number below `limit`, by a step of splitmix64. */
static uint64_t random_below(uint64_t *state, uint64_t limit)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (x ^ x >> 31) % limit;
}

/* Choose a shard by how many keys it has: so each key is as likely as any other. */
static void choose(const struct merge *merge, struct reply *reply)
{
    struct slice parts[SHARDS_MAX];
    uint64_t counts[SHARDS_MAX], total = 0;
    for (size_t i = 0; i < merge->count; i++) {
        parts[i] = merge->parts[i];
        take_head(&parts[i]);
        total += counts[i] = (uint64_t)take_head(&parts[i]);
    }
    if (total == 0) {
        reply_null(reply);
        return;
    }

    uint64_t number = random_below(merge->random, total);
    size_t chosen = 0;
    while (number >= counts[chosen])
        number -= counts[chosen++];
    reply_raw(reply, parts[chosen]);
}

static void inform(const struct merge *merge, struct reply *reply)
{
    struct info_totals totals = {0};
    for (size_t i = 0; i < merge->count; i++) {
        struct slice part = merge->parts[i];
        take_head(&part);
        totals.keys += take_head(&part);
        totals.ending += take_head(&part);
        totals.expired += take_head(&part);
    }
    info_write(reply, merge->sections, merge->facts, &totals, merge->now);
}

void merge_replies(const struct merge *merge, struct reply *reply)
{
    for (size_t i = 0; i < merge->count; i++) {
        if (merge->parts[i].data[0] == '-') {
            reply_raw(reply, merge->parts[i]);
            return;
        }
    }

    switch (merge->how) {
    case MERGE_SUM:
        sum(merge, reply);
        return;
    case MERGE_VALUES:
        interleave(merge, reply);
        return;
    case MERGE_CONCAT:
        concatenate(merge, reply);
        return;
    case MERGE_RANDOM:
        choose(merge, reply);
        return;
    case MERGE_INFO:
        inform(merge, reply);
        return;
    case MERGE_NONE:
    case MERGE_STATUS:
        reply_raw(reply, merge->parts[0]);
    }
}
