/* Shards and one client that talks to them. The design stands in house.h. */

#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "memory.h"
#include "shard.h"

static uint32_t roll(struct house *house, uint32_t sides)
{
    house->dice = house->dice * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)house->dice * sides) >> 32);
}

/** Serves PUBLISH and its like by saying how many it has served. */
static bool serve(void *context, struct dialog *dialog, const struct plan *plan,
                  struct reply *reply)
{
    struct house *house = context;
    (void)dialog, (void)plan;
    reply_integer(reply, ++house->served);
    return true;
}

struct house *open_house(uint32_t shards, enum answer_order order)
{
    const struct hash_key secret = {{UINT64_C(0x123456789abcdef), 42}};
    struct house *house = calloc(1, sizeof *house);
    assert_non_null(house);
    house->shards = shards;
    house->order = order;
    house->now = 1000000;
    for (uint32_t i = 0; i < shards; i++) {
        const struct store_spec spec = {secret, i + 1, i, shards};
        assert_int_equal(store_init(&house->stores[i], &spec), 0);
    }
    assert_int_equal(planner_init(&house->planner, &secret, shards, &house->facts, 1), 0);

    const struct dialog_spec spec = {.tag = 77,
                                     .planner = &house->planner,
                                     .serve = serve,
                                     .context = house,
                                     .id = 1,
                                     .now = house->now,
                                     .address = "127.0.0.1:1",
                                     .pending_max = 100};
    assert_int_equal(dialog_init(&house->dialog, &spec), 0);
    return house;
}

void close_house(struct house *house)
{
    dialog_done(&house->dialog);
    planner_done(&house->planner);
    for (uint32_t i = 0; i < house->shards; i++) {
        store_done(&house->stores[i]);
        buffer_done(&house->batches[i]);
    }
    buffer_done(&house->output);
    free(house);
}

/** Gives a shard's answers to the dialog. */
static int deliver(struct house *house, uint32_t shard, struct buffer answers)
{
    const char *at = answers.bytes, *end = answers.bytes + answers.size;
    struct answer answer;
    while (answers.size > 0 && answer_next(&at, end, &answer)) {
        assert_int_equal(answer.tag, 77);
        int rc = dialog_answered(&house->dialog, shard, answer.reply, house->now, &house->output);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/** Runs what a shard was asked. Where it stops for want of memory, it goes on from there. */
static int run_shard(struct house *house, uint32_t shard)
{
    struct buffer *batch = &house->batches[shard];
    struct buffer answers = {0};
    size_t begin = 0, used;
    while (begin < batch->size) {
        struct slice rest = {batch->bytes + begin, batch->size - begin};
        int rc = shard_execute(&house->stores[shard], house->now, rest, &answers, &used);
        begin += used;
        if (rc < 0) {
            assert_int_equal(rc, -ENOMEM);
            memory_fail_after(-1);
        }
    }
    batch->size = 0;

    int rc = deliver(house, shard, answers);
    buffer_done(&answers);
    return rc;
}

/** Runs the shards. In any order, some of them may wait for the next time. */
static int run_shards(struct house *house)
{
    int rc = 0;
    uint32_t turn = house->order == ANY_ORDER ? roll(house, house->shards) : 0;
    for (uint32_t i = 0; i < house->shards; i++) {
        uint32_t shard = house->order == BACKWARDS ? house->shards - 1 - i : i;
        shard = (shard + turn) % house->shards;
        if (house->order == ANY_ORDER && roll(house, 2) == 0) {
            continue;
        }
        int ran = run_shard(house, shard);
        rc = rc < 0 ? rc : ran;
    }
    return rc;
}

/** Reads all that can be read now, as often as replies make room for more. */
static int read_all(struct house *house, struct slice bytes, size_t *ret_used)
{
    size_t used;
    int rc;
    *ret_used = 0;
    do {
        struct slice rest = {bytes.data + *ret_used, bytes.size - *ret_used};
        rc = dialog_read(&house->dialog, house->now, rest, house->batches, &house->output, &used);
        *ret_used += used;
        if (rc == 0) {
            rc = run_shards(house);
        }
    } while (rc == 0 && used > 0);
    return rc;
}

int talk_bytes(struct house *house, struct slice bytes, size_t step)
{
    size_t begin = 0, have = 0, used;
    int rc = 0;
    while (rc == 0 && (have < bytes.size || !dialog_idle(&house->dialog))) {
        have = bytes.size - have < step ? bytes.size : have + step;
        rc = read_all(house, (struct slice){bytes.data + begin, have - begin}, &used);
        begin += used;
    }
    return rc;
}

const char *talk(struct house *house, const char *lines)
{
    house->output.size = 0;
    assert_int_equal(talk_bytes(house, slice_of(lines), SIZE_MAX), 0);
    buffer_append(&house->output, "", 1);
    assert_false(house->output.failed);
    return house->output.bytes;
}
