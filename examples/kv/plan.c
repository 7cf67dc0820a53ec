/*
 * Planning. The design stands in plan.h.
 *
 * A request on several shards is cut in two passes over its keys. The first finds
 * each key's shard and how much each shard gets; then every request is opened at
 * its full size, and the second pass deals the keys out. So the work grows with
 * the keys, not with keys times shards.
 *
 * Invariants:
 *   1. The shares that are not zero are those of the first `shared` shards asked.
 *   2. The keys of a request keep their order within each shard.
 */
#include "plan.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "visit.h"

/* What one shard gets of a request that is cut. */
struct share {
    size_t keys, bytes;
    uint16_t turn; /* its index among those asked */
    size_t had;    /* bytes of its batch before */
    struct request_writer writer;
};

int planner_init(struct planner *planner, const struct hash_key *hash_key, uint32_t shards,
                 const struct facts *facts, uint64_t seed)
{
    assert(shards > 0 && shards <= SHARDS_MAX);
    *planner =
        (struct planner){.hash_key = *hash_key, .shards = shards, .facts = facts, .random = seed};
    commands_index(&planner->index);

    planner->shares = memory_take(shards * sizeof *planner->shares);
    planner->asked = memory_take(shards * sizeof *planner->asked);
    if (planner->shares == NULL || planner->asked == NULL) {
        planner_done(planner);
        return -ENOMEM;
    }
    memset(planner->shares, 0, shards * sizeof *planner->shares);
    return 0;
}

void planner_done(struct planner *planner)
{
    memory_give(planner->shares);
    memory_give(planner->asked);
    memory_give(planner->hashes);
    memory_give(planner->turns);
    *planner = (struct planner){0};
}

static bool make_room(struct planner *planner, size_t keys)
{
    if (keys <= planner->room)
        return true;
    uint64_t *hashes = memory_resize(planner->hashes, keys * sizeof *hashes);
    if (hashes == NULL)
        return false;
    planner->hashes = hashes;

    uint16_t *turns = memory_resize(planner->turns, keys * sizeof *turns);
    if (turns == NULL)
        return false;
    planner->turns = turns;
    planner->room = keys;
    return true;
}

/* Send all of a request to one shard. */
static void ask_one(struct planner *planner, struct plan *plan, uint32_t shard)
{
    planner->one_shard = (uint16_t)shard;
    plan->shards = &planner->one_shard;
    plan->shard_count = 1;
}

static void plan_one_key(struct planner *planner, struct plan *plan)
{
    planner->one_hash = hash_bytes(&planner->hash_key, plan->argv[plan->command->first]);
    plan->hashes = &planner->one_hash;
    ask_one(planner, plan, hash_shard(planner->one_hash, planner->shards));
}

/* Add a key, and what belongs to it, to the share of its shard. */
static void add_to_share(struct planner *planner, struct plan *plan, size_t key, size_t bytes)
{
    uint32_t shard = hash_shard(planner->hashes[key], planner->shards);
    struct share *share = &planner->shares[shard];
    if (share->keys == 0) {
        share->turn = (uint16_t)plan->shard_count;
        planner->asked[plan->shard_count++] = (uint16_t)shard;
        planner->shared = plan->shard_count;
    }
    share->keys++;
    share->bytes += bytes;
    planner->turns[key] = share->turn;
}

static void forget_shares(struct planner *planner)
{
    while (planner->shared > 0)
        planner->shares[planner->asked[--planner->shared]] = (struct share){0};
}

static bool plan_keys(struct planner *planner, struct plan *plan)
{
    if (!make_room(planner, plan->keys))
        return false;

    forget_shares(planner);
    plan->hashes = planner->hashes;
    plan->turns = planner->turns;
    plan->shards = planner->asked;
    size_t step = (size_t)plan->command->step;
    const struct slice *at = plan->argv + plan->command->first;
    for (size_t i = 0; i < plan->keys; i++, at += step) {
        planner->hashes[i] = hash_bytes(&planner->hash_key, at[0]);
        add_to_share(planner, plan, i, at[0].size + (step == 2 ? at[1].size : 0));
    }
    return true;
}

