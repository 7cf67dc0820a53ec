/*
 * Replies in order. The design stands in pending.h.
 *
 * A lane is a queue of records in one buffer, read from the front. When it is read
 * out it starts over; when it is long and half of it is read, the rest slides down,
 * so a lane that never runs dry still takes memory for what waits only.
 *
 *     lane:  ... read ... | size | reply | size | reply | ... room ...
 *                         ^ begin                       ^ buffer.size
 *
 * Records begin at multiples of 8 bytes.
 *
 * For a request that was cut, the connection's own lane holds a record of whom it
 * went to; it stands there in the request's turn, as an answer would.
 *
 * Invariants:
 *   1. Records of a lane are in the order of the slots that ask for them.
 *   2. The first slot is not ready, or there is none: what can be replied has been.
 */
#include "pending.h"

#include <assert.h>
#include <errno.h>

#include "info.h"
#include "memory.h"
#include "merge.h"

enum { FIRST_SLOTS = 16, IDLE_BYTES = 64 * 1024 };

struct lane {
    struct buffer buffer;
    size_t begin; /* of what has not been read */
};

struct slot {
    uint16_t lane; /* whence the reply comes, or whom the request went to */
    uint8_t merge; /* MERGE_NONE: the lane has the reply itself */
    uint8_t protocol;
    bool muted;
    bool cut; /* the lane has a cut record; else a request with a merge went to all shards */
};

/* Whom a request went to; the shards' numbers and then the keys' turns follow. */
struct cut {
    uint32_t shards, keys;
};

static uint16_t own_lane(const struct pending *pending)
{
    return (uint16_t)pending->planner->shards;
}

static uint16_t server_lane(const struct pending *pending)
{
    return (uint16_t)(pending->planner->shards + 1);
}

int pending_init(struct pending *pending, struct planner *planner)
{
    size_t bytes = (planner->shards + 2) * sizeof(struct lane);
    *pending = (struct pending){.planner = planner, .room = FIRST_SLOTS};
    pending->lanes = memory_take(bytes);
    pending->slots = memory_take(FIRST_SLOTS * sizeof *pending->slots);
    if (pending->lanes == NULL || pending->slots == NULL) {
        memory_give(pending->lanes);
        memory_give(pending->slots);
        *pending = (struct pending){0};
        return -ENOMEM;
    }
    memset(pending->lanes, 0, bytes);
    return 0;
}

void pending_done(struct pending *pending)
{
    if (pending->lanes == NULL)
        return;
    for (uint32_t i = 0; i < pending->planner->shards + 2; i++)
        buffer_done(&pending->lanes[i].buffer);
    memory_give(pending->lanes);
    memory_give(pending->slots);
    *pending = (struct pending){0};
}

static bool waits(const struct lane *lane)
{
    return lane->begin < lane->buffer.size;
}

/* Make room for this many bytes. */
static bool lane_reserve(struct lane *lane, size_t wanted)
{
    struct buffer *buffer = &lane->buffer;
    if (buffer->room - buffer->size < wanted && lane->begin > buffer->room / 2) {
        memmove(buffer->bytes, buffer->bytes + lane->begin, buffer->size - lane->begin);
        buffer->size -= lane->begin;
        lane->begin = 0;
    }
    return buffer_reserve(buffer, wanted);
}

/* Bytes that a record takes. */
static size_t record_bytes(size_t size)
{
    return sizeof(uint64_t) + (size + 7) / 8 * 8;
}

/* Append a record of this size, to be filled in. NULL for want of memory. */
static char *lane_add(struct lane *lane, size_t size)
{
    struct buffer *buffer = &lane->buffer;
    if (!lane_reserve(lane, record_bytes(size))) {
        buffer->failed = false;
        return NULL;
    }
    char *at = buffer->bytes + buffer->size;
    uint64_t note = size;
    memcpy(at, &note, sizeof note);
    buffer->size += record_bytes(size);
    return at + sizeof note;
}

