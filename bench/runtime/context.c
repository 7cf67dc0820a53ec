/*
 * What does it cost that a message brings a value, and to set and to get one?
 *
 *     plain      a message between two actors of one loop, as in message_local.c
 *     carried    the same with one value around it, which goes on from handler to handler
 *     set, get   of one value of eight bytes
 */
#include <greenroom/greenroom.h>

#include "bench/lib/ball.h"
#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

static const struct gr_context_key key = {.name = "key", .inherit = true, .carry = true};

static int throw_plain(void *context, uint64_t operations)
{
    return bench_ball_throw(context, operations);
}

struct throws {
    struct bench_ball *ball;
    uint64_t operations;
};

static int throw_once(void *context)
{
    const struct throws *throws = context;
    return bench_ball_throw(throws->ball, throws->operations);
}

static int throw_carried(void *context, uint64_t operations)
{
    struct throws throws = {context, operations};
    return gr_context_run(&key, &operations, sizeof operations, throw_once, &throws);
}

static int set_often(void *context, uint64_t operations)
{
    (void)context;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++)
        rc = gr_context_set(&key, &i, sizeof i);
    return rc;
}

static int get_often(void *context, uint64_t operations)
{
    (void)context;
    uint64_t value = 1;
    int rc = gr_context_set(&key, &value, sizeof value);
    for (uint64_t i = 0; rc == 0 && i < operations; i++)
        rc = gr_context_get(&key, &value, sizeof value);
    if (rc == 0)
        rc = gr_context_set(&key, NULL, 0);
    return rc == 0 && value != 1 ? bench_wrong("the value is not the one that was set") : rc;
}

static int run(void *context)
{
    (void)context;
    struct bench_ball ball;
    int rc = bench_ball_open(&ball, GR_HERE);
    const struct bench_row rows[] = {
        {.variant = "plain", .work = throw_plain, .context = &ball, .step = 2},
        {.variant = "carried", .work = throw_carried, .context = &ball, .step = 2},
        {.variant = "get", .work = get_often},
        {.variant = "set", .work = set_often},
    };
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof *rows; i++) {
        struct bench_row row = rows[i];
        row.name = "context";
        rc = bench_measure(&row);
    }
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