/* Read a cursor as strtoul() does, blanks in front apart. */
static bool read_cursor(struct slice text, uint64_t *ret_cursor)
{
    char copy[64];
    if (text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';

    char *end;
    errno = 0;
    *ret_cursor = strtoul(copy, &end, 10);
    bool blank = copy[0] == ' ' || (copy[0] >= '\t' && copy[0] <= '\r');
    return !blank && *end == '\0' && errno != ERANGE;
}

/* Send SCAN to the shard of its cursor, which goes along in place of a hash. */
static bool plan_cursor(struct planner *planner, struct plan *plan)
{
    if (!read_cursor(plan->argv[1], &planner->one_hash))
        return false;
    plan->hashes = &planner->one_hash;
    plan->keys = 1;
    ask_one(planner, plan, (uint32_t)(planner->one_hash % planner->shards));
    return true;
}

/* The name of an unknown command and its arguments, as far as they are worth showing. */
static void unknown_command(struct reply *reply, const struct slice *argv, size_t argc)
{
    enum { SHOWN = 128 };
    char text[4 * SHOWN];
    int size = snprintf(text, sizeof text, "ERR unknown command '%.*s', with args beginning with: ",
                        argv[0].size > SHOWN ? SHOWN : (int)argv[0].size, argv[0].data);
    int shown = 0;
    for (size_t i = 1; i < argc && shown < SHOWN; i++) {
        int left = SHOWN - shown;
        int most = argv[i].size > (size_t)left ? left : (int)argv[i].size;
        shown += snprintf(text + size + shown, sizeof text - (size_t)(size + shown), "'%.*s' ",
                          most, argv[i].data);
    }
    reply_error_with(reply, "%s", text);
}

/* Whether a request may be carried out. False once that has been answered. */
static bool allowed(struct planner *planner, struct session *session, const struct slice *argv,
                    size_t argc, struct reply *reply, const struct command **ret_command)
{
    const struct command *command = commands_find(&planner->index, argv[0]);
    if (command == NULL && (slice_is(argv[0], "post") || slice_is(argv[0], "host:"))) {
        /* A browser was tricked into talking to us: hang up without a word. */
        session->closing = true;
        return false;
    }
    if (command == NULL) {
        unknown_command(reply, argv, argc);
        return false;
    }
    if (!command_takes(command, argc)) {
        reply_error_with(reply, "ERR wrong number of arguments for '%s' command", command->name);
        return false;
    }
    bool subscribed = session->subscriptions > 0 && session->protocol < 3;
    if (subscribed && (command->flags & COMMAND_SUBSCRIBED) == 0) {
        reply_error_with(reply,
                         "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                         "QUIT / RESET are allowed in this context",
                         command->name);
        return false;
    }
    *ret_command = command;
    return true;
}

static void answer_here(struct planner *planner, struct session *session, int64_t now,
                        const struct plan *plan, struct reply *reply)
{
    struct visit visit = {
        .session = session,
        .facts = planner->facts,
        .index = &planner->index,
        .command = plan->command,
        .argv = plan->argv,
        .argc = plan->argc,
        .now = now,
        .reply = reply,
    };
    plan->command->answer(&visit);
}

static void answer_error(struct plan *plan, struct reply *reply, const char *text)
{
    reply_error(reply, text);
    plan->kind = PLAN_ANSWERED;
}

/* Decide on a request that is for shards. */
static void plan_shards(struct planner *planner, struct plan *plan, struct reply *reply)
{
    plan->kind = PLAN_SHARDS;
    plan->keys = command_keys(plan->command, plan->argc);
    if (plan->command->route == ROUTE_ALL) {
        plan->shard_count = planner->shards;
    } else if (plan->command->route == ROUTE_CURSOR) {
        if (!plan_cursor(planner, plan))
            answer_error(plan, reply, "ERR invalid cursor");
    } else if (plan->keys == 1) {
        plan_one_key(planner, plan);
    } else if (!plan_keys(planner, plan)) {
        answer_error(plan, reply, "OOM out of memory");
    }
}

void plan_request(struct planner *planner, struct session *session, int64_t now,
                  const struct slice *argv, size_t argc, struct reply *reply, struct plan *ret_plan)
{
    const struct command *command;
    session_next(session);
    *ret_plan = (struct plan){.kind = PLAN_ANSWERED, .argv = argv, .argc = argc};
    if (!allowed(planner, session, argv, argc, reply, &command))
        return;

    ret_plan->command = command;
    if (command->route == ROUTE_HERE)
        answer_here(planner, session, now, ret_plan, reply);
    else if (command->route == ROUTE_SERVER)
        ret_plan->kind = PLAN_SERVER;
    else
        plan_shards(planner, ret_plan, reply);
}

/* Write a request as it is. */
static int write_whole(const struct plan *plan, uint64_t tag, int protocol, struct buffer *batch)
{
    struct request_shape shape = {tag, plan->command, protocol, plan->argc - 1, plan->keys, 0};
    for (size_t i = 1; i < plan->argc; i++)
        shape.bytes += plan->argv[i].size;

    struct request_writer writer;
    int rc = batch_begin(batch, &shape, &writer);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < plan->keys; i++)
        request_hash(&writer, plan->hashes[i]);
    for (size_t i = 1; i < plan->argc; i++)
        request_argument(&writer, plan->argv[i]);
    return 0;
}

