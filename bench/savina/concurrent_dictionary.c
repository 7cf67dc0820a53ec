/*
 * Savina's concurrent dictionary: twenty workers read and write a hash table that one actor owns.
 *
 *     worker, one of 20                   owner
 *      READ, a random key --------------> looks it up       nine times in ten
 *          <------------------- VALUE
 *      WRITE, a random key and value ---> puts it in        once in ten
 *          <----------------- WRITTEN
 *      ...                                                  10,000 times each, one after the other
 *      RESULT: how many values read were wrong
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a request and its reply. The owner has a batch
 * of up to twenty requests each time it runs. Half of the time is two messages; the other half is
 * the table, of 8 MiB, where a random key is in no near cache. On two loops, requests of the other
 * one come in batches, and wait while workers on the owner's loop keep it busy.
 *
 * The table is one of Concurrency Kit's sets, of words that hold a key and its value: eight entries
 * to a line, of which a lookup reads one as a rule. It has two places for each entry, and never
 * grows; a multiplicative hash spreads keys that follow one another evenly over them. On huge pages
 * a miss of the cache is no miss of the page table too.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <ck_hs.h>

#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { READ, WRITE, VALUE, WRITTEN, RESULT, REQUESTS };

#define WORKERS 20u
#define KEYS 524287u
#define PLACES_BITS 20
#define HUGE_PAGE_BYTES ((size_t)2 << 20)

/* --- The table ------------------------------------------------------------------------------- */

static void *take_huge(size_t bytes)
{
    size_t rounded = (bytes + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1);
    void *memory = aligned_alloc(HUGE_PAGE_BYTES, rounded);
    if (memory != NULL)
        (void)madvise(memory, rounded, MADV_HUGEPAGE);
    return memory;
}

static void give_huge(void *memory, size_t bytes, bool defer)
{
    (void)bytes, (void)defer;
    free(memory);
}

static struct ck_malloc huge_pages = {.malloc = take_huge, .free = give_huge};

/* The value above, the key below; one more than the key, as the word 0 is an empty place. */
static void *entry_of(uint32_t key, uint32_t value)
{
    static_assert(sizeof(void *) == sizeof(uint64_t), "a key and its value fit a word");
    return (void *)((uintptr_t)value << 32 | (key + 1));
}

static uint32_t key_of(const void *entry)
{
    return (uint32_t)(uintptr_t)entry - 1;
}

static unsigned long hash_of(uint32_t key)
{
    return key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - PLACES_BITS);
}

static unsigned long hash(const void *entry, unsigned long seed)
{
    (void)seed;
    return hash_of(key_of(entry));
}

static bool same_key(const void *one, const void *other)
{
    return key_of(one) == key_of(other);
}

static bool open_table(ck_hs_t *table)
{
    return ck_hs_init(table, CK_HS_MODE_DIRECT | CK_HS_MODE_SPMC, hash, same_key, &huge_pages,
                      1ul << PLACES_BITS, 0);
}

static int put(ck_hs_t *table, uint32_t key, uint32_t value)
{
    void *replaced;
    return ck_hs_set(table, hash_of(key), entry_of(key, value), &replaced) ? 0 : -ENOMEM;
}

/* The value of a key; of one that is not there, 0. */
static uint32_t get(ck_hs_t *table, uint32_t key)
{
    return (uint32_t)((uintptr_t)ck_hs_get(table, hash_of(key), entry_of(key, 0)) >> 32);
}

static int fill(ck_hs_t *table)
{
    int rc = 0;
    for (uint32_t key = 0; rc == 0 && key < KEYS; key++)
        rc = put(table, key, key);
    return rc;
}

/* --- The owner ------------------------------------------------------------------------------- */

struct read {
    gr_actor from;
    uint32_t key;
};

struct write {
    gr_actor from;
    uint32_t key, value;
};

struct owner {
    ck_hs_t *table;
    uint64_t requests;
};

static int read_one(struct owner *owner, const struct read *read)
{
    owner->requests++;
    uint32_t value = get(owner->table, read->key);
    return gr_send(read->from, VALUE, &value, sizeof value);
}

