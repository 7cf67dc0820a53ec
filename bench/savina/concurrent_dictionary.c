/*
 * Savina's concurrent dictionary: twenty workers read and write a hash table that one actor owns.
 *
 *     worker, one of 20                   owner
 *      READ, a random key --------------> lays it aside        nine times in ten
 *      WRITE, a random key and value ---> lays it aside        once in ten
 *                                         SERVE, to itself: behind all that are there
 *          <--------- VALUE or WRITTEN    looks them up, puts them in
 *      ...                                  10,000 times each, one after the other
 *      RESULT: how many values read were wrong
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a request and its reply. The owner has a batch
 * of up to twenty requests each time it runs. What dominates is two messages; the rest is the table,
 * of 8 MiB, where a random key is in no near cache. So the owner, rather than wait for one entry
 * after the other, has those of a batch brought in all at once while it takes the requests. On two
 * loops, requests of the other one come in batches, and wait while workers on the owner's loop keep
 * it busy.
 *
 * The table is one of words that hold a key and its value: eight entries to a line, of which a
 * lookup reads one as a rule. It has two places for each entry, and never grows; a multiplicative
 * hash spreads keys that follow one another evenly over them. On huge pages a miss of the cache is
 * no miss of the page table too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { READ, WRITE, SERVE, VALUE, WRITTEN, RESULT, REQUESTS };

#define WORKERS 20u
#define KEYS 524287u
#define PLACES_BITS 20
#define PLACES (1u << PLACES_BITS)
#define HUGE_PAGE_BYTES ((size_t)2 << 20)

/* --- The table ------------------------------------------------------------------------------- */

/* The value above, the key below; one more than the key, as the word 0 is an empty place. */
static uint64_t entry_of(uint32_t key, uint32_t value)
{
    return (uint64_t)value << 32 | (key + 1);
}

/* Where to look for a key first. */
static uint32_t place_of(uint32_t key)
{
    return (uint32_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - PLACES_BITS));
}

/* The entry of a key, or the empty place where it would be. */
static uint64_t *find(uint64_t *table, uint32_t key)
{
    uint32_t place = place_of(key);
    while (table[place] != 0 && (uint32_t)table[place] != key + 1)
        place = (place + 1) % PLACES;
    return &table[place];
}

static uint64_t *make_table(void)
{
    uint64_t *table = aligned_alloc(HUGE_PAGE_BYTES, PLACES * sizeof *table);
    if (table == NULL)
        return NULL;
    (void)madvise(table, PLACES * sizeof *table, MADV_HUGEPAGE);
    memset(table, 0, PLACES * sizeof *table);
    for (uint32_t key = 0; key < KEYS; key++)
        *find(table, key) = entry_of(key, key);
    return table;
}

/* --- The owner ------------------------------------------------------------------------------- */

struct request {
    gr_actor from;
    uint32_t key;
    uint32_t value; /* to write */
};

/* Invariant: SERVE is under way exactly while requests wait. Each is of another worker. */
struct owner {
    uint64_t *table;
    uint64_t requests;
    uint32_t waiting;
    struct {
        uint32_t kind;
        struct request request;
    } batch[WORKERS];
};

static int lay_aside(struct gr_self *self, uint32_t kind, const struct request *request)
{
    struct owner *owner = self->state;
    __builtin_prefetch(&owner->table[place_of(request->key)]);
    owner->batch[owner->waiting].kind = kind;
    owner->batch[owner->waiting].request = *request;
    return ++owner->waiting > 1 ? 0 : gr_send(gr_self_actor(self), SERVE, NULL, 0);
}

static int serve_one(uint64_t *table, uint32_t kind, const struct request *request)
{
    uint64_t *entry = find(table, request->key);
    if (kind == WRITE) {
        *entry = entry_of(request->key, request->value);
        return gr_send(request->from, WRITTEN, NULL, 0);
    }
    uint32_t value = (uint32_t)(*entry >> 32);
    return gr_send(request->from, VALUE, &value, sizeof value);
}

static int serve(struct owner *owner)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < owner->waiting; i++)
        rc = serve_one(owner->table, owner->batch[i].kind, &owner->batch[i].request);
    owner->requests += owner->waiting;
    owner->waiting = 0;
    return rc;
}

static int owner_receive(struct gr_self *self, const struct gr_message *message)
{
    struct owner *owner = self->state;
    switch (message->tag) {
    case READ:
    case WRITE:
        return lay_aside(self, message->tag, message->data);
    case SERVE:
        return serve(owner);
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
    uint32_t kind = gr__random_below(&worker->random, 10) > 0 ? READ : WRITE;
    struct request request = {worker->here, key, key + KEYS * worker->number};
    return gr_send(worker->owner, kind, &request, sizeof request);
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
    uint64_t *table;
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
    struct owner state = {.table = problem->table};
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
    struct problem problem = {.table = make_table(), .requests = bench_scaled(10000)};
    if (problem.table == NULL)
        return -ENOMEM;
    int rc = bench_program(&(struct bench_program){.name = "concurrent_dictionary",
                                                   .run = play,
                                                   .context = &problem,
                                                   .operations = problem.requests * WORKERS});
    free(problem.table);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