static int write_to_all(const struct plan *plan, uint64_t tag, int protocol, struct buffer *batches)
{
    size_t had = batches[0].size;
    for (size_t i = 0; i < plan->shard_count; i++) {
        int rc = write_whole(plan, tag, protocol, &batches[i]);
        if (rc == 0)
            continue;

        size_t written = batches[0].size - had;
        while (i > 0)
            batches[--i].size -= written;
        return rc;
    }
    return 0;
}

/* Open the request of each shard that is asked, at its full size. */
static int open_shares(struct planner *planner, const struct plan *plan, uint64_t tag, int protocol,
                       struct buffer *batches)
{
    for (size_t i = 0; i < plan->shard_count; i++) {
        struct share *share = &planner->shares[plan->shards[i]];
        struct buffer *batch = &batches[plan->shards[i]];
        struct request_shape shape = {tag,         plan->command,
                                      protocol,    share->keys * (size_t)plan->command->step,
                                      share->keys, share->bytes};
        share->had = batch->size;
        int rc = batch_begin(batch, &shape, &share->writer);
        if (rc == 0)
            continue;

        while (i-- > 0)
            batches[plan->shards[i]].size = planner->shares[plan->shards[i]].had;
        return rc;
    }
    return 0;
}

static void deal_keys(struct planner *planner, const struct plan *plan)
{
    size_t step = (size_t)plan->command->step;
    const struct slice *at = plan->argv + plan->command->first;
    for (size_t i = 0; i < plan->keys; i++, at += step) {
        struct share *share = &planner->shares[plan->shards[plan->turns[i]]];
        request_hash(&share->writer, plan->hashes[i]);
        for (size_t j = 0; j < step; j++)
            request_argument(&share->writer, at[j]);
    }
}

int plan_write(struct planner *planner, const struct plan *plan, uint64_t tag, int protocol,
               struct buffer *batches)
{
    assert(plan->kind == PLAN_SHARDS);
    if (plan->shards == NULL)
        return write_to_all(plan, tag, protocol, batches);

    int rc;
    if (plan->shard_count == 1) {
        rc = write_whole(plan, tag, protocol, &batches[plan->shards[0]]);
    } else {
        rc = open_shares(planner, plan, tag, protocol, batches);
        if (rc == 0)
            deal_keys(planner, plan);
    }
    return rc;
}