static int lane_put(struct lane *lane, struct slice bytes)
{
    char *at = lane_add(lane, bytes.size);
    if (at == NULL)
        return -ENOMEM;
    if (bytes.size > 0)
        memcpy(at, bytes.data, bytes.size);
    return 0;
}

static struct slice lane_peek(const struct lane *lane)
{
    uint64_t size;
    const char *at = lane->buffer.bytes + lane->begin;
    memcpy(&size, at, sizeof size);
    return (struct slice){at + sizeof size, size};
}

/* Read a record. It holds until something is put into the lane or lane_rest() is called. */
static struct slice lane_take(struct lane *lane)
{
    struct slice record = lane_peek(lane);
    lane->begin += record_bytes(record.size);
    return record;
}

/* Start over if all has been read. */
static void lane_rest(struct lane *lane)
{
    if (waits(lane))
        return;
    lane->begin = 0;
    lane->buffer.size = 0;
    if (lane->buffer.room > IDLE_BYTES)
        buffer_done(&lane->buffer);
}

static struct slot *slot_at(const struct pending *pending, uint32_t number)
{
    return &pending->slots[number & (pending->room - 1)];
}

static bool grow(struct pending *pending)
{
    uint32_t room = pending->room * 2;
    struct slot *slots = memory_take(room * sizeof *slots);
    if (slots == NULL)
        return false;
    for (uint32_t i = pending->first; i != pending->last; i++)
        slots[i & (room - 1)] = *slot_at(pending, i);
    memory_give(pending->slots);
    pending->slots = slots;
    pending->room = room;
    return true;
}

static int push(struct pending *pending, struct slot slot)
{
    if (pending_count(pending) == pending->room && !grow(pending))
        return -ENOMEM;
    *slot_at(pending, pending->last++) = slot;
    return 0;
}

/* Record whom a request that was cut went to. */
static int put_cut(struct pending *pending, const struct plan *plan)
{
    bool values = plan->command->merge == MERGE_VALUES;
    struct cut cut = {(uint32_t)plan->shard_count, values ? (uint32_t)plan->keys : 0};
    size_t shards = cut.shards * sizeof(uint16_t), turns = cut.keys * sizeof(uint16_t);
    char *at = lane_add(&pending->lanes[own_lane(pending)], sizeof cut + shards + turns);
    if (at == NULL)
        return -ENOMEM;
    memcpy(at, &cut, sizeof cut);
    memcpy(at + sizeof cut, plan->shards, shards);
    memcpy(at + sizeof cut + shards, plan->turns, turns);
    return 0;
}

static int put_sections(struct pending *pending, const struct plan *plan)
{
    uint32_t sections = info_sections(plan->argv, plan->argc);
    struct slice bytes = {(const char *)&sections, sizeof sections};
    return lane_put(&pending->lanes[own_lane(pending)], bytes);
}

int pending_ask(struct pending *pending, const struct plan *plan, int protocol, bool muted)
{
    struct slot slot = {.protocol = (uint8_t)protocol, .muted = muted};
    if (plan->shards != NULL && plan->shard_count == 1) {
        slot.lane = plan->shards[0];
        return push(pending, slot);
    }

    slot.lane = own_lane(pending);
    slot.merge = (uint8_t)plan->command->merge;
    slot.cut = plan->shards != NULL;
    int rc = push(pending, slot);
    if (rc < 0)
        return rc;
    if (slot.cut)
        rc = put_cut(pending, plan);
    else if (slot.merge == MERGE_INFO)
        rc = put_sections(pending, plan);
    if (rc < 0)
        pending->last--;
    return rc;
}

int pending_ask_server(struct pending *pending, bool muted)
{
    return push(pending, (struct slot){.lane = server_lane(pending), .muted = muted});
}

int pending_answer(struct pending *pending, struct slice reply)
{
    assert(pending_count(pending) > 0);
    int rc = push(pending, (struct slot){.lane = own_lane(pending)});
    if (rc < 0)
        return rc;
    rc = lane_put(&pending->lanes[own_lane(pending)], reply);
    if (rc < 0)
        pending->last--;
    return rc;
}

