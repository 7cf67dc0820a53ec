/*
 * How long does it take to look a name up, alone and beside others?
 *
 *     key alone         what any look-up begins with: the name's length, and its hash
 *     one loop          256 names, which are looked up in turn
 *     two loops         the same on both at once; each does so many
 *     beside changes    the same on one, while the other registers and unregisters names without a pause
 *     no such name      of as many others
 *     a change          a name registered for an actor of the same loop, and taken from it again
 *
 * A look-up is a walk along one chain, most often of one listing, and writes nothing. Two thirds of it are
 * the key, which is its floor; the rest are two lines of memory, the chain's head and the listing. Two
 * loops take no longer than one. Beside changes it takes about twice as long: chains are longer by names
 * that have gone and stand there until a round of the reaper, and their lines come from the other
 * loop's cache.
 */
#include <greenroom/greenroom.h>

#include <stdatomic.h>
#include <stdio.h>

#include "actors/directory.h"
#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

enum { NAMES = 256, BREATH = 4096 /* look-ups between two turns of the loop */ };

static char names[NAMES][GR_NAME_MAX + 1];
static char others[NAMES][GR_NAME_MAX + 1];
static gr_actor named; /* it has them all */

static int ignore(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return 0;
}

static const struct gr_behavior quiet = {.name = "quiet", .receive = ignore};

static int make_keys(void *context, uint64_t operations)
{
    (void)context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < operations; i++) {
        struct gr__key key;
        int rc = gr__key_make(GR__NAMES, names[i % NAMES], &key);
        if (rc < 0)
            return rc;
        sum |= key.hash;
    }
    return sum != 0 ? 0 : bench_wrong("all hashes are zero");
}

static int look_up(char (*wanted)[GR_NAME_MAX + 1], gr_actor found, uint64_t operations)
{
    for (uint64_t i = 0; i < operations; i++) {
        if (gr_whereis(wanted[i % NAMES]).name != found.name)
            return bench_wrong("a name does not stand for its actor");
        int rc = i % BREATH == BREATH - 1 ? gr_yield() : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int look_up_names(void *context, uint64_t operations)
{
    (void)context;
    return look_up(names, named, operations);
}

static int look_up_others(void *context, uint64_t operations)
{
    (void)context;
    return look_up(others, (gr_actor){0}, operations);
}

static int look_up_there(void *operations)
{
    return look_up_names(NULL, *(const uint64_t *)operations);
}

static int change(gr_actor actor, uint64_t operations)
{
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < operations; i++) {
        rc = gr_name_register(others[i % NAMES], actor, GR_FOREVER);
        if (rc == 0)
            rc = gr_name_unregister(others[i % NAMES], GR_FOREVER);
        if (rc == 0 && i % 64 == 63)
            rc = gr_yield();
    }
    return rc;
}

static int change_here(void *context, uint64_t operations)
{
    (void)context;
    return change(named, operations);
}

static atomic_bool enough;

static int change_until_enough(void *context)
{
    (void)context;
    gr_actor actor;
    int rc = gr_actor_spawn(&quiet, NULL, &actor);
    while (rc == 0 && !atomic_load(&enough))
        rc = change(actor, NAMES);
    return rc < 0 ? rc : gr_actor_stop(actor, 0);
}

/* Look up here, beside a runner on the other loop. */
static int look_up_beside(gr_runner_fn *other, uint64_t operations)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, GR_FOREVER);
    atomic_store(&enough, false);
    int rc = gr_scope_start_on(&scope, 1, other, &operations, NULL, NULL);
    if (rc == 0)
        rc = look_up_names(NULL, operations);
    atomic_store(&enough, true);
    return gr_scope_close(&scope, rc);
}

static int look_up_on_both(void *context, uint64_t operations)
{
    (void)context;
    return look_up_beside(look_up_there, operations);
}

static int look_up_beside_changes(void *context, uint64_t operations)
{
    (void)context;
    return look_up_beside(change_until_enough, operations);
}

static int name_it(void)
{
    int rc = gr_actor_spawn(&quiet, NULL, &named);
    for (int i = 0; rc == 0 && i < NAMES; i++) {
        snprintf(names[i], sizeof names[i], "account-%d", i);
        snprintf(others[i], sizeof others[i], "visitor-%d", i);
        rc = gr_name_register(names[i], named, GR_FOREVER);
    }
    return rc;
}

static int run(void *context)
{
    (void)context;
    static const struct bench_row rows[] = {
        {.variant = "key alone", .work = make_keys},
        {.variant = "one loop", .work = look_up_names},
        {.variant = "two loops", .work = look_up_on_both},
        {.variant = "beside changes", .work = look_up_beside_changes},
        {.variant = "no such name", .work = look_up_others},
        {.variant = "a change", .work = change_here},
    };
    int rc = name_it();
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++) {
        struct bench_row row = rows[i];
        row.name = "whereis";
        rc = bench_measure(&row);
    }
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