static int write_one(struct owner *owner, const struct write *write)
{
    owner->requests++;
    int rc = put(owner->table, write->key, write->value);
    return rc < 0 ? rc : gr_send(write->from, WRITTEN, NULL, 0);
}

static int owner_receive(struct gr_self *self, const struct gr_message *message)
{
    struct owner *owner = self->state;
    switch (message->tag) {
    case READ:
        return read_one(owner, message->data);
    case WRITE:
        return write_one(owner, message->data);
    default:
        return gr_reply(message, &owner->requests, sizeof owner->requests);
    }
}

static const struct gr_behavior owners = {.name = "owner",
                                          .receive = owner_receive,
                                          .start = bench_argument_is_state,
                                          .state_bytes = sizeof(struct owner)};

/* --- A worker -------------------------------------------------------------------------------- */

struct task {
    gr_actor owner;
    uint64_t requests;
    uint32_t number;
};

struct worker {
    gr_actor here, owner;
    uint32_t number;
    uint32_t key;             /* of the request that is out */
    struct bench_tally wrong; /* until no request is without a reply, nor yet to come */
    struct gr__random random;
};

static int request(struct worker *worker)
{
    uint32_t key = (uint32_t)gr__random_below(&worker->random, KEYS);
    worker->key = key;
    if (gr__random_below(&worker->random, 10) > 0) {
        struct read read = {worker->here, key};
        return gr_send(worker->owner, READ, &read, sizeof read);
    }
    struct write write = {worker->here, key, key + KEYS * worker->number};
    return gr_send(worker->owner, WRITE, &write, sizeof write);
}

static int worker_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct task *task = argument;
    struct worker *worker = self->state;
    worker->here = gr_self_actor(self);
    worker->owner = task->owner;
    worker->number = task->number;
    worker->wrong.left = task->requests;
    gr__random_seed(&worker->random, task->number);
    return request(worker);
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    struct worker *worker = self->state;
    if (message->tag == RESULT)
        return bench_tally_ask(&worker->wrong, message);
    if (message->tag == VALUE && *(const uint32_t *)message->data % KEYS != worker->key)
        worker->wrong.count++;
    return --worker->wrong.left > 0 ? request(worker) : bench_tally_tell(&worker->wrong);
}

static const struct gr_behavior workers = {.name = "worker",
                                           .receive = worker_receive,
                                           .start = worker_start,
                                           .state_bytes = sizeof(struct worker)};

/* --- The program ----------------------------------------------------------------------------- */

struct problem {
    ck_hs_t table;
    uint64_t requests; /* of each worker */
};

static int spawn_workers(gr_actor actors[WORKERS], gr_actor owner, uint64_t requests)
{
    struct task task = {.owner = owner, .requests = requests};
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < WORKERS; i++) {
        task.number = i;
        rc = bench_crew_spawn(&actors[i], 1, &workers, &task, sizeof task);
    }
    return rc;
}

static int play(void *context)
{
    struct problem *problem = context;
    struct owner state = {.table = &problem->table};
    gr_actor owner = {0}, actors[WORKERS];
    uint64_t wrong = 0, requests = 0;
    int rc = bench_crew_spawn(&owner, 1, &owners, &state, sizeof state);
    if (rc == 0)
        rc = spawn_workers(actors, owner, problem->requests);
    if (rc == 0)
        rc = bench_crew_sum(actors, WORKERS, RESULT, &wrong);
    if (rc == 0)
        rc = bench_crew_sum(&owner, 1, REQUESTS, &requests);
    if (rc == 0)
        rc = bench_crew_stop(actors, WORKERS);
    if (rc == 0)
        rc = gr_actor_stop(owner, 0);
    if (rc < 0)
        return rc;
    if (wrong > 0)
        return bench_wrong("a value read is not its key's");
    return requests == problem->requests * WORKERS ? 0 : bench_wrong("not every request counted");
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.requests = bench_scaled(10000)};
    if (!open_table(&problem.table))
        return -ENOMEM;
    int rc = fill(&problem.table);
    if (rc == 0)
        rc = bench_program(&(struct bench_program){.name = "concurrent_dictionary",
                                                   .run = play,
                                                   .context = &problem,
                                                   .operations = problem.requests * WORKERS});
    ck_hs_destroy(&problem.table);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