/* The shards that the first request went to: their numbers, or NULL for all. */
static const uint16_t *asked(const struct pending *pending, const struct slot *slot,
                             struct cut *ret_cut)
{
    if (!slot->cut) {
        *ret_cut = (struct cut){.shards = pending->planner->shards};
        return NULL;
    }
    const char *record = lane_peek(&pending->lanes[own_lane(pending)]).data;
    memcpy(ret_cut, record, sizeof *ret_cut);
    return (const void *)(record + sizeof *ret_cut);
}

/* Whether all that the first request waits for is there. */
static bool ready(const struct pending *pending, const struct slot *slot)
{
    if (slot->merge == MERGE_NONE)
        return waits(&pending->lanes[slot->lane]);

    struct cut cut;
    const uint16_t *shards = asked(pending, slot, &cut);
    for (uint32_t i = 0; i < cut.shards; i++)
        if (!waits(&pending->lanes[shards == NULL ? i : shards[i]]))
            return false;
    return true;
}

/* Reply to a request that several shards have answered. */
static void reply_merged(struct pending *pending, const struct slot *slot, int64_t now,
                         struct buffer *output)
{
    struct slice parts[SHARDS_MAX];
    struct cut cut;
    const uint16_t *shards = asked(pending, slot, &cut);
    for (uint32_t i = 0; i < cut.shards; i++)
        parts[i] = lane_take(&pending->lanes[shards == NULL ? i : shards[i]]);

    struct merge merge = {
        .how = slot->merge,
        .parts = parts,
        .count = cut.shards,
        .turns = shards == NULL ? NULL : shards + cut.shards,
        .keys = cut.keys,
        .facts = pending->planner->facts,
        .now = now,
        .random = &pending->planner->random,
    };
    struct lane *own = &pending->lanes[own_lane(pending)];
    if (slot->cut || slot->merge == MERGE_INFO) {
        struct slice record = lane_take(own);
        if (!slot->cut)
            memcpy(&merge.sections, record.data, sizeof merge.sections);
    }
    struct reply reply = {output, slot->protocol};
    if (!slot->muted)
        merge_replies(&merge, &reply);

    for (uint32_t i = 0; i < cut.shards; i++)
        lane_rest(&pending->lanes[shards == NULL ? i : shards[i]]);
    lane_rest(own);
}

/* Reply to as many requests as can be. */
static int drain(struct pending *pending, int64_t now, struct buffer *output)
{
    while (pending_count(pending) > 0) {
        const struct slot *slot = slot_at(pending, pending->first);
        if (!ready(pending, slot))
            break;
        if (slot->merge == MERGE_NONE) {
            struct lane *lane = &pending->lanes[slot->lane];
            struct slice reply = lane_take(lane);
            if (!slot->muted)
                buffer_append(output, reply.data, reply.size);
            lane_rest(lane);
        } else {
            reply_merged(pending, slot, now, output);
        }
        pending->first++;
    }
    return output->failed ? -ENOMEM : 0;
}

/* A lane gets a reply. The usual one is for the first request, and goes straight on. */
static int arrive(struct pending *pending, uint32_t number, struct slice reply, int64_t now,
                  struct buffer *output)
{
    assert(pending_count(pending) > 0);
    struct lane *lane = &pending->lanes[number];
    const struct slot *first = slot_at(pending, pending->first);
    if (first->merge == MERGE_NONE && first->lane == number) {
        assert(!waits(lane));
        if (!first->muted)
            buffer_append(output, reply.data, reply.size);
        pending->first++;
    } else {
        int rc = lane_put(lane, reply);
        if (rc < 0)
            return rc;
    }
    return drain(pending, now, output);
}

int pending_arrive(struct pending *pending, uint32_t shard, struct slice reply, int64_t now,
                   struct buffer *output)
{
    assert(shard < pending->planner->shards);
    return arrive(pending, shard, reply, now, output);
}

int pending_serve(struct pending *pending, struct slice reply, int64_t now, struct buffer *output)
{
    return arrive(pending, server_lane(pending), reply, now, output);
}
